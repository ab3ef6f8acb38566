#![doc = include_str!("../README.md")]

mod client;
mod topology;
pub mod types;

pub use client::{ApiClient, ApiError};
pub use topology::{fetch_topology, fetch_topology_of_epoch, FetchError};
