//! Blocks, commits and results in CometBFT's JSON: numbers as text, hashes in hex.

use crate::chain::block::nanos;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::tendermint::abci::{Event, ExecTxResult};
use cosmrs::proto::tendermint::types::{Block, BlockId, Commit, Header};
use cosmrs::proto::Timestamp;
use serde_json::{json, Value};

pub(crate) fn hex(bytes: &[u8]) -> String {
    hex::encode_upper(bytes)
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Nanoseconds since 1970 as RFC 3339.
pub(crate) fn time(nanos: u64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanos));
    time.ok()
        .and_then(|t| t.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

fn stamp(at: Option<Timestamp>) -> String {
    time(at.map_or(0, nanos))
}

pub(crate) fn block_id(id: Option<&BlockId>) -> Value {
    let default = BlockId::default();
    let id = id.unwrap_or(&default);
    let parts = id.part_set_header.clone().unwrap_or_default();
    json!({
        "hash": hex(&id.hash),
        "parts": { "total": parts.total, "hash": hex(&parts.hash) },
    })
}

pub(crate) fn header(header: &Header) -> Value {
    let block = header.version.as_ref().map_or(0, |v| v.block);
    json!({
        "version": { "block": block.to_string() },
        "chain_id": header.chain_id,
        "height": header.height.to_string(),
        "time": stamp(header.time),
        "last_block_id": block_id(header.last_block_id.as_ref()),
        "last_commit_hash": hex(&header.last_commit_hash),
        "data_hash": hex(&header.data_hash),
        "validators_hash": hex(&header.validators_hash),
        "next_validators_hash": hex(&header.next_validators_hash),
        "consensus_hash": hex(&header.consensus_hash),
        "app_hash": hex(&header.app_hash),
        "last_results_hash": hex(&header.last_results_hash),
        "evidence_hash": hex(&header.evidence_hash),
        "proposer_address": hex(&header.proposer_address),
    })
}

pub(crate) fn commit(commit: &Commit) -> Value {
    let signatures: Vec<Value> = commit
        .signatures
        .iter()
        .map(|s| {
            json!({
                "block_id_flag": s.block_id_flag,
                "validator_address": hex(&s.validator_address),
                "timestamp": stamp(s.timestamp),
                "signature": base64(&s.signature),
            })
        })
        .collect();
    json!({
        "height": commit.height.to_string(),
        "round": commit.round,
        "block_id": block_id(commit.block_id.as_ref()),
        "signatures": signatures,
    })
}

pub(crate) fn block(block: &Block) -> Value {
    let txs: Vec<String> = block.data.iter().flat_map(|data| data.txs.iter().map(|tx| base64(tx))).collect();
    json!({
        "header": block.header.as_ref().map(header),
        "data": { "txs": txs },
        "evidence": { "evidence": [] },
        "last_commit": block.last_commit.as_ref().map(commit),
    })
}

pub(crate) fn events(events: &[Event]) -> Value {
    let list: Vec<Value> = events
        .iter()
        .map(|e| {
            let attributes: Vec<Value> =
                e.attributes.iter().map(|a| json!({ "key": a.key, "value": a.value, "index": a.index })).collect();
            json!({ "type": e.r#type, "attributes": attributes })
        })
        .collect();
    list.into()
}

/// The result of a transaction in a block, or of its check.
pub(crate) fn result(result: &ExecTxResult) -> Value {
    let data = if result.data.is_empty() { Value::Null } else { base64(&result.data).into() };
    json!({
        "code": result.code,
        "data": data,
        "log": result.log,
        "info": result.info,
        "gas_wanted": result.gas_wanted.to_string(),
        "gas_used": result.gas_used.to_string(),
        "events": events(&result.events),
        "codespace": result.codespace,
    })
}

/// A result inside an event, where zero values are left out.
pub(crate) fn brief(of: &ExecTxResult) -> Value {
    let mut value = result(of);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| {
            let empty = field.is_null()
                || field.as_str().is_some_and(|t| t.is_empty() || t == "0")
                || field.as_u64() == Some(0);
            !empty
        });
    }
    value
}
