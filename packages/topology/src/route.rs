//! Random routes: one node of each layer, uniformly, then a gateway.

use crate::{GatewayEntry, Layer, MixNodeEntry, Position, Topology, TopologyError};
use nym_keys::{identity, x25519};
use rand::seq::SliceRandom as _;
use rand::Rng;

/// A node on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Its address in a packet.
    pub identity: identity::PublicKey,
    /// The key that unwraps the packet there.
    pub sphinx_key: x25519::PublicKey,
}

impl From<&MixNodeEntry> for Hop {
    fn from(node: &MixNodeEntry) -> Self {
        Self { identity: node.identity, sphinx_key: node.sphinx_key }
    }
}

impl From<&GatewayEntry> for Hop {
    fn from(gateway: &GatewayEntry) -> Self {
        Self { identity: gateway.identity, sphinx_key: gateway.sphinx_key }
    }
}

/// The four nodes that unwrap a packet, in order.
pub type Route = [Hop; 4];

impl Topology {
    /// A forward route: layers 1, 2 and 3, then the recipient's gateway.
    pub fn forward_route(&self, to_gateway: &identity::PublicKey, rng: &mut impl Rng) -> Result<Route, TopologyError> {
        let gateway = self.gateway(to_gateway).ok_or_else(|| TopologyError::UnknownNode(*to_gateway, self.epoch()))?;
        let [one, two, three] = Layer::ALL;
        Ok([self.draw(one, rng)?, self.draw(two, rng)?, self.draw(three, rng)?, gateway.into()])
    }

    /// A node's own loop: the layers after it, a gateway, the layers before it, itself.
    pub fn node_loop(&self, node: &identity::PublicKey, rng: &mut impl Rng) -> Result<Route, TopologyError> {
        let unknown = || TopologyError::UnknownNode(*node, self.epoch());
        let Position::Layer(own) = self.position(node).ok_or_else(unknown)? else {
            return Err(unknown());
        };
        let myself = self.mix_node(node).ok_or_else(unknown)?;
        let gateway = self.document().gateways.choose(rng).ok_or_else(|| TopologyError::NoGateways(self.epoch()))?;
        let (gateway, myself) = (gateway.into(), myself.into());
        let mut draw = |layer| self.draw(layer, rng);
        let [one, two, three] = Layer::ALL;
        Ok(match own.number() {
            1 => [draw(two)?, draw(three)?, gateway, myself],
            2 => [draw(three)?, gateway, draw(one)?, myself],
            _ => [gateway, draw(one)?, draw(two)?, myself],
        })
    }

    fn draw(&self, layer: Layer, rng: &mut impl Rng) -> Result<Hop, TopologyError> {
        let mut nodes = self.layer(layer);
        let index = rng.gen_range(0..nodes.len().max(1));
        nodes.nth(index).map(Hop::from).ok_or(TopologyError::EmptyLayer(layer.number()))
    }
}
