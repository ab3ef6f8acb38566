//! Packets that must change nothing: no row, no acknowledgement, no tag.

use std::time::Duration;

use nym_links::test_util::{eventually, hop, keys, packet, TestPeer};
use nym_links::NodeKeys;
use nym_sphinx::PayloadSize;

use crate::support::{person, Net, TestClient};

/// A link to Bob's gateway in the name of the mix node of layer 3.
async fn from_layer_three(net: &Net) -> TestPeer {
    let gateway = &net.gateways[1];
    TestPeer::dial(&net.mix_keys[2], &gateway.keys, gateway.service.addresses().mixnet).await.unwrap()
}

fn replay_log(net: &Net) -> u64 {
    std::fs::metadata(net.folder.path().join("bob/replay-0.log")).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_packets_leave_no_trace() {
    let net = Net::start().await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    drop(TestClient::open(&net.gateways[1], &bob).await);
    let last_hop = [hop(&net.gateways[1].keys, Duration::ZERO)];
    let message = net.message_on(&last_hop, &alice.public_key(), &bob.public_key(), 1);
    let before = replay_log(&net);
    let mut peer = from_layer_three(&net).await;

    let mut flipped = Vec::new();
    for position in [33, 100, 347, 348, 400, 1_500, 2_395] {
        let mut bytes = message.clone();
        bytes[position] ^= 0x10;
        flipped.push(bytes);
    }
    peer.send(&flipped).await;

    net.bob_dropped("bad_mac", 3).await;
    net.bob_dropped("bad_payload", 4).await;
    let stats = net.bobs_stats();
    assert_eq!((stats.stored, stats.acks_sent, stats.inbox_rows, stats.mix.arrived), (0, 0, 0, 0));
    assert_eq!(replay_log(&net), before);
    assert!(at_alice.hears_nothing().await);

    // The copies have not killed the packet that they were made from; a second copy of it is a replay.
    peer.send(&[&message, &message]).await;
    net.bob_dropped("replay", 1).await;
    at_alice.delivery().await;
    eventually("one row", || net.bobs_stats().inbox_rows == 1).await;
    eventually("it is counted", || net.bobs_stats().acks_sent == 1).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_recipients_leave_no_row_and_get_no_acknowledgement() {
    let net = Net::start().await;
    let (alice, stranger) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;

    at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &stranger.public_key(), 1)).await;

    net.bob_dropped("unknown_recipient", 1).await;
    assert_eq!((net.bobs_stats().stored, net.bobs_stats().acks_sent), (0, 0));
    assert!(at_alice.hears_nothing().await);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_for_clients_that_are_offline_are_dropped() {
    let net = Net::start().await;
    let bob = person();
    drop(TestClient::open(&net.gateways[1], &bob).await);
    eventually("Bob has left", || net.bobs_stats().sessions == 0).await;
    let mut plaintext = bob.public_key().to_bytes().to_vec();
    plaintext.extend_from_slice(&[9; 16]);
    let ack = packet(&[hop(&net.gateways[1].keys, Duration::ZERO)], PayloadSize::Ack, &plaintext);

    from_layer_three(&net).await.send(&[ack]).await;

    net.bob_dropped("ack_offline", 1).await;
    assert_eq!(net.bobs_stats().inbox_rows, 0);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_acknowledgement_could_go_nowhere_is_refused() {
    let net = Net::start().await;
    let bob = person();
    drop(TestClient::open(&net.gateways[1], &bob).await);
    let last_hop = [hop(&net.gateways[1].keys, Duration::ZERO)];
    for (first_hop, reason) in [(&net.mix_keys[1], "not_neighbour"), (&keys(), "unknown_next_hop")] {
        let mut plaintext = bob.public_key().to_bytes().to_vec();
        plaintext.extend_from_slice(&first_hop.identity.public_key().to_bytes());
        plaintext.resize(2_031, 3);

        from_layer_three(&net).await.send(&[packet(&last_hop, PayloadSize::Regular, &plaintext)]).await;

        net.bob_dropped(reason, 1).await;
    }
    assert_eq!(net.bobs_stats().stored, 0);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_forwards_to_layer_one_and_nowhere_else() {
    let net = Net::start().await;
    let gateway = hop(&net.gateways[1].keys, Duration::ZERO);
    let to = |keys: &NodeKeys| packet(&[gateway, hop(keys, Duration::ZERO)], PayloadSize::Regular, &[0; 2_031]);
    let mut peer = from_layer_three(&net).await;

    peer.send(&[to(&net.mix_keys[1]), to(&net.gateways[0].keys)]).await;
    net.bob_dropped("not_neighbour", 2).await;
    peer.send(&[to(&keys())]).await;
    net.bob_dropped("unknown_next_hop", 1).await;
    peer.send(&[to(&net.mix_keys[0])]).await;
    eventually("forwarded", || net.bobs_stats().mix.forwarded == 1).await;
    net.stop().await;
}
