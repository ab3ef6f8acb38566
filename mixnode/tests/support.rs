//! Three mix nodes, one a layer, and the two gateways beside them in the test's hand.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::Arc;
use std::time::Duration;

use nym_daemon::{Registry, Shutdown};
use nym_links::source::{InjectedSource, TopologySource};
use nym_links::test_util::{document, hop, keys, network, packet, Collect, TestPeer};
use nym_links::{metrics, Directory, Limits, MixSide, MixSideConfig, NodeKeys, Stats};
use nym_mixnode::{Config, Deps, Service};
use nym_sphinx::{Hop, PayloadSize};
use nym_topology::TopologyDocument;
use tempfile::TempDir;
use tokio::sync::watch;

pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Bytes of plaintext in the tests' packets.
pub const PLAINTEXT: usize = 2_031;

pub struct Net {
    pub nodes: Vec<Service>,
    pub node_keys: Vec<NodeKeys>,
    /// The gateway that sends; it has no process, tests dial in its name.
    pub entry: NodeKeys,
    /// The gateway that receives.
    pub exit: NodeKeys,
    pub arrived: Receiver<Vec<u8>>,
    pub documents: watch::Sender<Option<TopologyDocument>>,
    pub folder: TempDir,
    exit_address: SocketAddr,
    exit_shutdown: Shutdown,
}

pub fn config() -> Config {
    let mut config = Config::default();
    config.mixnet.listen = LOOPBACK;
    config.cover.loop_interval = Duration::ZERO;
    // A slow machine is no reason to cut a handshake.
    config.mixnet.handshake_timeout = Duration::from_secs(60);
    config
}

pub async fn start_node(
    config: Config,
    keys: &NodeKeys,
    home: &Path,
    documents: &watch::Sender<Option<TopologyDocument>>,
) -> Service {
    let topology: Arc<dyn TopologySource> = Arc::new(InjectedSource::following(documents));
    let deps = Deps { keys: keys.clone(), network: network(), topology, home: home.to_owned() };
    Service::start(config, deps).await.unwrap()
}

impl Net {
    pub async fn start() -> Self {
        Self::start_with(config()).await
    }

    pub async fn start_with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (documents, _) = watch::channel(None);
        let node_keys = vec![keys(), keys(), keys()];
        let mut nodes = Vec::new();
        for (index, keys) in node_keys.iter().enumerate() {
            let home = folder.path().join(index.to_string());
            nodes.push(start_node(config.clone(), keys, &home, &documents).await);
        }
        let (exit, exit_shutdown) = (keys(), Shutdown::new());
        let directory = Directory::new(exit.identity.public_key(), Duration::from_secs(10));
        let (sender, arrived): (Sender<_>, _) = std::sync::mpsc::channel();
        let side = MixSideConfig {
            listen: LOOPBACK,
            network: network(),
            keys: exit.clone(),
            directory: directory.clone(),
            limits: Limits { loop_interval: Duration::ZERO, ..Limits::default() },
            replay_log: folder.path().join("exit.log"),
        };
        let stats = Stats::register(&Registry::new(), metrics::GATEWAY);
        let side = MixSide::start(side, stats, &exit_shutdown, |_| Collect(sender)).await.unwrap();
        let exit_address = side.address();

        let net =
            Self { nodes, node_keys, entry: keys(), exit, arrived, documents, folder, exit_address, exit_shutdown };
        let document = net.document(1);
        directory.advance(document.clone());
        net.publish(document).await;
        net
    }

    /// The document of an epoch in which every node has its layer.
    pub fn document(&self, epoch: u32) -> TopologyDocument {
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .zip(&self.node_keys)
            .zip(1..)
            .map(|((node, keys), layer)| (layer, keys, node.addresses().mixnet))
            .collect();
        document(epoch, &nodes, &[(&self.entry, LOOPBACK, LOOPBACK), (&self.exit, self.exit_address, LOOPBACK)])
    }

    /// Makes a document current and waits until every node knows it.
    pub async fn publish(&self, document: TopologyDocument) {
        let epoch = document.epoch;
        self.documents.send_replace(Some(document));
        for node in &self.nodes {
            nym_links::test_util::eventually("the nodes learn the document", || {
                node.directory().current().is_some_and(|topology| topology.epoch() == epoch)
            })
            .await;
        }
    }

    /// The route of a forward packet, each mix node with this delay.
    pub fn route(&self, delay: Duration) -> Vec<Hop> {
        let mut route: Vec<_> = self.node_keys.iter().map(|keys| hop(keys, delay)).collect();
        route.push(hop(&self.exit, Duration::ZERO));
        route
    }

    /// A packet that arrives with `plaintext` in front.
    pub fn packet(&self, delay: Duration, start: &[u8]) -> Vec<u8> {
        packet(&self.route(delay), PayloadSize::Regular, &plaintext(start))
    }

    /// A link to the first node in the entry gateway's name.
    pub async fn enter(&self) -> TestPeer {
        TestPeer::dial(&self.entry, &self.node_keys[0], self.nodes[0].addresses().mixnet).await.unwrap()
    }

    /// The next plaintext that arrives.
    pub async fn next(&self) -> Vec<u8> {
        for _ in 0..12_000 {
            if let Ok(plaintext) = self.arrived.try_recv() {
                return plaintext;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("nothing arrived");
    }

    pub async fn stop(self) {
        for node in self.nodes {
            node.shutdown().await.unwrap();
        }
        self.exit_shutdown.finish(Duration::from_secs(8)).await.unwrap();
    }
}

/// A plaintext of full length that starts like this.
pub fn plaintext(start: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; PLAINTEXT];
    bytes[..start.len()].copy_from_slice(start);
    bytes
}
