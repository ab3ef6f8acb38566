//! Packets that are as they should be.

use std::time::{Duration, Instant};

use nym_links::test_util::eventually;

use crate::support::{config, plaintext, Net};

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_crosses_three_layers_and_every_counter_on_its_path_rises() {
    let net = Net::start().await;

    net.enter().await.send(&[net.packet(Duration::ZERO, b"hello")]).await;

    assert_eq!(net.next().await, plaintext(b"hello"));
    for node in &net.nodes {
        // A packet is counted when it is queued, which its arrival may overtake.
        eventually("the node counts the packet", || node.stats().forwarded > 0).await;
        let stats = node.stats();
        assert_eq!((stats.received, stats.forwarded), (1, 1));
        assert_eq!(stats.dropped.values().sum::<u64>(), 0);
    }
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_arrives_whole() {
    let net = Net::start().await;
    let packets: Vec<_> =
        (0..300u32).map(|number| net.packet(Duration::from_millis(3), &number.to_be_bytes())).collect();

    net.enter().await.send(&packets).await;

    let mut numbers = Vec::new();
    for _ in 0..300 {
        numbers.push(u32::from_be_bytes(net.next().await[..4].try_into().unwrap()));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..300).collect::<Vec<_>>());
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_is_kept() {
    let net = Net::start().await;
    let delayed = net.packet(Duration::from_millis(150), b"late");
    let mut peer = net.enter().await;
    peer.send(&[net.packet(Duration::ZERO, b"warm up the links")]).await;
    net.next().await;

    let sent = Instant::now();
    peer.send(&[delayed]).await;
    net.next().await;

    assert!(sent.elapsed() >= Duration::from_millis(450), "three hops of 150 ms took {:?}", sent.elapsed());
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_left_the_set_serves_one_epoch_more() {
    let net = Net::start().await;
    let mut without = net.document(2);
    without.mix_nodes.retain(|node| node.layer.number() != 2);
    net.publish(without.clone()).await;

    net.enter().await.send(&[net.packet(Duration::ZERO, b"by the previous document")]).await;
    net.next().await;

    without.epoch = 3;
    net.publish(without).await;
    net.enter().await.send(&[net.packet(Duration::ZERO, b"too late")]).await;
    eventually("the packet is dropped", || net.nodes[0].stats().dropped["unknown_next_hop"] == 1).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_waits_for_a_neighbour_that_comes_up_later() {
    let mut net = Net::start().await;
    let address = net.nodes[2].addresses().mixnet;
    net.nodes.pop().unwrap().shutdown().await.unwrap();
    net.enter().await.send(&[net.packet(Duration::ZERO, b"patience")]).await;
    eventually("the packet waits in layer 2", || net.nodes[1].stats().forwarded == 1).await;

    let mut config = config();
    config.mixnet.listen = address;
    let home = net.folder.path().join("2");
    let again = crate::support::start_node(config, &net.node_keys[2], &home, &net.documents).await;
    net.nodes.push(again);

    assert_eq!(net.next().await, plaintext(b"patience"));
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_loops_leave_and_come_back() {
    let mut config = config();
    config.cover.loop_interval = Duration::from_millis(20);
    // A loop of layer 3 goes on from the gateway to layer 1; the exit gateway of this network forwards as any.
    let net = Net::start_with(config).await;

    for node in &net.nodes {
        eventually("a loop comes back", || node.stats().loops_returned > 0).await;
    }
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_that_are_lost_on_purpose_are_counted() {
    let mut config = config();
    config.faults.link_loss = 1.0;
    let net = Net::start_with(config).await;

    net.enter().await.send(&[net.packet(Duration::ZERO, b"x"), net.packet(Duration::ZERO, b"y")]).await;

    eventually("both are lost", || net.nodes[0].stats().dropped["injected"] == 2).await;
    assert_eq!(net.nodes[0].stats().sent, 0);
    net.stop().await;
}
