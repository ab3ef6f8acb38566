//! One check for parameters, at instantiation and at every change.

use cosmwasm_std::{Decimal, Uint128, Uint256};
use nym_contract_types::mixnet::limits::{MAX_REWARDED_SET, MAX_SECONDS, MAX_SUPPLY, MAX_WORK_FACTOR};
use nym_contract_types::mixnet::{
    ContractState, ContractStateParams, EpochParams, InitialRewardingParams, IntervalRewardParams, MixingParams,
    OperatingCostRange, RewardingParams, RewardingParamsUpdate,
};

use crate::rewards::state::store_model;
use crate::ContractError;

/// Longest time that keys serve: above that they might as well not expire.
const MAX_KEY_PERIOD: u32 = 10_000;
/// Longest denom of the Cosmos SDK.
const MAX_DENOM: usize = 128;

/// Checks everything the contract is told.
pub fn check_state(state: &ContractState) -> Result<(), ContractError> {
    let denom = &state.rewarding_denom;
    if !(3..=MAX_DENOM).contains(&denom.len()) {
        return refuse("rewarding_denom", denom.chars().take(32).collect::<String>(), "3 to 128 bytes");
    }
    check_params(&state.params, denom)?;
    check_epochs(&state.epochs)?;
    check_mixing(&state.mixing)
}

/// Checks least pledges and delegations, and the ranges of margins and costs.
pub fn check_params(params: &ContractStateParams, denom: &str) -> Result<(), ContractError> {
    let coins = [
        ("minimum_mixnode_pledge", Some(&params.minimum_mixnode_pledge)),
        ("minimum_gateway_pledge", Some(&params.minimum_gateway_pledge)),
        ("minimum_mixnode_delegation", params.minimum_mixnode_delegation.as_ref()),
    ];
    for (name, coin) in coins.into_iter().filter_map(|(name, coin)| coin.map(|coin| (name, coin))) {
        if coin.denom != denom {
            return refuse(name, coin.denom.chars().take(64).collect::<String>(), "in the staking denom");
        }
        if coin.amount.is_zero() || coin.amount > Uint256::from(MAX_SUPPLY) {
            return refuse(name, coin.amount, "1 to 10^18");
        }
    }
    if let Some(range) = params.profit_margin.as_ref().filter(|range| range.minimum > range.maximum) {
        return refuse("profit_margin.maximum", range.maximum, "at least profit_margin.minimum");
    }
    params.interval_operating_cost.as_ref().map_or(Ok(()), |range| check_costs(range, denom))
}

/// Checks a range of operating costs.
fn check_costs(range: &OperatingCostRange, denom: &str) -> Result<(), ContractError> {
    for (name, cost) in
        [("interval_operating_cost.minimum", &range.minimum), ("interval_operating_cost.maximum", &range.maximum)]
    {
        if cost.denom != denom {
            return refuse(name, cost.denom.chars().take(64).collect::<String>(), "in the staking denom");
        }
        if cost.amount > Uint256::from(MAX_SUPPLY) {
            return refuse(name, cost.amount, "at most 10^18");
        }
    }
    if range.minimum.amount > range.maximum.amount {
        let rule = "at least interval_operating_cost.minimum";
        return refuse("interval_operating_cost.maximum", range.maximum.amount, rule);
    }
    Ok(())
}

/// Checks clock and lottery.
pub fn check_epochs(epochs: &EpochParams) -> Result<(), ContractError> {
    if !(1..=MAX_SECONDS).contains(&epochs.epoch_length) {
        return refuse("epoch_length", epochs.epoch_length, "1 second to a year");
    }
    if epochs.epochs_in_interval == 0 {
        return refuse("epochs_in_interval", epochs.epochs_in_interval, "at least 1");
    }
    if epochs.report_grace > MAX_SECONDS {
        return refuse("report_grace", epochs.report_grace, "at most a year of seconds");
    }
    if epochs.seed_grace > MAX_SECONDS {
        return refuse("seed_grace", epochs.seed_grace, "at most a year of seconds");
    }
    // Who bonds during a transition serves from the epoch after the next: with shorter periods that might be the third from now.
    if epochs.key_period == 1 || epochs.key_period > MAX_KEY_PERIOD {
        return refuse("key_period", epochs.key_period, "0 or 2 to 10000 epochs");
    }
    Ok(())
}

