//! The handle of a running client.

use crate::config::ClientConfig;
use crate::driver::{refresh_topology, unix_now, Command, Driver, LinkConfig, Status, COMMANDS, EVENTS};
use crate::engine::{ClientKeys, Engine, Moment, SendRequest};
use crate::error::ClientError;
use crate::event::Event;
use crate::gateway::{GatewayConnector, WebsocketConnector};
use crate::store::{Destination, InboxRow, Store, Worker};
use crate::topology::{SignedTopology, TopologySource};
use crate::trace::PacketTrace;
use crate::{MessageId, SenderTag};
use futures::Stream;
use nym_keys::{identity, ClientAddress};
use nym_topology::{NetworkFile, Topology};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::SeedableRng as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a client without a gateway of its own looks for one.
const CHOOSING: Duration = Duration::from_secs(60);

/// What a client is made of; tests put their own parts in.
pub struct Deps {
    /// Its secret keys.
    pub keys: ClientKeys,
    /// Its gateway; `None` takes the one stored earlier, or chooses one at random.
    pub gateway: Option<identity::PublicKey>,
    /// Where it keeps what must survive.
    pub store: Store,
    /// Where topologies come from.
    pub topology: Arc<dyn TopologySource>,
    /// How sessions with the gateway are opened.
    pub connector: Arc<dyn GatewayConnector>,
}

impl Deps {
    /// The product's parts: keys and database in `home`, topology signed by the network's authorities,
    /// a websocket to the gateway.
    pub fn from_home(
        home: &Path,
        network: &NetworkFile,
        gateway: Option<identity::PublicKey>,
    ) -> Result<Self, ClientError> {
        let directory = nym_keys::files::KeyDir::open(home)?;
        let keys = ClientKeys::load_or_create(&directory, &mut rand::rngs::OsRng)?;
        let store = Store::open(&home.join("client.sqlite"), &keys.identity.public_key().to_string())?;
        Ok(Self::new(keys, store, network, gateway))
    }

    /// The same with fresh keys and a database in memory: nothing survives the process.
    pub fn ephemeral(network: &NetworkFile, gateway: Option<identity::PublicKey>) -> Result<Self, ClientError> {
        let keys = ClientKeys::generate(&mut rand::rngs::OsRng);
        let store = Store::in_memory(&keys.identity.public_key().to_string())?;
        Ok(Self::new(keys, store, network, gateway))
    }

    /// The address that a client made of these parts has; chooses and remembers a gateway if there is none.
    pub async fn resolve_address(&self) -> Result<ClientAddress, ClientError> {
        let gateway = match self.gateway.or(self.store.gateway()?) {
            Some(gateway) => gateway,
            None => {
                let topology =
                    self.topology.latest().await.map_err(|error| ClientError::NoGateway(error.to_string()))?;
                random_gateway(&topology)?
            }
        };
        self.store.set_gateway(&gateway)?;
        Ok(self.keys.address(gateway))
    }

    fn new(keys: ClientKeys, store: Store, network: &NetworkFile, gateway: Option<identity::PublicKey>) -> Self {
        Self {
            keys,
            gateway,
            store,
            topology: Arc::new(SignedTopology::new(network.clone())),
            connector: Arc::new(WebsocketConnector::default()),
        }
    }
}

/// How a message is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// Reply blocks to enclose, at most 100: each carries one packet of a reply, and the recipient asks
    /// for more when it needs them. 0: the recipient cannot reply and learns nothing that it could
    /// recognise the sender by.
    pub reply_surbs: u16,
}

impl SendOptions {
    /// Encloses reply blocks.
    pub fn with_reply_surbs(reply_surbs: u16) -> Self {
        Self { reply_surbs }
    }
}

/// A received message. It is offered again after a restart until it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id, for [`Client::confirm`].
    pub id: MessageId,
    /// What it says.
    pub bytes: Vec<u8>,
    /// What to reply to, if the sender enclosed reply blocks.
    pub sender_tag: Option<SenderTag>,
    /// Whose reply it is, if it came over a reply block of this client.
    pub reply_from: Option<ClientAddress>,
    /// When its last fragment arrived, seconds since 1970.
    pub received_at: u64,
}

impl From<InboxRow> for Received {
    fn from(row: InboxRow) -> Self {
        Self { id: row.id, bytes: row.body, sender_tag: row.tag, reply_from: row.peer, received_at: row.received }
    }
}

