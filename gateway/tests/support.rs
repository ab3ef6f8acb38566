//! Two gateways, three mix nodes between them, and clients in the test's hand.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use nym_daemon::{Registry, Shutdown};
use nym_gateway::{Config, Deps, GatewayReport, Service};
use nym_keys::identity;
use nym_links::engine::NoClients;
use nym_links::source::InjectedSource;
use nym_links::test_util::{document, eventually, hop, keys, network, packet};
use nym_links::{metrics, Directory, Limits, MixSide, MixSideConfig, NodeKeys, Stats};
use nym_sphinx::{Hop, PayloadSize};
use nym_topology::TopologyDocument;
use nym_wire::noise::PERIOD_NONE;
use nym_wire::session::{
    ClientHandshake, ClientReceiver, ClientSender, DeliveryKind, ErrorCode, GatewayFrame, Welcome,
};
use nym_wire::sizes::{ACK_PACKET, PLAINTEXT, SEALED};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::WebSocketStream;

pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// What does not happen within this, does not happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Gateway {
    pub service: Service,
    pub keys: NodeKeys,
    pub config: Config,
}

pub struct Net {
    /// Alice's gateway and Bob's.
    pub gateways: [Gateway; 2],
    pub mix_keys: Vec<NodeKeys>,
    mixes: Vec<MixSide>,
    directories: Vec<Directory>,
    documents: watch::Sender<Option<TopologyDocument>>,
    shutdown: Shutdown,
    pub folder: TempDir,
}

pub fn config() -> Config {
    let mut config = Config::default();
    config.mixnet.listen = LOOPBACK;
    config.clients.listen = LOOPBACK;
    // A slow machine is no reason to cut a handshake.
    config.clients.handshake_timeout = Duration::from_secs(60);
    config.mixnet.handshake_timeout = Duration::from_secs(60);
    config
}

pub async fn start_gateway(
    config: &Config,
    keys: &NodeKeys,
    home: &Path,
    documents: &watch::Sender<Option<TopologyDocument>>,
) -> Service {
    let topology = Arc::new(InjectedSource::following(documents));
    let deps = Deps { keys: keys.clone(), network: network(), topology, home: home.to_owned() };
    Service::start(config.clone(), deps).await.unwrap()
}

impl Net {
    pub async fn start() -> Self {
        Self::start_with(config()).await
    }

    /// Bob's gateway gets this configuration.
    pub async fn start_with(of_bob: Config) -> Self {
        let (folder, shutdown) = (tempfile::tempdir().unwrap(), Shutdown::new());
        let (documents, _) = watch::channel(None);
        let (mut mixes, mut directories) = (Vec::new(), Vec::new());
        let mix_keys = vec![keys(), keys(), keys()];
        for (index, keys) in mix_keys.iter().enumerate() {
            let directory = Directory::new(keys.identity.public_key(), Duration::from_secs(10));
            let side = MixSideConfig {
                listen: LOOPBACK,
                network: network(),
                keys: keys.clone(),
                directory: directory.clone(),
                limits: Limits { loop_interval: Duration::ZERO, ..Limits::default() },
                replay_log: folder.path().join(format!("mix{index}.log")),
            };
            let stats = Stats::register(&Registry::new(), metrics::MIXNODE);
            mixes.push(MixSide::start(side, stats, &shutdown, |_| NoClients).await.unwrap());
            directories.push(directory);
        }
        let mut gateways = Vec::new();
        for (name, config) in [("alice", config()), ("bob", of_bob)] {
            let keys = keys();
            let service = start_gateway(&config, &keys, &folder.path().join(name), &documents).await;
            gateways.push(Gateway { service, keys, config });
        }
        let gateways = gateways.try_into().ok().unwrap();
        let net = Self { gateways, mix_keys, mixes, directories, documents, shutdown, folder };
        net.publish(1).await;
        net
    }

