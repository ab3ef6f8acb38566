//! Mix nodes as wallets and services read them.

use cosmwasm_std::{coin, Addr, Decimal, Deps, Storage, Uint128};
use cw_storage_plus::{KeyDeserialize, PrimaryKey};
use nym_contract_types::mixnet::{
    MixNodeBond, MixNodeCostParams, MixNodeDetails, MixOwnershipResponse, MixnodeDetailsByIdentityResponse,
    MixnodeDetailsResponse, MixnodeRewardingDetailsResponse, NodeRewarding, PagedMixnodeBondsResponse,
    PagedMixnodesDetailsResponse, PagedUnbondedMixnodesResponse, PendingNodeChanges, StakeSaturationResponse,
    UnbondedMixnodeResponse,
};
use nym_contract_types::{keys, page, NodeId};

use super::state::{
    Bond, Clock, NodeStake, BONDS, STAKES, UNBONDED, UNBONDED_BY_IDENTITY, UNBONDED_BY_OWNER, UNIT_DELEGATION,
};
use crate::costs::share;
use crate::epochs::state::RewardedSet;
use crate::packed::{PackedMap, Present};
use crate::state::{bond_of, mixnode_with, Bonded, CORE, REWARDING};
use crate::ContractError;

/// What every reply about nodes needs besides their own records.
struct Context {
    denom: String,
    clock: Clock,
    set: RewardedSet,
}

impl Context {
    fn load(storage: &dyn Storage) -> Result<Self, ContractError> {
        let core = CORE.load(storage)?;
        let set = RewardedSet::load(storage, core.now.id)?;
        Ok(Self { clock: core.now.clock(), denom: core.denom, set })
    }

    fn bond(&self, mix_id: NodeId, bond: Bond, stake: &NodeStake) -> MixNodeBond {
        MixNodeBond {
            mix_id,
            owner: bond.owner,
            original_pledge: coin(self.settled(stake).pledge, &self.denom),
            layer: self.set.get(mix_id).and_then(|entry| entry.layer()),
            mix_node: bond.node.show(),
            bonding_height: bond.height,
            is_unbonding: false,
        }
    }

    /// The stake as the next message would find it; as it is stored where that leaves the range of numbers: one such node must not
    /// make a list of all unreadable.
    fn settled(&self, stake: &NodeStake) -> NodeStake {
        let mut settled = stake.clone();
        match settled.count_earlier(self.clock) {
            Ok(()) => settled,
            Err(_) => stake.clone(),
        }
    }

    fn details(&self, mix_id: NodeId, bond: Bond, stake: &NodeStake) -> MixNodeDetails {
        let bond_information = self.bond(mix_id, bond, stake);
        let stake = self.settled(stake);
        let pending = stake.pending.as_ref();
        MixNodeDetails {
            bond_information,
            rewarding_details: self.rewarding(&stake),
            pending_changes: PendingNodeChanges {
                pledge_increase: Uint128::new(pending.map_or(0, |pending| pending.pledged)),
                delegations: Uint128::new(pending.map_or(0, |pending| pending.delegated)),
            },
        }
    }

    fn rewarding(&self, stake: &NodeStake) -> NodeRewarding {
        NodeRewarding {
            cost_params: self.costs(stake),
            operator: decimal(stake.operator),
            delegates: decimal(stake.delegates),
            total_unit_reward: decimal(stake.unit_reward),
            unit_delegation: decimal(UNIT_DELEGATION),
            last_rewarded_epoch: stake.last_rewarded,
            unique_delegations: stake.delegations,
        }
    }

    fn costs(&self, stake: &NodeStake) -> MixNodeCostParams {
        MixNodeCostParams {
            profit_margin_percent: share(stake.profit_margin),
            interval_operating_cost: coin(stake.operating_cost, &self.denom),
        }
    }

    fn details_of(&self, storage: &dyn Storage, mix_id: NodeId) -> Result<Option<MixNodeDetails>, ContractError> {
        let bond = BONDS.may_load(storage, mix_id)?;
        let stake = STAKES.may_load(storage, mix_id)?;
        Ok(bond.zip(stake).map(|(bond, stake)| self.details(mix_id, bond, &stake)))
    }
}

fn decimal(atomics: u128) -> Decimal {
    Decimal::new(Uint128::new(atomics))
}

/// A page of nodes. One of which a record is missing or does not parse is left out, so that it does not make a list of all unreadable.
fn page_of<T>(
    storage: &dyn Storage,
    start_after: Option<NodeId>,
    limit: usize,
    show: impl Fn(&Context, NodeId, Bond, &NodeStake) -> T,
) -> Result<(Vec<T>, Option<NodeId>), ContractError> {
    let context = Context::load(storage)?;
    let (bonds, last) = BONDS.list(storage, start_after, limit)?;
    let mut stakes = STAKES.page_each(storage, start_after, limit)?.into_iter().peekable();
    let nodes = bonds
        .into_iter()
        .filter_map(|(id, bond)| {
            while stakes.next_if(|(of, _)| *of < id).is_some() {}
            // Where bonds are missing, the page of stakes ends before that of bonds.
            let stake = match stakes.next_if(|(of, _)| *of == id) {
                Some((_, stake)) => stake,
                None => STAKES.load(storage, id),
            };
            Some(show(&context, id, bond, &stake.ok()?))
        })
        .collect();
    Ok((nodes, last))
}

/// Bonds by number.
pub fn bonds(
    deps: Deps<'_>,
    start_after: Option<NodeId>,
    limit: Option<u32>,
) -> Result<PagedMixnodeBondsResponse, ContractError> {
    let (nodes, start_next_after) = page_of(deps.storage, start_after, page::limit(limit, 100, 150), Context::bond)?;
    Ok(PagedMixnodeBondsResponse { nodes, start_next_after })
}

