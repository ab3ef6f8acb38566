//! Credentials: issuance, shows and batches against vectors, adversaries and the other backend.
#![allow(clippy::unwrap_used, missing_docs)]
// One backend has some operations as methods of its own, the other as methods of traits.
#![cfg_attr(not(feature = "blst"), allow(unused_imports))]

mod backends;
mod batches;
mod contract;
mod degenerate;
mod failing;
mod folded;
mod forger;
mod forgeries;
mod formats;
mod hash;
mod named;
mod negatives;
mod payments;
mod rejects;
mod scheme;
mod signers;
mod sources;
mod support;
#[path = "../vectors/tracked.rs"]
mod tracked;
mod vectors;
mod wire;
