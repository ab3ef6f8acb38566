//! The beacon as members and verifiers read it.

use cosmwasm_std::{Addr, Binary, Deps, Env};
use nym_contract_types::mixnet::{AnnouncedBeaconKey, BeaconResponse, SeedShare};
use nym_contract_types::order;

use super::state::{message, seed_of, Beacon, SHARES};
use crate::epochs::clock::{Phase, EPOCH};
use crate::state::STATE;
use crate::ContractError;

/// Keys, what is to be signed, shares and seed.
pub fn beacon(deps: Deps<'_>, env: Env) -> Result<BeaconResponse, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    let beacon = Beacon::load(deps.storage)?;
    let next = epoch.next_id()?;

    let authority = authority(deps, &beacon)?;
    let announced = beacon.announced(epoch.id).cloned();
    let counts_from = announced.as_ref().map_or(0, |key| key.turn.saturating_add(2));
    let announced = announced.map(|key| key.with_members(deps.storage)).transpose()?;
    let key = beacon.in_force(epoch.id).cloned().map(|key| key.with_members(deps.storage)).transpose()?;
    let until = (epoch.phase != Phase::Running).then(|| epoch.begun_at.saturating_add(state.epochs.seed_grace));
    let in_time = until.is_some_and(|until| env.block.time.seconds() < until);

    let mut indexes: Vec<_> = key.iter().flat_map(|key| &key.members).map(|member| member.index).collect();
    order::sort(&mut indexes);
    let mut shares = Vec::new();
    for index in indexes {
        if let Some(share) = SHARES.may_load(deps.storage, (next % 2, index))?.filter(|s| s.epoch == next) {
            shares.push(SeedShare { index, share: Binary::from(share.signature) });
        }
    }
    Ok(BeaconResponse {
        authority,
        offered: beacon.offered,
        open: in_time && key.is_some() && !state.epochs.bootstrap_seed,
        key,
        announced: announced.map(|key| AnnouncedBeaconKey { key, counts_from }),
        epoch: next,
        message: Binary::from(message(deps.storage, &env, &epoch)?),
        until,
        shares,
        seed: seed_of(deps.storage, next)?,
    })
}

/// Account that announces keys.
pub fn authority(deps: Deps<'_>, beacon: &Beacon) -> Result<Addr, ContractError> {
    match &beacon.authority {
        Some(authority) => Ok(authority.clone()),
        None => Ok(STATE.load(deps.storage)?.owner),
    }
}
