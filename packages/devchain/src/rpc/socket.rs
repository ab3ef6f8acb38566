//! The websocket: calls as over HTTP, and subscriptions to blocks and transactions.

use super::call::{answer, parse, Call, Calls, RpcError};
use super::json;
use super::methods::consensus_updates;
use super::params::Params;
use super::server::Shared;
use crate::chain::engine::News;
use crate::chain::index::{attributes, Query};
use axum::extract::ws::{Message, WebSocket};
use serde_json::{json as object, Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How long a client may take to accept one message before it is cut off.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// A ping keeps the connection open through proxies.
const PING: Duration = Duration::from_secs(27);

struct Subscription {
    id: Value,
    query: Query,
}

/// Serves one connection until the client leaves, is too slow, or the chain stops.
pub(crate) async fn serve(shared: Shared, mut socket: WebSocket) {
    let mut news = shared.api.chain.subscribe();
    let mut subscriptions: Vec<Subscription> = Vec::new();
    let mut ping = tokio::time::interval(PING);
    loop {
        let messages = tokio::select! {
            () = shared.stop.cancelled() => break,
            _ = ping.tick() => vec![Message::Ping(Vec::new().into())],
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => {
                    answers(&shared, &mut subscriptions, text.as_bytes()).await
                }
                Some(Ok(Message::Binary(bytes))) => {
                    answers(&shared, &mut subscriptions, &bytes).await
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            },
            block = news.recv() => match block {
                Ok(block) => events(&subscriptions, &block),
                Err(RecvError::Lagged(_)) => {
                    let error = RpcError::server("subscription was canceled (reason: slow client)");
                    let cancelled = subscriptions
                        .drain(..)
                        .map(|s| text(&answer(&s.id, Err(error.clone()))));
                    cancelled.collect()
                }
                Err(RecvError::Closed) => break,
            },
        };
        for message in messages {
            match tokio::time::timeout(WRITE_TIMEOUT, socket.send(message)).await {
                Ok(Ok(())) => {}
                _ => return,
            }
        }
    }
    // The client may have gone already.
    let _ = tokio::time::timeout(WRITE_TIMEOUT, socket.send(Message::Close(None))).await;
}

fn text(value: &Value) -> Message {
    Message::Text(value.to_string().into())
}

async fn answers(shared: &Shared, subscriptions: &mut Vec<Subscription>, body: &[u8]) -> Vec<Message> {
    let call = match parse(body) {
        Err(error) => return vec![text(&answer(&Value::Null, Err(error)))],
        // CometBFT takes one call a frame here, unlike over HTTP.
        Ok(Calls::Batch(_)) => {
            let error = RpcError::parse("a frame holds one call");
            return vec![text(&answer(&Value::Null, Err(error)))];
        }
        Ok(Calls::One(call)) => call,
    };
    vec![text(&match call {
        Err((id, error)) => answer(&id, Err(error)),
        Ok(call) => {
            let result = one(shared, subscriptions, &call).await;
            answer(&call.id, result)
        }
    })]
}

async fn one(shared: &Shared, subscriptions: &mut Vec<Subscription>, call: &Call) -> Result<Value, RpcError> {
    let params = Params::json(call.params.clone());
    let query = || params.of(&["query"]).text("query").map_err(RpcError::params);
    match call.method.as_str() {
        "subscribe" => {
            if subscriptions.len() >= shared.limits.subscriptions {
                return Err(RpcError::internal(format_args!(
                    "max_subscriptions_per_client {} reached",
                    shared.limits.subscriptions
                )));
            }
            let wanted = query()?;
            let failed = |e| RpcError::internal(format_args!("failed to parse query: {e}"));
            let query = Query::parse(&wanted).map_err(failed)?;
            if subscriptions.iter().any(|s| s.query.text == wanted) {
                return Err(RpcError::internal("already subscribed"));
            }
            let id = call.id.clone();
            subscriptions.push(Subscription { id, query });
            Ok(object!({}))
        }
        "unsubscribe" => {
            let wanted = query()?;
            let before = subscriptions.len();
            subscriptions.retain(|s| s.query.text != wanted);
            if subscriptions.len() == before {
                return Err(RpcError::internal("subscription not found"));
            }
            Ok(object!({}))
        }
        "unsubscribe_all" => {
            if subscriptions.is_empty() {
                return Err(RpcError::internal("subscription not found"));
            }
            subscriptions.clear();
            Ok(object!({}))
        }
        method => shared.api.call(method, params).await,
    }
}

/// What a block means to the subscriptions of one connection.
fn events(subscriptions: &[Subscription], news: &Arc<News>) -> Vec<Message> {
    let mut messages = Vec::new();
    if subscriptions.is_empty() {
        return messages;
    }
    let height = news.height.to_string();
    let block = news.block.block.clone().unwrap_or_default();
    let mut tell = |kind: &str, data: Value, attributes: &[(String, String)]| {
        for subscription in subscriptions {
            if subscription.query.matches(attributes) {
                let result = object!({
                    "query": subscription.query.text,
                    "data": { "type": kind, "value": data },
                    "events": grouped(attributes),
                });
                messages.push(text(&answer(&subscription.id, Ok(result))));
            }
        }
    };
    let plain =
        |name: &str| vec![("tm.event".to_owned(), name.to_owned()), ("block.height".to_owned(), height.clone())];
    let finalized = object!({
        "events": [],
        "tx_results": news.block.results.iter().map(json::result).collect::<Vec<_>>(),
        "validator_updates": [],
        "consensus_param_updates": consensus_updates(),
        "app_hash": json::base64(&news.block.app_hash),
    });
    let new_block = object!({
        "block": json::block(&block),
        "block_id": json::block_id(news.block.id.as_ref()),
        "result_finalize_block": finalized,
    });
    tell("tendermint/event/NewBlock", new_block, &plain("NewBlock"));
    let new_header = object!({ "header": block.header.as_ref().map(json::header) });
    tell("tendermint/event/NewBlockHeader", new_header, &plain("NewBlockHeader"));
    let txs = block.data.map(|d| d.txs).unwrap_or_default();
    let new_events = object!({ "height": height, "events": [], "num_txs": txs.len().to_string() });
    tell("tendermint/event/NewBlockEvents", new_events, &plain("NewBlockEvents"));
    for (i, (tx, result)) in txs.iter().zip(&news.block.results).enumerate() {
        let hash = news.hashes.get(i).copied().unwrap_or_default();
        let mut shown = object!({
            "height": height,
            "tx": json::base64(tx),
            "result": json::brief(result),
        });
        if i > 0 {
            shown["index"] = i.into();
        }
        let attributes = attributes(news.height, &json::hex(&hash), result);
        tell("tendermint/event/Tx", object!({ "TxResult": shown }), &attributes);
    }
    messages
}

/// Attributes as CometBFT sends them: a list of values for each key.
fn grouped(attributes: &[(String, String)]) -> Value {
    let mut fields = Map::new();
    for (key, value) in attributes {
        let list = fields.entry(key.clone()).or_insert_with(|| object!([]));
        if let Value::Array(list) = list {
            list.push(value.clone().into());
        }
    }
    fields.into()
}