/// Checks the topology's parameters.
fn check_mixing(mixing: &MixingParams) -> Result<(), ContractError> {
    if !(512..=65_536).contains(&mixing.payload_size) {
        return refuse("payload_size", mixing.payload_size, "512 to 65536 bytes");
    }
    if mixing.max_hop_delay_ms > 3_600_000 {
        return refuse("max_hop_delay_ms", mixing.max_hop_delay_ms, "at most an hour");
    }
    if mixing.mean_hop_delay_ms > mixing.max_hop_delay_ms {
        return refuse("mean_hop_delay_ms", mixing.mean_hop_delay_ms, "at most max_hop_delay_ms");
    }
    Ok(())
}

/// Checks the reward model's parameters and derives what it computes from them.
pub fn rewarding(initial: &InitialRewardingParams, state: &ContractState) -> Result<RewardingParams, ContractError> {
    if initial.initial_reward_pool > Uint128::new(MAX_SUPPLY) {
        return refuse("initial_reward_pool", initial.initial_reward_pool, "at most 10^18");
    }
    check_supply("initial_staking_supply", initial.initial_staking_supply)?;
    check_work_factor(initial.active_set_work_factor)?;
    check_set_sizes(initial.rewarded_set_size, initial.active_set_size)?;

    let mut params = RewardingParams {
        interval: IntervalRewardParams {
            reward_pool: Decimal::from_ratio(initial.initial_reward_pool, 1u128),
            staking_supply: Decimal::from_ratio(initial.initial_staking_supply, 1u128),
            staking_supply_scale_factor: initial.staking_supply_scale_factor,
            epoch_reward_budget: Decimal::zero(),
            stake_saturation_point: Decimal::zero(),
            sybil_resistance: initial.sybil_resistance,
            active_set_work_factor: initial.active_set_work_factor,
            interval_pool_emission: initial.interval_pool_emission,
            profit_margin: state.params.profit_margin.clone(),
            interval_operating_cost: state.params.interval_operating_cost.clone(),
        },
        rewarded_set_size: initial.rewarded_set_size,
        active_set_size: initial.active_set_size,
    };
    let mut model = params.model(state.epochs.epochs_in_interval);
    model.derive()?;
    store_model(&mut params, &model)?;
    Ok(params)
}

/// Checks changes of the reward model's parameters that are to hold from the next interval.
pub fn check_update(update: &RewardingParamsUpdate) -> Result<(), ContractError> {
    if let Some(supply) = update.staking_supply {
        check_supply("staking_supply", supply)?;
    }
    if let Some(factor) = update.active_set_work_factor {
        check_work_factor(factor)?;
    }
    if let Some(size) = update.rewarded_set_size {
        check_set_sizes(size, 3)?;
    }
    Ok(())
}

fn check_supply(name: &'static str, supply: Uint128) -> Result<(), ContractError> {
    if supply.is_zero() || supply > Uint128::new(MAX_SUPPLY) {
        return refuse(name, supply, "1 to 10^18");
    }
    Ok(())
}

fn check_work_factor(factor: Decimal) -> Result<(), ContractError> {
    if factor < Decimal::one() || factor > Decimal::from_ratio(MAX_WORK_FACTOR, 1u128) {
        return refuse("active_set_work_factor", factor, "1 to 10^6");
    }
    Ok(())
}

/// Checks the sizes of the rewarded set and of its active part.
pub fn check_set_sizes(rewarded: u32, active: u32) -> Result<(), ContractError> {
    if !(3..=MAX_REWARDED_SET).contains(&rewarded) {
        return refuse("rewarded_set_size", rewarded, "3 to 1000");
    }
    if !(3..=rewarded).contains(&active) {
        return refuse("active_set_size", active, "3 to the rewarded set's size");
    }
    Ok(())
}

fn refuse<T>(name: &'static str, value: impl ToString, rule: &'static str) -> Result<T, ContractError> {
    Err(ContractError::Parameter { name, value: value.to_string(), rule })
}
