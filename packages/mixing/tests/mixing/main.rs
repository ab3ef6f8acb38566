//! Tests of the packet path: what passes, what is dropped and why, what is remembered, when it leaves.
#![allow(clippy::unwrap_used)]

mod delay;
mod drops;
mod network;
mod path;
mod recovery;
mod replay;
mod routing;