struct Shared {
    address: ClientAddress,
    commands: mpsc::Sender<Command>,
    worker: Worker,
    events: broadcast::Sender<Event>,
    arrivals: watch::Receiver<u64>,
    status: watch::Receiver<Status>,
    stop: CancellationToken,
    driver: Mutex<Option<JoinHandle<Result<(), ClientError>>>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A running client; clones are handles to the same one, and the last one dropped stops it.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

impl Client {
    /// Starts a client. It returns before there is a session with the gateway: messages are accepted at
    /// once and sent when there is one (see [`Client::connected`]).
    pub async fn start(config: ClientConfig, deps: Deps) -> Result<Self, ClientError> {
        let Deps { keys, gateway, store, topology, connector } = deps;
        let stop = CancellationToken::new();
        // Dropped before the end of this function only when starting fails.
        let unwind = stop.clone().drop_guard();
        let (events, _) = broadcast::channel(EVENTS);
        let (topology_sender, topologies) = watch::channel(None);
        tokio::spawn(refresh_topology(topology, topology_sender, events.clone(), stop.clone()));

        let gateway = match gateway.or(store.gateway()?) {
            Some(gateway) => gateway,
            None => choose_gateway(topologies.clone(), events.subscribe()).await?,
        };
        store.set_gateway(&gateway)?;
        let snapshot = store.load()?;
        let mut rng = StdRng::from_entropy();
        let now = Moment { mono: Duration::ZERO, unix: unix_now() };
        let started = tokio::time::Instant::now();
        let engine = Engine::new(config, keys.clone(), gateway, snapshot, now, &mut rng);
        let address = engine.address();

        let (committed_sender, committed) = mpsc::channel(4);
        let worker = Worker::start(store, committed_sender)?;
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let (arrivals_sender, arrivals) = watch::channel(0);
        // What waits on the disk is known before the driver's first turn.
        let (status_sender, status) = watch::channel(Status { load: engine.load(), ..Status::default() });
        let driver = Driver {
            engine,
            rng,
            worker: worker.clone(),
            committed,
            commands: command_receiver,
            topologies,
            link: LinkConfig { connector, gateway, keys },
            events: events.clone(),
            arrivals: arrivals_sender,
            status: status_sender,
            stop: unwind.disarm(),
            started,
        };
        let driver = Mutex::new(Some(tokio::spawn(driver.run())));
        let shared = Shared { address, commands, worker, events, arrivals, status, stop, driver };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The client's address, for others to send to.
    pub fn address(&self) -> ClientAddress {
        self.shared.address
    }

    /// Sends a message. When this returns, the message is on disk: it survives kill -9 and power loss, and
    /// is repeated until it is acknowledged or failed, which an [`Event`] tells.
    pub async fn send(
        &self,
        recipient: ClientAddress,
        bytes: impl Into<Vec<u8>>,
        options: SendOptions,
    ) -> Result<MessageId, ClientError> {
        let destination = Destination::Address(recipient);
        self.accept(SendRequest { destination, bytes: bytes.into(), reply_surbs: options.reply_surbs }).await
    }

    /// Replies to a sender that has left reply blocks; the same promise as [`Client::send`].
    pub async fn reply(&self, tag: SenderTag, bytes: impl Into<Vec<u8>>) -> Result<MessageId, ClientError> {
        self.accept(SendRequest { destination: Destination::Reply(tag), bytes: bytes.into(), reply_surbs: 0 }).await
    }

    async fn accept(&self, request: SendRequest) -> Result<MessageId, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.shared.commands.send(Command::Send(request, answer)).await.map_err(|_| ClientError::Stopped)?;
        answered.await.map_err(|_| ClientError::Stopped)?
    }

    /// The received messages that are not confirmed, oldest first, then new ones as they arrive.
    pub fn receive(&self) -> Inbox {
        Inbox {
            worker: self.shared.worker.clone(),
            arrivals: self.shared.arrivals.clone(),
            stop: self.shared.stop.clone(),
            after: 0,
        }
    }

    /// Tells that a message was taken over: it is deleted, and not offered again.
    pub async fn confirm(&self, id: MessageId) -> Result<(), ClientError> {
        let (answer, answered) = oneshot::channel();
        self.shared.commands.send(Command::Confirm(id, answer)).await.map_err(|_| ClientError::Stopped)?;
        answered.await.map_err(|_| ClientError::Stopped)?
    }

