//! Inboxes that are full or cannot be written.

use std::time::Duration;

use nym_daemon::ByteSize;
use nym_links::test_util::{eventually, hop, TestPeer};

use crate::support::{config, person, Net, TestClient};

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_quota_nothing_is_stored_or_acknowledged() {
    let mut config = config();
    config.inbox.max_messages_per_client = 2;
    let net = Net::start_with(config).await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    drop(TestClient::open(&net.gateways[1], &bob).await);

    for id in 1..=2 {
        at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &bob.public_key(), id)).await;
        at_alice.delivery().await;
    }
    at_alice.send(&net.first_hop(), &net.message(&alice.public_key(), &bob.public_key(), 3)).await;
    net.bob_dropped("inbox_full", 1).await;

    assert!(at_alice.hears_nothing().await, "no acknowledgement for the third");
    eventually("both are counted", || net.bobs_stats().acks_sent == 2).await;
    assert_eq!(net.bobs_stats().stored, 2);
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_gets_no_acknowledgement_and_recovers() {
    let mut config = config();
    config.inbox.max_file_size = Some(ByteSize::kib(96));
    let net = Net::start_with(config).await;
    let (alice, bob) = (person(), person());
    drop(TestClient::open(&net.gateways[1], &bob).await);
    let last_hop = [hop(&net.gateways[1].keys, Duration::ZERO)];
    let message = |id| net.message_on(&last_hop, &alice.public_key(), &bob.public_key(), id);
    let bobs = &net.gateways[1];
    let mut peer = TestPeer::dial(&net.mix_keys[2], &bobs.keys, bobs.service.addresses().mixnet).await.unwrap();

    peer.send(&(0..60).map(message).collect::<Vec<_>>()).await;
    eventually("all are decided", || {
        let stats = net.bobs_stats();
        stats.stored + stats.mix.dropped["store_failed"] == 60
    })
    .await;
    // A row is counted when it is on disk; its acknowledgement leaves after that.
    eventually("every row is acknowledged", || net.bobs_stats().acks_sent >= net.bobs_stats().stored).await;
    let stats = net.bobs_stats();
    assert!(stats.mix.dropped["store_failed"] > 0);
    assert_eq!(stats.acks_sent, stats.stored, "as many acknowledgements as rows");
    assert_eq!(stats.inbox_rows, stats.stored);

    // Reading and deleting go on, and then there is room again.
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;
    for _ in 0..stats.stored {
        let (row, ..) = at_bob.delivery().await;
        at_bob.confirm(&[row]).await;
    }
    eventually("the inbox is empty", || net.bobs_stats().inbox_rows == 0).await;
    peer.send(&[message(99)]).await;
    assert_eq!(at_bob.delivery().await.2[0], 99);
    net.stop().await;
}
