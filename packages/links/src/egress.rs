//! Sending to neighbours: one bounded queue and one dialled link per neighbour.
//!
//! [`Egress::send`] never blocks: the engine thread calls it for each packet that is due. A task per
//! neighbour dials, shakes hands, and writes whatever its queue holds as one batch: one encryption and one
//! write for many packets. A neighbour that cannot be reached costs its queue and nothing else.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nym_keys::identity;
use nym_mixing::{Address, DropReason};
use nym_wire::link::{Link, LinkFrame, LinkInitiator, LinkReceiver, LinkSender, Peer, RESPONSE_LENGTH};
use nym_wire::noise::{HandshakeError, PERIOD_NONE};
use rand::Rng as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout, Instant};

use nym_daemon::Sensitive;

use crate::node::LinkContext;

/// Packets that one write takes out of the queue: two full Noise messages. More would not make a packet
/// cheaper and would keep the first of them waiting for the encryption of the last.
const BATCH: usize = 54;

/// First pause after a failed dial; doubles up to `links.reconnect_max`.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A link that has been silent for this long is asked for a sign of life; one that stays silent as long again is closed.
const PING_AFTER: Duration = Duration::from_secs(20);

/// How often the task of an idle neighbour looks whether the neighbour is still in the network.
const UNLISTED_CHECK: Duration = Duration::from_secs(600);

/// Why a packet was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The neighbour's queue is full: it is slow, down, or sent more than it can take.
    Full,
    /// The neighbour is in no document, or the node is shutting down.
    Unknown,
}

/// The queues of all neighbours. Bounded by the directory: only nodes of it get one.
#[derive(Clone)]
pub struct Egress {
    context: Arc<LinkContext>,
    queues: Arc<Mutex<HashMap<Address, mpsc::Sender<Vec<u8>>>>>,
    runtime: tokio::runtime::Handle,
}

impl Egress {
    /// No links yet; each is dialled when the first packet wants it. Call it inside the runtime.
    pub(crate) fn new(context: Arc<LinkContext>) -> Self {
        Self { context, queues: Arc::default(), runtime: tokio::runtime::Handle::current() }
    }

    /// Queues a packet for a node. Never blocks. A packet that is lost on purpose counts as queued.
    pub fn send(&self, next: &Address, packet: Vec<u8>) -> Result<(), Refused> {
        let loss = self.context.limits.link_loss;
        if loss > 0.0 && rand::thread_rng().gen_bool(loss.min(1.0)) {
            self.context.stats.drop(DropReason::Injected);
            return Ok(());
        }
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let packet = match queues.get(next) {
            None => packet,
            Some(queue) => match queue.try_send(packet) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(_)) => return Err(Refused::Full),
                // The task ended after a long silence; a new one takes over.
                Err(mpsc::error::TrySendError::Closed(packet)) => packet,
            },
        };
        let identity = identity::PublicKey::from_bytes(next).map_err(|_| Refused::Unknown)?;
        if self.context.directory.node(&identity).is_none() || self.context.shutdown.is_requested() {
            return Err(Refused::Unknown);
        }
        // Nodes that have left the network leave no queue behind.
        queues.retain(|_, queue| !queue.is_closed());
        let (sender, receiver) = mpsc::channel(self.context.limits.egress_queue);
        let sent = sender.try_send(packet).map_err(|_| Refused::Full);
        queues.insert(*next, sender);
        let dialler =
            Dialler { context: Arc::clone(&self.context), next: identity, queue: receiver, waiting: Vec::new() };
        let _runtime = self.runtime.enter();
        self.context.shutdown.spawn_until_shutdown("link-out", dialler.run());
        sent
    }

    /// Packets that wait in all queues.
    pub fn waiting(&self) -> usize {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.values().map(|queue| queue.max_capacity() - queue.capacity()).sum()
    }
}

/// The task of one neighbour.
struct Dialler {
    context: Arc<LinkContext>,
    next: identity::PublicKey,
    queue: mpsc::Receiver<Vec<u8>>,
    /// Taken out of the queue, not yet handed to a link.
    waiting: Vec<Vec<u8>>,
}

#[derive(Debug, thiserror::Error)]
enum LinkDown {
    #[error("not in the topology")]
    Unlisted,
    #[error("connection: {0}")]
    Io(#[from] io::Error),
    #[error("no answer in time")]
    Timeout,
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error(transparent)]
    Link(#[from] nym_wire::link::LinkError),
}

impl Dialler {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        // Dialled only when there is something to say; an idle node makes no connections.
        while self.fill().await {
            match self.connect().await {
                Ok((link, stream)) => {
                    pause = FIRST_PAUSE;
                    self.context.stats.links_out.increment();
                    let end = self.serve(link, stream).await;
                    self.context.stats.links_out.decrement();
                    if let Err(error) = end {
                        tracing::debug!(peer = %Sensitive(self.next), %error, "link ended");
                    }
                }
                Err(LinkDown::Unlisted) => {
                    // Left the network: what waits for it can never arrive.
                    let lost = self.waiting.len() + self.queue.len();
                    self.context.stats.dropped_link.add(lost as u64);
                    return;
                }
                Err(error) => {
                    self.context.stats.dial_failures.increment();
                    tracing::debug!(peer = %Sensitive(self.next), %error, "could not dial");
                    let jitter = rand::thread_rng().gen_range(0.5..1.5);
                    sleep(pause.mul_f64(jitter)).await;
                    pause = (pause * 2).min(self.context.limits.reconnect_max);
                }
            }
        }
    }

