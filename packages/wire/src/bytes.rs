//! Bounded reading of fixed layouts: every parser of this crate goes through [`Reader`].
//!
//! A reader never indexes past its input and never allocates by a length that it has read; what is
//! left over at the end is an error. Writing needs no counterpart: layouts are appended to a `Vec`.

use thiserror::Error;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The input ends inside a field.
    #[error("{what} ends {missing} bytes early")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Bytes that the next field lacks.
        missing: usize,
    },
    /// Bytes follow the last field.
    #[error("{what} has {extra} bytes after its end")]
    Trailing {
        /// What was being read.
        what: &'static str,
        /// How many.
        extra: usize,
    },
    /// The input has one permitted length and this is not it.
    #[error("{what} has {actual} bytes but exactly {expected} are required")]
    WrongLength {
        /// What was being read.
        what: &'static str,
        /// Length given.
        actual: usize,
        /// Length required.
        expected: usize,
    },
    /// A type, kind or class that this version does not know.
    #[error("{what} has the unknown type {value}")]
    UnknownType {
        /// What was being read.
        what: &'static str,
        /// The byte that names the type.
        value: u8,
    },
    /// A number outside of its range.
    #[error("{field} is {value} but must be from {min} to {max}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Value given.
        value: u64,
        /// Smallest permitted value.
        min: u64,
        /// Largest permitted value.
        max: u64,
    },
    /// Padding that is not zero: the same content would have two spellings.
    #[error("{what} has padding that is not zero")]
    DirtyPadding {
        /// What was being read.
        what: &'static str,
    },
    /// A key or a signature that cannot be one.
    #[error("{what}: {reason}")]
    BadKey {
        /// What was being read.
        what: &'static str,
        /// The rule it breaks.
        reason: String,
    },
}

/// Reads fields from the front of a slice.
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts reading; `what` names the thing in errors.
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        match self.rest.split_at_checked(length) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(ParseError::Truncated { what: self.what, missing: length - self.rest.len() }),
        }
    }

    /// The next `N` bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ParseError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ParseError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A number that must lie in `min..=max`.
    pub(crate) fn ranged_u16(&mut self, field: &'static str, min: u16, max: u16) -> Result<u16, ParseError> {
        let value = self.u16()?;
        in_range(field, u64::from(value), u64::from(min), u64::from(max))?;
        Ok(value)
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Ends reading; an error if anything is left.
    pub(crate) fn finish(self) -> Result<(), ParseError> {
        match self.rest.len() {
            0 => Ok(()),
            extra => Err(ParseError::Trailing { what: self.what, extra }),
        }
    }
}

/// Checks `min <= value <= max`.
pub(crate) fn in_range(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), ParseError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(ParseError::OutOfRange { field, value, min, max })
    }
}

/// The slice as an array of the only length that is permitted.
pub(crate) fn exactly<'a, const N: usize>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; N], ParseError> {
    bytes.try_into().map_err(|_| ParseError::WrongLength { what, actual: bytes.len(), expected: N })
}

/// Checks that padding is all zero.
pub(crate) fn zero_padding(what: &'static str, padding: &[u8]) -> Result<(), ParseError> {
    if padding.iter().all(|byte| *byte == 0) {
        Ok(())
    } else {
        Err(ParseError::DirtyPadding { what })
    }
}

/// Appends a field with its length before it as u32: the rule for variable-length input to hashes and signatures.
pub(crate) fn put_prefixed(out: &mut Vec<u8>, field: &[u8]) {
    let length = u32::try_from(field.len()).expect("labels, chain ids and addresses are far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(field);
}
