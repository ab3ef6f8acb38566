//! Rewards: paying the rewarded set, withdrawing, and what changes when an epoch or interval ends.

pub mod execute;
mod pay;
pub mod query;
pub mod state;

pub use pay::{close_epoch, Payer};
