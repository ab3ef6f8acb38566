#![doc = include_str!("../README.md")]

pub mod commands;
pub mod config;
pub mod cover;
pub mod directory;
pub mod egress;
pub mod engine;
mod ingress;
pub mod metrics;
pub mod node;
pub mod source;
#[cfg(feature = "test-util")]
pub mod test_util;

pub use directory::Directory;
pub use egress::{Egress, Refused};
pub use engine::Terminus;
pub use nym_mixing::{Address, DropReason};

pub use metrics::{Stats, StatsReport};
pub use node::{Limits, MixSide, MixSideConfig, NodeKeys, StartError};
