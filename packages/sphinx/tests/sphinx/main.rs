//! Tests of the packet format, with crate `sphinx-packet` as the independent implementation.
#![allow(clippy::unwrap_used)]

mod forge;
mod interop;
mod properties;
mod rejects;
mod stations;
mod vectors;
