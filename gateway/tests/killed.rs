//! kill -9 at random moments: what the observer was told is stored is there.
//!
//! The process that is killed is this test binary, run again with one ignored test that stores rows and says
//! on stdout which ones it was told are on disk.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nym_daemon::ByteSize;
use nym_gateway::config::InboxConfig;
use nym_gateway::inbox::{Ack, Inbox, Observer, RowKind, Stored};
use rand::Rng as _;

const FOLDER: &str = "NYM_TEST_INBOX_FOLDER";
const CLIENT: [u8; 32] = [1; 32];
const KILLS: usize = 20;

struct Silent;

impl Observer for Silent {
    fn stored(&mut self, _rows: Vec<Stored>) {}
    fn failed(&mut self, _rows: u64) {}
}

/// Prints the number of each row that is on disk.
struct Say;

impl Observer for Say {
    fn stored(&mut self, rows: Vec<Stored>) {
        let mut stdout = std::io::stdout().lock();
        for number in rows.into_iter().filter_map(|row| row.ack) {
            let number = u64::from_be_bytes(number.packet.try_into().unwrap());
            writeln!(stdout, "stored {number}").unwrap();
        }
        stdout.flush().unwrap();
    }

    fn failed(&mut self, _rows: u64) {}
}

fn config() -> InboxConfig {
    InboxConfig { max_messages_per_client: u64::MAX, max_size_per_client: ByteSize::gib(1), ..InboxConfig::default() }
}

#[tokio::test]
#[ignore = "the process that is killed; run by the test below"]
async fn the_process_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = Path::new(&folder).join("inbox.sqlite");
    let (inbox, _writer) = Inbox::open(&path, config().limits(), Say).unwrap();
    inbox.register(CLIENT).await.unwrap();
    let first = inbox.kept().0 << 32;
    for number in first.. {
        let ack = Ack { first_hop: [0; 32], packet: number.to_be_bytes().to_vec() };
        let mut row = number.to_be_bytes().to_vec();
        row.resize(1_554, 7);
        while inbox.store(CLIENT, RowKind::Message, row.clone(), Some(ack.clone())).is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if number % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn no_row_that_was_reported_as_stored_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut reported = Vec::new();
    for _ in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["killed::the_process_that_is_killed", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers = |line: String| line.rsplit_once("stored ").and_then(|(_, number)| number.parse::<u64>().ok());
        // Killed in the middle of its work, not before it began.
        let first = lines.by_ref().map_while(Result::ok).find_map(numbers).unwrap();
        reported.push(first);
        let moment = Duration::from_micros(rand::thread_rng().gen_range(0..40_000));
        tokio::time::sleep(moment).await;
        child.kill().unwrap();
        child.wait().unwrap();
        reported.extend(lines.map_while(Result::ok).filter_map(numbers));
    }

    let path = folder.path().join("inbox.sqlite");
    let (inbox, writer) = Inbox::open(&path, config().limits(), Silent).unwrap();
    let mut kept = std::collections::HashSet::new();
    let mut after = 0;
    loop {
        let rows = inbox.read(&CLIENT, after, 1_000).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = last.id;
        kept.extend(rows.iter().map(|row| u64::from_be_bytes(row.bytes[..8].try_into().unwrap())));
    }
    writer.finish();

    assert!(reported.len() >= KILLS, "{} rows", reported.len());
    let lost: Vec<_> = reported.iter().filter(|number| !kept.contains(number)).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), reported.len());
}
