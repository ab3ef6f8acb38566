#![doc = include_str!("../README.md")]

pub mod beacon;
pub mod keys;
pub mod lottery;
pub mod mixnet;
pub mod order;
pub mod page;
pub mod percent;
pub mod signing;

pub use percent::Percent;

/// Number of a node. Given at bonding, counted up from 1, never used twice.
pub type NodeId = u32;

/// Absolute number of an epoch, counted from 0 and never reset.
pub type EpochId = u32;
