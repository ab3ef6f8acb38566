//! Tests of the client: its state machines, its store, and whole clients over a network in this process.
#![allow(clippy::unwrap_used, missing_docs)]

mod network;
mod outbox;
mod schedule;
mod simulation;
mod store;
