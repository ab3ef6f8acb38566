//! The replay log in a file: restarts, torn tails, a second process, a full disk.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::Duration;

use nym_mixing::replay::{sync_later, LogError, ReplayLog, HEADER_BYTES, RECORD_BYTES};
use nym_mixing::{Action, DropReason, Mixing, Packet, PayloadSize};
use rand::seq::SliceRandom;
use rand::Rng;

use crate::network::{rng, Network, LAYER_1, NOW, PERIOD};

const CAPACITY: usize = 10_000;

fn start(network: &Network, path: &std::path::Path, new_key: [u8; 16]) -> Mixing<ReplayLog> {
    let (log, seen, _) = ReplayLog::open(path, PERIOD, new_key, CAPACITY).unwrap();
    let mut mixing = Mixing::new([PayloadSize::Ack]);
    mixing.begin_period(PERIOD, network.secrets[LAYER_1].clone(), seen, log).unwrap();
    mixing
}

#[test]
fn no_packet_passes_twice_over_restarts_without_a_sync() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.log");
    let network = Network::new(70);
    let table = network.table(LAYER_1);
    let rng = &mut rng(71);
    let packets: Vec<Packet> = (0..400).map(|_| network.packet_from(LAYER_1, Duration::ZERO, rng)).collect();
    let mut traffic: Vec<usize> = (0..400).chain((0..200).map(|_| rng.gen_range(0..400))).collect();
    traffic.shuffle(rng);

    let mut passed = vec![0; packets.len()];
    let mut mixing = start(&network, &path, rng.gen());
    for batch in traffic.chunks(16) {
        let mut work: Vec<Packet> = batch.iter().map(|i| packets[*i].clone()).collect();
        for (i, action) in batch.iter().zip(mixing.process(&mut work, NOW, &table)) {
            match action {
                Action::ForwardAfter { .. } => passed[*i] += 1,
                action => assert_eq!(*action, Action::Drop(DropReason::Replay)),
            }
        }
        if rng.gen_bool(0.3) {
            // As after kill -9: nothing is synced or closed in good order, and a record is half written.
            drop(mixing);
            if rng.gen() {
                let mut file = OpenOptions::new().append(true).open(&path).unwrap();
                file.write_all(&vec![0xcc; rng.gen_range(1..RECORD_BYTES)]).unwrap();
            }
            mixing = start(&network, &path, rng.gen());
        }
    }
    assert!(passed.iter().all(|count| *count == 1), "{passed:?}");
    assert_eq!(mixing.seen(PERIOD).unwrap().len(), packets.len());
}

#[test]
fn a_torn_tail_is_cut_and_appending_goes_on_aligned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.log");
    let records = |values: &[u64]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();

    let (mut log, table, report) = ReplayLog::open(&path, 1, [1; 16], CAPACITY).unwrap();
    assert!(table.is_empty());
    assert_eq!(report.valid_bytes as usize, HEADER_BYTES);
    log.write_all(&records(&[11, 12])).unwrap();
    log.sync().unwrap();
    sync_later(&log).unwrap()().unwrap();
    drop(log);

    for torn in 1..RECORD_BYTES {
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&vec![0xee; torn]).unwrap();
        drop(file);
        let (mut log, table, report) = ReplayLog::open(&path, 1, [2; 16], CAPACITY).unwrap();
        assert_eq!(report.torn_bytes as usize, torn);
        assert_eq!(table.len(), 1 + torn);
        log.write_all(&records(&[100 + torn as u64])).unwrap();
    }
    let (_, table, report) = ReplayLog::open(&path, 1, [3; 16], CAPACITY).unwrap();
    assert_eq!((table.len(), report.torn_bytes), (2 + RECORD_BYTES - 1, 0));
    assert_eq!(fs::metadata(&path).unwrap().len() as usize, HEADER_BYTES + 9 * RECORD_BYTES);
}

#[test]
fn two_processes_cannot_share_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.log");
    let first = ReplayLog::open(&path, 1, [1; 16], CAPACITY).unwrap();
    assert!(matches!(ReplayLog::open(&path, 1, [1; 16], CAPACITY), Err(LogError::InUse { .. })));
    drop(first);
    assert!(ReplayLog::open(&path, 1, [1; 16], CAPACITY).is_ok());
}

#[test]
fn a_log_of_another_period_or_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.log");
    drop(ReplayLog::open(&path, 1, [1; 16], CAPACITY).unwrap());
    let error = ReplayLog::open(&path, 2, [1; 16], CAPACITY).unwrap_err();
    assert!(matches!(error, LogError::WrongPeriod { expected: 2, found: 1 }));

    fs::write(&path, b"").unwrap();
    assert!(matches!(ReplayLog::open(&path, 1, [1; 16], CAPACITY), Err(LogError::BadHeader)));
    let nowhere = folder.path().join("missing").join("replay.log");
    assert!(matches!(ReplayLog::open(&nowhere, 1, [1; 16], CAPACITY), Err(LogError::Io { .. })));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.log");
    drop(ReplayLog::open(&path, 1, [1; 16], CAPACITY).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}
