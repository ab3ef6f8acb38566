#![doc = include_str!("../README.md")]

pub mod commands;
pub mod config;
mod contract_cache;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
pub mod monitor;
mod operator;
mod service;
mod topology;

pub use config::Config;
pub use http::openapi_document;
pub use service::{Addresses, Deps, Service, ServiceError};
