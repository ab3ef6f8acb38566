//! Tests of the client through its library, its local interface and its document.
#![allow(clippy::unwrap_used, missing_docs)]

mod config;
mod document;
mod interface;
mod process;
mod real_network;
mod typescript;

use std::path::{Path, PathBuf};

/// A file of this crate, wherever the checkout is when the test runs.
fn in_crate(path: &str) -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join(path)
}
