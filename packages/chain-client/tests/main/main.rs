//! The chain client from outside: against a chain that misbehaves on purpose, and against a real one.

#![allow(clippy::unwrap_used, missing_docs)]

mod contract;
mod delivery;
mod fake_chain;
mod gas;
mod live;
mod topology;
