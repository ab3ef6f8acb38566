//! What was announced and does not count yet, as lists of events: nothing is queued, the lists are read from the records that will change.

use cosmwasm_std::{coin, Addr, Deps, Env, Storage};
use nym_contract_types::mixnet::{
    MixNodeCostParams, NumberOfPendingEventsResponse, PendingEpochEvent, PendingEpochEventData, PendingEpochEventKind,
    PendingEpochEventResponse, PendingEpochEventsResponse, PendingIntervalEvent, PendingIntervalEventData,
    PendingIntervalEventKind, PendingIntervalEventResponse, PendingIntervalEventsResponse, PendingParams,
    RewardingParamsUpdate,
};
use nym_contract_types::{page, NodeId, Percent};

use super::clock::{Epoch, EPOCH};
use crate::delegations::state::DELEGATIONS;
use crate::mixnodes::state::{NodeStake, STAKES};
use crate::rewards::state::PENDING_PARAMS;
use crate::state::{CORE, STATE};
use crate::ContractError;

/// Default and largest page.
const PAGE: (u32, u32) = (200, 250);
/// Most records that one query goes over, whether or not they hold something.
const MAX_RECORDS: usize = 1_000;
/// Most nodes that are gone over to count.
const MAX_COUNTED: usize = 3_000;

fn seconds_until(deps: Deps<'_>, env: &Env, epoch: &Epoch, epochs_more: u64) -> Result<i64, ContractError> {
    let length = STATE.load(deps.storage)?.epochs.epoch_length;
    let ends_at = epoch.ends_at().saturating_add(length.saturating_mul(epochs_more));
    let left = i128::from(ends_at) - i128::from(env.block.time.seconds());
    Ok(i64::try_from(left).unwrap_or(i64::MAX))
}

/// What counts from the next epoch: additions to stakes, and the active set's size.
pub fn epoch_events(
    deps: Deps<'_>,
    env: Env,
    limit: Option<u32>,
    start_after: Option<(NodeId, String)>,
) -> Result<PendingEpochEventsResponse, ContractError> {
    let epoch = EPOCH.load(deps.storage)?;
    let mut list = EpochEvents::new(deps.storage, page::limit(limit, PAGE.0, PAGE.1))?;
    if start_after.is_none() {
        list.add_announced()?;
    }
    let start_next_after = list.fill(start_after)?;
    Ok(PendingEpochEventsResponse {
        seconds_until_executable: seconds_until(deps, &env, &epoch, 0)?,
        events: list.events,
        start_next_after,
    })
}

struct EpochEvents<'a> {
    storage: &'a dyn Storage,
    denom: String,
    turn: u32,
    limit: usize,
    records: usize,
    events: Vec<PendingEpochEvent>,
}

impl<'a> EpochEvents<'a> {
    fn new(storage: &'a dyn Storage, limit: usize) -> Result<Self, ContractError> {
        let core = CORE.load(storage)?;
        let (turn, denom) = (core.now.turn(), core.denom);
        Ok(Self { storage, denom, turn, limit, records: 0, events: Vec::new() })
    }

    fn add_announced(&mut self) -> Result<(), ContractError> {
        let announced = PENDING_PARAMS.may_load(self.storage)?.and_then(|pending| pending.active_set_size);
        if let Some(new_size) = announced {
            self.add(0, 0, PendingEpochEventKind::UpdateActiveSetSize { new_size });
        }
        Ok(())
    }

    fn add(&mut self, id: NodeId, created_at: u64, kind: PendingEpochEventKind) {
        self.events.push(PendingEpochEvent { id, event: PendingEpochEventData { created_at, kind } });
    }

    fn is_full(&self) -> bool {
        self.events.len() >= self.limit || self.records >= MAX_RECORDS
    }

