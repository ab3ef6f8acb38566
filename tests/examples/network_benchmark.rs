//! Figures of a local network of real processes: what a mix node does in a second of one core, how long a message
//! takes, how much memory each process has needed. `scripts/benchmark-network` builds the programs and runs this.
//!
//! Only the measured process's own CPU time counts, so that whatever else the machine does changes little.
#![allow(clippy::unwrap_used)]

use nym_client_core::{Client, ClientConfig, Deps, RateClass, SendOptions};
use nym_links::test_util::{hop, TestPeer};
use nym_links::NodeKeys;
use nym_sphinx::{build_packet, Destination, PayloadSize};
use nym_tests::{ClientProcess, Network};
use nym_topology::{Layer, Topology};
use nym_wire::link::Peer;
use std::path::Path;
use std::time::{Duration, Instant};

/// Packets through the measured node.
const PACKETS: usize = 12_000;
/// Packets on their way to it at once: below the bounds of its queues.
const WINDOW: u64 = 1_500;
/// Messages whose time is taken, for each mean delay.
const MESSAGES: usize = 200;

#[tokio::main]
async fn main() {
    let mut memory = None;
    for delay in [0, 50] {
        let start = nym_tests::start(|options| (options.mean_hop_delay_ms, options.epoch_seconds) = (delay, 600));
        let mut network = start.await.unwrap();
        let (near, _) = network.gateways().await.unwrap();
        // An idle one of the default class, for its memory: it runs as long as the others talk.
        let client = ClientProcess::start(&mut network, "client", &near.identity).await.unwrap();
        latency(&mut network, delay).await;
        let mut processes = network.net().state().processes.clone();
        let mut peaks: Vec<(String, u64)> =
            processes.drain(..).map(|process| (process.name, nym_tests::peak_memory(process.pid).unwrap())).collect();
        peaks.push(("client".into(), nym_tests::peak_memory(client.process.pid()).unwrap()));
        memory = Some(peaks);
    }
    println!("\npeak resident memory (VmHWM) after the messages, KiB");
    for (name, peak) in memory.unwrap() {
        println!("  {name:<16} {peak:>8}");
    }
    throughput().await;
}

/// Messages of one packet from a client at one gateway to a client at the other, one after the other.
async fn latency(network: &mut Network, delay: u32) {
    let (near, far) = network.gateways().await.unwrap();
    let file = network.net().network().clone();
    let mut clients = Vec::new();
    for gateway in [near, far] {
        let config = ClientConfig { rate: RateClass::Packets200, ..ClientConfig::default() };
        let client = Client::start(config, Deps::ephemeral(&file, Some(gateway.identity)).unwrap()).await.unwrap();
        client.connected().await.unwrap();
        clients.push(client);
    }
    let [alice, bob] = clients.as_slice() else { return };
    let (mut inbox, mut times) = (bob.receive(), Vec::new());
    for _ in 0..MESSAGES {
        let began = Instant::now();
        alice.send(bob.address(), vec![7; 1_000], SendOptions::default()).await.unwrap();
        let received = inbox.recv().await.unwrap();
        times.push(began.elapsed());
        bob.confirm(received.id).await.unwrap();
    }
    times.sort();
    let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
    println!(
        "message of one packet, mean delay {delay} ms a hop, 200 packets/s: median {:.0} ms, 90 % within {:.0} ms, 99 % within {:.0} ms",
        at(50),
        at(90),
        at(99)
    );
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
}

/// Time that the threads of a process have been running, by the scheduler's own account.
fn cpu_time(process: &Path) -> Duration {
    let threads = std::fs::read_dir(process.join("task")).unwrap().map(|thread| thread.unwrap().path());
    let nanoseconds = |thread: std::path::PathBuf| -> u64 {
        let text = std::fs::read_to_string(thread.join("schedstat")).unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    };
    Duration::from_nanos(threads.map(nanoseconds).sum())
}

async fn throughput() {
    let mut network = nym_tests::start(|options| (options.quiet, options.epoch_seconds) = (true, 600)).await.unwrap();
    let topology = Topology::new(network.net().topology_ready().await.unwrap());
    let dir = network.net().state().dir.clone();
    let processes = network.net().state().processes.clone();
    let nodes: Vec<_> = processes
        .iter()
        .filter(|process| NodeKeys::exist(&dir.join(&process.name)))
        .map(|process| (process, NodeKeys::load_or_create(&dir.join(&process.name)).unwrap()))
        .collect();
    let of = |identity| nodes.iter().find(|(_, keys)| keys.identity.public_key() == identity).unwrap();
    let [one, two, _] = Layer::ALL.map(|layer| topology.layer(layer).next().unwrap());
    let (measured, keys) = of(one.identity);
    let gateway = &of(topology.document().gateways[0].identity).1;
    let route = [hop(keys, Duration::ZERO), hop(&of(two.identity).1, Duration::ZERO)];
    let plaintext = vec![0; 2_031];
    let packet =
        || build_packet(&route, &Destination::NONE, PayloadSize::Regular, &plaintext, &mut rand::rngs::OsRng).unwrap();
    let packets: Vec<Vec<u8>> = (0..PACKETS).map(|_| packet()).collect();

    // The limit: unwrapping and nothing else, on one core of this process.
    let me = Path::new("/proc/self").to_owned();
    let mut copies = packets[..2_000].to_vec();
    let before = cpu_time(&me);
    for packet in &mut copies {
        nym_sphinx::process(keys.sphinx.as_static_secret(), packet).unwrap();
    }
    let bare = copies.len() as f64 / (cpu_time(&me) - before).as_secs_f64();

    let document = topology.document();
    let noise = nym_wire::noise::Network {
        chain_id: document.chain_id.clone(),
        mixnet_contract: document.mixnet_contract.clone(),
    };
    let dialled = Peer { identity: one.identity, link_key: one.link_key };
    let mut peer = TestPeer::dial_in(&noise, gateway, dialled, one.address).await.unwrap();
    let stats = network.stats(&measured.name);
    let process = Path::new("/proc").join(measured.pid.to_string());
    // The first packets open the link to the next node.
    peer.send(&packets[..100]).await;
    nym_tests::eventually("the link stands", || async { stats.read("sent").await >= Some(100) }).await;

    let (before, began) = (cpu_time(&process), Instant::now());
    let mut handed = 100;
    for batch in packets[100..].chunks(250) {
        peer.send(batch).await;
        handed += batch.len() as u64;
        nym_tests::eventually("packets leave", || async {
            stats.read("sent").await >= Some(handed.saturating_sub(WINDOW))
        })
        .await;
    }
    nym_tests::eventually("all packets leave", || async { stats.read("sent").await >= Some(handed) }).await;
    let (busy, elapsed) = (cpu_time(&process) - before, began.elapsed());

    let rate = (PACKETS - 100) as f64 / busy.as_secs_f64();
    println!(
        "\nmix node: {rate:.0} packets per core-second ({:.1} µs each; {PACKETS} packets in {elapsed:.1?})",
        1e6 / rate
    );
    println!("unwrapping alone, same run, one core: {bare:.0} packets per second ({:.1} µs each)", 1e6 / bare);
    println!("ratio {:.2}", rate / bare);
}
