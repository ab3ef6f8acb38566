// Values of a database's columns, from the front of an input: mostly what belongs there, and whatever a damaged file may hold.

use rusqlite::types::Value;

/// The input; zeroes when it is used up.
pub struct Cells<'a>(pub &'a [u8]);

// No target needs all of them.
#[allow(dead_code)]
impl Cells<'_> {
    pub fn byte(&mut self) -> u8 {
        let first = self.0.first().copied().unwrap_or(0);
        self.0 = self.0.get(1..).unwrap_or_default();
        first
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    /// What belongs there, five times of six.
    pub fn mostly(&mut self, right: impl FnOnce(&mut Self) -> Value) -> Value {
        match self.byte() {
            0..213 => right(self),
            _ => self.any(),
        }
    }

    /// A number of four: rows meet.
    pub fn few(&mut self) -> Value {
        self.mostly(|cells| Value::Integer((cells.byte() % 4).into()))
    }

    /// Any number, mostly small.
    pub fn number(&mut self) -> Value {
        self.mostly(|cells| Value::Integer(i64::from(cells.byte()) - 8))
    }

    /// As many equal bytes, of four.
    pub fn id(&mut self, length: usize) -> Value {
        self.mostly(|cells| Value::Blob(vec![cells.byte() % 4; length]))
    }

    /// Any bytes.
    pub fn blob(&mut self) -> Value {
        self.mostly(|cells| {
            let length = usize::from(cells.byte());
            Value::Blob(cells.bytes(length))
        })
    }

    pub fn any(&mut self) -> Value {
        match self.byte() % 6 {
            0 => Value::Null,
            1 => Value::Integer(self.byte().into()),
            2 => Value::Integer(i64::from_be_bytes(self.bytes(8).try_into().expect("as many were asked for"))),
            3 => Value::Real(f64::from_be_bytes(self.bytes(8).try_into().expect("as many were asked for"))),
            kind => {
                let length = usize::from(self.byte());
                let bytes = self.bytes(length);
                match kind {
                    4 => Value::Blob(bytes),
                    _ => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
                }
            }
        }
    }
}
