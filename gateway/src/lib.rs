//! Gateway: entry and last hop for clients.
//!
//! [`Service`] is the gateway as a library: `main.rs`, tests and the local network start the same thing. The
//! side that other nodes see is a mix node's (`nym-links`); here are the clients' side and the inboxes.

mod clients;
pub mod commands;
pub mod config;
pub mod inbox;
pub mod metrics;
mod service;
mod terminus;

pub use commands::announced;
pub use config::Config;
pub use metrics::GatewayReport;
pub use service::{Addresses, Deps, Service, ServiceError};
