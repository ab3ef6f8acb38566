//! Bonding, unbonding and announcing mix nodes.

use cosmwasm_std::{Addr, Binary, Coin, DepsMut, Env, Event, MessageInfo, Response, Storage, Uint128};
use nym_contract_types::mixnet::{
    events, MixNode, MixNodeConfigUpdate, MixNodeCostParams, MixnodeBonding, UnbondedMixnode,
};
use nym_contract_types::signing::MessageType;
use nym_contract_types::NodeId;

use super::state::{
    Bond, Clock, NodeStake, PendingCosts, Staked, BONDS, IDS_BY_IDENTITY, LAST_NODE_ID, LEFT_STAKES, PARKED, SCALE,
    STAKES, UNBONDED, UNBONDED_BY_IDENTITY, UNBONDED_BY_OWNER,
};
use crate::epochs::state::{stakes_may_change, EPOCH};
use crate::funds::{one_coin, pay};
use crate::gateways::state::GATEWAYS;
use crate::packed::Present;
use crate::rotation::state::{keep_bonded, KEYS};
use crate::state::{ensure_unbonded, mixnode_of, Bonded, BONDS_BY_OWNER, STATE};
use crate::{announced, owed, signatures, ContractError};

/// Registers the sender's mix node.
pub fn bond(
    mut deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    mix_node: MixNode,
    cost_params: MixNodeCostParams,
    owner_signature: Binary,
) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let turn = EPOCH.load(deps.storage)?.turn();
    ensure_unbonded(deps.storage, &info.sender)?;

    let pledge = one_coin(&info, &state.rewarding_denom)?;
    let minimum = state.params.minimum_mixnode_pledge;
    if Coin::new(pledge, &minimum.denom).amount < minimum.amount {
        return Err(ContractError::PledgeTooSmall { pledge: Coin::new(pledge, &minimum.denom), minimum });
    }
    let operating_cost = operating_cost(&cost_params, &state.rewarding_denom)?;
    let profit_margin = profit_margin(&cost_params)?;
    let identity = announced::mix_node(&mix_node, state.allow_loopback)?;
    if IDS_BY_IDENTITY.has(deps.storage, &identity) || GATEWAYS.has(deps.storage, mix_node.identity_key.as_str()) {
        return Err(ContractError::IdentityTaken { identity: mix_node.identity_key });
    }
    let signed = MixnodeBonding { mix_node, cost_params };
    signatures::consume(
        deps.branch(),
        &env,
        &info.sender,
        MessageType::MixnodeBonding,
        &signed,
        &info.funds,
        &identity,
        &owner_signature,
    )?;
    let mix_node = signed.mix_node;

    let mix_id = LAST_NODE_ID.load(deps.storage)?.checked_add(1).ok_or(ContractError::NoNodeIds)?;
    let keyed =
        keep_bonded(deps.storage, &state.epochs, turn, &identity, &mix_node.sphinx_key, mix_node.noise_key.as_deref())?;
    let stake = NodeStake {
        pledge: pledge.u128(),
        operator: pledge.u128().checked_mul(SCALE).ok_or(ContractError::OutOfRange { what: "pledge" })?,
        delegates: 0,
        unit_reward: 0,
        profit_margin,
        operating_cost,
        delegations: 0,
        bonded_in: turn,
        last_rewarded: 0,
        pledged_at: env.block.height,
        has_link_key: mix_node.noise_key.is_some(),
        keyed,
        parked: false,
        pending: None,
        pending_costs: None,
    };
    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "bond_mixnode")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_IDENTITY, &mix_node.identity_key)
        .add_attribute(events::ATTR_OWNER, &info.sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{pledge}{}", state.rewarding_denom));

    owed::change(deps.storage, 0, stake.operator)?;
    LAST_NODE_ID.save(deps.storage, &mix_id);
    STAKES.save(deps.storage, mix_id, &stake);
    IDS_BY_IDENTITY.save(deps.storage, &identity, &mix_id);
    BONDS_BY_OWNER.save(deps.storage, &info.sender, &Bonded::Mixnode(mix_id));
    BONDS.save(deps.storage, mix_id, &Bond { owner: info.sender, height: env.block.height, node: mix_node });

    Ok(Response::new().add_event(event))
}

