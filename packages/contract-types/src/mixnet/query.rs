//! Queries. Lists take `start_after` (exclusive) and `limit`, and answer `start_next_after: null` on the last page. Another page may be
//! shorter than `limit` too, or empty: what is damaged is left out of it.

use cosmwasm_schema::QueryResponses;
#[cfg(not(target_arch = "wasm32"))]
use cosmwasm_std::Addr;
use nym_contract_runtime::json::{Read, Write};
use serde::{Deserialize, Serialize};

#[cfg(not(target_arch = "wasm32"))]
use super::responses as r;
#[cfg(not(target_arch = "wasm32"))]
use super::{
    BeaconResponse, ContractState, ContractStateParams, EpochStatusResponse, LotteryResponse,
    NumberOfPendingEventsResponse, PendingEpochEventResponse, PendingEpochEventsResponse, PendingIntervalEventResponse,
    PendingIntervalEventsResponse, PendingParams, RewardingParams,
};
use crate::{EpochId, NodeId, Percent};

/// Everything the contract can be asked.
#[derive(
    Serialize,
    Deserialize,
    Read,
    Write,
    Clone,
    Debug,
    PartialEq,
    cosmwasm_schema::schemars::JsonSchema,
    cosmwasm_schema::cw_schema::Schemaifier,
    QueryResponses,
)]
#[allow(clippy::derive_partial_eq_without_eq)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[schemaifier(crate = "cosmwasm_schema::cw_schema", mute_warnings)]
#[schemars(crate = "cosmwasm_schema::schemars", deny_unknown_fields)]
pub enum QueryMsg {
    // contract
    /// How the contract was built.
    #[returns(r::ContractVersionResponse)]
    GetContractVersion {},
    /// Name and version as cw2 records them.
    #[returns(r::Cw2VersionResponse)]
    GetCw2ContractVersion {},
    /// Everything the contract was told.
    #[returns(ContractState)]
    GetState {},
    /// Least pledges and delegations, ranges of margins and costs.
    #[returns(ContractStateParams)]
    GetStateParams {},
    /// Parameters of the reward model.
    #[returns(RewardingParams)]
    GetRewardingParams {},
    /// Changes that were announced and do not hold yet.
    #[returns(PendingParams)]
    GetPendingParams {},
    /// What the interval has paid so far and what was added to the pool.
    #[returns(r::PoolChangeResponse)]
    GetPoolChange {},
    /// Account that may change parameters.
    #[returns(Option<Addr>)]
    Admin {},

    /// What the contract holds and what it owes.
    #[returns(r::SolvencyResponse)]
    GetSolvency {},

