//! What a chain's endpoint answers: transactions, blocks, refusals, replies to queries, replies of the mixnet contract.
#![no_main]

use async_trait::async_trait;
use cosmrs::proto::cosmos::{auth::v1beta1 as auth, bank::v1beta1 as bank, tx::v1beta1::SimulateResponse};
use cosmrs::proto::cosmwasm::wasm::v1 as wasm;
use cosmrs::proto::traits::Message;
use libfuzzer_sys::fuzz_target;
use nym_chain_client::{topology, tx_hash, ChainError, Contract, Refusal, SmartQuery, TxOutcome};
use nym_topology::{TopologyDocument, TopologyError};
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use tendermint_rpc::endpoint::{abci_query, block, broadcast, status, tx};
use tendermint_rpc::Response as _;

/// A contract that answers one line after the other, the last one again and again.
#[derive(Clone)]
struct Lines(Arc<(Vec<Vec<u8>>, AtomicUsize)>);

#[async_trait]
impl SmartQuery for Lines {
    async fn smart(&self, _contract: &str, _msg: Vec<u8>, _height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        let (lines, next) = &*self.0;
        let index = next.fetch_add(1, Ordering::Relaxed);
        Ok(lines.get(index).or(lines.last()).cloned().unwrap_or_default())
    }
}

fn transaction(text: &str) {
    let Ok(response) = tx::Response::from_string(text) else { return };
    let outcome = TxOutcome::from(&response);
    assert_eq!(outcome.refusal.is_some(), response.tx_result.code.is_err());
    let _ = (outcome.code_id(), outcome.contract_address());
    for event in &outcome.events {
        for (key, _) in &event.attributes {
            assert!(outcome.attribute(&event.kind, key).is_some());
        }
    }
    assert_eq!(outcome.clone().into_result().is_err(), outcome.refusal.is_some());
}

fn refusal(text: &str) {
    let (head, log) = text.split_once('\n').unwrap_or(("sdk 32", text));
    let (codespace, code) = head.split_once(' ').unwrap_or((head, "1"));
    let refusal = Refusal::new(codespace, code.parse().unwrap_or(1), log);
    assert_eq!(refusal.log, log);
    assert!(!refusal.to_string().is_empty());
    assert!(refusal.sequences().is_none() || log.contains("account sequence mismatch"));
    if let Some(sentence) = &refusal.contract_error {
        assert!(log.contains(sentence.as_str()), "the sentence is a part of the log");
    }
}

fn contract(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let contract = Contract::new(Lines(Arc::new((lines, AtomicUsize::new(0)))), "n1contract");
    let Ok((now, before)) = futures::executor::block_on(topology::current(&contract, "fuzz")) else { return };
    for document in std::iter::once(now).chain(before) {
        match TopologyDocument::from_canonical_bytes(&document.canonical_bytes()) {
            Ok(read) => assert_eq!(read, document),
            Err(error) => assert!(matches!(error, TopologyError::Inconsistent { .. }), "{error}"),
        }
    }
}

fn block(text: &str) {
    let Ok(answer) = block::v0_38::DialectResponse::from_string(text) else { return };
    let block = block::Response::from(answer).block;
    let _ = (block.header.chain_id.to_string(), block.header.height.value(), block.header.time.unix_timestamp());
    assert!(block.data.iter().all(|tx| tx_hash(tx).len() == 64));
}

/// A message of the chain, as the answer to a query holds it.
fn message<M: Message + Default + PartialEq + Debug>(bytes: &[u8]) -> Option<M> {
    let message = M::decode(bytes).ok()?;
    assert_eq!(M::decode(&*message.encode_to_vec()).expect("it was written just now"), message);
    Some(message)
}

/// Each reply that the client asks for.
fn replies(bytes: &[u8]) {
    if let Some(account) = message::<auth::QueryAccountResponse>(bytes).and_then(|reply| reply.account) {
        message::<auth::ModuleAccount>(&account.value);
        message::<auth::BaseAccount>(&account.value);
    }
    message::<bank::QueryBalanceResponse>(bytes);
    message::<bank::QueryAllBalancesResponse>(bytes);
    message::<wasm::QuerySmartContractStateResponse>(bytes);
    message::<wasm::QueryRawContractStateResponse>(bytes);
    message::<wasm::QueryContractInfoResponse>(bytes);
    message::<wasm::QueryCodeResponse>(bytes);
    message::<SimulateResponse>(bytes);
}

/// Whether any string has padding elsewhere than at the end of whole groups of four.
fn has_odd_padding(text: &str) -> bool {
    text.split('"').filter(|string| string.contains('=')).any(|string| {
        let unpadded = string.trim_end_matches('=');
        unpadded.contains('=') || string.len() - unpadded.len() > 2 || string.len() % 4 != 0
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    if kind % 4 == 2 {
        return contract(rest);
    }
    if kind % 4 == 3 {
        replies(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    // Libraries panic at these, and at times with an offset that are in the year 10,000 without it; `nym_chain_client` takes
    // that for an answer that cannot be read.
    if has_odd_padding(text) || text.contains("9999-12-31") {
        return;
    }
    match kind % 4 {
        0 => transaction(text),
        1 => refusal(text),
        _ => {
            let _ = status::Response::from_string(text);
            let _ = broadcast::tx_sync::Response::from_string(text);
            block(text);
            if let Ok(answer) = abci_query::Response::from_string(text) {
                let _ = answer.response.height.value();
                replies(&answer.response.value);
            }
        }
    }
});
