//! `network.toml`: which network this is and whose word counts in it.

use crate::{TopologyDocument, TopologyError};
use nym_keys::files::write_whole;
use nym_keys::identity;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a network file was refused.
#[derive(Debug, Error)]
pub enum NetworkFileError {
    /// The file cannot be read or written.
    #[error("cannot access network file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not of this form.
    #[error("network file {} is malformed: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A value breaks a rule.
    #[error("network file: {0}")]
    Rule(String),
}

/// The root of trust of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Id of the chain.
    pub chain_id: String,
    /// Prefix of the chain's account addresses.
    pub address_prefix: String,
    /// Price of one unit of gas in the fee denom, as a decimal number.
    pub gas_price: String,
    /// Whether nodes may announce loopback addresses (networks on one machine).
    #[serde(default)]
    pub allow_loopback: bool,
    /// Denoms of the chain.
    pub denoms: Denoms,
    /// Addresses of the contracts.
    pub contracts: Contracts,
    /// Where the chain is asked.
    pub rpc: Rpc,
    /// Whose agreement makes a topology.
    pub topology: Threshold,
    /// The validators' APIs that sign topologies.
    #[serde(default)]
    pub authorities: Vec<Authority>,
}

/// Denoms of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denoms {
    /// Stakes and rewards are paid in it.
    pub stake: String,
    /// Fees are paid in it.
    pub fee: String,
}

/// Addresses of the contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contracts {
    /// The mixnet contract.
    pub mixnet: String,
}

/// Where the chain is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rpc {
    /// CometBFT RPC endpoints, tried in order.
    pub endpoints: Vec<String>,
}

/// Whose agreement makes a topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// How many of the authorities must have signed the same document.
    pub threshold: usize,
}

/// A validator's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// The key with which it signs topologies.
    pub key: identity::PublicKey,
    /// Where it is asked.
    pub url: String,
}

impl NetworkFile {
    /// Reads and checks a network file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, NetworkFileError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| NetworkFileError::Io { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads and checks the text of the network file at `path`.
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self, NetworkFileError> {
        let malformed = |error: toml::de::Error| {
            let path = path.as_ref().to_owned();
            NetworkFileError::Malformed { path, reason: error.to_string() }
        };
        let network: Self = toml::from_str(text).map_err(malformed)?;
        network.check()?;
        Ok(network)
    }

    /// Writes the file, whole or not at all.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), NetworkFileError> {
        let path = path.as_ref();
        let io = |source| NetworkFileError::Io { path: path.to_owned(), source };
        let text = toml::to_string_pretty(self)
            .map_err(|error| NetworkFileError::Malformed { path: path.to_owned(), reason: error.to_string() })?;
        write_whole(path, text.as_bytes()).map_err(io)
    }

    /// Checks the rules between the values.
    pub fn check(&self) -> Result<(), NetworkFileError> {
        let rule = |text: String| Err(NetworkFileError::Rule(text));
        for (name, value) in [
            ("chain_id", &self.chain_id),
            ("address_prefix", &self.address_prefix),
            ("denoms.stake", &self.denoms.stake),
            ("denoms.fee", &self.denoms.fee),
            ("contracts.mixnet", &self.contracts.mixnet),
        ] {
            if value.is_empty() {
                return rule(format!("{name} is empty"));
            }
        }
        if !self.gas_price.parse::<f64>().is_ok_and(|price| price.is_finite() && price >= 0.0) {
            return rule(format!("gas_price '{}' is not a decimal number of at least 0", self.gas_price));
        }
        if self.rpc.endpoints.is_empty() {
            return rule("rpc.endpoints is empty: at least one is required".into());
        }
        let keys: HashSet<_> = self.authorities.iter().map(|authority| authority.key).collect();
        if keys.len() != self.authorities.len() {
            return rule("two authorities have the same key".into());
        }
        let (threshold, members) = (self.topology.threshold, self.authorities.len());
        if members > 0 && !(members / 2 + 1..=members).contains(&threshold) {
            return rule(format!(
                "topology.threshold {threshold} of {members} authorities is not between {} and {members}",
                members / 2 + 1
            ));
        }
        Ok(())
    }

    /// Checks that a document is of this network.
    pub fn check_document(&self, document: &TopologyDocument) -> Result<(), TopologyError> {
        for (field, actual, expected) in [
            ("chain", &document.chain_id, &self.chain_id),
            ("mixnet contract", &document.mixnet_contract, &self.contracts.mixnet),
        ] {
            if actual != expected {
                return Err(TopologyError::OtherNetwork { field, actual: actual.clone(), expected: expected.clone() });
            }
        }
        let loopback = |address: &std::net::SocketAddr| !self.allow_loopback && address.ip().is_loopback();
        let nodes = document.mix_nodes.iter().map(|node| &node.address);
        let gateways = document.gateways.iter().flat_map(|gateway| [&gateway.address, &gateway.clients_address]);
        match nodes.chain(gateways).find(|address| loopback(address)) {
            Some(address) => Err(TopologyError::Inconsistent {
                epoch: document.epoch,
                rule: format!("{address} is a loopback address, which this network does not allow"),
            }),
            None => Ok(()),
        }
    }
}
