//! The same network on the real chain: each of four validators is killed in its turn, and everything above goes on.
//!
//! Building wasmd takes minutes, so this runs with the slow suites (`scripts/test-long`).

use crate::transactions::{assert_nothing_twice, count_steps, height, transactions};
use nym_client_core::{Client, ClientConfig, Deps, SendOptions};
use nym_localnet::{ping, Chain};
use nym_topology::NetworkFile;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const VALIDATORS: u16 = 4;
/// Epochs that have to end while a validator is down.
const EPOCHS: u32 = 1;
/// From one message to the next, all the time.
const GAP: Duration = Duration::from_millis(250);
/// Messages go on arriving after a kill; the machine may be slow.
const SILENCE: Duration = Duration::from_secs(20);

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
    let network_file = network.net().state().network_file();
    nym_tests::eventually("a set is drawn again from what the chain says", || async {
        // A validator names a block before it has its state.
        nym_tests::is_draw_verified(&network_file).inspect_err(|error| println!("{error:#}")).unwrap_or(false)
    })
    .await;

    let all = transactions(&file.rpc.endpoints[1]).await;
    let (useful, idle, failed) = count_steps(&all);
    // Two of three reports, and a transaction that begins and ends, for each epoch.
    assert!(useful >= usize::from(VALIDATORS) * EPOCHS as usize * 3, "reports and transitions are on the chain");
    // Operators take turns: what one does in vain, because another was as fast, is the exception.
    assert!(idle + failed <= useful / 2, "{idle} for nothing and {failed} failed beside {useful}");

    assert_nothing_twice(&all);
}
