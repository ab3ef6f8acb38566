//! A whole network in one process, for tests of clients and of programs that use them.
//!
//! Real Sphinx processing at every hop, real acknowledgements, inboxes with rows that stay until they
//! are confirmed; no sockets. Links lose, duplicate and delay as a test asks for.

use crate::engine::{ClientKeys, Delivery, Outgoing};
use crate::gateway::{ConnectError, FromGateway, GatewayConnector, GatewaySession, ToGateway};
use futures::future::BoxFuture;
use futures::FutureExt as _;
use nym_keys::{identity, x25519};
use nym_sphinx::Processed;
use nym_topology::{GatewayEntry, Layer, MixNodeEntry, Parameters, Topology, TopologyDocument};
use nym_wire::payload::{self, ForwardPlaintext};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// What a gateway reads in a packet that ends there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// An acknowledgement for a client.
    Ack {
        /// Whose.
        client: [u8; 32],
        /// Which.
        id: [u8; 16],
    },
    /// A message for a client.
    Message {
        /// Whose.
        client: [u8; 32],
        /// The packet that acknowledges its storage.
        ack: Outgoing,
        /// What the client opens.
        sealed: Vec<u8>,
    },
}

impl Arrival {
    /// Reads what Sphinx gave.
    pub fn read(plaintext: &[u8]) -> Option<Self> {
        if let Ok((client, id)) = payload::read_ack(plaintext) {
            return Some(Self::Ack { client: *client, id: *id });
        }
        let message = ForwardPlaintext::parse(plaintext).ok()?;
        let ack = Outgoing { first_hop: *message.ack_first_hop, packet: message.ack_packet.to_vec() };
        Some(Self::Message { client: *message.recipient, ack, sealed: message.sealed.to_vec() })
    }
}

/// What the links of a [`FakeNetwork`] do to packets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Probability that a packet is lost, on each link.
    pub loss: f64,
    /// Probability that a packet is delivered twice by a gateway.
    pub duplicate: f64,
    /// Longest extra time on each link; drawn uniformly, so packets overtake each other.
    pub jitter: Duration,
}

/// Nodes of a packet's way, and how long each held the packet.
pub type Way = Vec<([u8; 32], Duration)>;

/// Ways that a [`FakeNetwork`] remembers.
const WAYS: usize = 10_000;

/// What happened in a [`FakeNetwork`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that clients handed over.
    pub sent: u64,
    /// Packets lost on links.
    pub lost: u64,
    /// Rows put into inboxes.
    pub stored: u64,
    /// Packets dropped because they made no sense.
    pub refused: u64,
    /// Acknowledgements delivered.
    pub acks: u64,
}

/// What a node of a [`FakeNetwork`] does with a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It holds it for a while and sends it on.
    Forward {
        /// To whom.
        next: [u8; 32],
        /// What.
        packet: Vec<u8>,
        /// For how long it holds it.
        delay: Duration,
    },
    /// The packet ends at a gateway, which reads this.
    Arrived(Vec<u8>),
    /// A gateway gives the packet as it is to its client.
    Client(Vec<u8>),
    /// It makes no sense and is dropped.
    Refused,
}

#[derive(Default)]
struct Inbox {
    rows: BTreeMap<u64, Delivery>,
    session: Option<mpsc::Sender<FromGateway>>,
    sessions: u64,
}

struct State {
    rng: ChaCha20Rng,
    faults: Faults,
    inboxes: HashMap<[u8; 32], Inbox>,
    next_row: u64,
    counters: Counters,
    refuse_sessions: bool,
    ways: VecDeque<Way>,
}

struct Shared {
    topology: Topology,
    secrets: HashMap<[u8; 32], x25519::SecretKey>,
    state: Mutex<State>,
}

/// Six mix nodes in three layers and two gateways, all in this process.
#[derive(Clone)]
pub struct FakeNetwork(Arc<Shared>);

