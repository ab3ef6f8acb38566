//! Compares two recordings: everything equal, gas within a tolerance, named exceptions aside.
//!
//! Exceptions live in `differences.toml`, each with its reason. One that no longer occurs is an
//! error too, so that the list stays true.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::transcript::{Recording, Step, Transcript, STOPPED};

/// How far the gas of the same transaction may be apart, in percent of the first chain's.
pub const GAS_TOLERANCE_PERCENT: u64 = 15;

/// One place where the chains differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `client/scenario/step/field/…`.
    pub path: String,
    /// What the first chain said.
    pub expected: String,
    /// What the second chain said.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    expected: {}\n    actual:   {}", self.path, self.expected, self.actual)
    }
}

/// The differences that are known and accepted.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Each with its reason.
    #[serde(default)]
    pub difference: Vec<AcceptedDifference>,
}

/// One accepted kind of difference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedDifference {
    /// Paths that begin with one of these, after the client's name, may differ.
    pub paths: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Accepted {
    /// The list that is kept beside the manifest.
    pub fn load() -> Result<Self> {
        toml::from_str(include_str!("../differences.toml")).context("differences.toml")
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Report {
    /// Names of the chain that is right and of the one in question.
    pub chains: (String, String),
    /// Values that were compared.
    pub compared: usize,
    /// Differences that nobody accepted.
    pub differences: Vec<Difference>,
    /// How many were accepted.
    pub accepted: usize,
    /// Accepted paths that no longer differ.
    pub stale: Vec<String>,
    /// Steps of the chain in question that the other's recording does not have.
    pub unrecorded: usize,
    /// The widest gas gap, in tenths of a percent, and where.
    pub widest_gas: (u64, String),
}

impl Report {
    /// Whether the chains agree.
    pub fn agrees(&self) -> bool {
        self.differences.is_empty() && self.stale.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, actual) = &self.chains;
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        for path in &self.stale {
            writeln!(f, "{path}\n    listed in differences.toml, but no longer different")?;
        }
        if self.unrecorded > 0 {
            let steps = self.unrecorded;
            writeln!(
                f,
                "steps that {expected} was not recorded with: {steps}; record anew: scripts/conformance --record"
            )?;
        }
        write!(
            f,
            "{actual} beside {expected}: {} values compared, {} different, {} accepted; gas at most {}.{} % apart",
            self.compared,
            self.differences.len(),
            self.accepted,
            self.widest_gas.0 / 10,
            self.widest_gas.0 % 10,
        )?;
        match self.widest_gas.1.as_str() {
            "" => Ok(()),
            place => write!(f, " ({place})"),
        }
    }
}

/// Compares what was seen on `actual` with what was seen on `expected`.
pub fn compare(expected: &Recording, actual: &Recording, accepted: &Accepted) -> Report {
    let mut walk = Walk::default();
    for transcript in &expected.transcripts {
        match actual.transcripts.iter().find(|other| other.client == transcript.client) {
            Some(other) => walk.transcript(transcript, other),
            None => walk.differ(&transcript.client, "a transcript", "none"),
        }
    }
    walk.report(accepted, (expected.chain.clone(), actual.chain.clone()))
}

#[derive(Default)]
struct Walk {
    compared: usize,
    differences: Vec<Difference>,
    unrecorded: usize,
    widest_gas: (u64, String),
}

impl Walk {
    fn transcript(&mut self, expected: &Transcript, actual: &Transcript) {
        let client = &expected.client;
        for scenario in &expected.scenarios {
            let path = format!("{client}/{}", scenario.name);
            match actual.scenarios.iter().find(|other| other.name == scenario.name) {
                Some(other) => self.steps(&path, &scenario.steps, &other.steps),
                None => self.differ(&path, "the scenario", "none"),
            }
        }
        for scenario in &actual.scenarios {
            if !expected.scenarios.iter().any(|other| other.name == scenario.name) {
                self.unrecorded += scenario.steps.len();
                self.differ(&format!("{client}/{}", scenario.name), "no scenario", "one");
            }
        }
    }

    fn steps(&mut self, path: &str, expected: &[Step], actual: &[Step]) {
        for step in expected {
            let path = format!("{path}/{}", step.name);
            match actual.iter().find(|other| other.name == step.name) {
                Some(other) => self.value(&path, &step.result, &other.result),
                None => self.differ(&path, "the step", "none"),
            }
        }
        for step in actual {
            if !expected.iter().any(|other| other.name == step.name) {
                self.unrecorded += usize::from(step.name != STOPPED);
                self.differ(&format!("{path}/{}", step.name), "no step", &step.result.to_string());
            }
        }
    }

    fn value(&mut self, path: &str, expected: &Value, actual: &Value) {
        match (expected, actual) {
            (Value::Object(left), Value::Object(right)) => {
                for key in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                    let path = format!("{path}/{key}");
                    match (left.get(key), right.get(key)) {
                        (Some(left), Some(right)) if key == "gas_used" => {
                            self.gas(&path, left, right);
                        }
                        (Some(left), Some(right)) => self.value(&path, left, right),
                        (left, right) => self.differ(&path, &show(left), &show(right)),
                    }
                }
            }
            (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
                for (index, (left, right)) in left.iter().zip(right).enumerate() {
                    self.value(&format!("{path}/{index}"), left, right);
                }
            }
            (left, right) => {
                self.compared += 1;
                if left != right {
                    self.differ(path, &left.to_string(), &right.to_string());
                }
            }
        }
    }

    fn gas(&mut self, path: &str, expected: &Value, actual: &Value) {
        self.compared += 1;
        let (Some(left), Some(right)) = (expected.as_u64(), actual.as_u64()) else {
            if expected != actual {
                self.differ(path, &expected.to_string(), &actual.to_string());
            }
            return;
        };
        let gap = left.abs_diff(right).saturating_mul(1000) / left.max(1);
        if gap > self.widest_gas.0 {
            self.widest_gas = (gap, path.to_string());
        }
        if gap > GAS_TOLERANCE_PERCENT * 10 {
            self.differ(path, &left.to_string(), &right.to_string());
        }
    }

    fn differ(&mut self, path: &str, expected: &str, actual: &str) {
        self.differences.push(Difference {
            path: path.to_string(),
            expected: expected.to_string(),
            actual: actual.to_string(),
        });
    }

    fn report(self, accepted: &Accepted, chains: (String, String)) -> Report {
        let allowed: Vec<&String> = accepted.difference.iter().flat_map(|difference| &difference.paths).collect();
        let mut seen = BTreeSet::new();
        let (known, differences): (Vec<_>, Vec<_>) = self.differences.into_iter().partition(|difference| {
            let path = difference.path.split_once('/').map_or("", |(_, rest)| rest);
            let found = allowed.iter().find(|prefix| covers(prefix, path));
            if let Some(prefix) = found {
                seen.insert(prefix.as_str());
            }
            found.is_some()
        });
        let stale = allowed.iter().filter(|path| !seen.contains(path.as_str())).map(|p| p.to_string());
        Report {
            chains,
            compared: self.compared,
            accepted: known.len(),
            unrecorded: self.unrecorded,
            stale: stale.collect(),
            differences,
            widest_gas: self.widest_gas,
        }
    }
}

