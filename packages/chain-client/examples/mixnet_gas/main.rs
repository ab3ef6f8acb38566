//! What the mixnet contract costs on a real chain, beside what the field's contracts cost there: 1,000 bonded nodes of which 240
//! are paid, turns of the epoch without and with stake changes, seeds that an issuing group has signed, and each user message. Fails when a
//! goal is missed that is not known to be, and when a set is not the one that its seed draws.
//!
//! `scripts/benchmark-contract` starts the chain and runs this. By hand: RPC address, contract file, mnemonic file of an account with
//! 10^15 of `unym` and `unyx`.
#![allow(clippy::unwrap_used)]

mod group;
mod measure;

use measure::{failures, measure, total, Cost, Goal, Measured, FIXED, MEMBERS};
use nym_chain_client::{ChainClient, ChainConfig};
use std::process::ExitCode;
use std::time::Duration;

const NODES: usize = 1_000;
/// Nodes that are paid in an epoch.
const PAID: u64 = 240;
/// After this an epoch of one second has ended in a block, however slow.
const EPOCH_OVER: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rpc, wasm, mnemonic] = arguments.as_slice() else {
        eprintln!("error: three arguments are needed\n  cause: an RPC address, a contract file and a mnemonic file tell where and with what\n  help:  scripts/benchmark-contract");
        return ExitCode::from(2);
    };
    let config = ChainConfig::new(vec![rpc.clone()], None, "n", "0.025unyx".parse().unwrap());
    let client = ChainClient::connect(config).await.unwrap();
    let (wasm, mnemonic) = (std::fs::read(wasm).unwrap(), std::fs::read_to_string(mnemonic).unwrap());
    let measured = measure(&client, &mnemonic, &wasm, NODES, EPOCH_OVER).await;

    println!("epoch turns, {PAID} of {NODES} nodes paid, lottery included (the field: 13.8 M without and 56.0 M with 1,000 changes, in 13, lottery off chain)");
    for (what, gas) in [
        ("no stake change", &measured.quiet),
        ("1,000 stake changes", &measured.one),
        ("10,000 stake changes", &measured.ten),
    ] {
        println!("  {what}: {} gas in {} transactions {gas:?}", total(gas), gas.len());
    }
    let mut goals = goals_of_turns(&measured);
    goals.iter().for_each(print);

    println!("\nseeds of epochs, signed by a group of {MEMBERS}: gas, less the fixed {FIXED}");
    let seeds = measured.goals_of_seeds();
    seeds.iter().for_each(print);
    goals.extend(seeds);

    println!("\nuser messages: median gas, less the fixed {FIXED}, with what a stake change adds to the epoch's turn, beside the better of the field's two");
    for cost in &measured.messages {
        let (Cost { message, gas, field }, goal) = (cost, cost.goal());
        println!("  {message:<28} {gas:>8} {field:>8}  {:.2}{}", *gas as f64 / *field as f64, verdict(&goal));
        goals.push(goal);
    }
    println!("  of it a payment, whichever contract makes it: {}", measured.payment);

    let failures = failures(&goals);
    if failures.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "error: goals are missed that are not known to be\n  cause: {}\n  help:  look for what grew; known misses, with their reasons, are in measure.rs beside this file",
        failures.join("; ")
    );
    ExitCode::FAILURE
}

fn goals_of_turns(measured: &Measured) -> Vec<Goal> {
    let (quiet, one, ten) = (&measured.quiet, &measured.one, &measured.ten);
    let shared = total(quiet).saturating_sub(FIXED * quiet.len() as u64);
    vec![
        Goal { what: "a reward, all of the turn that is not fixed shared", figure: shared / PAID, most: 15_000 },
        Goal { what: "turn with 1,000 changes, gas", figure: total(one), most: 8_000_000 },
        Goal { what: "turn with 1,000 changes, transactions", figure: one.len() as u64, most: 4 },
        Goal {
            what: "turn with 10,000 changes, 1.2 of one with 1,000",
            figure: total(ten),
            most: total(one) * 12 / 10,
        },
    ]
}

fn print(goal: &Goal) {
    println!("  {}: {} (goal {}){}", goal.what, goal.figure, goal.most, verdict(goal));
}

/// What is printed behind a figure.
fn verdict(goal: &Goal) -> String {
    match (goal.missed(), goal.known()) {
        (false, None) => String::new(),
        (false, Some(_)) => "  met, and recorded as missed".to_owned(),
        (true, None) => "  MISSED".to_owned(),
        (true, Some(reason)) => format!("  missed, as known: {reason}"),
    }
}
