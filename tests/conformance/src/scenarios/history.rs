//! Blocks and the state at heights that have passed.

use anyhow::{Context, Result};
use cosmrs::proto::cosmos::bank::v1beta1::QueryBalanceRequest;
use cosmrs::proto::cosmwasm::wasm::v1::{QuerySmartContractStateRequest, QuerySmartContractStateResponse};
use cosmrs::tendermint::hash::{Algorithm, Hash};
use prost::Message;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use tendermint_rpc::Client;

use super::accounts::read_balance;
use super::{execute_msg, text};
use crate::run::{outcome, rpc_error, Run};
use crate::tx::Tx;

const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";

fn read_smart(bytes: &[u8]) -> Result<Value> {
    Ok(text(&QuerySmartContractStateResponse::decode(bytes)?.data))
}

pub async fn history(run: &mut Run) -> Result<()> {
    let mut heights = Vec::new();
    for value in ["old", "new"] {
        let msg = json!({"put": {"key": "time", "value": value}});
        let response = run.send(value, Tx::of(&execute_msg(run, msg))?).await?.context("refused")?;
        heights.push(response.height.value() as u32);
    }
    let (old, new) = (heights[0], heights[1]);
    let request = QuerySmartContractStateRequest {
        address: run.contract.clone(),
        query_data: json!({"get": {"key": "time"}}).to_string().into_bytes(),
    };
    let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
    for (step, height) in
        [("before both", old - 1), ("after the old", old), ("just before the new", new - 1), ("after the new", new)]
    {
        run.query_at(step, path, &request, Some(height), read_smart).await?;
    }
    run.query("now", path, &request, read_smart).await?;
    run.query_at("at height 1, before the contract", path, &request, Some(1), read_smart).await?;
    run.query_at("in the future", path, &request, Some(new + 100_000), read_smart).await?;

    let balance = QueryBalanceRequest { address: run.alice.address.clone(), denom: "unyx".into() };
    run.query_at("a balance at height 1", BALANCE, &balance, Some(1), read_balance).await?;
    run.query_at("a balance before", BALANCE, &balance, Some(old - 1), read_balance).await?;
    run.query_at("a balance after", BALANCE, &balance, Some(new), read_balance).await?;

    block_of(run, old).await?;
    for (step, height) in [("a block in the future", new + 100_000), ("results in the future", new + 100_000)] {
        let error = if step.starts_with("results") {
            run.chain.rpc.block_results(height).await.err()
        } else {
            run.chain.rpc.block(height).await.err()
        };
        let error = error.map(|error| rpc_error(&error)["code"].clone());
        run.note(step, json!(error));
    }
    Ok(())
}

/// The block that holds the transaction, its results, and their agreement.
async fn block_of(run: &mut Run, height: u32) -> Result<()> {
    let block = run.chain.rpc.block(height).await?.block;
    let results = run.chain.rpc.block_results(height).await?;
    let result = results.txs_results.as_ref().and_then(|results| results.first());
    let mut by_hash = Value::Null;
    if let Some(bytes) = block.data.first() {
        let hash = Hash::from_bytes(Algorithm::Sha256, &Sha256::digest(bytes))?;
        let found = run.chain.rpc.tx(hash, false).await?;
        by_hash = json!({"same bytes": &found.tx == bytes, "same height": found.height == block.header.height, "index": found.index});
    }
    run.note(
        "the block of a transaction",
        json!({
            "transactions": block.data.len(),
            "data hash": block.header.data_hash.is_some(),
            "results": results.txs_results.as_ref().map(Vec::len),
            "first result": result.map(outcome).transpose()?,
            "by hash": by_hash,
        }),
    );
    let found = run.chain.rpc.block_by_hash(block.header.hash()).await?;
    run.note("a block by its hash", json!(found.block.map(|found| found.header == block.header)));
    let unknown = Hash::Sha256([7; 32]);
    let missing = run.chain.rpc.tx(unknown, false).await.err();
    run.note("a transaction that is not there", json!(missing.map(|error| rpc_error(&error))));
    Ok(())
}
