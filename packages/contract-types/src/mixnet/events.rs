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
/// Share of the profit that an operator announces to keep, 0–1.
pub const ATTR_PROFIT_MARGIN: &str = "profit_margin";
/// Cost of an interval that an operator announces, with denom.
pub const ATTR_OPERATING_COST: &str = "interval_operating_cost";
/// Least pledge of a mix node, with denom.
pub const ATTR_MINIMUM_MIXNODE_PLEDGE: &str = "minimum_mixnode_pledge";
/// Least pledge of a gateway, with denom.
pub const ATTR_MINIMUM_GATEWAY_PLEDGE: &str = "minimum_gateway_pledge";
/// Least amount of one delegation, with denom; absent if there is none.
pub const ATTR_MINIMUM_DELEGATION: &str = "minimum_mixnode_delegation";
/// Least profit margin, 0–1; absent if there is no range.
pub const ATTR_PROFIT_MARGIN_MINIMUM: &str = "profit_margin_minimum";
/// Largest profit margin, 0–1; absent if there is no range.
pub const ATTR_PROFIT_MARGIN_MAXIMUM: &str = "profit_margin_maximum";
/// Least operating cost of an interval, with denom; absent if there is no range.
pub const ATTR_OPERATING_COST_MINIMUM: &str = "interval_operating_cost_minimum";
/// Largest operating cost of an interval, with denom; absent if there is no range.
pub const ATTR_OPERATING_COST_MAXIMUM: &str = "interval_operating_cost_maximum";
/// How many of the rewarded nodes carry traffic.
pub const ATTR_ACTIVE_SET_SIZE: &str = "active_set_size";
/// Nodes that are drawn for an epoch; absent if that does not change, as all parameters of the reward model.
pub const ATTR_REWARDED_SET_SIZE: &str = "rewarded_set_size";
/// Tokens that are taken to be in circulation, with denom.
pub const ATTR_STAKING_SUPPLY: &str = "staking_supply";
/// Share of a reward that adds to the staking supply, 0–1.
pub const ATTR_SUPPLY_SCALE_FACTOR: &str = "staking_supply_scale_factor";
/// Weight of the operator's own stake, 0–1.
pub const ATTR_SYBIL_RESISTANCE: &str = "sybil_resistance_percent";
/// How many times the work of a standby node an active node does.
pub const ATTR_WORK_FACTOR: &str = "active_set_work_factor";
/// Share of the pool that one interval emits, 0–1.
pub const ATTR_POOL_EMISSION: &str = "interval_pool_emission";
/// Epochs in an interval.
pub const ATTR_EPOCHS_IN_INTERVAL: &str = "epochs_in_interval";
/// Length of an epoch, seconds.
pub const ATTR_EPOCH_LENGTH: &str = "epoch_length";
/// Account that the contract was offered to, or that accepted it.
pub const ATTR_ADMIN: &str = "admin";
/// Account that owned the contract before.
pub const ATTR_FORMER_ADMIN: &str = "former_admin";
