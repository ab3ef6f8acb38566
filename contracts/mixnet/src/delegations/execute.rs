//! Delegating and taking delegations back.
//!
//! What is added counts from the next epoch; what is taken back leaves at once. Nothing is queued: a node and a delegation
//! carry what does not count yet, and it is counted when either is next touched.

use cosmwasm_std::{Addr, DepsMut, Env, Event, MessageInfo, Response, Storage, Uint128};
use nym_contract_types::mixnet::events;
use nym_contract_types::NodeId;

use super::state::{StoredDelegation, BY_OWNER, DELEGATIONS};
use crate::funds::{one_coin, pay};
use crate::mixnodes::staked::Staked;
use crate::mixnodes::state::{Clock, NodeStake, SCALE};
use crate::packed::Present;
use crate::state::{Core, CORE};
use crate::ContractError;

/// Puts the funds on a node.
pub fn delegate(deps: DepsMut<'_>, env: Env, info: MessageInfo, mix_id: NodeId) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    core.now.stakes_may_change()?;

    let amount = one_coin(&info, &core.denom)?;
    if let Some(minimum) = core.minimum_delegation.filter(|minimum| amount.u128() < *minimum) {
        let (amount, minimum) = (core.coin(amount.u128()), core.coin(minimum));
        return Err(ContractError::DelegationTooSmall { mix_id, amount, minimum });
    }

    let turn = core.now.turn();
    let mut node = Staked::load_bonded(deps.storage, mix_id, core.now.clock())?;
    let mut delegation = match DELEGATIONS.may_load(deps.storage, (mix_id, &info.sender))? {
        Some(mut delegation) => {
            delegation.settle_earlier(deps.storage, &mut node, turn)?;
            delegation
        }
        None => {
            node.stake.delegations =
                node.stake.delegations.checked_add(1).ok_or(ContractError::OutOfRange { what: "delegations" })?;
            BY_OWNER.save(deps.storage, (&info.sender, mix_id), &Present);
            StoredDelegation { unit_reward: node.stake.unit_reward, ..StoredDelegation::empty() }
        }
    };

    let out_of_range = || ContractError::OutOfRange { what: "delegated amount" };
    let pending = node.stake.pending_of(turn);
    if delegation.pending == 0 {
        pending.delegations = pending.delegations.checked_add(1).ok_or_else(out_of_range)?;
    }
    pending.delegated = pending.delegated.checked_add(amount.u128()).ok_or_else(out_of_range)?;
    delegation.pending = delegation.pending.checked_add(amount.u128()).ok_or_else(out_of_range)?;
    delegation.pending_turn = turn;
    delegation.height = env.block.height;
    // Refused now rather than when it begins to count.
    node.stake.counted_in(Clock { turn: turn.saturating_add(1), ..core.now.clock() })?;

    node.save(deps.storage, &mut core)?;
    CORE.save(deps.storage, &core);
    DELEGATIONS.save(deps.storage, (mix_id, &info.sender), &delegation);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "delegate_to_mixnode")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_DELEGATOR, &info.sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{amount}{}", core.denom))
        .add_attribute(events::ATTR_COUNTS_FROM, u64::from(turn).saturating_add(1).to_string());
    Ok(Response::new().add_event(event))
}

/// Pays back what the sender delegated in this turn.
pub fn cancel(deps: DepsMut<'_>, env: Env, sender: Addr, mix_id: NodeId) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let turn = core.now.turn();
    let missing = || ContractError::NoDelegation { mix_id, delegator: sender.clone() };
    let mut delegation = DELEGATIONS.may_load(deps.storage, (mix_id, &sender))?.ok_or_else(missing)?;
    if delegation.pending == 0 || delegation.has_begun(turn) {
        return Err(ContractError::NothingPending { what: "delegation", mix_id });
    }
    // All of it is pending: the same as taking it back, without a lock.
    if delegation.amount == 0 {
        let mut response = undelegate(deps, env, sender, mix_id)?;
        response.events = response.events.into_iter().map(|event| rename(event, "cancel_pending_delegation")).collect();
        return Ok(response);
    }
    let mut node = Staked::may_load(deps.storage, mix_id, core.now.clock())?.ok_or_else(missing)?;
    if node.bonded {
        core.now.stakes_may_change()?;
    }

    let paid = Uint128::new(std::mem::take(&mut delegation.pending));
    let corrupt = || ContractError::Corrupt { what: "sum of delegations" };
    let pending = node.stake.pending.as_mut().ok_or_else(corrupt)?;
    pending.delegated = pending.delegated.checked_sub(paid.u128()).ok_or_else(corrupt)?;
    pending.delegations = pending.delegations.checked_sub(1).ok_or_else(corrupt)?;
    node.stake.drop_empty_pending();

    node.save(deps.storage, &mut core)?;
    CORE.save(deps.storage, &core);
    DELEGATIONS.save(deps.storage, (mix_id, &sender), &delegation);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "cancel_pending_delegation")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_DELEGATOR, &sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{paid}{}", core.denom));
    Ok(Response::new().add_messages(pay(&sender, paid, &core.denom)).add_event(event))
}

