//! Clients that do as they should.

use std::time::Duration;

use nym_links::test_util::{eventually, hop, packet};
use nym_sphinx::{Hop, PayloadSize, PublicKey, StaticSecret};
use nym_wire::session::{DeliveryKind, ErrorCode};
use nym_wire::sizes::{PACKET, SEALED};

use crate::support::{person, Net, Said, TestClient};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_crosses_the_network_and_its_acknowledgement_returns() {
    let net = Net::start().await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;

    let message = net.message(&alice.public_key(), &bob.public_key(), 5);
    at_alice.send(&net.first_hop(), &message).await;

    let (row, kind, content) = at_bob.delivery().await;
    assert_eq!((kind, content), (DeliveryKind::Message, vec![5; SEALED]));
    assert_eq!(at_alice.delivery().await, (0, DeliveryKind::Ack, vec![5; 16]));
    assert_eq!(net.bobs_stats().inbox_rows, 1, "kept until it is confirmed");
    at_bob.confirm(&[row]).await;
    eventually("the confirmed row is deleted", || net.bobs_stats().inbox_rows == 0).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_offline_finds_its_messages_until_it_confirms_them() {
    let net = Net::start().await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    // Becomes a client, and leaves.
    drop(TestClient::open(&net.gateways[1], &bob).await);

    for id in 1..=3 {
        at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &bob.public_key(), id)).await;
        assert_eq!(at_alice.delivery().await, (0, DeliveryKind::Ack, vec![id; 16]), "stored is acknowledged");
    }

    let net = net.restart_bobs_gateway(|_| {}).await;
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;
    let mut rows = Vec::new();
    for id in 1..=3 {
        let (row, _, content) = at_bob.delivery().await;
        assert_eq!(content, vec![id; SEALED]);
        rows.push(row);
    }
    at_bob.confirm(&rows[..1]).await;
    eventually("one is deleted", || net.bobs_stats().inbox_rows == 2).await;
    drop(at_bob);

    let mut again = TestClient::open(&net.gateways[1], &bob).await;
    assert_eq!((again.delivery().await.0, again.delivery().await.0), (rows[1], rows[2]));
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_session_wins_and_the_old_one_is_told() {
    let net = Net::start().await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    let mut old = TestClient::open(&net.gateways[1], &bob).await;

    let mut new = TestClient::open(&net.gateways[1], &bob).await;

    assert_eq!(old.next().await, Said::Error(ErrorCode::Replaced));
    assert_eq!(old.next().await, Said::Closed);
    at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &bob.public_key(), 1)).await;
    assert_eq!(new.delivery().await.1, DeliveryKind::Message);
    assert_eq!(net.bobs_stats().sessions, 1);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_on_a_reply_route_is_kept_whole_and_only_without_a_delay() {
    let net = Net::start().await;
    let bob = person();
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;
    let mut entry = TestClient::open(&net.gateways[0], &person()).await;
    let secret = StaticSecret::from([7; 32]);
    let client = |delay| Hop::new(bob.public_key().to_bytes(), &PublicKey::from(&secret), delay).unwrap();
    let route = |client: Hop, at_gateway| {
        let mut route = net.route(1);
        route[3] = hop(&net.gateways[1].keys, at_gateway);
        route.push(client);
        packet(&route, PayloadSize::Regular, b"for nobody but the creator")
    };

    entry.send(&net.first_hop(), &route(client(Duration::ZERO), Duration::ZERO)).await;
    let (_, kind, content) = at_bob.delivery().await;
    assert_eq!((kind, content.len()), (DeliveryKind::Reply, PACKET));

    entry.send(&net.first_hop(), &route(client(Duration::ZERO), Duration::from_millis(1))).await;
    net.bob_dropped("delay_too_long", 1).await;
    assert!(at_bob.hears_nothing().await);
    eventually("the stored row is counted", || net.bobs_stats().stored > 0).await;
    assert_eq!(net.bobs_stats().stored, 1);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_delivered_has_one_size() {
    let net = Net::start().await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;

    at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &bob.public_key(), 1)).await;
    at_alice.delivery().await;
    at_bob.delivery().await;

    assert_eq!(at_alice.lengths, at_bob.lengths, "an acknowledgement looks like a message");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_rows_go_out_before_the_first_is_confirmed() {
    let mut config = crate::support::config();
    config.clients.unconfirmed_rows = 2;
    let net = Net::start_with(config).await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;
    for id in 1..=5 {
        at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &bob.public_key(), id)).await;
        at_alice.delivery().await;
    }

    let (first, second) = (at_bob.delivery().await.0, at_bob.delivery().await.0);
    assert!(at_bob.hears_nothing().await, "the window is full");
    at_bob.confirm(&[first, second]).await;
    let (third, _) = (at_bob.delivery().await.0, at_bob.delivery().await);
    at_bob.confirm(&[third]).await;
    at_bob.delivery().await;
    net.stop().await;
}
