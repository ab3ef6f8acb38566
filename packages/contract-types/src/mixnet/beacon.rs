//! The issuing group's beacon as the contract knows it: keys, shares of the coming seed, the seed.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary};
use nym_contract_runtime::json::{Read, Write};

use crate::EpochId;

/// The group's key for seeds, with what is needed to check what each member contributes.
#[cw_serde]
#[derive(Read, Write)]
pub struct BeaconKey {
    /// Group key: a compressed point of G2, 96 bytes, not the identity.
    pub key: Binary,
    /// Shares that make a signature.
    pub threshold: u32,
    /// Members, at most 64, no account and no index twice.
    pub members: Vec<BeaconMember>,
}

/// A member of the group.
#[cw_serde]
#[derive(Read, Write)]
pub struct BeaconMember {
    /// Account that posts its shares.
    pub account: String,
    /// Where the group's polynomial is evaluated for it, at least 1.
    pub index: u32,
    /// Its public share of the key: a compressed point of G2, 96 bytes, not the identity.
    pub key: Binary,
}

/// A key that does not hold yet.
#[cw_serde]
#[derive(Read, Write)]
pub struct AnnouncedBeaconKey {
    /// The key.
    pub key: BeaconKey,
    /// First epoch whose seed it signs.
    pub counts_from: EpochId,
}

/// A member's share of a seed.
#[cw_serde]
#[derive(Read, Write)]
pub struct SeedShare {
    /// Index of the member.
    pub index: u32,
    /// Compressed point of G1, 48 bytes. Any `threshold` of them give the seed by interpolation at 0.
    pub share: Binary,
}

/// The beacon.
#[cw_serde]
#[derive(Read, Write)]
pub struct BeaconResponse {
    /// Account that announces keys: the owner until it is handed over.
    pub authority: Addr,
    /// Account that becomes it with the first key it announces.
    pub offered: Option<Addr>,
    /// Key that signs the seed of `epoch`; none: the previous set stays.
    pub key: Option<BeaconKey>,
    /// Key that follows.
    pub announced: Option<AnnouncedBeaconKey>,
    /// The coming epoch, whose seed is next.
    pub epoch: EpochId,
    /// What is to be signed for it, see [`crate::beacon::message`].
    pub message: Binary,
    /// Whether shares and seed are accepted in the block that answers.
    pub open: bool,
    /// Time from which they are no longer, seconds since 1970; none before the transition has begun.
    pub until: Option<u64>,
    /// Shares that were posted, by index.
    pub shares: Vec<SeedShare>,
    /// The seed, if it was accepted.
    pub seed: Option<Binary>,
}