/// Removes the sender's mix node and pays its operator out. Delegators leave when they like.
pub fn unbond(deps: DepsMut<'_>, env: Env, sender: Addr) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    stakes_may_change(&epoch)?;
    let mix_id = mixnode_of(deps.storage, &sender)?;
    let bond = BONDS.load(deps.storage, mix_id)?;
    let stored = STAKES.load(deps.storage, mix_id)?;
    ensure_unlocked(&stored, &env)?;
    let (stake, paid) = if stored.parked {
        refund_pledge(deps.storage, mix_id, stored)?
    } else {
        take_pledge(deps.storage, mix_id, stored, epoch.clock())?
    };
    let paid = Uint128::new(paid);

    STAKES.remove(deps.storage, mix_id);
    if stake.delegations > 0 {
        LEFT_STAKES.save(deps.storage, mix_id, &stake);
    }
    BONDS.remove(deps.storage, mix_id);
    BONDS_BY_OWNER.remove(deps.storage, &sender);
    if let Some(identity) = nym_contract_types::keys::parse(&bond.node.identity_key) {
        IDS_BY_IDENTITY.remove(deps.storage, &identity);
        KEYS.remove(deps.storage, &identity);
        UNBONDED_BY_IDENTITY.save(deps.storage, (&identity, mix_id), &Present);
    }
    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "unbond_mixnode")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_IDENTITY, &bond.node.identity_key)
        .add_attribute(events::ATTR_OWNER, &sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{paid}{}", state.rewarding_denom));
    let left = UnbondedMixnode {
        identity_key: bond.node.identity_key,
        owner: sender.clone(),
        unbonding_height: env.block.height,
    };
    UNBONDED.save(deps.storage, mix_id, &left);
    UNBONDED_BY_OWNER.save(deps.storage, (&sender, mix_id), &Present);

    Ok(Response::new().add_messages(pay(&sender, paid, &state.rewarding_denom)).add_event(event))
}

/// Takes all that is the operator's out of a node's stakes: pledge and rewards. Returns what remains and what is to be paid.
fn take_pledge(
    storage: &mut dyn Storage,
    mix_id: NodeId,
    stake: NodeStake,
    clock: Clock,
) -> Result<(NodeStake, u128), ContractError> {
    let mut node = Staked::of(storage, mix_id, stake, true, clock)?;
    let pledged_later = node.stake.pending.as_mut().map_or(0, |pending| std::mem::take(&mut pending.pledged));
    let paid = (node.stake.operator / SCALE)
        .checked_add(pledged_later)
        .ok_or(ContractError::OutOfRange { what: "operator's stake" })?;
    node.stake.operator = 0;
    node.stake.pledge = 0;
    let remains = if node.stake.delegations > 0 { node.stake.owed()? } else { 0 };
    owed::change(storage, node.owed, remains)?;
    Ok((node.stake, paid))
}

/// The same of a node whose numbers are not to be trusted: what was pledged, without rewards.
fn refund_pledge(
    storage: &mut dyn Storage,
    mix_id: NodeId,
    mut stake: NodeStake,
) -> Result<(NodeStake, u128), ContractError> {
    let pledged_later = stake.pending.as_mut().map_or(0, |pending| std::mem::take(&mut pending.pledged));
    let paid = stake.pledge.checked_add(pledged_later).ok_or(ContractError::OutOfRange { what: "pledge" })?;
    owed::change_units(storage, paid, 0)?;
    stake.operator = 0;
    stake.pledge = 0;
    PARKED.remove(storage, mix_id);
    Ok((stake, paid))
}

/// Announces a mix node's new address.
pub fn update_config(
    deps: DepsMut<'_>,
    sender: Addr,
    new_config: MixNodeConfigUpdate,
) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let mix_id = mixnode_of(deps.storage, &sender)?;
    announced::mix_node_config(&new_config, state.allow_loopback)?;

    let mut bond = BONDS.load(deps.storage, mix_id)?;
    bond.node.host = new_config.host;
    bond.node.mix_port = new_config.mix_port;
    bond.node.verloc_port = new_config.verloc_port;
    bond.node.http_api_port = new_config.http_api_port;
    bond.node.version = new_config.version;
    BONDS.save(deps.storage, mix_id, &bond);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_mixnode_config")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string());
    Ok(Response::new().add_event(event))
}

/// Checks that nothing was pledged in this block: one transaction could borrow funds, have them counted, and give them back.
fn ensure_unlocked(stake: &NodeStake, env: &Env) -> Result<(), ContractError> {
    let height = stake.pledged_at;
    if height == env.block.height {
        return Err(ContractError::StakeLocked { height, unlocks_at: height.saturating_add(1) });
    }
    Ok(())
}

/// Adds to the pledge.
pub fn pledge_more(deps: DepsMut<'_>, env: Env, info: MessageInfo) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    stakes_may_change(&epoch)?;
    let mix_id = mixnode_of(deps.storage, &info.sender)?;
    let amount = one_coin(&info, &state.rewarding_denom)?;

    let mut node = Staked::load_bonded(deps.storage, mix_id, epoch.clock())?;
    let pending = node.stake.pending_of(epoch.turn());
    pending.pledged =
        pending.pledged.checked_add(amount.u128()).ok_or(ContractError::OutOfRange { what: "pledged amount" })?;
    node.stake.pledged_at = env.block.height;
    // Refused now rather than when it begins to count.
    node.stake.counted_in(Clock { turn: epoch.turn().saturating_add(1), ..epoch.clock() })?;
    node.save(deps.storage)?;

    let event = stake_event("pledge_more", mix_id, &info.sender, amount, &state.rewarding_denom)
        .add_attribute(events::ATTR_COUNTS_FROM, u64::from(epoch.turn()).saturating_add(1).to_string());
    Ok(Response::new().add_event(event))
}

