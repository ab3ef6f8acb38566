//! The artifact: the .wasm file that is deployed, in the virtual machine of the chain.

mod gas;
mod machine;

use std::collections::HashSet;

use cosmwasm_std::{coin, coins};
use cosmwasm_vm::internals::{check_wasm, Logger};
use cosmwasm_vm::WasmLimits;
use wasmparser::{Parser, Payload, ValType};

use nym_contract_types::mixnet::{EpochStatusResponse, ExecuteMsg, QueryMsg, SolvencyResponse};

use crate::suite::{Announced, Identity, Suite, DENOM, PLEDGE};
pub use machine::{artifact, Machine};

/// What wasmd offers to contracts.
const CAPABILITIES: &str =
    "iterator,staking,stargate,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,cosmwasm_1_4,cosmwasm_2_0,cosmwasm_2_1,cosmwasm_2_2,ibc2";

#[test]
fn the_chains_static_check_accepts_the_artifact() {
    let capabilities: HashSet<String> = CAPABILITIES.split(',').map(str::to_owned).collect();

    // The defaults are the chain's: at most 100 locals to a function among them.
    check_wasm(&artifact(), &capabilities, &WasmLimits::default(), Logger::Off).unwrap();
}

#[test]
fn the_artifact_is_below_the_size_that_we_set() {
    assert!(artifact().len() < 470_000, "{} bytes", artifact().len());
}

#[test]
fn the_artifact_has_no_float_and_no_function_with_more_than_a_hundred_locals() {
    let wasm = artifact();
    let is_float = |kind: ValType| matches!(kind, ValType::F32 | ValType::F64);
    let (mut functions, mut instructions) = (0, 0);
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.unwrap() {
            Payload::TypeSection(types) => {
                for kind in types.into_iter_err_on_gc_types() {
                    let kind = kind.unwrap();
                    assert!(!kind.params().iter().chain(kind.results()).any(|kind| is_float(*kind)), "{kind}");
                    assert!(kind.params().len() <= 100 && kind.results().len() <= 1, "{kind}");
                }
            }
            Payload::CodeSectionEntry(body) => {
                functions += 1;
                let mut locals = 0;
                for entry in body.get_locals_reader().unwrap() {
                    let (count, kind) = entry.unwrap();
                    assert!(!is_float(kind), "a local of function {functions}");
                    locals += count;
                }
                assert!(locals <= 100, "function {functions} has {locals} locals");
                for operator in body.get_operators_reader().unwrap() {
                    let name = format!("{:?}", operator.unwrap());
                    assert!(!name.contains("F32") && !name.contains("F64"), "{name} in function {functions}");
                    instructions += 1;
                }
            }
            _ => {}
        }
    }
    assert!(functions > 500 && instructions > 100_000, "{functions} functions, {instructions} instructions");
}

#[test]
fn an_epoch_turns_in_the_machine_as_it_does_natively() {
    let play = |machine: Option<Machine>| {
        let mut net = Suite::with_monitors(2);
        net.machine = machine;
        for number in 1..=5 {
            let owner = net.operator(number);
            net.bond(&owner, number);
        }
        let gateway = net.account("gateway");
        net.bond_gateway(&gateway, 9);
        let delegator = net.account("delegator");
        net.delegate(&delegator, 2, 5 * PLEDGE).unwrap();
        net.next_block();
        net.turn();
        net.turn_with(2, &[(1, 90), (2, 80), (3, 70), (4, 60), (5, 100)]);
        net.undelegate(&delegator, 2).unwrap();
        net.unbond(&net.operator(3)).unwrap();
        net.turn_with(2, &[(1, 90), (2, 80), (4, 60), (5, 100)]);
        (net.store.records().clone(), net.received(&delegator), net.status())
    };

    let machine = play(Some(Machine::new()));
    let native = play(None);

    assert_eq!(machine, native);
}

#[test]
fn queries_are_answered_in_the_machine_and_the_bank_is_asked() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let native: SolvencyResponse = net.query(QueryMsg::GetSolvency {});
    let mut machine = Machine::new();
    let mut ask = |msg: &str| machine.query_raw(&mut net.store, &net.env, msg.as_bytes());

    let reply = ask(r#"{"get_solvency":{}}"#).unwrap();

    let reply: SolvencyResponse = serde_json::from_slice(&reply).unwrap();
    assert_eq!((reply.stakes, reply.pool), (native.stakes, native.pool));
    // What this machine's bank says, which knows nothing of the contract.
    assert_eq!((reply.balance, reply.solvent), (coin(0, DENOM), false));
    let error = ask(r#"{"get_mixnode_details":{}}"#).unwrap_err();
    assert_eq!(error, "query does not parse: missing field `mix_id`");
}

#[test]
fn refusals_and_bytes_that_are_no_message_change_nothing_and_trap_nothing() {
    let mut net = Suite::with_monitors(1);
    net.machine = Some(Machine::new());
    let alice = net.account("alice");
    let before = net.store.records().clone();

    let identity = Identity::of(1);
    let funds = coins(PLEDGE - 1, DENOM);
    let msg = net.mixnode_bonding(&alice, &identity, Announced::mix_node(&identity), Announced::costs(), &funds);
    assert!(net.execute(&alice, msg, &funds).is_err());
    assert!(net.send(&alice, ExecuteMsg::UnbondMixnode {}).is_err());
    let mut machine = net.machine.take().unwrap();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!(r#"{{"update_monitors":{{"monitors":["{}"]}}}}"#, "x".repeat(65_536));
    for garbage in ["", "{", "null", "{}", r#"{"unbond_mixnode":{"x":1}}"#, r#"{"no_such_message":{}}"#, &deep, &wide] {
        let result = machine.execute_raw(&mut net.store, &net.env, &alice, &[], garbage.as_bytes());
        assert!(result.is_err(), "{garbage:.40}");
    }

    net.machine = Some(machine);
    assert_eq!(&before, net.store.records());
    assert_eq!(net.query::<EpochStatusResponse>(QueryMsg::GetEpochStatus {}).epoch, 0);
}
