//! A document made quick to ask: who stands where, who may send to whom.

use crate::{GatewayEntry, Layer, MixNodeEntry, TopologyDocument};
use nym_keys::{identity, x25519};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Where a node stands on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Position {
    /// A mix node of this layer.
    Layer(Layer),
    /// A gateway.
    Gateway,
}

impl Position {
    /// Whether packets go from here to there: gateway → 1 → 2 → 3 → gateway.
    pub fn precedes(self, next: Self) -> bool {
        match (self, next) {
            (Self::Gateway, Self::Layer(layer)) => layer.number() == 1,
            (Self::Layer(from), Self::Layer(to)) => from.number() + 1 == to.number(),
            (Self::Layer(layer), Self::Gateway) => layer.number() == 3,
            (Self::Gateway, Self::Gateway) => false,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    MixNode(usize),
    Gateway(usize),
}

/// A document with an index by identity; cheap to clone.
#[derive(Debug, Clone)]
pub struct Topology(Arc<Indexed>);

/// The indices are places in the document's lists, which never change.
#[derive(Debug)]
struct Indexed {
    document: TopologyDocument,
    slots: HashMap<identity::PublicKey, Slot>,
    layers: [Vec<usize>; 3],
}

impl Topology {
    /// Indexes a document.
    pub fn new(document: TopologyDocument) -> Self {
        let mut slots = HashMap::new();
        let mut layers: [Vec<usize>; 3] = Default::default();
        for (index, node) in document.mix_nodes.iter().enumerate() {
            slots.insert(node.identity, Slot::MixNode(index));
            layers[node.layer.index()].push(index);
        }
        for (index, gateway) in document.gateways.iter().enumerate() {
            slots.insert(gateway.identity, Slot::Gateway(index));
        }
        Self(Arc::new(Indexed { document, slots, layers }))
    }

    /// The document.
    pub fn document(&self) -> &TopologyDocument {
        &self.0.document
    }

    /// Its epoch.
    pub fn epoch(&self) -> u32 {
        self.0.document.epoch
    }

    /// Where a node stands, if it is there.
    pub fn position(&self, identity: &identity::PublicKey) -> Option<Position> {
        Some(match self.0.slots.get(identity)? {
            Slot::MixNode(index) => Position::Layer(self.0.document.mix_nodes.get(*index)?.layer),
            Slot::Gateway(_) => Position::Gateway,
        })
    }

    /// A gateway's entry.
    pub fn gateway(&self, identity: &identity::PublicKey) -> Option<&GatewayEntry> {
        match self.0.slots.get(identity)? {
            Slot::Gateway(index) => self.0.document.gateways.get(*index),
            Slot::MixNode(_) => None,
        }
    }

    /// A mix node's entry.
    pub fn mix_node(&self, identity: &identity::PublicKey) -> Option<&MixNodeEntry> {
        match self.0.slots.get(identity)? {
            Slot::MixNode(index) => self.0.document.mix_nodes.get(*index),
            Slot::Gateway(_) => None,
        }
    }

    /// Nodes of a layer.
    pub fn layer(&self, layer: Layer) -> impl ExactSizeIterator<Item = &MixNodeEntry> {
        self.0.layers[layer.index()].iter().map(|index| &self.0.document.mix_nodes[*index])
    }

    /// Where a node accepts links.
    pub fn link_address(&self, identity: &identity::PublicKey) -> Option<SocketAddr> {
        self.either(identity, |node| node.address, |gateway| gateway.address)
    }

    /// The key of a node's links.
    pub fn link_key(&self, identity: &identity::PublicKey) -> Option<x25519::PublicKey> {
        self.either(identity, |node| node.link_key, |gateway| gateway.link_key)
    }

    /// The key that unwraps a node's packets.
    pub fn sphinx_key(&self, identity: &identity::PublicKey) -> Option<x25519::PublicKey> {
        self.either(identity, |node| node.sphinx_key, |gateway| gateway.sphinx_key)
    }

    /// Whether packets go from one node to the other.
    pub fn are_neighbours(&self, from: &identity::PublicKey, to: &identity::PublicKey) -> bool {
        matches!((self.position(from), self.position(to)), (Some(from), Some(to)) if from.precedes(to))
    }

    fn either<T>(
        &self,
        identity: &identity::PublicKey,
        node: impl FnOnce(&MixNodeEntry) -> T,
        gateway: impl FnOnce(&GatewayEntry) -> T,
    ) -> Option<T> {
        Some(match self.0.slots.get(identity)? {
            Slot::MixNode(index) => node(self.0.document.mix_nodes.get(*index)?),
            Slot::Gateway(index) => gateway(self.0.document.gateways.get(*index)?),
        })
    }
}
