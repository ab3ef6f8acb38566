//! Bonding, unbonding and announcing mix nodes.

use cosmwasm_std::{Addr, Binary, Coin, DepsMut, Env, Event, MessageInfo, Response, Storage, Uint128};
use nym_contract_types::mixnet::{
    events, MixNode, MixNodeConfigUpdate, MixNodeCostParams, MixnodeBonding, UnbondedMixnode,
};
use nym_contract_types::signing::MessageType;
use nym_contract_types::{keys, NodeId};

use super::staked::Staked;
use super::state::{
    Bond, Clock, NodeStake, PendingCosts, BONDS, LEFT_STAKES, PARKED, SCALE, STAKES, UNBONDED, UNBONDED_BY_IDENTITY,
    UNBONDED_BY_OWNER,
};
use crate::costs::Kept;
use crate::funds::{one_coin, pay};
use crate::packed::Present;
use crate::rotation::state::{keep_bonded, KEYS};
use crate::signatures::Signed;
use crate::state::{bond_of, ensure_identity_free, mixnode_in, Account, Bonded, Core, Holder, CORE, IDENTITIES};
use crate::{announced, ContractError};

/// Registers the sender's mix node.
pub fn bond(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    mix_node: MixNode,
    cost_params: MixNodeCostParams,
    owner_signature: Binary,
) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let turn = core.now.turn();
    let mut account = Account::load(deps.storage, &core, &info.sender)?;
    account.ensure_unbonded(&info.sender)?;

    let pledge = one_coin(&info, &core.denom)?;
    if pledge.u128() < core.minimum_mixnode_pledge {
        let (pledge, minimum) = (core.coin(pledge.u128()), core.coin(core.minimum_mixnode_pledge));
        return Err(ContractError::PledgeTooSmall { pledge, minimum });
    }
    let Kept { profit_margin, operating_cost } = Kept::announced(deps.storage, &core, &cost_params)?;
    let node = announced::mix_node(&mix_node, core.allow_loopback)?;
    ensure_identity_free(deps.storage, &core, &node.identity)?;
    let bonding = MixnodeBonding { mix_node, cost_params };
    let message_type = MessageType::MixnodeBonding;
    let signed = Signed { sender: &info.sender, message_type, funds: &info.funds, identity: &node.identity };
    signed.consume(deps.as_ref(), &env, &mut account, &bonding, &owner_signature)?;

    let mix_id = core.last_node_id.checked_add(1).ok_or(ContractError::NoNodeIds)?;
    let keyed = keep_bonded(deps.storage, &core, &node.identity, &node.sphinx, node.link.as_ref());
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
        has_link_key: node.link.is_some(),
        keyed,
        parked: false,
        pending: None,
        pending_costs: None,
        begun: Vec::new(),
    };
    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "bond_mixnode")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_IDENTITY, &bonding.mix_node.identity_key)
        .add_attribute(events::ATTR_OWNER, &info.sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{pledge}{}", core.denom));

    core.owe(0, stake.operator)?;
    core.last_node_id = mix_id;
    account.bonded = Some(Bonded::Mixnode(mix_id));
    account.save(deps.storage, &core, &info.sender);
    CORE.save(deps.storage, &core);
    STAKES.save(deps.storage, mix_id, &stake);
    IDENTITIES.save(deps.storage, &node.identity, &Holder::Mixnode(mix_id));
    BONDS.save(deps.storage, mix_id, &Bond { owner: info.sender, height: env.block.height, node });

    Ok(Response::new().add_event(event))
}

