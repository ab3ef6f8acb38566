//! Epochs: the clock, performance reports, and the transition that rewards nodes and draws the next set.
//!
//! A transition is a chain of bounded steps that any account may take:
//! `begin` closes the reports; `settle` goes through the nodes in order of their numbers, counts their scores and freezes the candidates;
//! `draw` lets the candidates race for the seats; then the next epoch is current.

pub mod clock;
pub mod draw;
pub mod execute;
pub mod pending;
pub mod performance;
pub mod query;
pub mod settle;
pub mod state;
