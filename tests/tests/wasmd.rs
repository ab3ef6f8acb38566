//! The same network on the real chain: each of four validators is killed in its turn, and everything above goes on.
//!
//! Building wasmd takes minutes, so this runs with the slow suites (`scripts/test-long`).

use nym_client_core::{Client, ClientConfig, Deps, SendOptions};
use nym_localnet::{ping, Chain};
use nym_topology::NetworkFile;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const VALIDATORS: u16 = 4;
/// Epochs that have to end while a validator is down.
const EPOCHS: u32 = 1;
/// What monitors and operators send.
const STEPS: [&str; 3] = ["submit_performance", "begin_epoch_transition", "advance_epoch"];
/// From one message to the next, all the time.
const GAP: Duration = Duration::from_millis(250);
/// Messages go on arriving after a kill; the machine may be slow.
const SILENCE: Duration = Duration::from_secs(20);

async fn rpc(endpoint: &str, path: &str) -> Option<Value> {
    let answer: Value = reqwest::get(format!("{endpoint}{path}")).await.ok()?.json().await.ok()?;
    answer.get("result").cloned()
}

async fn height(endpoint: &str) -> Option<u64> {
    rpc(endpoint, "/status").await?["sync_info"]["latest_block_height"].as_str()?.parse().ok()
}

/// A transaction on the chain, whatever came of it.
#[derive(Debug)]
struct OnChain {
    height: u64,
    /// As the block has it; equal bytes are an equal hash.
    bytes: String,
    /// Who signed it, with which sequence: the chain's own account of it, also of a transaction that failed.
    signed: String,
    code: u64,
    /// Steps of an epoch that it asked for: the messages themselves.
    asked: Vec<String>,
    /// Steps of an epoch that the contract took, and that changed something.
    taken: usize,
}

impl OnChain {
    fn sender(&self) -> &str {
        self.signed.split('/').next().unwrap_or_default()
    }
}

async fn transactions(endpoint: &str) -> Vec<OnChain> {
    let mut found = Vec::new();
    for height in 1..=height(endpoint).await.unwrap() {
        let block = rpc(endpoint, &format!("/block?height={height}")).await.unwrap();
        let results = rpc(endpoint, &format!("/block_results?height={height}")).await.unwrap();
        let bytes = block["block"]["data"]["txs"].as_array().into_iter().flatten();
        let results = results["txs_results"].as_array().into_iter().flatten();
        for (bytes, result) in bytes.zip(results) {
            let bytes = bytes.as_str().unwrap().to_owned();
            let attributes = result["events"].as_array().into_iter().flatten().flat_map(|event| {
                let attributes = event["attributes"].as_array().into_iter().flatten();
                attributes.map(|attribute| (event["type"].as_str(), &attribute["key"], &attribute["value"]))
            });
            let signed = attributes.clone().find(|(kind, key, _)| *kind == Some("tx") && *key == "acc_seq");
            let said_by_contract = attributes.filter(|(kind, ..)| kind.is_some_and(|kind| kind.starts_with("wasm")));
            let actions = said_by_contract.clone().filter(|(_, key, value)| {
                *key == "action" && value.as_str().is_some_and(|action| STEPS.contains(&action))
            });
            // A step that somebody else had taken before.
            let idle = said_by_contract.filter(|(_, key, _)| *key == "nothing_to_do");
            found.push(OnChain {
                height,
                signed: signed.and_then(|(_, _, value)| value.as_str()).unwrap_or_default().to_owned(),
                code: result["code"].as_u64().unwrap(),
                asked: asked(&decoded(&bytes)),
                taken: actions.count() - idle.count(),
                bytes,
            });
        }
    }
    found
}

/// Base64 without a crate.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

/// Messages of an epoch's steps in a transaction: JSON objects in its bytes.
fn asked(transaction: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    for step in STEPS {
        let beginning = format!("{{\"{step}\":");
        let places = transaction.windows(beginning.len()).enumerate();
        for (at, _) in places.filter(|(_, window)| *window == beginning.as_bytes()) {
            let message = serde_json::Deserializer::from_slice(&transaction[at..]).into_iter::<Value>().next();
            messages.push(message.unwrap().unwrap().to_string());
        }
    }
    messages
}

#[test]
fn steps_are_read_out_of_a_transactions_bytes() {
    // "..{"advance_epoch":{"epoch":3}}.", as a block has it.
    let bytes = decoded("Ci97ImFkdmFuY2VfZXBvY2giOnsiZXBvY2giOjN9fQo=");

    assert_eq!(asked(&bytes), [r#"{"advance_epoch":{"epoch":3}}"#]);
}

/// What has arrived, and when the last did.
#[derive(Default)]
struct Arrivals {
    numbers: BTreeMap<u32, u32>,
    last: Option<Instant>,
    longest_silence: Duration,
}

async fn client(file: &NetworkFile, gateway: usize) -> Client {
    let document = nym_validator_api_client::fetch_topology(file).await.unwrap();
    let deps = Deps::ephemeral(file, Some(document.gateways[gateway].identity)).unwrap();
    let client = Client::start(ClientConfig::default(), deps).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), client.connected()).await.unwrap().unwrap();
    client
}

