//! What a mix node earns in an epoch, and what a delegation is worth.
//!
//! [`node_reward`] is the reward formula, [`Params`] what it depends on in an interval and how an interval ends, [`delegation`] the accounting that is
//! the same work for one delegation or a million. Everything is pure; every operation rounds down.

pub mod delegation;
mod params;
mod reward;

pub use params::{Params, Work};
pub use reward::{nearest, node_reward, Costs, Reward, Stake};

use thiserror::Error;

/// A value left the range of 18 digits in 256 bits, or a divisor was zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{what} is out of range")]
pub struct OutOfRange {
    /// Which value.
    pub what: &'static str,
}

/// The error of a computation of `what`.
fn out_of_range<E>(what: &'static str) -> impl Fn(E) -> OutOfRange {
    move |_| OutOfRange { what }
}
