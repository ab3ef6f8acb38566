#![doc = include_str!("../README.md")]

mod app;
mod chain;
pub mod commands;
mod config;
mod error;
mod faucet;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod query;
mod rpc;
mod service;
mod store;
mod tx;
mod wasm;

pub use app::GasPrice;
pub use chain::genesis::{Genesis, GenesisAccount};
pub use config::{BlockTime, Config};
pub use error::Error;
pub use service::Devchain;
