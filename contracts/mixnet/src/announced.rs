//! What operators announce: hosts, ports, keys and texts that everybody will read, checked before they are stored.

use std::net::IpAddr;

use nym_contract_types::keys;
use nym_contract_types::mixnet::{Gateway, GatewayConfigUpdate, MixNode, MixNodeConfigUpdate};

use crate::ContractError;

/// Longest version text of a node's software.
const MAX_VERSION: usize = 32;
/// Longest text for where a gateway stands.
const MAX_LOCATION: usize = 64;
/// Longest text of an IP address; checked before parsing.
const MAX_HOST: usize = 45;

/// Checks a mix node and returns its identity key.
pub fn mix_node(node: &MixNode, allow_loopback: bool) -> Result<[u8; 32], ContractError> {
    host(&node.host, allow_loopback)?;
    port("mix_port", node.mix_port)?;
    text("version", &node.version, MAX_VERSION)?;
    key("sphinx_key", &node.sphinx_key)?;
    node.noise_key.as_deref().map(|noise| key("noise_key", noise)).transpose()?;
    key("identity_key", &node.identity_key)
}

/// Checks a mix node's new address.
pub fn mix_node_config(config: &MixNodeConfigUpdate, allow_loopback: bool) -> Result<(), ContractError> {
    host(&config.host, allow_loopback)?;
    port("mix_port", config.mix_port)?;
    text("version", &config.version, MAX_VERSION)
}

/// Checks a gateway and returns its identity key.
pub fn gateway(gateway: &Gateway, allow_loopback: bool) -> Result<[u8; 32], ContractError> {
    host(&gateway.host, allow_loopback)?;
    port("mix_port", gateway.mix_port)?;
    port("clients_port", gateway.clients_port)?;
    text("version", &gateway.version, MAX_VERSION)?;
    text("location", &gateway.location, MAX_LOCATION)?;
    key("sphinx_key", &gateway.sphinx_key)?;
    gateway.noise_key.as_deref().map(|noise| key("noise_key", noise)).transpose()?;
    key("identity_key", &gateway.identity_key)
}

/// Checks a gateway's new address.
pub fn gateway_config(config: &GatewayConfigUpdate, allow_loopback: bool) -> Result<(), ContractError> {
    host(&config.host, allow_loopback)?;
    port("mix_port", config.mix_port)?;
    port("clients_port", config.clients_port)?;
    text("version", &config.version, MAX_VERSION)?;
    text("location", &config.location, MAX_LOCATION)
}

/// A base58 key of 32 bytes.
pub fn key(name: &'static str, value: &str) -> Result<[u8; 32], ContractError> {
    keys::parse(value).ok_or_else(|| ContractError::Key { name, value: shortened(value) })
}

fn port(name: &'static str, value: u16) -> Result<(), ContractError> {
    if value == 0 {
        return Err(ContractError::Parameter { name, value: value.to_string(), rule: "a port, 1 to 65535" });
    }
    Ok(())
}

fn text(name: &'static str, value: &str, maximum: usize) -> Result<(), ContractError> {
    if value.len() > maximum {
        return Err(ContractError::TooLong { name, length: value.len(), maximum });
    }
    if value.chars().any(char::is_control) {
        return Err(ContractError::Parameter {
            name,
            value: value.escape_default().to_string(),
            rule: "free of control characters",
        });
    }
    Ok(())
}

/// An IP literal that a packet may be sent to. Names are not accepted: whoever controls a name could point it anywhere later.
fn host(value: &str, allow_loopback: bool) -> Result<(), ContractError> {
    let refuse = |rule| Err(ContractError::Host { host: shortened(value), rule });
    if value.len() > MAX_HOST {
        return refuse("it is longer than any IP address");
    }
    let Ok(address) = value.parse::<IpAddr>() else {
        return refuse("it must be an IP address");
    };
    if address.to_string() != value {
        return refuse("it must be in its shortest form");
    }
    // A v4 address in v6 clothes would pass the checks below as another kind of address.
    if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
        return refuse("an IPv4 address must be written as one");
    }
    if address.is_unspecified() || address.is_multicast() || address == IpAddr::from([255u8; 4]) {
        return refuse("it is no single host's address");
    }
    if address.is_loopback() && !allow_loopback {
        return refuse("loopback is not allowed in this network");
    }
    Ok(())
}

/// The beginning of a text that somebody sent, for an error.
fn shortened(value: &str) -> String {
    value.chars().take(64).collect()
}
