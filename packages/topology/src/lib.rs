#![doc = include_str!("../README.md")]

mod document;
mod error;
mod index;
mod network_file;
mod route;
mod signed;

pub use document::{GatewayEntry, Layer, MixNodeEntry, Parameters, TopologyDocument, SERVES_EPOCHS_AFTER_END};
pub use error::TopologyError;
pub use index::{Position, Topology};
pub use network_file::{Authority, Contracts, Denoms, NetworkFile, NetworkFileError, Rpc, Threshold};
pub use route::{Hop, Route};
pub use signed::{verify_threshold, SignedDocument};
