//! Reading. What reads a type is a list of its fields; everything else is here, once.

use std::borrow::Cow;

use super::Error;

/// Nesting of lists and objects above which a text is refused, far above that of any message.
const MAX_DEPTH: u8 = 32;

/// Reads a value from all of a text.
pub fn from_slice<T: Read>(text: &[u8]) -> Result<T, Error> {
    let mut value = T::empty();
    read_all(text, &mut value)?;
    Ok(value)
}

fn read_all(text: &[u8], value: &mut dyn Read) -> Result<(), Error> {
    let mut parser = Parser { text, position: 0, depth: 0 };
    value.read(&mut parser)?;
    parser.end()
}

/// A value that is read in place.
pub trait Read {
    /// The value before it is read, and what is read where it may be missing: nothing, zero, false.
    fn empty() -> Self
    where
        Self: Sized;

    /// Replaces the value by the one that comes next in the text.
    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error>;
}

/// A place in a text.
pub struct Parser<'de> {
    text: &'de [u8],
    position: usize,
    depth: u8,
}

impl<'de> Parser<'de> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    /// The next byte that is no white space, which stays.
    fn peek(&mut self) -> Result<u8, Error> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.position += 1;
        }
        Err(Error::new("the text ends too early"))
    }

    fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            Ok(_) => Err(Error::new("something follows the value")),
            Err(_) => Ok(()),
        }
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Error> {
        if self.peek()? != wanted {
            return Err(Error::new("the text is not the JSON that is expected here"));
        }
        self.position += 1;
        Ok(())
    }

    fn literal(&mut self, word: &'static [u8]) -> Result<(), Error> {
        self.peek()?;
        if !self.text.get(self.position..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(Error::new("the text is not the JSON that is expected here"));
        }
        self.position += word.len();
        Ok(())
    }

    fn boolean(&mut self) -> Result<bool, Error> {
        if self.peek()? == b't' {
            self.literal(b"true").map(|()| true)
        } else {
            self.literal(b"false").map(|()| false)
        }
    }

    /// An integer: its sign and amount.
    fn integer(&mut self) -> Result<(bool, u64), Error> {
        let negative = self.peek()? == b'-';
        self.position += usize::from(negative);
        let start = self.position;
        let mut value = 0u64;
        while let Some(digit) = self.byte().filter(u8::is_ascii_digit) {
            let shifted = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
            value = shifted.ok_or_else(|| Error::new("a number is out of range"))?;
            self.position += 1;
        }
        let digits = self.position - start;
        let leading_zero = digits > 1 && self.text.get(start) == Some(&b'0');
        if digits == 0 || leading_zero || matches!(self.byte(), Some(b'.' | b'e' | b'E')) {
            return Err(Error::new("a number is not an integer"));
        }
        Ok((negative, value))
    }

    fn unsigned(&mut self) -> Result<u64, Error> {
        match self.integer()? {
            (true, value) if value > 0 => Err(Error::new("a number is out of range")),
            (_, value) => Ok(value),
        }
    }

    fn signed(&mut self) -> Result<i64, Error> {
        let (negative, value) = self.integer()?;
        let value = if negative { 0i64.checked_sub_unsigned(value) } else { 0i64.checked_add_unsigned(value) };
        value.ok_or_else(|| Error::new("a number is out of range"))
    }

    /// The string that comes next.
    pub fn string(&mut self) -> Result<Cow<'de, str>, Error> {
        self.expect(b'"')?;
        let start = self.position;
        let mut changed: Option<Vec<u8>> = None;
        loop {
            let byte = self.byte().ok_or_else(|| Error::new("a string does not end"))?;
            self.position += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    let read = self.text.get(start..self.position - 1).unwrap_or_default();
                    let text = changed.get_or_insert_with(|| read.to_vec());
                    let mut bytes = [0; 4];
                    let character = escaped(self.text, &mut self.position)?;
                    text.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
                }
                0..=0x1f => return Err(Error::new("a string holds a control character")),
                _ => {
                    if let Some(text) = &mut changed {
                        text.push(byte);
                    }
                }
            }
        }
        let invalid = || Error::new("a string is not UTF-8");
        match changed {
            Some(text) => String::from_utf8(text).map(Cow::Owned).map_err(|_| invalid()),
            None => {
                let text = self.text.get(start..self.position - 1).unwrap_or_default();
                std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| invalid())
            }
        }
    }

    /// Goes over a value, whatever it is.
    fn skip(&mut self) -> Result<(), Error> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'n' => self.literal(b"null"),
            b't' | b'f' => self.boolean().map(|_| ()),
            b'[' => {
                self.open(b'[')?;
                let mut first = true;
                while self.more(b']', &mut first)? {
                    self.skip()?;
                }
                self.close();
                Ok(())
            }
            b'{' => {
                self.open(b'{')?;
                let mut first = true;
                while self.more(b'}', &mut first)? {
                    self.string()?;
                    self.expect(b':')?;
                    self.skip()?;
                }
                self.close();
                Ok(())
            }
            _ => self.integer().map(|_| ()),
        }
    }

    fn open(&mut self, bracket: u8) -> Result<(), Error> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new("the text is nested too deeply"));
        }
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
    }

    /// Whether another entry follows; if not, the closing bracket has been read.
    fn more(&mut self, bracket: u8, first: &mut bool) -> Result<bool, Error> {
        let next = self.peek()?;
        if next == bracket {
            self.position += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
            // A comma before a closing bracket is followed by no value, which whoever reads it notices.
            if self.peek()? == bracket {
                return Err(Error::new("the text is not the JSON that is expected here"));
            }
        }
        Ok(true)
    }
}

