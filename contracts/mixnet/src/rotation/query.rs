//! Keys as nodes and topologies read them.

use cosmwasm_std::{Deps, Storage};
use nym_contract_types::mixnet::{
    KeyRotationIdResponse, KeyRotationStateResponse, NodeKeys, NodeKeysResponse, PagedNodeKeysResponse, KEY_OVERLAP,
};
use nym_contract_types::{keys, page};

use super::state::{KeptKeys, PeriodKeys, KEYS};
use crate::gateways::state::GATEWAYS;
use crate::mixnodes::state::BONDS;
use crate::state::{mixnode_with, CORE};
use crate::ContractError;

/// Number of the current period.
pub fn id(deps: Deps<'_>) -> Result<KeyRotationIdResponse, ContractError> {
    Ok(KeyRotationIdResponse { rotation_id: current(deps.storage)?.unwrap_or_default() })
}

/// How long keys serve.
pub fn state(deps: Deps<'_>) -> Result<KeyRotationStateResponse, ContractError> {
    let validity_epochs = CORE.load(deps.storage)?.key_period;
    Ok(KeyRotationStateResponse { validity_epochs, initial_epoch_id: 0, overlap_epochs: KEY_OVERLAP })
}

/// Keys of one node.
pub fn of_node(deps: Deps<'_>, identity: String) -> Result<NodeKeysResponse, ContractError> {
    let Some(period) = current(deps.storage)? else {
        let current = bonded(deps.storage, &identity)?;
        return Ok(NodeKeysResponse { identity, period: 0, current, coming: None });
    };
    let key = keys::parse(&identity).unwrap_or_default();
    Ok(show(identity, period, &KEYS.may_load(deps.storage, &key)?.unwrap_or_default()))
}

/// Keys of all nodes.
pub fn all(
    deps: Deps<'_>,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<PagedNodeKeysResponse, ContractError> {
    let limit = page::limit(limit, 250, 300);
    let period = current(deps.storage)?.unwrap_or_default();
    let after = start_after.map(|after| keys::parse(&after).unwrap_or_default());
    let (found, last) = KEYS.list(deps.storage, after.as_ref(), limit)?;
    let nodes = found.into_iter().map(|(identity, kept)| show(keys::to_text(&identity), period, &kept)).collect();
    Ok(PagedNodeKeysResponse { nodes, start_next_after: last.as_ref().map(keys::to_text) })
}

fn current(storage: &dyn Storage) -> Result<Option<u32>, ContractError> {
    let core = CORE.load(storage)?;
    Ok(core.period_of(core.now.id))
}

fn show(identity: String, period: u32, kept: &KeptKeys) -> NodeKeysResponse {
    let coming = period.checked_add(1).and_then(|coming| kept.of(coming));
    NodeKeysResponse {
        identity,
        period,
        current: kept.of(period).map(PeriodKeys::show),
        coming: coming.map(PeriodKeys::show),
    }
}

/// The keys of a bond, if they are complete.
fn bonded(storage: &dyn Storage, identity: &str) -> Result<Option<NodeKeys>, ContractError> {
    let key = keys::parse(identity).unwrap_or_default();
    let (sphinx, link) = if let Some(mix_id) = mixnode_with(storage, &key)? {
        let node = BONDS.load(storage, mix_id)?.node;
        (node.sphinx, node.link)
    } else if let Some(bond) = GATEWAYS.may_load(storage, identity)? {
        (bond.node.sphinx, bond.node.link)
    } else {
        return Ok(None);
    };
    Ok(link.map(|link| PeriodKeys { period: 0, sphinx, link }.show()))
}
