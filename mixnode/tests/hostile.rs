//! Packets and bytes that are not as they should be: dropped, counted, and nothing else happens.

use std::time::Duration;

use nym_links::test_util::{eventually, hop, keys, packet, TestPeer};
use nym_sphinx::PayloadSize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{config, plaintext, start_node, Net};

/// Sends one packet and waits until the first node has dropped it for this reason and for no other.
async fn dropped(net: &Net, reason: &str, bytes: Vec<u8>) {
    let log = || std::fs::metadata(net.folder.path().join("0/replay-0.log")).unwrap().len();
    let (before, remembered) = (net.nodes[0].stats(), log());

    net.enter().await.send(&[bytes]).await;

    eventually(reason, || net.nodes[0].stats().dropped[reason] == before.dropped[reason] + 1).await;
    let after = net.nodes[0].stats();
    assert_eq!(after.dropped.values().sum::<u64>(), before.dropped.values().sum::<u64>() + 1, "dropped once");
    assert_eq!((after.forwarded, after.arrived), (before.forwarded, before.arrived), "nothing left the node");
    assert_eq!(log(), remembered, "the replay table is unchanged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_packet_is_dropped_also_after_a_restart() {
    let mut net = Net::start().await;
    let bytes = net.packet(Duration::ZERO, b"once");
    net.enter().await.send(&[&bytes]).await;
    net.next().await;
    // A packet is counted when it is queued, which its arrival may overtake.
    eventually("the first copy is counted", || net.nodes[0].stats().forwarded == 1).await;

    dropped(&net, "replay", bytes.clone()).await;

    let address = net.nodes[0].addresses().mixnet;
    net.nodes.remove(0).shutdown().await.unwrap();
    let mut config = config();
    config.mixnet.listen = address;
    let again = start_node(config, &net.node_keys[0], &net.folder.path().join("0"), &net.documents).await;
    net.nodes.insert(0, again);
    eventually("the node knows the document", || net.nodes[0].directory().current().is_some()).await;
    dropped(&net, "replay", bytes).await;
    assert!(net.arrived.try_recv().is_err(), "only the first copy arrived");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_header_dies_at_this_hop() {
    let net = Net::start().await;
    let bytes = net.packet(Duration::ZERO, b"x");

    for position in [0, 31] {
        // The group element: another shared secret, or none that is allowed.
        let mut flipped = bytes.clone();
        flipped[position] ^= 0x80;
        let log = net.nodes[0].stats().dropped.values().sum::<u64>();
        net.enter().await.send(&[flipped]).await;
        eventually("dropped", || net.nodes[0].stats().dropped.values().sum::<u64>() == log + 1).await;
    }
    for position in [32, 47, 48, 200, 347] {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1;
        dropped(&net, "bad_mac", flipped).await;
    }
    assert_eq!(net.nodes[0].stats().forwarded, 0);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_payload_travels_on_and_arrives_as_nothing() {
    let net = Net::start().await;
    let mut bytes = net.packet(Duration::ZERO, b"x");
    bytes[1_000] ^= 1;

    net.enter().await.send(&[bytes]).await;

    eventually("the last mix node passes it on", || net.nodes[2].stats().forwarded == 1).await;
    net.enter().await.send(&[net.packet(Duration::ZERO, b"after")]).await;
    assert_eq!(net.next().await, plaintext(b"after"), "the altered one did not arrive");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_anywhere_on_the_link_ends_the_link() {
    let net = Net::start().await;
    let log = || std::fs::metadata(net.folder.path().join("0/replay-0.log")).unwrap().len();
    let remembered = log();
    let length = net.enter().await.sealed(&[net.packet(Duration::ZERO, b"x")]).len();
    // The length in front of a message says how much to wait for: a larger one is noticed with the bytes that follow.
    let positions: Vec<usize> = (0..64).chain((64..length).step_by(97)).chain([length - 1]).collect();

    for (flipped, position) in (1..).zip(positions) {
        let mut peer = net.enter().await;
        let mut bytes = peer.sealed(&[net.packet(Duration::ZERO, b"x"), net.packet(Duration::ZERO, b"y")]);
        bytes[position] ^= 1 << (position % 8);
        // Enough for any length that two bytes can say.
        bytes.resize(bytes.len() + (1 << 16), 0);
        let _ = peer.stream.write_all(&bytes).await;

        let mut answer = [0; 16];
        let closed = tokio::time::timeout(Duration::from_secs(60), peer.stream.read(&mut answer)).await;
        assert!(matches!(closed, Ok(Ok(0) | Err(_))), "the node keeps the connection at position {position}");
        // The peer may see the connection close before the node has counted why.
        eventually("the failure is counted", || net.nodes[0].stats().links.failures == flipped).await;
    }
    let stats = net.nodes[0].stats();
    assert_eq!((stats.received, stats.forwarded, stats.arrived), (0, 0, 0));
    assert_eq!(log(), remembered, "the replay table is unchanged");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_hops_that_are_unbonded_or_no_neighbours_are_dropped() {
    let net = Net::start().await;
    let nodes = &net.node_keys;
    let now = Duration::ZERO;
    let through = |next| packet(&[hop(&nodes[0], now), hop(next, now)], PayloadSize::Regular, &plaintext(b"x"));

    let stranger = keys();
    dropped(&net, "unknown_next_hop", through(&stranger)).await;
    dropped(&net, "not_neighbour", through(&nodes[2])).await;
    dropped(&net, "not_neighbour", through(&nodes[0])).await;
    dropped(&net, "not_neighbour", through(&net.exit)).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_beyond_the_networks_limit_is_dropped() {
    let net = Net::start().await;

    for delay in [Duration::from_millis(5_001), Duration::from_secs(3_600), Duration::from_nanos(u64::MAX)] {
        dropped(&net, "delay_too_long", net.packet(delay, b"x")).await;
    }
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_that_ends_at_a_mix_node_is_dropped() {
    let net = Net::start().await;
    let ends_here = packet(&[hop(&net.node_keys[0], Duration::ZERO)], PayloadSize::Regular, &plaintext(b"x"));

    net.enter().await.send(&[ends_here]).await;

    eventually("dropped", || net.nodes[0].stats().dropped["unexpected"] == 1).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_packets_are_dropped() {
    let net = Net::start().await;
    let rng = &mut rand::rngs::OsRng;
    let packets: Vec<_> = (0..100)
        .map(|_| {
            let mut bytes = vec![0; 2_396];
            rand::RngCore::fill_bytes(rng, &mut bytes);
            bytes
        })
        .collect();

    net.enter().await.send(&packets).await;

    eventually("all are dropped", || net.nodes[0].stats().dropped.values().sum::<u64>() == 100).await;
    assert_eq!(net.nodes[0].stats().forwarded, 0);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_on_the_port_are_refused_and_the_node_goes_on() {
    let mut config = config();
    config.mixnet.handshake_timeout = Duration::from_secs(5);
    let net = Net::start_with(config).await;
    let address = net.nodes[0].addresses().mixnet;
    let rng = &mut rand::rngs::OsRng;

    let mut streams = Vec::new();
    for length in [1, 141, 142, 143, 1_000, 70_000] {
        let mut bytes = vec![0; length];
        rand::RngCore::fill_bytes(rng, &mut bytes);
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        streams.push((length, stream));
    }
    for (length, mut stream) in streams {
        let mut answer = Vec::new();
        // Either closed at once or, when bytes are missing, at the handshake's deadline; never an answer.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty(), "an answer to {length} random bytes");
    }

    net.enter().await.send(&[net.packet(Duration::ZERO, b"still here")]).await;
    assert_eq!(net.next().await, plaintext(b"still here"));
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_a_document_or_may_not_send_here_gets_no_link() {
    let net = Net::start().await;
    let address = net.nodes[0].addresses().mixnet;

    assert!(TestPeer::dial(&keys(), &net.node_keys[0], address).await.is_err(), "a stranger");
    assert!(TestPeer::dial(&net.node_keys[1], &net.node_keys[0], address).await.is_err(), "layer 2 to layer 1");
    let mut stolen = net.entry.clone();
    stolen.link = keys().link;
    assert!(TestPeer::dial(&stolen, &net.node_keys[0], address).await.is_err(), "another link key");
    assert!(TestPeer::dial(&net.entry, &net.node_keys[0], address).await.is_ok(), "the gateway itself");
    // The peer may see the connection close before the node has counted why.
    eventually("each refusal is counted", || net.nodes[0].stats().links.failures >= 3).await;
    assert_eq!(net.nodes[0].stats().links.failures, 3);
    net.stop().await;
}
