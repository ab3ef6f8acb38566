//! Withdrawing rewards, and adding to the pool.

use cosmwasm_std::{Addr, DepsMut, Event, MessageInfo, Response, Storage, Uint128};
use nym_contract_types::mixnet::{events, limits::MAX_WITHDRAWALS};
use nym_contract_types::{order, NodeId};

use super::state::{PoolChange, POOL_CHANGE};
use crate::delegations::state::DELEGATIONS;
use crate::funds::{one_coin, pay};
use crate::mixnodes::staked::Staked;
use crate::mixnodes::state::SCALE;
use crate::state::{bond_of, mixnode_in, Core, CORE};
use crate::ContractError;

/// Largest addition to the pool, far above any supply.
const MAX_ADDITION: u128 = 1_000_000_000_000_000_000;

/// Pays the operator's rewards out.
pub fn withdraw_operator(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let (mix_id, paid) = take_operator_reward(deps.storage, &mut core, &sender)?;

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "withdraw_operator_reward")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_OWNER, &sender);
    payout(deps.storage, &core, &sender, paid, event)
}

/// Pays a delegation's reward out.
pub fn withdraw_delegator(deps: DepsMut<'_>, sender: Addr, mix_id: NodeId) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let paid = take_delegator_reward(deps.storage, &mut core, &sender, mix_id)?;

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "withdraw_delegator_reward")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_DELEGATOR, &sender);
    payout(deps.storage, &core, &sender, paid, event)
}

/// Pays several rewards out at once.
pub fn withdraw_many(
    deps: DepsMut<'_>,
    sender: Addr,
    mix_ids: Vec<NodeId>,
    operator: bool,
) -> Result<Response, ContractError> {
    if mix_ids.len() > MAX_WITHDRAWALS {
        return Err(ContractError::TooMany { what: "nodes", count: mix_ids.len(), maximum: MAX_WITHDRAWALS });
    }
    let mut seen = mix_ids.clone();
    order::sort(&mut seen);
    if let Some(twice) = seen.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first())) {
        let value = twice.map(ToString::to_string).unwrap_or_default();
        return Err(ContractError::Duplicate { what: "node", value });
    }

    let mut core = CORE.load(deps.storage)?;
    let mut paid = if operator { take_operator_reward(deps.storage, &mut core, &sender)?.1 } else { 0 };
    for mix_id in &mix_ids {
        let more = take_delegator_reward(deps.storage, &mut core, &sender, *mix_id)?;
        paid = paid.checked_add(more).ok_or(ContractError::OutOfRange { what: "payout" })?;
    }

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "withdraw_rewards")
        .add_attribute(events::ATTR_OWNER, &sender)
        .add_attribute(events::ATTR_COUNT, (mix_ids.len() + usize::from(operator)).to_string());
    payout(deps.storage, &core, &sender, paid, event)
}

/// Adds the funds to the pool at the interval's end.
pub fn fund_pool(deps: DepsMut<'_>, info: MessageInfo) -> Result<Response, ContractError> {
    let denom = CORE.load(deps.storage)?.denom;
    let amount = one_coin(&info, &denom)?;
    let mut change = PoolChange::load(deps.storage)?;
    change.added = change
        .added
        .checked_add(amount.u128())
        .filter(|added| *added <= MAX_ADDITION)
        .ok_or(ContractError::OutOfRange { what: "addition to the pool" })?;
    POOL_CHANGE.save(deps.storage, &change);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "fund_reward_pool")
        .add_attribute(events::ATTR_AMOUNT, format!("{amount}{denom}"));
    Ok(Response::new().add_event(event))
}

/// Takes what an operator has earned out of their node. Returns whole units; what is below one stays in the contract, unless
/// that is all: then it stays theirs.
fn take_operator_reward(
    storage: &mut dyn Storage,
    core: &mut Core,
    owner: &Addr,
) -> Result<(NodeId, u128), ContractError> {
    core.now.stakes_may_change()?;
    let mix_id = mixnode_in(bond_of(storage, owner)?, owner)?;
    // What begins to count changes nothing that is earned: a pledge is added to both sides, delegations to neither.
    let mut node = Staked::load_unfolded(storage, mix_id)?;
    let corrupt = || ContractError::Corrupt { what: "operator's stake" };
    let pledge = node.stake.pledge.checked_mul(SCALE).ok_or_else(corrupt)?;
    let earned = node.stake.operator.checked_sub(pledge).ok_or_else(corrupt)?;

    if earned >= SCALE {
        node.stake.operator = pledge;
    }
    node.save(storage, core)?;
    Ok((mix_id, earned / SCALE))
}

/// Takes what a delegation has earned out of its node, in the same way.
fn take_delegator_reward(
    storage: &mut dyn Storage,
    core: &mut Core,
    owner: &Addr,
    mix_id: NodeId,
) -> Result<u128, ContractError> {
    let missing = || ContractError::NoDelegation { mix_id, delegator: owner.clone() };
    let mut delegation = DELEGATIONS.may_load(storage, (mix_id, owner))?.ok_or_else(missing)?;
    let mut node = Staked::may_load(storage, mix_id, core.now.clock())?.ok_or_else(missing)?;
    if node.bonded {
        core.now.stakes_may_change()?;
    }
    delegation.settle_earlier(storage, &mut node, core.now.turn())?;
    let earned = delegation.reward_at(node.stake.unit_reward)?;
    let corrupt = || ContractError::Corrupt { what: "sum of delegations" };
    if earned >= SCALE {
        node.stake.delegates = node.stake.delegates.checked_sub(earned).ok_or_else(corrupt)?;
        delegation.unit_reward = node.stake.unit_reward;
    }

    node.save(storage, core)?;
    DELEGATIONS.save(storage, (mix_id, owner), &delegation);
    Ok(earned / SCALE)
}

/// Saves the sums and pays.
fn payout(
    storage: &mut dyn Storage,
    core: &Core,
    to: &Addr,
    paid: u128,
    event: Event,
) -> Result<Response, ContractError> {
    if paid > 0 {
        CORE.save(storage, core);
    }
    let paid = Uint128::new(paid);
    let event = event.add_attribute(events::ATTR_AMOUNT, format!("{paid}{}", core.denom));
    Ok(Response::new().add_messages(pay(to, paid, &core.denom)).add_event(event))
}
