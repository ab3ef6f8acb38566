//! Announcing keys, posting shares, bringing seeds.

use cosmwasm_std::{Addr, Api, Binary, Deps, DepsMut, Env, Event, HashFunction, Response};
use cosmwasm_std::{BLS12_381_G1_GENERATOR, BLS12_381_G2_GENERATOR};
use nym_contract_types::beacon::{DOMAIN, KEY_LENGTH, SIGNATURE_LENGTH};
use nym_contract_types::mixnet::{events, limits::MAX_MEMBERS, BeaconKey};
use nym_contract_types::EpochId;

use super::state::{message, seed_of, Beacon, Signed, StoredKey, BEACON, MEMBERS, NEXT_SEED, SHARES};
use crate::epochs::clock::{Epoch, Phase, EPOCH};
use crate::state::STATE;
use crate::ContractError;

/// Posts a member's share of the coming epoch's seed.
pub fn submit_share(
    deps: DepsMut<'_>,
    env: Env,
    sender: Addr,
    wanted: EpochId,
    share: Binary,
) -> Result<Response, ContractError> {
    let (epoch, key) = open(deps.as_ref(), &env, wanted)?;
    let members = MEMBERS.may_load(deps.storage, key.slot)?.unwrap_or_default();
    let Some(member) = members.into_iter().find(|member| member.account == sender.as_str()) else {
        return Err(ContractError::NotBeaconMember { sender });
    };
    let signature = checked(deps.as_ref(), &env, &epoch, &member.key, &share, || format!("member {}", member.index))?;

    SHARES.save(deps.storage, (wanted % 2, member.index), &Signed { epoch: wanted, signature });

    let event = event("submit_seed_share")
        .add_attribute(events::ATTR_EPOCH, wanted.to_string())
        .add_attribute(events::ATTR_MEMBER, member.index.to_string());
    Ok(Response::new().add_event(event))
}

/// Brings the coming epoch's seed.
pub fn submit_seed(deps: DepsMut<'_>, env: Env, wanted: EpochId, signature: Binary) -> Result<Response, ContractError> {
    let event = event("submit_seed").add_attribute(events::ATTR_EPOCH, wanted.to_string());
    // Two may bring it at once. There is but one, so the second has nothing to do, and neither has whoever comes later.
    let stale = wanted <= EPOCH.load(deps.storage)?.id;
    if stale || seed_of(deps.storage, wanted)?.is_some() {
        return Ok(Response::new().add_event(event.add_attribute(events::ATTR_NOTHING_TO_DO, "true")));
    }
    let (epoch, key) = open(deps.as_ref(), &env, wanted)?;
    let signature = checked(deps.as_ref(), &env, &epoch, &key.key, &signature, || "the group".to_owned())?;

    NEXT_SEED.save(deps.storage, &Signed { epoch: wanted, signature });

    Ok(Response::new().add_event(event))
}

/// Announces the group's key.
pub fn update_key(deps: DepsMut<'_>, sender: Addr, key: BeaconKey) -> Result<Response, ContractError> {
    let mut beacon = Beacon::load(deps.storage)?;
    if beacon.offered.as_ref() == Some(&sender) {
        beacon.authority = Some(sender);
        beacon.offered = None;
    } else {
        authorise(deps.as_ref(), &beacon, sender)?;
    }
    check_key(deps.api, &key)?;

    let epoch = EPOCH.load(deps.storage)?;
    // What was announced and never held is replaced; of those that held only the last one is needed.
    beacon.keys.retain(|key| key.holds(epoch.id));
    let before = beacon.keys.pop();
    let slot = before.as_ref().map_or(0, |before| 1 - before.slot.min(1));
    let turn = epoch.turn();
    MEMBERS.save(deps.storage, slot, &key.members);
    beacon.keys = before.into_iter().collect();
    beacon.keys.push(StoredKey { key: key.key, threshold: key.threshold, turn, slot });
    BEACON.save(deps.storage, &beacon);

    let counts_from = u64::from(turn).saturating_add(2);
    let event = event("update_beacon_key")
        .add_attribute(events::ATTR_COUNT, key.members.len().to_string())
        .add_attribute(events::ATTR_COUNTS_FROM, counts_from.to_string());
    Ok(Response::new().add_event(event))
}

/// Offers the beacon to another authority.
pub fn hand_over(deps: DepsMut<'_>, sender: Addr, authority: String) -> Result<Response, ContractError> {
    let mut beacon = Beacon::load(deps.storage)?;
    let offered = deps.api.addr_validate(&authority)?;
    let own = offered == sender;
    authorise(deps.as_ref(), &beacon, sender)?;

    beacon.offered = (!own).then_some(offered);
    BEACON.save(deps.storage, &beacon);

    Ok(Response::new().add_event(event("hand_over_beacon").add_attribute(events::ATTR_OWNER, authority)))
}

