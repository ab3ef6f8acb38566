//! The most that messages may bring: what is above the contract refuses, and programs can name before they send it.

/// Monitors: each costs two reads per page of nodes when scores are counted.
pub const MAX_MONITORS: usize = 64;

/// Reports in one message: about 30 KB of a transaction.
pub const MAX_REPORTS: usize = 1_000;

/// Nodes that one step of a transition handles, so that it fits into a block. Asking for more is not refused: it counts as this.
pub const MAX_NODES_PER_STEP: u32 = 1_500;

/// Members of the group that signs seeds.
pub const MAX_MEMBERS: usize = 64;

/// Delegations in one withdrawal: each is five reads and writes.
pub const MAX_WITHDRAWALS: usize = 50;

/// Nodes in a rewarded set: the set and a draw in progress are one record each.
pub const MAX_REWARDED_SET: u32 = 1_000;

/// A pool, a supply, a least stake or an end of a range of costs, in the denom's unit: far above any token's, far below what stakes of 18
/// digits hold in 128 bits.
pub const MAX_SUPPLY: u128 = 1_000_000_000_000_000_000;

/// Factor of an active node's work.
pub const MAX_WORK_FACTOR: u128 = 1_000_000;

/// Any time, in seconds: a year, so that no sum of times leaves its type.
pub const MAX_SECONDS: u64 = 366 * 24 * 3_600;
