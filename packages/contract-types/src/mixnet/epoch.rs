//! The epoch: where its transition stands, what was drawn and from what.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Uint64};
use nym_contract_runtime::json::{Read, Write};

use crate::{EpochId, NodeId, Percent};

/// A monitor's score of one node.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct NodeReport {
    /// Number of the node.
    #[serde(alias = "mix_id")]
    pub node_id: NodeId,
    /// Its performance in the epoch, 0–1; counted in ten-thousandths, rounded down.
    pub performance: Percent,
}

/// Where the transition to the next epoch stands.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub enum EpochState {
    /// The epoch runs, or has ended and nobody has begun the transition.
    #[serde(alias = "InProgress")]
    InProgress,
    /// Scores are counted, nodes rewarded and candidates frozen, in the order of their ids. Stakes do not move meanwhile.
    #[serde(alias = "Rewarding")]
    Rewarding {
        /// Last node that is done; 0 before the first.
        last_rewarded: NodeId,
        /// Node after which this state ends.
        final_node_id: NodeId,
    },
    /// Candidates are frozen; the draw awaits its seed or is under way.
    #[serde(alias = "AdvancingEpoch")]
    AdvancingEpoch,
}

/// How the rewarded set of an epoch came about.
#[cw_serde]
#[derive(Read, Write)]
pub enum DrawOutcome {
    /// No draw yet: the network's first epoch.
    None,
    /// Drawn from the candidates with the seed.
    Drawn,
    /// The previous set stayed: fewer than three candidates.
    KeptTooFewCandidates,
    /// The previous set stayed: no seed came in time.
    KeptNoSeed,
}

/// Where an epoch's seed comes from.
#[cw_serde]
#[derive(Read, Write)]
pub enum SeedSource {
    /// The contract's hash chain: foreseeable, for local and test networks only.
    Bootstrap,
    /// A threshold signature of the issuing group.
    Beacon,
}

/// Whether a drawn node carries traffic.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
#[derive(Copy, Eq)]
pub enum RewardedNodeStatus {
    /// It is in a layer.
    #[serde(alias = "Active")]
    Active,
    /// It is only probed.
    #[serde(alias = "Standby")]
    Standby,
}

/// A node of the rewarded set.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
pub struct RewardedNode {
    /// Number of the node. It may have left since: then no bond has this number.
    #[serde(alias = "node_id")]
    pub mix_id: NodeId,
    /// Whether it carries traffic.
    pub status: RewardedNodeStatus,
    /// Its layer, 1 to 3, if it does.
    pub layer: Option<u8>,
}

/// The current epoch and its transition. Times are seconds since 1970 of block time.
#[cw_serde]
#[derive(Read, Write)]
pub struct EpochStatusResponse {
    /// Absolute number of the epoch.
    pub epoch: EpochId,
    /// Where the transition to the next one stands.
    pub state: EpochState,
    /// When it began by the clock of epochs, which has no drift.
    pub starts_at: u64,
    /// When it ends; for a first epoch of no fixed length, when it began.
    pub ends_at: u64,
    /// Length of the epoch, seconds; 0 for a first epoch that ends when it is ended.
    pub epoch_length: u64,
    /// Height of the block in which it became current. Everybody derives the topology from the state at this height.
    pub height: u64,
    /// The same of the epoch before; none in the first epoch.
    pub previous_height: Option<u64>,
    /// How its rewarded set came about.
    pub draw: DrawOutcome,
    /// Where seeds come from.
    pub seed_source: SeedSource,
    /// Monitors that have reported all of it.
    pub reports: u32,
    /// Monitors that may report.
    pub monitors: u32,
    /// From when on the transition may begin even if not all have reported.
    pub begin_without_all_reports_at: u64,
    /// Time of the block that answers.
    pub current_blocktime: u64,
    /// Whether `begin_epoch_transition` would be accepted in that block, or already was.
    pub can_begin: bool,
}

/// The interval and the epoch in it.
#[cw_serde]
#[derive(Read, Write)]
pub struct Interval {
    /// Number of the interval.
    pub id: u32,
    /// Epochs in it.
    pub epochs_in_interval: u32,
    /// When the current epoch began, RFC 3339.
    pub current_epoch_start: String,
    /// Number of the current epoch within the interval.
    pub current_epoch_id: u32,
    /// Length of an epoch.
    pub epoch_length: DurationReply,
    /// Absolute number of the current epoch.
    pub total_elapsed_epochs: EpochId,
}

/// A duration as wallets read it.
#[cw_serde]
#[derive(Read, Write)]
pub struct DurationReply {
    /// Whole seconds.
    pub secs: u64,
    /// The rest; always 0.
    pub nanos: u32,
}

/// A node that may be drawn, as frozen at the beginning of the transition.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
#[derive(Copy, Eq)]
pub struct Candidate {
    /// Number of the node.
    #[serde(alias = "mix_id")]
    pub node_id: NodeId,
    /// ⌊min(stake, saturation) · performance⌋; 0 is never drawn.
    pub weight: Uint64,
}

/// What the current rewarded set was drawn from, so that anyone can draw it again.
#[cw_serde]
#[derive(Read, Write)]
pub struct LotteryResponse {
    /// Epoch whose set was drawn.
    pub epoch: EpochId,
    /// How the set came about.
    pub outcome: DrawOutcome,
    /// Where the seed came from.
    pub seed_source: SeedSource,
    /// The seed; empty if none was used.
    pub seed: Binary,
    /// Number of frozen candidates; the query `get_candidates` lists them.
    pub candidates: u32,
    /// Nodes to draw.
    pub rewarded_set_size: u32,
    /// How many of them are active.
    pub active_set_size: u32,
    /// Whether the candidates are still those of this draw: false from the moment the next transition begins to freeze its own.
    pub candidates_available: bool,
}
