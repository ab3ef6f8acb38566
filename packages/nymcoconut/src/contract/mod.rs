//! The verifier for contracts: no `std`, no pairing library; pairings, signatures and subgroup checks are the host's.
//!
//! What is left for the contract is one multiplication in G1 by 128 bits, on a field of its own that suits WebAssembly: a general library
//! needs eight times the gas for it. [`verify`] checks one payment, [`verify_batch`] many with one pairing.

mod encoding;
mod field;
mod point;
#[cfg(all(test, feature = "scheme"))]
mod tests;
mod verify;

// For the pure backend: `bls12_381` keeps its own field to itself.
#[cfg(feature = "pure")]
pub(crate) use field::Fp;

pub use encoding::{ed25519_encoding_is_strict, serial_of, spend_message, SPEND_LABEL};
pub use verify::{verify, verify_batch, Host, Payment, Refusal};
