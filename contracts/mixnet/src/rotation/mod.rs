//! Keys of nodes that serve for a period: what is announced for the current and the coming one.

pub mod execute;
pub mod query;
pub mod state;
