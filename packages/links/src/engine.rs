//! The thread that mixes: batches in, packets out when their time has come.
//!
//! One thread owns keys, replay table and delay queue, so nothing on the packet's path takes a lock for longer
//! than a look-up. It sleeps until the next packet is due or a batch comes in, to a fraction of a millisecond:
//! the runtime's timers tick in whole ones, which would bend every delay. It never waits for a socket, the
//! inbox or a sync of the disk.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nym_keys::identity;
use nym_mixing::replay::{sync_later, LogError, ReplayLog};
use nym_mixing::{Action, Address, DelayQueue, Destination, DropReason, Mixing, Packet, PayloadSize, RoutingTable};
use nym_wire::noise::PERIOD_NONE;
use rand::RngCore as _;
use tokio::sync::watch;

use crate::cover::LoopsUnderWay;
use crate::egress::{Egress, Refused};
use crate::node::{LinkContext, StartError};

/// How often the lengths of queues are looked at.
const MEASURE: Duration = Duration::from_secs(1);

/// Batches that may wait; their packets are bounded by `ingress_queue` beside.
const BATCHES: usize = 4_096;

/// Packets that are unwrapped in one go: at 100 µs each, a packet whose time has come meanwhile waits for three
/// milliseconds at most.
const GATHER: usize = 32;

/// How long the thread sleeps when nothing happens; bounds how late it notices the shutdown.
const IDLE: Duration = Duration::from_millis(100);

/// What happens to packets that end at this node.
pub trait Terminus: Send + 'static {
    /// Whether this address is one of the node's own clients.
    fn is_client(&self, address: &Address) -> bool;

    /// A packet on a reply route for one of the clients: to be kept whole.
    fn reply(&mut self, client: &Address, packet: Vec<u8>) -> Result<(), DropReason>;

    /// A packet whose route ends here; `plaintext` is what its payload held.
    fn arrived(&mut self, plaintext: &[u8]) -> Result<(), DropReason>;
}

/// The terminus of a node without clients: nothing but its own loops may end there.
#[derive(Debug, Clone, Copy)]
pub struct NoClients;

impl Terminus for NoClients {
    fn is_client(&self, _address: &Address) -> bool {
        false
    }

    fn reply(&mut self, _client: &Address, _packet: Vec<u8>) -> Result<(), DropReason> {
        Err(DropReason::Unexpected)
    }

    fn arrived(&mut self, _plaintext: &[u8]) -> Result<(), DropReason> {
        Err(DropReason::Unexpected)
    }
}

/// Packets that were read together, and the count of their link that they are taken off.
struct Batch {
    packets: Vec<Packet>,
    received: Instant,
    of_link: Arc<AtomicUsize>,
}

/// The way into the engine. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inlet {
    context: Arc<LinkContext>,
    batches: SyncSender<Batch>,
    waiting: Arc<AtomicUsize>,
}

/// The way into the engine for one link, with a share of the queue of its own.
pub(crate) struct Outlet {
    inlet: Inlet,
    previous: Address,
    of_link: Arc<AtomicUsize>,
    packets: Vec<Packet>,
}

impl Inlet {
    pub(crate) fn for_link(&self, peer: identity::PublicKey) -> Outlet {
        Outlet { inlet: self.clone(), previous: peer.to_bytes(), of_link: Arc::default(), packets: Vec::new() }
    }
}

impl Outlet {
    /// Takes a packet, or drops it when the link's share or the whole queue is used up.
    pub(crate) fn push(&mut self, packet: &[u8]) {
        let context = &self.inlet.context;
        context.stats.received.increment();
        let own = self.of_link.load(Ordering::Relaxed) + self.packets.len();
        let all = self.inlet.waiting.load(Ordering::Relaxed) + self.packets.len();
        if own >= context.limits.ingress_queue_per_link || all >= context.limits.ingress_queue {
            context.stats.drop(DropReason::Overload);
            return;
        }
        self.packets.push(Packet { previous: self.previous, bytes: packet.to_vec() });
    }

    /// Hands what was taken to the engine.
    pub(crate) fn flush(&mut self) {
        if self.packets.is_empty() {
            return;
        }
        let count = self.packets.len();
        self.of_link.fetch_add(count, Ordering::Relaxed);
        self.inlet.waiting.fetch_add(count, Ordering::Relaxed);
        let packets = std::mem::take(&mut self.packets);
        let batch = Batch { packets, received: Instant::now(), of_link: Arc::clone(&self.of_link) };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.inlet.batches.try_send(batch) {
            self.of_link.fetch_sub(count, Ordering::Relaxed);
            self.inlet.waiting.fetch_sub(count, Ordering::Relaxed);
            self.inlet.context.stats.drop_many(DropReason::Overload, count as u64);
        }
    }
}

