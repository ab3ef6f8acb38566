//! The gas of typical transactions on two chains, side by side, for the benchmarks' document.

use crate::transcript::Recording;

/// What is shown: scenario and step of the Rust client.
const ROWS: &[(&str, &str)] = &[
    ("upload", "plain"),
    ("upload", "compressed"),
    ("instantiate", "the main contract"),
    ("instantiate2", "a salt"),
    ("execute", "put"),
    ("execute", "with money"),
    ("execute", "two messages"),
    ("refused executions", "the contract refuses"),
    ("gas", "1,000,000 rounds of work"),
    ("gas", "100 values of 10 bytes"),
    ("gas", "scan 100 values"),
    ("gas", "10 calls deep"),
    ("gas", "an Ed25519 signature"),
    ("gas", "a pairing"),
    ("sub-messages", "a child"),
    ("migrate", "to the second version"),
    ("bank", "to an account"),
];

/// A Markdown table with a row for each transaction that both chains have.
pub fn table(left: &Recording, right: &Recording) -> String {
    let mut table = format!("| Transaction | {} | {} | apart |\n|---|---:|---:|---:|\n", left.chain, right.chain);
    for (scenario, step) in ROWS {
        if let (Some(one), Some(other)) = (gas(left, scenario, step), gas(right, scenario, step)) {
            let gap = one.abs_diff(other) * 1000 / one.max(1);
            let (one, other) = (grouped(one), grouped(other));
            table += &format!("| {scenario}: {step} | {one} | {other} | {}.{} % |\n", gap / 10, gap % 10);
        }
    }
    table
}

fn gas(recording: &Recording, scenario: &str, step: &str) -> Option<u64> {
    let transcript = recording.transcripts.iter().find(|found| found.client == "rust")?;
    let scenario = transcript.scenarios.iter().find(|found| found.name == scenario)?;
    let step = scenario.steps.iter().find(|found| found.name == step)?;
    step.result["outcome"]["gas_used"].as_u64()
}

/// A number with a comma before every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Scenario, Step, Transcript};
    use serde_json::json;

    fn recording(chain: &str, gas: u64) -> Recording {
        let step = Step { name: "put".into(), result: json!({"outcome": {"gas_used": gas}}) };
        let scenarios = vec![Scenario { name: "execute".into(), steps: vec![step] }];
        let transcripts = vec![Transcript { client: "rust".into(), scenarios }];
        Recording { chain: chain.into(), transcripts }
    }

    #[test]
    fn a_row_holds_both_figures_and_the_gap() {
        let table = table(&recording("one", 1000), &recording("other", 985));

        assert_eq!(table.lines().last(), Some("| execute: put | 1,000 | 985 | 1.5 % |"));
    }

    #[test]
    fn numbers_have_a_comma_before_every_three_digits() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (70_741, "70,741"), (4_641_687, "4,641,687")] {
            assert_eq!(grouped(number), text);
        }
    }
}
