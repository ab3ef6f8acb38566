//! Contracts: uploaded, instantiated, executed, queried, migrated.

use crate::support::{answer, any, Client, Net, Wallet, PROBE, PROBE_SECOND};
use cosmrs::proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use cosmrs::proto::cosmwasm::wasm::v1::{MsgExecuteContract, MsgExecuteContractResponse, MsgMigrateContract};
use serde_json::json;

async fn probe(client: &Client, wallet: &Wallet) -> String {
    let code = client.upload(wallet, PROBE).await;
    client.instantiate(wallet, code).await
}

#[tokio::test]
async fn a_contract_lives_a_whole_life() {
    let net = Net::start().await;
    let (client, alice) = (&net.client, Wallet::new(0));

    let contract = probe(client, &alice).await;
    assert_eq!(contract, "n14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sjyvg3g");

    let done = client.execute(&alice, &contract, &json!({ "put": { "key": "a", "value": "1" } })).await;
    answer::<MsgExecuteContractResponse>(&done);
    let found = client.ask(&contract, &json!({ "get": { "key": "a" } }), 0).await.unwrap();
    assert!(found.to_string().contains('1'), "{found}");

    let second = client.upload(&alice, PROBE_SECOND).await;
    let before = client.ask(&contract, &json!({ "version": {} }), 0).await.unwrap();
    let migrate = MsgMigrateContract {
        sender: alice.address.clone(),
        contract: contract.clone(),
        code_id: second,
        msg: br#"{"greeting":"moved"}"#.to_vec(),
    };
    let done = client.run(&alice, any(&migrate), 500_000).await;
    assert!(done.tx_result.code.is_ok(), "{}", done.tx_result.log);
    assert_ne!(client.ask(&contract, &json!({ "version": {} }), 0).await.unwrap(), before);
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_failed_execution_keeps_the_fee_and_undoes_the_rest() {
    let net = Net::start().await;
    let (client, alice) = (&net.client, Wallet::new(0));
    let contract = probe(client, &alice).await;
    let list = json!({ "list": { "start": null, "limit": 30 } });
    let before = client.ask(&contract, &list, 0).await.unwrap();
    let account = client.account(&alice).await;
    let money = client.balance(&alice.address, "unyx", 0).await.unwrap();

    let done = client.execute(&alice, &contract, &json!({ "panic": {} })).await;

    assert_eq!((done.tx_result.code.value(), done.tx_result.codespace.as_str()), (29, "wasm"));
    assert_eq!(client.ask(&contract, &list, 0).await.unwrap(), before);
    assert_eq!(client.account(&alice).await.sequence, account.sequence + 1);
    assert_eq!(client.balance(&alice.address, "unyx", 0).await.unwrap(), money - 12_500);
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_contract_that_never_ends_is_ended_by_its_gas() {
    let net = Net::start().await;
    let (client, alice) = (&net.client, Wallet::new(0));
    let contract = probe(client, &alice).await;

    let done = client.execute(&alice, &contract, &json!({ "spin": {} })).await;
    assert_eq!((done.tx_result.code.value(), done.tx_result.codespace.as_str()), (11, "sdk"));

    let refused = client.ask(&contract, &json!({ "spin": {} }), 0).await.unwrap_err();
    assert!(refused.1.contains("out of gas"), "{refused:?}");
    net.chain.shutdown().await;
}

#[tokio::test]
async fn calls_within_calls_go_a_hundred_levels_deep() {
    let net = Net::start().await;
    let (client, alice) = (&net.client, Wallet::new(0));
    let contract = probe(client, &alice).await;
    let nest = |depth: u32| MsgExecuteContract {
        sender: alice.address.clone(),
        contract: contract.clone(),
        msg: json!({ "nest": { "depth": depth } }).to_string().into_bytes(),
        funds: Vec::new(),
    };

    let deep = client.run(&alice, any(&nest(90)), 20_000_000).await;
    assert!(deep.tx_result.code.is_ok(), "{}", deep.tx_result.log);

    let too_deep = client.run(&alice, any(&nest(150)), 20_000_000).await;
    assert_eq!((too_deep.tx_result.code.value(), too_deep.tx_result.codespace.as_str()), (30, "wasm"));
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_simulation_tells_the_gas_and_leaves_no_trace() {
    let net = Net::start().await;
    let (client, alice) = (&net.client, Wallet::new(0));
    let contract = probe(client, &alice).await;
    let put = MsgExecuteContract {
        sender: alice.address.clone(),
        contract: contract.clone(),
        msg: json!({ "put": { "key": "a", "value": "1" } }).to_string().into_bytes(),
        funds: Vec::new(),
    };
    let account = client.account(&alice).await;
    #[allow(deprecated)]
    let query = SimulateRequest { tx: None, tx_bytes: alice.sign(&account, vec![any(&put)], 500_000) };

    let told: SimulateResponse = client.query("/cosmos.tx.v1beta1.Service/Simulate", &query, 0).await.unwrap();

    assert_eq!(client.account(&alice).await, account);
    let done = client.run(&alice, any(&put), 500_000).await;
    let (told, used) = (told.gas_info.unwrap().gas_used, done.tx_result.gas_used as u64);
    assert!(told <= used && used <= told * 13 / 10, "told {told}, used {used}");
    net.chain.shutdown().await;
}
