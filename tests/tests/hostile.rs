//! Packets and bytes that must change nothing, against real nodes of a network without other traffic: every
//! counter, row and log is accounted for.

use nym_client_core::{Client, ClientConfig, Deps};
use nym_keys::identity;
use nym_links::test_util::{hop, TestPeer};
use nym_links::NodeKeys;
use nym_localnet::State;
use nym_sphinx::{build_packet, Destination, Hop, PayloadSize};
use nym_tests::{ClientProcess, Network};
use nym_topology::{Layer, Topology};
use nym_wire::fragment::Fragment;
use nym_wire::link::Peer;
use nym_wire::payload;
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The network as an attacker with the keys of one gateway sees it.
struct Attack {
    network: Network,
    topology: Topology,
    /// The keys of the gateway that the attacker owns.
    own: NodeKeys,
    /// One node of each layer.
    mixes: [NodeKeys; 3],
    /// The gateway of the victim.
    exit: NodeKeys,
    entry: SocketAddr,
    victim: nym_keys::ClientAddress,
}

/// What no dropped packet may change, by process: sizes of replay logs and numbers.
type Trace = BTreeMap<String, BTreeMap<String, u64>>;

/// Numbers of `/v1/stats` that tell that something left a node, or stays in it.
const NUMBERS: [&str; 7] = ["forwarded", "sent", "arrived", "delayed", "stored", "acks_sent", "inbox_rows"];