/// A packet that waits for its time.
struct Held {
    next: Address,
    packet: Vec<u8>,
}

struct Engine<T> {
    context: Arc<LinkContext>,
    mixing: Mixing<ReplayLog>,
    delayed: DelayQueue<Held>,
    routing: Arc<RoutingTable>,
    topology: watch::Receiver<u64>,
    egress: Egress,
    terminus: T,
    loops: LoopsUnderWay,
    waiting: Arc<AtomicUsize>,
    unsynced: Arc<AtomicBool>,
    /// Times of the packet path count from here.
    origin: Instant,
}

/// Opens the replay log and starts the thread; it ends with the shutdown.
pub(crate) fn start<T: Terminus>(
    context: Arc<LinkContext>,
    egress: Egress,
    terminus: T,
    loops: LoopsUnderWay,
    replay_log: PathBuf,
) -> Result<Inlet, StartError> {
    let mut fingerprint_key = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut fingerprint_key);
    let opened = ReplayLog::open(&replay_log, PERIOD_NONE, fingerprint_key, context.limits.replay_capacity);
    let (log, seen, found) = opened.map_err(StartError::ReplayLog)?;
    tracing::debug!(tags = found.tags, torn_bytes = found.torn_bytes, "replay log read");
    let sync = sync_later(&log).map_err(|source| StartError::ReplayLog(LogError::Io { path: replay_log, source }))?;
    let mut mixing = Mixing::new([PayloadSize::Ack, PayloadSize::Regular]);
    let secret = context.keys.sphinx.as_static_secret().clone();
    // A fresh path has no key period yet, so there is room for this one.
    mixing.begin_period(PERIOD_NONE, secret, seen, log).map_err(|error| StartError::Thread(io::Error::other(error)))?;

    let (batches, receiver) = std::sync::mpsc::sync_channel(BATCHES);
    let waiting = Arc::new(AtomicUsize::new(0));
    let inlet = Inlet { context: Arc::clone(&context), batches, waiting: Arc::clone(&waiting) };
    measure_queues(&context, egress.clone(), Arc::clone(&waiting));
    let unsynced = Arc::new(AtomicBool::new(false));
    let engine = Engine {
        mixing,
        delayed: DelayQueue::new(context.limits.delay_queue_bytes, Duration::ZERO),
        routing: context.directory.routing(),
        topology: context.directory.changes(),
        egress,
        terminus,
        loops,
        waiting,
        unsynced: Arc::clone(&unsynced),
        origin: Instant::now(),
        context: Arc::clone(&context),
    };
    run_as_task(&context, "engine", move || engine.run(&receiver))?;
    let syncing = Arc::clone(&context);
    run_as_task(&context, "replay-sync", move || keep_synced(&syncing, &unsynced, sync))?;
    Ok(inlet)
}

/// Shows the lengths of the queues before and behind the engine.
fn measure_queues(context: &Arc<LinkContext>, egress: Egress, waiting: Arc<AtomicUsize>) {
    let stats = context.stats.clone();
    context.shutdown.spawn_until_shutdown("queue lengths", async move {
        loop {
            stats.ingress.set(waiting.load(Ordering::Relaxed) as u64);
            stats.egress.set(egress.waiting() as u64);
            tokio::time::sleep(MEASURE).await;
        }
    });
}

/// Runs a thread that the shutdown waits for as for a task.
fn run_as_task(
    context: &Arc<LinkContext>,
    name: &'static str,
    body: impl FnOnce() + Send + 'static,
) -> Result<(), StartError> {
    let (ended, end) = tokio::sync::oneshot::channel();
    let thread = move || {
        body();
        let _ = ended.send(());
    };
    std::thread::Builder::new().name(name.into()).spawn(thread).map_err(StartError::Thread)?;
    let shutdown = context.shutdown.clone();
    context.shutdown.spawn(name, async move {
        if end.await.is_err() {
            tracing::error!(thread = name, "ended by a panic; this is a defect, please report it. The node stops");
            shutdown.request();
        }
    });
    Ok(())
}

/// Syncs the replay log while there is something to sync, and once more at the end.
fn keep_synced(context: &LinkContext, unsynced: &AtomicBool, sync: impl Fn() -> io::Result<()>) {
    let mut failing = false;
    let mut stopping = false;
    while !stopping {
        std::thread::sleep(context.limits.replay_sync);
        stopping = context.shutdown.is_requested();
        if unsynced.swap(false, Ordering::AcqRel) {
            match sync() {
                Ok(()) => failing = false,
                Err(error) => {
                    unsynced.store(true, Ordering::Release);
                    if !std::mem::replace(&mut failing, true) {
                        tracing::error!(%error, "the replay log cannot be synced: a power loss may let replays through");
                    }
                }
            }
        }
    }
}

