//! The test accounts: fixed, public words, so that addresses are the same on every chain.
//!
//! `accounts.json` beside the manifest holds them for both clients. Nobody may ever use these
//! words for money: they stand in the BIP-39 standard's own test vectors.

use std::collections::BTreeMap;

use anyhow::{anyhow, Context, Result};
use cosmrs::crypto::secp256k1::SigningKey;
use cosmrs::crypto::PublicKey;
use serde::Deserialize;

/// The path of the first Cosmos account of a phrase.
const DERIVATION_PATH: &str = "m/44'/118'/0'/0/0";

/// Everything both clients agree on.
#[derive(Debug, Deserialize)]
pub struct Accounts {
    /// The chain that is started for the suite.
    pub chain_id: String,
    /// The prefix of addresses.
    pub prefix: String,
    /// The least price of gas that the chain is started with.
    pub gas_price: String,
    accounts: BTreeMap<String, AccountEntry>,
}

#[derive(Debug, Deserialize)]
struct AccountEntry {
    mnemonic: String,
    funds: String,
}

/// One account with its key.
pub struct Account {
    /// Its name in `accounts.json`.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its public key.
    pub public_key: PublicKey,
    key: SigningKey,
}

impl Account {
    /// Signs bytes as a Cosmos transaction is signed: ECDSA over their SHA-256.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let signature = self.key.sign(bytes).map_err(|error| anyhow!("{error}"))?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl Accounts {
    /// The accounts of the suite.
    pub fn load() -> Result<Self> {
        serde_json::from_str(include_str!("../accounts.json")).context("accounts.json")
    }

    /// The account of this name.
    pub fn get(&self, name: &str) -> Result<Account> {
        let entry = self.accounts.get(name).with_context(|| format!("no account '{name}'"))?;
        let mnemonic = bip32::Mnemonic::new(&entry.mnemonic, bip32::Language::English)
            .with_context(|| format!("the words of '{name}'"))?;
        let path = DERIVATION_PATH.parse().map_err(|error| anyhow!("{error}"))?;
        let key = SigningKey::derive_from_path(mnemonic.to_seed(""), &path).map_err(|error| anyhow!("{error}"))?;
        let public_key = key.public_key();
        let address = public_key.account_id(&self.prefix).map_err(|error| anyhow!("{error}"))?.to_string();
        Ok(Account { name: name.to_string(), address, public_key, key })
    }

    /// What the genesis gives: `ADDRESS=AMOUNTdenom,…` per account that has something.
    pub fn genesis(&self) -> Result<Vec<String>> {
        self.accounts
            .iter()
            .filter(|(_, entry)| !entry.funds.is_empty())
            .map(|(name, entry)| Ok(format!("{}={}", self.get(name)?.address, entry.funds)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_words_give_the_addresses_that_other_wallets_derive() {
        let accounts = Accounts::load().unwrap();

        // The Cosmos address of the all-"abandon" phrase, as published for cosmos1, in our prefix.
        let alice = accounts.get("alice").unwrap();
        let (prefix, bytes) = (accounts.prefix.as_str(), alice.public_key.account_id("cosmos").unwrap());

        assert_eq!(bytes.to_string(), "cosmos1r5v5srda7xfth3hn2s26txvrcrntldjumt8mhl");
        assert!(alice.address.starts_with(&format!("{prefix}1")));
    }

    #[test]
    fn only_the_account_without_money_is_left_out_of_the_genesis() {
        let genesis = Accounts::load().unwrap().genesis().unwrap();

        assert_eq!(genesis.len(), 5);
        assert!(genesis.iter().all(|entry| entry.starts_with("n1")));
    }
}
