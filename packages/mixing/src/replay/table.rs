//! The exact table: open addressing over 64-bit fingerprints.

use std::fmt;
use std::num::NonZeroU64;

use aes::cipher::{BlockEncrypt, KeyInit};
use aes::Aes128;
use nym_sphinx::ReplayTag;

/// Shards grow one by one, so that the pause for growing is a fraction of the table's size: at 128
/// million tags a shard has a million slots, 8 MiB.
const SHARDS: usize = 256;

/// Slots that a shard begins with: 8 KiB for a table that is hardly used.
const FIRST_SLOTS: usize = 4;

/// What the table remembers of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(NonZeroU64);

impl Fingerprint {
    /// The fingerprint as it is logged.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// Reads what was logged; all zero is no fingerprint.
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        NonZeroU64::new(u64::from_be_bytes(bytes)).map(Self)
    }

    fn shard(self) -> usize {
        usize::from(self.to_bytes()[0])
    }

    /// The low bits; the shard is chosen by the high ones.
    fn slot(self, mask: usize) -> usize {
        (self.0.get() as usize) & mask
    }
}

/// The secret that turns tags into fingerprints.
#[derive(Clone)]
pub struct FingerprintKey {
    bytes: [u8; 16],
    cipher: Aes128,
}

impl FingerprintKey {
    /// From 16 random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self { bytes, cipher: Aes128::new(&bytes.into()) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    fn fingerprint(&self, tag: &ReplayTag) -> Fingerprint {
        let mut block = [0; 16];
        block.copy_from_slice(&tag[..16]);
        let mut block = block.into();
        self.cipher.encrypt_block(&mut block);
        let mut start = [0; 8];
        start.copy_from_slice(&block[..8]);
        // Zero marks empty slots. Its tags share the fingerprint one: as likely as any other collision.
        Fingerprint(NonZeroU64::new(u64::from_be_bytes(start)).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It was not known and now is.
    New,
    /// It was known.
    Known,
    /// It was not known and there is no room: a packet that cannot be remembered must not pass.
    Full,
}

/// The fingerprints of one key period. Exact: never forgets, never invents.
///
/// Memory is 8 bytes a slot at a load between 3/8 and 3/4, that is 11 to 21 bytes a tag, and bounded by
/// the number of tags that the table was made for.
#[derive(Clone, Debug)]
pub struct ReplayTable {
    key: FingerprintKey,
    shards: Vec<Shard>,
    len: usize,
    capacity: usize,
}

#[derive(Clone, Debug)]
struct Shard {
    /// Zero is empty. A power of two, at most three quarters used.
    slots: Vec<u64>,
    used: usize,
}

impl ReplayTable {
    /// An empty table for at most `capacity` tags.
    pub fn new(key: FingerprintKey, capacity: usize) -> Self {
        let shard = Shard { slots: vec![0; FIRST_SLOTS], used: 0 };
        Self { key, shards: vec![shard; SHARDS], len: 0, capacity }
    }

    /// The fingerprint of a tag in this table.
    pub fn fingerprint(&self, tag: &ReplayTag) -> Fingerprint {
        self.key.fingerprint(tag)
    }

    /// Whether a fingerprint is known.
    pub fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.shards.get(fingerprint.shard()).is_some_and(|shard| shard.find(fingerprint).is_ok())
    }

    /// Remembers a fingerprint.
    pub fn insert(&mut self, fingerprint: Fingerprint) -> Inserted {
        let full = self.len >= self.capacity;
        let Some(shard) = self.shards.get_mut(fingerprint.shard()) else { return Inserted::Full };
        let Err(free) = shard.find(fingerprint) else { return Inserted::Known };
        if full {
            return Inserted::Full;
        }
        shard.fill(free, fingerprint);
        self.len += 1;
        Inserted::New
    }

    /// Tags in the table.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The most tags that the table takes.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes of the slots.
    pub fn memory(&self) -> usize {
        self.shards.iter().map(|shard| shard.slots.len() * size_of::<u64>()).sum()
    }
}

impl Shard {
    /// Where the fingerprint is, or else where it would go.
    fn find(&self, fingerprint: Fingerprint) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut at = fingerprint.slot(mask);
        // Ends: a quarter of the slots is empty.
        loop {
            match self.slots[at] {
                0 => return Err(at),
                known if known == fingerprint.0.get() => return Ok(at),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn fill(&mut self, free: usize, fingerprint: Fingerprint) {
        self.slots[free] = fingerprint.0.get();
        self.used += 1;
        if self.used * 4 > self.slots.len() * 3 {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let larger = vec![0; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, larger);
        for known in old.into_iter().filter_map(NonZeroU64::new).map(Fingerprint) {
            if let Err(free) = self.find(known) {
                self.slots[free] = known.0.get();
            }
        }
    }
}
