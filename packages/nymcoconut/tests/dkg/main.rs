//! Key generation: simulations with misbehaving members, adversaries by name, refused messages, vectors.
#![allow(clippy::unwrap_used)]
// One backend has some operations as methods of its own, the other as methods of traits.
#![cfg_attr(not(feature = "blst"), allow(unused_imports))]

mod attacks;
mod beacon;
mod credentials;
#[path = "../credentials/failing.rs"]
mod failing;
mod forge;
mod four;
mod host;
mod net;
mod rejects;
mod secrets;
mod simulation;
#[path = "../vectors/tracked.rs"]
mod tracked;
mod vectors;
mod wire;