    /// Waits until there is something to send; `false` when the queue is closed.
    async fn fill(&mut self) -> bool {
        while self.waiting.is_empty() {
            match timeout(UNLISTED_CHECK, self.queue.recv_many(&mut self.waiting, BATCH)).await {
                Ok(0) => return false,
                Ok(_) => {}
                Err(_) if self.context.directory.contains(&self.next) => {}
                Err(_) => {
                    self.queue.close();
                    return self.queue.recv_many(&mut self.waiting, BATCH).await > 0;
                }
            }
        }
        true
    }

    async fn connect(&self) -> Result<(Link, TcpStream), LinkDown> {
        let context = &self.context;
        let node = context.directory.node(&self.next).ok_or(LinkDown::Unlisted)?;
        let dialled = Peer { identity: self.next, link_key: node.link_key };
        let handshake = async {
            let mut stream = TcpStream::connect(node.address).await?;
            // Without it a packet's last segment waits for the peer's delayed acknowledgement: 20 ms and more a hop.
            stream.set_nodelay(true)?;
            let (initiator, hello) = LinkInitiator::start(
                &context.network,
                &context.keys.identity.public_key(),
                &context.keys.link,
                dialled,
                PERIOD_NONE,
                &mut rand::thread_rng(),
            )?;
            stream.write_all(&hello).await?;
            let mut response = [0; RESPONSE_LENGTH];
            stream.read_exact(&mut response).await?;
            let (link, confirmation) = initiator.finish(&response)?;
            stream.write_all(&confirmation).await?;
            Ok((link, stream))
        };
        timeout(context.limits.handshake_timeout, handshake).await.unwrap_or(Err(LinkDown::Timeout))
    }

    async fn serve(&mut self, link: Link, stream: TcpStream) -> Result<(), LinkDown> {
        let (reader, writer) = stream.into_split();
        let (alive, mut signs) = mpsc::channel(1);
        // The reading half says only that the peer lives; when it ends, the link does.
        let reading = read_signs_of_life(link.receiver, reader, alive);
        tokio::pin!(reading);
        let writing = self.write(link.sender, writer, &mut signs);
        tokio::select! {
            end = &mut reading => end,
            end = writing => end,
        }
    }

    async fn write(
        &mut self,
        mut sender: LinkSender,
        mut writer: OwnedWriteHalf,
        signs: &mut mpsc::Receiver<()>,
    ) -> Result<(), LinkDown> {
        let mut bytes = Vec::with_capacity(2 * 65_537);
        let mut last_sign = Instant::now();
        let mut pinged = false;
        loop {
            if self.waiting.is_empty() {
                tokio::select! {
                    biased;
                    count = self.queue.recv_many(&mut self.waiting, BATCH) => if count == 0 { return Ok(()) },
                    sign = signs.recv() => {
                        // A closed channel means that the reading half is about to end the link.
                        if sign.is_none() { std::future::pending::<()>().await; }
                        last_sign = Instant::now();
                        pinged = false;
                        continue;
                    }
                    () = tokio::time::sleep_until(last_sign + PING_AFTER * if pinged { 2 } else { 1 }) => {
                        if pinged { return Err(LinkDown::Timeout) }
                        pinged = true;
                        bytes.clear();
                        sender.seal([LinkFrame::Ping(0)], &mut bytes)?;
                        self.flush(&mut writer, &bytes).await?;
                        continue;
                    }
                }
            }
            // What became ready meanwhile goes along.
            while self.waiting.len() < BATCH {
                match self.queue.try_recv() {
                    Ok(packet) => self.waiting.push(packet),
                    Err(_) => break,
                }
            }
            bytes.clear();
            let frames = self.waiting.iter().filter_map(|packet| LinkFrame::packet(packet).ok());
            sender.seal(frames, &mut bytes)?;
            let count = self.waiting.len() as u64;
            self.waiting.clear();
            match self.flush(&mut writer, &bytes).await {
                Ok(()) => self.context.stats.sent.add(count),
                Err(error) => {
                    self.context.stats.dropped_link.add(count);
                    return Err(error);
                }
            }
        }
    }

    async fn flush(&self, writer: &mut OwnedWriteHalf, bytes: &[u8]) -> Result<(), LinkDown> {
        timeout(self.context.limits.write_timeout, writer.write_all(bytes)).await.map_err(|_| LinkDown::Timeout)??;
        Ok(())
    }
}

async fn read_signs_of_life(
    mut receiver: LinkReceiver,
    mut reader: OwnedReadHalf,
    alive: mpsc::Sender<()>,
) -> Result<(), LinkDown> {
    // A peer that was dialled answers pings and says nothing else.
    let mut buffer = [0; 512];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        receiver.push(buffer.get(..count).unwrap_or_default());
        while receiver.next_frames()?.is_some() {
            let _ = alive.try_send(());
        }
    }
}
