//! Changes by the owner.

use cosmwasm_std::{Addr, Api, DepsMut, Event, Response, Storage};
use nym_contract_types::mixnet::limits::MAX_MONITORS;
use nym_contract_types::mixnet::{events, ContractState, ContractStateParams, PendingParams, RewardingParamsUpdate};
use nym_contract_types::Percent;

use super::params;
use crate::epochs::state::{LAST_MONITOR_ID, MONITORS};
use crate::rewards::state::PENDING_PARAMS;
use crate::state::{CORE, REWARDING, STATE};
use crate::ContractError;

/// Replaces the list of monitors.
pub fn update_monitors(deps: DepsMut<'_>, sender: Addr, monitors: Vec<String>) -> Result<Response, ContractError> {
    owned_by(deps.storage, sender)?;
    // Scores of one epoch are counted by one list.
    CORE.load(deps.storage)?.now.stakes_may_change()?;
    let count = monitors.len();
    save_monitors(deps.storage, deps.api, monitors)?;

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_monitors")
        .add_attribute(events::ATTR_COUNT, count.to_string());
    Ok(Response::new().add_event(event))
}

/// Checks and stores a list of monitors. Whoever stays keeps the number by which reports are kept.
pub fn save_monitors(storage: &mut dyn Storage, api: &dyn Api, monitors: Vec<String>) -> Result<(), ContractError> {
    if monitors.len() > MAX_MONITORS {
        return Err(ContractError::TooMany { what: "monitors", count: monitors.len(), maximum: MAX_MONITORS });
    }
    let before = MONITORS.may_load(storage)?.unwrap_or_default();
    let mut last = LAST_MONITOR_ID.may_load(storage)?.unwrap_or_default();

    let mut after: Vec<(u32, Addr)> = Vec::with_capacity(monitors.len());
    for monitor in monitors {
        let monitor = api.addr_validate(&monitor)?;
        if after.iter().any(|(_, known)| *known == monitor) {
            return Err(ContractError::Duplicate { what: "monitor", value: monitor.into_string() });
        }
        let id = match before.iter().find(|(_, known)| *known == monitor) {
            Some((id, _)) => *id,
            None => {
                last = last.checked_add(1).ok_or(ContractError::OutOfRange { what: "number of monitors" })?;
                last
            }
        };
        after.push((id, monitor));
    }
    MONITORS.save(storage, &after);
    LAST_MONITOR_ID.save(storage, &last);
    Ok(())
}

/// Changes least pledges and delegations, and the ranges of margins and costs.
pub fn update_params(deps: DepsMut<'_>, sender: Addr, updated: ContractStateParams) -> Result<Response, ContractError> {
    let mut state = owned_by(deps.storage, sender)?;
    params::check_params(&updated, &state.rewarding_denom)?;

    let (margins, costs) = (updated.profit_margin.as_ref(), updated.interval_operating_cost.as_ref());
    let event = event(
        "update_contract_state_params",
        vec![
            (events::ATTR_MINIMUM_MIXNODE_PLEDGE, Some(updated.minimum_mixnode_pledge.to_string())),
            (events::ATTR_MINIMUM_GATEWAY_PLEDGE, Some(updated.minimum_gateway_pledge.to_string())),
            (events::ATTR_MINIMUM_DELEGATION, updated.minimum_mixnode_delegation.as_ref().map(ToString::to_string)),
            (events::ATTR_PROFIT_MARGIN_MINIMUM, margins.map(|range| range.minimum.to_string())),
            (events::ATTR_PROFIT_MARGIN_MAXIMUM, margins.map(|range| range.maximum.to_string())),
            (events::ATTR_OPERATING_COST_MINIMUM, costs.map(|range| range.minimum.to_string())),
            (events::ATTR_OPERATING_COST_MAXIMUM, costs.map(|range| range.maximum.to_string())),
        ],
    );
    state.params = updated;
    STATE.save(deps.storage, &state)?;

    Ok(Response::new().add_event(event))
}

/// Announces another number of active nodes for the next epoch.
pub fn update_active_set_size(
    deps: DepsMut<'_>,
    sender: Addr,
    size: u32,
    immediately: bool,
) -> Result<Response, ContractError> {
    owned_by(deps.storage, sender)?;
    not_immediately(immediately, "active_set_size", "epoch")?;
    params::check_set_sizes(REWARDING.load(deps.storage)?.rewarded_set_size, size)?;
    let event = event("update_active_set_size", vec![(events::ATTR_ACTIVE_SET_SIZE, Some(size.to_string()))]);
    announce(deps.storage, event, |pending| pending.active_set_size = Some(size))
}