/// Whether shares and the seed of an epoch are accepted now; the epoch that ends and the key that signs.
fn open(deps: Deps<'_>, env: &Env, wanted: EpochId) -> Result<(Epoch, StoredKey), ContractError> {
    let epoch = EPOCH.load(deps.storage)?;
    let refuse = |rule| ContractError::SeedNotAccepted { epoch: wanted, rule };
    if wanted != epoch.next_id()? {
        return Err(ContractError::WrongEpoch { given: wanted, current: epoch.id });
    }
    let state = STATE.load(deps.storage)?;
    if state.epochs.bootstrap_seed {
        return Err(refuse("seeds come from the hash chain in this network"));
    }
    if epoch.phase == Phase::Running {
        return Err(refuse("the transition has not begun"));
    }
    // After the grace anyone may keep the set: with a choice between that and a draw somebody would choose.
    if env.block.time.seconds() >= epoch.begun_at.saturating_add(state.epochs.seed_grace) {
        return Err(refuse("its time is over"));
    }
    let beacon = Beacon::load(deps.storage)?;
    let key = beacon.in_force(epoch.id).cloned().ok_or_else(|| refuse("no key of the group is in force"))?;
    Ok((epoch, key))
}

/// A signature, if it is `key`'s over the message of the coming epoch.
fn checked(
    deps: Deps<'_>,
    env: &Env,
    epoch: &Epoch,
    key: &Binary,
    signature: &Binary,
    signer: impl FnOnce() -> String,
) -> Result<[u8; SIGNATURE_LENGTH], ContractError> {
    let point = || ContractError::Point { name: "signature" };
    let signature: [u8; SIGNATURE_LENGTH] = signature.as_slice().try_into().map_err(|_| point())?;
    let message = message(deps.storage, env, epoch)?;
    let hash = deps.api.bls12_381_hash_to_g1(HashFunction::Sha256, &message, DOMAIN).map_err(|_| point())?;
    // e(H, key) = e(signature, g2). Keys are not the identity, so neither can a valid signature be.
    let valid = deps.api.bls12_381_pairing_equality(&hash, key, &signature, &BLS12_381_G2_GENERATOR);
    if !valid.map_err(|_| point())? {
        return Err(ContractError::SeedSignature { signer: signer(), epoch: epoch.next_id()? });
    }
    Ok(signature)
}

fn authorise(deps: Deps<'_>, beacon: &Beacon, sender: Addr) -> Result<(), ContractError> {
    let authority = super::query::authority(deps, beacon)?;
    if authority != sender {
        return Err(ContractError::NotBeaconAuthority { sender, authority });
    }
    Ok(())
}

/// Checks a key with its members.
fn check_key(api: &dyn Api, key: &BeaconKey) -> Result<(), ContractError> {
    let count = key.members.len();
    if count > MAX_MEMBERS {
        return Err(ContractError::TooMany { what: "members", count, maximum: MAX_MEMBERS });
    }
    if key.threshold == 0 || key.threshold as usize > count {
        let value = key.threshold.to_string();
        return Err(ContractError::Parameter { name: "threshold", value, rule: "1 to the number of members" });
    }
    for (position, member) in key.members.iter().enumerate() {
        api.addr_validate(&member.account)?;
        if member.index == 0 {
            return Err(ContractError::Parameter { name: "index", value: "0".to_owned(), rule: "at least 1" });
        }
        let mut earlier = key.members.iter().take(position);
        if earlier.any(|other| other.index == member.index || other.account == member.account) {
            return Err(ContractError::Duplicate { what: "member", value: member.account.clone() });
        }
    }
    let keys: Vec<&Binary> = key.members.iter().map(|member| &member.key).chain([&key.key]).collect();
    if keys.iter().any(|key| key.len() != KEY_LENGTH || key.first().is_none_or(|flags| flags & 0x40 != 0)) {
        return Err(ContractError::Point { name: "key" });
    }
    // The host parses every point, subgroups included, before it answers; the answer itself says nothing here.
    let generators = BLS12_381_G1_GENERATOR.repeat(keys.len());
    let keys: Vec<u8> = keys.into_iter().flat_map(|key| key.iter().copied()).collect();
    api.bls12_381_pairing_equality(&generators, &keys, &BLS12_381_G1_GENERATOR, &BLS12_381_G2_GENERATOR)
        .map_err(|_| ContractError::Point { name: "key" })?;
    Ok(())
}

fn event(action: &str) -> Event {
    Event::new(events::MIXNET).add_attribute(events::ATTR_ACTION, action)
}
