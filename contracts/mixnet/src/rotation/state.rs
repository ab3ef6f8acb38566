//! The keys of each node, by its identity. Nothing is looked up by them, and two nodes may announce the same.

use cosmwasm_std::Storage;
use nym_contract_types::keys;
use nym_contract_types::mixnet::NodeKeys;

use crate::packed::{Packed, PackedMap, Reader, Write};
use crate::state::Core;

/// Keys of bonded nodes by identity key; none where keys do not expire. Written by `rotation::execute` and [`keep_bonded`].
pub const KEYS: PackedMap<&[u8; 32], KeptKeys> = PackedMap::new("nk");

/// Keys of at most two periods, the earlier first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptKeys(pub Vec<PeriodKeys>);

/// Keys of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodKeys {
    /// Number of the period.
    pub period: u32,
    /// Unwraps packets.
    pub sphinx: [u8; 32],
    /// Opens links.
    pub link: [u8; 32],
}

/// For which periods a node has keys, as its stakes say: the draw reads those of every node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The last period.
    pub last: u32,
    /// Whether it has keys for the period before, too.
    pub before: bool,
}

impl Keyed {
    /// Whether there are keys for a period.
    pub fn serves(&self, period: u32) -> bool {
        self.last == period || self.before && self.last.checked_sub(1) == Some(period)
    }
}

impl KeptKeys {
    /// Keys of a period.
    pub fn of(&self, period: u32) -> Option<&PeriodKeys> {
        self.0.iter().find(|keys| keys.period == period)
    }

    /// Puts keys of a period in place of those it had, and forgets the periods before `current`.
    pub fn put(&mut self, new: PeriodKeys, current: u32) {
        self.0.retain(|keys| keys.period >= current && keys.period != new.period);
        let later = self.0.iter().take_while(|keys| keys.period < new.period).count();
        self.0.insert(later, new);
    }

    /// What the stakes say of it.
    pub fn keyed(&self) -> Option<Keyed> {
        let last = self.0.last()?.period;
        let before = last.checked_sub(1).is_some_and(|before| self.of(before).is_some());
        Some(Keyed { last, before })
    }
}

impl PeriodKeys {
    /// As messages and replies have them.
    pub fn show(&self) -> NodeKeys {
        NodeKeys { period: self.period, sphinx_key: keys::to_text(&self.sphinx), noise_key: keys::to_text(&self.link) }
    }
}

/// Keeps the keys of a bond for the first period in which the node may serve.
pub fn keep_bonded(
    storage: &mut dyn Storage,
    core: &Core,
    identity: &[u8; 32],
    sphinx: &[u8; 32],
    link: Option<&[u8; 32]>,
) -> Option<Keyed> {
    let period = core.period_of(core.now.turn().saturating_add(1))?;
    let keys = PeriodKeys { period, sphinx: *sphinx, link: *link? };
    KEYS.save(storage, identity, &KeptKeys(vec![keys]));
    Some(Keyed { last: period, before: false })
}

impl Packed for KeptKeys {
    const NAME: &'static str = "keys of a node";

    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(68 * self.0.len());
        for keys in &self.0 {
            bytes = bytes.put(&keys.period.to_be_bytes()).put(&keys.sphinx).put(&keys.link);
        }
        bytes
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let mut kept = Vec::with_capacity(2);
        while !bytes.is_empty() {
            kept.push(PeriodKeys { period: bytes.u32()?, sphinx: bytes.array()?, link: bytes.array()? });
        }
        (1..=2).contains(&kept.len()).then_some(Self(kept))
    }
}
