//! The task that feeds the engine: commands, deliveries, topologies, time.
//!
//! It owns the only copy of the engine. Writes of one turn are collected while the last transaction is
//! being synced, so that many deliveries share one sync; what depends on them follows afterwards.

mod link;
mod refresh;

use crate::engine::{After, Effects, Engine, Moment, SendRequest};
use crate::error::{ClientError, SendError};
use crate::event::Event;
use crate::gateway::{FromGateway, ToGateway};
use crate::store::{Committed, StoreError, Worker};
use crate::trace::PacketTrace;
use crate::MessageId;
use link::{Link, LinkEvent};
use nym_topology::Topology;
use rand::rngs::StdRng;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use link::LinkConfig;
pub(crate) use refresh::refresh_topology;

/// Commands of the application that wait for the driver.
pub(crate) const COMMANDS: usize = 64;
/// Events that a slow listener may be behind; then it is told that it missed some.
pub(crate) const EVENTS: usize = 4_096;
/// Writes that one transaction collects; then deliveries and commands wait for it.
const BATCH: usize = 2_048;
/// Packets built in one turn; deliveries and commands come in between.
const PACKETS_A_TURN: usize = 4;
/// Deliveries taken in one turn.
const EVENTS_A_TURN: usize = 64;
/// Rows confirmed in one frame.
const CONFIRMATIONS: usize = 128;
/// How long a shutdown waits for the last transaction.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// What the application asks for.
pub(crate) enum Command {
    Send(SendRequest, oneshot::Sender<Result<MessageId, ClientError>>),
    Confirm(MessageId, oneshot::Sender<Result<(), ClientError>>),
    Trace(Option<MessageId>, oneshot::Sender<Vec<PacketTrace>>),
}

/// How the client stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether a session with the gateway is open.
    pub connected: bool,
    /// Whether a newer session of the same client has ended this one for good.
    pub replaced: bool,
    /// The epoch of the topology in use.
    pub epoch: Option<u32>,
    /// What the gateway will still forward, in bytes, if it has said so.
    pub balance: Option<u64>,
    /// Packets handed to the gateway since the start, cover included.
    pub packets_sent: u64,
    /// How full the queues are.
    pub load: crate::engine::Load,
}

/// An answer that waits for the transaction of its batch.
enum Answer {
    Accepted(oneshot::Sender<Result<MessageId, ClientError>>, MessageId),
    Confirmed(oneshot::Sender<Result<(), ClientError>>),
}

#[derive(Default)]
struct Batch {
    effects: Effects,
    answers: Vec<Answer>,
}

pub(crate) struct Driver {
    pub(crate) engine: Engine,
    pub(crate) rng: StdRng,
    pub(crate) worker: Worker,
    pub(crate) committed: mpsc::Receiver<Committed>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) topologies: watch::Receiver<Option<Topology>>,
    pub(crate) link: LinkConfig,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) arrivals: watch::Sender<u64>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) stop: CancellationToken,
    pub(crate) started: Instant,
}

/// Wall-clock seconds: for what outlives the process.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

struct Running {
    driver: Driver,
    link: Link,
    session: Option<mpsc::Sender<ToGateway>>,
    confirmations: Vec<u64>,
    /// The transaction being synced, if one is.
    in_flight: Option<Batch>,
    collecting: Batch,
    number: u64,
    status: Status,
    /// Reasons for which the gateway has refused packets in this session; they are a handful of constants.
    refusals: Vec<String>,
}

impl Driver {
    /// Runs until stopped or until the database fails.
    pub(crate) async fn run(self) -> Result<(), ClientError> {
        let link = Link::start(self.link.clone(), self.topologies.clone(), self.stop.clone());
        let mut running = Running {
            driver: self,
            link,
            session: None,
            confirmations: Vec::new(),
            in_flight: None,
            collecting: Batch::default(),
            number: 0,
            status: Status::default(),
            refusals: Vec::new(),
        };
        running.topology_changed();
        let result = running.serve().await;
        let last = running.last_write().await;
        result.and(last)
    }
}

impl Running {
    fn now(&self) -> Moment {
        Moment { mono: self.driver.started.elapsed(), unix: unix_now() }
    }

