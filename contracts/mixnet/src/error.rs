//! Everything that can be refused, as sentences with numbers.

// Each field is explained by the sentence it stands in.
#![allow(missing_docs)]

use cosmwasm_std::{Addr, Coin, StdError, Uint128};
use nym_contract_types::mixnet::OperatingCostRange;
use nym_contract_types::{EpochId, NodeId, Percent};
use thiserror::Error;

/// Why a message was refused. Nothing changes then.
#[derive(Debug, Error)]
pub enum ContractError {
    /// The host or a stored value failed.
    #[error(transparent)]
    Std(#[from] StdError),
    /// A value has no text.
    #[error(transparent)]
    Json(#[from] nym_contract_runtime::json::Error),
    /// The reward model's arithmetic failed.
    #[error(transparent)]
    Rewarding(#[from] nym_rewarding::OutOfRange),

    /// Coins with a message that takes none.
    #[error("this message takes no funds, but {sent} were sent")]
    FundsNotAccepted { sent: String },
    /// Not exactly one coin.
    #[error("exactly one coin of {denom} is needed, but {sent} were sent")]
    OneCoinNeeded { denom: String, sent: String },
    /// Another amount than the pool.
    #[error("the reward pool is {pool}, exactly that must be sent, but {sent} were sent")]
    PoolNotPaidIn { pool: Uint128, sent: String },

    /// A parameter outside its range.
    #[error("{name} is {value}, but must be {rule}")]
    Parameter { name: &'static str, value: String, rule: &'static str },
    /// A text that is too long.
    #[error("{name} has {length} bytes, but at most {maximum} are allowed")]
    TooLong { name: &'static str, length: usize, maximum: usize },
    /// A key that is none.
    #[error("{name} '{value}' is not the base58 text of 32 bytes")]
    Key { name: &'static str, value: String },
    /// Keys of a period that takes none.
    #[error("no keys of period {period} are accepted: {rule}")]
    KeysNotAccepted { period: u32, rule: &'static str },
    /// A host that nobody should connect to.
    #[error("host '{host}' is not accepted: {rule}")]
    Host { host: String, rule: &'static str },
    /// The same entry twice.
    #[error("{what} {value} is in the list twice")]
    Duplicate { what: &'static str, value: String },
    /// A list that is too long.
    #[error("{count} {what} were given, but at most {maximum} are accepted")]
    TooMany { what: &'static str, count: usize, maximum: usize },

    /// Not the owner of the contract.
    #[error("{sender} is not the owner {owner} of this contract")]
    NotOwner { sender: Addr, owner: Addr },
    /// Not a monitor.
    #[error("{sender} is not a monitor")]
    NotMonitor { sender: Addr },

    /// The signature is not by the identity key over the payload.
    #[error("the signature is not by identity {identity} over this message of {sender} with nonce {nonce}")]
    Signature { identity: String, sender: Addr, nonce: u64 },
    /// A pledge below the minimum.
    #[error("the pledge is {pledge}, but at least {minimum} is required")]
    PledgeTooSmall { pledge: Coin, minimum: Coin },
    /// A profit margin outside the network's range.
    #[error("the profit margin is {margin}, but must be from {minimum} to {maximum}")]
    ProfitMargin { margin: Percent, minimum: Percent, maximum: Percent },
    /// A cost outside the network's range.
    #[error("the operating cost of an interval is {cost}, but must be from {} to {}", range.minimum, range.maximum)]
    OperatingCost { cost: Coin, range: Box<OperatingCostRange> },
    /// The account has a bond.
    #[error("{owner} has bonded {bonded} already")]
    AlreadyBonded { owner: Addr, bonded: String },
    /// The identity has a bond.
    #[error("identity {identity} is bonded already")]
    IdentityTaken { identity: String },
    /// No mix node of this account.
    #[error("{owner} has no bonded mix node")]
    NoMixnode { owner: Addr },
    /// No gateway of this account.
    #[error("{owner} has no bonded gateway")]
    NoGateway { owner: Addr },
    /// No node of this account.
    #[error("{owner} has bonded no node")]
    NothingBonded { owner: Addr },
    /// No mix node of this number.
    #[error("mix node {mix_id} is not bonded")]
    MixnodeNotBonded { mix_id: NodeId },
    /// All numbers are given away.
    #[error("no node numbers are left")]
    NoNodeIds,

    /// A delegation below the minimum.
    #[error("the delegation to mix node {mix_id} is {amount}, but at least {minimum} is required")]
    DelegationTooSmall { mix_id: NodeId, amount: Coin, minimum: Coin },
    /// No such delegation.
    #[error("{delegator} has no delegation to mix node {mix_id}")]
    NoDelegation { mix_id: NodeId, delegator: Addr },
    /// Stakes that were counted leave no sooner than the next block.
    #[error("what was staked at height {height} can leave from height {unlocks_at} on")]
    StakeLocked { height: u64, unlocks_at: u64 },

    /// Nothing that could be taken back.
    #[error("no {what} of mix node {mix_id} is waiting to count")]
    NothingPending { what: &'static str, mix_id: NodeId },
    /// Rules do not change under way.
    #[error("{what} cannot change immediately: it takes effect with the next {when}")]
    NotImmediately { what: &'static str, when: &'static str },
    /// Nobody offered the contract to this account.
    #[error("this contract was not offered to {sender}")]
    NotOffered { sender: Addr },

    /// The epoch's end lies ahead.
    #[error("epoch {epoch} ends at {ends_at}; the block's time is {now}")]
    EpochNotOver { epoch: EpochId, ends_at: u64, now: u64 },
    /// Not all have reported, and it is too early to go on without.
    #[error("{reported} of {monitors} monitors have reported epoch {epoch}; it may end without the others from {begin_at} on, the block's time is {now}")]
    ReportsMissing { epoch: EpochId, reported: u32, monitors: u32, begin_at: u64, now: u64 },
    /// A number of an epoch that is not current.
    #[error("epoch {given} is not the current epoch {current}")]
    WrongEpoch { given: EpochId, current: EpochId },
    /// Reports came too late.
    #[error("the transition of epoch {epoch} has begun, reports are closed")]
    ReportsClosed { epoch: EpochId },
    /// Stakes stand still.
    #[error("the transition of epoch {epoch} is under way: stakes can change again when its rewards are done")]
    TransitionUnderWay { epoch: EpochId },
    /// Nothing that could be advanced.
    #[error("the transition of epoch {epoch} has not begun")]
    TransitionNotBegun { epoch: EpochId },
    /// The beacon's seed is due.
    #[error("the draw for epoch {epoch} awaits its seed until {until}; the block's time is {now}")]
    SeedMissing { epoch: EpochId, until: u64, now: u64 },

    /// A seed or share that is not wanted now.
    #[error("no seed of epoch {epoch} is accepted: {rule}")]
    SeedNotAccepted { epoch: EpochId, rule: &'static str },
    /// A signature that is not the key's.
    #[error("the signature is not by {signer} over the message of epoch {epoch}")]
    SeedSignature { signer: String, epoch: EpochId },
    /// Bytes that are no usable point.
    #[error("{name} is not a compressed point of its group, or is the identity")]
    Point { name: &'static str },
    /// Not the account that announces keys.
    #[error("{sender} does not announce the beacon's keys, {authority} does")]
    NotBeaconAuthority { sender: Addr, authority: Addr },
    /// Not a member of the group.
    #[error("{sender} is not a member of the group whose key is in force")]
    NotBeaconMember { sender: Addr },

    /// The code or state is of another contract, or newer.
    #[error("cannot migrate from {contract} {version} to {to}")]
    Migration { contract: String, version: String, to: &'static str },
    /// A stored value does not parse: state of another version.
    #[error("the stored {what} does not parse")]
    Corrupt { what: &'static str },
    /// A sum left the range of its type.
    #[error("{what} is out of range")]
    OutOfRange { what: &'static str },
}
