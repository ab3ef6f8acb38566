//! The client without sockets, clock or randomness: what happens on each event, and what is to be done.
//!
//! The driver feeds it commands of the application, deliveries of the gateway, topologies and the time;
//! it answers with packets to send ([`Engine::poll`]) and with [`Effects`]: a list of writes, and what
//! may only be said once they are on disk. The same code runs in the client, in the tests' simulated
//! network and in a fuzzer.

mod cover;
mod oneshots;
mod receive;
mod replies;
mod send;

pub use receive::Delivery;
pub use send::SendRequest;

use crate::config::ClientConfig;
use crate::event::Event;
use crate::outbox::Outbox;
use crate::routes::Routes;
use crate::schedule::PoissonClock;
use crate::store::{Destination, Snapshot, StoreOp};
use crate::surbs::{OwnSurbs, PeerSurbs};
use crate::trace::{PacketTrace, Tracer};
use crate::{MessageId, LONGEST_RETRANSMISSION};
use cover::Loops;
use nym_keys::{identity, x25519, ClientAddress};
use nym_topology::Topology;
use nym_wire::reassembly::Reassembly;
use oneshots::Oneshots;
use rand::{CryptoRng, Rng, RngCore};
use replies::Peers;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// A moment, on the two clocks that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Time since the engine started: what timers run on.
    pub mono: Duration,
    /// Seconds since 1970: what is written to disk and compared after a restart.
    pub unix: u64,
}

/// The secret keys of a client.
#[derive(Debug, Clone)]
pub struct ClientKeys {
    /// Who it is to its gateway.
    pub identity: identity::SecretKey,
    /// What messages to it are sealed to; part of its address.
    pub encryption: x25519::SecretKey,
    /// The last hop of its reply blocks; never published.
    pub reply: x25519::SecretKey,
}

impl ClientKeys {
    /// Draws new keys.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self {
            identity: identity::SecretKey::generate(rng),
            encryption: x25519::SecretKey::generate(rng),
            reply: x25519::SecretKey::generate(rng),
        }
    }

    /// Reads the keys of a client's home, or draws and stores them.
    pub fn load_or_create(
        directory: &nym_keys::files::KeyDir,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, nym_keys::files::KeyFileError> {
        Ok(Self {
            identity: directory.identity("identity", rng)?,
            encryption: directory.x25519("encryption", rng)?,
            reply: directory.x25519("reply", rng)?,
        })
    }

    /// The address of this client at a gateway.
    pub fn address(&self, gateway: identity::PublicKey) -> ClientAddress {
        ClientAddress::new(self.identity.public_key(), self.encryption.public_key(), gateway)
    }
}

/// What may only be said or done once the writes before it are on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// The gateway may delete these rows.
    Confirm(u64),
    /// The application is told.
    Event(Event),
    /// A message was received: readers of the inbox look again.
    Arrived,
    /// An accepted message may leave: its id.
    Start(MessageId),
    /// The sender of a reply is told that a fragment of it is here.
    AcknowledgeReply(ClientAddress, [u8; 16]),
}

/// Writes, and what follows them.
#[derive(Debug, Default)]
pub struct Effects {
    /// One transaction.
    pub store: Vec<StoreOp>,
    /// What follows when it is on disk.
    pub after: Vec<After>,
}

impl Effects {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.store.is_empty() && self.after.is_empty()
    }
}

/// A packet for the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The node that gets it next.
    pub first_hop: [u8; 32],
    /// The packet.
    pub packet: Vec<u8>,
}

/// What is remembered of an accepted message beside its fragments.
#[derive(Debug, Clone, Copy)]
struct Accepted {
    kind: u8,
    visible: bool,
    at: u64,
    /// Since when it waits for reply blocks.
    parked: Option<Duration>,
}

