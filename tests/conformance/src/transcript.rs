//! What a client saw: scenarios in order, each a list of steps with a JSON value.
//!
//! Clients write down what they got. [`Transcript::normalise`] then replaces what two chains can
//! not have in common (hashes, signatures, source lines in logs), in one place for both clients.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// The step that a scenario ends with when it cannot go on.
pub const STOPPED: &str = "the scenario stopped";

/// What one client saw of one chain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Which client wrote it: `rust` or `cosmjs`.
    pub client: String,
    /// The scenarios in the order they ran.
    pub scenarios: Vec<Scenario>,
}

/// One scenario's steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name, unique per client.
    pub name: String,
    /// Its steps in order.
    pub steps: Vec<Step>,
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, unique in its scenario.
    pub name: String,
    /// What came back.
    pub result: Value,
}

/// All clients' transcripts of one chain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Which chain it was.
    pub chain: String,
    /// One transcript a client.
    pub transcripts: Vec<Transcript>,
}

impl Recording {
    /// Reads a recording.
    pub fn read(path: &Path) -> Result<Self> {
        read_json(path)
    }

    /// Writes a recording, one step a line so that changes can be read in a diff.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut text = format!("{{\"chain\":{},\"transcripts\":[", json!(self.chain));
        for (index, transcript) in self.transcripts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            text += &format!("{comma}\n{{\"client\":{},\"scenarios\":[", json!(transcript.client));
            for (index, scenario) in transcript.scenarios.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                text += &format!("{comma}\n {{\"name\":{},\"steps\":[", json!(scenario.name));
                let steps = scenario.steps.iter().map(serde_json::to_string);
                text += "\n  ";
                text += &steps.collect::<Result<Vec<_>, _>>()?.join(",\n  ");
                text += "\n ]}";
            }
            text += "\n]}";
        }
        text += "\n]}\n";
        fs::write(path, text).with_context(|| format!("writing {}", path.display()))
    }
}

impl Transcript {
    /// Reads a transcript.
    pub fn read(path: &Path) -> Result<Self> {
        read_json(path)
    }

    /// Writes a transcript.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }

    /// Replaces what differs between any two runs.
    pub fn normalise(&mut self) {
        let rules = Rules::new();
        for step in self.scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps) {
            rules.value(&mut step.result);
        }
    }
}

/// The textual rules, compiled once per transcript.
struct Rules {
    texts: Vec<(Regex, &'static str)>,
}

impl Rules {
    fn new() -> Self {
        let rule = |pattern: &str, by| (Regex::new(pattern).expect("the patterns are constants, tried by a test"), by);
        Self {
            texts: vec![
                // Go's errors end with the place where they arose, up to a whole stack.
                rule(r"(?s)\n(stack:\n|github\.com/).*$", ""),
                rule(r"\s*\[[^\]\s]*\.go:\d+\]", ""),
                rule(r"(gas_?[uU]sed: '?)\d+", "${1}<gas>"),
                rule(r"(gas_?[wW]anted: '?)\d+", "${1}<gas>"),
                rule(r"(with gas used: ')\d+", "${1}<gas>"),
                // Validators and modules have accounts of their own.
                rule(r"(account number \()\d+", "${1}<number>"),
                rule(r"\b[0-9A-F]{64}\b", "<HASH>"),
                rule(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
                rule(r"(?i)(height:? )\d+", "${1}<height>"),
            ],
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for (pattern, by) in &self.texts {
                    if pattern.is_match(text) {
                        *text = pattern.replace_all(text, *by).into_owned();
                    }
                }
            }
            Value::Array(items) => {
                // An event's attribute is a pair; signatures cover the account number, which
                // the chain hands out.
                if let [Value::String(key), signature @ Value::String(_)] = items.as_mut_slice() {
                    if key == "signature" {
                        *signature = "<signature>".into();
                    }
                }
                items.iter_mut().for_each(|item| self.value(item));
            }
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no transcript", path.display()))
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn normalised(value: Value) -> Value {
        let mut value = value;
        Rules::new().value(&mut value);
        value
    }

    #[test]
    fn what_no_two_chains_share_is_replaced() {
        let hash = "AB".repeat(32);
        for (raw, expected) in [
            (json!(["signature", "c2ln"]), json!(["signature", "<signature>"])),
            (json!(hash), json!("<HASH>")),
            (json!("out of gas; gasWanted: 1, gasUsed: 1000"), json!("out of gas; gasWanted: <gas>, gasUsed: <gas>")),
            (json!("not found [cosmossdk.io/x@v1/keeper.go:12]: key"), json!("not found: key")),
            (json!("recovered: x\nstack:\ngoroutine 3 [running]:"), json!("recovered: x")),
            (json!("bad\ngithub.com/a/b.F\n\tx.go:1"), json!("bad")),
            (json!({"at": "2026-01-02T03:04:05.678Z"}), json!({"at": "<time>"})),
        ] {
            assert_eq!(normalised(raw), expected);
        }
    }

    #[test]
    fn what_chains_must_share_stays() {
        let checksum = "ab".repeat(32);
        for value in [
            json!(["code_checksum", checksum]),
            json!(["amount", "5unym"]),
            json!("account sequence mismatch, expected 4, got 0: incorrect account sequence"),
        ] {
            assert_eq!(normalised(value.clone()), value);
        }
    }
}
