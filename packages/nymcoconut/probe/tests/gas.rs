//! Gas of the verification in the chain's virtual machine, with the limits that the protocol promises.
//!
//! Prints the cost of the message (JSON and base64), of the start of an instance and of storing serials beside it, which the limits leave out.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use cosmwasm_std::{from_json, to_json_vec, Binary};
use cosmwasm_vm::testing::{mock_env, mock_instance_with_gas_limit, MockApi, MockQuerier, MockStorage};
use cosmwasm_vm::{call_query, Instance};
use nym_coconut::backend::Scalar;
use nym_coconut::test_util::{token, Token};
use nym_coconut::{OpenShow, PublicAttributes, SecretKeyShare};
use nym_coconut_probe::QueryMsg;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

/// Units of the machine's gas in one of the SDK's.
const MACHINE_GAS: u64 = 140_000;

type Machine = Instance<MockApi, MockStorage, MockQuerier>;

/// The contract, built as scripts/build-contracts builds the others.
fn artifact() -> Vec<u8> {
    let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("build");
    let output = Command::new(script).output().expect("the build script runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(String::from_utf8(output.stdout).unwrap().trim()).unwrap()
}

fn ask(machine: &mut Machine, msg: &QueryMsg) -> (Result<Binary, String>, u64) {
    let before = machine.create_gas_report();
    let answer = call_query(machine, &mock_env(), &to_json_vec(msg).unwrap()).unwrap().into_result();
    let after = machine.create_gas_report();
    let used = after.used_internally - before.used_internally + after.used_externally - before.used_externally;
    (answer.map(|json| from_json(json).unwrap()).map_err(|e| e.to_string()), used / MACHINE_GAS)
}

fn payment(show: &OpenShow<Token>, context: &[u8]) -> (Binary, Binary) {
    let [h, p, s] = show.for_contract();
    let bytes = show.to_bytes();
    ([&h[..], &s, &bytes[96..], context].concat().into(), Binary::from(p))
}

#[test]
fn verification_keeps_its_gas_limits() {
    let rng = &mut ChaCha20Rng::from_seed([9; 32]);
    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let public = PublicAttributes::<Token>::new([Scalar::from(77)]);
    let info = group.key().prepare(&public);
    let context = b"chain-id, contract, payee, type, expiry, key epoch: about eighty bytes in all of them";
    let shows: Vec<OpenShow<Token>> = (0..50)
        .map(|_| {
            let (key, credential) = token(&shares[..3], &group, &public, rng);
            credential.spend(&key, &[context], rng).unwrap()
        })
        .collect();
    let keys: Binary = [info.point().to_compressed(), group.key().beta_g2()[0].to_compressed()].concat().into();
    let payments: Vec<(Binary, Binary)> = shows.iter().map(|show| payment(show, context)).collect();
    let batch = |n: usize| payments[..n].iter().map(|(bytes, _)| bytes.clone()).collect::<Vec<_>>();

    let machine = &mut mock_instance_with_gas_limit(&artifact(), 10_000_000_000_000);
    let (_, nothing) = ask(machine, &QueryMsg::Nothing {});
    let (_, read_one) = ask(machine, &QueryMsg::Read { payments: batch(1) });
    let (_, read_fifty) = ask(machine, &QueryMsg::Read { payments: batch(50) });
    let (one_answer, one) = ask(
        machine,
        &QueryMsg::One { keys: keys.clone(), payment: payments[0].0.clone(), product: payments[0].1.clone() },
    );
    assert_eq!(one_answer.unwrap().as_slice(), shows[0].serial());
    let (answer, fifty) = ask(machine, &QueryMsg::Batch { keys: keys.clone(), payments: batch(50) });
    assert_eq!(answer.unwrap().as_slice(), shows.iter().map(OpenShow::serial).collect::<Vec<_>>().concat());
    println!("SDK gas: one credential {one}, of it reading the message {read_one} and any query {nothing}");
    println!("SDK gas: batch of 50 {fifty}, {} each, of it reading the message {} each", fifty / 50, read_fifty / 50);
    println!(
        "SDK gas beside it: start of an instance 60000 (2000 pinned), a stored serial of 16 bytes about {}",
        2_000 + 30 * (33 + 20 + 8)
    );
    for n in [1, 10, 25] {
        let (answer, gas) = ask(machine, &QueryMsg::Batch { keys: keys.clone(), payments: batch(n) });
        answer.unwrap();
        println!("SDK gas: batch of {n} {gas}, {} each", gas / n as u64);
    }
    assert!(one <= 25_000, "one credential costs {one}");
    assert!(fifty <= 50 * 6_000, "fifty cost {fifty}");

    // What is wrong is refused, and early.
    let (refused, gas) = ask(
        machine,
        &QueryMsg::One { keys: keys.clone(), payment: payments[0].0.clone(), product: payments[1].1.clone() },
    );
    assert!(refused.unwrap_err().contains("product"));
    println!("SDK gas: a wrong product is refused for {gas}");
    let mut spoilt = batch(50);
    spoilt.swap(3, 4);
    ask(machine, &QueryMsg::Batch { keys: keys.clone(), payments: spoilt }).0.unwrap();
    let mut spoilt = batch(50);
    let exchanged = [&payments[3].0[..96], &payments[4].0[96..]].concat();
    spoilt[3] = exchanged.into();
    ask(machine, &QueryMsg::Batch { keys: keys.clone(), payments: spoilt }).0.unwrap_err();
    let mut twice = batch(50);
    twice[7] = twice[8].clone();
    assert!(ask(machine, &QueryMsg::Batch { keys, payments: twice }).0.unwrap_err().contains("twice"));
}
