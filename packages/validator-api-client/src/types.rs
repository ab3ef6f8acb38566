//! Replies of a validator's API. Amounts are strings, times RFC 3339, lists pages with a token.

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// Entries of this page.
    pub items: Vec<T>,
    /// Token of the next page; none: this is the last.
    pub next_page: Option<String>,
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// Finds the request in the service's log.
    pub request_id: String,
    /// Stable name of the error.
    pub error_code: String,
    /// The error in words.
    pub message: String,
}

/// An amount of a denom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Amount {
    /// Denom of the amount.
    pub denom: String,
    /// The amount, a decimal integer.
    pub amount: String,
}

/// The network at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NetworkView {
    /// Id of the chain.
    pub chain_id: String,
    /// The mixnet contract.
    pub mixnet_contract: String,
    /// Height of the state that is shown.
    pub height: u64,
    /// The current epoch.
    pub epoch: EpochView,
    /// Bonded mix nodes.
    pub mix_nodes: u32,
    /// Active mix nodes in layers 1, 2 and 3.
    pub layers: [u32; 3],
    /// Bonded gateways.
    pub gateways: u32,
}

/// An epoch and its transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EpochView {
    /// Absolute number.
    pub epoch: u32,
    /// `in_progress`, `rewarding` or `advancing_epoch`.
    pub state: String,
    /// When it began.
    pub starts_at: String,
    /// When it ends.
    pub ends_at: String,
    /// Height at which it became current.
    pub height: u64,
    /// Monitors that have reported on it.
    pub reports: u32,
    /// Monitors that may report.
    pub monitors: u32,
    /// How its rewarded set came about: `none`, `drawn`, `kept_too_few_candidates` or `kept_no_seed`.
    pub draw: String,
    /// Whether the seed is foreseeable (local and test networks).
    pub bootstrap_seed: bool,
}

/// A bonded mix node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeView {
    /// Number of the bond.
    pub node_id: u32,
    /// Identity key, base58.
    pub identity: String,
    /// Account that bonded it.
    pub owner: String,
    /// Where it accepts links.
    pub address: String,
    /// Version it announces.
    pub version: String,
    /// `active`, `standby` or `inactive` in the current epoch.
    pub status: String,
    /// Layer, if active.
    pub layer: Option<u8>,
    /// What its operator pledged.
    pub pledge: Amount,
    /// What is delegated to it.
    pub delegated: Amount,
    /// This API's own score of the running epoch; none: not measured yet.
    pub score: Option<ScoreView>,
}

/// How one API scores a node in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreView {
    /// Epoch measured.
    pub epoch: u32,
    /// Estimated share of packets that the node forwards, 0–1.
    pub performance: f64,
    /// Lower end of the 95 % confidence interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Probes that were led through the node.
    pub probes: u32,
    /// Of these, how many came back.
    pub returned: u32,
}

/// A probe that was led through a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeasurementView {
    /// Number of the probe; grows with time.
    pub id: u64,
    /// Epoch in which it was sent.
    pub epoch: u32,
    /// When it was sent.
    pub sent_at: String,
    /// The mix nodes that it was led through, in order.
    pub path: Vec<u32>,
    /// The gateway through which it was sent and came back.
    pub gateway: String,
    /// How long it took, without the drawn delays; none: it did not come back in time.
    pub overhead_ms: Option<u32>,
}

/// A bonded gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GatewayView {
    /// Identity key, base58.
    pub identity: String,
    /// Account that bonded it.
    pub owner: String,
    /// Where it accepts links.
    pub address: String,
    /// Where it accepts clients.
    pub clients_address: String,
    /// Where it stands, as its operator says.
    pub location: String,
    /// Version it announces.
    pub version: String,
    /// What its operator pledged.
    pub pledge: Amount,
}
