//! Bonding, unbonding and announcing gateways.

use cosmwasm_std::{Addr, Binary, DepsMut, Env, Event, MessageInfo, Response, Uint128};
use nym_contract_types::keys;
use nym_contract_types::mixnet::{events, Gateway, GatewayBonding, GatewayConfigUpdate};
use nym_contract_types::signing::MessageType;

use super::state::{Bond, GATEWAYS};
use crate::funds::{one_coin, pay};
use crate::rotation::state::{keep_bonded, KEYS};
use crate::signatures::Signed;
use crate::state::{bond_of, ensure_identity_free, gateway_in, Account, Bonded, Holder, CORE, IDENTITIES};
use crate::{announced, ContractError};

/// Registers the sender's gateway.
pub fn bond(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    gateway: Gateway,
    owner_signature: Binary,
) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let mut account = Account::load(deps.storage, &core, &info.sender)?;
    account.ensure_unbonded(&info.sender)?;

    let pledge = one_coin(&info, &core.denom)?;
    if pledge.u128() < core.minimum_gateway_pledge {
        let (pledge, minimum) = (core.coin(pledge.u128()), core.coin(core.minimum_gateway_pledge));
        return Err(ContractError::PledgeTooSmall { pledge, minimum });
    }
    let node = announced::gateway(&gateway, core.allow_loopback)?;
    ensure_identity_free(deps.storage, &core, &node.identity)?;
    let bonding = GatewayBonding { gateway };
    let message_type = MessageType::GatewayBonding;
    let signed = Signed { sender: &info.sender, message_type, funds: &info.funds, identity: &node.identity };
    signed.consume(deps.as_ref(), &env, &mut account, &bonding, &owner_signature)?;
    let Gateway { identity_key, location, .. } = bonding.gateway;

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "bond_gateway")
        .add_attribute(events::ATTR_IDENTITY, &identity_key)
        .add_attribute(events::ATTR_OWNER, &info.sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{pledge}{}", core.denom));
    keep_bonded(deps.storage, &core, &node.identity, &node.sphinx, node.link.as_ref());
    core.owe_units(0, pledge.u128())?;
    CORE.save(deps.storage, &core);
    account.bonded = Some(Bonded::Gateway(node.identity));
    account.save(deps.storage, &core, &info.sender);
    IDENTITIES.save(deps.storage, &node.identity, &Holder::Gateway);
    let bond = Bond { owner: info.sender, height: env.block.height, pledge: pledge.u128(), location, node };
    GATEWAYS.save(deps.storage, &identity_key, &bond);

    Ok(Response::new().add_event(event))
}

/// Removes the sender's gateway and pays its pledge back.
pub fn unbond(deps: DepsMut<'_>, sender: Addr) -> Result<Response, ContractError> {
    let mut core = CORE.load(deps.storage)?;
    let mut account = Account::load(deps.storage, &core, &sender)?;
    let identity = gateway_in(account.bonded, &sender)?;
    let identity_key = keys::to_text(&identity);
    let pledge = GATEWAYS.load(deps.storage, &identity_key)?.pledge;

    GATEWAYS.remove(deps.storage, &identity_key);
    IDENTITIES.remove(deps.storage, &identity);
    KEYS.remove(deps.storage, &identity);
    account.bonded = None;
    account.save(deps.storage, &core, &sender);
    core.owe_units(pledge, 0)?;
    CORE.save(deps.storage, &core);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "unbond_gateway")
        .add_attribute(events::ATTR_IDENTITY, identity_key)
        .add_attribute(events::ATTR_OWNER, &sender)
        .add_attribute(events::ATTR_AMOUNT, format!("{pledge}{}", core.denom));
    Ok(Response::new().add_messages(pay(&sender, Uint128::new(pledge), &core.denom)).add_event(event))
}

/// Announces a gateway's new address.
pub fn update_config(
    deps: DepsMut<'_>,
    sender: Addr,
    new_config: GatewayConfigUpdate,
) -> Result<Response, ContractError> {
    let core = CORE.load(deps.storage)?;
    let identity_key = keys::to_text(&gateway_in(bond_of(deps.storage, &sender)?, &sender)?);
    let mut bond = GATEWAYS.load(deps.storage, &identity_key)?;
    bond.node.update(&new_config, core.allow_loopback)?;
    bond.location = new_config.location;
    GATEWAYS.save(deps.storage, &identity_key, &bond);

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "update_gateway_config")
        .add_attribute(events::ATTR_IDENTITY, identity_key);
    Ok(Response::new().add_event(event))
}
