#![allow(clippy::unwrap_used, missing_docs)]
//! A gateway from outside: real sockets on loopback, three mix nodes, documents handed in.

mod config;
mod hostile_clients;
mod hostile_packets;
mod inbox;
mod killed;
mod lifecycle;
mod program;
mod sessions;
mod support;
