//! Nodes, their bonds and the stakes on them, as messages carry them and replies show them.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Coin, Decimal, Uint128};
use nym_contract_runtime::json::{Read, Write};

use crate::{EpochId, NodeId, Percent};

/// A mix node as its operator announces it.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct MixNode {
    /// IP literal in its shortest form; loopback only where the network allows it.
    pub host: String,
    /// Port of the links between nodes.
    pub mix_port: u16,
    /// Port that answers latency measurements; 0 if none.
    pub verloc_port: u16,
    /// Port of the node's public HTTP description; 0 if none.
    pub http_api_port: u16,
    /// X25519 key that unwraps packets, base58.
    pub sphinx_key: String,
    /// Ed25519 identity, base58. It never changes, and no two bonds share one.
    pub identity_key: String,
    /// Version of the node's software, at most 32 bytes.
    pub version: String,
    /// X25519 key of the links between nodes, base58. Without it a node takes no part in the lottery until `update_node_keys` brings one, where keys expire.
    #[serde(default)]
    pub noise_key: Option<String>,
}

/// A gateway as its operator announces it.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct Gateway {
    /// IP literal in its shortest form; loopback only where the network allows it.
    pub host: String,
    /// Port of the links between nodes.
    pub mix_port: u16,
    /// Port of the clients' websocket.
    pub clients_port: u16,
    /// Where it stands, as its operator says; at most 64 bytes.
    pub location: String,
    /// X25519 key that unwraps packets, base58.
    pub sphinx_key: String,
    /// Ed25519 identity, base58. It never changes, and no two bonds share one.
    pub identity_key: String,
    /// Version of the node's software, at most 32 bytes.
    pub version: String,
    /// X25519 key of the links, base58. Without it a gateway is in no topology until `update_node_keys` brings one, where keys expire.
    #[serde(default)]
    pub noise_key: Option<String>,
}

/// A node's keys of one period, as its identity key announces them. Other nodes may have the same: nothing is looked up by them.
#[cw_serde]
#[derive(Read, Write)]
pub struct NodeKeys {
    /// Number of the period: its first epoch is this times the epochs of a period.
    pub period: u32,
    /// X25519 key that unwraps packets, base58.
    pub sphinx_key: String,
    /// X25519 key of the links, base58.
    pub noise_key: String,
}

/// What an operator keeps before delegators get their share.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixNodeCostParams {
    /// Share of the profit that goes to the operator, 0–1.
    pub profit_margin_percent: Percent,
    /// Cost of running the node for one interval, in the staking denom.
    pub interval_operating_cost: Coin,
}

/// What the identity key of a mix node signs when it is bonded.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixnodeBonding {
    /// The node as announced.
    pub mix_node: MixNode,
    /// Its costs.
    pub cost_params: MixNodeCostParams,
}

/// What the identity key of a gateway signs when it is bonded.
#[cw_serde]
#[derive(Read, Write)]
pub struct GatewayBonding {
    /// The gateway as announced.
    pub gateway: Gateway,
}

/// Where a mix node can be reached; replaces the bond's values.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixNodeConfigUpdate {
    /// IP literal in its shortest form.
    pub host: String,
    /// Port of the links between nodes.
    pub mix_port: u16,
    /// Port that answers latency measurements; 0 if none.
    pub verloc_port: u16,
    /// Port of the node's public HTTP description; 0 if none.
    pub http_api_port: u16,
    /// Version of the node's software, at most 32 bytes.
    pub version: String,
}

/// Where a gateway can be reached; replaces the bond's values.
#[cw_serde]
#[derive(Read, Write)]
pub struct GatewayConfigUpdate {
    /// IP literal in its shortest form.
    pub host: String,
    /// Port of the links between nodes.
    pub mix_port: u16,
    /// Port of the clients' websocket.
    pub clients_port: u16,
    /// Where it stands, as its operator says; at most 64 bytes.
    pub location: String,
    /// Version of the node's software, at most 32 bytes.
    pub version: String,
}

/// The bond of a mix node.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct MixNodeBond {
    /// Number of the node.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// Account that bonded it.
    pub owner: Addr,
    /// What it pledged, without rewards.
    pub original_pledge: Coin,
    /// Layer in the current epoch, 1 to 3; none unless the node is active.
    pub layer: Option<u8>,
    /// The node as announced.
    pub mix_node: MixNode,
    /// Height of the block that bonded it.
    pub bonding_height: u64,
    /// Whether it is leaving.
    pub is_unbonding: bool,
}

/// A bond with the stakes on it.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixNodeDetails {
    /// The bond.
    pub bond_information: MixNodeBond,
    /// Costs and stakes.
    pub rewarding_details: NodeRewarding,
    /// Changes that count from a later epoch.
    pub pending_changes: PendingNodeChanges,
}

/// Costs and stakes of a node. Amounts are in the staking denom with 18 digits.
#[cw_serde]
#[derive(Read, Write)]
pub struct NodeRewarding {
    /// What the operator keeps.
    pub cost_params: MixNodeCostParams,
    /// The operator's pledge and unclaimed rewards.
    pub operator: Decimal,
    /// All delegations and their unclaimed rewards.
    pub delegates: Decimal,
    /// What a notional first delegation of `unit_delegation` has earned.
    pub total_unit_reward: Decimal,
    /// The notional first delegation.
    pub unit_delegation: Decimal,
    /// Last epoch for which the node was rewarded; 0 if never.
    pub last_rewarded_epoch: EpochId,
    /// Number of delegations.
    pub unique_delegations: u32,
}

/// Changes of a node's stake that count from a later epoch.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingNodeChanges {
    /// Pledge that counts from the next epoch, in the staking denom's unit.
    pub pledge_increase: Uint128,
    /// Delegations that count from the next epoch, in the staking denom's unit.
    pub delegations: Uint128,
}

/// A mix node that left.
#[cw_serde]
#[derive(Read, Write)]
pub struct UnbondedMixnode {
    /// Its identity key, base58.
    pub identity_key: String,
    /// Account that had bonded it.
    pub owner: Addr,
    /// Height of the block that unbonded it.
    pub unbonding_height: u64,
}

/// A delegation.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct Delegation {
    /// Account that delegates.
    pub owner: Addr,
    /// Node it is on.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// The node's unit reward when this delegation began to count or was last paid.
    pub cumulative_reward_ratio: Decimal,
    /// What is delegated and counts, or will from `counts_from`, without rewards.
    pub amount: Coin,
    /// Height of the block that last changed it.
    pub height: u64,
    /// Part of `amount` that counts only from `counts_from`.
    pub pending: Uint128,
    /// Epoch from which all of it counts.
    pub counts_from: EpochId,
}

/// The bond of a gateway.
#[cw_serde]
#[derive(Read, Write)]
pub struct GatewayBond {
    /// What it pledged.
    pub pledge_amount: Coin,
    /// Account that bonded it; what the gateway earns is paid to it.
    pub owner: Addr,
    /// Height of the block that bonded it.
    pub block_height: u64,
    /// The gateway as announced.
    pub gateway: Gateway,
}

/// What is known of a node's performance.
#[cw_serde]
#[derive(Read, Write)]
pub struct Performance {
    /// Median of the reports of the last epoch in which enough monitors reported on it, 0–1.
    pub value: Percent,
    /// That epoch.
    pub epoch: EpochId,
}