    async fn publish(&self, epoch: u32) {
        let mixes: Vec<_> = (1..)
            .zip(&self.mix_keys)
            .zip(&self.mixes)
            .map(|((layer, keys), mix)| (layer, keys, mix.address()))
            .collect();
        let gateway = |gateway: &Gateway| (gateway.service.addresses().mixnet, gateway.service.addresses().clients);
        let [alice, bob] = &self.gateways;
        let (of_alice, of_bob) = (gateway(alice), gateway(bob));
        let document =
            document(epoch, &mixes, &[(&alice.keys, of_alice.0, of_alice.1), (&bob.keys, of_bob.0, of_bob.1)]);
        for directory in &self.directories {
            directory.advance(document.clone());
        }
        self.documents.send_replace(Some(document));
        for gateway in &self.gateways {
            eventually("the gateways learn the document", || {
                gateway.service.directory().current().is_some_and(|topology| topology.epoch() == epoch)
            })
            .await;
        }
    }

    /// Stops Bob's gateway and starts it again on its home folder and ports.
    pub async fn restart_bobs_gateway(mut self, change: impl FnOnce(&mut Config)) -> Self {
        let [alice, bob] = self.gateways;
        let Gateway { service, keys, mut config } = bob;
        config.mixnet.listen = service.addresses().mixnet;
        config.clients.listen = service.addresses().clients;
        change(&mut config);
        service.shutdown().await.unwrap();
        let service = start_gateway(&config, &keys, &self.folder.path().join("bob"), &self.documents).await;
        self.gateways = [alice, Gateway { service, keys, config }];
        let epoch = self.documents.borrow().as_ref().unwrap().epoch;
        self.publish(epoch + 1).await;
        self
    }

    pub fn bobs_stats(&self) -> GatewayReport {
        self.gateways[1].service.stats()
    }

    /// Waits until Bob's gateway has dropped `count` packets for a reason.
    pub async fn bob_dropped(&self, reason: &str, count: u64) {
        eventually(reason, || self.bobs_stats().mix.dropped[reason] == count).await;
    }

    pub fn first_hop(&self) -> [u8; 32] {
        self.mix_keys[0].identity.public_key().to_bytes()
    }

    /// A route over the mix nodes to a gateway.
    pub fn route(&self, gateway: usize) -> Vec<Hop> {
        let mut route: Vec<_> = self.mix_keys.iter().map(|keys| hop(keys, Duration::ZERO)).collect();
        route.push(hop(&self.gateways[gateway].keys, Duration::ZERO));
        route
    }

    /// A message from Alice to somebody at Bob's gateway, whose acknowledgement carries `id`.
    pub fn message(&self, from: &identity::PublicKey, to: &identity::PublicKey, id: u8) -> Vec<u8> {
        self.message_on(&self.route(1), from, to, id)
    }

    pub fn message_on(&self, route: &[Hop], from: &identity::PublicKey, to: &identity::PublicKey, id: u8) -> Vec<u8> {
        let mut plaintext = to.to_bytes().to_vec();
        plaintext.extend_from_slice(&self.first_hop());
        plaintext.extend_from_slice(&self.acknowledgement(from, id));
        plaintext.extend_from_slice(&[id; SEALED]);
        assert_eq!(plaintext.len(), PLAINTEXT);
        packet(route, PayloadSize::Regular, &plaintext)
    }

    /// An acknowledgement on its way to Alice's gateway.
    pub fn acknowledgement(&self, to: &identity::PublicKey, id: u8) -> [u8; ACK_PACKET] {
        let mut plaintext = to.to_bytes().to_vec();
        plaintext.extend_from_slice(&[id; 16]);
        packet(&self.route(0), PayloadSize::Ack, &plaintext).try_into().unwrap()
    }

    /// Stops everything; tells how long the slower gateway took.
    pub async fn stop(self) -> Duration {
        let mut slowest = Duration::ZERO;
        for gateway in self.gateways {
            let began = Instant::now();
            gateway.service.shutdown().await.unwrap();
            slowest = slowest.max(began.elapsed());
        }
        self.shutdown.finish(Duration::from_secs(8)).await.unwrap();
        slowest
    }
}

/// What a gateway said.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Delivered { row: u64, kind: DeliveryKind, content: Vec<u8> },
    Error(ErrorCode),
    Other,
    Closed,
}

pub struct TestClient {
    pub socket: WebSocketStream<TcpStream>,
    pub sender: ClientSender,
    receiver: ClientReceiver,
    heard: std::collections::VecDeque<Said>,
    pub welcome: Welcome,
    /// Length of each message that came, before decryption.
    pub lengths: Vec<usize>,
}

impl TestClient {
    pub async fn open(gateway: &Gateway, identity: &identity::SecretKey) -> Self {
        let socket = websocket(gateway.service.addresses().clients).await.unwrap();
        Self::open_on(socket, gateway, identity).await
    }

