//! What operators announce: hosts, ports, keys and texts that everybody will read, checked before they are stored.

use std::net::IpAddr;

use nym_contract_types::keys;
use nym_contract_types::mixnet::{Gateway, GatewayConfigUpdate, MixNode, MixNodeConfigUpdate};

use crate::packed::{Reader, Write};
use crate::ContractError;

/// Longest version text of a node's software.
const MAX_VERSION: usize = 32;
/// Longest text for where a gateway stands.
const MAX_LOCATION: usize = 64;
/// Longest text of an IP address; checked before parsing.
const MAX_HOST: usize = 45;

/// What a node announces, checked, with as many ports as its kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced<const PORTS: usize> {
    /// Where it is reached.
    pub host: IpAddr,
    /// Its ports, in the order of the message's fields.
    pub ports: [u16; PORTS],
    /// Ed25519 identity.
    pub identity: [u8; 32],
    /// X25519 key that unwraps packets.
    pub sphinx: [u8; 32],
    /// X25519 key of its links.
    pub link: Option<[u8; 32]>,
    /// Version of its software.
    pub version: String,
}

impl<const PORTS: usize> Announced<PORTS> {
    /// The bits that [`Announced::read`] needs to know, below 4.
    pub fn flags(&self) -> u8 {
        u8::from(self.host.is_ipv6()) | u8::from(self.link.is_some()) << 1
    }

    /// Appends its binary form.
    pub fn write(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut bytes = match self.host {
            IpAddr::V4(host) => bytes.put(&host.octets()),
            IpAddr::V6(host) => bytes.put(&host.octets()),
        };
        for port in self.ports {
            bytes = bytes.put(&port.to_be_bytes());
        }
        bytes = bytes.put(&self.identity).put(&self.sphinx);
        if let Some(link) = &self.link {
            bytes = bytes.put(link);
        }
        bytes.text(&self.version)
    }

    /// Reads its binary form.
    pub fn read(bytes: &mut Reader<'_>, flags: u8) -> Option<Self> {
        let host = if flags & 1 == 0 { IpAddr::from(bytes.array::<4>()?) } else { IpAddr::from(bytes.array::<16>()?) };
        let mut ports = [0; PORTS];
        for port in &mut ports {
            *port = bytes.u16()?;
        }
        let (identity, sphinx) = (bytes.array()?, bytes.array()?);
        let link = if flags & 2 == 0 { None } else { Some(bytes.array()?) };
        Some(Self { host, ports, identity, sphinx, link, version: bytes.text()? })
    }
}

impl Announced<3> {
    /// Takes another address.
    pub fn update(&mut self, config: MixNodeConfigUpdate, allow_loopback: bool) -> Result<(), ContractError> {
        self.host = host(&config.host, allow_loopback)?;
        port("mix_port", config.mix_port)?;
        text("version", &config.version, MAX_VERSION)?;
        self.ports = [config.mix_port, config.verloc_port, config.http_api_port];
        self.version = config.version;
        Ok(())
    }

    /// As messages and replies have it.
    pub fn show(&self) -> MixNode {
        let [mix_port, verloc_port, http_api_port] = self.ports;
        MixNode {
            host: self.host.to_string(),
            mix_port,
            verloc_port,
            http_api_port,
            sphinx_key: keys::to_text(&self.sphinx),
            identity_key: keys::to_text(&self.identity),
            version: self.version.clone(),
            noise_key: self.link.as_ref().map(keys::to_text),
        }
    }
}

impl Announced<2> {
    /// Takes another address; checks its location, too, which is kept elsewhere.
    pub fn update(&mut self, config: &GatewayConfigUpdate, allow_loopback: bool) -> Result<(), ContractError> {
        self.host = host(&config.host, allow_loopback)?;
        port("mix_port", config.mix_port)?;
        port("clients_port", config.clients_port)?;
        text("version", &config.version, MAX_VERSION)?;
        text("location", &config.location, MAX_LOCATION)?;
        self.ports = [config.mix_port, config.clients_port];
        self.version.clone_from(&config.version);
        Ok(())
    }

    /// As messages and replies have it.
    pub fn show(&self, location: String) -> Gateway {
        let [mix_port, clients_port] = self.ports;
        Gateway {
            host: self.host.to_string(),
            mix_port,
            clients_port,
            location,
            sphinx_key: keys::to_text(&self.sphinx),
            identity_key: keys::to_text(&self.identity),
            version: self.version.clone(),
            noise_key: self.link.as_ref().map(keys::to_text),
        }
    }
}

/// Checks a mix node.
pub fn mix_node(node: &MixNode, allow_loopback: bool) -> Result<Announced<3>, ContractError> {
    let host = host(&node.host, allow_loopback)?;
    port("mix_port", node.mix_port)?;
    text("version", &node.version, MAX_VERSION)?;
    Ok(Announced {
        host,
        ports: [node.mix_port, node.verloc_port, node.http_api_port],
        sphinx: key("sphinx_key", &node.sphinx_key)?,
        link: node.noise_key.as_deref().map(|noise| key("noise_key", noise)).transpose()?,
        identity: key("identity_key", &node.identity_key)?,
        version: node.version.clone(),
    })
}

/// Checks a gateway; its location, too.
pub fn gateway(gateway: &Gateway, allow_loopback: bool) -> Result<Announced<2>, ContractError> {
    let host = host(&gateway.host, allow_loopback)?;
    port("mix_port", gateway.mix_port)?;
    port("clients_port", gateway.clients_port)?;
    text("version", &gateway.version, MAX_VERSION)?;
    text("location", &gateway.location, MAX_LOCATION)?;
    Ok(Announced {
        host,
        ports: [gateway.mix_port, gateway.clients_port],
        sphinx: key("sphinx_key", &gateway.sphinx_key)?,
        link: gateway.noise_key.as_deref().map(|noise| key("noise_key", noise)).transpose()?,
        identity: key("identity_key", &gateway.identity_key)?,
        version: gateway.version.clone(),
    })
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
fn host(value: &str, allow_loopback: bool) -> Result<IpAddr, ContractError> {
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
    Ok(address)
}

/// The beginning of a text that somebody sent, for an error.
fn shortened(value: &str) -> String {
    value.chars().take(64).collect()
}