/// How often slow things are looked after: expiry, progress on disk, loop statistics.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// The client's state.
pub struct Engine {
    config: ClientConfig,
    keys: ClientKeys,
    address: ClientAddress,
    routes: Option<Routes>,
    connected: bool,
    main: PoissonClock,
    loops: PoissonClock,
    outbox: Outbox<Destination>,
    accepted: HashMap<MessageId, Accepted>,
    /// Accepted messages whose row is not yet on disk.
    starting: HashMap<MessageId, (Destination, std::sync::Arc<[u8]>, u16)>,
    starting_bytes: usize,
    /// Messages with fragments delivered since their row was last written.
    progressed: BTreeSet<MessageId>,
    oneshots: Oneshots,
    reassembly: Reassembly,
    received: HashMap<MessageId, usize>,
    received_bytes: usize,
    /// Deliveries that wait for room in the inbox; the gateway's window bounds them.
    held: VecDeque<receive::Delivery>,
    own_surbs: OwnSurbs,
    peer_surbs: PeerSurbs,
    peers: Peers,
    next_surb_number: u64,
    cover: Loops,
    /// Only if the configuration asks for it.
    tracer: Option<Tracer>,
    effects: Effects,
    housekeeping: Duration,
}

impl Engine {
    /// Starts from what an earlier run left on disk.
    pub fn new(
        config: ClientConfig,
        keys: ClientKeys,
        gateway: identity::PublicKey,
        snapshot: Snapshot,
        now: Moment,
        rng: &mut impl Rng,
    ) -> Self {
        let limits = config.limits;
        let mut engine = Self {
            address: keys.address(gateway),
            routes: None,
            connected: false,
            main: PoissonClock::new(config.rate.mean_gap(), now.mono, rng),
            loops: PoissonClock::new(config.loop_cover, now.mono, rng),
            outbox: Outbox::new(limits.outbox),
            accepted: HashMap::new(),
            starting: HashMap::new(),
            starting_bytes: 0,
            progressed: BTreeSet::new(),
            oneshots: Oneshots::default(),
            reassembly: Reassembly::new(limits.reassembly),
            received: snapshot.received.iter().copied().collect(),
            received_bytes: snapshot.received.iter().map(|(_, size)| size).sum(),
            held: VecDeque::new(),
            own_surbs: OwnSurbs::new(limits.own_surbs),
            peer_surbs: PeerSurbs::new(limits.peer_surbs),
            peers: Peers::new(limits.peers),
            next_surb_number: 1,
            cover: Loops::default(),
            tracer: config.trace.then(Tracer::default),
            effects: Effects::default(),
            housekeeping: now.mono,
            config,
            keys,
        };
        engine.restore(snapshot, now);
        engine
    }

    fn restore(&mut self, snapshot: Snapshot, now: Moment) {
        for row in snapshot.peers {
            self.peers.restore(row);
        }
        for row in snapshot.own_surbs {
            self.own_surbs.insert(row.identifier, row.surb);
        }
        for row in snapshot.peer_surbs {
            self.next_surb_number = self.next_surb_number.max(row.surb.number.saturating_add(1));
            let gone = self.peer_surbs.add(row.tag, [row.surb]);
            self.effects.store.extend(gone.into_iter().map(StoreOp::RemovePeerSurb));
        }
        for (id, until) in snapshot.completed {
            let forgotten = self.reassembly.remember(id, until);
            self.effects.store.extend(forgotten.into_iter().map(StoreOp::Forget));
        }
        for row in snapshot.fragments {
            self.restore_fragment(row, now);
        }
        for row in snapshot.outgoing {
            self.restore_outgoing(row, now);
        }
    }

    /// The client's address.
    pub fn address(&self) -> ClientAddress {
        self.address
    }

    /// Takes a topology; packets built from now on use it.
    pub fn set_topology(&mut self, topology: Topology) {
        self.routes = Some(Routes::new(topology, self.config.mean_hop_delay));
    }

    /// The topology in use, if it still serves.
    pub fn topology(&self, now: Moment) -> Option<&Topology> {
        self.usable_routes(now).map(Routes::topology)
    }

    /// A session with the gateway begins: sending starts at the next drawn departure.
    pub fn connected(&mut self, now: Moment, rng: &mut impl Rng) {
        self.connected = true;
        self.main.restart(now.mono, rng);
        self.loops.restart(now.mono, rng);
        self.cover.clear();
        // The gateway offers them again; what was not confirmed in this session never will be in it.
        self.held.clear();
    }

    /// The session with the gateway has ended.
    pub fn disconnected(&mut self) {
        self.connected = false;
        self.held.clear();
    }

