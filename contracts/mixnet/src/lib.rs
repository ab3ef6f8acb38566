#![doc = include_str!("../README.md")]

pub mod contract;
pub mod error;
pub mod packed;
pub mod state;

pub mod admin;
pub mod announced;
pub mod beacon;
pub mod costs;
pub mod delegations;
pub mod epochs;
pub mod gateways;
pub mod migrations;
pub mod mixnodes;
pub mod owed;
pub mod rewards;
pub mod rotation;

mod funds;
mod signatures;

pub use error::ContractError;

#[cfg(not(feature = "library"))]
nym_contract_runtime::entry_points!(crate::contract);