impl FakeNetwork {
    /// A network whose mix nodes delay by `mean_hop_delay_ms` on average.
    pub fn new(seed: u64, mean_hop_delay_ms: u32) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut secrets = HashMap::new();
        let mut node = |rng: &mut ChaCha20Rng| {
            let identity = identity::SecretKey::generate(rng).public_key();
            let secret = x25519::SecretKey::generate(rng);
            let sphinx_key = secret.public_key();
            secrets.insert(identity.to_bytes(), secret);
            (identity, sphinx_key, x25519::SecretKey::generate(rng).public_key())
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let mix_nodes = (1..=6u8)
            .map(|number| {
                let (identity, sphinx_key, link_key) = node(&mut rng);
                let layer = Layer::ALL[usize::from(number) % 3];
                MixNodeEntry { node_id: u32::from(number), layer, identity, sphinx_key, link_key, address }
            })
            .collect();
        let gateways = (0..2)
            .map(|_| {
                let (identity, sphinx_key, link_key) = node(&mut rng);
                let payee = "n1gateway".to_owned();
                GatewayEntry { identity, sphinx_key, link_key, address, clients_address: address, payee }
            })
            .collect();
        let mut document = TopologyDocument {
            version: 1,
            chain_id: "test".into(),
            mixnet_contract: "n1mixnet".into(),
            epoch: 1,
            height: 1,
            starts_at: crate::driver::unix_now(),
            epoch_length: 3_600,
            parameters: Parameters { payload_size: 2_048, mean_hop_delay_ms, max_hop_delay_ms: 10_000 },
            bootstrap_seed: true,
            mix_nodes,
            gateways,
        };
        document.sort();
        let state = State {
            rng,
            faults: Faults::default(),
            inboxes: HashMap::new(),
            next_row: 1,
            counters: Counters::default(),
            refuse_sessions: false,
            ways: VecDeque::new(),
        };
        Self(Arc::new(Shared { topology: Topology::new(document), secrets, state: Mutex::new(state) }))
    }

    /// Its topology.
    pub fn topology(&self) -> Topology {
        self.0.topology.clone()
    }

    /// One of its gateways.
    pub fn gateway(&self, number: usize) -> identity::PublicKey {
        let gateways = &self.0.topology.document().gateways;
        gateways[number % gateways.len()].identity
    }

