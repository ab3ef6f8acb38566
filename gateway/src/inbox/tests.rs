#![allow(clippy::unwrap_used)]
//! Inboxes on a real database in a temporary folder.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::time::Duration;

use super::{Ack, ClientId, Inbox, InboxError, InboxLimits, NotStored, Observer, RowKind, Stored, Writer};

const ALICE: ClientId = [1; 32];
const BOB: ClientId = [2; 32];
const WAIT: Duration = Duration::from_secs(20);

enum Event {
    Stored(Vec<Stored>),
    Failed(u64),
}

struct Told(Sender<Event>);

impl Observer for Told {
    fn stored(&mut self, rows: Vec<Stored>) {
        let _ = self.0.send(Event::Stored(rows));
    }

    fn failed(&mut self, rows: u64) {
        let _ = self.0.send(Event::Failed(rows));
    }
}

fn limits() -> InboxLimits {
    InboxLimits {
        max_clients: 3,
        max_rows_per_client: 100,
        max_bytes_per_client: 1 << 20,
        max_bytes: 1 << 22,
        max_file_bytes: None,
        ttl: Duration::from_secs(7 * 24 * 3_600),
        commit_interval: Duration::from_millis(2),
    }
}

fn open(folder: &Path, limits: InboxLimits) -> (Inbox, Writer, Receiver<Event>) {
    let (sender, events) = channel();
    let (inbox, writer) = Inbox::open(&folder.join("inbox.sqlite"), limits, Told(sender)).unwrap();
    (inbox, writer, events)
}

/// Waits until `count` rows were reported as stored or failed; gives both numbers.
fn outcome(events: &Receiver<Event>, count: u64) -> (u64, u64) {
    let (mut stored, mut failed) = (0, 0);
    while stored + failed < count {
        match events.recv_timeout(WAIT).unwrap() {
            Event::Stored(rows) => stored += rows.len() as u64,
            Event::Failed(rows) => failed += rows,
        }
    }
    (stored, failed)
}

#[tokio::test]
async fn rows_survive_a_restart_until_the_client_confirms_them() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), limits());
    inbox.register(ALICE).await.unwrap();
    inbox.store(ALICE, RowKind::Message, b"one".to_vec(), None).unwrap();
    inbox.store(ALICE, RowKind::Reply, b"two".to_vec(), None).unwrap();
    assert_eq!(outcome(&events, 2), (2, 0));
    writer.finish();

    let (inbox, writer, _events) = open(folder.path(), limits());
    let rows = inbox.read(&ALICE, 0, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.bytes.as_slice()).collect::<Vec<_>>(), [b"one", b"two"]);
    assert_eq!((rows[0].kind, rows[1].kind), (RowKind::Message, RowKind::Reply));
    assert_eq!(inbox.kept(), (2, 6));

    assert!(inbox.confirm(&ALICE, vec![rows[0].id]));
    writer.finish();

    let (inbox, writer, _events) = open(folder.path(), limits());
    assert_eq!(inbox.read(&ALICE, 0, 10).await.unwrap(), rows[1..]);
    assert_eq!(inbox.kept(), (1, 3));
    writer.finish();
}

#[tokio::test]
async fn what_was_reported_as_stored_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, _writer, events) = open(folder.path(), limits());
    inbox.register(ALICE).await.unwrap();
    for number in 0..50u8 {
        inbox.store(ALICE, RowKind::Message, vec![number; 100], None).unwrap();
    }
    assert_eq!(outcome(&events, 50), (50, 0));

    // The files as a killed process leaves them: nothing is closed, the log is not merged.
    let copy = tempfile::tempdir().unwrap();
    for file in ["inbox.sqlite", "inbox.sqlite-wal"] {
        std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let (recovered, writer, _events) = open(copy.path(), limits());

    assert_eq!(recovered.read(&ALICE, 0, 100).await.unwrap().len(), 50);
    writer.finish();
}

