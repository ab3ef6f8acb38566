//! Replies of queries.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Coin, Decimal, Decimal256, Uint128};
use nym_contract_runtime::json::{Read, Write};

use super::{
    Candidate, Delegation, GatewayBond, Interval, MixNodeBond, MixNodeDetails, NodeKeys, NodeReport, NodeRewarding,
    Performance, RewardedNode, UnbondedMixnode,
};
use crate::{EpochId, NodeId};

/// How the contract was built.
#[cw_serde]
#[derive(Read, Write)]
pub struct ContractVersionResponse {
    /// Name of the contract's package.
    pub contract: String,
    /// Version of the package.
    pub build_version: String,
    /// Version of the compiler that the workspace asks for.
    pub rustc_version: String,
}

/// Name and version as cw2 records them.
#[cw_serde]
#[derive(Read, Write)]
pub struct Cw2VersionResponse {
    /// Name of the contract.
    pub contract: String,
    /// Version of the code that last instantiated or migrated it.
    pub version: String,
}

/// A page of bonds.
#[cw_serde]
#[derive(Read, Write)]
pub struct PagedMixnodeBondsResponse {
    /// Bonds in order of their numbers.
    pub nodes: Vec<MixNodeBond>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// A page of bonds with their stakes.
#[cw_serde]
#[derive(Read, Write)]
pub struct PagedMixnodesDetailsResponse {
    /// Nodes in order of their numbers.
    pub nodes: Vec<MixNodeDetails>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// One node.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct MixnodeDetailsResponse {
    /// The number asked for.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// The node, if it is bonded.
    pub mixnode_details: Option<MixNodeDetails>,
}

/// One node by identity.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixnodeDetailsByIdentityResponse {
    /// The identity asked for.
    pub identity_key: String,
    /// The node, if it is bonded.
    pub mixnode_details: Option<MixNodeDetails>,
}

/// The node of an account.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixOwnershipResponse {
    /// The account asked for.
    pub address: Addr,
    /// Its node, if it has one.
    pub mixnode_details: Option<MixNodeDetails>,
}

/// How near a node's stake is to saturation.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct StakeSaturationResponse {
    /// The number asked for.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// Share of the saturation point, at most 1; none if the node is not bonded.
    pub current_saturation: Option<Decimal>,
    /// The same without the cap.
    pub uncapped_saturation: Option<Decimal>,
}

/// What is known of a node's performance.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct NodePerformanceResponse {
    /// The number asked for.
    #[serde(alias = "mix_id")]
    pub node_id: NodeId,
    /// The last known value; none if enough monitors never reported on it.
    pub last_known: Option<Performance>,
    /// Whether that value is too old to serve.
    pub stale: bool,
}

/// A page of nodes that left.
#[cw_serde]
#[derive(Read, Write)]
pub struct PagedUnbondedMixnodesResponse {
    /// Nodes in order of their numbers.
    pub nodes: Vec<(NodeId, UnbondedMixnode)>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// One node that left.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct UnbondedMixnodeResponse {
    /// The number asked for.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// The node, if it left.
    pub unbonded_info: Option<UnbondedMixnode>,
}

/// What the contract holds and what it owes. Amounts owed are in the staking denom's unit with 18 digits.
#[cw_serde]
#[derive(Read, Write)]
pub struct SolvencyResponse {
    /// Its balance in the staking denom.
    pub balance: Coin,
    /// Pledges, delegations and unclaimed rewards, those that do not count yet too, and pledges of gateways.
    pub stakes: Decimal256,
    /// What is left of the reward pool, with what was paid and added in the interval.
    pub pool: Decimal256,
    /// Balance less what is owed: fractions that payouts left behind.
    pub surplus: Decimal256,
    /// Whether the balance is at least what is owed.
    pub solvent: bool,
}

/// A page of gateways.
#[cw_serde]
#[derive(Read, Write)]
pub struct PagedGatewayResponse {
    /// Gateways in order of their identity keys' text.
    pub nodes: Vec<GatewayBond>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<String>,
}

/// One gateway.
#[cw_serde]
#[derive(Read, Write)]
pub struct GatewayBondResponse {
    /// The identity asked for.
    pub identity: String,
    /// The gateway, if it is bonded.
    pub gateway: Option<GatewayBond>,
}

/// The gateway of an account.
#[cw_serde]
#[derive(Read, Write)]
pub struct OwnedGatewayResponse {
    /// The account asked for.
    pub address: Addr,
    /// Its gateway, if it has one.
    pub gateway: Option<GatewayBond>,
}

/// A page of a node's delegations.
#[cw_serde]
#[derive(Read, Write)]
pub struct NodeDelegationsResponse {
    /// Delegations in order of their owners.
    pub delegations: Vec<Delegation>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<String>,
}

/// A page of an account's delegations.
#[cw_serde]
#[derive(Read, Write)]
pub struct DelegatorDelegationsResponse {
    /// Delegations in order of their nodes.
    pub delegations: Vec<Delegation>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<(NodeId, String)>,
}

/// A page of all delegations.
#[cw_serde]
#[derive(Read, Write)]
pub struct AllDelegationsResponse {
    /// Delegations in order of node and owner.
    pub delegations: Vec<Delegation>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<(NodeId, String)>,
}

/// One delegation.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct NodeDelegationResponse {
    /// The delegation, if there is one.
    pub delegation: Option<Delegation>,
    /// Whether its node is still bonded.
    #[serde(alias = "node_still_bonded")]
    pub mixnode_still_bonded: bool,
}

