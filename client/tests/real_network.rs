//! Clients over real mix nodes and gateways: their services, in this process, over loopback sockets.

use nym_client_core::gateway::WebsocketConnector;
use nym_client_core::store::Store;
use nym_client_core::topology::InjectedTopology;
use nym_client_core::{Client, ClientConfig, ClientKeys, Deps, Event, RateClass, SendOptions};
use nym_links::source::InjectedSource;
use nym_links::NodeKeys;
use nym_topology::{GatewayEntry, Layer, MixNodeEntry, Parameters, Topology, TopologyDocument};
use nym_wire::noise::Network;
use rand::{RngCore as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

/// Three mix nodes and two gateways.
struct RealNetwork {
    nodes: Vec<nym_mixnode::Service>,
    gateways: Vec<nym_gateway::Service>,
    topology: Topology,
    _homes: Vec<TempDir>,
}

impl RealNetwork {
    async fn start(mean_hop_delay_ms: u32) -> Self {
        let network = Network { chain_id: "test".into(), mixnet_contract: "n1mixnet".into() };
        let (documents, _first) = InjectedSource::new(None);
        let (mut nodes, mut gateways, mut homes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut mix_entries, mut gateway_entries) = (Vec::new(), Vec::new());
        for (number, layer) in Layer::ALL.into_iter().enumerate() {
            let (home, keys) = (tempfile::tempdir().unwrap(), NodeKeys::generate(&mut rand::rngs::OsRng));
            let mut config = nym_mixnode::Config::default();
            config.mixnet.listen = ([127, 0, 0, 1], 0).into();
            let deps = nym_mixnode::Deps {
                keys: keys.clone(),
                network: network.clone(),
                topology: Arc::new(InjectedSource::following(&documents)),
                home: home.path().to_owned(),
            };
            let service = nym_mixnode::Service::start(config, deps).await.unwrap();
            mix_entries.push(MixNodeEntry {
                node_id: number as u32 + 1,
                layer,
                identity: keys.identity.public_key(),
                sphinx_key: keys.sphinx.public_key(),
                link_key: keys.link.public_key(),
                address: service.addresses().mixnet,
            });
            nodes.push(service);
            homes.push(home);
        }
        for _ in 0..2 {
            let (home, keys) = (tempfile::tempdir().unwrap(), NodeKeys::generate(&mut rand::rngs::OsRng));
            let mut config = nym_gateway::Config::default();
            config.mixnet.listen = ([127, 0, 0, 1], 0).into();
            config.clients.listen = ([127, 0, 0, 1], 0).into();
            let deps = nym_gateway::Deps {
                keys: keys.clone(),
                network: network.clone(),
                topology: Arc::new(InjectedSource::following(&documents)),
                home: home.path().to_owned(),
            };
            let service = nym_gateway::Service::start(config, deps).await.unwrap();
            gateway_entries.push(GatewayEntry {
                identity: keys.identity.public_key(),
                sphinx_key: keys.sphinx.public_key(),
                link_key: keys.link.public_key(),
                address: service.addresses().mixnet,
                clients_address: service.addresses().clients,
                payee: "n1payee".into(),
            });
            gateways.push(service);
            homes.push(home);
        }
        let mut document = TopologyDocument {
            version: 1,
            chain_id: network.chain_id,
            mixnet_contract: network.mixnet_contract,
            epoch: 1,
            height: 1,
            starts_at: std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs(),
            epoch_length: 3_600,
            parameters: Parameters { payload_size: 2_048, mean_hop_delay_ms, max_hop_delay_ms: 10_000 },
            bootstrap_seed: true,
            mix_nodes: mix_entries,
            gateways: gateway_entries,
        };
        document.sort();
        documents.send_replace(Some(document.clone()));
        Self { nodes, gateways, topology: Topology::new(document), _homes: homes }
    }

    async fn client(&self, number: usize) -> Client {
        let keys = ClientKeys::generate(&mut rand::rngs::StdRng::seed_from_u64(number as u64));
        let gateways = &self.topology.document().gateways;
        let deps = Deps {
            gateway: Some(gateways[number % gateways.len()].identity),
            store: Store::in_memory(&keys.identity.public_key().to_string()).unwrap(),
            keys,
            topology: Arc::new(InjectedTopology::new(self.topology.clone())),
            connector: Arc::new(WebsocketConnector::default()),
        };
        let config = ClientConfig { rate: RateClass::Packets50, ..ClientConfig::default() };
        let client = Client::start(config, deps).await.unwrap();
        client.connected().await.unwrap();
        client
    }

    async fn stop(self) {
        for node in self.nodes {
            node.shutdown().await.unwrap();
        }
        for gateway in self.gateways {
            gateway.shutdown().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_a_reply_cross_real_nodes() {
    let network = RealNetwork::start(5).await;
    let (alice, bob) = (network.client(0).await, network.client(1).await);
    let mut delivered = alice.events();

    let mut sent = BTreeMap::new();
    for size in [1, 1_483, 5_000, 40_000] {
        let mut bytes = vec![0; size];
        rand::thread_rng().fill_bytes(&mut bytes);
        let options = SendOptions::with_reply_surbs(if size == 1 { 5 } else { 0 });
        sent.insert(alice.send(bob.address(), bytes.clone(), options).await.unwrap(), bytes);
    }
    let (mut inbox, mut received, mut tag) = (bob.receive(), BTreeMap::new(), None);
    while received.len() < sent.len() {
        let message = inbox.recv().await.unwrap();
        tag = tag.or(message.sender_tag);
        bob.confirm(message.id).await.unwrap();
        received.insert(message.id, message.bytes);
    }
    assert_eq!(received, sent);

    let answer = vec![7; 30_000];
    bob.reply(tag.unwrap(), answer.clone()).await.unwrap();
    assert_eq!(alice.receive().recv().await.unwrap().bytes, answer);
    let mut outstanding = sent.len();
    while outstanding > 0 {
        match delivered.recv().await.unwrap() {
            Event::Delivered(_) => outstanding -= 1,
            Event::Failed(id, reason) => panic!("{id}: {reason}"),
            _ => {}
        }
    }
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
    network.stop().await;
}
