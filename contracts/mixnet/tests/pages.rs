//! `docs/contracts/`: a page for each message, whose example and refusals are sent to the artifact in the machine of the chain.
//!
//! What a page says of arguments comes from the schema, results and signatures come from running it: `DOCS=overwrite` writes them anew.
//! Written by hand are who sends what with which funds, what is changed to be refused, and all other text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cosmwasm_std::{coin, coins, Addr, BankMsg, Binary, Coin, CosmosMsg, Env, Response};
use nym_contract_runtime::json;
use nym_contract_types::mixnet::{
    ExecuteMsg, GatewayBonding, MixnodeBonding, NodeKeys, OperatingCostRange, ProfitMarginRange,
};
use nym_contract_types::signing::{MessageType, Payload};
use nym_contract_types::Percent;
use serde_json::Value;

use crate::access;
use crate::artifact::Machine;
use crate::suite::{Group, Identity, Suite, DENOM, NYM, PLEDGE};

/// The accounts of the examples; `docs/contracts.md` says who they are.
const ACCOUNTS: [&str; 13] = [
    "owner",
    "next owner",
    "monitor 0",
    "monitor 1",
    "operator 1",
    "operator 2",
    "operator 3",
    "gateway operator",
    "delegator",
    "signer 1",
    "signer 2",
    "group contract",
    "newcomer",
];

/// How far the network of the examples has come, as pages write it.
const MOMENTS: [&str; 4] = ["after the epoch's end", "after the report", "in the transition", "before the draw"];

fn docs() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs")
}

fn group() -> Group {
    Group::new(1, 3, 2)
}

/// Ends the epoch, brings reports and seed, and makes the next epoch current.
fn turn(net: &mut Suite) {
    net.end_epoch();
    net.report(0, &[(1, 100), (2, 90), (3, 80)]).unwrap();
    net.begin().unwrap();
    let (epoch, signature) = (net.beacon().epoch, group().seed(net));
    let anyone = net.stranger();
    net.send(&anyone, ExecuteMsg::SubmitSeed { epoch, signature }).unwrap();
    net.finish(None);
}

/// Epoch 3 of the network that `docs/contracts.md` describes.
fn network() -> Suite {
    let mut net = Suite::build(1, |msg| {
        msg.epochs.key_period = 24;
        msg.epochs.bootstrap_seed = false;
        msg.params.minimum_mixnode_delegation = Some(coin(NYM, DENOM));
        let share = |percents| Percent::from_percentage(percents).unwrap();
        msg.params.profit_margin = Some(ProfitMarginRange { minimum: share(5), maximum: share(50) });
        let (minimum, maximum) = (coin(10 * NYM, DENOM), coin(100 * NYM, DENOM));
        msg.params.interval_operating_cost = Some(OperatingCostRange { minimum, maximum });
    });
    for number in 1..=3 {
        let owner = net.operator(number);
        net.bond_with(&owner, number, 2 * PLEDGE).unwrap();
    }
    let (gateway, delegator) = (net.account("gateway operator"), net.account("delegator"));
    net.bond_gateway(&gateway, 10);
    net.delegate(&delegator, 1, 1_000 * NYM).unwrap();
    net.delegate(&delegator, 2, 500 * NYM).unwrap();
    net.establish(&group());
    turn(&mut net);
    turn(&mut net);

    let (operator, owner, next) = (net.operator(1), net.owner(), net.account("next owner"));
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(10 * NYM, DENOM)).unwrap();
    net.delegate(&delegator, 2, 20 * NYM).unwrap();
    net.send(&owner, ExecuteMsg::UpdateAdmin { admin: next.to_string() }).unwrap();
    net.next_block();
    net
}

/// State and block of the network at a moment.
struct Moment {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    env: Env,
}

/// The network at each of its moments, and the machine that messages are sent to.
struct Stage {
    machine: Machine,
    moments: BTreeMap<&'static str, Moment>,
}

