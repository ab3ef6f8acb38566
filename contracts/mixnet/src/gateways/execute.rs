//! Bonding, unbonding and announcing gateways.

use cosmwasm_std::{Addr, Binary, Coin, DepsMut, Env, Event, MessageInfo, Response, Uint128};
use nym_contract_types::keys;
use nym_contract_types::mixnet::{events, Gateway, GatewayBond, GatewayBonding, GatewayConfigUpdate};
use nym_contract_types::signing::MessageType;

use super::state::GATEWAYS;
use crate::epochs::state::EPOCH;
use crate::funds::{one_coin, pay};
use crate::mixnodes::state::IDS_BY_IDENTITY;
use crate::rotation::state::{keep_bonded, KEYS};
use crate::state::{ensure_unbonded, gateway_of, Bonded, BONDS_BY_OWNER, STATE};
use crate::{announced, owed, signatures, ContractError};

/// Registers the sender's gateway.
pub fn bond(
    mut deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    gateway: Gateway,
    owner_signature: Binary,
) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    ensure_unbonded(deps.storage, &info.sender)?;

    let pledged = one_coin(&info, &state.rewarding_denom)?;
    let pledge = Coin::new(pledged, &state.rewarding_denom);
    let minimum = state.params.minimum_gateway_pledge;
    if pledge.amount < minimum.amount {
        return Err(ContractError::PledgeTooSmall { pledge, minimum });
    }
    let identity = announced::gateway(&gateway, state.allow_loopback)?;
    if IDS_BY_IDENTITY.has(deps.storage, &identity) || GATEWAYS.has(deps.storage, gateway.identity_key.as_str()) {
        return Err(ContractError::IdentityTaken { identity: gateway.identity_key });
    }
    let signed = GatewayBonding { gateway };
    signatures::consume(
        deps.branch(),
        &env,
        &info.sender,
        MessageType::GatewayBonding,
        &signed,
        &info.funds,
        &identity,
        &owner_signature,
    )?;
    let gateway = signed.gateway;

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "bond_gateway")
        .add_attribute(events::ATTR_IDENTITY, &gateway.identity_key)
        .add_attribute(events::ATTR_OWNER, &info.sender)
        .add_attribute(events::ATTR_AMOUNT, pledge.to_string());
    if state.epochs.key_period > 0 {
        let turn = EPOCH.load(deps.storage)?.turn();
        let (sphinx_key, noise_key) = (&gateway.sphinx_key, gateway.noise_key.as_deref());
        keep_bonded(deps.storage, &state.epochs, turn, &identity, sphinx_key, noise_key)?;
    }
    owed::change_units(deps.storage, 0, pledged.u128())?;
    BONDS_BY_OWNER.save(deps.storage, &info.sender, &Bonded::Gateway(identity));
    let key = gateway.identity_key.clone();
    let bond = GatewayBond { pledge_amount: pledge, owner: info.sender, block_height: env.block.height, gateway };
    GATEWAYS.save(deps.storage, &key, &bond);

    Ok(Response::new().add_event(event))
}

/// Removes the sender's gateway and pays its pledge back.
pub fn unbond(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let identity = gateway_of(deps.storage, &sender)?;
    let bond = GATEWAYS.load(deps.storage, &identity)?;

    GATEWAYS.remove(deps.storage, &identity);
    if let Some(identity) = keys::parse(&identity) {
        KEYS.remove(deps.storage, &identity);
    }
    BONDS_BY_OWNER.remove(deps.storage, &sender);

    let amount =
        Uint128::try_from(bond.pledge_amount.amount).map_err(|_| ContractError::OutOfRange { what: "pledge" })?;
    owed::change_units(deps.storage, amount.u128(), 0)?;
    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "unbond_gateway")
        .add_attribute(events::ATTR_IDENTITY, identity)
        .add_attribute(events::ATTR_OWNER, &sender)
        .add_attribute(events::ATTR_AMOUNT, bond.pledge_amount.to_string());
    Ok(Response::new().add_messages(pay(&sender, amount, &bond.pledge_amount.denom)).add_event(event))
}

/// Announces a gateway's new address.
pub fn update_config(
    deps: DepsMut<'_>,
    sender: Addr,
    new_config: GatewayConfigUpdate,
) -> Result<Response, ContractError> {
    let state = STATE.load(deps.storage)?;
    let identity = gateway_of(deps.storage, &sender)?;
    announced::gateway_config(&new_config, state.allow_loopback)?;

    let mut bond = GATEWAYS.load(deps.storage, &identity)?;
    bond.gateway.host = new_config.host;
    bond.gateway.mix_port = new_config.mix_port;
    bond.gateway.clients_port = new_config.clients_port;
    bond.gateway.location = new_config.location;
    bond.gateway.version = new_config.version;
    GATEWAYS.save(deps.storage, &identity, &bond);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_gateway_config")
        .add_attribute(events::ATTR_IDENTITY, identity);
    Ok(Response::new().add_event(event))
}
