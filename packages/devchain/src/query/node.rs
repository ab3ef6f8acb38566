//! Queries to the node itself: simulation, transactions, its configuration.

use super::{invalid, not_found, reply, request};
use crate::app::address::sha256;
use crate::chain::block;
use crate::chain::engine::Chain;
use crate::error::{AppError, Outcome, Status};
use cosmrs::proto::cosmos::base::abci::v1beta1::{GasInfo, Result as SimulationResult, TxResponse};
use cosmrs::proto::cosmos::base::node::v1beta1::ConfigResponse;
use cosmrs::proto::cosmos::base::tendermint::v1beta1::{GetSyncingResponse, VersionInfo};
use cosmrs::proto::cosmos::tx::v1beta1::{GetTxRequest, GetTxResponse, SimulateRequest, SimulateResponse, Tx};
use cosmrs::proto::traits::Message as _;

/// `GetNodeInfoResponse` without the fields of the peer-to-peer network.
#[derive(Clone, PartialEq, prost::Message)]
struct NodeInfo {
    #[prost(message, optional, tag = "2")]
    application_version: Option<VersionInfo>,
}

pub(super) fn tx(chain: &Chain, method: &str, data: &[u8]) -> Option<Outcome<Vec<u8>>> {
    Some(match method {
        "Simulate" => simulate(chain, data),
        "GetTx" => get_tx(chain, data),
        _ => return None,
    })
}

/// The node's own settings.
pub(super) fn config(chain: &Chain, method: &str) -> Option<Outcome<Vec<u8>>> {
    let prices: Vec<String> = chain.app.gas_prices.iter().map(|(denom, price)| format!("{price}{denom}")).collect();
    match method {
        "Config" => Some(reply(&ConfigResponse { minimum_gas_price: prices.join(","), ..ConfigResponse::default() })),
        _ => None,
    }
}

pub(super) fn service(chain: &Chain, method: &str) -> Option<Outcome<Vec<u8>>> {
    match method {
        "GetSyncing" => Some(reply(&GetSyncingResponse { syncing: false })),
        "GetNodeInfo" => Some(reply(&NodeInfo {
            application_version: Some(VersionInfo {
                name: chain.chain_id.clone(),
                app_name: "devchain".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..VersionInfo::default()
            }),
        })),
        _ => None,
    }
}

#[allow(deprecated)] // old clients send the transaction in the field that is deprecated
fn simulate(chain: &Chain, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: SimulateRequest = request(data)?;
    let bytes = match (&query.tx, query.tx_bytes.is_empty()) {
        (Some(tx), true) => tx.encode_to_vec(),
        (None, true) => return Err(invalid("empty txBytes is not allowed")),
        _ => query.tx_bytes,
    };
    let outcome = chain.simulate(&bytes);
    let result = outcome.result;
    if result.code != 0 {
        let text = format!("{} with gas used: '{}'", result.log, result.gas_used);
        return Err(AppError::status(Status::Unknown, text).into());
    }
    reply(&SimulateResponse {
        gas_info: Some(GasInfo { gas_wanted: u64::MAX, gas_used: result.gas_used as u64 }),
        result: Some(SimulationResult {
            data: result.data.to_vec(),
            log: String::new(),
            events: result.events,
            msg_responses: outcome.answers,
        }),
    })
}

fn get_tx(chain: &Chain, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: GetTxRequest = request(data)?;
    if query.hash.is_empty() {
        return Err(invalid("tx hash cannot be empty"));
    }
    let missing = || not_found(format_args!("tx not found: {}", query.hash));
    let broken = |e: crate::error::Error| AppError::undefined(e);
    let hash = hex::decode(&query.hash).map_err(AppError::undefined)?;
    let (height, index) = chain.tx(&hash).map_err(broken)?.ok_or_else(missing)?;
    let stored = chain.block(height).map_err(broken)?.ok_or_else(missing)?;
    let index = index as usize;
    let result = stored.results.get(index).ok_or_else(missing)?.clone();
    let inner = stored.block.unwrap_or_default();
    let txs = inner.data.unwrap_or_default().txs;
    let bytes = txs.get(index).ok_or_else(missing)?;
    debug_assert_eq!(sha256(&[bytes]).as_slice(), hash);
    let tx = Tx::decode(bytes.as_slice()).ok();
    let time = inner.header.and_then(|h| h.time).map_or(0, block::nanos);
    let response = TxResponse {
        height: height as i64,
        txhash: hex::encode_upper(&hash),
        codespace: result.codespace,
        code: result.code,
        data: hex::encode_upper(&result.data),
        raw_log: result.log,
        gas_wanted: result.gas_wanted,
        gas_used: result.gas_used,
        tx: Some(cosmrs::proto::Any { type_url: "/cosmos.tx.v1beta1.Tx".to_owned(), value: full_tx(bytes) }),
        timestamp: crate::rpc::json::time(time),
        events: result.events,
        ..TxResponse::default()
    };
    reply(&GetTxResponse { tx, tx_response: Some(response) })
}

/// A `Tx` from the bytes of its signed form.
fn full_tx(bytes: &[u8]) -> Vec<u8> {
    use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
    let Ok(raw) = TxRaw::decode(bytes) else {
        return Vec::new();
    };
    Tx {
        body: TxBody::decode(&*raw.body_bytes).ok(),
        auth_info: AuthInfo::decode(&*raw.auth_info_bytes).ok(),
        signatures: raw.signatures,
    }
    .encode_to_vec()
}
