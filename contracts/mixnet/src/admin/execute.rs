//! Changes by the owner.

use cosmwasm_std::{Addr, Api, DepsMut, Event, Response, Storage};
use nym_contract_types::mixnet::{events, ContractState, ContractStateParams, PendingParams, RewardingParamsUpdate};

use super::params;
use crate::epochs::state::{LAST_MONITOR_ID, MONITORS};
use crate::rewards::state::PENDING_PARAMS;
use crate::state::{CORE, REWARDING, STATE};
use crate::ContractError;

/// Most monitors: each costs two reads per page of nodes when scores are counted.
const MAX_MONITORS: usize = 64;

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

    state.params = updated;
    STATE.save(deps.storage, &state)?;

    let event = Event::new(events::MIXNET).add_attribute(events::ATTR_ACTION, "update_contract_state_params");
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
    announce(deps.storage, "update_active_set_size", |pending| pending.active_set_size = Some(size))
}

/// Announces parameters of the reward model for the next interval.
pub fn update_rewarding(
    deps: DepsMut<'_>,
    sender: Addr,
    update: RewardingParamsUpdate,
    immediately: bool,
) -> Result<Response, ContractError> {
    owned_by(deps.storage, sender)?;
    not_immediately(immediately, "reward parameters", "interval")?;
    params::check_update(&update)?;
    announce(deps.storage, "update_rewarding_params", |pending| {
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
    announce(deps.storage, "update_interval_config", |pending| {
        pending.epochs_in_interval = Some(epochs_in_interval);
        pending.epoch_length = Some(epoch_length);
    })
}

/// Offers the contract to another owner.
pub fn offer(deps: DepsMut<'_>, sender: Addr, admin: String) -> Result<Response, ContractError> {
    let state = owned_by(deps.storage, sender)?;
    let admin = deps.api.addr_validate(&admin)?;
    let offered = (admin != state.owner).then_some(admin);
    announce(deps.storage, "update_admin", |pending| pending.admin = offered)
}

/// Accepts the contract.
pub fn accept(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let offered = PENDING_PARAMS.may_load(deps.storage)?.and_then(|pending| pending.admin);
    if offered.as_ref() != Some(&sender) {
        return Err(ContractError::NotOffered { sender });
    }
    let mut state = STATE.load(deps.storage)?;
    state.owner = sender;
    STATE.save(deps.storage, &state)?;
    announce(deps.storage, "accept_admin", |pending| pending.admin = None)
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
    action: &str,
    change: impl FnOnce(&mut PendingParams),
) -> Result<Response, ContractError> {
    let mut pending = PENDING_PARAMS.may_load(storage)?.unwrap_or_default();
    change(&mut pending);
    PENDING_PARAMS.save(storage, &pending);
    Ok(Response::new().add_event(Event::new(events::MIXNET).add_attribute(events::ATTR_ACTION, action)))
}

/// The contract's state, if the sender owns the contract.
fn owned_by(storage: &dyn Storage, sender: Addr) -> Result<ContractState, ContractError> {
    let state = STATE.load(storage)?;
    if state.owner != sender {
        return Err(ContractError::NotOwner { sender, owner: state.owner });
    }
    Ok(state)
}
