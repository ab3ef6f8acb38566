//! Who may hand packets to this node, and where they may go from here.
//!
//! A route is taken from one document, so the previous hop, this one and the next are checked against
//! one document: the current, or the previous while packets of its epoch are still under way. Mixing
//! two documents would let a packet skip a layer when nodes change places.

use std::collections::HashMap;
use std::time::Duration;

use nym_keys::identity;
use nym_sphinx::Address;
use nym_topology::{Position, Topology};

use crate::DropReason;

/// What the next address of a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextHop {
    /// A node: the packet is held and forwarded.
    Node,
    /// A client of this gateway: the packet is kept whole for it.
    Client,
}

/// What the packet path asks about the network.
pub trait Routing {
    /// The longest delay that a packet may ask for here.
    fn max_delay(&self) -> Duration;

    /// Whether a packet that `previous` handed over may go on to `next`; if not, why.
    fn admit(&self, previous: &Address, next: &Address) -> Result<NextHop, DropReason>;
}

/// This node's surroundings in one document.
#[derive(Clone, Debug)]
pub struct Neighbours {
    own: Position,
    nodes: HashMap<Address, Position>,
}

impl Neighbours {
    /// From a node's own position and everybody else's.
    pub fn new(own: Position, nodes: impl IntoIterator<Item = (Address, Position)>) -> Self {
        Self { own, nodes: nodes.into_iter().collect() }
    }

    /// From a document; `None` when this node is not in it.
    pub fn of(own: &identity::PublicKey, topology: &Topology) -> Option<Self> {
        let document = topology.document();
        let mix_nodes = document.mix_nodes.iter().map(|node| (node.identity, Position::Layer(node.layer)));
        let gateways = document.gateways.iter().map(|gateway| (gateway.identity, Position::Gateway));
        let nodes = mix_nodes.chain(gateways).map(|(identity, position)| (identity.to_bytes(), position));
        Some(Self::new(topology.position(own)?, nodes))
    }

    fn knows(&self, node: &Address) -> bool {
        self.nodes.contains_key(node)
    }

    fn may_send(&self, node: &Address) -> bool {
        self.nodes.get(node).is_some_and(|position| position.precedes(self.own))
    }

    fn may_get(&self, node: &Address) -> bool {
        self.nodes.get(node).is_some_and(|position| self.own.precedes(*position))
    }

    /// Whether replies for clients may come from there: only a gateway has clients.
    fn may_send_replies(&self, node: &Address) -> bool {
        self.own == Position::Gateway && self.may_send(node)
    }
}

/// The documents in force as one node sees them.
#[derive(Clone, Debug, Default)]
pub struct RoutingTable {
    /// At most two: the current document and the previous one.
    documents: Vec<Neighbours>,
    max_delay: Duration,
}

impl RoutingTable {
    /// From the current document and the previous one; the limit on delays is the current one's.
    pub fn new(current: Option<Neighbours>, previous: Option<Neighbours>, max_delay: Duration) -> Self {
        Self { documents: current.into_iter().chain(previous).collect(), max_delay }
    }

    /// A table that also knows the clients of this gateway.
    pub fn with_clients<C: Fn(&Address) -> bool>(&self, is_client: C) -> impl Routing + use<'_, C> {
        WithClients { table: self, is_client }
    }

    /// Whether a packet may start here towards `next`: what a gateway's clients hand in.
    pub fn may_start(&self, next: &Address) -> Result<(), DropReason> {
        self.decide(next, |document| document.may_get(next))
    }

    fn decide(&self, next: &Address, allowed: impl Fn(&Neighbours) -> bool) -> Result<(), DropReason> {
        if self.documents.iter().any(allowed) {
            Ok(())
        } else if self.documents.is_empty() {
            Err(DropReason::NoTopology)
        } else if self.documents.iter().any(|document| document.knows(next)) {
            Err(DropReason::NotNeighbour)
        } else {
            Err(DropReason::UnknownNextHop)
        }
    }
}

impl Routing for RoutingTable {
    fn max_delay(&self) -> Duration {
        self.max_delay
    }

    fn admit(&self, previous: &Address, next: &Address) -> Result<NextHop, DropReason> {
        self.decide(next, |document| document.may_send(previous) && document.may_get(next))?;
        Ok(NextHop::Node)
    }
}

struct WithClients<'a, C> {
    table: &'a RoutingTable,
    is_client: C,
}

impl<C: Fn(&Address) -> bool> Routing for WithClients<'_, C> {
    fn max_delay(&self) -> Duration {
        self.table.max_delay
    }

    fn admit(&self, previous: &Address, next: &Address) -> Result<NextHop, DropReason> {
        if !(self.is_client)(next) {
            return self.table.admit(previous, next);
        }
        if self.table.documents.iter().any(|document| document.may_send_replies(previous)) {
            return Ok(NextHop::Client);
        }
        Err(if self.table.documents.is_empty() { DropReason::NoTopology } else { DropReason::NotNeighbour })
    }
}
