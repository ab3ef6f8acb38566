//! Writing. What writes a type is a list of its fields; everything else is here, once.

use std::fmt;

use super::de::entry;

/// The text of a value.
pub fn to_vec<T: Write + ?Sized>(value: &T) -> Vec<u8> {
    let mut text = Vec::with_capacity(128);
    value.write(&mut text);
    text
}

/// A value that has a text.
pub trait Write {
    /// Appends the text.
    fn write(&self, text: &mut Vec<u8>);
}

/// Writes an object: the fields of these names, see [`super::read_object`].
pub fn write_object(text: &mut Vec<u8>, names: &str, fields: &[&dyn Write]) {
    text.push(b'{');
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write_str(text, entry(names, index).0);
        text.push(b':');
        field.write(text);
    }
    text.push(b'}');
}

/// Writes a variant: its name, and its fields if it has any.
pub fn write_variant(text: &mut Vec<u8>, names: &str, index: usize, fields: Option<(&str, &[&dyn Write])>) {
    let name = entry(names, index).0;
    match fields {
        None => write_str(text, name),
        Some((names, fields)) => {
            text.push(b'{');
            write_str(text, name);
            text.push(b':');
            write_object(text, names, fields);
            text.push(b'}');
        }
    }
}

fn write_number(text: &mut Vec<u8>, negative: bool, mut value: u64) {
    // 20 digits are the most.
    let mut digits = [0u8; 20];
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        count += 1;
        if value == 0 {
            break;
        }
    }
    if negative {
        text.push(b'-');
    }
    text.extend_from_slice(digits.get(digits.len() - count..).unwrap_or_default());
}

fn write_str(text: &mut Vec<u8>, value: &str) {
    text.push(b'"');
    for byte in value.bytes() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
                text.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                continue;
            }
            _ => {
                text.push(byte);
                continue;
            }
        };
        text.extend_from_slice(&[b'\\', short]);
    }
    text.push(b'"');
}

/// Writes what a value displays as, which needs no escapes, as a string.
pub(super) fn write_displayed(text: &mut Vec<u8>, value: &dyn fmt::Display) {
    struct Plain<'a>(&'a mut Vec<u8>);

    impl fmt::Write for Plain<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0.extend_from_slice(part.as_bytes());
            Ok(())
        }
    }

    text.push(b'"');
    // Appending to a vector does not fail.
    let _ = fmt::write(&mut Plain(text), format_args!("{value}"));
    text.push(b'"');
}

macro_rules! numbers {
    ($($type:ident),+) => {
        $(impl Write for $type {
            fn write(&self, text: &mut Vec<u8>) {
                write_number(text, false, u64::from(*self));
            }
        })+
    };
}

numbers!(u8, u16, u32, u64);

impl Write for i64 {
    fn write(&self, text: &mut Vec<u8>) {
        write_number(text, *self < 0, self.unsigned_abs());
    }
}

impl Write for bool {
    fn write(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Write for str {
    fn write(&self, text: &mut Vec<u8>) {
        write_str(text, self);
    }
}

impl Write for String {
    fn write(&self, text: &mut Vec<u8>) {
        write_str(text, self);
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, text: &mut Vec<u8>) {
        match self {
            None => text.extend_from_slice(b"null"),
            Some(value) => value.write(text),
        }
    }
}

impl<T: Write + ?Sized> Write for &T {
    fn write(&self, text: &mut Vec<u8>) {
        (**self).write(text);
    }
}

impl<T: Write> Write for [T] {
    fn write(&self, text: &mut Vec<u8>) {
        text.push(b'[');
        for (index, entry) in self.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            entry.write(text);
        }
        text.push(b']');
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, text: &mut Vec<u8>) {
        self.as_slice().write(text);
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, text: &mut Vec<u8>) {
        text.push(b'[');
        self.0.write(text);
        text.push(b',');
        self.1.write(text);
        text.push(b']');
    }
}