/// The current interval.
#[cw_serde]
#[derive(Read, Write)]
pub struct CurrentIntervalResponse {
    /// The interval and its epoch.
    pub interval: Interval,
    /// Time of the block that answers, seconds since 1970.
    pub current_blocktime: u64,
    /// Whether the interval's last epoch has ended.
    pub is_current_interval_over: bool,
    /// Whether the current epoch has ended.
    pub is_current_epoch_over: bool,
}

/// A page of the rewarded set.
#[cw_serde]
#[derive(Read, Write)]
pub struct RewardedSetResponse {
    /// Epoch of the set.
    pub epoch: EpochId,
    /// Its nodes in order of their numbers.
    pub nodes: Vec<RewardedNode>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// How many active nodes each layer has.
#[cw_serde]
#[derive(Read, Write, Copy, Eq, Default)]
pub struct LayerDistributionResponse {
    /// Nodes in layer 1.
    pub layer1: u32,
    /// Nodes in layer 2.
    pub layer2: u32,
    /// Nodes in layer 3.
    pub layer3: u32,
}

/// A page of frozen candidates.
#[cw_serde]
#[derive(Read, Write)]
pub struct CandidatesResponse {
    /// Epoch that they are to be drawn for, or were.
    pub epoch: EpochId,
    /// Candidates in order of their numbers.
    pub candidates: Vec<Candidate>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// Monitors and what they have reported.
#[cw_serde]
#[derive(Read, Write)]
pub struct MonitorsResponse {
    /// Epoch to report on.
    pub epoch: EpochId,
    /// Each monitor, and whether it has reported all of that epoch.
    pub monitors: Vec<(Addr, bool)>,
    /// Reports on a node that make its performance known, ⌈2m/3⌉.
    pub quorum: u32,
}

/// A page of a monitor's reports.
#[cw_serde]
#[derive(Read, Write)]
pub struct PerformanceReportsResponse {
    /// Epoch of the reports.
    pub epoch: EpochId,
    /// Scores in order of the nodes' numbers.
    pub reports: Vec<NodeReport>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// A signing nonce.
#[cw_serde]
#[derive(Read, Write, Copy, Eq)]
pub struct SigningNonceResponse {
    /// The nonce that the next signed payload must carry.
    pub nonce: u64,
}

/// Costs and stakes of a node.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct MixnodeRewardingDetailsResponse {
    /// The number asked for.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// Costs and stakes, if the node is bonded.
    pub rewarding_details: Option<NodeRewarding>,
}

/// What could be withdrawn.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct PendingRewardResponse {
    /// The stake without rewards; none if there is no such stake.
    pub amount_staked: Option<Coin>,
    /// What a withdrawal would pay.
    pub amount_earned: Option<Coin>,
    /// The same before rounding down.
    pub amount_earned_detailed: Option<Decimal>,
    /// Whether the node is bonded.
    #[serde(alias = "node_still_fully_bonded")]
    pub mixnode_still_fully_bonded: bool,
}

/// What an epoch would earn.
#[cw_serde]
#[derive(Read, Write)]
pub struct EstimatedCurrentEpochRewardResponse {
    /// The stake without rewards; none if there is no such stake.
    pub original_stake: Option<Coin>,
    /// The stake with unclaimed rewards, rounded down.
    pub current_stake_value: Option<Coin>,
    /// The same before rounding down.
    pub current_stake_value_detailed_amount: Option<Decimal>,
    /// What the epoch would earn, rounded down.
    pub estimation: Option<Coin>,
    /// The same before rounding down.
    pub detailed_estimation_amount: Option<Decimal>,
}

/// How the reward pool changes at the interval's end.
#[cw_serde]
#[derive(Read, Write)]
pub struct PoolChangeResponse {
    /// Rewards of the interval so far, in the staking denom's unit with 18 digits.
    pub removed: Decimal,
    /// Added by `fund_reward_pool`.
    pub added: Uint128,
}

/// A period of keys.
#[cw_serde]
#[derive(Read, Write)]
pub struct KeyRotationIdResponse {
    /// Its number.
    pub rotation_id: u32,
}

/// How long keys serve.
#[cw_serde]
#[derive(Read, Write)]
pub struct KeyRotationStateResponse {
    /// Epochs of a period; 0: keys do not expire.
    pub validity_epochs: u32,
    /// First epoch of period 0.
    pub initial_epoch_id: EpochId,
    /// Epochs for which nodes still accept the keys of the period before.
    pub overlap_epochs: u32,
}

/// Keys of a node.
#[cw_serde]
#[derive(Read, Write)]
pub struct NodeKeysResponse {
    /// Its identity key, base58.
    pub identity: String,
    /// Number of the current period; 0 where keys do not expire.
    pub period: u32,
    /// Those that serve in the current epoch.
    pub current: Option<NodeKeys>,
    /// Those of the period after.
    pub coming: Option<NodeKeys>,
}

/// A page of keys.
#[cw_serde]
#[derive(Read, Write)]
pub struct PagedNodeKeysResponse {
    /// In order of the identity keys' bytes.
    pub nodes: Vec<NodeKeysResponse>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<String>,
}

/// A node that transitions pass over.
#[cw_serde]
#[schemaifier(mute_warnings)]
#[derive(Read, Write)]
pub struct ParkedNode {
    /// Number of the node.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// First epoch at whose end it was passed over.
    pub since: EpochId,
    /// What of it leaves the range of numbers or does not parse.
    pub reason: String,
}

/// A page of them.
#[cw_serde]
#[derive(Read, Write)]
pub struct ParkedNodesResponse {
    /// By number.
    pub nodes: Vec<ParkedNode>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}
