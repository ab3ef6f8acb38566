//! Tests of the validator API through its library and its HTTP side, over a chain with the real contract.
#![allow(clippy::unwrap_used, missing_docs)]

mod chain;
mod config;
mod http;
mod openapi;

use std::path::{Path, PathBuf};

/// A file of the checkout that the test runs in.
fn in_checkout(path: &str) -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("..").join(path)
}