    /// Goes over nodes and their delegations; where to go on, if it did not come to the end.
    fn fill(&mut self, start_after: Option<(NodeId, String)>) -> Result<Option<(NodeId, String)>, ContractError> {
        // The node in which the page before ended is gone over again, from the delegation after the last.
        let (first, mut owner) = start_after.map_or((1, None), |(node, owner)| (node, Some(owner)));
        let mut last = first.saturating_sub(1);
        loop {
            let nodes = STAKES.page_each(self.storage, Some(last), 100)?;
            let ended = nodes.len() < 100;
            for (id, stake) in nodes {
                last = id;
                let Ok(stake) = stake else { continue };
                let resumed = owner.take().filter(|_| id == first);
                if let Some(next) = self.node(id, &stake, resumed)? {
                    return Ok(Some((id, next)));
                }
            }
            if ended {
                return Ok(None);
            }
        }
    }

    /// The events of a node; the last owner looked at, if the page is full before all were.
    fn node(&mut self, id: NodeId, stake: &NodeStake, after: Option<String>) -> Result<Option<String>, ContractError> {
        if after.is_none() && self.is_full() {
            return Ok(Some(String::new()));
        }
        self.records += 1;
        let Some(pending) = stake.pending.as_ref().filter(|pending| pending.turn == self.turn) else {
            return Ok(None);
        };
        if after.as_ref().is_none_or(String::is_empty) && pending.pledged > 0 {
            let amount = coin(pending.pledged, &self.denom);
            self.add(id, stake.pledged_at, PendingEpochEventKind::PledgeMore { mix_id: id, amount });
        }
        if pending.delegations == 0 {
            return Ok(None);
        }
        let mut last = after.unwrap_or_default();
        loop {
            if self.is_full() {
                return Ok(Some(last));
            }
            let after = Some(Addr::unchecked(&last));
            let owners = DELEGATIONS.page_each_under(self.storage, &id.to_be_bytes(), after, 100)?;
            let ended = owners.len() < 100;
            for (owner, delegation) in owners {
                if self.is_full() {
                    return Ok(Some(last));
                }
                last = owner.to_string();
                self.records += 1;
                let Ok(delegation) = delegation else { continue };
                if delegation.pending > 0 && delegation.pending_turn == self.turn {
                    let amount = coin(delegation.pending, &self.denom);
                    let kind = PendingEpochEventKind::Delegate { owner, mix_id: id, amount };
                    self.add(id, delegation.height, kind);
                }
            }
            if ended {
                return Ok(None);
            }
        }
    }
}

/// The first of that list with a number.
pub fn epoch_event(deps: Deps<'_>, event_id: NodeId) -> Result<PendingEpochEventResponse, ContractError> {
    let mut list = EpochEvents::new(deps.storage, 1)?;
    if event_id == 0 {
        list.add_announced()?;
    } else if let Some(stake) = STAKES.may_load(deps.storage, event_id)? {
        list.node(event_id, &stake, None)?;
    }
    Ok(PendingEpochEventResponse { event_id, event: list.events.pop().map(|event| event.event) })
}

/// The first of the list of what holds from the next interval with a number.
pub fn interval_event(deps: Deps<'_>, event_id: NodeId) -> Result<PendingIntervalEventResponse, ContractError> {
    let mut events = announced(deps.storage)?;
    events.truncate(1);
    if event_id > 0 {
        let core = CORE.load(deps.storage)?;
        let (denom, interval) = (core.denom, core.now.interval);
        let stake = STAKES.may_load(deps.storage, event_id)?;
        events = stake
            .and_then(|stake| costs_of(event_id, stake, interval, &denom).transpose())
            .transpose()?
            .into_iter()
            .collect();
    }
    let event = events.pop().map(|kind| PendingIntervalEventData { created_at: 0, kind });
    Ok(PendingIntervalEventResponse { event_id, event })
}

