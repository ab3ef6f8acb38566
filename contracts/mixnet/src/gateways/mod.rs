//! Gateways: bonds and announced addresses.

pub mod execute;
pub mod query;
pub mod state;
