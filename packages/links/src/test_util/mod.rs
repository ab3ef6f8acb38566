//! Helpers for tests: a small network's document, packets over its nodes, and a peer that says what it wants.

#![allow(clippy::unwrap_used)]

pub mod program;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nym_keys::identity;
use nym_mixing::DropReason;
use nym_sphinx::{build_packet, Destination, Hop, PayloadSize};
use nym_topology::{GatewayEntry, Layer, MixNodeEntry, Parameters, TopologyDocument};
use nym_wire::link::{Link, LinkFrame, LinkInitiator, LinkSender, Peer, RESPONSE_LENGTH};
use nym_wire::noise::{HandshakeError, Network, PERIOD_NONE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::engine::Terminus;
use crate::node::NodeKeys;

/// The network of tests.
pub fn network() -> Network {
    Network { chain_id: "test".into(), mixnet_contract: "n1contract".into() }
}

/// Keys that are kept nowhere.
pub fn keys() -> NodeKeys {
    NodeKeys::generate(&mut rand::rngs::OsRng)
}

/// A document of these mix nodes, as (layer, keys, address), and gateways, as (keys, mix address, clients' address).
pub fn document(
    epoch: u32,
    mix_nodes: &[(u8, &NodeKeys, SocketAddr)],
    gateways: &[(&NodeKeys, SocketAddr, SocketAddr)],
) -> TopologyDocument {
    let mix_nodes = mix_nodes.iter().zip(1..).map(|((layer, keys, address), node_id)| MixNodeEntry {
        node_id,
        layer: Layer::new(*layer).unwrap(),
        identity: keys.identity.public_key(),
        sphinx_key: keys.sphinx.public_key(),
        link_key: keys.link.public_key(),
        address: *address,
    });
    let gateways = gateways.iter().map(|(keys, address, clients_address)| GatewayEntry {
        identity: keys.identity.public_key(),
        sphinx_key: keys.sphinx.public_key(),
        link_key: keys.link.public_key(),
        address: *address,
        clients_address: *clients_address,
        payee: "n1payee".into(),
    });
    let mut document = TopologyDocument {
        version: 1,
        chain_id: "test".into(),
        mixnet_contract: "n1contract".into(),
        epoch,
        height: u64::from(epoch) * 10 + 1,
        starts_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs(),
        epoch_length: 3_600,
        parameters: Parameters { payload_size: 2_048, mean_hop_delay_ms: 5, max_hop_delay_ms: 5_000 },
        bootstrap_seed: true,
        mix_nodes: mix_nodes.collect(),
        gateways: gateways.collect(),
    };
    document.sort();
    document
}

/// A stop on a test packet's route.
pub fn hop(keys: &NodeKeys, delay: Duration) -> Hop {
    Hop::new(keys.identity.public_key().to_bytes(), &keys.sphinx.public_key().into(), delay).unwrap()
}

/// A packet over these stops; `plaintext` is padded by Sphinx, not by this.
pub fn packet(route: &[Hop], size: PayloadSize, plaintext: &[u8]) -> Vec<u8> {
    build_packet(route, &Destination::NONE, size, plaintext, &mut rand::rngs::OsRng).unwrap()
}

/// A neighbour in a test's hand.
pub struct TestPeer {
    sender: LinkSender,
    /// The connection, for bytes that are no frames.
    pub stream: TcpStream,
}

impl TestPeer {
    /// Dials a node of [`network`] as the owner of `own` would.
    pub async fn dial(own: &NodeKeys, node: &NodeKeys, address: SocketAddr) -> Result<Self, HandshakeError> {
        let dialled = Peer { identity: node.identity.public_key(), link_key: node.link.public_key() };
        Self::dial_in(&network(), own, dialled, address).await
    }

    /// Dials a node of any network.
    pub async fn dial_in(
        network: &Network,
        own: &NodeKeys,
        dialled: Peer,
        address: SocketAddr,
    ) -> Result<Self, HandshakeError> {
        let rng = &mut rand::rngs::OsRng;
        let own_identity = own.identity.public_key();
        let (initiator, hello) = LinkInitiator::start(network, &own_identity, &own.link, dialled, PERIOD_NONE, rng)?;
        let refused = |error: std::io::Error| HandshakeError::Unconfirmed(error.to_string());
        let mut stream = TcpStream::connect(address).await.map_err(refused)?;
        stream.write_all(&hello).await.map_err(refused)?;
        let mut response = [0; RESPONSE_LENGTH];
        stream.read_exact(&mut response).await.map_err(refused)?;
        let (Link { sender, .. }, confirmation) = initiator.finish(&response)?;
        stream.write_all(&confirmation).await.map_err(refused)?;
        Ok(Self { sender, stream })
    }

    /// Sends packets as one batch.
    pub async fn send<P: AsRef<[u8]>>(&mut self, packets: &[P]) {
        let bytes = self.sealed(packets);
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// The bytes that [`Self::send`] would write.
    pub fn sealed<P: AsRef<[u8]>>(&mut self, packets: &[P]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let frames = packets.iter().map(|packet| LinkFrame::packet(packet.as_ref()).unwrap());
        self.sender.seal(frames, &mut bytes).unwrap();
        bytes
    }
}

/// A terminus that hands every plaintext to a test.
pub struct Collect(pub mpsc::Sender<Vec<u8>>);

impl Terminus for Collect {
    fn is_client(&self, _address: &[u8; 32]) -> bool {
        false
    }

    fn reply(&mut self, _client: &[u8; 32], _packet: Vec<u8>) -> Result<(), DropReason> {
        Err(DropReason::Unexpected)
    }

    fn arrived(&mut self, plaintext: &[u8]) -> Result<(), DropReason> {
        let _ = self.0.send(plaintext.to_vec());
        Ok(())
    }
}

/// Waits until a condition holds; gives up after a minute, which is long for a machine that has much else to do.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(tokio::time::Instant::now() < patience, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The identity of a node.
pub fn identity_of(keys: &NodeKeys) -> identity::PublicKey {
    keys.identity.public_key()
}