    /// Sets what links do to packets from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Cuts every session; with `refuse`, new ones are refused until this is called with `false`.
    pub fn cut_sessions(&self, refuse: bool) {
        let mut state = self.state();
        state.refuse_sessions = refuse;
        for inbox in state.inboxes.values_mut() {
            inbox.session = None;
        }
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Rows that a client has not confirmed.
    pub fn unconfirmed(&self, client: &identity::PublicKey) -> usize {
        self.state().inboxes.get(client.as_bytes()).map_or(0, |inbox| inbox.rows.len())
    }

    /// The ways of the latest packets that arrived: nodes, and how long each held the packet.
    pub fn ways(&self) -> Vec<Way> {
        self.state().ways.iter().cloned().collect()
    }

    fn note(&self, way: Way) {
        let ways = &mut self.state().ways;
        if ways.len() >= WAYS {
            ways.pop_front();
        }
        ways.push_back(way);
    }

    /// Leads a packet through the network; returns when it has arrived or is lost.
    pub async fn lead(&self, packet: Outgoing) {
        let (mut from, mut to, mut packet) = (None, packet.first_hop, packet.packet);
        let mut way = Vec::new();
        loop {
            if !self.cross_link().await {
                return;
            }
            match self.hop(from, to, packet) {
                Step::Forward { next, packet: outgoing, delay } => {
                    way.push((to, delay));
                    tokio::time::sleep(delay).await;
                    (from, to, packet) = (Some(to), next, outgoing);
                }
                Step::Arrived(plaintext) => {
                    way.push((to, Duration::ZERO));
                    self.note(way);
                    return self.arrived(&plaintext);
                }
                Step::Client(packet) => {
                    self.note(way);
                    return self.store(to, |row| Delivery::Reply { row, packet });
                }
                Step::Refused => {
                    self.state().counters.refused += 1;
                    return;
                }
            }
        }
    }

    /// What happens to a packet at its next address, without clock and faults: for simulations.
    pub fn hop(&self, from: Option<[u8; 32]>, to: [u8; 32], mut packet: Vec<u8>) -> Step {
        let Some(secret) = self.0.secrets.get(&to) else {
            // Behind a gateway only its clients have addresses.
            return if from.is_some_and(|from| self.is_gateway(&from)) { Step::Client(packet) } else { Step::Refused };
        };
        match nym_sphinx::process(secret.as_static_secret(), &mut packet) {
            Ok(Processed::Forward { next, delay }) => Step::Forward { next, packet, delay },
            Ok(Processed::Final { plaintext, .. }) => {
                packet.get(plaintext).map_or(Step::Refused, |plaintext| Step::Arrived(plaintext.to_vec()))
            }
            Err(_) => Step::Refused,
        }
    }

    fn is_gateway(&self, address: &[u8; 32]) -> bool {
        identity::PublicKey::from_bytes(address).is_ok_and(|node| self.0.topology.gateway(&node).is_some())
    }

    async fn cross_link(&self) -> bool {
        let wait = {
            let mut state = self.state();
            let Faults { loss, jitter, .. } = state.faults;
            if loss > 0.0 && state.rng.gen_bool(loss) {
                state.counters.lost += 1;
                return false;
            }
            jitter.mul_f64(state.rng.gen_range(0.0..1.0))
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        true
    }

    fn arrived(&self, plaintext: &[u8]) {
        match Arrival::read(plaintext) {
            Some(Arrival::Ack { client, id }) => {
                let mut state = self.state();
                let session = state.inboxes.get(&client).and_then(|inbox| inbox.session.clone());
                if session.is_some_and(|session| session.try_send(FromGateway::Delivery(Delivery::Ack(id))).is_ok()) {
                    state.counters.acks += 1;
                }
            }
            Some(Arrival::Message { client, ack, sealed }) => {
                self.store(client, |row| Delivery::Sealed { row, bytes: sealed });
                let network = self.clone();
                tokio::spawn(async move { network.lead(ack).await });
            }
            None => self.state().counters.refused += 1,
        }
    }

    fn store(&self, client: [u8; 32], delivery: impl FnOnce(u64) -> Delivery) {
        let mut state = self.state();
        let row = state.next_row;
        state.next_row += 1;
        let duplicate = state.faults.duplicate;
        let copies = if duplicate > 0.0 && state.rng.gen_bool(duplicate) { 2 } else { 1 };
        let Some(inbox) = state.inboxes.get_mut(&client) else {
            state.counters.refused += 1;
            return;
        };
        let delivery = delivery(row);
        inbox.rows.insert(row, delivery.clone());
        for _ in 0..copies {
            if let Some(session) = &inbox.session {
                let _ = session.try_send(FromGateway::Delivery(delivery.clone()));
            }
        }
        state.counters.stored += 1;
    }

    fn open(&self, client: [u8; 32]) -> GatewaySession {
        let (outgoing, mut said) = mpsc::channel(crate::gateway::TO_GATEWAY);
        let (session, incoming) = mpsc::channel(1 << 16);
        let number = {
            let mut state = self.state();
            let inbox = state.inboxes.entry(client).or_default();
            if let Some(earlier) = inbox.session.replace(session.clone()) {
                let _ = earlier.try_send(FromGateway::Replaced);
            }
            for delivery in inbox.rows.values() {
                let _ = session.try_send(FromGateway::Delivery(delivery.clone()));
            }
            inbox.sessions += 1;
            inbox.sessions
        };
        let network = self.clone();
        tokio::spawn(async move {
            drop(session);
            while let Some(said) = said.recv().await {
                match said {
                    ToGateway::Send(packet) => {
                        network.state().counters.sent += 1;
                        let network = network.clone();
                        tokio::spawn(async move { network.lead(packet).await });
                    }
                    ToGateway::Confirm(rows) => {
                        if let Some(inbox) = network.state().inboxes.get_mut(&client) {
                            inbox.rows.retain(|row, _| !rows.contains(row));
                        }
                    }
                }
            }
            if let Some(inbox) = network.state().inboxes.get_mut(&client) {
                if inbox.sessions == number {
                    inbox.session = None;
                }
            }
        });
        GatewaySession { outgoing, incoming }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GatewayConnector for FakeNetwork {
    fn connect<'a>(
        &'a self,
        gateway: &'a GatewayEntry,
        _topology: &'a Topology,
        keys: &'a ClientKeys,
    ) -> BoxFuture<'a, Result<GatewaySession, ConnectError>> {
        async move {
            if self.state().refuse_sessions {
                let gateway = gateway.identity.to_string();
                return Err(ConnectError::Unreachable { gateway, reason: "it was switched off".into() });
            }
            Ok(self.open(keys.identity.public_key().to_bytes()))
        }
        .boxed()
    }
}
