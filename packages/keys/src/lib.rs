#![doc = include_str!("../README.md")]

mod address;
mod encoding;
mod error;
pub mod files;
pub mod identity;
pub mod x25519;

pub use address::ClientAddress;
pub use error::KeyError;