    /// Opens a session as soon as there is a seat for it.
    pub async fn open_when_let_in(gateway: &Gateway, identity: &identity::SecretKey) -> Self {
        let socket = async {
            loop {
                match websocket(gateway.service.addresses().clients).await {
                    Some(socket) => return socket,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let socket = tokio::time::timeout(PATIENCE, socket).await.expect("no seat becomes free");
        Self::open_on(socket, gateway, identity).await
    }

    async fn open_on(
        mut socket: WebSocketStream<TcpStream>,
        gateway: &Gateway,
        identity: &identity::SecretKey,
    ) -> Self {
        let started = say_hello(&mut socket, &gateway.keys).await;
        let response = binary(&mut socket).await.unwrap();
        let (mut session, proof) = started.finish(&response, &gateway.keys.identity.public_key(), identity).unwrap();
        socket.send(Message::binary(proof)).await.unwrap();
        let welcome = session.welcome(&mut binary(&mut socket).await.unwrap()).unwrap();
        Self {
            socket,
            sender: session.sender,
            receiver: session.receiver,
            heard: Default::default(),
            welcome,
            lengths: Vec::new(),
        }
    }

    pub async fn send(&mut self, first_hop: &[u8; 32], packet: &[u8]) {
        let message = self.sender.send(first_hop, packet).unwrap();
        self.socket.send(Message::binary(message)).await.unwrap();
    }

    pub async fn confirm(&mut self, rows: &[u64]) {
        let message = self.sender.confirm(rows).unwrap();
        self.socket.send(Message::binary(message)).await.unwrap();
    }

    /// What the gateway says next, within a minute.
    pub async fn next(&mut self) -> Said {
        tokio::time::timeout(PATIENCE, self.wait()).await.expect("the gateway says nothing")
    }

    /// The next delivery.
    pub async fn delivery(&mut self) -> (u64, DeliveryKind, Vec<u8>) {
        match self.next().await {
            Said::Delivered { row, kind, content } => (row, kind, content),
            other => panic!("not a delivery: {other:?}"),
        }
    }

    /// Whether the gateway has said nothing when a ping sent now is answered.
    pub async fn hears_nothing(&mut self) -> bool {
        let message = self.sender.ping(7).unwrap();
        self.socket.send(Message::binary(message)).await.unwrap();
        self.next().await == Said::Other
    }

    async fn wait(&mut self) -> Said {
        loop {
            if let Some(said) = self.heard.pop_front() {
                return said;
            }
            let Some(mut message) = binary(&mut self.socket).await else { return Said::Closed };
            self.lengths.push(message.len());
            for frame in self.receiver.open(&mut message).unwrap() {
                self.heard.push_back(match frame {
                    GatewayFrame::Delivered { row, kind, content } => {
                        Said::Delivered { row, kind, content: content.to_vec() }
                    }
                    GatewayFrame::Error(code) => Said::Error(code),
                    _ => Said::Other,
                });
            }
        }
    }
}

/// A websocket on which the hello has been sent.
pub async fn hello(address: SocketAddr, gateway: &NodeKeys) -> (WebSocketStream<TcpStream>, ClientHandshake) {
    let mut socket = websocket(address).await.unwrap();
    let started = say_hello(&mut socket, gateway).await;
    (socket, started)
}

/// A websocket; none when the gateway has no seat for it.
async fn websocket(address: SocketAddr) -> Option<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let opened = tokio_tungstenite::client_async(format!("ws://{address}/"), stream).await;
    opened.ok().map(|(socket, _)| socket)
}

async fn say_hello(socket: &mut WebSocketStream<TcpStream>, gateway: &NodeKeys) -> ClientHandshake {
    let rng = &mut rand::rngs::OsRng;
    let (started, hello) = ClientHandshake::start(&network(), &gateway.link.public_key(), PERIOD_NONE, rng).unwrap();
    socket.send(Message::binary(hello)).await.unwrap();
    started
}

/// The next binary message; none when the connection has ended.
pub async fn binary(socket: &mut WebSocketStream<TcpStream>) -> Option<Vec<u8>> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => return Some(bytes.into()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

pub fn person() -> identity::SecretKey {
    identity::SecretKey::generate(&mut rand::rngs::OsRng)
}
