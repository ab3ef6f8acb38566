//! Reply blocks this client made, by the identifier their replies come back with.
//!
//! Each peer has a budget: an initial allowance, and more only for replies that really came. A peer
//! that asks for reply blocks for ever gets none beyond that, so nobody can use this client as an
//! amplifier.

use crate::SenderTag;
use std::collections::{BTreeSet, HashMap};

/// Bounds of the reply blocks a client makes.
#[derive(Debug, Clone, Copy)]
pub struct OwnLimits {
    /// Unused reply blocks of all peers together (about 150 bytes each).
    pub total: usize,
    /// Unused reply blocks of one peer.
    pub outstanding: u32,
    /// Reply blocks that a peer may be given before its first reply.
    pub allowance: u32,
}

/// What this client keeps of a reply block it made.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnSurb {
    /// The tag under which the peer knows this client.
    pub tag: SenderTag,
    /// When it stops working (unix seconds).
    pub expires: u64,
    /// What opens the reply.
    pub secret: zeroize::Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for OwnSurb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnSurb({}, expires {}, ..)", self.tag, self.expires)
    }
}

/// What a peer was given and what it has given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Reply blocks given to it so far.
    pub granted: u64,
    /// Packets with data that came back through them.
    pub replies: u64,
}

impl Budget {
    /// How many more it may be given: the allowance, and three for every two replies (the third pays
    /// for lost packets and for the requests themselves).
    pub fn left(&self, allowance: u32) -> u32 {
        let earned = u64::from(allowance).saturating_add(self.replies.saturating_add(self.replies / 2));
        u32::try_from(earned.saturating_sub(self.granted)).unwrap_or(u32::MAX)
    }
}

/// Reply blocks this client made and that were not used yet.
#[derive(Debug)]
pub struct OwnSurbs {
    limits: OwnLimits,
    surbs: HashMap<[u8; 16], OwnSurb>,
    by_expiry: BTreeSet<(u64, [u8; 16])>,
    outstanding: HashMap<SenderTag, u32>,
}

impl OwnSurbs {
    /// Starts empty.
    pub fn new(limits: OwnLimits) -> Self {
        Self { limits, surbs: HashMap::new(), by_expiry: BTreeSet::new(), outstanding: HashMap::new() }
    }

    /// How many reply blocks may be made for a peer now.
    pub fn room(&self, tag: &SenderTag, budget: &Budget) -> u32 {
        let outstanding = self.outstanding.get(tag).copied().unwrap_or(0);
        let total = u32::try_from(self.limits.total.saturating_sub(self.surbs.len())).unwrap_or(u32::MAX);
        budget.left(self.limits.allowance).min(self.limits.outstanding.saturating_sub(outstanding)).min(total)
    }

    /// Keeps a reply block under its identifier.
    pub fn insert(&mut self, identifier: [u8; 16], surb: OwnSurb) {
        *self.outstanding.entry(surb.tag).or_default() += 1;
        self.by_expiry.insert((surb.expires, identifier));
        if let Some(earlier) = self.surbs.insert(identifier, surb) {
            // Sixteen random bytes do not repeat; a row read twice from disk does.
            self.by_expiry.remove(&(earlier.expires, identifier));
            self.release(&earlier.tag);
            if let Some(surb) = self.surbs.get(&identifier) {
                self.by_expiry.insert((surb.expires, identifier));
            }
        }
    }

    /// Takes the reply block that a reply came back with: it serves once.
    pub fn take(&mut self, identifier: &[u8; 16]) -> Option<OwnSurb> {
        let surb = self.surbs.remove(identifier)?;
        self.by_expiry.remove(&(surb.expires, *identifier));
        self.release(&surb.tag);
        Some(surb)
    }

    /// The reply block of an identifier, left in its place.
    pub fn get(&self, identifier: &[u8; 16]) -> Option<&OwnSurb> {
        self.surbs.get(identifier)
    }

    /// Forgets reply blocks that no longer work; returns their identifiers.
    pub fn expire(&mut self, unix: u64) -> Vec<[u8; 16]> {
        let mut gone = Vec::new();
        while let Some((expires, identifier)) = self.by_expiry.first().copied() {
            if expires > unix {
                break;
            }
            self.take(&identifier);
            gone.push(identifier);
        }
        gone
    }

    /// Unused reply blocks.
    pub fn len(&self) -> usize {
        self.surbs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.surbs.is_empty()
    }

    fn release(&mut self, tag: &SenderTag) {
        if let Some(count) = self.outstanding.get_mut(tag) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.outstanding.remove(tag);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TAG: SenderTag = SenderTag::from_bytes([1; 16]);

    fn surb(expires: u64) -> OwnSurb {
        OwnSurb { tag: TAG, expires, secret: vec![7; 80].into() }
    }

    fn surbs() -> OwnSurbs {
        OwnSurbs::new(OwnLimits { total: 1_000, outstanding: 10, allowance: 20 })
    }

    #[test]
    fn a_reply_block_serves_once() {
        let mut surbs = surbs();
        surbs.insert([1; 16], surb(10));

        assert!(surbs.take(&[1; 16]).is_some());
        assert!(surbs.take(&[1; 16]).is_none());
        assert!(surbs.is_empty());
    }

    #[test]
    fn a_peer_that_never_replies_gets_its_allowance_and_no_more() {
        let mut surbs = surbs();
        let mut budget = Budget::default();
        let mut given = 0;

        for request in 0..1_000u32 {
            for _ in 0..surbs.room(&TAG, &budget) {
                given += 1;
                budget.granted += 1;
                surbs.insert(u128::from(given).to_be_bytes(), surb(10));
            }
            // The peer uses all of them up for requests.
            surbs.expire(10 + u64::from(request));
        }

        assert_eq!(given, 20u64);
    }

    #[test]
    fn replies_earn_new_reply_blocks() {
        let budget = Budget { granted: 20, replies: 10 };

        assert_eq!(budget.left(20), 15);
    }

    #[test]
    fn no_peer_holds_more_than_the_outstanding_limit() {
        let mut surbs = surbs();
        for identifier in 0..10u8 {
            surbs.insert([identifier; 16], surb(10));
        }

        assert_eq!(surbs.room(&TAG, &Budget { granted: 10, replies: 1_000 }), 0);
    }

    #[test]
    fn a_row_read_twice_is_counted_once() {
        let mut surbs = surbs();
        surbs.insert([1; 16], surb(10));
        surbs.insert([1; 16], surb(12));

        assert_eq!(surbs.len(), 1);
        assert_eq!(surbs.expire(11), Vec::<[u8; 16]>::new());
        assert_eq!(surbs.expire(12), vec![[1; 16]]);
        assert!(surbs.outstanding.is_empty());
    }
}
