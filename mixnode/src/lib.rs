//! Mix node: unwraps, delays and forwards packets.
//!
//! [`Service`] is the node as a library: `main.rs`, tests and the local network start the same thing. What
//! happens to a packet is in `nym-links` and below; here are configuration, commands, and the listener for
//! the operator.

pub mod commands;
pub mod config;
mod service;

pub use commands::announced;
pub use config::Config;
pub use service::{Addresses, Deps, Service, ServiceError};
