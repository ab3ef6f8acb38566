//! End to end: networks of real processes over real sockets.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "in-process")]
mod bonding;
mod command;
#[cfg(feature = "in-process")]
mod contract_client;
mod documents;
mod fuzzing;
mod gateway;
mod hostile;
#[cfg(feature = "in-process")]
mod in_process;
mod messages;
mod network;
mod operators;
mod running_chain;
mod transactions;
mod typescript;
mod wasmd;
