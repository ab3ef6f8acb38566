//! What the inbox takes on this machine: rows of connected clients, each stored, read and confirmed, as fast as it goes.
//!
//! ```sh
//! cargo run --release -p nym-gateway --example inbox_load
//! ```
#![allow(clippy::unwrap_used)]

use nym_gateway::config::InboxConfig;
use nym_gateway::inbox::{Ack, Inbox, NotStored, Observer, RowKind, Stored};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const CLIENTS: usize = 200;
const ROWS: usize = 100_000;
/// Sealed rest of a payload, and an acknowledgement beside it.
const SIZES: (usize, usize) = (1_554, 413);

struct Tell(mpsc::Sender<(Instant, Vec<Stored>)>);

impl Observer for Tell {
    fn stored(&mut self, rows: Vec<Stored>) {
        let _ = self.0.send((Instant::now(), rows));
    }

    fn failed(&mut self, rows: u64) {
        panic!("{rows} rows were not stored");
    }
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, commits) = mpsc::channel();
    let limits = InboxConfig::default().limits();
    let (inbox, writer) = Inbox::open(&folder.path().join("inbox.sqlite"), limits, Tell(sender)).unwrap();
    let clients: Vec<[u8; 32]> = (0..CLIENTS).map(|number| [number as u8; 32]).collect();
    for client in &clients {
        inbox.register(*client).await.unwrap();
    }

    // Rows are offered as fast as they are taken; each carries when it was offered.
    let began = Instant::now();
    let offering = {
        let (inbox, clients) = (inbox.clone(), clients.clone());
        std::thread::spawn(move || {
            for number in 0..ROWS {
                let client = clients[number % CLIENTS];
                let offered = (began.elapsed().as_nanos() as u64).to_be_bytes().to_vec();
                let mut packet = offered;
                packet.resize(SIZES.1, 0);
                loop {
                    let ack = Ack { first_hop: [0; 32], packet: packet.clone() };
                    match inbox.store(client, RowKind::Message, vec![7; SIZES.0], Some(ack)) {
                        Ok(()) => break,
                        Err(NotStored::Busy) => std::thread::sleep(Duration::from_micros(200)),
                        Err(refused) => panic!("{refused:?}"),
                    }
                }
            }
        })
    };
    let (mut stored, mut groups, mut waits) = (0, 0u32, Vec::new());
    let mut after = vec![0; CLIENTS];
    while stored < ROWS {
        let (at, rows) = commits.recv().unwrap();
        stored += rows.len();
        groups += 1;
        let mut touched: Vec<usize> = Vec::new();
        for row in rows {
            touched.push(usize::from(row.client[0]));
            let ack = row.ack.unwrap().packet;
            let offered = Duration::from_nanos(u64::from_be_bytes(ack[..8].try_into().unwrap()));
            waits.push(at.duration_since(began) - offered);
        }
        touched.sort_unstable();
        touched.dedup();
        for client in touched {
            let rows = inbox.read(&clients[client], after[client], 512).await.unwrap();
            let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
            after[client] = ids.last().copied().unwrap_or(after[client]);
            while !inbox.confirm(&clients[client], ids.clone()) {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        }
    }
    let elapsed = began.elapsed();
    offering.join().unwrap();
    writer.finish();
    waits.sort();
    let at = |percent: usize| waits[(waits.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "{:.0} rows per second stored, read and confirmed; {:.0} rows a commit; stored after {:.1} ms (median), {:.1} ms (99 %)",
        ROWS as f64 / elapsed.as_secs_f64(),
        ROWS as f64 / f64::from(groups),
        at(50),
        at(99)
    );
}