/// Removes the sender's mix node and pays its operator out. Delegators leave when they like.
pub fn unbond(deps: DepsMut<'_>, env: Env, sender: Addr) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    core.now.stakes_may_change()?;
    let mut account = Account::load(deps.storage, &core, &sender)?;
    let mix_id = mixnode_in(account.bonded, &sender)?;
    let bond = BONDS.load(deps.storage, mix_id)?;
    let stored = STAKES.load(deps.storage, mix_id)?;
    ensure_unlocked(&stored, &env)?;
    let (stake, paid) = if stored.parked {
        refund_pledge(deps.storage, &mut core, mix_id, stored)?
    } else {
        take_pledge(deps.storage, &mut core, mix_id, stored)?
    };
    let paid = Uint128::new(paid);
    CORE.save(deps.storage, &core);

    STAKES.remove(deps.storage, mix_id);
    if stake.delegations > 0 {
        LEFT_STAKES.save(deps.storage, mix_id, &stake);
    }
    BONDS.remove(deps.storage, mix_id);
    account.bonded = None;
    account.save(deps.storage, &core, &sender);
    let identity = bond.node.identity;
    IDENTITIES.remove(deps.storage, &identity);
    KEYS.remove(deps.storage, &identity);
    UNBONDED_BY_IDENTITY.save(deps.storage, (&identity, mix_id), &Present);
    let identity_key = keys::to_text(&identity);
    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "unbond_mixnode")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_IDENTITY, &identity_key)
        .add_attribute(events::ATTR_OWNER, &sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{paid}{}", core.denom));
    let left = UnbondedMixnode { identity_key, owner: sender.clone(), unbonding_height: env.block.height };
    UNBONDED.save(deps.storage, mix_id, &left);
    UNBONDED_BY_OWNER.save(deps.storage, (&sender, mix_id), &Present);

    Ok(Response::new().add_messages(pay(&sender, paid, &core.denom)).add_event(event))
}

/// Takes all that is the operator's out of a node's stakes: pledge and rewards. Returns what remains and what is to be paid.
fn take_pledge(
    storage: &mut dyn Storage,
    core: &mut Core,
    mix_id: NodeId,
    stake: NodeStake,
) -> Result<(NodeStake, u128), ContractError> {
    let mut node = Staked::of(mix_id, stake, true, core.now.clock())?;
    node.spill(storage);
    let pledged_later = node.stake.pending.as_mut().map_or(0, |pending| std::mem::take(&mut pending.pledged));
    let paid = (node.stake.operator / SCALE)
        .checked_add(pledged_later)
        .ok_or(ContractError::OutOfRange { what: "operator's stake" })?;
    node.stake.operator = 0;
    node.stake.pledge = 0;
    let remains = if node.stake.delegations > 0 { node.stake.owed()? } else { 0 };
    core.owe(node.owed, remains)?;
    Ok((node.stake, paid))
}

/// The same of a node whose numbers are not to be trusted: what was pledged, without rewards.
fn refund_pledge(
    storage: &mut dyn Storage,
    core: &mut Core,
    mix_id: NodeId,
    mut stake: NodeStake,
) -> Result<(NodeStake, u128), ContractError> {
    let pledged_later = stake.pending.as_mut().map_or(0, |pending| std::mem::take(&mut pending.pledged));
    let paid = stake.pledge.checked_add(pledged_later).ok_or(ContractError::OutOfRange { what: "pledge" })?;
    core.owe_units(paid, 0)?;
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
    let core = CORE.load(deps.storage)?;
    let mix_id = mixnode_in(bond_of(deps.storage, &sender)?, &sender)?;

    let mut bond = BONDS.load(deps.storage, mix_id)?;
    bond.node.update(new_config, core.allow_loopback)?;
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
    let mut core = CORE.load(deps.storage)?;
    core.now.stakes_may_change()?;
    let mix_id = mixnode_in(bond_of(deps.storage, &info.sender)?, &info.sender)?;
    let amount = one_coin(&info, &core.denom)?;

    let mut node = Staked::load_bonded(deps.storage, mix_id, core.now.clock())?;
    let pending = node.stake.pending_of(core.now.turn());
    pending.pledged =
        pending.pledged.checked_add(amount.u128()).ok_or(ContractError::OutOfRange { what: "pledged amount" })?;
    node.stake.pledged_at = env.block.height;
    // Refused now rather than when it begins to count.
    node.stake.counted_in(Clock { turn: core.now.turn().saturating_add(1), ..core.now.clock() })?;
    node.save(deps.storage, &mut core)?;
    CORE.save(deps.storage, &core);

    let event = stake_event("pledge_more", mix_id, &info.sender, amount, &core.denom)
        .add_attribute(events::ATTR_COUNTS_FROM, u64::from(core.now.turn()).saturating_add(1).to_string());
    Ok(Response::new().add_event(event))
}