impl<T: Terminus> Engine<T> {
    fn run(mut self, batches: &Receiver<Batch>) {
        while !self.context.shutdown.is_requested() {
            let sleep = self.delayed.next_poll().map_or(IDLE, |at| at.saturating_sub(self.now()).min(IDLE));
            match batches.recv_timeout(sleep) {
                Ok(first) => self.take(first, batches),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.send_due();
        }
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Unwraps a batch and what came in beside it, a few dozen packets at a time.
    fn take(&mut self, first: Batch, batches: &Receiver<Batch>) {
        if self.topology.has_changed().unwrap_or(false) {
            self.topology.mark_unchanged();
            self.routing = self.context.directory.routing();
        }
        let received = first.received.saturating_duration_since(self.origin);
        let mut packets = self.accept(first);
        while packets.len() < GATHER {
            match batches.try_recv() {
                Ok(batch) => packets.append(&mut self.accept(batch)),
                Err(_) => break,
            }
        }
        let mut rest = packets.into_iter();
        loop {
            let mut batch: Vec<_> = rest.by_ref().take(GATHER).collect();
            if batch.is_empty() {
                return;
            }
            // The time between socket and engine is part of the delay, not added to it.
            self.process(&mut batch, received);
            // A large batch must not make those wait whose time has come.
            self.send_due();
        }
    }

    /// Takes a batch off the counts. What the delay queue has no room for is dropped before any cryptography.
    fn accept(&mut self, mut batch: Batch) -> Vec<Packet> {
        let count = batch.packets.len();
        batch.of_link.fetch_sub(count, Ordering::Relaxed);
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let bytes: usize = batch.packets.iter().map(|packet| packet.bytes.len()).sum();
        if !self.delayed.has_room(bytes + count * DelayQueue::<Held>::ENTRY_BYTES) {
            self.context.stats.drop_many(DropReason::Overload, count as u64);
            batch.packets.clear();
        }
        batch.packets
    }

    fn process(&mut self, batch: &mut [Packet], received: Duration) {
        let Self { context, mixing, delayed, routing, terminus, loops, unsynced, .. } = self;
        let actions = {
            let is_client = |address: &Address| terminus.is_client(address);
            let routing = routing.with_clients(is_client);
            mixing.process(batch, received, &routing)
        };
        let stats = &context.stats;
        let mut recorded = false;
        for (packet, action) in batch.iter_mut().zip(actions) {
            recorded |= !matches!(action, Action::Drop(_));
            let done = match action {
                Action::ForwardAfter { next, due } => {
                    let held = Held { next: *next, packet: std::mem::take(&mut packet.bytes) };
                    delayed.push(*due, held.packet.len(), held).map_err(|_| DropReason::DelayQueueFull)
                }
                Action::KeepFor { client } => {
                    terminus.reply(client, std::mem::take(&mut packet.bytes)).map(|()| stats.arrived.increment())
                }
                Action::Deliver { destination, plaintext } => {
                    let plaintext = packet.bytes.get(plaintext.clone()).unwrap_or_default();
                    deliver(terminus, loops, stats, destination, plaintext)
                }
                Action::Drop(reason) => Err(*reason),
            };
            if let Err(reason) = done {
                stats.drop(reason);
            }
        }
        if recorded {
            unsynced.store(true, Ordering::Release);
        }
    }

    fn send_due(&mut self) {
        let now = self.now();
        let Self { context, delayed, egress, .. } = self;
        delayed.release(now, |held| match egress.send(&held.next, held.packet) {
            Ok(()) => context.stats.forwarded.increment(),
            Err(Refused::Full) => context.stats.drop(DropReason::LinkFull),
            Err(Refused::Unknown) => context.stats.drop(DropReason::UnknownNextHop),
        });
        context.stats.delayed.set(delayed.len() as u64);
    }
}

fn deliver(
    terminus: &mut impl Terminus,
    loops: &LoopsUnderWay,
    stats: &crate::metrics::Stats,
    destination: &Destination,
    plaintext: &[u8],
) -> Result<(), DropReason> {
    // What ends at a node names its recipient inside the payload; a header that names one is not ours.
    if *destination != Destination::NONE {
        return Err(DropReason::Unexpected);
    }
    if loops.returned(plaintext) {
        stats.loops_returned.increment();
    } else {
        terminus.arrived(plaintext)?;
    }
    stats.arrived.increment();
    Ok(())
}
