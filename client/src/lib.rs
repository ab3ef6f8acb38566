#![doc = include_str!("../README.md")]

pub mod api;
pub mod commands;
pub mod config;
mod error;
mod round_trip;
mod service;

pub use config::Config;
pub use error::ServiceError;
pub use service::{Addresses, Deps, Service};