/// Takes back what was added to the pledge in this turn.
pub fn cancel_pledge_more(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    core.now.stakes_may_change()?;
    let mix_id = mixnode_in(bond_of(deps.storage, &sender)?, &sender)?;

    let mut node = Staked::load_bonded(deps.storage, mix_id, core.now.clock())?;
    let amount = node.stake.pending.as_mut().map_or(0, |pending| std::mem::take(&mut pending.pledged));
    if amount == 0 {
        return Err(ContractError::NothingPending { what: "pledge", mix_id });
    }
    node.stake.drop_empty_pending();
    node.save(deps.storage, &mut core)?;
    CORE.save(deps.storage, &core);

    let amount = Uint128::new(amount);
    let event = stake_event("cancel_pledge_more", mix_id, &sender, amount, &core.denom);
    Ok(Response::new().add_messages(pay(&sender, amount, &core.denom)).add_event(event))
}

/// Takes back part of the pledge.
pub fn decrease_pledge(
    deps: DepsMut<'_>,
    env: Env,
    sender: Addr,
    decrease_by: Coin,
) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    core.now.stakes_may_change()?;
    let mix_id = mixnode_in(bond_of(deps.storage, &sender)?, &sender)?;
    let mut node = Staked::load_bonded(deps.storage, mix_id, core.now.clock())?;
    ensure_unlocked(&node.stake, &env)?;

    let denom = core.denom.clone();
    if decrease_by.denom != denom || decrease_by.amount.is_zero() {
        return Err(ContractError::OneCoinNeeded { denom, sent: decrease_by.to_string() });
    }
    let out_of_range = |_| ContractError::OutOfRange { what: "amount" };
    let amount = Uint128::try_from(decrease_by.amount).map_err(out_of_range)?;
    let left = node.stake.pledge.saturating_sub(amount.u128());
    if left < core.minimum_mixnode_pledge {
        let (pledge, minimum) = (core.coin(left), core.coin(core.minimum_mixnode_pledge));
        return Err(ContractError::PledgeTooSmall { pledge, minimum });
    }
    node.stake.pledge = left;
    node.stake.operator = (amount.u128().checked_mul(SCALE))
        .and_then(|amount| node.stake.operator.checked_sub(amount))
        .ok_or(ContractError::Corrupt { what: "operator's stake" })?;
    node.save(deps.storage, &mut core)?;
    CORE.save(deps.storage, &core);

    let event = stake_event("decrease_pledge", mix_id, &sender, amount, &denom);
    Ok(Response::new().add_messages(pay(&sender, amount, &denom)).add_event(event))
}

/// Announces costs for the next interval.
pub fn update_costs(deps: DepsMut<'_>, sender: Addr, new_costs: MixNodeCostParams) -> Result<Response, ContractError> {
    let core = CORE.load(deps.storage)?;
    core.now.stakes_may_change()?;
    let mix_id = mixnode_in(bond_of(deps.storage, &sender)?, &sender)?;
    let Kept { profit_margin, operating_cost } = Kept::announced(deps.storage, &core, &new_costs)?;

    let mut node = Staked::load_bonded(deps.storage, mix_id, core.now.clock())?;
    node.stake.pending_costs = Some(PendingCosts { interval: core.now.interval, profit_margin, operating_cost });
    // Announced costs change nothing that is owed.
    node.store(deps.storage);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_mixnode_cost_params")
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_PROFIT_MARGIN, new_costs.profit_margin_percent.to_string())
        .add_attribute(events::ATTR_OPERATING_COST, new_costs.interval_operating_cost.to_string());
    Ok(Response::new().add_event(event))
}

fn stake_event(action: &str, mix_id: NodeId, owner: &Addr, amount: Uint128, denom: &str) -> Event {
    Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, action)
        .add_attribute(events::ATTR_MIX_ID, mix_id.to_string())
        .add_attribute(events::ATTR_OWNER, owner)
        .add_attribute(events::ATTR_AMOUNT, format!("{amount}{denom}"))
}