    // mix nodes
    /// Bonds by number; page 100, at most 150.
    #[returns(r::PagedMixnodeBondsResponse)]
    GetMixNodeBonds {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// Bonds with their stakes by number; page 75, at most 100.
    #[returns(r::PagedMixnodesDetailsResponse)]
    GetMixNodesDetailed {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// The bond of one node with its stakes.
    #[returns(r::MixnodeDetailsResponse)]
    GetMixnodeDetails {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// The same by the node's identity key.
    #[returns(r::MixnodeDetailsByIdentityResponse)]
    GetBondedMixnodeDetailsByIdentity {
        /// Identity key, base58.
        mix_identity: String,
    },
    /// The node that an account bonded.
    #[returns(r::MixOwnershipResponse)]
    GetOwnedMixnode {
        /// Its owner.
        address: String,
    },
    /// Costs and stakes of a node.
    #[returns(r::MixnodeRewardingDetailsResponse)]
    #[serde(alias = "get_node_rewarding_details")]
    GetMixnodeRewardingDetails {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// What an operator could withdraw.
    #[returns(r::PendingRewardResponse)]
    GetPendingOperatorReward {
        /// The operator.
        address: String,
    },
    /// What the operator of a node could withdraw.
    #[returns(r::PendingRewardResponse)]
    #[serde(alias = "get_pending_node_operator_reward")]
    GetPendingMixNodeOperatorReward {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// What a delegator could withdraw.
    #[returns(r::PendingRewardResponse)]
    GetPendingDelegatorReward {
        /// The delegator.
        address: String,
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// What an operator would earn in the current epoch; nothing outside the rewarded set.
    #[returns(r::EstimatedCurrentEpochRewardResponse)]
    GetEstimatedCurrentEpochOperatorReward {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
        /// Its performance in the epoch, 0–1.
        estimated_performance: Percent,
    },
    /// What a delegation would earn in the current epoch; nothing outside the rewarded set.
    #[returns(r::EstimatedCurrentEpochRewardResponse)]
    GetEstimatedCurrentEpochDelegatorReward {
        /// The delegator.
        address: String,
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
        /// The node's performance in the epoch, 0–1.
        estimated_performance: Percent,
    },
    /// How near a node's stake is to saturation.
    #[returns(r::StakeSaturationResponse)]
    #[serde(alias = "get_node_stake_saturation")]
    GetStakeSaturation {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// What is known of a node's performance.
    #[returns(r::NodePerformanceResponse)]
    GetNodePerformance {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },
    /// Nodes that left, by number; page 250, at most 300.
    #[returns(r::PagedUnbondedMixnodesResponse)]
    GetUnbondedMixNodes {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// One node that left.
    #[returns(r::UnbondedMixnodeResponse)]
    GetUnbondedMixNodeInformation {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
    },

    /// Nodes that left and that an account had bonded, by number; page 250, at most 300.
    #[returns(r::PagedUnbondedMixnodesResponse)]
    GetUnbondedMixNodesByOwner {
        /// The account.
        owner: String,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// Nodes of an identity that left, by number; page 250, at most 300.
    #[returns(r::PagedUnbondedMixnodesResponse)]
    GetUnbondedMixNodesByIdentityKey {
        /// Identity key, base58.
        identity_key: String,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },

    // gateways
    /// Gateways by identity key; page 100, at most 150.
    #[returns(r::PagedGatewayResponse)]
    GetGateways {
        /// Identity key of the last gateway of the page before.
        #[serde(default)]
        start_after: Option<String>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One gateway by its identity key.
    #[returns(r::GatewayBondResponse)]
    GetGatewayBond {
        /// Identity key, base58.
        identity: String,
    },
    /// The gateway that an account bonded.
    #[returns(r::OwnedGatewayResponse)]
    GetOwnedGateway {
        /// Its owner.
        address: String,
    },

    // delegations
    /// Delegations on a node by owner; page 250, at most 300.
    #[returns(r::NodeDelegationsResponse)]
    #[serde(alias = "get_node_delegations")]
    GetMixnodeDelegations {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
        /// Owner of the last delegation of the page before.
        #[serde(default)]
        start_after: Option<String>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Delegations of an account by node; page 250, at most 300.
    #[returns(r::DelegatorDelegationsResponse)]
    GetDelegatorDelegations {
        /// Owner of the delegations.
        delegator: String,
        /// Node and owner of the last delegation of the page before.
        #[serde(default)]
        start_after: Option<(NodeId, String)>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One delegation.
    #[returns(r::NodeDelegationResponse)]
    GetDelegationDetails {
        /// Number of the node.
        #[serde(alias = "node_id")]
        mix_id: NodeId,
        /// Owner of the delegation.
        delegator: String,
    },
    /// All delegations by node and owner; page 250, at most 300.
    #[returns(r::AllDelegationsResponse)]
    GetAllDelegations {
        /// Node and owner of the last delegation of the page before.
        #[serde(default)]
        start_after: Option<(NodeId, String)>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
    },

    // epochs
    /// The current epoch: state of its transition, times, the height at which it became current.
    #[returns(EpochStatusResponse)]
    GetEpochStatus {},
    /// The current interval, as wallets read it.
    #[returns(r::CurrentIntervalResponse)]
    GetCurrentIntervalDetails {},
    /// The rewarded set by node; page 500, at most 1,000.
    #[returns(r::RewardedSetResponse)]
    GetRewardedSet {
        /// The current epoch (also if none is given) or the one before.
        #[serde(default)]
        epoch: Option<EpochId>,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// What counts from the next epoch, by node and owner; page 200, at most 250.
    #[returns(PendingEpochEventsResponse)]
    GetPendingEpochEvents {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Where the page before ended.
        #[serde(default)]
        start_after: Option<(NodeId, String)>,
    },
    /// What holds from the next interval, by node; page 200, at most 250.
    #[returns(PendingIntervalEventsResponse)]
    GetPendingIntervalEvents {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Where the page before ended.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// One thing that counts from the next epoch: of a node, or with number 0 of none. A node has several if it was also delegated to.
    #[returns(PendingEpochEventResponse)]
    GetPendingEpochEvent {
        /// Number in the list.
        event_id: NodeId,
    },
    /// One thing that holds from the next interval: of a node, or with number 0 of none.
    #[returns(PendingIntervalEventResponse)]
    GetPendingIntervalEvent {
        /// Number in the list.
        event_id: NodeId,
    },
    /// How much counts or holds only later.
    #[returns(NumberOfPendingEventsResponse)]
    GetNumberOfPendingEvents {},
    /// Nodes that the last transitions passed over because their numbers leave the range; page 250, at most 300.
    #[returns(r::ParkedNodesResponse)]
    GetParkedNodes {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// How many active nodes each layer has.
    #[returns(r::LayerDistributionResponse)]
    GetLayerDistribution {},
    /// What the current rewarded set was drawn from.
    #[returns(LotteryResponse)]
    GetLottery {},
    /// Candidates frozen for the last draw, by node; page 500, at most 1,000.
    #[returns(r::CandidatesResponse)]
    GetCandidates {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last candidate of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },
    /// The beacon: keys, what is to be signed for the coming epoch, shares and seed.
    #[returns(BeaconResponse)]
    GetBeacon {},
    /// Monitors and whether they have reported the current epoch.
    #[returns(r::MonitorsResponse)]
    GetMonitors {},
    /// What one monitor reported of the current epoch, by node; page 500, at most 1,000.
    #[returns(r::PerformanceReportsResponse)]
    GetPerformanceReports {
        /// The monitor.
        monitor: String,
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Number of the last node of the page before.
        #[serde(default)]
        start_after: Option<NodeId>,
    },

    // keys
    /// Period of keys in which the current epoch is; 0 where keys do not expire.
    #[returns(r::KeyRotationIdResponse)]
    GetKeyRotationId {},
    /// How long keys serve.
    #[returns(r::KeyRotationStateResponse)]
    GetKeyRotationState {},
    /// Keys of one node for the current and the coming period.
    #[returns(r::NodeKeysResponse)]
    GetNodeKeys {
        /// Identity key of a mix node or gateway, base58.
        identity: String,
    },
    /// The same of all nodes, in order of their identity keys; page 250, at most 300. Empty where keys do not expire: there the bonds have them.
    #[returns(r::PagedNodeKeysResponse)]
    GetAllNodeKeys {
        /// Page size.
        #[serde(default)]
        limit: Option<u32>,
        /// Identity key of the last node of the page before.
        #[serde(default)]
        start_after: Option<String>,
    },

    // signing
    /// The nonce that the next signed payload of this sender must carry.
    #[returns(r::SigningNonceResponse)]
    GetSigningNonce {
        /// The sender.
        address: String,
    },
}
