//! What monitors and operators have sent, read from the blocks of a chain.

use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::Value;
use std::collections::HashSet;

/// What monitors and operators send.
const STEPS: [&str; 3] = ["submit_performance", "begin_epoch_transition", "advance_epoch"];

async fn rpc(client: &reqwest::Client, endpoint: &str, path: &str) -> Option<Value> {
    let answer: Value = client.get(format!("{endpoint}{path}")).send().await.ok()?.json().await.ok()?;
    answer.get("result").cloned()
}

pub(crate) async fn height(endpoint: &str) -> Option<u64> {
    rpc(&reqwest::Client::new(), endpoint, "/status").await?["sync_info"]["latest_block_height"].as_str()?.parse().ok()
}

/// A step that the contract took: its name, and epoch, state and number of candidates after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub action: String,
    pub epoch: u32,
    pub state: String,
    pub candidates: u32,
    /// Nodes that it paid.
    pub rewarded: u32,
}

/// A transaction on the chain, whatever came of it.
#[derive(Debug)]
pub(crate) struct OnChain {
    pub height: u64,
    /// As the block has it; equal bytes are an equal hash.
    pub bytes: String,
    /// Who signed it, with which sequence: the chain's own account of it, also of a transaction that failed.
    pub signed: String,
    pub code: u64,
    /// Steps of an epoch that it asked for: the messages themselves.
    pub asked: Vec<String>,
    /// Steps of an epoch that the contract took, and that changed something.
    pub taken: Vec<Step>,
}

impl OnChain {
    pub fn sender(&self) -> &str {
        self.signed.split('/').next().unwrap_or_default()
    }
}

pub(crate) async fn transactions(endpoint: &str) -> Vec<OnChain> {
    let client = reqwest::Client::new();
    let mut found = Vec::new();
    for height in 1..=height(endpoint).await.unwrap() {
        let block = rpc(&client, endpoint, &format!("/block?height={height}")).await.unwrap();
        let results = rpc(&client, endpoint, &format!("/block_results?height={height}")).await.unwrap();
        let bytes = block["block"]["data"]["txs"].as_array().into_iter().flatten();
        let results = results["txs_results"].as_array().into_iter().flatten();
        for (bytes, result) in bytes.zip(results) {
            let bytes = bytes.as_str().unwrap().to_owned();
            let events: Vec<Event<'_>> = result["events"].as_array().into_iter().flatten().map(Event::of).collect();
            let signed = events.iter().filter(|event| event.kind == "tx").find_map(|event| event.get("acc_seq"));
            found.push(OnChain {
                height,
                signed: signed.unwrap_or_default().to_owned(),
                code: result["code"].as_u64().unwrap(),
                asked: asked(&BASE64_STANDARD.decode(&bytes).unwrap()),
                taken: events.iter().filter_map(Event::step).collect(),
                bytes,
            });
        }
    }
    found
}

/// An event of a transaction.
struct Event<'a> {
    kind: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Event<'a> {
    fn of(event: &'a Value) -> Self {
        let attributes = event["attributes"].as_array().into_iter().flatten();
        let attributes =
            attributes.filter_map(|attribute| Some((attribute["key"].as_str()?, attribute["value"].as_str()?)));
        Self { kind: event["type"].as_str().unwrap_or_default(), attributes: attributes.collect() }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// The step that it tells of, unless somebody else had taken that before.
    fn step(&self) -> Option<Step> {
        let action = self.get("action").filter(|action| self.kind.starts_with("wasm") && STEPS.contains(action))?;
        if self.get("nothing_to_do").is_some() {
            return None;
        }
        let epoch = self.get("epoch")?.parse().ok()?;
        let number = |key| self.get(key).map_or(0, |number| number.parse::<u32>().unwrap());
        Some(Step {
            action: action.to_owned(),
            epoch,
            state: self.get("state").unwrap_or_default().to_owned(),
            candidates: number("candidates"),
            rewarded: number("rewarded_nodes"),
        })
    }
}

/// Messages of an epoch's steps in a transaction: JSON objects in its bytes.
pub(crate) fn asked(transaction: &[u8]) -> Vec<String> {
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
    let bytes = BASE64_STANDARD.decode("Ci97ImFkdmFuY2VfZXBvY2giOnsiZXBvY2giOjN9fQo=").unwrap();

    assert_eq!(asked(&bytes), [r#"{"advance_epoch":{"epoch":3}}"#]);
}

/// How many transactions with steps of an epoch did something, did nothing, and failed; the latter two are printed.
pub(crate) fn count_steps(all: &[OnChain]) -> (usize, usize, usize) {
    let steps: Vec<_> = all.iter().filter(|transaction| !transaction.asked.is_empty()).collect();
    let count = |what: &dyn Fn(&&&OnChain) -> bool| steps.iter().filter(what).count();
    let useful = count(&|step| step.code == 0 && !step.taken.is_empty());
    let idle = count(&|step| step.code == 0 && step.taken.is_empty());
    let failed = count(&|step| step.code != 0);
    println!(
        "{} transactions, of epochs {useful} that did something, {idle} that did nothing, {failed} that failed",
        all.len()
    );
    for step in steps.iter().filter(|step| step.code != 0 || step.taken.is_empty()) {
        println!("  height {} code {} by {}: {:?}", step.height, step.code, step.signed, step.asked);
    }
    (useful, idle, failed)
}

/// Not the same bytes, not another transaction with the same sequence.
pub(crate) fn assert_no_transaction_twice(all: &[OnChain]) {
    let (mut bytes, mut sequences) = (HashSet::new(), HashSet::new());
    for transaction in all {
        assert!(bytes.insert(&transaction.bytes), "the same bytes twice: {transaction:?}");
        // One whose signature was not accepted has none; such a transaction is not ours.
        assert!(!transaction.signed.is_empty(), "nobody has signed {transaction:?}");
        assert!(sequences.insert(&transaction.signed), "a sequence twice: {transaction:?}");
    }
}

/// The same where one transaction goes through all nodes: and not the same step by the same sender.
pub(crate) fn assert_nothing_twice(all: &[OnChain]) {
    assert_no_transaction_twice(all);
    let mut asked = HashSet::new();
    for transaction in all {
        for message in &transaction.asked {
            assert!(asked.insert((transaction.sender(), message)), "a step twice: {transaction:?}");
        }
    }
}
