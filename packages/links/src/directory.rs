//! Who is in the network now: the current topology document and the one before it.
//!
//! Links and routes are checked against both, each on its own: two nodes are neighbours when one single
//! document says so. A node that left the active set therefore serves one epoch more, and then nobody
//! sends to it any longer.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use nym_keys::{identity, x25519};
use nym_mixing::{Neighbours, RoutingTable};
use nym_topology::{Position, Topology, TopologyDocument};
use tokio::sync::watch;
use tokio::time::Instant;

/// Where a node is reached and with which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeAddress {
    /// Where it accepts links.
    pub address: SocketAddr,
    /// The key of its links.
    pub link_key: x25519::PublicKey,
}

/// The documents in force.
#[derive(Debug, Clone, Default)]
struct Documents {
    current: Option<Topology>,
    previous: Option<Topology>,
    learnt: Option<Instant>,
    routing: Arc<RoutingTable>,
}

/// The documents that everything in a node asks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Directory {
    own: identity::PublicKey,
    max_delay: Duration,
    documents: Arc<RwLock<Documents>>,
    changes: Arc<watch::Sender<u64>>,
}

impl Directory {
    /// Knows nobody yet. `own` is this node, `max_delay` the longest delay that it honours whatever a document says.
    pub fn new(own: identity::PublicKey, max_delay: Duration) -> Self {
        Self { own, max_delay, documents: Arc::default(), changes: Arc::new(watch::Sender::new(0)) }
    }

    /// Makes a document the current one; an older or equal epoch changes nothing and gives `false`.
    pub fn advance(&self, document: TopologyDocument) -> bool {
        let mut documents = self.documents.write().unwrap_or_else(PoisonError::into_inner);
        documents.learnt = Some(Instant::now());
        if documents.current.as_ref().is_some_and(|current| document.epoch <= current.epoch()) {
            return false;
        }
        let epoch = document.epoch;
        let before = documents.current.replace(Topology::new(document));
        // A document of an earlier epoch than the one before is in force no longer.
        documents.previous = before.filter(|before| before.epoch().checked_add(1) == Some(epoch));
        self.update_routing(&mut documents);
        self.tell_of_change(documents);
        true
    }

    /// Drops documents that serve no longer at this time (seconds since 1970): without a successor, nobody may go on with them.
    pub fn expire(&self, now: u64) {
        let expired = |topology: &Option<Topology>| {
            topology.as_ref().is_some_and(|topology| topology.document().serves_until() <= now)
        };
        if !self.read(|documents| expired(&documents.current) || expired(&documents.previous)) {
            return;
        }
        let mut documents = self.documents.write().unwrap_or_else(PoisonError::into_inner);
        if expired(&documents.current) {
            let epoch = documents.current.take().map_or(0, |topology| topology.epoch());
            tracing::error!(
                epoch,
                "the topology has expired and no epoch has followed; nothing is forwarded until one does"
            );
        }
        if expired(&documents.previous) {
            documents.previous = None;
        }
        self.update_routing(&mut documents);
        self.tell_of_change(documents);
    }

    /// Puts a document behind the current one, for a node that starts in the middle of an epoch or has missed one.
    pub fn set_previous(&self, document: TopologyDocument) {
        let mut documents = self.documents.write().unwrap_or_else(PoisonError::into_inner);
        documents.previous = Some(Topology::new(document));
        self.update_routing(&mut documents);
        self.tell_of_change(documents);
    }

    /// Told under the lock: whoever reads the new documents finds that the others have been told of them.
    fn tell_of_change(&self, documents: RwLockWriteGuard<'_, Documents>) {
        self.changes.send_modify(|version| *version += 1);
        drop(documents);
    }

    fn update_routing(&self, documents: &mut Documents) {
        let limit = documents.current.as_ref().map_or(self.max_delay, |topology| {
            Duration::from_millis(topology.document().parameters.max_hop_delay_ms.into()).min(self.max_delay)
        });
        let neighbours = |topology: &Option<Topology>| Neighbours::of(&self.own, topology.as_ref()?);
        let (current, previous) = (neighbours(&documents.current), neighbours(&documents.previous));
        documents.routing = Arc::new(RoutingTable::new(current, previous, limit));
    }