    /// The ways of the packets of a message that was sent, or of a reply that came over reply blocks of this
    /// client; nothing unless [`ClientConfig::trace`] is set.
    pub async fn trace(&self, id: MessageId) -> Result<Vec<PacketTrace>, ClientError> {
        self.traced(Some(id)).await
    }

    /// The ways of every packet but cover: those of messages, of what the client sends for itself, of what came over
    /// its reply blocks, and of the acknowledgement of each packet it sent; nothing unless [`ClientConfig::trace`] is set.
    pub async fn traces(&self) -> Result<Vec<PacketTrace>, ClientError> {
        self.traced(None).await
    }

    async fn traced(&self, id: Option<MessageId>) -> Result<Vec<PacketTrace>, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.shared.commands.send(Command::Trace(id, answer)).await.map_err(|_| ClientError::Stopped)?;
        answered.await.map_err(|_| ClientError::Stopped)
    }

    /// What happens to messages and to the client, from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// How the client stands.
    pub fn status(&self) -> Status {
        *self.shared.status.borrow()
    }

    /// Waits until a session with the gateway is open.
    pub async fn connected(&self) -> Result<(), ClientError> {
        let mut status = self.shared.status.clone();
        let reached =
            status.wait_for(|status| status.connected || status.replaced).await.map_err(|_| ClientError::Stopped)?;
        match reached.replaced {
            true => Err(ClientError::SessionReplaced),
            false => Ok(()),
        }
    }

    /// Waits for the end of the client: a shutdown, a newer session, a broken database.
    pub async fn ended(&self) -> Result<(), ClientError> {
        let mut status = self.shared.status.clone();
        let replaced = status.wait_for(|status| status.replaced).await.is_ok();
        match replaced {
            true => Err(ClientError::SessionReplaced),
            false => self.join().await,
        }
    }

    /// Stops the client and waits until everything accepted and received is on disk.
    pub async fn shutdown(&self) -> Result<(), ClientError> {
        self.shared.stop.cancel();
        self.join().await
    }

    async fn join(&self) -> Result<(), ClientError> {
        let driver = self.shared.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        match driver {
            Some(driver) => driver.await.map_err(|_| ClientError::Stopped)?,
            None => Ok(()),
        }
    }
}

/// Received messages in the order of their arrival; see [`Client::receive`].
pub struct Inbox {
    worker: Worker,
    arrivals: watch::Receiver<u64>,
    stop: CancellationToken,
    after: i64,
}

impl Inbox {
    /// The next message that this inbox has not yet given.
    pub async fn recv(&mut self) -> Result<Received, ClientError> {
        loop {
            self.arrivals.borrow_and_update();
            if let Some(row) = self.worker.next_received(self.after).await? {
                self.after = row.seq;
                return Ok(row.into());
            }
            tokio::select! {
                () = self.stop.cancelled() => return Err(ClientError::Stopped),
                changed = self.arrivals.changed() => changed.map_err(|_| ClientError::Stopped)?,
            }
        }
    }

    /// The same as a stream; it ends with the client.
    pub fn into_stream(self) -> impl Stream<Item = Received> + Send {
        futures::stream::unfold(self, |mut inbox| async move { Some((inbox.recv().await.ok()?, inbox)) })
    }
}

/// One of the network's gateways, each with the same chance.
async fn choose_gateway(
    mut topologies: watch::Receiver<Option<Topology>>,
    mut events: broadcast::Receiver<Event>,
) -> Result<identity::PublicKey, ClientError> {
    let waiting = tokio::time::timeout(CHOOSING, topologies.wait_for(Option::is_some)).await;
    let topology = match waiting {
        Ok(Ok(topology)) => topology.clone(),
        _ => None,
    };
    let Some(topology) = topology else {
        let mut reason = "no topology within 60 s".to_owned();
        while let Ok(event) = events.try_recv() {
            if let Event::NoTopology(why) = event {
                reason = why;
            }
        }
        return Err(ClientError::NoGateway(reason));
    };
    random_gateway(&topology)
}

fn random_gateway(topology: &Topology) -> Result<identity::PublicKey, ClientError> {
    topology
        .document()
        .gateways
        .choose(&mut rand::rngs::OsRng)
        .map(|gateway| gateway.identity)
        .ok_or_else(|| ClientError::NoGateway(format!("the topology of epoch {} has none", topology.epoch())))
}
