//! Reply blocks this client was given, by the tag of the sender that gave them.

use crate::SenderTag;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Bounds of the reply blocks a client keeps for others.
#[derive(Debug, Clone, Copy)]
pub struct PeerLimits {
    /// Senders whose reply blocks are kept; the one that was silent longest goes first.
    pub peers: usize,
    /// Reply blocks of one sender (412 bytes each); the oldest go first.
    pub per_peer: usize,
}

/// A reply block as it is kept: numbered by the row it has on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSurb {
    /// Its number, unique in this client.
    pub number: u64,
    /// When it stops working (unix seconds).
    pub expires: u64,
    /// The reply block.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct Peer {
    surbs: VecDeque<StoredSurb>,
    active: u64,
}

/// Reply blocks of others, ready to be used.
#[derive(Debug)]
pub struct PeerSurbs {
    limits: PeerLimits,
    peers: HashMap<SenderTag, Peer>,
    by_activity: BTreeSet<(u64, SenderTag)>,
    /// Counts uses, so that activity has an order without a clock.
    uses: u64,
}

impl PeerSurbs {
    /// Starts empty.
    pub fn new(limits: PeerLimits) -> Self {
        Self { limits, peers: HashMap::new(), by_activity: BTreeSet::new(), uses: 0 }
    }

    /// Keeps reply blocks of a sender; returns the numbers of those that had to go for them.
    pub fn add(&mut self, tag: SenderTag, surbs: impl IntoIterator<Item = StoredSurb>) -> Vec<u64> {
        self.touch(tag);
        let mut gone = Vec::new();
        let peer = self.peers.entry(tag).or_default();
        for surb in surbs {
            peer.surbs.push_back(surb);
            if peer.surbs.len() > self.limits.per_peer {
                gone.extend(peer.surbs.pop_front().map(|surb| surb.number));
            }
        }
        while self.peers.len() > self.limits.peers {
            let Some((_, oldest)) = self.by_activity.pop_first() else { break };
            gone.extend(self.peers.remove(&oldest).into_iter().flat_map(|peer| peer.surbs).map(|surb| surb.number));
        }
        gone
    }

    /// Takes the oldest reply block of a sender that still works.
    pub fn take(&mut self, tag: &SenderTag, unix: u64) -> Option<StoredSurb> {
        let peer = self.peers.get_mut(tag)?;
        let position = peer.surbs.iter().position(|surb| surb.expires > unix)?;
        let surb = peer.surbs.remove(position);
        self.touch(*tag);
        surb
    }

    /// How many reply blocks of a sender work now.
    pub fn available(&self, tag: &SenderTag, unix: u64) -> usize {
        self.peers.get(tag).map_or(0, |peer| peer.surbs.iter().filter(|surb| surb.expires > unix).count())
    }

    /// Whether the sender is known at all, with or without reply blocks left.
    pub fn knows(&self, tag: &SenderTag) -> bool {
        self.peers.contains_key(tag)
    }

    /// Forgets reply blocks that no longer work; returns their numbers.
    pub fn expire(&mut self, unix: u64) -> Vec<u64> {
        let mut gone = Vec::new();
        for peer in self.peers.values_mut() {
            gone.extend(peer.surbs.iter().filter(|surb| surb.expires <= unix).map(|surb| surb.number));
            peer.surbs.retain(|surb| surb.expires > unix);
        }
        gone
    }

    /// Senders known.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether no sender is known.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    fn touch(&mut self, tag: SenderTag) {
        self.uses += 1;
        let peer = self.peers.entry(tag).or_default();
        self.by_activity.remove(&(peer.active, tag));
        peer.active = self.uses;
        self.by_activity.insert((peer.active, tag));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: SenderTag = SenderTag::from_bytes([1; 16]);

    fn surb(number: u64, expires: u64) -> StoredSurb {
        StoredSurb { number, expires, bytes: vec![0; 412] }
    }

    fn surbs() -> PeerSurbs {
        PeerSurbs::new(PeerLimits { peers: 3, per_peer: 4 })
    }

    #[test]
    fn the_oldest_working_reply_block_is_used_first() {
        let mut surbs = surbs();
        surbs.add(TAG, [surb(1, 10), surb(2, 30), surb(3, 30)]);

        assert_eq!(surbs.available(&TAG, 20), 2);
        assert_eq!(surbs.take(&TAG, 20), Some(surb(2, 30)));
        assert_eq!(surbs.expire(20), vec![1]);
        assert_eq!(surbs.available(&TAG, 20), 1);
    }

    #[test]
    fn one_sender_keeps_only_so_many() {
        let mut surbs = surbs();

        let gone = surbs.add(TAG, (0..10).map(|number| surb(number, 10)));

        assert_eq!(gone, vec![0, 1, 2, 3, 4, 5]);
        assert_eq!(surbs.available(&TAG, 0), 4);
    }

    #[test]
    fn the_sender_that_was_silent_longest_is_forgotten_first() {
        let mut surbs = surbs();
        let tag = |n: u8| SenderTag::from_bytes([n; 16]);
        for n in 0..3u8 {
            surbs.add(tag(n), [surb(u64::from(n), 10)]);
        }
        surbs.take(&tag(0), 0);

        let gone = surbs.add(tag(9), [surb(9, 10)]);

        assert_eq!(gone, vec![1]);
        assert!(surbs.knows(&tag(0)) && !surbs.knows(&tag(1)) && surbs.len() == 3);
    }
}
