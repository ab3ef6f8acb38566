//! devchain beside the recording of wasmd, and claims about the recording itself.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use nym_conformance::clients::Clients;
use nym_conformance::compare::{compare, Accepted};
use nym_conformance::devchain;
use nym_conformance::gas;
use nym_conformance::transcript::{Recording, STOPPED};
use serde_json::{json, Value};

/// The suite's folder.
fn suite() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

fn recording() -> Recording {
    Recording::read(&suite().join("recorded/wasmd-v0.61.14.json")).unwrap()
}

/// The result of a step of the Rust client.
fn result<'a>(recording: &'a Recording, scenario: &str, step: &str) -> &'a Value {
    let scenarios = &recording.transcripts[0].scenarios;
    let scenario = scenarios.iter().find(|found| found.name == scenario).unwrap();
    &scenario.steps.iter().find(|found| found.name == step).unwrap().result
}

/// What `scripts/conformance` does: it takes about a minute.
#[tokio::test(flavor = "multi_thread")]
async fn devchain_answers_both_clients_as_wasmd_did_when_it_was_recorded() {
    let programs =
        std::env::var_os("NYM_PROGRAMS").expect("NYM_PROGRAMS is not set; scripts/test sets what tests need");
    let out = suite().join("../../target/conformance");
    let clients = Clients::prepare(suite().join("node"), out.clone()).await.unwrap();

    let report = devchain::check(&Path::new(&programs).join("devchain"), &clients, &recording()).await.unwrap();

    println!("{report}");
    assert!(report.agrees(), "{report}\ntranscripts and the chain's log are in {}", out.display());
}

#[test]
fn both_clients_were_recorded_and_no_scenario_stopped() {
    let recording = recording();
    let clients: Vec<&str> = recording.transcripts.iter().map(|t| t.client.as_str()).collect();
    assert_eq!(clients, ["rust", "cosmjs"]);

    for transcript in &recording.transcripts {
        for scenario in &transcript.scenarios {
            assert!(!scenario.steps.is_empty(), "{}", scenario.name);
            let stopped = scenario.steps.iter().find(|step| step.name == STOPPED);
            assert!(stopped.is_none(), "{}: {stopped:?}", scenario.name);
        }
    }
}

#[test]
fn the_recording_agrees_with_itself() {
    let recording = recording();

    let report = compare(&recording, &recording, &Accepted::default());

    assert!(report.agrees());
    assert!(report.compared > 10_000, "{} values", report.compared);
}

#[test]
fn a_recording_survives_being_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.json");
    let recording = recording();

    recording.write(&path).unwrap();

    assert_eq!(Recording::read(&path).unwrap(), recording);
}

#[test]
fn the_document_has_the_gas_that_was_recorded() {
    let document = std::fs::read_to_string(suite().join("../../docs/benchmarks.md")).unwrap();
    let recording = recording();

    let table = gas::table(&recording, &recording);

    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert!(rows.len() > 10, "{table}");
    for row in rows {
        // The transaction and wasmd's figure.
        let start = row.split('|').take(3).collect::<Vec<_>>().join("|");
        assert!(
            document.contains(&start),
            "docs/benchmarks.md lacks '{start}|': scripts/conformance --gas prints its table"
        );
    }
}

#[test]
fn wrong_transactions_have_the_codes_that_clients_know() {
    let recording = recording();
    for (scenario, step, stage, code, codespace) in [
        ("wrong signatures", "a flipped bit", "check", 4, "sdk"),
        ("wrong signatures", "a sequence too high", "check", 32, "sdk"),
        ("wrong signatures", "another chain id", "check", 4, "sdk"),
        ("wrong fees", "a fee in another denomination", "check", 13, "sdk"),
        ("wrong fees", "a fee of more than there is", "check", 5, "sdk"),
        ("wrong messages", "an unknown message type", "check", 2, "sdk"),
        ("wrong messages", "a memo of 257 characters", "check", 12, "sdk"),
        ("wrong bytes", "random bytes", "check", 2, "sdk"),
        ("refused executions", "the contract refuses", "outcome", 5, "wasm"),
        ("refused executions", "unknown contract", "outcome", 22, "wasm"),
        ("refused uploads", "too many locals", "outcome", 2, "wasm"),
        ("refused uploads", "memory.copy", "outcome", 2, "wasm"),
        ("gas", "a loop without end", "outcome", 11, "sdk"),
    ] {
        let found = &result(&recording, scenario, step)[stage];
        assert_eq!(found["code"], json!(code), "{scenario}/{step}");
        assert_eq!(found["codespace"], json!(codespace), "{scenario}/{step}");
    }
}