    /// Where packets may go from this node, by the documents in force.
    pub fn routing(&self) -> Arc<RoutingTable> {
        self.read(|documents| Arc::clone(&documents.routing))
    }

    /// Says when the documents change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The current document.
    pub fn current(&self) -> Option<Topology> {
        self.read(|documents| documents.current.clone())
    }

    /// The document before it.
    pub fn previous(&self) -> Option<Topology> {
        self.read(|documents| documents.previous.clone())
    }

    /// How long ago the source last said what is current.
    pub fn age(&self) -> Option<Duration> {
        self.read(|documents| documents.learnt.map(|learnt| learnt.elapsed()))
    }

    /// Notes that the source has just confirmed the current document.
    pub fn confirm(&self) {
        self.documents.write().unwrap_or_else(PoisonError::into_inner).learnt = Some(Instant::now());
    }

    /// Where a node is reached, by the newest document that has it.
    pub fn node(&self, identity: &identity::PublicKey) -> Option<NodeAddress> {
        self.find(|topology| {
            Some(NodeAddress { address: topology.link_address(identity)?, link_key: topology.link_key(identity)? })
        })
    }

    /// Where a node stands, by the newest document that has it.
    pub fn position(&self, identity: &identity::PublicKey) -> Option<Position> {
        self.find(|topology| topology.position(identity))
    }

    /// Whether one document lets packets go from one node to the other.
    pub fn are_neighbours(&self, from: &identity::PublicKey, to: &identity::PublicKey) -> bool {
        self.find(|topology| topology.are_neighbours(from, to).then_some(())).is_some()
    }

    /// Whether a node is in a document at all.
    pub fn contains(&self, identity: &identity::PublicKey) -> bool {
        self.position(identity).is_some()
    }

    /// Whether the pair of identity and link key is in a document that lets this node send to `own`.
    pub fn admits(
        &self,
        identity: &identity::PublicKey,
        link_key: &x25519::PublicKey,
        own: &identity::PublicKey,
    ) -> bool {
        self.find(|topology| {
            let known = topology.link_key(identity).is_some_and(|key| key == *link_key);
            (known && topology.are_neighbours(identity, own)).then_some(())
        })
        .is_some()
    }

    fn find<T>(&self, ask: impl Fn(&Topology) -> Option<T>) -> Option<T> {
        self.read(|documents| {
            documents.current.as_ref().and_then(&ask).or_else(|| documents.previous.as_ref().and_then(&ask))
        })
    }

    fn read<T>(&self, ask: impl FnOnce(&Documents) -> T) -> T {
        ask(&self.documents.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::test_util::{document, keys};

    fn address() -> SocketAddr {
        ([127, 0, 0, 1], 1789).into()
    }

    #[test]
    fn a_document_serves_three_epoch_lengths_past_its_end_and_no_longer() {
        let (own, next) = (keys(), keys());
        let document = document(4, &[(1, &own, address()), (2, &next, address())], &[]);
        let directory = Directory::new(own.identity.public_key(), Duration::from_secs(10));
        let end = document.starts_at + document.epoch_length;
        let last = end + 3 * document.epoch_length - 1;
        directory.advance(document);

        directory.expire(last);
        assert!(directory.contains(&next.identity.public_key()), "until the last second");

        directory.expire(last + 1);
        assert!(!directory.contains(&next.identity.public_key()));
        assert!(directory.current().is_none());
        assert!(!directory.are_neighbours(&own.identity.public_key(), &next.identity.public_key()));
    }

    #[test]
    fn an_epoch_that_was_missed_puts_the_older_document_out_of_force() {
        let (own, gone, next) = (keys(), keys(), keys());
        let with =
            |epoch, other: &crate::node::NodeKeys| document(epoch, &[(1, &own, address()), (2, other, address())], &[]);
        let directory = Directory::new(own.identity.public_key(), Duration::from_secs(10));
        directory.advance(with(1, &gone));
        directory.advance(with(2, &next));
        assert!(directory.contains(&gone.identity.public_key()), "it served in the epoch before");

        directory.advance(with(4, &next));

        assert!(directory.previous().is_none(), "epoch 2 is not the one before epoch 4");
        directory.set_previous(with(3, &gone));
        assert!(directory.contains(&gone.identity.public_key()));
    }
}