/// Sends a message every moment until told to stop, and receives until each has arrived.
async fn talk(file: NetworkFile, stop: &AtomicBool) -> (u32, Arrivals) {
    let (alice, bob) = (client(&file, 0).await, client(&file, 1).await);
    let sending = async {
        let mut number = 0u32;
        while !stop.load(Ordering::Relaxed) {
            alice.send(bob.address(), number.to_be_bytes().to_vec(), SendOptions::default()).await.unwrap();
            number += 1;
            tokio::time::sleep(GAP).await;
        }
        number
    };
    let receiving = async {
        let (mut inbox, mut arrivals) = (bob.receive(), Arrivals::default());
        // For as long as messages come, and after the last was sent for as long as one may still be on its way.
        loop {
            match tokio::time::timeout(SILENCE, inbox.recv()).await {
                Ok(received) => {
                    let received = received.unwrap();
                    bob.confirm(received.id).await.unwrap();
                    let number = u32::from_be_bytes(received.bytes.as_slice().try_into().unwrap());
                    *arrivals.numbers.entry(number).or_default() += 1;
                    let silence = arrivals.last.map_or(Duration::ZERO, |last| last.elapsed());
                    arrivals.longest_silence = arrivals.longest_silence.max(silence);
                    arrivals.last = Some(Instant::now());
                }
                Err(_) if stop.load(Ordering::Relaxed) => return arrivals,
                Err(_) => panic!("no message has arrived for {SILENCE:?}"),
            }
        }
    };
    let (sent, arrivals) = tokio::join!(sending, receiving);
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
    (sent, arrivals)
}

fn wasmd_net(scripts: &Path, home: &Path, verb: &str, index: u16) {
    let mut command = Command::new(scripts.join("wasmd-net"));
    let done = command.args([verb, "--index", &index.to_string(), "--home"]).arg(home).output().unwrap();
    assert!(done.status.success(), "{verb} {index}: {}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn wasmd_loses_any_validator_while_messages_flow_and_epochs_end() {
    let scripts = nym_tests::in_checkout("scripts").unwrap();
    let mut network = nym_tests::start(|options| {
        options.chain = Chain::Wasmd { validators: VALIDATORS };
        options.scripts.clone_from(&scripts);
        options.epoch_seconds = 40;
    })
    .await
    .unwrap();
    let file = network.net().network().clone();
    ping(&file, &|line| println!("{line}")).await.unwrap();
    let (_, home) = network.net().state().wasmd.clone().unwrap();
    let epoch = || async { nym_validator_api_client::fetch_topology(&file).await.ok().map(|document| document.epoch) };

    let stop = AtomicBool::new(false);
    let kills = async {
        for index in 0..VALIDATORS {
            let before = epoch().await.unwrap();
            wasmd_net(&scripts, &home, "kill", index);
            let killed = Instant::now();
            nym_tests::eventually(&format!("epochs end without validator {index}"), || async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                epoch().await.is_some_and(|epoch| epoch >= before + EPOCHS)
            })
            .await;
            println!("validator {index} killed; epoch {} began {:.0?} later", before + EPOCHS, killed.elapsed());
            // The next may only be killed when this one is back: three of four make blocks.
            wasmd_net(&scripts, &home, "start", index);
            let endpoints = &file.rpc.endpoints;
            let other = &endpoints[usize::from((index + 1) % VALIDATORS)];
            nym_tests::eventually(&format!("validator {index} catches up"), || async {
                tokio::time::sleep(Duration::from_millis(500)).await;
                match (height(&endpoints[usize::from(index)]).await, height(other).await) {
                    (Some(own), Some(other)) => own + 1 >= other,
                    _ => false,
                }
            })
            .await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    let ((), (sent, arrivals)) = tokio::join!(kills, talk(file.clone(), &stop));

    println!("{sent} messages all the while, the longest silence {:?}", arrivals.longest_silence);
    let twice: Vec<_> = arrivals.numbers.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "came twice: {twice:?}");
    let missing: Vec<_> = (0..sent).filter(|number| !arrivals.numbers.contains_key(number)).collect();
    assert!(missing.is_empty(), "lost: {missing:?} of {sent}");
    ping(&file, &|line| println!("{line}")).await.unwrap();

    let all = transactions(&file.rpc.endpoints[1]).await;
    let steps: Vec<_> = all.iter().filter(|transaction| !transaction.asked.is_empty()).collect();
    let count = |what: &dyn Fn(&&&OnChain) -> bool| steps.iter().filter(what).count();
    let useful = count(&|step| step.code == 0 && step.taken > 0);
    let idle = count(&|step| step.code == 0 && step.taken == 0);
    let failed = count(&|step| step.code != 0);
    println!(
        "{} transactions, of epochs {useful} that did something, {idle} that did nothing, {failed} that failed",
        all.len()
    );
    for step in steps.iter().filter(|step| step.code != 0 || step.taken == 0) {
        println!("  height {} code {} by {}: {:?}", step.height, step.code, step.signed, step.asked);
    }
    // Two of three reports, and a transaction that begins and ends, for each epoch.
    assert!(useful >= usize::from(VALIDATORS) * EPOCHS as usize * 3, "reports and transitions are on the chain");
    // Operators take turns: what one does in vain, because another was as fast, is the exception.
    assert!(idle + failed <= useful / 2, "{idle} for nothing and {failed} failed beside {useful}");

    // Nothing twice: not the same bytes, not another transaction with the same sequence, not the same step by the same sender.
    let (mut bytes, mut sequences, mut asked) = (HashSet::new(), HashSet::new(), HashSet::new());
    for transaction in &all {
        assert!(bytes.insert(&transaction.bytes), "the same bytes twice: {transaction:?}");
        // One whose signature was not accepted has none; such a transaction is not ours.
        assert!(!transaction.signed.is_empty(), "nobody has signed {transaction:?}");
        assert!(sequences.insert(&transaction.signed), "a sequence twice: {transaction:?}");
        for message in &transaction.asked {
            assert!(asked.insert((transaction.sender(), message)), "a step twice: {transaction:?}");
        }
    }
}