/// The same event under the name of another message.
fn rename(mut event: Event, action: &str) -> Event {
    for attribute in &mut event.attributes {
        if attribute.key == events::ATTR_ACTION {
            attribute.value = action.to_owned();
        }
    }
    event
}

/// Pays the sender's whole delegation back, with its reward.
pub fn undelegate(deps: DepsMut<'_>, env: Env, sender: Addr, mix_id: NodeId) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let turn = core.now.turn();

    let missing = || ContractError::NoDelegation { mix_id, delegator: sender.clone() };
    let delegation = DELEGATIONS.may_load(deps.storage, (mix_id, &sender))?.ok_or_else(missing)?;
    let (stake, bonded) = Staked::find(deps.storage, mix_id)?.ok_or_else(missing)?;
    if bonded {
        core.now.stakes_may_change()?;
    }
    // Otherwise one transaction could borrow funds, have them counted, and give them back.
    if delegation.height == env.block.height && (delegation.pending == 0 || delegation.has_begun(turn)) {
        return Err(ContractError::StakeLocked { height: delegation.height, unlocks_at: delegation.height + 1 });
    }

    let paid = if stake.parked {
        refund(deps.storage, &mut core, mix_id, stake, bonded, &delegation)?
    } else {
        let node = Staked::of(mix_id, stake, bonded, core.now.clock())?;
        take_out(deps.storage, &mut core, node, delegation)?
    };
    let paid = Uint128::new(paid);
    CORE.save(deps.storage, &core);

    DELEGATIONS.remove(deps.storage, (mix_id, &sender));
    BY_OWNER.remove(deps.storage, (&sender, mix_id));

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "undelegate_from_mixnode")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_DELEGATOR, &sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{paid}{}", core.denom));
    Ok(Response::new().add_messages(pay(&sender, paid, &core.denom)).add_event(event))
}

/// Takes a delegation with its reward out of its node. Returns what is to be paid.
fn take_out(
    storage: &mut dyn Storage,
    core: &mut Core,
    mut node: Staked,
    mut delegation: StoredDelegation,
) -> Result<u128, ContractError> {
    delegation.settle_earlier(storage, &mut node, core.now.turn())?;
    let value = delegation.value_at(node.stake.unit_reward)?;
    let paid = (value / SCALE).checked_add(delegation.pending).ok_or(ContractError::OutOfRange { what: "payout" })?;

    // Rounding leaves the node at least what its delegations are worth; the check keeps a mistake from taking another's stake.
    let corrupt = || ContractError::Corrupt { what: "sum of delegations" };
    node.stake.delegates = node.stake.delegates.checked_sub(value).ok_or_else(corrupt)?;
    node.stake.delegations = node.stake.delegations.checked_sub(1).ok_or_else(corrupt)?;
    if delegation.pending > 0 {
        let pending = node.stake.pending.as_mut().ok_or_else(corrupt)?;
        pending.delegated = pending.delegated.checked_sub(delegation.pending).ok_or_else(corrupt)?;
        pending.delegations = pending.delegations.checked_sub(1).ok_or_else(corrupt)?;
        node.stake.drop_empty_pending();
    }
    if node.stake.delegations == 0 {
        // What rounding left behind goes to the operator; of a node that left, it stays in the contract.
        let dust = std::mem::take(&mut node.stake.delegates);
        if node.bonded {
            node.stake.operator =
                node.stake.operator.checked_add(dust).ok_or(ContractError::OutOfRange { what: "operator's stake" })?;
        }
    }

    node.save(storage, core)?;
    Ok(paid)
}

/// The same of a node whose numbers are not to be trusted: what was delegated, without a reward.
fn refund(
    storage: &mut dyn Storage,
    core: &mut Core,
    mix_id: NodeId,
    mut stake: NodeStake,
    bonded: bool,
    delegation: &StoredDelegation,
) -> Result<u128, ContractError> {
    let counting = delegation.amount / SCALE;
    let paid = counting.checked_add(delegation.pending).ok_or(ContractError::OutOfRange { what: "payout" })?;
    stake.delegates = stake.delegates.saturating_sub(delegation.amount);
    stake.delegations = stake.delegations.saturating_sub(1);
    match stake.pending.as_mut().filter(|pending| pending.turn == delegation.pending_turn) {
        Some(pending) => {
            pending.delegated = pending.delegated.saturating_sub(delegation.pending);
            pending.delegations = pending.delegations.saturating_sub(u32::from(delegation.pending > 0));
        }
        // In the node's stakes it counts already.
        None => stake.delegates = stake.delegates.saturating_sub(delegation.pending.saturating_mul(SCALE)),
    }
    if delegation.has_begun(core.now.turn()) {
        // Rewards are not paid here: one that does not parse must not keep the delegation back.
        let _ = delegation.take_unit_reward(storage, mix_id, &mut stake);
    }
    stake.drop_empty_pending();
    core.owe_units(paid, 0)?;
    Staked::unbooked(mix_id, stake, bonded).store(storage);
    Ok(paid)
}
