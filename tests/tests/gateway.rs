//! Inboxes of real gateways: clients that are away, gateways that are killed.

use nym_client_core::{Client, ClientConfig, Deps, Event, MessageId, RateClass, SendOptions};
use nym_keys::identity;
use nym_topology::NetworkFile;
use rand::Rng as _;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio::sync::broadcast;

/// What never comes fails the test after this long, on a machine as slow as it may be.
const PATIENCE: Duration = Duration::from_secs(180);
/// Kills in the short form; the long form: `NYM_TEST_KILLS=50 scripts/test -p nym-tests gateway`.
const SHORT_FORM: usize = 4;

async fn start(file: &NetworkFile, home: &Path, gateway: identity::PublicKey) -> Client {
    let deps = Deps::from_home(home, file, Some(gateway)).unwrap();
    let config = ClientConfig { rate: RateClass::Packets200, ..ClientConfig::default() };
    let client = Client::start(config, deps).await.unwrap();
    tokio::time::timeout(PATIENCE, client.connected()).await.unwrap().unwrap();
    client
}

/// The next message that was delivered, and the failed ones before it.
async fn next_delivered(events: &mut broadcast::Receiver<Event>, failed: &mut BTreeSet<MessageId>) -> MessageId {
    let waiting = async {
        loop {
            match events.recv().await {
                Ok(Event::Delivered(id)) => return id,
                Ok(Event::Failed(id, _)) => drop(failed.insert(id)),
                Ok(_) => {}
                Err(error) => panic!("events were missed: {error}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("nothing is acknowledged")
}

/// Receives until every wanted message is there; each may come once, with its bytes.
async fn receive(client: &Client, sent: &BTreeMap<MessageId, Vec<u8>>, wanted: &BTreeSet<MessageId>) {
    let mut inbox = client.receive();
    let mut seen = BTreeSet::new();
    while !wanted.is_subset(&seen) {
        let missing = wanted.difference(&seen).count();
        let received = tokio::time::timeout(PATIENCE, inbox.recv()).await;
        let received = received.unwrap_or_else(|_| panic!("{missing} acknowledged messages are lost")).unwrap();
        client.confirm(received.id).await.unwrap();
        assert!(sent[&received.id] == received.bytes, "{} has other bytes", received.id);
        assert!(seen.insert(received.id), "{} came twice", received.id);
    }
}

fn message(number: usize) -> Vec<u8> {
    // One fragment, two, three: acknowledged in pieces.
    let mut bytes = vec![(number % 251) as u8; 40 + number % 3 * 1_600];
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_away_finds_its_messages() {
    let mut network = nym_tests::start(|_| {}).await.unwrap();
    let file = network.net().network().clone();
    let (near, far) = network.gateways().await.unwrap();
    let homes = tempfile::tempdir().unwrap();
    let alice = start(&file, &homes.path().join("alice"), near.identity).await;
    let bob = start(&file, &homes.path().join("bob"), far.identity).await;
    let to = bob.address();
    bob.shutdown().await.unwrap();
    drop(bob);

    let mut events = alice.events();
    let mut sent = BTreeMap::new();
    for number in 0..20 {
        let id = alice.send(to, message(number), SendOptions::default()).await.unwrap();
        sent.insert(id, message(number));
    }
    let (mut delivered, mut failed) = (BTreeSet::new(), BTreeSet::new());
    while delivered.len() < sent.len() {
        delivered.insert(next_delivered(&mut events, &mut failed).await);
    }
    assert!(failed.is_empty(), "{failed:?}");

    // What waits on the gateway's disk waits through its restart, too.
    let database = network.net().state().dir.join(&far.process).join("inbox.sqlite");
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let last: i64 = database.query_row("SELECT max(id) FROM inbox", [], |row| row.get(0)).unwrap();
    let waiting = || -> u16 {
        database.query_row("SELECT count(*) FROM inbox WHERE id <= ?1", [last], |row| row.get(0)).unwrap()
    };
    assert!(usize::from(waiting()) >= sent.len(), "{} rows wait", waiting());
    network.net().process(&far.process).unwrap().restart().unwrap();
    let bob = start(&file, &homes.path().join("bob"), far.identity).await;
    receive(&bob, &sent, &delivered).await;
    // Only those that waited: Bob's own loops come in all the time.
    nym_tests::eventually("confirmed rows are deleted", || async { waiting() == 0 }).await;
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_loses_no_message_that_it_acknowledged() {
    let kills = std::env::var("NYM_TEST_KILLS").map_or(SHORT_FORM, |kills| kills.parse().unwrap());
    let mut network = nym_tests::start(|options| options.epoch_seconds = 600).await.unwrap();
    let file = network.net().network().clone();
    let (near, far) = network.gateways().await.unwrap();
    let homes = tempfile::tempdir().unwrap();
    let alice = start(&file, &homes.path().join("alice"), near.identity).await;
    let bob = start(&file, &homes.path().join("bob"), far.identity).await;
    let to = bob.address();
    // In the first half of the kills Bob is away: what was acknowledged is on the gateway's disk and nowhere
    // else. In the second half he takes and confirms while his gateway is killed.
    bob.shutdown().await.unwrap();
    drop(bob);

    let mut events = alice.events();
    let (mut sent, mut delivered, mut failed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut present = None;
    for kill in 0..kills {
        if kill == kills / 2 {
            present = Some(start(&file, &homes.path().join("bob"), far.identity).await);
        }
        // Dozens of messages are always on their way. The gateway works again when one is acknowledged that was
        // accepted after its start.
        let mut fresh = BTreeSet::new();
        while fresh.len() < 10 || sent.len() < delivered.len() + failed.len() + 40 {
            let number = sent.len();
            let id = alice.send(to, message(number), SendOptions::default()).await.unwrap();
            sent.insert(id, message(number));
            fresh.insert(id);
        }
        while delivered.is_disjoint(&fresh) {
            delivered.insert(next_delivered(&mut events, &mut failed).await);
        }
        let moment = Duration::from_micros(rand::thread_rng().gen_range(0..400_000));
        tokio::time::sleep(moment).await;
        let gateway = network.net().process(&far.process).unwrap();
        gateway.kill().unwrap();
        gateway.restart().unwrap();
    }
    while delivered.len() + failed.len() < sent.len() {
        delivered.insert(next_delivered(&mut events, &mut failed).await);
    }

    println!("{kills} kills, {} messages acknowledged, {} given up", delivered.len(), failed.len());
    let bob = match present {
        Some(bob) => bob,
        None => start(&file, &homes.path().join("bob"), far.identity).await,
    };
    receive(&bob, &sent, &delivered).await;
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
}