/// Bonds with stakes by number.
pub fn detailed(
    deps: Deps<'_>,
    start_after: Option<NodeId>,
    limit: Option<u32>,
) -> Result<PagedMixnodesDetailsResponse, ContractError> {
    let (nodes, start_next_after) = page_of(deps.storage, start_after, page::limit(limit, 75, 100), Context::details)?;
    Ok(PagedMixnodesDetailsResponse { nodes, start_next_after })
}

/// One node.
pub fn details(deps: Deps<'_>, mix_id: NodeId) -> Result<MixnodeDetailsResponse, ContractError> {
    let mixnode_details = Context::load(deps.storage)?.details_of(deps.storage, mix_id)?;
    Ok(MixnodeDetailsResponse { mix_id, mixnode_details })
}

/// One node by identity.
pub fn details_by_identity(
    deps: Deps<'_>,
    identity_key: String,
) -> Result<MixnodeDetailsByIdentityResponse, ContractError> {
    let id = match keys::parse(&identity_key) {
        Some(identity) => mixnode_with(deps.storage, &identity)?,
        None => None,
    };
    let context = Context::load(deps.storage)?;
    let mixnode_details = id.map(|id| context.details_of(deps.storage, id)).transpose()?.flatten();
    Ok(MixnodeDetailsByIdentityResponse { identity_key, mixnode_details })
}

/// The node of an account.
pub fn owned(deps: Deps<'_>, address: String) -> Result<MixOwnershipResponse, ContractError> {
    let address: Addr = deps.api.addr_validate(&address)?;
    let context = Context::load(deps.storage)?;
    let mixnode_details = match bond_of(deps.storage, &address)? {
        Some(Bonded::Mixnode(id)) => context.details_of(deps.storage, id)?,
        _ => None,
    };
    Ok(MixOwnershipResponse { address, mixnode_details })
}

/// Costs and stakes of a node.
pub fn rewarding_details(deps: Deps<'_>, mix_id: NodeId) -> Result<MixnodeRewardingDetailsResponse, ContractError> {
    let context = Context::load(deps.storage)?;
    let stake = STAKES.may_load(deps.storage, mix_id)?;
    let rewarding_details = stake.map(|stake| context.rewarding(&context.settled(&stake)));
    Ok(MixnodeRewardingDetailsResponse { mix_id, rewarding_details })
}

/// How near a node's stake is to saturation.
pub fn saturation(deps: Deps<'_>, mix_id: NodeId) -> Result<StakeSaturationResponse, ContractError> {
    let point = REWARDING.load(deps.storage)?.interval.stake_saturation_point;
    let clock = CORE.load(deps.storage)?.now.clock();
    let Some(stake) = STAKES.may_load(deps.storage, mix_id)? else {
        return Ok(StakeSaturationResponse { mix_id, current_saturation: None, uncapped_saturation: None });
    };
    let counted = stake.counted_in(clock)?;
    let uncapped = Decimal::checked_from_ratio(counted, point.atomics().u128()).ok();
    Ok(StakeSaturationResponse {
        mix_id,
        current_saturation: uncapped.map(|value| value.min(Decimal::one())),
        uncapped_saturation: uncapped,
    })
}

/// Nodes that left, by number.
pub fn unbonded(
    deps: Deps<'_>,
    start_after: Option<NodeId>,
    limit: Option<u32>,
) -> Result<PagedUnbondedMixnodesResponse, ContractError> {
    let limit = page::limit(limit, 250, 300);
    let (nodes, start_next_after) = UNBONDED.list(deps.storage, start_after, limit)?;
    Ok(PagedUnbondedMixnodesResponse { nodes, start_next_after })
}

/// Nodes that left and that an account had bonded, by number.
pub fn unbonded_by_owner(
    deps: Deps<'_>,
    owner: String,
    start_after: Option<NodeId>,
    limit: Option<u32>,
) -> Result<PagedUnbondedMixnodesResponse, ContractError> {
    let owner = deps.api.addr_validate(&owner)?;
    unbonded_in(deps, &UNBONDED_BY_OWNER, owner.as_bytes(), start_after, limit)
}

/// Nodes of an identity that left, by number.
pub fn unbonded_by_identity(
    deps: Deps<'_>,
    identity: String,
    start_after: Option<NodeId>,
    limit: Option<u32>,
) -> Result<PagedUnbondedMixnodesResponse, ContractError> {
    let identity = keys::parse(&identity).unwrap_or_default();
    unbonded_in(deps, &UNBONDED_BY_IDENTITY, &identity, start_after, limit)
}

/// A page of an index of nodes that left.
fn unbonded_in<'a, K: PrimaryKey<'a> + KeyDeserialize>(
    deps: Deps<'_>,
    index: &PackedMap<K, Present>,
    of: &[u8],
    start_after: Option<NodeId>,
    limit: Option<u32>,
) -> Result<PagedUnbondedMixnodesResponse, ContractError> {
    let limit = page::limit(limit, 250, 300);
    let (found, start_next_after) = index.list_under(deps.storage, of, start_after, limit)?;
    let nodes =
        found.into_iter().filter_map(|(mix_id, _)| Some((mix_id, UNBONDED.load(deps.storage, mix_id).ok()?))).collect();
    Ok(PagedUnbondedMixnodesResponse { nodes, start_next_after })
}

/// One node that left.
pub fn unbonded_one(deps: Deps<'_>, mix_id: NodeId) -> Result<UnbondedMixnodeResponse, ContractError> {
    Ok(UnbondedMixnodeResponse { mix_id, unbonded_info: UNBONDED.may_load(deps.storage, mix_id)? })
}