/// Announces parameters of the reward model for the next interval.
pub fn update_rewarding(
    deps: DepsMut<'_>,
    sender: Addr,
    update: RewardingParamsUpdate,
    immediately: bool,
) -> Result<Response, ContractError> {
    let denom = owned_by(deps.storage, sender)?.rewarding_denom;
    not_immediately(immediately, "reward parameters", "interval")?;
    params::check_update(&update)?;
    let share = |value: Option<Percent>| value.map(|value| value.to_string());
    let event = event(
        "update_rewarding_params",
        vec![
            (events::ATTR_STAKING_SUPPLY, update.staking_supply.map(|supply| format!("{supply}{denom}"))),
            (events::ATTR_SUPPLY_SCALE_FACTOR, share(update.staking_supply_scale_factor)),
            (events::ATTR_SYBIL_RESISTANCE, share(update.sybil_resistance_percent)),
            (events::ATTR_WORK_FACTOR, update.active_set_work_factor.map(|factor| factor.to_string())),
            (events::ATTR_POOL_EMISSION, share(update.interval_pool_emission)),
            (events::ATTR_REWARDED_SET_SIZE, update.rewarded_set_size.map(|size| size.to_string())),
        ],
    );
    announce(deps.storage, event, |pending| {
        let before = std::mem::take(&mut pending.rewarding);
        pending.rewarding = RewardingParamsUpdate {
            staking_supply: update.staking_supply.or(before.staking_supply),
            staking_supply_scale_factor: update.staking_supply_scale_factor.or(before.staking_supply_scale_factor),
            sybil_resistance_percent: update.sybil_resistance_percent.or(before.sybil_resistance_percent),
            active_set_work_factor: update.active_set_work_factor.or(before.active_set_work_factor),
            interval_pool_emission: update.interval_pool_emission.or(before.interval_pool_emission),
            rewarded_set_size: update.rewarded_set_size.or(before.rewarded_set_size),
        };
    })
}

/// Announces another clock for the next interval.
pub fn update_interval(
    deps: DepsMut<'_>,
    sender: Addr,
    epochs_in_interval: u32,
    epoch_length: u64,
    immediately: bool,
) -> Result<Response, ContractError> {
    let mut state = owned_by(deps.storage, sender)?;
    not_immediately(immediately, "the clock", "interval")?;
    state.epochs.epochs_in_interval = epochs_in_interval;
    state.epochs.epoch_length = epoch_length;
    params::check_epochs(&state.epochs)?;
    let event = event(
        "update_interval_config",
        vec![
            (events::ATTR_EPOCHS_IN_INTERVAL, Some(epochs_in_interval.to_string())),
            (events::ATTR_EPOCH_LENGTH, Some(epoch_length.to_string())),
        ],
    );
    announce(deps.storage, event, |pending| {
        pending.epochs_in_interval = Some(epochs_in_interval);
        pending.epoch_length = Some(epoch_length);
    })
}

/// Offers the contract to another owner.
pub fn offer(deps: DepsMut<'_>, sender: Addr, admin: String) -> Result<Response, ContractError> {
    let state = owned_by(deps.storage, sender)?;
    let admin = deps.api.addr_validate(&admin)?;
    let event = event("update_admin", vec![(events::ATTR_ADMIN, Some(admin.to_string()))]);
    let offered = (admin != state.owner).then_some(admin);
    announce(deps.storage, event, |pending| pending.admin = offered)
}

/// Accepts the contract.
pub fn accept(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let offered = PENDING_PARAMS.may_load(deps.storage)?.and_then(|pending| pending.admin);
    if offered.as_ref() != Some(&sender) {
        return Err(ContractError::NotOffered { sender });
    }
    let mut state = STATE.load(deps.storage)?;
    let event = event(
        "accept_admin",
        vec![
            (events::ATTR_ADMIN, Some(sender.to_string())),
            (events::ATTR_FORMER_ADMIN, Some(state.owner.to_string())),
        ],
    );
    state.owner = sender;
    STATE.save(deps.storage, &state)?;
    announce(deps.storage, event, |pending| pending.admin = None)
}

/// Nobody changes the rules of an epoch or interval that runs, not even the owner.
fn not_immediately(wanted: bool, what: &'static str, when: &'static str) -> Result<(), ContractError> {
    if wanted {
        return Err(ContractError::NotImmediately { what, when });
    }
    Ok(())
}

/// Stores a change of what was announced.
fn announce(
    storage: &mut dyn Storage,
    event: Event,
    change: impl FnOnce(&mut PendingParams),
) -> Result<Response, ContractError> {
    let mut pending = PENDING_PARAMS.may_load(storage)?.unwrap_or_default();
    change(&mut pending);
    PENDING_PARAMS.save(storage, &pending);
    Ok(Response::new().add_event(event))
}

/// The event of a message, with those of the values that there are.
fn event(action: &str, values: Vec<(&str, Option<String>)>) -> Event {
    let named = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Event::new(events::MIXNET).add_attribute(events::ATTR_ACTION, action).add_attributes(named)
}

/// The contract's state, if the sender owns the contract.
fn owned_by(storage: &dyn Storage, sender: Addr) -> Result<ContractState, ContractError> {
    let state = STATE.load(storage)?;
    if state.owner != sender {
        return Err(ContractError::NotOwner { sender, owner: state.owner });
    }
    Ok(state)
}
