//! Addresses: Bech32 text, module accounts and the addresses of contracts.

use super::bech32;
use crate::error::{AppError, INVALID_ADDRESS, LOGIC};
use sha2::{Digest, Sha256};
use std::fmt;

/// Length of an account's address.
pub(crate) const ACCOUNT_LENGTH: usize = 20;
/// Length of a contract's address.
pub(crate) const CONTRACT_LENGTH: usize = 32;

/// The bytes of an address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address(Vec<u8>);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", hex::encode(&self.0))
    }
}

impl Address {
    /// Bytes of the length of an account or a contract.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, AppError> {
        match bytes.len() {
            ACCOUNT_LENGTH | CONTRACT_LENGTH => Ok(Address(bytes.to_vec())),
            _ => Err(AppError::bare(INVALID_ADDRESS)),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The account of a module, e.g. the collector of fees.
    pub(crate) fn module(name: &str) -> Self {
        Address(sha256(&[name.as_bytes()])[..ACCOUNT_LENGTH].to_vec())
    }

    /// A contract's address by the number of its code and the chain's count of contracts.
    pub(crate) fn contract(code_id: u64, instance: u64) -> Self {
        let mut id = Vec::with_capacity(16);
        id.extend_from_slice(&code_id.to_be_bytes());
        id.extend_from_slice(&instance.to_be_bytes());
        Address::derived(&id)
    }

    /// A contract's address by what its creator chose ("instantiate2").
    pub(crate) fn predictable(checksum: &[u8], creator: &Address, salt: &[u8], msg: &[u8]) -> Self {
        let mut key = Vec::new();
        for part in [checksum, creator.bytes(), salt, msg] {
            key.extend_from_slice(&(part.len() as u64).to_be_bytes());
            key.extend_from_slice(part);
        }
        Address::derived(&key)
    }

    fn derived(key: &[u8]) -> Self {
        let kind = sha256(&[b"module"]);
        Address(sha256(&[&kind, b"wasm\0", key]).to_vec())
    }
}

/// SHA-256 over the concatenation of `parts`.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The chain's text form of addresses: one human-readable prefix.
#[derive(Debug, Clone)]
pub(crate) struct Codec {
    prefix: String,
}

impl Codec {
    /// The codec for a prefix such as `n`.
    pub(crate) fn new(prefix: &str) -> Result<Self, String> {
        let letters = |b: u8| b.is_ascii_lowercase() || (b.is_ascii_digit() && b != b'1');
        if (1..=20).contains(&prefix.len()) && prefix.bytes().all(letters) {
            return Ok(Codec { prefix: prefix.to_owned() });
        }
        Err(format!("address prefix '{prefix}' must be 1 to 20 lower-case letters or digits other than 1"))
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn encode(&self, address: &Address) -> String {
        bech32::encode(&self.prefix, &address.0)
    }

    /// Parses the text of an address; most errors have no code, as in the SDK.
    pub(crate) fn decode(&self, text: &str) -> Result<Address, AppError> {
        self.parse(text, |prefix| {
            AppError::undefined(format_args!("invalid Bech32 prefix; expected {}, got {prefix}", self.prefix))
        })
    }

    /// As [`Codec::decode`], with the error that the accounts and bank modules give for
    /// another chain's address.
    pub(crate) fn decode_account(&self, text: &str) -> Result<Address, AppError> {
        self.parse(text, |prefix| {
            let text = format!("hrp does not match bech32 prefix: expected '{}' got '{prefix}'", self.prefix);
            AppError::new(LOGIC, text)
        })
    }

    fn parse(&self, text: &str, foreign: impl FnOnce(&str) -> AppError) -> Result<Address, AppError> {
        if text.trim().is_empty() {
            return Err(AppError::undefined("empty address string is not allowed"));
        }
        let (prefix, bytes) =
            bech32::decode(text).map_err(|e| AppError::undefined(format_args!("decoding bech32 failed: {e}")))?;
        if prefix != self.prefix {
            return Err(foreign(&prefix));
        }
        Address::from_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_contract_has_the_address_it_has_on_wasmd() {
        let codec = Codec::new("n").unwrap();

        assert_eq!(
            codec.encode(&Address::contract(1, 1)),
            "n14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sjyvg3g"
        );
    }

    #[test]
    fn the_fee_collector_has_the_address_it_has_on_wasmd() {
        assert_eq!(
            Codec::new("cosmos").unwrap().encode(&Address::module("fee_collector")),
            "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta"
        );
    }

    #[test]
    fn text_that_is_no_address_of_this_chain_is_refused() {
        let codec = Codec::new("n").unwrap();
        let foreign = Codec::new("wasm").unwrap().encode(&Address::contract(1, 1));
        let good = codec.encode(&Address::contract(1, 1));
        let broken = good.replace("n14h", "n14k");

        for (case, text) in
            [("empty", ""), ("blank", "  "), ("foreign", &foreign), ("checksum", &broken), ("noise", "n1")]
        {
            assert!(codec.decode(text).is_err(), "{case}");
        }
        assert_eq!(codec.decode(&good).unwrap(), Address::contract(1, 1));
    }
}
