//! Pending rewards and estimates, as wallets read them.

use cosmwasm_std::{coin, Addr, Decimal, Deps, Storage, Uint128};
use nym_contract_types::mixnet::{EstimatedCurrentEpochRewardResponse, PendingRewardResponse, PoolChangeResponse};
use nym_contract_types::{NodeId, Percent};

use super::pay::Rule;
use super::state::{atomics, PoolChange};
use crate::delegations::state::{StoredDelegation, DELEGATIONS};
use crate::epochs::clock::EPOCH;
use crate::mixnodes::staked::Staked;
use crate::mixnodes::state::{NodeStake, SCALE};
use crate::state::{bond_of, Bonded, CORE, REWARDING, STATE};
use crate::ContractError;

/// A stake and what it has earned.
struct Earned {
    staked: u128,
    value: u128,
}

/// How the pool changes at the interval's end.
pub fn pool_change(deps: Deps<'_>) -> Result<PoolChangeResponse, ContractError> {
    let change = PoolChange::load(deps.storage)?;
    Ok(PoolChangeResponse { removed: decimal(change.removed), added: Uint128::new(change.added) })
}

/// What an operator could withdraw.
pub fn of_operator(deps: Deps<'_>, address: String) -> Result<PendingRewardResponse, ContractError> {
    let owner = deps.api.addr_validate(&address)?;
    match bond_of(deps.storage, &owner)? {
        Some(Bonded::Mixnode(mix_id)) => of_operator_of(deps, mix_id),
        _ => pending(deps.storage, None, false),
    }
}

/// What the operator of a node could withdraw.
pub fn of_operator_of(deps: Deps<'_>, mix_id: NodeId) -> Result<PendingRewardResponse, ContractError> {
    let stake = settled(deps.storage, mix_id)?.filter(|(_, bonded)| *bonded);
    let earned = stake.as_ref().map(|(stake, _)| operators(stake)).transpose()?;
    pending(deps.storage, earned, stake.is_some())
}

/// What a delegator could withdraw.
pub fn of_delegator(deps: Deps<'_>, address: String, mix_id: NodeId) -> Result<PendingRewardResponse, ContractError> {
    let owner = deps.api.addr_validate(&address)?;
    let stake = settled(deps.storage, mix_id)?;
    let bonded = stake.as_ref().is_some_and(|(_, bonded)| *bonded);
    let earned = match &stake {
        Some((stake, _)) => delegators(deps.storage, mix_id, &owner, stake)?,
        None => None,
    };
    pending(deps.storage, earned, bonded)
}

/// What an operator would earn in the current epoch.
pub fn estimate_operator(
    deps: Deps<'_>,
    mix_id: NodeId,
    performance: Percent,
) -> Result<EstimatedCurrentEpochRewardResponse, ContractError> {
    let Some((stake, _)) = settled(deps.storage, mix_id)?.filter(|(_, bonded)| *bonded) else {
        return estimate(deps.storage, None);
    };
    let (operator, _) = node_estimate(deps.storage, mix_id, &stake, performance)?;
    estimate(deps.storage, Some((operators(&stake)?, operator)))
}

/// What a delegation would earn in the current epoch.
pub fn estimate_delegator(
    deps: Deps<'_>,
    address: String,
    mix_id: NodeId,
    performance: Percent,
) -> Result<EstimatedCurrentEpochRewardResponse, ContractError> {
    let owner = deps.api.addr_validate(&address)?;
    let Some((stake, _)) = settled(deps.storage, mix_id)?.filter(|(_, bonded)| *bonded) else {
        return estimate(deps.storage, None);
    };
    let Some(earned) = delegators(deps.storage, mix_id, &owner, &stake)? else {
        return estimate(deps.storage, None);
    };
    let (_, all) = node_estimate(deps.storage, mix_id, &stake, performance)?;
    let share = Uint128::new(all)
        .checked_multiply_ratio(earned.value, stake.delegates.max(1))
        .map_err(|_| ContractError::OutOfRange { what: "estimate" })?;
    estimate(deps.storage, Some((earned, share.u128())))
}

/// Stakes as the next message would find them, and whether the node is bonded.
fn settled(storage: &dyn Storage, mix_id: NodeId) -> Result<Option<(NodeStake, bool)>, ContractError> {
    let found = Staked::find(storage, mix_id)?;
    let clock = CORE.load(storage)?.now.clock();
    found
        .map(|(mut stake, bonded)| {
            stake.count_earlier(clock)?;
            Ok((stake, bonded))
        })
        .transpose()
}

fn operators(stake: &NodeStake) -> Result<Earned, ContractError> {
    let staked = stake.pledge.checked_mul(SCALE).ok_or(ContractError::OutOfRange { what: "pledge" })?;
    Ok(Earned { staked, value: stake.operator })
}

fn delegators(
    storage: &dyn Storage,
    mix_id: NodeId,
    owner: &Addr,
    stake: &NodeStake,
) -> Result<Option<Earned>, ContractError> {
    let Some(mut delegation) = DELEGATIONS.may_load(storage, (mix_id, owner))? else {
        return Ok(None);
    };
    let turn = CORE.load(storage)?.now.turn();
    delegation.count_earlier(storage, mix_id, turn, stake)?;
    let StoredDelegation { amount, .. } = delegation;
    Ok(Some(Earned { staked: amount, value: delegation.value_at(stake.unit_reward)? }))
}

/// What operator and delegators of a node would earn in the current epoch.
fn node_estimate(
    storage: &dyn Storage,
    mix_id: NodeId,
    stake: &NodeStake,
    performance: Percent,
) -> Result<(u128, u128), ContractError> {
    let (state, epoch) = (STATE.load(storage)?, EPOCH.load(storage)?);
    let rule = Rule::load(storage, &REWARDING.load(storage)?, &state, &epoch)?;
    let reward = rule.reward(mix_id, stake, performance.basis_points())?.unwrap_or_default();
    Ok((atomics(reward.operator)?, atomics(reward.delegates)?))
}

fn pending(
    storage: &dyn Storage,
    earned: Option<Earned>,
    bonded: bool,
) -> Result<PendingRewardResponse, ContractError> {
    let denom = CORE.load(storage)?.denom;
    let reward = earned.as_ref().map(|earned| earned.value.saturating_sub(earned.staked));
    Ok(PendingRewardResponse {
        amount_staked: earned.map(|earned| coin(earned.staked / SCALE, &denom)),
        amount_earned: reward.map(|reward| coin(reward / SCALE, &denom)),
        amount_earned_detailed: reward.map(decimal),
        mixnode_still_fully_bonded: bonded,
    })
}

fn estimate(
    storage: &dyn Storage,
    of: Option<(Earned, u128)>,
) -> Result<EstimatedCurrentEpochRewardResponse, ContractError> {
    let denom = CORE.load(storage)?.denom;
    let (earned, reward) = of.unzip();
    Ok(EstimatedCurrentEpochRewardResponse {
        original_stake: earned.as_ref().map(|earned| coin(earned.staked / SCALE, &denom)),
        current_stake_value: earned.as_ref().map(|earned| coin(earned.value / SCALE, &denom)),
        current_stake_value_detailed_amount: earned.map(|earned| decimal(earned.value)),
        estimation: reward.map(|reward| coin(reward / SCALE, &denom)),
        detailed_estimation_amount: reward.map(decimal),
    })
}

fn decimal(atomics: u128) -> Decimal {
    Decimal::new(Uint128::new(atomics))
}