/// Takes back what was added to the pledge in this turn.
pub fn cancel_pledge_more(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    stakes_may_change(&epoch)?;
    let mix_id = mixnode_of(deps.storage, &sender)?;

    let mut node = Staked::load_bonded(deps.storage, mix_id, epoch.clock())?;
    let amount = node.stake.pending.as_mut().map_or(0, |pending| std::mem::take(&mut pending.pledged));
    if amount == 0 {
        return Err(ContractError::NothingPending { what: "pledge", mix_id });
    }
    node.stake.drop_empty_pending();
    node.save(deps.storage)?;

    let amount = Uint128::new(amount);
    let event = stake_event("cancel_pledge_more", mix_id, &sender, amount, &state.rewarding_denom);
    Ok(Response::new().add_messages(pay(&sender, amount, &state.rewarding_denom)).add_event(event))
}

/// Takes back part of the pledge.
pub fn decrease_pledge(
    deps: DepsMut<'_>,
    env: Env,
    sender: Addr,
    decrease_by: Coin,
) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    stakes_may_change(&epoch)?;
    let mix_id = mixnode_of(deps.storage, &sender)?;
    let mut node = Staked::load_bonded(deps.storage, mix_id, epoch.clock())?;
    ensure_unlocked(&node.stake, &env)?;

    let denom = &state.rewarding_denom;
    if decrease_by.denom != *denom || decrease_by.amount.is_zero() {
        return Err(ContractError::OneCoinNeeded { denom: denom.clone(), sent: decrease_by.to_string() });
    }
    let out_of_range = |_| ContractError::OutOfRange { what: "amount" };
    let amount = Uint128::try_from(decrease_by.amount).map_err(out_of_range)?;
    let minimum = Uint128::try_from(state.params.minimum_mixnode_pledge.amount).map_err(out_of_range)?;
    let left = node.stake.pledge.saturating_sub(amount.u128());
    if left < minimum.u128() {
        return Err(ContractError::PledgeTooSmall {
            pledge: Coin::new(left, denom),
            minimum: state.params.minimum_mixnode_pledge,
        });
    }
    node.stake.pledge = left;
    node.stake.operator = (amount.u128().checked_mul(SCALE))
        .and_then(|amount| node.stake.operator.checked_sub(amount))
        .ok_or(ContractError::Corrupt { what: "operator's stake" })?;
    node.save(deps.storage)?;

    let event = stake_event("decrease_pledge", mix_id, &sender, amount, denom);
    Ok(Response::new().add_messages(pay(&sender, amount, denom)).add_event(event))
}

/// Announces costs for the next interval.
pub fn update_costs(deps: DepsMut<'_>, sender: Addr, new_costs: MixNodeCostParams) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    stakes_may_change(&epoch)?;
    let mix_id = mixnode_of(deps.storage, &sender)?;
    let operating_cost = operating_cost(&new_costs, &state.rewarding_denom)?;
    let profit_margin = profit_margin(&new_costs)?;

    let mut node = Staked::load_bonded(deps.storage, mix_id, epoch.clock())?;
    node.stake.pending_costs = Some(PendingCosts { interval: epoch.interval, profit_margin, operating_cost });
    node.save(deps.storage)?;

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_mixnode_cost_params")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string());
    Ok(Response::new().add_event(event))
}

fn stake_event(action: &str, mix_id: NodeId, owner: &Addr, amount: Uint128, denom: &str) -> Event {
    Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, action)
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_OWNER, owner)
        .add_attribute(events::ATTR_AMOUNT, format!("{amount}{denom}"))
}

fn operating_cost(costs: &MixNodeCostParams, denom: &str) -> Result<u128, ContractError> {
    let cost = &costs.interval_operating_cost;
    if cost.denom != denom {
        return Err(ContractError::Parameter {
            name: "interval_operating_cost",
            value: cost.denom.chars().take(64).collect(),
            rule: "in the staking denom",
        });
    }
    let amount = Uint128::try_from(cost.amount).map_err(|_| ContractError::OutOfRange { what: "operating cost" })?;
    if amount.u128() > u128::MAX / SCALE {
        return Err(ContractError::OutOfRange { what: "operating cost" });
    }
    Ok(amount.u128())
}

fn profit_margin(costs: &MixNodeCostParams) -> Result<u64, ContractError> {
    u64::try_from(costs.profit_margin_percent.atomics().u128())
        .map_err(|_| ContractError::OutOfRange { what: "profit margin" })
}
