#![allow(clippy::unwrap_used, missing_docs)]
//! A mix node from outside: real sockets on loopback, documents handed in.

mod config;
mod forwarding;
mod hostile;
mod lifecycle;
mod program;
mod support;
