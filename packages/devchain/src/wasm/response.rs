//! What contracts return and what they are given, in wasmvm's JSON.
//!
//! Messages are kept as JSON here: a kind of message that this chain does not know must be
//! refused with wasmd's error and not as malformed output.

use crate::app::ctx::Ctx;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// Bytes as Base64 text.
pub(crate) mod base64_bytes {
    use super::{Engine, STANDARD};
    use serde::{Deserialize, Deserializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = Option::<String>::deserialize(d)?.unwrap_or_default();
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

/// Success with an answer or an error text.
#[derive(Debug, Deserialize)]
pub(crate) struct CallResult<T> {
    pub ok: Option<T>,
    #[serde(default)]
    pub error: Option<String>,
}

impl<T> CallResult<T> {
    /// The answer or the contract's error.
    pub(crate) fn into_result(self) -> Result<Option<T>, String> {
        match self.error {
            Some(error) if !error.is_empty() => Err(error),
            _ => Ok(self.ok),
        }
    }
}

/// What a contract wants to happen after a successful call.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Response {
    #[serde(default)]
    pub messages: Vec<SubMsg>,
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    #[serde(default)]
    pub events: Vec<Event>,
    #[serde(default)]
    pub data: Option<String>,
}

impl Response {
    /// The data field, if it is there and well-formed.
    pub(crate) fn data(&self) -> Result<Option<Vec<u8>>, String> {
        let decode = |text: &String| STANDARD.decode(text).map_err(|e| e.to_string());
        self.data.as_ref().map(decode).transpose()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    pub attributes: Vec<Attribute>,
}

/// When the sender wants to hear of a sub-message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplyOn {
    Always,
    Success,
    Error,
    Never,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SubMsg {
    pub id: u64,
    pub msg: Value,
    #[serde(default, deserialize_with = "base64_bytes::deserialize")]
    pub payload: Vec<u8>,
    #[serde(default)]
    pub gas_limit: Option<u64>,
    pub reply_on: ReplyOn,
}

/// The `Env` of a call.
pub(crate) fn env(ctx: &Ctx, contract: &str) -> Vec<u8> {
    let transaction = ctx.tx.as_ref().map(|tx| json!({ "index": tx.index, "hash": STANDARD.encode(tx.hash) }));
    let env = json!({
        "block": {
            "height": ctx.block.height,
            "time": ctx.block.time.to_string(),
            "chain_id": ctx.block.chain_id,
        },
        "transaction": transaction,
        "contract": { "address": contract },
    });
    env.to_string().into_bytes()
}

/// The `MessageInfo` of a call.
pub(crate) fn info(sender: &str, funds: &crate::app::coins::Coins) -> Vec<u8> {
    let coins: Vec<Value> = funds.0.iter().map(coin).collect();
    json!({ "sender": sender, "funds": coins }).to_string().into_bytes()
}

/// A coin as contracts know it.
pub(crate) fn coin(coin: &crate::app::coins::Coin) -> Value {
    json!({ "denom": coin.denom, "amount": coin.amount.to_string() })
}