impl Stage {
    fn new() -> Self {
        let mut net = network();
        let mut moments = BTreeMap::new();
        let mut keep = |name, net: &Suite| {
            moments.insert(name, Moment { records: net.store.records().clone(), env: net.env.clone() });
        };
        keep("", &net);
        net.end_epoch();
        keep("after the epoch's end", &net);
        net.report(0, &[(1, 100), (2, 90), (3, 80)]).unwrap();
        keep("after the report", &net);
        net.begin().unwrap();
        keep("in the transition", &net);
        net.advance(None).unwrap();
        keep("before the draw", &net);
        Self { machine: Machine::new(), moments }
    }

    fn at(&self, moment: &str) -> Suite {
        let Moment { records, env } = &self.moments[moment];
        let mut net = Suite::blank();
        *net.store.records_mut() = records.clone();
        net.env = env.clone();
        net
    }

    fn send(&mut self, occasion: &Occasion, message: &str) -> Result<Response, String> {
        let mut net = self.at(occasion.moment);
        let sender = net.account(occasion.account);
        self.machine.execute_raw(&mut net.store, &net.env, &sender, &occasion.funds, message.as_bytes())
    }
}

/// Who sends when with which funds: `` `delegator` sends in the transition with `5unym`: ``, or two cells of a table.
struct Occasion {
    account: &'static str,
    moment: &'static str,
    funds: Vec<Coin>,
}

impl Occasion {
    fn parse(text: &str) -> Self {
        let mut quoted = text.split('`').skip(1).step_by(2);
        let account = quoted.next().unwrap_or_else(|| panic!("nobody sends in {text:?}"));
        let account = ACCOUNTS.iter().find(|known| **known == account);
        let funds = quoted.flat_map(|coins| coins.split(',')).map(|coin| coin.parse().unwrap()).collect();
        let moment = MOMENTS.iter().find(|moment| text.contains(**moment)).copied().unwrap_or_default();
        Self { account: account.unwrap_or_else(|| panic!("who is that in {text:?}")), moment, funds }
    }
}

/// The same message, signed for this occasion: pairs of texts to be replaced.
fn signatures(net: &Suite, sender: &Addr, funds: &[Coin], msg: &ExecuteMsg) -> Vec<(Binary, Binary)> {
    fn sign<T: json::Write>(
        net: &Suite,
        sender: &Addr,
        funds: &[Coin],
        identity: &str,
        message_type: MessageType,
        data: &T,
    ) -> Binary {
        let (contract, chain_id) = (net.env.contract.address.as_str(), net.env.block.chain_id.as_str());
        let (sender, nonce) = (sender.as_str(), net.nonce(sender));
        let payload = Payload { chain_id, contract, message_type, sender, nonce, data, funds };
        let identity = (1..30).map(Identity::of).find(|known| known.text() == identity);
        identity.expect("an identity of the suite").sign(&payload.bytes())
    }
    match msg.clone() {
        ExecuteMsg::BondMixnode { mix_node, cost_params, owner_signature } => {
            let identity = mix_node.identity_key.clone();
            let data = MixnodeBonding { mix_node, cost_params };
            vec![(owner_signature, sign(net, sender, funds, &identity, MessageType::MixnodeBonding, &data))]
        }
        ExecuteMsg::BondGateway { gateway, owner_signature } => {
            let identity = gateway.identity_key.clone();
            let data = GatewayBonding { gateway };
            vec![(owner_signature, sign(net, sender, funds, &identity, MessageType::GatewayBonding, &data))]
        }
        ExecuteMsg::UpdateNodeKeys { period, sphinx_key, noise_key, signature } => {
            let data = NodeKeys { period, sphinx_key, noise_key };
            // The node of `operator 1`.
            vec![(signature, sign(net, sender, funds, &Identity::of(1).text(), MessageType::NodeKeys, &data))]
        }
        ExecuteMsg::SubmitSeedShare { share, .. } => vec![(share, group().share(1, &net.beacon().message))],
        ExecuteMsg::SubmitSeed { signature, .. } => vec![(signature, group().seed(net))],
        ExecuteMsg::UpdateBeaconKey { key } => {
            let new = Group::new(2, 2, 2).key(net);
            let members = key.members.iter().zip(&new.members).map(|(old, new)| (old.key.clone(), new.key.clone()));
            members.chain([(key.key.clone(), new.key.clone())]).collect()
        }
        _ => Vec::new(),
    }
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../schema/mixnet.json")).unwrap()
}