#[tokio::test]
async fn an_acknowledgement_is_released_only_with_its_stored_row() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), limits());
    inbox.register(ALICE).await.unwrap();
    let ack = Ack { first_hop: [5; 32], packet: vec![9; 413] };

    inbox.store(ALICE, RowKind::Message, vec![1; 10], Some(ack.clone())).unwrap();

    let Event::Stored(rows) = events.recv_timeout(WAIT).unwrap() else { panic!("not stored") };
    assert_eq!(rows[0].ack.as_ref(), Some(&ack));
    assert_eq!(inbox.read(&ALICE, 0, 10).await.unwrap().len(), 1, "on disk before anybody was told");
    writer.finish();
}

#[tokio::test]
async fn unknown_recipients_are_refused_before_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, _events) = open(folder.path(), limits());

    for number in 0..1_000u32 {
        let mut stranger = [7; 32];
        stranger[..4].copy_from_slice(&number.to_be_bytes());
        assert_eq!(inbox.store(stranger, RowKind::Message, vec![0; 1_554], None), Err(NotStored::UnknownClient));
    }

    assert_eq!(inbox.kept(), (0, 0));
    writer.finish();
}

#[tokio::test]
async fn the_quota_of_one_client_is_not_the_other_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), InboxLimits { max_rows_per_client: 3, ..limits() });
    inbox.register(ALICE).await.unwrap();
    inbox.register(BOB).await.unwrap();

    for _ in 0..3 {
        inbox.store(ALICE, RowKind::Message, vec![1; 10], None).unwrap();
    }
    assert_eq!(inbox.store(ALICE, RowKind::Message, vec![1; 10], None), Err(NotStored::Full));
    inbox.store(BOB, RowKind::Message, vec![1; 10], None).unwrap();
    assert_eq!(outcome(&events, 4), (4, 0));

    let rows = inbox.read(&ALICE, 0, 10).await.unwrap();
    assert!(inbox.confirm(&ALICE, rows.iter().map(|row| row.id).collect()));
    // The confirmation is done when a later command is.
    inbox.store(BOB, RowKind::Message, vec![1; 10], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));
    assert_eq!(inbox.store(ALICE, RowKind::Message, vec![1; 10], None), Ok(()));
    writer.finish();
}

#[tokio::test]
async fn bytes_are_limited_per_client_and_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let bounded = InboxLimits { max_bytes_per_client: 1_000, max_bytes: 1_500, ..limits() };
    let (inbox, writer, _events) = open(folder.path(), bounded);
    inbox.register(ALICE).await.unwrap();
    inbox.register(BOB).await.unwrap();

    assert_eq!(inbox.store(ALICE, RowKind::Message, vec![1; 1_000], None), Ok(()));
    assert_eq!(inbox.store(ALICE, RowKind::Message, vec![1; 1], None), Err(NotStored::Full));
    assert_eq!(inbox.store(BOB, RowKind::Message, vec![1; 500], None), Ok(()));
    assert_eq!(inbox.store(BOB, RowKind::Message, vec![1; 1], None), Err(NotStored::Full));
    writer.finish();
}

#[tokio::test]
async fn a_full_disk_stores_nothing_says_so_and_recovers_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), InboxLimits { max_file_bytes: Some(128 * 1_024), ..limits() });
    inbox.register(ALICE).await.unwrap();

    for _ in 0..100 {
        inbox.store(ALICE, RowKind::Message, vec![1; 4_000], None).unwrap();
    }
    let (stored, failed) = outcome(&events, 100);

    assert!(stored > 0 && failed > 0, "{stored} stored, {failed} failed");
    let rows = inbox.read(&ALICE, 0, 100).await.unwrap();
    assert_eq!(rows.len() as u64, stored, "as many as were reported, no more and no fewer");
    assert_eq!(inbox.kept().0, stored, "room of refused rows was given back");

    assert!(inbox.confirm(&ALICE, rows.iter().map(|row| row.id).collect()));
    inbox.store(ALICE, RowKind::Message, vec![2; 4_000], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));
    writer.finish();
}