    /// When [`Engine::poll`] has something to do next, if no event comes before.
    pub fn next_wakeup(&self) -> Duration {
        let mut next = self.housekeeping;
        if self.connected && self.routes.is_some() {
            next = next.min(self.main.next()).min(self.loops.next());
        }
        if let Some(deadline) = self.outbox.next_deadline() {
            next = next.min(deadline);
        }
        next
    }

    /// Takes what is to be written and said.
    pub fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Carries on with something whose writes are on disk. What is not the engine's is given back.
    pub fn durable(&mut self, after: After, now: Moment) -> Option<After> {
        match after {
            After::Start(id) => {
                self.start(id);
                None
            }
            After::AcknowledgeReply(peer, fragment) => {
                self.oneshots.acknowledge(peer, fragment, now.mono);
                None
            }
            other => Some(other),
        }
    }

    /// How full the client's queues are.
    pub fn load(&self) -> Load {
        Load {
            outgoing_messages: self.outbox.len() + self.starting.len(),
            outgoing_bytes: self.outbox.bytes() + self.starting_bytes,
            awaited_acks: self.outbox.awaited(),
            incomplete_messages: self.reassembly.incomplete(),
            incomplete_bytes: self.reassembly.bytes(),
            received_messages: self.received.len(),
            received_bytes: self.received_bytes,
            own_surbs: self.own_surbs.len(),
        }
    }

    /// The ways of a message's packets, or of all but cover, if they are remembered.
    pub fn trace(&self, id: Option<&MessageId>) -> Vec<PacketTrace> {
        let Some(tracer) = &self.tracer else { return Vec::new() };
        id.map_or_else(|| tracer.all(), |id| tracer.of(id))
    }

    fn usable_routes(&self, now: Moment) -> Option<&Routes> {
        self.routes.as_ref().filter(|routes| routes.topology().document().serves_until() > now.unix)
    }

    fn housekeep(&mut self, now: Moment) {
        if now.mono < self.housekeeping {
            return;
        }
        self.housekeeping = now.mono + HOUSEKEEPING;
        let (given_up, forgotten) = self.reassembly.expire(now.mono, now.unix);
        self.effects.store.extend(given_up.into_iter().map(StoreOp::RemoveFragments));
        self.effects.store.extend(forgotten.into_iter().map(StoreOp::Forget));
        self.effects.store.extend(self.own_surbs.expire(now.unix).into_iter().map(StoreOp::RemoveOwnSurb));
        self.effects.store.extend(self.peer_surbs.expire(now.unix).into_iter().map(StoreOp::RemovePeerSurb));
        self.write_progress();
        self.expire_outgoing(now);
        self.request_surbs(now);
        if let Some(lost) = self.cover.judge(now.mono) {
            self.effects.after.push(After::Event(Event::LoopsLost { percent: lost }));
        }
    }

    fn expire_outgoing(&mut self, now: Moment) {
        let old: Vec<MessageId> = self
            .accepted
            .iter()
            .filter(|(id, accepted)| {
                let too_old = now.unix.saturating_sub(accepted.at) > LONGEST_RETRANSMISSION.as_secs();
                let starved =
                    accepted.parked.is_some_and(|since| now.mono.saturating_sub(since) > replies::LONGEST_PARKING);
                (too_old || starved) && !self.starting.contains_key(id)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in old {
            let starved = self.accepted.get(&id).is_some_and(|accepted| accepted.parked.is_some());
            self.outbox.remove(id);
            let reason = if starved { crate::event::Failure::NoReplyBlocks } else { crate::event::Failure::TooOld };
            self.fail(id, reason);
        }
    }
}

/// How full the client's queues are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Messages accepted and not delivered.
    pub outgoing_messages: usize,
    /// Their bytes.
    pub outgoing_bytes: usize,
    /// Acknowledgements awaited.
    pub awaited_acks: usize,
    /// Messages that have arrived in part.
    pub incomplete_messages: usize,
    /// Their bytes.
    pub incomplete_bytes: usize,
    /// Received messages that wait for the application.
    pub received_messages: usize,
    /// Their bytes.
    pub received_bytes: usize,
    /// Reply blocks made and not used.
    pub own_surbs: usize,
}