impl Attack {
    async fn start() -> Self {
        let mut network =
            nym_tests::start(|options| (options.quiet, options.epoch_seconds) = (true, 600)).await.unwrap();
        let document = network.net().topology_ready().await.unwrap();
        let topology = Topology::new(document);
        let keys = |network: &mut Network, identity: &identity::PublicKey| {
            let processes = network.net().state().processes.clone();
            let homes = processes.iter().map(|process| network.net().state().dir.join(&process.name));
            let homes = homes.filter(|home| NodeKeys::exist(home));
            let mut keys = homes.map(|home| NodeKeys::load_or_create(&home).unwrap());
            keys.find(|keys| keys.identity.public_key() == *identity).unwrap()
        };
        let mixes = Layer::ALL.map(|layer| {
            let node = topology.layer(layer).next().unwrap().identity;
            keys(&mut network, &node)
        });
        let (near, far) = network.gateways().await.unwrap();
        let file = network.net().network().clone();
        // The victim has an inbox, and is away.
        let victim = Client::start(ClientConfig::default(), Deps::ephemeral(&file, Some(far.identity)).unwrap());
        let victim = victim.await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), victim.connected()).await.unwrap().unwrap();
        let address = victim.address();
        victim.shutdown().await.unwrap();
        let entry = topology.mix_node(&mixes[0].identity.public_key()).unwrap().address;
        let (own, exit) = (keys(&mut network, &near.identity), keys(&mut network, &far.identity));
        let mut attack = Self { own, exit, mixes, entry, victim: address, topology, network };
        attack.settle().await;
        attack
    }

    async fn dial(&self) -> TestPeer {
        let document = self.topology.document();
        let network = nym_wire::noise::Network {
            chain_id: document.chain_id.clone(),
            mixnet_contract: document.mixnet_contract.clone(),
        };
        let first = &self.mixes[0];
        let dialled = Peer { identity: first.identity.public_key(), link_key: first.link.public_key() };
        TestPeer::dial_in(&network, &self.own, dialled, self.entry).await.unwrap()
    }

    fn route(&self, delay: Duration) -> Vec<Hop> {
        let [one, two, three] = &self.mixes;
        vec![hop(one, delay), hop(two, Duration::ZERO), hop(three, Duration::ZERO), hop(&self.exit, Duration::ZERO)]
    }

    /// A message to the victim, complete and correct.
    fn message(&self, route: &[Hop]) -> Vec<u8> {
        let rng = &mut rand::rngs::OsRng;
        let ack = payload::ack_plaintext(&self.victim.identity(), &[7; 16]);
        let back = self.route(Duration::ZERO);
        let ack = build_packet(&back, &Destination::NONE, PayloadSize::Ack, &ack, rng).unwrap();
        let fragment = Fragment::cover(nym_client_core::MessageId::random(rng));
        let plaintext = payload::forward_plaintext(&self.victim, &back[0].address, &ack, &fragment, rng).unwrap();
        build_packet(route, &Destination::NONE, PayloadSize::Regular, &plaintext, rng).unwrap()
    }

    /// Everything that a dropped packet may not change.
    async fn trace(&mut self) -> Trace {
        let mut trace = Trace::new();
        let dir = self.network.net().state().dir.clone();
        for (name, stats) in self.network.all_stats().await.unwrap() {
            let numbers = NUMBERS.iter().filter_map(|key| Some(((*key).to_owned(), stats.get(key)?.as_u64()?)));
            let mut numbers: BTreeMap<String, u64> = numbers.collect();
            let log = std::fs::metadata(dir.join(&name).join("replay-0.log")).map_or(0, |log| log.len());
            numbers.insert("bytes of the replay log".into(), log);
            trace.insert(name, numbers);
        }
        trace
    }

    /// Waits until nothing moves in the network.
    async fn settle(&mut self) {
        let mut before = self.trace().await;
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let after = self.trace().await;
            let held: u64 = after.values().filter_map(|numbers| numbers.get("delayed")).sum();
            if after == before && held == 0 {
                return;
            }
            before = after;
        }
        panic!("the network never becomes quiet: {before:?}");
    }

    async fn dropped(&mut self, process: &str, reason: &str) -> u64 {
        let all = self.network.all_stats().await.unwrap();
        let stats = &all.iter().find(|(name, _)| name == process).unwrap().1;
        stats["dropped"][reason].as_u64().unwrap_or_else(|| panic!("no reason {reason}: {stats}"))
    }

    fn process(&mut self, keys: &NodeKeys) -> String {
        let state = self.network.net().state().clone();
        let home = |name: &str| -> PathBuf { state.dir.join(name) };
        let names = state.processes.iter().map(|process| process.name.clone());
        let mut nodes = names.filter(|name| NodeKeys::exist(&home(name)));
        let is_it = |name: &String| {
            let at = NodeKeys::load_or_create(&home(name)).unwrap();
            at.identity.public_key() == keys.identity.public_key()
        };
        nodes.find(is_it).unwrap()
    }

    /// Sends a packet that the first mix node must drop, for this reason, with no other trace anywhere.
    async fn dies_at_the_first_hop(&mut self, reason: &str, bytes: &[u8]) {
        let first = self.mixes[0].clone();
        let first = self.process(&first);
        let (before, count) = (self.trace().await, self.dropped(&first, reason).await);

        self.dial().await.send(&[bytes]).await;

        let counted = std::time::Instant::now();
        while self.dropped(&first, reason).await == count {
            assert!(counted.elapsed() < Duration::from_secs(60), "never dropped: {reason}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.settle().await;
        assert_eq!(self.dropped(&first, reason).await, count + 1, "{reason}: counted once");
        assert_eq!(self.trace().await, before, "{reason}: something else has changed");
    }

    /// Sends a packet that reaches the victim's gateway and waits for the effect there.
    async fn reaches_the_gateway(&mut self, bytes: &[u8], key: &str) {
        let exit = self.exit.clone();
        let exit = self.process(&exit);
        let value = |trace: &Trace| trace[&exit][key];
        let before = value(&self.trace().await);

        self.dial().await.send(&[bytes]).await;

        let began = std::time::Instant::now();
        while value(&self.trace().await) == before {
            assert!(began.elapsed() < Duration::from_secs(60), "{key} never rose");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_packets_and_bytes_leave_no_trace() {
    let mut attack = Attack::start().await;
    let message = attack.message(&attack.route(Duration::ZERO));
    attack.reaches_the_gateway(&message, "stored").await;

    // The same packet again.
    attack.dies_at_the_first_hop("replay", &message).await;

    // A bit of the header: integrity tag, routing information.
    let fresh = attack.message(&attack.route(Duration::ZERO));
    for position in [32, 48, 347] {
        let mut flipped = fresh.clone();
        flipped[position] ^= 1;
        attack.dies_at_the_first_hop("bad_mac", &flipped).await;
    }

    // Next hops: nobody's, of another layer, back.
    let nobody = NodeKeys::generate(&mut rand::rngs::OsRng);
    let now = Duration::ZERO;
    let [first, _, third] = attack.mixes.clone();
    let exit = attack.exit.clone();
    for (reason, next) in
        [("unknown_next_hop", &nobody), ("not_neighbour", &third), ("not_neighbour", &first), ("not_neighbour", &exit)]
    {
        let packet = attack.message(&[hop(&first, now), hop(next, now)]);
        attack.dies_at_the_first_hop(reason, &packet).await;
    }

    // A delay that would stay for ever.
    let packet = attack.message(&attack.route(Duration::from_nanos(u64::MAX)));
    attack.dies_at_the_first_hop("delay_too_long", &packet).await;

    // A bit of the payload dies at the last gateway: no row, no acknowledgement.
    let exit = attack.process(&exit);
    let (before, count) = (attack.trace().await, attack.dropped(&exit, "bad_payload").await);
    let mut flipped = attack.message(&attack.route(Duration::ZERO));
    flipped[1_200] ^= 1;
    attack.dial().await.send(&[flipped]).await;
    let began = std::time::Instant::now();
    while attack.dropped(&exit, "bad_payload").await == count {
        assert!(began.elapsed() < Duration::from_secs(60), "the altered payload never reached the gateway");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    attack.settle().await;
    assert_eq!(attack.trace().await[&exit], before[&exit], "an altered payload has left a trace at the gateway");

    random_bytes_on_every_port(&mut attack).await;

    // All of it has hurt nobody: the packet that was altered before it left still arrives.
    attack.reaches_the_gateway(&fresh, "stored").await;
}

/// Sends random bytes in several forms, each over a connection of its own, after a beginning that the other side understands.
async fn random_bytes(address: SocketAddr, understood: &str, rng: &mut ChaCha20Rng) {
    for (beginning, length) in [
        ("", 1),
        ("", 142),
        ("", 5_000),
        ("", 100_000),
        ("GET / HTTP/1.1\r\n", 3_000),
        ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", 9),
    ] {
        let mut bytes = [understood, beginning].concat().into_bytes();
        let from = bytes.len();
        bytes.resize(from + length, 0);
        rng.fill_bytes(&mut bytes[from..]);
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The other side may close while it is still being written to.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(60), stream.take(1 << 20).read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{address} holds a connection with {length} random bytes");
    }
}

/// A websocket's opening words, with a token or without one.
fn upgrade(address: SocketAddr, token: Option<&str>) -> String {
    let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{token}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_on_a_clients_own_port_change_nothing() {
    let mut network = nym_tests::start(|options| options.epoch_seconds = 600).await.unwrap();
    let (near, _) = network.gateways().await.unwrap();
    let mut client = ClientProcess::start(&mut network, "client", &near.identity).await.unwrap();
    let address = client.interface().unwrap();
    let token = std::fs::read_to_string(client.home.join("api-token")).unwrap();
    let rng = &mut ChaCha20Rng::seed_from_u64(2);

    // As bytes, as frames of a websocket whose program has not said who it is, as frames of one that has.
    for understood in [String::new(), upgrade(address, None), upgrade(address, Some(token.trim()))] {
        random_bytes(address, &understood, rng).await;
    }

    client.process.check().unwrap();
    let log = client.log().unwrap();
    assert!(!log.contains("panicked"), "{log}");
    // Programs are served as before, and nothing was sent on anybody's behalf.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(upgrade(address, Some(token.trim())).as_bytes()).await.unwrap();
    // A text frame, masked with zeros.
    let request = br#"{"type":"status"}"#;
    let header = [0x81, 0x80 | u8::try_from(request.len()).unwrap(), 0, 0, 0, 0];
    stream.write_all(&[&header[..], request].concat()).await.unwrap();
    let mut answer = String::new();
    let reading = async {
        while !answer.contains(r#""type":"status""#) {
            let mut bytes = [0; 4_096];
            let length = stream.read(&mut bytes).await.unwrap();
            assert!(length > 0, "the interface hung up: {answer}");
            answer.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reading).await.expect("the interface says nothing");
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    for nothing in [r#""outgoing_messages":0"#, r#""received_messages":0"#] {
        assert!(answer.contains(nothing), "{nothing}: {answer}");
    }
}

async fn random_bytes_on_every_port(attack: &mut Attack) {
    let before = attack.trace().await;
    let state: State = attack.network.net().state().clone();
    let addresses = state.processes.iter().flat_map(|process| [&process.address, &process.admin]);
    let mut addresses: Vec<SocketAddr> =
        addresses.filter(|address| !address.is_empty()).map(|address| address.parse().unwrap()).collect();
    addresses.extend(attack.topology.document().gateways.iter().map(|gateway| gateway.address));
    assert_eq!(addresses.len(), 1 + 2 * 3 + 2 * 6 + 3 * 2, "chain, APIs, mix nodes, gateways: {addresses:?}");
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    for address in addresses {
        random_bytes(address, "", rng).await;
    }
    attack.settle().await;
    assert_eq!(attack.trace().await, before, "random bytes have changed something");
    attack.network.net().check().unwrap();
    for process in &state.processes {
        let log = std::fs::read_to_string(state.dir.join("logs").join(format!("{}.log", process.name))).unwrap();
        assert!(!log.contains("panicked"), "{} has panicked: {log}", process.name);
    }
}
