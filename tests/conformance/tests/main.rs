//! Claims about the recording that the normal run compares with.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use nym_conformance::compare::{compare, Accepted};
use nym_conformance::transcript::Recording;
use serde_json::{json, Value};

fn recording() -> Recording {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("recorded/wasmd-v0.61.14.json");
    Recording::read(&path).unwrap()
}

/// The result of a step of the Rust client.
fn result<'a>(recording: &'a Recording, scenario: &str, step: &str) -> &'a Value {
    let scenarios = &recording.transcripts[0].scenarios;
    let scenario = scenarios.iter().find(|found| found.name == scenario).unwrap();
    &scenario.steps.iter().find(|found| found.name == step).unwrap().result
}

#[test]
fn both_clients_were_recorded_and_no_scenario_stopped() {
    let recording = recording();
    let clients: Vec<&str> = recording.transcripts.iter().map(|t| t.client.as_str()).collect();
    assert_eq!(clients, ["rust", "cosmjs"]);

    for transcript in &recording.transcripts {
        for scenario in &transcript.scenarios {
            assert!(!scenario.steps.is_empty(), "{}", scenario.name);
            let stopped = scenario.steps.iter().find(|step| step.name == "the scenario stopped");
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
