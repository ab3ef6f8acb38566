//! `kill -9` under load: what was reported as committed is there, and nothing is half there.
//!
//! Five instants by default; `DEVCHAIN_KILLS=100` for the long form.

use crate::support::{genesis, send, Client, Wallet, CHAIN, FUNDS};
use cosmrs::proto::cosmos::bank::v1beta1::{QuerySupplyOfRequest, QuerySupplyOfResponse};
use cosmrs::tendermint::Hash;
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use rand::{Rng as _, SeedableRng as _};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tendermint_rpc::query::Query;
use tendermint_rpc::{Client as _, Order};

const SENDERS: u8 = 4;

/// A chain as a process of its own.
struct Process {
    child: Child,
    client: Client,
}

impl Process {
    fn start(home: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_devchain"));
        command.arg("run").arg("--home").arg(home);
        command.args(["--listen", "127.0.0.1:0", "--chain-id", CHAIN, "--block-time", "20ms", "--log", "warn"]);
        for account in genesis(SENDERS).accounts {
            command.arg("--account").arg(format!("{}={}", account.address, account.coins));
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Process { client: Client::new(url.trim()), child }
    }

    fn kill(mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, Signal::SIGKILL).unwrap();
        self.child.wait().unwrap();
    }
}

/// What a sender was told is in a block.
type Committed = Vec<(Hash, u64)>;

/// Sends until the chain is gone; counts what it was told.
async fn load(client: Client, from: Wallet, to: Wallet, count: Arc<AtomicUsize>) -> Committed {
    let mut told = Committed::new();
    let mut account = client.account(&from).await;
    loop {
        let tx = from.sign(&account, vec![send(&from, &to, 1)], 100_000);
        let Ok(done) = client.rpc.broadcast_tx_commit(tx).await else {
            return told;
        };
        if done.check_tx.code.is_ok() && done.tx_result.code.is_ok() {
            told.push((done.hash, done.height.value()));
            count.fetch_add(1, Ordering::Relaxed);
            account.sequence += 1;
        } else {
            // A block of the round before may have been on its way.
            account = client.account(&from).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_instants_it_loses_nothing_it_reported() {
    let kills: u32 = std::env::var("DEVCHAIN_KILLS").map_or(5, |n| n.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let sink = Wallet::new(200);
    let mut rng = rand::rngs::StdRng::seed_from_u64(9);
    let (mut told, mut in_blocks, count) = (0usize, 0u64, Arc::new(AtomicUsize::new(0)));

    for round in 0..kills {
        let process = Process::start(home.path());
        let senders: Vec<_> = (0..SENDERS)
            .map(|i| tokio::spawn(load(process.client.clone(), Wallet::new(i), Wallet::new(200), count.clone())))
            .collect();
        tokio::time::sleep(Duration::from_millis(rng.gen_range(20..600))).await;
        // On a slow machine the last round has to see to it that there was something to lose.
        let began = Instant::now();
        while round + 1 == kills && count.load(Ordering::Relaxed) == 0 {
            assert!(began.elapsed() < Duration::from_secs(120), "nothing is ever committed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process.kill();
        let mut reported = Committed::new();
        for sender in senders {
            // A sender that lost the chain before its first answer has nothing to tell.
            reported.extend(sender.await.unwrap_or_default());
        }
        told += reported.len();

        let process = Process::start(home.path());
        let client = &process.client;
        for (hash, height) in reported {
            let found = client.rpc.tx(hash, false).await.unwrap();
            assert_eq!((found.height.value(), found.tx_result.code.value()), (height, 0), "round {round}");
        }
        in_blocks = check_whole(client, &sink).await;
        process.kill();
    }
    println!(
        "{kills} kills, {told} transactions reported as committed, {in_blocks} in blocks, none lost or half there"
    );
    assert!(told > 0);
}

/// Accounts, balances, index and blocks tell the same story. Returns how many were paid.
async fn check_whole(client: &Client, sink: &Wallet) -> u64 {
    let mut sequences = 0;
    for i in 0..SENDERS {
        let wallet = Wallet::new(i);
        let sequence = client.account(&wallet).await.sequence;
        let query =
            Query::eq("transfer.sender", wallet.address.clone()).and_eq("transfer.recipient", sink.address.clone());
        let found = client.rpc.tx_search(query, false, 1, 1, Order::Descending).await.unwrap();
        assert_eq!(u64::from(found.total_count), sequence);
        let paid = u128::from(sequence);
        assert_eq!(client.balance(&wallet.address, "unym", 0).await.unwrap(), FUNDS - paid);
        assert_eq!(client.balance(&wallet.address, "unyx", 0).await.unwrap(), FUNDS - paid * 2_500);
        sequences += sequence;
    }
    assert_eq!(client.balance(&sink.address, "unym", 0).await.unwrap(), u128::from(sequences));
    for denom in ["unym", "unyx"] {
        let query = QuerySupplyOfRequest { denom: denom.to_owned() };
        let supply: QuerySupplyOfResponse =
            client.query("/cosmos.bank.v1beta1.Query/SupplyOf", &query, 0).await.unwrap();
        let expected = FUNDS * u128::from(SENDERS);
        assert_eq!(supply.amount.unwrap().amount, expected.to_string());
    }
    let last = client.rpc.latest_block().await.unwrap();
    let results = client.rpc.block_results(last.block.header.height).await.unwrap();
    assert_eq!(results.txs_results.unwrap_or_default().len(), last.block.data.len());
    sequences
}
