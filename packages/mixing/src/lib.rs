#![doc = include_str!("../README.md")]

pub mod delay;
mod drops;
mod mixing;
pub mod replay;
mod routing;

pub use delay::DelayQueue;
pub use drops::{DropCounts, DropReason};
pub use mixing::{Action, Mixing, Packet, TooManyKeys, MAX_KEYS};
pub use nym_sphinx::{Address, Destination, PayloadSize};
pub use routing::{Neighbours, NextHop, Routing, RoutingTable};
