//! Announcing keys.

use cosmwasm_std::{Addr, Binary, DepsMut, Env, Event, Response};
use nym_contract_types::mixnet::{events, NodeKeys};
use nym_contract_types::signing::MessageType;

use super::state::{PeriodKeys, KEYS};
use crate::mixnodes::state::{BONDS, STAKES};
use crate::signatures::Signed;
use crate::state::{Account, Bonded, CORE};
use crate::{announced, ContractError};

/// Announces the keys of the sender's node for the coming period, or for the current one if it has none.
pub fn update(
    deps: DepsMut<'_>,
    env: Env,
    sender: Addr,
    new: NodeKeys,
    signature: Binary,
) -> Result<Response, ContractError> {
    let core = CORE.load(deps.storage)?;
    let period = new.period;
    let refuse = |rule| Err(ContractError::KeysNotAccepted { period, rule });
    let Some(current) = core.period_of(core.now.id) else {
        return refuse("keys of this network do not expire");
    };
    // Who may be drawn is frozen while the seed can become known.
    core.now.stakes_may_change()?;
    let mut account = Account::load(deps.storage, &core, &sender)?;
    let (identity, mix_id) = match account.bonded {
        Some(Bonded::Gateway(identity)) => (identity, None),
        Some(Bonded::Mixnode(mix_id)) => (BONDS.load(deps.storage, mix_id)?.node.identity, Some(mix_id)),
        None => return Err(ContractError::NothingBonded { owner: sender }),
    };

    let keys = PeriodKeys {
        period,
        sphinx: announced::key("sphinx_key", &new.sphinx_key)?,
        link: announced::key("noise_key", &new.noise_key)?,
    };
    let mut kept = KEYS.may_load(deps.storage, &identity)?.unwrap_or_default();
    if period != current && Some(period) != current.checked_add(1) {
        return refuse("it is neither the current period nor the coming one");
    }
    if period == current && kept.of(period).is_some() {
        return refuse("it has begun, and its keys serve until its end");
    }
    let signed = Signed { sender: &sender, message_type: MessageType::NodeKeys, funds: &[], identity: &identity };
    signed.consume(deps.as_ref(), &env, &mut account, &new, &signature)?;

    account.save(deps.storage, &core, &sender);
    kept.put(keys, current);
    KEYS.save(deps.storage, &identity, &kept);
    let mut event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_node_keys")
        .add_attribute(events::ATTR_IDENTITY, nym_contract_types::keys::to_text(&identity))
        .add_attribute(events::ATTR_OWNER, &sender)
        .add_attribute(events::ATTR_PERIOD, period.to_string());
    if let Some(mix_id) = mix_id {
        let mut stake = STAKES.load(deps.storage, mix_id)?;
        stake.keyed = kept.keyed();
        STAKES.save(deps.storage, mix_id, &stake);
        event = event.add_attribute(events::ATTR_MIX_ID, mix_id.to_string());
    }
    Ok(Response::new().add_event(event))
}