/// A character after a backslash.
fn escaped(text: &[u8], position: &mut usize) -> Result<char, Error> {
    let invalid = || Error::new("a string holds an invalid escape");
    let letter = text.get(*position).copied().ok_or_else(invalid)?;
    *position += 1;
    Ok(match letter {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let high = unit(text, position).ok_or_else(invalid)?;
            let code = if (0xd800..0xdc00).contains(&high) {
                if text.get(*position..*position + 2) != Some(b"\\u".as_slice()) {
                    return Err(invalid());
                }
                *position += 2;
                let low = unit(text, position).filter(|low| (0xdc00..0xe000).contains(low)).ok_or_else(invalid)?;
                0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            } else {
                high
            };
            char::from_u32(code).ok_or_else(invalid)?
        }
        _ => return Err(invalid()),
    })
}

/// Four hexadecimal digits.
fn unit(text: &[u8], position: &mut usize) -> Option<u32> {
    let digits = text.get(*position..*position + 4)?;
    *position += 4;
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

/// Where a name is among names: entries with a comma between, in each its spellings with `|` between and `?` behind what may be missing.
fn find(names: &str, name: &str) -> Option<usize> {
    let (names, name) = (names.as_bytes(), name.as_bytes());
    let (mut index, mut start) = (0, 0);
    for (position, byte) in names.iter().chain(b",").enumerate() {
        if matches!(byte, b',' | b'|' | b'?') {
            if !name.is_empty() && names.get(start..position) == Some(name) {
                return Some(index);
            }
            start = position + 1;
            index += usize::from(*byte == b',');
        }
    }
    None
}

/// An entry of a list of names, and whether it may be missing.
pub(super) fn entry(names: &str, index: usize) -> (&str, bool) {
    let bytes = names.as_bytes();
    let (mut entry, mut start) = (0, 0);
    let mut end = None;
    for (position, byte) in bytes.iter().chain(b",").enumerate() {
        if entry == index && end.is_none() && matches!(byte, b',' | b'|' | b'?') {
            end = Some(position);
        }
        if *byte == b',' {
            if let Some(end) = end {
                let optional = position.checked_sub(1).and_then(|last| bytes.get(last)) == Some(&b'?');
                return (names.get(start..end).unwrap_or_default(), optional);
            }
            entry += 1;
            start = position + 1;
        }
    }
    ("", false)
}

/// Reads an object into the fields of these names, at most 32. Where it is `strict`, other names are refused.
pub fn read_object(
    parser: &mut Parser<'_>,
    names: &'static str,
    strict: bool,
    fields: &mut [&mut dyn Read],
) -> Result<(), Error> {
    parser.open(b'{')?;
    let (mut first, mut seen) = (true, 0u32);
    while parser.more(b'}', &mut first)? {
        let name = parser.string()?;
        parser.expect(b':')?;
        let found = find(names, &name).and_then(|index| fields.get_mut(index).map(|field| (index, field)));
        match found {
            Some((index, _)) if seen >> index & 1 != 0 => {
                return Err(Error::named("duplicate field", entry(names, index).0));
            }
            Some((index, field)) => {
                field.read(parser)?;
                seen |= 1 << index;
            }
            None if strict => return Err(Error::named("unknown field", &name)),
            None => parser.skip()?,
        }
    }
    parser.close();
    for index in (0..fields.len()).filter(|index| seen >> index & 1 == 0) {
        let (name, optional) = entry(names, index);
        if !optional {
            return Err(Error::named("missing field", name));
        }
    }
    Ok(())
}

/// Whether a variant's name is followed by data.
#[derive(Clone, Copy)]
pub struct Data(bool);

/// Reads the name of a variant: its place among the names.
pub fn read_variant(parser: &mut Parser<'_>, names: &'static str) -> Result<(usize, Data), Error> {
    let has_data = parser.peek()? != b'"';
    if has_data {
        parser.open(b'{')?;
    }
    let name = parser.string()?;
    let index = find(names, &name).ok_or_else(|| Error::named("unknown variant", &name))?;
    if has_data {
        parser.expect(b':')?;
    }
    Ok((index, Data(has_data)))
}

impl Data {
    /// Checks that there is data.
    pub fn some(self) -> Result<(), Error> {
        if self.0 {
            Ok(())
        } else {
            Err(Error::new("a variant lacks its data"))
        }
    }

    /// Checks that there is none.
    pub fn none(self, parser: &mut Parser<'_>) -> Result<(), Error> {
        if self.0 {
            return parser.literal(b"null");
        }
        Ok(())
    }

    /// Reads what follows the data.
    pub fn end(self, parser: &mut Parser<'_>) -> Result<(), Error> {
        if self.0 {
            parser.expect(b'}')?;
            parser.close();
        }
        Ok(())
    }
}

/// Any value, which is gone over and forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anything;

impl Read for Anything {
    fn empty() -> Self {
        Self
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        parser.skip()
    }
}

macro_rules! numbers {
    ($($type:ident $read:ident),+) => {
        $(impl Read for $type {
            fn empty() -> Self {
                0
            }

            fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
                *self = parser.$read()?.try_into().map_err(|_| Error::out_of_range())?;
                Ok(())
            }
        })+
    };
}

