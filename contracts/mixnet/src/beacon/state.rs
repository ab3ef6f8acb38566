//! Keys of the group, shares and the seed of the coming epoch.

use cosmwasm_std::{Addr, Binary, Env, Storage};
use nym_contract_runtime::json;
use nym_contract_types::beacon::{self, SIGNATURE_LENGTH};
use nym_contract_types::mixnet::{BeaconKey, BeaconMember};
use nym_contract_types::EpochId;

use crate::epochs::clock::Epoch;
use crate::epochs::state::LAST_SEED;
use crate::packed::{json_records, Packed, PackedItem, PackedMap, Reader, Write};
use crate::ContractError;

/// Who announces keys, and the keys without their members. Written by `beacon::execute`.
pub const BEACON: PackedItem<Beacon> = PackedItem::new("bea");

/// Members of the key in force and of the one announced, by the key's slot. Written by `beacon::execute`.
pub const MEMBERS: PackedMap<u32, Vec<BeaconMember>> = PackedMap::new("bem");

/// Shares of the coming epoch's seed and the one before, by the epoch's parity and the member's index. Written by `beacon::execute`.
pub const SHARES: PackedMap<(u32, u32), Signed> = PackedMap::new("bsh");

/// The last seed that was brought. Written by `beacon::execute`.
pub const NEXT_SEED: PackedItem<Signed> = PackedItem::new("nseed");

json_records!(Beacon => "beacon", Vec<BeaconMember> => "members of the group");

/// The group's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, json::Read, json::Write)]
pub struct Beacon {
    /// Account that announces keys; none: the owner.
    pub authority: Option<Addr>,
    /// Account that becomes it with its first key.
    pub offered: Option<Addr>,
    /// The last two keys by the order of their announcement. The later one holds once its turn is over.
    pub keys: Vec<StoredKey>,
}

/// A key without its members.
#[derive(Clone, Debug, PartialEq, Eq, json::Read, json::Write)]
pub struct StoredKey {
    /// Compressed point of G2.
    pub key: Binary,
    /// Shares that make a signature.
    pub threshold: u32,
    /// Turn in which it was announced: it signs in transitions of later epochs.
    pub turn: EpochId,
    /// Under which its members are stored.
    pub slot: u32,
}

impl StoredKey {
    /// Whether it signs in the transition of an epoch.
    pub fn holds(&self, epoch: EpochId) -> bool {
        self.turn < epoch
    }

    /// The key with its members.
    pub fn with_members(self, storage: &dyn Storage) -> Result<BeaconKey, ContractError> {
        let members = MEMBERS.may_load(storage, self.slot)?.unwrap_or_default();
        Ok(BeaconKey { key: self.key, threshold: self.threshold, members })
    }
}

impl Beacon {
    /// The beacon's keys, or that there are none yet.
    pub fn load(storage: &dyn Storage) -> Result<Self, ContractError> {
        Ok(BEACON.may_load(storage)?.unwrap_or_default())
    }

    /// The key that signs in the transition of an epoch.
    pub fn in_force(&self, epoch: EpochId) -> Option<&StoredKey> {
        self.keys.iter().rev().find(|key| key.holds(epoch))
    }

    /// The key that will sign later.
    pub fn announced(&self, epoch: EpochId) -> Option<&StoredKey> {
        self.keys.last().filter(|key| !key.holds(epoch))
    }
}

/// What the group signs for the coming epoch.
pub fn message(storage: &dyn Storage, env: &Env, epoch: &Epoch) -> Result<Vec<u8>, ContractError> {
    let last = LAST_SEED.load(storage)?;
    Ok(beacon::message(&env.block.chain_id, env.contract.address.as_str(), epoch.next_id()?, last.as_slice()))
}

/// A signature for an epoch.
pub struct Signed {
    /// The epoch it is the seed of, or a share of its seed.
    pub epoch: EpochId,
    /// Compressed point of G1.
    pub signature: [u8; SIGNATURE_LENGTH],
}

impl Packed for Signed {
    const NAME: &'static str = "seed";

    fn pack(&self) -> Vec<u8> {
        Vec::with_capacity(4 + SIGNATURE_LENGTH).put(&self.epoch.to_be_bytes()).put(&self.signature)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        Some(Self { epoch: bytes.u32()?, signature: bytes.array()? })
    }
}

/// The seed of an epoch, if it was brought.
pub fn seed_of(storage: &dyn Storage, epoch: EpochId) -> Result<Option<Binary>, ContractError> {
    let seed = NEXT_SEED.may_load(storage)?.filter(|seed| seed.epoch == epoch);
    Ok(seed.map(|seed| Binary::from(seed.signature)))
}
