#![allow(clippy::unwrap_used, missing_docs)]
//! Links, sessions, payloads, fragments and messages: what completes, and every way in which it does not.

mod fragments;
mod links;
mod low_order;
mod payloads;
mod reassembly;
mod sessions;
mod support;
mod vectors;
