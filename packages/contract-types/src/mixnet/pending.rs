//! Lists of what was announced and does not count yet, in the form that wallets know from queues. Here nothing is queued.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Coin};
use nym_contract_runtime::json::{Read, Write};

use super::{MixNodeCostParams, RewardingParamsUpdate};
use crate::NodeId;

/// What counts from the next epoch.
#[cw_serde]
#[schemaifier(mute_warnings)]
#[derive(Read, Write)]
pub enum PendingEpochEventKind {
    /// An addition to a delegation.
    #[serde(alias = "Delegate")]
    Delegate {
        /// Account that delegates.
        owner: Addr,
        /// Node it is on.
        mix_id: NodeId,
        /// The addition.
        amount: Coin,
    },
    /// An addition to a pledge.
    #[serde(alias = "PledgeMore")]
    PledgeMore {
        /// The node.
        mix_id: NodeId,
        /// The addition.
        amount: Coin,
    },
    /// Another number of active nodes.
    #[serde(alias = "UpdateActiveSetSize")]
    UpdateActiveSetSize {
        /// The number.
        new_size: u32,
    },
}

/// What counts from the next epoch, and since when.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingEpochEventData {
    /// Height of the block in which its sender last changed it; 0 where that is not recorded.
    pub created_at: u64,
    /// What will change.
    pub kind: PendingEpochEventKind,
}

/// One of them.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingEpochEvent {
    /// Number of the node it is of; 0: of none.
    pub id: NodeId,
    /// What will change.
    pub event: PendingEpochEventData,
}

/// A page of what counts from the next epoch.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingEpochEventsResponse {
    /// Seconds until the epoch ends; negative: since it ended.
    pub seconds_until_executable: i64,
    /// In order of nodes and owners.
    pub events: Vec<PendingEpochEvent>,
    /// Where the next page starts; none: this is the last. A page may be empty and not the last: a query goes over 1,000 records at most.
    pub start_next_after: Option<(NodeId, String)>,
}

/// What holds from the next interval.
#[cw_serde]
#[schemaifier(mute_warnings)]
#[derive(Read, Write)]
pub enum PendingIntervalEventKind {
    /// Other costs of a node.
    #[serde(alias = "ChangeMixCostParams")]
    ChangeMixCostParams {
        /// The node.
        mix_id: NodeId,
        /// Its costs.
        new_costs: MixNodeCostParams,
    },
    /// Other parameters of the reward model.
    #[serde(alias = "UpdateRewardingParams")]
    UpdateRewardingParams {
        /// What changes.
        update: RewardingParamsUpdate,
    },
    /// Another clock.
    #[serde(alias = "UpdateIntervalConfig")]
    UpdateIntervalConfig {
        /// Epochs in an interval.
        epochs_in_interval: u32,
        /// Length of an epoch in seconds.
        epoch_duration_secs: u64,
    },
}

/// What holds from the next interval, and since when.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingIntervalEventData {
    /// Height of the block in which its sender last changed it; 0 where that is not recorded.
    pub created_at: u64,
    /// What will change.
    pub kind: PendingIntervalEventKind,
}

/// One of them.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingIntervalEvent {
    /// Number of the node it is of; 0: of none.
    pub id: NodeId,
    /// What will change.
    pub event: PendingIntervalEventData,
}

/// A page of what holds from the next interval.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingIntervalEventsResponse {
    /// Seconds until the interval ends; negative: since it ended.
    pub seconds_until_executable: i64,
    /// In order of nodes.
    pub events: Vec<PendingIntervalEvent>,
    /// Where the next page starts; none: this is the last.
    pub start_next_after: Option<NodeId>,
}

/// One thing that counts from the next epoch.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingEpochEventResponse {
    /// The number asked for.
    pub event_id: NodeId,
    /// The first of the list with this number, if there is one.
    pub event: Option<PendingEpochEventData>,
}

/// One thing that holds from the next interval.
#[cw_serde]
#[derive(Read, Write)]
pub struct PendingIntervalEventResponse {
    /// The number asked for.
    pub event_id: NodeId,
    /// The first of the list with this number, if there is one.
    pub event: Option<PendingIntervalEventData>,
}

/// How much was announced.
#[cw_serde]
#[derive(Read, Write)]
pub struct NumberOfPendingEventsResponse {
    /// What counts from the next epoch.
    pub epoch_events: u32,
    /// What holds from the next interval.
    pub interval_events: u32,
    /// Whether that is all: a query goes over 3,000 nodes at most.
    pub complete: bool,
}