/// How long the two lists are.
pub fn count(deps: Deps<'_>) -> Result<NumberOfPendingEventsResponse, ContractError> {
    let epoch = EPOCH.load(deps.storage)?;
    let mut list = EpochEvents::new(deps.storage, 1)?;
    list.add_announced()?;
    let mut epoch_events = list.events.len() as u32;
    let mut interval_events = announced(deps.storage)?.len() as u32;
    let (mut last, mut complete) = (0, false);
    for _ in 0..MAX_COUNTED / 100 {
        let nodes = STAKES.page_each(deps.storage, Some(last), 100)?;
        complete = nodes.len() < 100;
        for (id, stake) in nodes {
            last = id;
            let Ok(stake) = stake else { continue };
            if let Some(pending) = stake.pending.filter(|pending| pending.turn == epoch.turn()) {
                epoch_events += u32::from(pending.pledged > 0);
                epoch_events = epoch_events.saturating_add(pending.delegations);
            }
            interval_events += u32::from(stake.pending_costs.is_some_and(|costs| costs.interval >= epoch.interval));
        }
        if complete {
            break;
        }
    }
    Ok(NumberOfPendingEventsResponse { epoch_events, interval_events, complete })
}

/// What the owner announced for the next interval.
fn announced(storage: &dyn Storage) -> Result<Vec<PendingIntervalEventKind>, ContractError> {
    let PendingParams { rewarding, epochs_in_interval, epoch_length, .. } =
        PENDING_PARAMS.may_load(storage)?.unwrap_or_default();
    let mut kinds = Vec::new();
    if rewarding != RewardingParamsUpdate::default() {
        kinds.push(PendingIntervalEventKind::UpdateRewardingParams { update: rewarding });
    }
    if let Some((epochs_in_interval, epoch_duration_secs)) = epochs_in_interval.zip(epoch_length) {
        kinds.push(PendingIntervalEventKind::UpdateIntervalConfig { epochs_in_interval, epoch_duration_secs });
    }
    Ok(kinds)
}

/// The costs of a node that hold from the next interval, if there are any.
fn costs_of(
    mix_id: NodeId,
    stake: NodeStake,
    interval: u32,
    denom: &str,
) -> Result<Option<PendingIntervalEventKind>, ContractError> {
    let Some(costs) = stake.pending_costs.filter(|costs| costs.interval >= interval) else {
        return Ok(None);
    };
    let new_costs = MixNodeCostParams {
        profit_margin_percent: Percent::try_from(cosmwasm_std::Decimal::new(costs.profit_margin.into()))?,
        interval_operating_cost: coin(costs.operating_cost, denom),
    };
    Ok(Some(PendingIntervalEventKind::ChangeMixCostParams { mix_id, new_costs }))
}

/// What holds from the next interval: costs of nodes, parameters of rewards and clock.
pub fn interval_events(
    deps: Deps<'_>,
    env: Env,
    limit: Option<u32>,
    start_after: Option<NodeId>,
) -> Result<PendingIntervalEventsResponse, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    let limit = page::limit(limit, PAGE.0, PAGE.1);
    let mut events = Vec::new();
    let mut add =
        |id, kind| events.push(PendingIntervalEvent { id, event: PendingIntervalEventData { created_at: 0, kind } });

    if start_after.is_none() {
        announced(deps.storage)?.into_iter().for_each(|kind| add(0, kind));
    }
    let nodes = STAKES.page_each(deps.storage, start_after, MAX_RECORDS)?;
    let mut start_next_after = (nodes.len() == MAX_RECORDS).then(|| nodes.last().map(|(id, _)| *id)).flatten();
    let mut found = 0;
    for (mix_id, stake) in nodes.into_iter().filter_map(|(id, stake)| Some((id, stake.ok()?))) {
        let Ok(Some(kind)) = costs_of(mix_id, stake, epoch.interval, &state.rewarding_denom) else {
            continue;
        };
        if found == limit {
            // The last one listed is not the last there is.
            start_next_after = Some(mix_id.saturating_sub(1));
            break;
        }
        add(mix_id, kind);
        found += 1;
    }
    let elapsed = epoch.id.saturating_sub(epoch.interval_start).saturating_add(1);
    let more = u64::from(state.epochs.epochs_in_interval.saturating_sub(elapsed));
    Ok(PendingIntervalEventsResponse {
        seconds_until_executable: seconds_until(deps, &env, &epoch, more)?,
        events,
        start_next_after,
    })
}
