//! Accounting of delegations without going through them.
//!
//! A node keeps `r`, what a notional first delegation of `U` has earned. A delegation of A that began at `r₀` is now worth
//! `A·(r + U)/(r₀ + U)`. Numbers here are in 10^-18 of the denom's unit, in 128 bits: 3.4·10^20 units, far above any supply.

use cosmwasm_std::{Uint128, Uint256};

use crate::OutOfRange;

/// Units of 10^-18 in one unit of the staking denom.
pub const SCALE: u128 = 1_000_000_000_000_000_000;

/// U: the notional first delegation, 10^9 units of the denom.
pub const UNIT: u128 = 1_000_000_000 * SCALE;

/// What a delegation of `amount` that began at `then` is worth at `now`, rounded down.
pub fn value(amount: u128, then: u128, now: u128) -> Result<u128, OutOfRange> {
    let what = "value of a delegation";
    if then == now {
        return Ok(amount);
    }
    ratio(amount, Uint256::from(now) + Uint256::from(UNIT), Uint256::from(then) + Uint256::from(UNIT), what)
}

/// The unit reward after `reward` went to `delegates` at `unit_reward`: `r + D·(U + r)/d`, rounded down, so that delegations together
/// are never worth more than the node has for them.
pub fn unit_reward_after(unit_reward: u128, delegates: u128, reward: u128) -> Result<u128, OutOfRange> {
    let what = "unit reward";
    if reward == 0 {
        return Ok(unit_reward);
    }
    let unit = Uint256::from(unit_reward) + Uint256::from(UNIT);
    let growth = ratio(reward, unit, Uint256::from(delegates), what)?;
    unit_reward.checked_add(growth).ok_or(OutOfRange { what })
}

fn ratio(number: u128, numerator: Uint256, denominator: Uint256, what: &'static str) -> Result<u128, OutOfRange> {
    let result = Uint256::from(number).checked_multiply_ratio(numerator, denominator);
    let result = result.ok().and_then(|result| Uint128::try_from(result).ok());
    result.map(|result| result.u128()).ok_or(OutOfRange { what })
}
