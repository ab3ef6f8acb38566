//! Transactions per second of the chain, by message kind: sent as fast as one client can, all in blocks.
//!
//! `cargo run --release -p nym-devchain --example throughput [COUNT]`
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the tests use more of it
#[path = "../tests/support.rs"]
mod support;

use cosmrs::proto::cosmwasm::wasm::v1::MsgExecuteContract;
use cosmrs::proto::Any;
use serde_json::json;
use std::time::{Duration, Instant};
use support::{any, send, Net, Wallet, PROBE};
use tendermint_rpc::Client as _;

/// Accounts that send in turn, each from a connection of its own.
const SENDERS: u8 = 4;

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().nth(1).map_or(1_000, |n| n.parse().unwrap());
    for block_time in ["on-demand", "1s"] {
        let net = Net::with(|config| config.block_time = block_time.parse().unwrap()).await;
        let owner = Wallet::new(0);
        let code = net.client.upload(&owner, PROBE).await;
        let contract = net.client.instantiate(&owner, code).await;
        let put = |wallet: &Wallet, i: usize| {
            any(&MsgExecuteContract {
                sender: wallet.address.clone(),
                contract: contract.clone(),
                msg: json!({ "put": { "key": format!("{i}"), "value": "1" } }).to_string().into_bytes(),
                funds: Vec::new(),
            })
        };
        let pay = |wallet: &Wallet, _: usize| send(wallet, &owner, 1);
        for (name, make) in [
            ("bank send", &pay as &dyn Fn(&Wallet, usize) -> Any),
            ("contract execute", &put as &dyn Fn(&Wallet, usize) -> Any),
        ] {
            let rate = measure(&net, count, make).await;
            println!("blocks {block_time}: {name}: {rate:.0} transactions per second ({count} sent)");
        }
        net.chain.shutdown().await;
    }
}

/// Signs all, then sends all and waits until the last is in a block.
async fn measure(net: &Net, count: usize, make: &dyn Fn(&Wallet, usize) -> Any) -> f64 {
    let mut batches = Vec::new();
    for number in 0..SENDERS {
        let wallet = Wallet::new(number);
        let mut account = net.client.account(&wallet).await;
        let mut batch = Vec::new();
        for i in 0..count / usize::from(SENDERS) {
            batch.push(wallet.sign(&account, vec![make(&wallet, i)], 300_000));
            account.sequence += 1;
        }
        batches.push(batch);
    }
    let start = Instant::now();
    let senders: Vec<_> = batches
        .into_iter()
        .map(|batch| {
            let client = net.client.clone();
            tokio::spawn(async move {
                let mut last = None;
                for tx in batch {
                    let sent = client.rpc.broadcast_tx_sync(tx).await.unwrap();
                    assert!(sent.code.is_ok(), "{}", sent.log);
                    last = Some(sent.hash);
                }
                last.unwrap()
            })
        })
        .collect();
    for sender in senders {
        let last = sender.await.unwrap();
        loop {
            match net.client.rpc.tx(last, false).await {
                Ok(found) => break assert!(found.tx_result.code.is_ok(), "{}", found.tx_result.log),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
    count as f64 / start.elapsed().as_secs_f64()
}
