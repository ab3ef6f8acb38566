//! The chain from outside: clients of the Cosmos world over its RPC.
#![allow(clippy::unwrap_used)]

mod blocks;
mod contracts;
mod hostile;
mod kill;
mod state;
mod support;
