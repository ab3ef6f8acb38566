//! A probe: a cover packet of an ordinary client, led along a known path back to itself.
//!
//! To the nodes it is a user's packet: fresh client keys for each epoch, the network's size and delays, a
//! uniformly drawn route, a real acknowledgement inside.

use nym_client_core::engine::ClientKeys;
use nym_client_core::{routes::Routes, MessageId};
use nym_keys::identity;
use nym_sphinx::{build_packet, Destination, Hop, HopKey, PayloadSize};
use nym_topology::Topology;
use nym_wire::{fragment::Fragment, payload};
use rand::{CryptoRng, Rng as _, RngCore};
use std::time::Duration;

/// A packet to send and how to know it when it comes back.
pub struct Built {
    /// Its id.
    pub id: MessageId,
    /// The node that gets it from the gateway.
    pub first_hop: [u8; 32],
    /// The packet.
    pub packet: Vec<u8>,
    /// The mix nodes that it is led through.
    pub path: [u32; 3],
    /// What these will hold it back, together.
    pub delay: Duration,
}

/// Builds a probe of a client at `gateway`.
pub fn build(
    topology: &Topology,
    gateway: &identity::PublicKey,
    keys: &ClientKeys,
    rng: &mut (impl RngCore + CryptoRng),
) -> anyhow::Result<Built> {
    let parameters = topology.document().parameters;
    let mean = Duration::from_millis(u64::from(parameters.mean_hop_delay_ms));
    let longest = Duration::from_millis(u64::from(parameters.max_hop_delay_ms));
    let address = keys.address(*gateway);
    let id = MessageId::from_bytes(rng.gen());

    let ack = payload::ack_plaintext(&address.identity(), &rng.gen());
    let ack = Routes::new(topology.clone(), None).packet(gateway, PayloadSize::Ack, &ack, rng)?;
    let fragment = Fragment::cover(id);
    let plaintext = payload::forward_plaintext(&address, &ack.first_hop, &ack.packet, &fragment, rng)?;

    let route = topology.forward_route(gateway, rng)?;
    let mut delay = Duration::ZERO;
    let mut hops = Vec::with_capacity(route.len());
    let mut path = Vec::with_capacity(3);
    for hop in &route {
        let mut own = Duration::ZERO;
        if let Some(node) = topology.mix_node(&hop.identity) {
            path.push(node.node_id);
            own = nym_client_core::schedule::gap(mean, rng).min(longest);
        }
        delay += own;
        let key = HopKey::from_bytes(hop.sphinx_key.as_bytes())?;
        hops.push(Hop { address: hop.identity.to_bytes(), key, delay: own });
    }
    let packet = build_packet(&hops, &Destination::NONE, PayloadSize::Regular, &plaintext, rng)?;
    let path = path.try_into().map_err(|_| anyhow::anyhow!("a route does not have three mix nodes"))?;
    Ok(Built { id, first_hop: route[0].identity.to_bytes(), packet, path, delay })
}
