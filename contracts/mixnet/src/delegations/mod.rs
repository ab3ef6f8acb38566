//! Delegations: stakes of others on a mix node.

pub mod execute;
pub mod query;
pub mod state;