#[tokio::test]
async fn old_rows_are_deleted_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), limits());
    inbox.register(ALICE).await.unwrap();
    inbox.store(ALICE, RowKind::Message, vec![1; 10], None).unwrap();
    inbox.store(ALICE, RowKind::Message, vec![2; 10], None).unwrap();
    assert_eq!(outcome(&events, 2), (2, 0));
    writer.finish();
    let database = rusqlite::Connection::open(folder.path().join("inbox.sqlite")).unwrap();
    database.execute("UPDATE inbox SET hour = hour - 200 WHERE id = 1", []).unwrap();
    drop(database);

    let (inbox, writer, events) = open(folder.path(), limits());
    // The sweep comes before the first command.
    inbox.store(ALICE, RowKind::Message, vec![3; 10], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));

    let rows = inbox.read(&ALICE, 0, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.bytes[0]).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(inbox.kept(), (2, 20));
    writer.finish();
}

#[tokio::test]
async fn a_client_cannot_confirm_another_ones_rows_and_ids_are_never_used_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), limits());
    inbox.register(ALICE).await.unwrap();
    inbox.register(BOB).await.unwrap();
    inbox.store(ALICE, RowKind::Message, vec![1; 10], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));
    let first = inbox.read(&ALICE, 0, 10).await.unwrap()[0].id;

    assert!(inbox.confirm(&BOB, vec![first, u64::MAX, 0]));
    inbox.store(BOB, RowKind::Message, vec![1; 10], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));
    assert_eq!(inbox.read(&ALICE, 0, 10).await.unwrap().len(), 1);

    assert!(inbox.confirm(&ALICE, vec![first]));
    inbox.store(ALICE, RowKind::Message, vec![2; 10], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));
    assert!(inbox.read(&ALICE, 0, 10).await.unwrap()[0].id > first);
    writer.finish();
}

#[tokio::test]
async fn the_number_of_clients_is_bounded_and_registering_twice_is_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, _events) = open(folder.path(), limits());

    for client in [ALICE, BOB, ALICE, [3; 32]] {
        inbox.register(client).await.unwrap();
    }

    assert!(matches!(inbox.register([4; 32]).await, Err(InboxError::TooManyClients(3))));
    inbox.register(BOB).await.unwrap();
    assert_eq!(inbox.clients(), 3);
    writer.finish();
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    let (sender, _events) = channel();

    assert!(matches!(Inbox::open(&path, limits(), Told(sender)), Err(InboxError::Version { found: 9, .. })));
}

#[tokio::test]
async fn damaged_rows_stand_before_nobody_and_keep_no_gateway_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, writer, events) = open(folder.path(), limits());
    inbox.register(ALICE).await.unwrap();
    inbox.register(BOB).await.unwrap();
    for byte in 1..=3 {
        inbox.store(ALICE, RowKind::Message, vec![byte; 10], None).unwrap();
    }
    assert_eq!(outcome(&events, 3), (3, 0));
    writer.finish();
    let database = rusqlite::Connection::open(folder.path().join("inbox.sqlite")).unwrap();
    database
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON; UPDATE inbox SET kind = 7 WHERE id = 1;
             UPDATE inbox SET kind = -1, hour = hour - 200 WHERE id = 2;
             UPDATE clients SET identity = x'0102' WHERE id = 2;
             INSERT INTO inbox (client, kind, hour, bytes) VALUES (2, 1, 0, x'05');",
        )
        .unwrap();
    drop(database);

    let (inbox, writer, events) = open(folder.path(), limits());
    for _ in 0..2 {
        let rows = inbox.read(&ALICE, 0, 1).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.bytes[0]).collect::<Vec<_>>(), [3], "a page of one is not empty");
    }
    // The second row may be deleted before it is read.
    let mut reports = inbox.damaged.0.lock().unwrap().clone();
    reports.remove(&("inbox".to_owned(), 2));
    let once = [("clients", 2), ("inbox", 1)].map(|(table, id)| ((table.to_owned(), id), 1));
    assert_eq!(reports, HashMap::from(once), "each is reported once");
    assert!(!inbox.is_client(&BOB), "whoever was damaged has to come anew");
    inbox.register(BOB).await.unwrap();
    inbox.store(BOB, RowKind::Reply, vec![4; 10], None).unwrap();
    assert_eq!(outcome(&events, 1), (1, 0));

    // The second row of Alice was too old, and the one of nobody.
    assert_eq!(inbox.kept(), (3, 30));
    writer.finish();
}
