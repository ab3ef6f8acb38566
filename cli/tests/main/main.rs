//! The command line from outside: its tree, its words, and a whole session against a chain.

#![allow(clippy::unwrap_used, missing_docs)]

mod localnet;
mod rewards;
mod session;
mod tree;
mod words;
