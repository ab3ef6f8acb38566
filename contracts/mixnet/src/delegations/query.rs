//! Delegations as wallets read them.

use cosmwasm_std::{coin, Addr, Decimal, Deps, Storage, Uint128};
use cw_storage_plus::PrimaryKey;
use nym_contract_types::mixnet::{
    AllDelegationsResponse, Delegation, DelegatorDelegationsResponse, NodeDelegationResponse, NodeDelegationsResponse,
};
use nym_contract_types::{page, EpochId, NodeId};

use super::state::{StoredDelegation, BY_OWNER, DELEGATIONS};
use crate::mixnodes::state::{LEFT_STAKES, SCALE, STAKES};
use crate::state::CORE;
use crate::ContractError;

/// Default and largest page of every list here.
const PAGE: (u32, u32) = (250, 300);

/// What every reply about delegations needs besides their own records.
struct Context {
    denom: String,
    turn: EpochId,
}

impl Context {
    fn load(storage: &dyn Storage) -> Result<Self, ContractError> {
        let core = CORE.load(storage)?;
        Ok(Self { turn: core.now.turn(), denom: core.denom })
    }

    fn show(
        &self,
        storage: &dyn Storage,
        mix_id: NodeId,
        owner: Addr,
        mut stored: StoredDelegation,
    ) -> Result<Delegation, ContractError> {
        if stored.has_begun(self.turn) {
            let stake = STAKES
                .may_load(storage, mix_id)?
                .map_or_else(|| LEFT_STAKES.may_load(storage, mix_id), |s| Ok(Some(s)))?;
            let now = stake.map_or(0, |stake| stake.unit_reward);
            stored.count_earlier(storage, mix_id, self.turn, now)?;
        }
        let amount = (stored.amount / SCALE)
            .checked_add(stored.pending)
            .ok_or(ContractError::OutOfRange { what: "delegation" })?;
        let counts_from = if stored.pending > 0 { stored.pending_turn.saturating_add(1) } else { 0 };
        Ok(Delegation {
            owner,
            mix_id,
            cumulative_reward_ratio: Decimal::new(Uint128::new(stored.unit_reward)),
            amount: coin(amount, &self.denom),
            height: stored.height,
            pending: Uint128::new(stored.pending),
            counts_from,
        })
    }
}

/// Delegations on a node by owner.
pub fn of_node(
    deps: Deps<'_>,
    mix_id: NodeId,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<NodeDelegationsResponse, ContractError> {
    let context = Context::load(deps.storage)?;
    let limit = page::limit(limit, PAGE.0, PAGE.1);
    let after = start_after.map(String::into_bytes);
    let mut stored = DELEGATIONS.page_under(deps.storage, &mix_id.to_be_bytes(), after, limit + 1)?;
    let more = stored.len() > limit;
    stored.truncate(limit);

    let delegations = stored
        .into_iter()
        .map(|(owner, delegation)| context.show(deps.storage, mix_id, address(owner)?, delegation))
        .collect::<Result<Vec<_>, _>>()?;
    let start_next_after = delegations.last().filter(|_| more).map(|delegation| delegation.owner.to_string());
    Ok(NodeDelegationsResponse { delegations, start_next_after })
}

/// Delegations of an account by node.
pub fn of_owner(
    deps: Deps<'_>,
    delegator: String,
    start_after: Option<(NodeId, String)>,
    limit: Option<u32>,
) -> Result<DelegatorDelegationsResponse, ContractError> {
    let owner = deps.api.addr_validate(&delegator)?;
    let context = Context::load(deps.storage)?;
    let limit = page::limit(limit, PAGE.0, PAGE.1);
    let after = start_after.map(|(mix_id, _)| mix_id.to_be_bytes().to_vec());
    let mut ids = BY_OWNER.page_under(deps.storage, owner.as_bytes(), after, limit + 1)?;
    let more = ids.len() > limit;
    ids.truncate(limit);

    let mut delegations = Vec::with_capacity(ids.len());
    for (key, _) in ids {
        let mix_id = NodeId::from_be_bytes(key.try_into().map_err(|_| ContractError::Corrupt { what: "index" })?);
        if let Some(delegation) = DELEGATIONS.may_load(deps.storage, (mix_id, &owner))? {
            delegations.push(context.show(deps.storage, mix_id, owner.clone(), delegation)?);
        }
    }
    let start_next_after = delegations.last().filter(|_| more).map(|last| (last.mix_id, last.owner.to_string()));
    Ok(DelegatorDelegationsResponse { delegations, start_next_after })
}

/// All delegations by node and owner.
pub fn all(
    deps: Deps<'_>,
    start_after: Option<(NodeId, String)>,
    limit: Option<u32>,
) -> Result<AllDelegationsResponse, ContractError> {
    let context = Context::load(deps.storage)?;
    let limit = page::limit(limit, PAGE.0, PAGE.1);
    let after = start_after.map(|(mix_id, owner)| (mix_id, &Addr::unchecked(owner)).joined_key());
    let mut stored = DELEGATIONS.page_under(deps.storage, &[], after, limit + 1)?;
    let more = stored.len() > limit;
    stored.truncate(limit);

    let delegations = stored
        .into_iter()
        .map(|(key, delegation)| {
            let (mix_id, owner) = <(NodeId, Addr) as cw_storage_plus::KeyDeserialize>::from_vec(key)?;
            context.show(deps.storage, mix_id, owner, delegation)
        })
        .collect::<Result<Vec<_>, ContractError>>()?;
    let start_next_after = delegations.last().filter(|_| more).map(|last| (last.mix_id, last.owner.to_string()));
    Ok(AllDelegationsResponse { delegations, start_next_after })
}

/// One delegation.
pub fn one(deps: Deps<'_>, mix_id: NodeId, delegator: String) -> Result<NodeDelegationResponse, ContractError> {
    let owner = deps.api.addr_validate(&delegator)?;
    let context = Context::load(deps.storage)?;
    let stored = DELEGATIONS.may_load(deps.storage, (mix_id, &owner))?;
    let delegation = stored.map(|stored| context.show(deps.storage, mix_id, owner, stored)).transpose()?;
    Ok(NodeDelegationResponse { delegation, mixnode_still_bonded: STAKES.has(deps.storage, mix_id) })
}

fn address(key: Vec<u8>) -> Result<Addr, ContractError> {
    let text = String::from_utf8(key).map_err(|_| ContractError::Corrupt { what: "index" })?;
    Ok(Addr::unchecked(text))
}
