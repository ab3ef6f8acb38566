//! Paths with their delays, drawn from the topology in force.
//!
//! Everything random about a packet's way is drawn here: nodes, delays, identifiers. The public keys of
//! nodes are checked and prepared once per document, not once per packet.

use nym_keys::{identity, x25519};
use nym_sphinx::{Destination, Hop, HopKey, PayloadSize, Surb, SurbKeys};
use nym_topology::{Topology, TopologyError};
use rand::{CryptoRng, Rng, RngCore};
use std::collections::HashMap;
use std::time::Duration;

/// Why no packet could be built.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// There is no topology that serves.
    #[error("no usable topology is known")]
    NoTopology,
    /// The topology has no such way.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A node's key cannot be used, or the content does not fit.
    #[error("no packet can be built: {0}")]
    Build(#[from] nym_sphinx::BuildError),
    /// A recipient's key cannot be used.
    #[error("a message cannot be sealed: {0}")]
    Seal(#[from] nym_wire::payload::PayloadError),
}

/// The nodes of a way and what each is told to hold the packet back.
pub type Path = [(identity::PublicKey, Duration); 4];

/// A packet and what its sender knows about its way.
pub struct Built {
    /// The node that gets it from the client's gateway.
    pub first_hop: [u8; 32],
    /// The packet.
    pub packet: Vec<u8>,
    /// What its nodes will hold it back, together.
    pub delay: Duration,
    /// Its way.
    pub path: Path,
}

/// A topology prepared for building packets.
pub struct Routes {
    topology: Topology,
    keys: HashMap<identity::PublicKey, HopKey>,
    mean_delay: Duration,
    longest_delay: Duration,
}

impl Routes {
    /// Prepares a document. `mean_delay` overrides the network's, for tests and impatient users.
    pub fn new(topology: Topology, mean_delay: Option<Duration>) -> Self {
        let parameters = topology.document().parameters;
        let nodes = topology.document().mix_nodes.iter().map(|node| (node.identity, node.sphinx_key));
        let gateways = topology.document().gateways.iter().map(|gateway| (gateway.identity, gateway.sphinx_key));
        // A node with an unusable key is left out and every route over it fails to build; the draw is
        // repeated then, as it is for a packet that got lost.
        let keys = nodes
            .chain(gateways)
            .filter_map(|(identity, key)| Some((identity, HopKey::from_bytes(key.as_bytes()).ok()?)))
            .collect();
        Self {
            keys,
            mean_delay: mean_delay.unwrap_or(Duration::from_millis(u64::from(parameters.mean_hop_delay_ms))),
            longest_delay: Duration::from_millis(u64::from(parameters.max_hop_delay_ms)),
            topology,
        }
    }

    /// The topology.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// What a packet over three mix nodes is held back on average.
    pub fn mean_path_delay(&self) -> Duration {
        self.mean_delay * 3
    }

    /// The longest that a packet's nodes may hold it back, together.
    pub fn longest_path_delay(&self) -> Duration {
        self.longest_delay * 3
    }

    /// A packet over three mix nodes to a gateway.
    pub fn packet(
        &self,
        gateway: &identity::PublicKey,
        size: PayloadSize,
        plaintext: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Built, RouteError> {
        let (route, path) = self.draw(gateway, rng)?;
        let packet = nym_sphinx::build_packet(&route, &Destination::NONE, size, plaintext, rng)?;
        let delay = path.iter().map(|(_, delay)| *delay).sum();
        Ok(Built { first_hop: path[0].0.to_bytes(), packet, delay, path })
    }

    /// A reply block that ends at this client, its keys, and its way as far as the client's gateway.
    pub fn surb(
        &self,
        gateway: &identity::PublicKey,
        client: &identity::PublicKey,
        reply_key: &x25519::PublicKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Surb, SurbKeys, Path), RouteError> {
        let (mut route, path) = self.draw(gateway, rng)?;
        route.push(Hop {
            address: client.to_bytes(),
            key: HopKey::from_bytes(reply_key.as_bytes())?,
            delay: Duration::ZERO,
        });
        let mut identifier = [0u8; 16];
        while identifier == [0; 16] {
            rng.fill_bytes(&mut identifier);
        }
        let (surb, keys) = Surb::create(&route, &Destination { address: [0; 32], identifier }, rng)?;
        Ok((surb, keys, path))
    }

    fn draw(&self, gateway: &identity::PublicKey, rng: &mut impl Rng) -> Result<(Vec<Hop>, Path), RouteError> {
        let route = self.topology.forward_route(gateway, rng)?;
        let mut hops = Vec::with_capacity(route.len() + 1);
        let mut path = [(*gateway, Duration::ZERO); 4];
        for (position, (hop, place)) in route.iter().zip(&mut path).enumerate() {
            let is_mix_node = position + 1 < route.len();
            let delay = if is_mix_node {
                crate::schedule::gap(self.mean_delay, rng).min(self.longest_delay)
            } else {
                Duration::ZERO
            };
            *place = (hop.identity, delay);
            let key = match self.keys.get(&hop.identity) {
                Some(key) => *key,
                None => HopKey::from_bytes(hop.sphinx_key.as_bytes())?,
            };
            hops.push(Hop { address: hop.identity.to_bytes(), key, delay });
        }
        Ok((hops, path))
    }
}
