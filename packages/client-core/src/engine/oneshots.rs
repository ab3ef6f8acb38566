//! Small things that are sent once and not repeated: acknowledgements of replies, reply blocks asked for.
//!
//! Losing one costs a repetition elsewhere (a reply comes again, a request is made again), never a
//! message. They take departures of the Poisson stream like everything else.

use crate::SenderTag;
use nym_keys::ClientAddress;
use nym_wire::message::MAX_REPLY_ACKS;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Acknowledgements wait this long for company.
const GATHER: Duration = Duration::from_millis(100);
/// Each batch is said a second time after this long: it stands for dozens of packets.
const REPEAT: Duration = Duration::from_millis(500);
/// Packets with reply blocks that wait; 20 requests answered in full. More are not answered.
const QUEUE: usize = 512;
/// Peers with acknowledgements that wait; those of others are left to the repetition.
const PEERS: usize = 1_024;

/// A packet's worth of content for another client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Oneshot {
    /// Fragments of replies that have arrived.
    ReplyAcks(ClientAddress, Vec<[u8; 16]>),
    /// Reply blocks that were asked for: how many to make for this peer.
    Surbs(ClientAddress, u8),
    /// A request for so many reply blocks of this sender, over one of those that are left.
    Request(SenderTag, u16),
}

#[derive(Debug, Default)]
struct Acks {
    ids: Vec<[u8; 16]>,
    due: Duration,
    /// Said once, to be said again.
    said: VecDeque<(Duration, Vec<[u8; 16]>)>,
}

#[derive(Debug, Default)]
pub(super) struct Oneshots {
    queue: VecDeque<Oneshot>,
    acks: BTreeMap<ClientAddress, Acks>,
}

impl Oneshots {
    /// Queues reply blocks for a peer; `false` if too many wait.
    pub(super) fn surbs(&mut self, peer: ClientAddress, count: u8) -> bool {
        if self.queue.len() >= QUEUE {
            return false;
        }
        self.queue.push_back(Oneshot::Surbs(peer, count));
        true
    }

    /// Queues a request for reply blocks.
    pub(super) fn request(&mut self, tag: SenderTag, count: u16) {
        if self.queue.len() < QUEUE {
            self.queue.push_back(Oneshot::Request(tag, count));
        }
    }

    /// Notes a fragment that has to be acknowledged.
    pub(super) fn acknowledge(&mut self, peer: ClientAddress, fragment: [u8; 16], now: Duration) {
        if self.acks.len() >= PEERS && !self.acks.contains_key(&peer) {
            return;
        }
        let acks = self.acks.entry(peer).or_default();
        if acks.ids.is_empty() {
            acks.due = now + GATHER;
        }
        if acks.ids.len() < QUEUE * MAX_REPLY_ACKS && !acks.ids.contains(&fragment) {
            acks.ids.push(fragment);
        }
    }

    /// The next one whose time has come.
    pub(super) fn next(&mut self, now: Duration) -> Option<Oneshot> {
        if let Some(oneshot) = self.queue.pop_front() {
            return Some(oneshot);
        }
        let full = MAX_REPLY_ACKS;
        let peer = self
            .acks
            .iter()
            .find(|(_, acks)| {
                acks.ids.len() >= full
                    || (!acks.ids.is_empty() && acks.due <= now)
                    || acks.said.front().is_some_and(|(again, _)| *again <= now)
            })
            .map(|(peer, _)| *peer)?;
        let acks = self.acks.get_mut(&peer)?;
        let ids: Vec<[u8; 16]> = if acks.said.front().is_some_and(|(again, _)| *again <= now) {
            acks.said.pop_front().map(|(_, ids)| ids).unwrap_or_default()
        } else {
            let ids: Vec<_> = acks.ids.drain(..acks.ids.len().min(full)).collect();
            acks.said.push_back((now + REPEAT, ids.clone()));
            ids
        };
        if acks.ids.is_empty() && acks.said.is_empty() {
            self.acks.remove(&peer);
        }
        Some(Oneshot::ReplyAcks(peer, ids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    fn peer() -> ClientAddress {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let keys = crate::engine::ClientKeys::generate(&mut rng);
        keys.address(nym_keys::identity::SecretKey::generate(&mut rng).public_key())
    }

    #[test]
    fn acknowledgements_are_gathered_and_said_twice() {
        let mut oneshots = Oneshots::default();
        let at = Duration::from_millis;
        oneshots.acknowledge(peer(), [1; 16], at(0));
        oneshots.acknowledge(peer(), [2; 16], at(50));
        oneshots.acknowledge(peer(), [2; 16], at(60));

        let both = Some(Oneshot::ReplyAcks(peer(), vec![[1; 16], [2; 16]]));
        assert_eq!(oneshots.next(at(99)), None);
        assert_eq!(oneshots.next(at(100)), both);
        assert_eq!(oneshots.next(at(101)), None);
        assert_eq!(oneshots.next(at(700)), both);
        assert_eq!(oneshots.next(at(10_000)), None);
        assert!(oneshots.acks.is_empty());
    }
}
