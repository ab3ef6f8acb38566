//! JSON of messages, replies and records: the types that contracts use, nothing else.
//!
//! No floating-point numbers, and no values whose type the text decides. Numbers are integers of up to 64 bits, larger ones are strings.
//! `#[derive(Read, Write)]` makes a type readable and writable, by the names that its serde attributes give.

mod base64;
mod chain;
mod de;
mod ser;

use std::fmt;

pub use nym_contract_derive::{Read, Write};

pub use de::{from_slice, read_object, read_variant, Anything, Data, Parser, Read};
pub use ser::{to_vec, write_object, write_variant, Write};

/// Why a text is not the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A value of the right type that is not allowed.
    pub fn out_of_range() -> Self {
        Self::new("a value is out of its range")
    }

    fn named(what: &str, name: &str) -> Self {
        // A name that somebody sent may be long.
        let shown: String = name.chars().take(64).collect();
        Self([what, " `", &shown, "`"].concat())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
