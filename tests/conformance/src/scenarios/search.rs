//! Searching for transactions and blocks by what happened in them.

use anyhow::Result;
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use serde_json::{json, Value};
use tendermint_rpc::query::Query;
use tendermint_rpc::{Client, Order};

use crate::run::{rpc_error, Run};
use crate::tx::{coin, Tx};

/// A memo's worth of payments that only this scenario makes.
const AMOUNTS: [u64; 5] = [1_001, 1_002, 1_003, 1_004, 1_005];

async fn found(run: &mut Run, step: &str, query: &str, page: u32, per_page: u8, order: Order) -> Result<()> {
    let query: Query = query.parse()?;
    let result = match run.chain.rpc.tx_search(query, false, page, per_page, order.clone()).await {
        Ok(answer) => {
            let rising = answer.txs.windows(2).all(|pair| match order {
                Order::Ascending => pair[0].height <= pair[1].height,
                Order::Descending => pair[0].height >= pair[1].height,
            });
            json!({"total": answer.total_count, "in order": rising, "amounts": answer.txs.iter().map(amounts).collect::<Value>()})
        }
        Err(error) => json!({"error": rpc_error(&error)}),
    };
    run.note(step, result);
    Ok(())
}

/// The amounts of a transaction's transfers.
fn amounts(tx: &tendermint_rpc::endpoint::tx::Response) -> Value {
    let transfers = tx.tx_result.events.iter().filter(|event| event.kind == "transfer");
    let attributes = transfers.flat_map(|event| &event.attributes);
    let amounts = attributes.filter(|attribute| attribute.key_str().is_ok_and(|key| key == "amount"));
    amounts.map(|attribute| json!(attribute.value_str().unwrap_or_default())).collect()
}

pub async fn transactions(run: &mut Run) -> Result<()> {
    let mut heights = Vec::new();
    for amount in AMOUNTS {
        let message = MsgSend {
            from_address: run.alice.address.clone(),
            to_address: run.carol.address.clone(),
            amount: vec![coin(amount, "unym")],
        };
        let response = run.send(&format!("a payment of {amount}"), Tx::of(&message)?).await?;
        heights.extend(response.map(|response| response.height.value()));
    }
    let (contract, carol) = (run.contract.clone(), run.carol.address.clone());
    let (first, last) = (heights.first().copied().unwrap_or(1), heights.last().copied().unwrap_or(1));
    let since = format!("tx.height >= {first} AND tx.height <= {last}");
    let all = format!("transfer.recipient = '{carol}' AND {since}");

    found(run, "by recipient and height", &all, 1, 100, Order::Ascending).await?;
    found(run, "the other way round", &all, 1, 100, Order::Descending).await?;
    found(run, "the first page of two", &all, 1, 2, Order::Ascending).await?;
    found(run, "the second page of two", &all, 2, 2, Order::Ascending).await?;
    found(run, "the last page of two", &all, 3, 2, Order::Ascending).await?;
    found(run, "a page too far", &all, 4, 2, Order::Ascending).await?;
    found(run, "page zero", &all, 0, 2, Order::Ascending).await?;
    found(run, "by one height", &format!("tx.height = {first}"), 1, 100, Order::Ascending).await?;
    found(run, "by amount", "transfer.amount = '1003unym'", 1, 100, Order::Ascending).await?;
    found(run, "by a part of an amount", "transfer.amount CONTAINS '1004unym'", 1, 100, Order::Ascending).await?;
    found(run, "by what exists", &format!("transfer.amount EXISTS AND {since}"), 1, 100, Order::Ascending).await?;
    found(run, "by what does not exist", "nonsense.key = 'x'", 1, 100, Order::Ascending).await?;
    found(run, "after all heights", "tx.height > 1000000", 1, 100, Order::Ascending).await?;
    found(
        run,
        "by two events of which one does not match",
        "transfer.amount = '1003unym' AND message.module = 'wasm'",
        1,
        100,
        Order::Ascending,
    )
    .await?;
    found(
        run,
        "by action",
        &format!("message.action = '/cosmos.bank.v1beta1.MsgSend' AND {since}"),
        1,
        100,
        Order::Ascending,
    )
    .await?;
    found(run, "by sequence", &format!("tx.acc_seq = '{}/0'", run.alice.address), 1, 100, Order::Ascending).await?;

    let tx_count = |answer: Value| answer["body"]["result"]["total_count"].clone();
    for (step, query) in [
        ("executions of the contract", format!("execute._contract_address = '{contract}'")),
        ("instantiations of the code", "instantiate.code_id = '1'".to_string()),
        ("uploads", "message.action = '/cosmwasm.wasm.v1.MsgStoreCode'".to_string()),
        ("events of the contract", format!("wasm._contract_address = '{contract}' AND wasm.action = 'put'")),
        ("an event of the contract's own", "wasm-inner.k = 'v'".to_string()),
    ] {
        let params = json!({"query": query, "prove": false, "page": "1", "per_page": "1", "order_by": "asc"});
        let answer = run.chain.post("tx_search", params).await?;
        run.note(step, tx_count(answer));
    }
    for (step, query) in [
        ("a query that is none", "tx.height ="),
        ("an empty query", ""),
        ("a query with OR", "tx.height = 1 OR tx.height = 2"),
    ] {
        let params = json!({"query": query, "prove": false, "page": "1", "per_page": "1", "order_by": "asc"});
        let answer = run.chain.post("tx_search", params).await?;
        run.note(step, answer["body"]["error"]["code"].clone());
    }
    let answer = run.chain.post("tx_search", json!({"query": "tx.height = 1", "order_by": "sideways"})).await?;
    run.note("an order that is none", answer["body"]["error"].clone());
    Ok(())
}

pub async fn blocks(run: &mut Run) -> Result<()> {
    let height = run.chain.height().await?;
    run.chain.wait_for_height(height + 1).await?;
    let query: Query = format!("block.height = {height}").parse()?;
    let answer = run.chain.rpc.block_search(query, 1, 10, Order::Ascending).await?;
    let right = answer.blocks.first().map(|found| found.block.header.height.value() == height);
    run.note("by height", json!({"total": answer.total_count, "right": right}));
    let query: Query = format!("block.height > {} AND block.height <= {height}", height - 3).parse()?;
    let answer = run.chain.rpc.block_search(query, 1, 2, Order::Descending).await?;
    run.note("by a range of heights, two a page", json!({"total": answer.total_count, "here": answer.blocks.len()}));
    let chain = run.chain.rpc.blockchain(height as u32 - 2, height as u32).await?;
    run.note("blockchain", json!({"blocks": chain.block_metas.len(), "newest first": chain.block_metas.first().map(|meta| meta.header.height.value() == height)}));
    Ok(())
}
