//! Tests of the mixnet contract, by topic. `suite` is the network they play on.
// Refusals are the contract's own errors, whose size does not matter here.
#![allow(clippy::unwrap_used, clippy::result_large_err)]

mod access;
mod artifact;
mod beacon;
mod damage;
mod delegations;
mod epochs;
mod events;
mod gateways;
mod instantiate;
mod invariants;
mod lists;
mod lottery;
mod migrations;
mod mixnodes;
mod names;
mod pages;
mod parking;
mod ranges;
mod rewards;
mod rotation;
mod storage;
mod suite;
