//! Types and attribute names of the contract's events. A chain puts `wasm-` before the type.

/// Type of every event of this contract; `action` says which message it is of.
pub const MIXNET: &str = "mixnet";
/// Name of the message that caused the event, in snake_case.
pub const ATTR_ACTION: &str = "action";
/// Number of a node.
pub const ATTR_MIX_ID: &str = "mix_id";
/// Identity key, base58.
pub const ATTR_IDENTITY: &str = "identity";
/// Owner of a bond.
pub const ATTR_OWNER: &str = "owner";
/// Owner of a delegation.
pub const ATTR_DELEGATOR: &str = "delegator";
/// Amount with denom.
pub const ATTR_AMOUNT: &str = "amount";
/// Absolute number of an epoch.
pub const ATTR_EPOCH: &str = "epoch";
/// Epoch from which a change counts.
pub const ATTR_COUNTS_FROM: &str = "counts_from";
/// Account of a monitor.
pub const ATTR_MONITOR: &str = "monitor";
/// Number of entries handled.
pub const ATTR_COUNT: &str = "count";
/// State of the epoch after the message, snake_case.
pub const ATTR_STATE: &str = "state";
/// Number of frozen candidates.
pub const ATTR_CANDIDATES: &str = "candidates";
/// How a rewarded set came about, snake_case.
pub const ATTR_DRAW: &str = "draw";
/// Size of the new rewarded set.
pub const ATTR_REWARDED: &str = "rewarded_set";
/// "true" if the message found nothing to do.
pub const ATTR_NOTHING_TO_DO: &str = "nothing_to_do";
/// Rewards paid in a step of the transition, in the staking denom's unit with 18 digits.
pub const ATTR_REWARDS: &str = "rewards";
/// Nodes that were rewarded in a step of the transition.
pub const ATTR_REWARDED_NODES: &str = "rewarded_nodes";
/// Numbers of nodes that a step passed over, the first ten, with commas between.
pub const ATTR_PARKED: &str = "parked";
/// Number of a period of keys.
pub const ATTR_PERIOD: &str = "period";
/// Index of a member of the issuing group.
pub const ATTR_MEMBER: &str = "member";
