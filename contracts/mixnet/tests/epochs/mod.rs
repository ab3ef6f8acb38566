//! The clock and the crank.

mod performance;
mod transition;
