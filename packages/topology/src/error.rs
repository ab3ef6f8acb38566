//! Why a document was not accepted or a route could not be drawn.

use nym_keys::identity;
use thiserror::Error;

/// Why a document was not accepted or a route could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TopologyError {
    /// The document is larger than a document can be.
    #[error("topology document has {actual} bytes but at most {limit} are accepted")]
    TooLarge {
        /// Bytes given.
        actual: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// The document is not one of ours.
    #[error("topology document cannot be read: {0}")]
    Unreadable(String),
    /// The document is readable but spelled in another way than the canonical one.
    #[error("topology document of epoch {epoch} is not in its canonical form")]
    NotCanonical {
        /// Its epoch.
        epoch: u32,
    },
    /// A rule of the document's content is broken.
    #[error("topology document of epoch {epoch}: {rule}")]
    Inconsistent {
        /// Its epoch.
        epoch: u32,
        /// The rule and the value that breaks it.
        rule: String,
    },
    /// The document belongs to another network.
    #[error("topology document is of {field} '{actual}' but this network is '{expected}'")]
    OtherNetwork {
        /// Which field differs.
        field: &'static str,
        /// Its value.
        actual: String,
        /// The network file's value.
        expected: String,
    },
    /// Too few authorities signed the same bytes.
    #[error(
        "at most {agreeing} of {authorities} authorities agree on one topology document but {required} are required"
    )]
    TooFewSignatures {
        /// Most valid signatures over one document.
        agreeing: usize,
        /// Authorities in the network file.
        authorities: usize,
        /// How many must agree.
        required: usize,
    },
    /// A layer without nodes: no route leads through it.
    #[error("layer {0} of the topology has no nodes")]
    EmptyLayer(u8),
    /// The node is in no place of this document.
    #[error("node {0} is not in the topology of epoch {1}")]
    UnknownNode(identity::PublicKey, u32),
    /// No gateway to lead a loop through.
    #[error("the topology of epoch {0} has no gateways")]
    NoGateways(u32),
}
