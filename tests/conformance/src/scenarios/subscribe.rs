//! Subscriptions over the websocket, as `tendermint-rpc` opens them.

use std::time::Duration;

use anyhow::{Context, Result};
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use futures::StreamExt;
use serde_json::{json, Value};
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::event::EventData;
use tendermint_rpc::query::{EventType, Query};
use tendermint_rpc::{Client, SubscriptionClient, WebSocketClient, WebSocketClientUrl};

use crate::run::{event, rpc_error, Run};
use crate::tx::{coin, Tx};

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn subscribe(run: &mut Run) -> Result<()> {
    let url: WebSocketClientUrl = format!("{}/websocket", run.chain.url.replacen("http", "ws", 1)).parse()?;
    let (client, driver) = WebSocketClient::builder(url).compat_mode(CompatMode::V0_38).build().await?;
    let driver = tokio::spawn(driver.run());

    let status = client.status().await?;
    run.note("a call over the websocket", json!(status.node_info.network.to_string()));
    let mut blocks = client.subscribe(Query::from(EventType::NewBlock)).await?;
    let mut heights = Vec::new();
    for step in ["a block", "the next block"] {
        let found = tokio::time::timeout(PATIENCE, blocks.next()).await?.context("the stream ended")??;
        let EventData::NewBlock { block, result_finalize_block, .. } = found.data else {
            run.note(step, json!("another kind of event"));
            continue;
        };
        let block = block.context("no block in the event")?;
        heights.push(block.header.height.value());
        run.note(
            step,
            json!({
                "query": found.query, "chain id": block.header.chain_id.to_string(),
                "results": result_finalize_block.is_some(), "keys": keys(found.events.as_ref(), &["tm.event"]),
            }),
        );
    }
    run.note("heights follow", json!(heights.windows(2).all(|pair| pair[1] == pair[0] + 1)));
    drop(blocks);

    let mine = Query::from(EventType::Tx).and_eq("transfer.amount", "4321unym");
    let mut payments = client.subscribe(mine).await?;
    for amount in [4320, 4321] {
        let message = MsgSend {
            from_address: run.alice.address.clone(),
            to_address: run.carol.address.clone(),
            amount: vec![coin(amount, "unym")],
        };
        run.send(&format!("a payment of {amount}"), Tx::of(&message)?).await?;
    }
    let found = tokio::time::timeout(PATIENCE, payments.next()).await?.context("the stream ended")??;
    if let EventData::Tx { tx_result } = &found.data {
        let result = &tx_result.result;
        run.note(
            "the payment that was asked for",
            json!({
                "query": found.query,
                "log": result.log, "gas_wanted": result.gas_wanted, "gas given": result.gas_used.is_some(),
                "events": result.events.iter().map(event).collect::<Result<Vec<_>>>()?,
                "keys": keys(found.events.as_ref(), &[]),
            }),
        );
    } else {
        run.note("the payment that was asked for", json!("another kind of event"));
    }

    client.unsubscribe(Query::from(EventType::NewBlock)).await.ok();
    let again = client.status().await;
    run.note("a call after unsubscribing", again.map_or_else(|error| rpc_error(&error), |_| json!("answered")));
    client.close()?;
    driver.await??;
    Ok(())
}

/// The keys of an event's index; with `only`, just whether these are there.
fn keys(events: Option<&std::collections::BTreeMap<String, Vec<String>>>, only: &[&str]) -> Value {
    let Some(events) = events else {
        return Value::Null;
    };
    if only.is_empty() {
        return json!(events.keys().collect::<Vec<_>>());
    }
    json!(only.iter().map(|key| events.contains_key(*key)).collect::<Vec<_>>())
}
