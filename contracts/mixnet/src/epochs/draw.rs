//! The draw: frozen candidates race for the seats of the next epoch, which then becomes current.

use cosmwasm_std::{Binary, Env, Storage};
use nym_contract_types::lottery::{self, Finish, Race};
use nym_contract_types::mixnet::{ContractState, LotteryResponse, SeedSource};

use super::clock::{Epoch, Outcome, Phase};
use super::state::{RaceState, RewardedSet, Seat, CANDIDATES, LAST_SEED, LOTTERY, PAGE_NODES, RACE, REWARDED_SETS};
use crate::beacon::state::seed_of;
use crate::state::REWARDING;
use crate::ContractError;

/// Lets at most `limit` candidates race, to whole pages. Returns how many raced; when all have, the next epoch is current.
pub fn step(
    storage: &mut dyn Storage,
    env: &Env,
    state: &ContractState,
    epoch: &mut Epoch,
    limit: usize,
) -> Result<usize, ContractError> {
    let next = epoch.next_id()?;
    let Some(seed) = seed(storage, env, state, epoch)? else {
        keep(storage, env, state, epoch, Outcome::NoSeed)?;
        return Ok(0);
    };

    let params = REWARDING.load(storage)?;
    let (rewarded_size, active_size) = (params.rewarded_set_size, params.active_set_size);
    let stored = RACE.may_load(storage)?.unwrap_or(RaceState { raced: 0, best: Vec::new() });
    let best = stored.best.into_iter().map(|(time, node_id)| Finish { time, node_id }).collect();
    let mut race = Race::new(rewarded_size as usize, best);
    let mut raced = stored.raced;
    let mut done = 0;
    while epoch.cursor < epoch.candidates && done < limit {
        let page = CANDIDATES.may_load(storage, epoch.cursor / PAGE_NODES)?;
        let page = page.ok_or(ContractError::Corrupt { what: "page of candidates" })?;
        for (id, weight) in &page.0 {
            if let Some(finish) = lottery::finish(&seed, next, *id, *weight) {
                race.offer(finish);
                raced += 1;
            }
        }
        done += page.0.len();
        epoch.cursor = epoch.cursor.saturating_add(PAGE_NODES).min(epoch.candidates);
    }
    if epoch.cursor < epoch.candidates {
        let best = race.into_order().into_iter().map(|finish| (finish.time, finish.node_id)).collect();
        RACE.save(storage, &RaceState { raced, best });
        return Ok(done);
    }
    RACE.remove(storage);

    LAST_SEED.save(storage, &seed);
    if raced < lottery::MIN_CANDIDATES {
        keep(storage, env, state, epoch, Outcome::TooFew)?;
        return Ok(done);
    }
    let seats = lottery::seat(&seed, next, &race.into_order(), active_size as usize);
    let seats = seats.into_iter().map(|(node, layer)| Seat { node, layer_or_zero: layer.unwrap_or(0) }).collect();
    REWARDED_SETS.save(storage, next % 2, &RewardedSet { rewarded_size, active_size, seats });
    record(storage, state, epoch, Outcome::Drawn, seed)?;
    turn_over(env, state, epoch, Outcome::Drawn)?;
    Ok(done)
}

/// The seed of the next epoch; `None` when none came in time and the set stays.
fn seed(
    storage: &dyn Storage,
    env: &Env,
    state: &ContractState,
    epoch: &Epoch,
) -> Result<Option<Binary>, ContractError> {
    let next = epoch.next_id()?;
    if state.epochs.bootstrap_seed {
        let last = LAST_SEED.load(storage)?;
        let seed = lottery::bootstrap_seed(&env.block.chain_id, env.contract.address.as_str(), next, last.as_slice());
        return Ok(Some(Binary::from(seed)));
    }
    if let Some(seed) = seed_of(storage, next)? {
        return Ok(Some(seed));
    }
    let until = epoch.begun_at.saturating_add(state.epochs.seed_grace);
    let now = env.block.time.seconds();
    if now < until {
        return Err(ContractError::SeedMissing { epoch: next, until, now });
    }
    Ok(None)
}

/// The set of the epoch stays for the next.
fn keep(
    storage: &mut dyn Storage,
    env: &Env,
    state: &ContractState,
    epoch: &mut Epoch,
    outcome: Outcome,
) -> Result<(), ContractError> {
    RACE.remove(storage);
    let set = RewardedSet::load(storage, epoch.id)?;
    REWARDED_SETS.save(storage, epoch.next_id()? % 2, &set);
    let seed = match outcome {
        Outcome::TooFew => LAST_SEED.load(storage)?,
        Outcome::None | Outcome::Drawn | Outcome::NoSeed => Binary::default(),
    };
    record(storage, state, epoch, outcome, seed)?;
    turn_over(env, state, epoch, outcome)
}

/// Records how the next epoch's set came about.
fn record(
    storage: &mut dyn Storage,
    state: &ContractState,
    epoch: &Epoch,
    outcome: Outcome,
    seed: Binary,
) -> Result<(), ContractError> {
    let params = REWARDING.load(storage)?;
    let lottery = LotteryResponse {
        epoch: epoch.next_id()?,
        outcome: outcome.into(),
        seed_source: seed_source(state),
        seed,
        candidates: epoch.candidates,
        rewarded_set_size: params.rewarded_set_size,
        active_set_size: params.active_set_size,
        candidates_available: true,
    };
    LOTTERY.save(storage, &lottery);
    Ok(())
}

/// Where seeds come from.
pub fn seed_source(state: &ContractState) -> SeedSource {
    if state.epochs.bootstrap_seed {
        SeedSource::Bootstrap
    } else {
        SeedSource::Beacon
    }
}

/// Makes the next epoch current.
fn turn_over(env: &Env, state: &ContractState, epoch: &mut Epoch, outcome: Outcome) -> Result<(), ContractError> {
    let id = epoch.next_id()?;
    // The clock of epochs has no drift; only a first epoch without length starts it at its end.
    let starts_at = if epoch.length == 0 { env.block.time.seconds() } else { epoch.ends_at() };

    *epoch = Epoch {
        id,
        phase: Phase::Running,
        starts_at,
        length: state.epochs.epoch_length,
        height: env.block.height,
        previous_height: epoch.height,
        interval: epoch.interval,
        interval_start: epoch.interval_start,
        outcome,
        begun_at: 0,
        cursor: 0,
        final_node: 0,
        candidates: epoch.candidates,
    };
    Ok(())
}
