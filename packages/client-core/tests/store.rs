//! The store: what was written is found again, damage is reported, the file is private.

use nym_client_core::store::{Destination, FragmentRow, InboxRow, OutgoingRow, Store, StoreError, StoreOp};
use nym_client_core::{ClientKeys, MessageId, SenderTag};
use nym_keys::ClientAddress;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt as _;

const WHO: &str = "client";

fn id(number: u8) -> MessageId {
    MessageId::from_bytes([number; 16])
}

fn address(seed: u64) -> ClientAddress {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(seed);
    let gateway = nym_keys::identity::SecretKey::generate(&mut rng).public_key();
    ClientKeys::generate(&mut rng).address(gateway)
}

fn outgoing(number: u8, destination: Destination) -> OutgoingRow {
    OutgoingRow {
        id: id(number),
        accepted: 1_000,
        destination,
        kind: 1,
        body: vec![number; 3_000].into(),
        delivered: vec![0b101],
        visible: true,
    }
}

fn received(number: u8) -> InboxRow {
    let (tag, peer) = (Some(SenderTag::from_bytes([number; 16])), Some(address(2)));
    InboxRow { seq: 0, id: id(number), received: 5, body: vec![number; 10], tag, peer }
}

#[test]
fn what_was_written_is_found_by_the_next_run() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("client.sqlite");
    let first = outgoing(1, Destination::Address(address(1)));
    let second = outgoing(2, Destination::Reply(SenderTag::from_bytes([9; 16])));
    let fragment = FragmentRow { id: id(3), index: 1, count: 4, kind: 0x81, data: vec![1, 2, 3] };
    let mut store = Store::open(&path, WHO).unwrap();
    store
        .apply(&[
            StoreOp::PutOutgoing(first.clone()),
            StoreOp::PutOutgoing(second.clone()),
            StoreOp::Progress(id(1), vec![0b111]),
            StoreOp::PutFragment(fragment.clone()),
            StoreOp::PutReceived(received(4)),
            StoreOp::Remember(id(4), 77),
        ])
        .unwrap();
    drop(store);

    let snapshot = Store::open(&path, WHO).unwrap().load().unwrap();

    assert_eq!(snapshot.outgoing, [OutgoingRow { delivered: vec![0b111], ..first }, second]);
    assert_eq!(snapshot.fragments, [fragment]);
    assert_eq!(snapshot.received, [(id(4), 10)]);
    assert_eq!(snapshot.completed, [(id(4), 77)]);
}

#[test]
fn a_transaction_is_there_whole_or_not_at_all() {
    let mut store = Store::in_memory(WHO).unwrap();
    store.apply(&[StoreOp::PutOutgoing(outgoing(1, Destination::Address(address(1))))]).unwrap();

    let twice = StoreOp::PutOutgoing(outgoing(1, Destination::Address(address(1))));
    store.apply(&[StoreOp::PutReceived(received(2)), twice]).unwrap_err();

    assert!(store.load().unwrap().received.is_empty());
}

#[test]
fn received_messages_are_read_in_order_and_once() {
    let mut store = Store::in_memory(WHO).unwrap();
    store.apply(&[StoreOp::PutReceived(received(1)), StoreOp::PutReceived(received(2))]).unwrap();
    store.apply(&[StoreOp::PutReceived(received(1))]).unwrap();

    let first = store.next_received(0).unwrap().unwrap();
    let second = store.next_received(first.seq).unwrap().unwrap();
    assert_eq!((first.id, second.id), (id(1), id(2)));
    assert_eq!(store.next_received(second.seq).unwrap(), None);

    // A number is never given twice, so that a reader's place stays right.
    store.apply(&[StoreOp::RemoveReceived(id(2)), StoreOp::PutReceived(received(3))]).unwrap();
    assert!(store.next_received(second.seq).unwrap().is_some_and(|row| row.id == id(3)));
}

#[test]
fn nobody_else_can_read_the_file() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("client.sqlite");
    let mut store = Store::open(&path, WHO).unwrap();
    store.apply(&[StoreOp::Remember(id(1), 1)]).unwrap();

    for entry in std::fs::read_dir(home.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
}

#[test]
fn the_file_of_another_client_or_of_a_newer_release_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("client.sqlite");
    drop(Store::open(&path, WHO).unwrap());

    assert!(matches!(Store::open(&path, "somebody"), Err(StoreError::OtherClient { .. })));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(&path, WHO), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn damaged_rows_are_left_out_and_the_others_served() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("client.sqlite");
    let mut store = Store::open(&path, WHO).unwrap();
    let whole = outgoing(2, Destination::Address(address(1)));
    let damaged = outgoing(1, Destination::Address(address(1)));
    store.apply(&[StoreOp::PutOutgoing(damaged), StoreOp::PutOutgoing(whole.clone())]).unwrap();
    store.apply(&[StoreOp::PutReceived(received(3)), StoreOp::PutReceived(received(4))]).unwrap();
    let edit = Connection::open(&path).unwrap();
    edit.execute("UPDATE outgoing SET destination = x'07' WHERE seq = 1", []).unwrap();
    edit.execute("UPDATE inbox SET tag = x'00' WHERE seq = 1", []).unwrap();

    assert_eq!(store.load().unwrap().outgoing, [whole]);
    assert!(store.next_received(0).unwrap().is_some_and(|row| row.id == id(4)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in a file's fields, opening and reading it does not panic.
    #[test]
    fn any_field_is_read_or_refused(
        blob in prop::collection::vec(any::<u8>(), 0..120),
        number in any::<i64>(),
        text in ".{0,20}",
    ) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("client.sqlite");
        let store = Store::open(&path, WHO).unwrap();
        let edit = Connection::open(&path).unwrap();
        let run = |sql: &str| { let _ = edit.execute(sql, rusqlite::params![blob, number, text]); };
        run("INSERT INTO outgoing (id, accepted, destination, kind, body, delivered, visible) VALUES (?1, ?2, ?1, ?2, ?1, ?3, ?2)");
        run("INSERT INTO fragments (id, position, count, kind, data) VALUES (?1, ?2, ?2, ?2, ?3)");
        run("INSERT INTO inbox (id, received, body, tag, peer) VALUES (?1, ?2, ?3, ?1, ?1)");
        run("INSERT INTO own_surbs (identifier, tag, expires, secret) VALUES (?1, ?1, ?2, ?1)");
        run("INSERT INTO peers (tag, address, granted, replies, used) VALUES (?1, ?1, ?2, ?2, ?2)");
        run("INSERT INTO peer_surbs (number, tag, expires, surb) VALUES (?2, ?1, ?2, ?3)");
        run("INSERT INTO completed (id, until) VALUES (?3, ?2)");
        let _ = store.load();
        let _ = store.next_received(0);
    }
}
