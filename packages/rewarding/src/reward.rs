//! What a node earns in an epoch.

use cosmwasm_std::{Decimal256, OverflowError};

use crate::params::whole;
use crate::{out_of_range, OutOfRange, Params, Work};

/// Stakes on a node, with unclaimed rewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    /// o: the operator's.
    pub operator: Decimal256,
    /// d: the delegators', together.
    pub delegates: Decimal256,
}

/// What the operator keeps before delegators get their share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// PM: share of the profit.
    pub profit_margin: Decimal256,
    /// OC: cost of an interval.
    pub interval_operating_cost: Decimal256,
}

/// The nearest value from a minimum to a maximum, or the value itself where there is no such range: margins and costs outside of a network's
/// ranges are paid so.
pub fn nearest<T: Ord>(value: T, range: Option<(T, T)>) -> T {
    match range {
        Some((minimum, maximum)) => value.max(minimum).min(maximum),
        None => value,
    }
}

/// What a node earned, and how it is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reward {
    /// The operator's part.
    pub operator: Decimal256,
    /// The delegators' part.
    pub delegates: Decimal256,
}

/// `R = B · p · σ · (w + α·λ/k) / (1 + α)`, where σ and λ are the whole and the operator's stake in units of saturation, at most 1.
///
/// The operator first gets the costs of the epoch, `OC/E · p`, and of the profit `PM + (1 − PM)·o/(o + d)`; delegators get the rest.
pub fn node_reward(
    params: &Params,
    work: &Work,
    stake: &Stake,
    costs: &Costs,
    performance: Decimal256,
    active: bool,
) -> Result<Reward, OutOfRange> {
    let out = out_of_range::<OverflowError>("reward");
    let all = stake.operator.checked_add(stake.delegates).map_err(&out)?;
    if performance.is_zero() || all.is_zero() {
        return Ok(Reward::default());
    }
    let share = |of: Decimal256, total: Decimal256| of.checked_div(total).map_err(out_of_range("share of stake"));

    let own_saturation = share(stake.operator.min(params.saturation_point), params.saturation_point)?;
    let own = own_saturation.checked_mul(params.sybil_resistance).map_err(&out)?;
    let own = own.checked_div(whole(params.rewarded_set_size)).map_err(out_of_range("reward"))?;
    // Large factors first, and division after multiplication: what is rounded off is then small also beside a small stake.
    let counted = all.min(params.saturation_point);
    let reward =
        params.epoch_budget.checked_mul(performance).and_then(|reward| reward.checked_mul(counted)).map_err(&out)?;
    let reward = share(reward, params.saturation_point)?;
    let work = work.of(active).checked_add(own).map_err(&out)?;
    let reward = reward.checked_mul(work).map_err(&out)?;
    let divisor = Decimal256::one().checked_add(params.sybil_resistance).map_err(&out)?;
    let reward = reward.checked_div(divisor).map_err(out_of_range("reward"))?;

    let cost = costs
        .interval_operating_cost
        .checked_div(whole(params.epochs_in_interval))
        .map_err(out_of_range("operating cost"))?
        .checked_mul(performance)
        .map_err(&out)?;
    if reward <= cost || stake.delegates.is_zero() {
        return Ok(Reward { operator: reward, delegates: Decimal256::zero() });
    }
    let profit = reward.checked_sub(cost).map_err(&out)?;
    let rest = Decimal256::one().checked_sub(costs.profit_margin).map_err(&out)?;
    // The delegators' part, rounded down; the operator's is what is left, so that both add up.
    let delegates = profit
        .checked_mul(rest)
        .map_err(&out)?
        .checked_mul(stake.delegates)
        .map_err(&out)?
        .checked_div(all)
        .map_err(out_of_range("delegators' part"))?;
    Ok(Reward { operator: reward.checked_sub(delegates).map_err(&out)?, delegates })
}

impl Reward {
    /// Both parts.
    pub fn total(&self) -> Result<Decimal256, OutOfRange> {
        self.operator.checked_add(self.delegates).map_err(out_of_range("reward"))
    }
}
