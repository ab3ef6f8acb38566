//! Mix nodes: bonds, announced addresses, stakes.

pub mod execute;
pub mod query;
pub mod staked;
pub mod state;