/// Whether `prefix` is `path` or a folder above it. A `*` stands for one whole part.
fn covers(prefix: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    prefix.split('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "(missing)".to_string(), Value::to_string)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::transcript::Scenario;
    use serde_json::json;

    fn recording(result: Value) -> Recording {
        let steps = vec![Step { name: "step".into(), result }];
        let scenarios = vec![Scenario { name: "scenario".into(), steps }];
        Recording { chain: "a chain".into(), transcripts: vec![Transcript { client: "rust".into(), scenarios }] }
    }

    fn paths(expected: Value, actual: Value) -> Vec<String> {
        let report = compare(&recording(expected), &recording(actual), &Accepted::default());
        report.differences.into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn equal_recordings_agree() {
        let value = json!({"code": 5, "events": [["a", "b"]], "gas_used": 100});

        assert!(paths(value.clone(), value).is_empty());
    }

    #[test]
    fn gas_may_be_fifteen_percent_apart_and_no_more() {
        for (gas, differs) in [(850, false), (849, true), (1150, false), (1151, true)] {
            let found = paths(json!({"gas_used": 1000}), json!({"gas_used": gas}));
            assert_eq!(!found.is_empty(), differs, "gas {gas}");
        }
    }

    #[test]
    fn each_kind_of_difference_is_named_by_its_path() {
        for (expected, actual, path) in [
            (json!({"code": 5}), json!({"code": 4}), "rust/scenario/step/code"),
            (json!({"code": 5}), json!({}), "rust/scenario/step/code"),
            (json!({}), json!({"log": ""}), "rust/scenario/step/log"),
            (json!([1, 2]), json!([1]), "rust/scenario/step"),
            (json!([[1], [2]]), json!([[1], [3]]), "rust/scenario/step/1/0"),
        ] {
            assert_eq!(paths(expected, actual), [path]);
        }
    }

    #[test]
    fn an_accepted_difference_is_counted_and_a_stale_one_reported() {
        let accepted: Accepted =
            toml::from_str("[[difference]]\npaths = ['scenario/*/log', 'scenario/gone']\nreason = 'words'").unwrap();

        let report = compare(&recording(json!({"log": "one"})), &recording(json!({"log": "two"})), &accepted);

        assert_eq!((report.accepted, report.differences.len()), (1, 0));
        assert_eq!(report.stale, ["scenario/gone"]);
        assert!(!report.agrees());
    }

    #[test]
    fn a_step_that_was_not_recorded_fails_and_the_report_says_how_to_record_it() {
        let (old, mut new) = (recording(json!("seen")), recording(json!("seen")));
        let step = |name: &str| Step { name: name.into(), result: json!("new") };
        new.transcripts[0].scenarios[0].steps.push(step("another step"));
        new.transcripts[0].scenarios.push(Scenario { name: "new".into(), steps: vec![step("one"), step("two")] });

        let report = compare(&old, &new, &Accepted::default());

        assert!(!report.agrees());
        assert_eq!(report.unrecorded, 3);
        let text = report.to_string();
        assert!(text.contains("rust/scenario/another step\n    expected: no step"), "{text}");
        assert!(text.contains("not recorded with: 3; record anew: scripts/conformance --record"), "{text}");
    }

    #[test]
    fn a_scenario_that_stopped_is_no_step_to_record() {
        let (old, mut new) = (recording(json!("seen")), recording(json!("seen")));
        new.transcripts[0].scenarios[0].steps.push(Step { name: STOPPED.into(), result: json!("an error") });

        let report = compare(&old, &new, &Accepted::default());

        assert_eq!((report.differences.len(), report.unrecorded), (1, 0));
    }
}
