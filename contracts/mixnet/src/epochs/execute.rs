//! The crank: beginning a transition and taking its next step. Any account may do both, and doing either twice is harmless.

use cosmwasm_std::{Decimal, DepsMut, Env, Event, Response, Uint128};
use nym_contract_types::mixnet::{events, limits::MAX_NODES_PER_STEP, DrawOutcome};
use nym_contract_types::EpochId;

use super::clock::{Epoch, Phase, EPOCH};
use super::state::{RewardedSet, LOTTERY, MONITORS};
use super::{draw, performance, settle};
use crate::state::{CORE, STATE, TOLD};
use crate::ContractError;

/// Nodes that one step handles if nothing else is asked for.
const DEFAULT_STEP: u32 = 300;

/// Closes the reports of an epoch that has ended and begins its transition.
pub fn begin(deps: DepsMut<'_>, env: Env, wanted: Option<EpochId>) -> Result<Response, ContractError> {
    let core = CORE.load(deps.storage)?;
    let mut epoch = EPOCH.load_with(deps.storage, &core)?;
    if is_stale(&epoch, wanted)? || epoch.phase != Phase::Running {
        return Ok(nothing_to_do("begin_epoch_transition", &epoch));
    }
    let now = env.block.time.seconds();
    let ends_at = epoch.ends_at();
    if now < ends_at {
        return Err(ContractError::EpochNotOver { epoch: epoch.id, ends_at, now });
    }
    // Where nothing was active, nothing could be measured.
    let set = RewardedSet::load(deps.storage, epoch.id)?;
    let begin_at = ends_at.saturating_add(TOLD.load(deps.storage)?.epochs.report_grace);
    if !set.seats.is_empty() && now < begin_at {
        let monitors = MONITORS.load(deps.storage)?;
        let reported = performance::reported(deps.storage, &monitors, epoch.id)?;
        let monitors = monitors.len() as u32;
        if reported < monitors {
            return Err(ContractError::ReportsMissing { epoch: epoch.id, reported, monitors, begin_at, now });
        }
    }

    epoch.phase = Phase::Settling;
    epoch.begun_at = now;
    epoch.cursor = 0;
    epoch.candidates = 0;
    epoch.final_node = core.last_node_id;
    EPOCH.save_with(deps.storage, core, &epoch);
    // From here on the frozen candidates are those of the next draw.
    if let Some(mut lottery) = LOTTERY.may_load(deps.storage)? {
        lottery.candidates_available = false;
        LOTTERY.save(deps.storage, &lottery);
    }

    let event = event("begin_epoch_transition", &epoch);
    Ok(Response::new().add_event(event))
}

/// Takes the next bounded step of a transition.
pub fn advance(
    deps: DepsMut<'_>,
    env: Env,
    wanted: Option<EpochId>,
    limit: Option<u32>,
) -> Result<Response, ContractError> {
    let mut epoch = EPOCH.load(deps.storage)?;
    if is_stale(&epoch, wanted)? {
        return Ok(nothing_to_do("advance_epoch", &epoch));
    }
    if epoch.phase == Phase::Running {
        return Err(ContractError::TransitionNotBegun { epoch: epoch.id });
    }
    let mut state = STATE.load(deps.storage)?;
    let limit = limit.unwrap_or(DEFAULT_STEP).clamp(1, MAX_NODES_PER_STEP) as usize;
    let before = epoch.id;

    let mut handled = 0;
    let mut settled = None;
    if epoch.phase == Phase::Settling {
        let step = settle::step(deps.storage, &state, &mut epoch, limit)?;
        // The last step may have put announced parameters into force.
        state = STATE.load(deps.storage)?;
        handled = step.nodes;
        settled = Some(step);
    }
    // A candidate costs a small part of what settling a node does: whatever room is left is used for the draw.
    if epoch.phase == Phase::Drawing && handled < limit {
        match draw::step(deps.storage, &env, &state, &mut epoch, limit) {
            Ok(raced) => handled += raced,
            // What was settled in this step must not be lost with the error.
            Err(ContractError::SeedMissing { .. }) if handled > 0 => {}
            Err(error) => return Err(error),
        }
    }
    EPOCH.save(deps.storage, &epoch)?;

    let mut event = event("advance_epoch", &epoch)
        .add_attribute(events::ATTR_COUNT, handled.to_string())
        .add_attribute(events::ATTR_CANDIDATES, epoch.candidates.to_string());
    if let Some(settled) = settled {
        event = event
            .add_attribute(events::ATTR_REWARDED_NODES, settled.rewarded.to_string())
            .add_attribute(events::ATTR_REWARDS, Decimal::new(Uint128::new(settled.paid)).to_string());
        if !settled.parked.is_empty() {
            let named: Vec<_> = settled.parked.iter().take(10).map(ToString::to_string).collect();
            event = event.add_attribute(events::ATTR_PARKED, named.join(","));
        }
    }
    if epoch.id != before {
        let set = RewardedSet::load(deps.storage, epoch.id)?;
        let outcome = match DrawOutcome::from(epoch.outcome) {
            DrawOutcome::None => "none",
            DrawOutcome::Drawn => "drawn",
            DrawOutcome::KeptTooFewCandidates => "kept_too_few_candidates",
            DrawOutcome::KeptNoSeed => "kept_no_seed",
        };
        event = event
            .add_attribute(events::ATTR_DRAW, outcome)
            .add_attribute(events::ATTR_REWARDED, set.seats.len().to_string());
    }
    Ok(Response::new().add_event(event))
}

/// Whether a message is about an epoch that is over.
fn is_stale(epoch: &Epoch, wanted: Option<EpochId>) -> Result<bool, ContractError> {
    match wanted {
        Some(given) if given > epoch.id => Err(ContractError::WrongEpoch { given, current: epoch.id }),
        Some(given) => Ok(given < epoch.id),
        None => Ok(false),
    }
}

fn event(action: &str, epoch: &Epoch) -> Event {
    let state = match epoch.phase {
        Phase::Running => "in_progress",
        Phase::Settling => "rewarding",
        Phase::Drawing => "advancing_epoch",
    };
    Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, action)
        .add_attribute(events::ATTR_EPOCH, epoch.id.to_string())
        .add_attribute(events::ATTR_STATE, state)
}

fn nothing_to_do(action: &str, epoch: &Epoch) -> Response {
    Response::new().add_event(event(action, epoch).add_attribute(events::ATTR_NOTHING_TO_DO, "true"))
}