    async fn serve(&mut self) -> Result<(), ClientError> {
        let stop = self.driver.stop.clone();
        loop {
            self.poll_packets();
            self.take_what_waits();
            self.flush().await?;
            self.publish();
            let wakeup = self.driver.started + self.driver.engine.next_wakeup();
            let room = self.has_room();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(done) = self.driver.committed.recv() => self.committed(done)?,
                event = self.link.events.recv(), if room => match event {
                    Some(event) => self.link_event(event),
                    None => return Ok(()),
                },
                () = tokio::time::sleep_until(wakeup) => {}
                Some(command) = self.driver.commands.recv(), if room => self.command(command),
                Ok(()) = self.driver.topologies.changed() => self.topology_changed(),
            }
        }
    }

    fn has_room(&self) -> bool {
        let Effects { store, after } = &self.collecting.effects;
        store.len() < BATCH && after.len() < BATCH
    }

    /// Takes deliveries and commands that are there already. On a machine that can hardly keep up with the
    /// departures, taking one for each turn would let them wait for minutes.
    fn take_what_waits(&mut self) {
        for _ in 0..EVENTS_A_TURN {
            if !self.has_room() {
                return;
            }
            let Ok(event) = self.link.events.try_recv() else { break };
            self.link_event(event);
        }
        for _ in 0..COMMANDS {
            if !self.has_room() {
                return;
            }
            let Ok(command) = self.driver.commands.try_recv() else { break };
            self.command(command);
        }
    }

    fn poll_packets(&mut self) {
        let now = self.now();
        for _ in 0..PACKETS_A_TURN {
            let blocked = self.session.as_ref().is_some_and(|session| session.capacity() <= 1);
            let Some(packet) = self.driver.engine.poll(now, blocked, &mut self.driver.rng) else { break };
            if let Some(session) = &self.session {
                if session.try_send(ToGateway::Send(packet)).is_ok() {
                    self.status.packets_sent += 1;
                }
            }
        }
        self.collect();
    }

    /// Takes what the engine wants written and said into the batch that is being collected.
    fn collect(&mut self) {
        let effects = self.driver.engine.take_effects();
        self.collecting.effects.store.extend(effects.store);
        self.collecting.effects.after.extend(effects.after);
    }

    /// Hands the collected batch to the store, unless one is being synced.
    async fn flush(&mut self) -> Result<(), ClientError> {
        self.collect();
        if self.in_flight.is_some() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.collecting);
        if batch.effects.store.is_empty() {
            // Nothing to wait for: what follows can follow at once, in order.
            self.finish(batch);
            return Ok(());
        }
        self.number += 1;
        // A program may read what arrived as soon as it is on disk, and finds it in the status.
        self.publish();
        self.driver.worker.write(self.number, batch.effects.store.clone()).await?;
        self.in_flight = Some(batch);
        Ok(())
    }

    fn committed(&mut self, done: Committed) -> Result<(), ClientError> {
        let Some(batch) = self.in_flight.take().filter(|_| done.number == self.number) else { return Ok(()) };
        if let Err(error) = done.result {
            for answer in batch.answers {
                answer.refuse();
            }
            return Err(error.into());
        }
        self.finish(batch);
        Ok(())
    }

    /// Says what was waiting for the disk.
    fn finish(&mut self, batch: Batch) {
        let now = self.now();
        let mut arrived = 0;
        for after in batch.effects.after {
            match self.driver.engine.durable(after, now) {
                Some(After::Confirm(row)) => self.confirmations.push(row),
                Some(After::Event(event)) => self.say(event),
                Some(After::Arrived) => arrived += 1,
                _ => {}
            }
        }
        if arrived > 0 {
            self.driver.arrivals.send_modify(|count| *count += arrived);
        }
        for answer in batch.answers {
            answer.give();
        }
        self.send_confirmations();
    }

    fn send_confirmations(&mut self) {
        let Some(session) = &self.session else {
            // The gateway forgets what was confirmed to a session that is gone, and offers it again.
            self.confirmations.clear();
            return;
        };
        while !self.confirmations.is_empty() {
            let take = self.confirmations.len().min(CONFIRMATIONS);
            let Ok(permit) = session.try_reserve() else { return };
            permit.send(ToGateway::Confirm(self.confirmations.drain(..take).collect()));
        }
    }

    fn link_event(&mut self, event: LinkEvent) {
        let now = self.now();
        match event {
            LinkEvent::Up(session) => {
                self.session = Some(session);
                self.refusals.clear();
                self.driver.engine.connected(now, &mut self.driver.rng);
                self.status.connected = true;
                self.say(Event::Connected);
            }
            LinkEvent::Down(reason) => {
                self.session = None;
                self.confirmations.clear();
                self.driver.engine.disconnected();
                if std::mem::replace(&mut self.status.connected, false) {
                    self.say(Event::Disconnected(reason));
                }
            }
            LinkEvent::Said(FromGateway::Delivery(delivery)) => self.driver.engine.deliver(delivery, now),
            LinkEvent::Said(FromGateway::Balance(bytes)) => {
                self.status.balance = Some(bytes);
                self.say(Event::Balance(bytes));
            }
            LinkEvent::Said(FromGateway::Refused(reason)) => self.refused(reason),
            LinkEvent::Said(FromGateway::Replaced) => {
                self.status.replaced = true;
                self.say(Event::SessionReplaced);
            }
        }
        self.collect();
    }

    /// The gateway refuses packets one by one; each reason is worth one warning in a session.
    fn refused(&mut self, reason: String) {
        if !self.refusals.contains(&reason) {
            tracing::warn!(reason, "the gateway refuses packets");
            self.refusals.push(reason);
        }
    }

    fn command(&mut self, command: Command) {
        if self.status.replaced {
            return command.refuse(|| ClientError::SessionReplaced);
        }
        let now = self.now();
        match command {
            Command::Trace(id, answer) => drop(answer.send(self.driver.engine.trace(id.as_ref()))),
            Command::Send(request, answer) => match self.driver.engine.accept(request, now, &mut self.driver.rng) {
                Ok(id) => {
                    self.collect();
                    self.collecting.answers.push(Answer::Accepted(answer, id));
                }
                Err(error) => drop(answer.send(Err(SendError::into(error)))),
            },
            Command::Confirm(id, answer) => {
                if self.driver.engine.confirm(&id, now) {
                    self.collect();
                    self.collecting.answers.push(Answer::Confirmed(answer));
                } else {
                    let _ = answer.send(Err(ClientError::UnknownMessage(id)));
                }
            }
        }
    }

    fn topology_changed(&mut self) {
        let topology = self.driver.topologies.borrow_and_update().clone();
        if let Some(topology) = topology {
            let epoch = topology.epoch();
            self.driver.engine.set_topology(topology);
            self.status.epoch = Some(epoch);
            self.say(Event::Topology(epoch));
        }
    }

    fn say(&mut self, event: Event) {
        // Whoever hears of it, or begins to listen just after, finds it in the status.
        self.publish();
        // Nobody listening is not an error.
        let _ = self.driver.events.send(event);
    }

    fn publish(&mut self) {
        self.status.load = self.driver.engine.load();
        let status = self.status;
        self.driver.status.send_if_modified(|shown| std::mem::replace(shown, status) != status);
    }

    /// Writes what was collected before the end: progress, confirmations of the application.
    async fn last_write(&mut self) -> Result<(), ClientError> {
        let deadline = Instant::now() + LAST_WRITE;
        loop {
            if self.in_flight.is_none() && self.collecting.effects.store.is_empty() {
                return Ok(());
            }
            self.flush().await?;
            match tokio::time::timeout_at(deadline, self.driver.committed.recv()).await {
                Ok(Some(done)) => self.committed(done)?,
                Ok(None) | Err(_) => return Err(StoreError::Closed.into()),
            }
        }
    }
}

impl Answer {
    fn give(self) {
        match self {
            Self::Accepted(answer, id) => drop(answer.send(Ok(id))),
            Self::Confirmed(answer) => drop(answer.send(Ok(()))),
        }
    }

    fn refuse(self) {
        match self {
            Self::Accepted(answer, _) => drop(answer.send(Err(ClientError::Store(StoreError::Closed)))),
            Self::Confirmed(answer) => drop(answer.send(Err(ClientError::Store(StoreError::Closed)))),
        }
    }
}

impl Command {
    fn refuse(self, error: impl Fn() -> ClientError) {
        match self {
            Self::Send(_, answer) => drop(answer.send(Err(error()))),
            Self::Confirm(_, answer) => drop(answer.send(Err(error()))),
            Self::Trace(_, answer) => drop(answer.send(Vec::new())),
        }
    }
}
