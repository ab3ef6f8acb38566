//! The document of one epoch: what it holds, its one spelling, and how long it serves.

use crate::TopologyError;
use nym_keys::{identity, x25519};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::net::SocketAddr;

/// The only version of the format.
pub const VERSION: u32 = 1;
/// A thousand active nodes and as many gateways take about 0.6 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;
/// How many epoch lengths a document serves past its end when no successor comes.
pub const SERVES_EPOCHS_AFTER_END: u64 = 3;

const HASH_LABEL: &[u8] = b"nym-topology-v1";

/// A layer of mix nodes: 1, 2 or 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Layer(u8);

impl Layer {
    /// The layers in the order in which a packet passes them.
    pub const ALL: [Self; 3] = [Self(1), Self(2), Self(3)];

    /// Reads 1, 2 or 3.
    pub fn new(number: u8) -> Option<Self> {
        (1..=3).contains(&number).then_some(Self(number))
    }

    /// 1, 2 or 3.
    pub fn number(self) -> u8 {
        self.0
    }

    /// 0, 1 or 2.
    pub fn index(self) -> usize {
        usize::from(self.0 - 1)
    }
}

impl TryFrom<u8> for Layer {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Self::new(number).ok_or_else(|| format!("layer {number} is none of 1, 2 and 3"))
    }
}

impl From<Layer> for u8 {
    fn from(layer: Layer) -> u8 {
        layer.0
    }
}

/// Parameters that every packet of the network shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Payload of a regular packet, bytes.
    pub payload_size: u32,
    /// Mean delay that a sender draws for each mix node, milliseconds.
    pub mean_hop_delay_ms: u32,
    /// Longest delay that a node accepts, milliseconds.
    pub max_hop_delay_ms: u32,
}

/// An active mix node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixNodeEntry {
    /// Number of its bond.
    pub node_id: u32,
    /// Where it stands on a path.
    pub layer: Layer,
    /// Who it is; its address in a packet.
    pub identity: identity::PublicKey,
    /// The key that unwraps packets.
    pub sphinx_key: x25519::PublicKey,
    /// The key of its links.
    pub link_key: x25519::PublicKey,
    /// Where it accepts links.
    pub address: SocketAddr,
}

/// A gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayEntry {
    /// Who it is; its address in a packet.
    pub identity: identity::PublicKey,
    /// The key that unwraps packets.
    pub sphinx_key: x25519::PublicKey,
    /// The key of its links and sessions.
    pub link_key: x25519::PublicKey,
    /// Where it accepts links.
    pub address: SocketAddr,
    /// Where it accepts clients.
    pub clients_address: SocketAddr,
    /// The account that bonded it and is paid for its work.
    pub payee: String,
}

/// Everything that everybody must see alike in one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopologyDocument {
    /// Version of this format.
    pub version: u32,
    /// Chain of the contract.
    pub chain_id: String,
    /// Contract from which the rest follows.
    pub mixnet_contract: String,
    /// Absolute number of the epoch.
    pub epoch: u32,
    /// Height at which the epoch became current; the state after this block is what was read.
    pub height: u64,
    /// When the epoch began, seconds since 1970.
    pub starts_at: u64,
    /// Its length in seconds; 0 for a first epoch that ends when it is ended.
    pub epoch_length: u64,
    /// Packet parameters.
    pub parameters: Parameters,
    /// Whether the lottery's seed was foreseeable (local and test networks).
    pub bootstrap_seed: bool,
    /// Active mix nodes in order of their numbers.
    pub mix_nodes: Vec<MixNodeEntry>,
    /// Gateways in order of their identities' bytes.
    pub gateways: Vec<GatewayEntry>,
}

impl TopologyDocument {
    /// The one spelling of this document: compact JSON in the order of the fields.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        self.canonical_text().into_bytes()
    }

    pub(crate) fn canonical_text(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and lists of them always become JSON")
    }

    /// SHA-256 over the label, the length as u32 and the canonical bytes.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.canonical_bytes())
    }

    /// Reads a document and checks form and content; who says it is another question.
    pub fn from_canonical_bytes(bytes: &[u8]) -> Result<Self, TopologyError> {
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(TopologyError::TooLarge { actual: bytes.len(), limit: MAX_DOCUMENT_BYTES });
        }
        let document: Self =
            serde_json::from_slice(bytes).map_err(|error| TopologyError::Unreadable(error.to_string()))?;
        if document.canonical_bytes() != bytes {
            return Err(TopologyError::NotCanonical { epoch: document.epoch });
        }
        document.check()?;
        Ok(document)
    }

    /// Sorts the lists into the order of the canonical form.
    pub fn sort(&mut self) {
        self.mix_nodes.sort_by_key(|node| node.node_id);
        self.gateways.sort_by_key(|gateway| gateway.identity);
    }

    /// Until when it serves if no successor comes, seconds since 1970.
    pub fn serves_until(&self) -> u64 {
        match self.epoch_length {
            0 => u64::MAX,
            length => self.starts_at.saturating_add(length.saturating_mul(1 + SERVES_EPOCHS_AFTER_END)),
        }
    }

    fn check(&self) -> Result<(), TopologyError> {
        let broken = |rule: String| Err(TopologyError::Inconsistent { epoch: self.epoch, rule });
        if self.version != VERSION {
            return broken(format!("version {} is not {VERSION}", self.version));
        }
        if let Some([one, next]) = self.mix_nodes.array_windows().find(|[one, next]| one.node_id >= next.node_id) {
            return broken(format!("node {} does not come after node {}", next.node_id, one.node_id));
        }
        if let Some([one, next]) = self.gateways.array_windows().find(|[one, next]| one.identity >= next.identity) {
            return broken(format!("gateway {} does not come after {}", next.identity, one.identity));
        }
        let mut seen = HashSet::new();
        let nodes = self.mix_nodes.iter().map(|node| node.identity);
        match nodes.chain(self.gateways.iter().map(|gateway| gateway.identity)).find(|identity| !seen.insert(*identity))
        {
            Some(identity) => broken(format!("identity {identity} occurs twice")),
            None => Ok(()),
        }
    }
}

pub(crate) fn hash(canonical: &[u8]) -> [u8; 32] {
    let length = u32::try_from(canonical.len())
        .expect("a document from elsewhere is measured first, and one of our own has a few nodes of a kilobyte");
    Sha256::new().chain_update(HASH_LABEL).chain_update(length.to_be_bytes()).chain_update(canonical).finalize().into()
}