/// What the schema says of a message: its description and its arguments.
fn described(name: &str) -> String {
    let schema = schema();
    let variants = schema["execute"]["oneOf"].as_array().unwrap();
    let variant = variants.iter().find(|variant| variant["required"][0] == name).unwrap();
    let plain = |text: &Value| {
        let text = text.as_str().unwrap_or_default();
        text.replace("[`crate::", "`").replace("[`super::", "`").replace("`]", "`")
    };
    let mut text = format!("# `{name}`\n\n{}\n\n", plain(&variant["description"]));
    let arguments = &variant["properties"][name];
    let Some(properties) = arguments["properties"].as_object() else {
        return text + "No arguments.\n\n";
    };
    text += "| Argument | Type | |\n|---|---|---|\n";
    for (argument, of) in properties {
        let needed = arguments["required"].as_array().is_some_and(|all| all.iter().any(|name| name == argument));
        let optional = if needed { "" } else { ", optional" };
        writeln!(text, "| `{argument}` | {}{optional} | {} |", type_name(of), plain(&of["description"])).unwrap();
    }
    text + "\n"
}

fn type_name(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        return format!("`{}`", path.rsplit('/').next().unwrap());
    }
    if let Some(choices) = schema["allOf"].as_array().or(schema["anyOf"].as_array()) {
        return type_name(&choices[0]);
    }
    match schema["type"].as_str().or(schema["type"][0].as_str()).unwrap() {
        "array" => format!("list of {}", type_name(&schema["items"])),
        kind => kind.to_owned(),
    }
}

/// Event and payments as a page shows them.
fn outcome(net: &Suite, response: &Response) -> String {
    let mut text = String::new();
    for attribute in &response.events.first().expect("every message has its event").attributes {
        writeln!(text, "{}: {}", attribute.key, attribute.value).unwrap();
    }
    for message in &response.messages {
        let CosmosMsg::Bank(BankMsg::Send { to_address, amount }) = &message.msg else {
            panic!("no payment: {message:?}");
        };
        let to = ACCOUNTS.iter().find(|name| net.account(name).as_str() == to_address).unwrap();
        writeln!(text, "pays {} to {to}", amount[0]).unwrap();
    }
    text
}

/// Changes the named fields of an object, and of the objects in it.
fn patch(value: &mut Value, change: &Value) {
    match (value, change) {
        (Value::Object(value), Value::Object(change)) => {
            for (key, change) in change {
                patch(value.entry(key).or_insert(Value::Null), change);
            }
        }
        (value, change) => *value = change.clone(),
    }
}