numbers!(u8 unsigned, u16 unsigned, u32 unsigned, u64 unsigned, i64 signed);

impl Read for bool {
    fn empty() -> Self {
        false
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        *self = parser.boolean()?;
        Ok(())
    }
}

impl Read for String {
    fn empty() -> Self {
        Self::new()
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        *self = parser.string()?.into_owned();
        Ok(())
    }
}

impl<T: Read> Read for Option<T> {
    fn empty() -> Self {
        None
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        *self = None;
        if parser.peek()? == b'n' {
            return parser.literal(b"null");
        }
        self.insert(T::empty()).read(parser)
    }
}

impl<T: Read> Read for Vec<T> {
    fn empty() -> Self {
        Self::new()
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        self.clear();
        read_list(parser, &mut |parser| {
            let mut entry = T::empty();
            entry.read(parser)?;
            self.push(entry);
            Ok(())
        })
    }
}

fn read_list(parser: &mut Parser<'_>, next: &mut dyn FnMut(&mut Parser<'_>) -> Result<(), Error>) -> Result<(), Error> {
    parser.open(b'[')?;
    let mut first = true;
    while parser.more(b']', &mut first)? {
        next(parser)?;
    }
    parser.close();
    Ok(())
}

impl<A: Read, B: Read> Read for (A, B) {
    fn empty() -> Self {
        (A::empty(), B::empty())
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        read_pair(parser, &mut self.0, &mut self.1)
    }
}

fn read_pair<'a>(parser: &mut Parser<'_>, one: &'a mut dyn Read, other: &'a mut dyn Read) -> Result<(), Error> {
    parser.open(b'[')?;
    let mut first = true;
    for part in [one, other] {
        if !parser.more(b']', &mut first)? {
            return Err(Error::new("a list has another length than expected"));
        }
        part.read(parser)?;
    }
    parser.expect(b']')?;
    parser.close();
    Ok(())
}
