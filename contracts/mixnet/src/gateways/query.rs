//! Gateways as wallets and services read them.

use cosmwasm_std::Deps;
use nym_contract_types::mixnet::{GatewayBondResponse, OwnedGatewayResponse, PagedGatewayResponse};
use nym_contract_types::{keys, page};

use super::state::GATEWAYS;
use crate::state::{bond_of, Bonded, CORE};
use crate::ContractError;

/// Gateways by identity key.
pub fn gateways(
    deps: Deps<'_>,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<PagedGatewayResponse, ContractError> {
    let limit = page::limit(limit, 100, 150);
    let denom = CORE.load(deps.storage)?.denom;
    let (bonds, start_next_after) = GATEWAYS.list(deps.storage, start_after.as_deref(), limit)?;
    let nodes = bonds.into_iter().map(|(_, bond)| bond.show(&denom)).collect();
    Ok(PagedGatewayResponse { nodes, start_next_after })
}

/// One gateway.
pub fn gateway(deps: Deps<'_>, identity: String) -> Result<GatewayBondResponse, ContractError> {
    let denom = CORE.load(deps.storage)?.denom;
    let gateway = GATEWAYS.may_load(deps.storage, &identity)?.map(|bond| bond.show(&denom));
    Ok(GatewayBondResponse { identity, gateway })
}

/// The gateway of an account.
pub fn owned(deps: Deps<'_>, address: String) -> Result<OwnedGatewayResponse, ContractError> {
    let address = deps.api.addr_validate(&address)?;
    let bond = match bond_of(deps.storage, &address)? {
        Some(Bonded::Gateway(identity)) => GATEWAYS.may_load(deps.storage, &keys::to_text(&identity))?,
        _ => None,
    };
    let denom = CORE.load(deps.storage)?.denom;
    let gateway = bond.map(|bond| bond.show(&denom));
    Ok(OwnedGatewayResponse { address, gateway })
}