/// A page as it has to be, from what is written by hand on it.
fn rendered(stage: &mut Stage, name: &str, page: &str) -> String {
    let (_, written) = page.split_once("## Example\n").unwrap_or_else(|| panic!("{name} has no example"));
    let (example, refusals) = written.split_once("## Refusals\n").unwrap_or_else(|| panic!("{name} has no refusals"));
    let mut text = described(name) + "## Example\n";

    let (before, rest) = example.split_once("```json\n").expect("the example is JSON");
    let (message, rest) = rest.split_once("```\n").unwrap();
    let (_, rest) = rest.split_once("```text\n").expect("an example has its outcome");
    let (_, prose) = rest.split_once("```\n").unwrap();
    assert!(!prose.contains("```"), "{name} has one example");
    for word in prose.split('`').skip(1).step_by(2).filter(|word| word.starts_with("get_")) {
        assert!(schema()["responses"].get(word).is_some(), "{name} names {word}, which is no query");
    }
    let occasion = Occasion::parse(before);
    let net = stage.at(occasion.moment);
    let mut message = message.to_owned();
    let parsed: ExecuteMsg = json::from_slice(message.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(parsed.name(), name, "the example is of another message");
    assert_eq!(!occasion.funds.is_empty(), access::rule(&parsed).1, "{name}: with or without funds");
    for (old, new) in signatures(&net, &net.account(occasion.account), &occasion.funds, &parsed) {
        message = message.replace(&format!("\"{old}\""), &format!("\"{new}\""));
    }
    let response = stage.send(&occasion, &message).unwrap_or_else(|error| panic!("{name} is refused: {error}"));
    let outcome = outcome(&net, &response);
    assert!(outcome.starts_with(&format!("action: {name}\n")), "{outcome}");
    write!(text, "{before}```json\n{message}```\n\n```text\n{outcome}```\n{prose}## Refusals\n").unwrap();

    let mut count = 0;
    for line in refusals.lines() {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [from, with, instead, _] = cells.as_slice() else {
            assert!(!line.starts_with("| `"), "{name}: a refusal has four cells: {line}");
            text += line;
            text.push('\n');
            continue;
        };
        if *from == "From" {
            text += line;
            text.push('\n');
            continue;
        }
        let occasion = Occasion::parse(&format!("{from} {with}"));
        let mut changed: Value = serde_json::from_str(&message).unwrap();
        if *instead != "–" {
            let change = instead.trim_matches('`');
            patch(
                &mut changed[name],
                &serde_json::from_str(change).unwrap_or_else(|error| panic!("{change}: {error}")),
            );
        }
        match stage.send(&occasion, &changed.to_string()) {
            Err(answer) => writeln!(text, "| {from} | {with} | {instead} | {answer} |").unwrap(),
            Ok(_) => panic!("{name} is not refused: {line}"),
        }
        count += 1;
    }
    assert!(count > 0, "{name} has no refusals");
    text
}

#[test]
fn every_message_has_its_page_and_every_page_its_message() {
    let pages = std::fs::read_dir(docs().join("contracts")).unwrap();
    let pages: BTreeSet<_> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    let index = std::fs::read_to_string(docs().join("contracts.md")).unwrap();

    let wanted: BTreeSet<_> = access::names().iter().map(|name| format!("{name}.md")).collect();

    assert_eq!(pages, wanted);
    for name in access::names() {
        let link = format!("| [`{name}`](contracts/{name}.md) | ");
        assert!(index.contains(&link), "docs/contracts.md does not link the page of {name}");
    }
}

#[test]
fn what_the_pages_show_is_what_happens() {
    let mut stage = Stage::new();
    let mut wrong = Vec::new();
    for name in access::names() {
        let path = docs().join(format!("contracts/{name}.md"));
        let page = std::fs::read_to_string(&path).unwrap();

        let right = rendered(&mut stage, name, &page);

        if std::env::var("DOCS").is_ok_and(|mode| mode == "overwrite") {
            std::fs::write(&path, right).unwrap();
        } else if page != right {
            let first = page.lines().zip(right.lines()).find(|(is, should)| is != should);
            wrong.push(format!("docs/contracts/{name}.md: {first:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "DOCS=overwrite corrects these pages, unless the contract is wrong:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_accounts_of_the_examples_are_those_of_the_index() {
    let net = network();
    let index = std::fs::read_to_string(docs().join("contracts.md")).unwrap();
    for name in ACCOUNTS {
        let start = format!("| `{name}` | `{}` | ", net.account(name));
        assert!(index.contains(&start), "docs/contracts.md has no row {start}");
    }
}
