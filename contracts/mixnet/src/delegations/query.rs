//! Delegations as wallets read them.

use cosmwasm_std::{coin, Addr, Decimal, Deps, Storage, Uint128};
use nym_contract_types::mixnet::{
    AllDelegationsResponse, Delegation, DelegatorDelegationsResponse, NodeDelegationResponse, NodeDelegationsResponse,
};
use nym_contract_types::{page, EpochId, NodeId};

use super::state::{StoredDelegation, BY_OWNER, DELEGATIONS};
use crate::mixnodes::staked::Staked;
use crate::mixnodes::state::{SCALE, STAKES};
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

    /// The delegation as the next message would find it.
    fn settled(
        &self,
        storage: &dyn Storage,
        mix_id: NodeId,
        stored: &StoredDelegation,
    ) -> Result<StoredDelegation, ContractError> {
        let mut settled = stored.clone();
        if settled.has_begun(self.turn) {
            if let Some((stake, _)) = Staked::find(storage, mix_id)? {
                settled.count_earlier(storage, mix_id, self.turn, &stake)?;
            }
        }
        Ok(settled)
    }

    fn show(
        &self,
        storage: &dyn Storage,
        mix_id: NodeId,
        owner: Addr,
        stored: StoredDelegation,
    ) -> Result<Delegation, ContractError> {
        // As it is stored where a record of its node is damaged: that must not hide what was delegated.
        let stored = self.settled(storage, mix_id, &stored).unwrap_or(stored);
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
    let start_after = start_after.map(Addr::unchecked);
    let (stored, last) = DELEGATIONS.list_under(deps.storage, &mix_id.to_be_bytes(), start_after, limit)?;
    let delegations = stored
        .into_iter()
        .filter_map(|(owner, delegation)| context.show(deps.storage, mix_id, owner, delegation).ok())
        .collect();
    Ok(NodeDelegationsResponse { delegations, start_next_after: last.map(Addr::into_string) })
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
    let start_after = start_after.map(|(mix_id, _)| mix_id);
    let (ids, last) = BY_OWNER.list_under(deps.storage, owner.as_bytes(), start_after, limit)?;
    let delegations = ids
        .into_iter()
        .filter_map(|(mix_id, _)| {
            let delegation = DELEGATIONS.load(deps.storage, (mix_id, &owner)).ok()?;
            context.show(deps.storage, mix_id, owner.clone(), delegation).ok()
        })
        .collect();
    let start_next_after = last.map(|mix_id| (mix_id, owner.to_string()));
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
    let after = start_after.map(|(mix_id, owner)| (mix_id, Addr::unchecked(owner)));
    let after = after.as_ref().map(|(mix_id, owner)| (*mix_id, owner));
    let (stored, last) = DELEGATIONS.list(deps.storage, after, limit)?;
    let delegations = stored
        .into_iter()
        .filter_map(|((mix_id, owner), delegation)| context.show(deps.storage, mix_id, owner, delegation).ok())
        .collect();
    let start_next_after = last.map(|(mix_id, owner)| (mix_id, owner.into_string()));
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
