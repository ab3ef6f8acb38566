//! What contracts may ask of the chain.

use super::response::coin;
use super::state;
use super::validate;
use crate::app::address::Address;
use crate::app::coins::Coin;
use crate::app::ctx::{Ctx, StoreId};
use crate::app::App;
use crate::error::{AppError, Outcome, INVALID_ADDRESS, INVALID_REQUEST, NOT_FOUND, WASM_EMPTY};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde_json::{json, Value};
use std::sync::Arc;

impl App {
    /// Answers a contract's query with JSON, or raw bytes where contracts expect them.
    pub(crate) fn contract_query(self: &Arc<Self>, ctx: &Ctx, _caller: &Address, request: &Value) -> Outcome<Vec<u8>> {
        let Some((module, request)) = variant(request) else {
            return Err(AppError::unsupported("unknown").into());
        };
        match module {
            "bank" => self.bank_query(ctx, request),
            "wasm" => self.wasm_query(ctx, request),
            "custom" => Err(AppError::unsupported("custom").into()),
            "stargate" => Err(AppError::unsupported("Stargate queries are disabled on this chain").into()),
            "grpc" => Err(AppError::unsupported("gRPC queries are disabled on this chain").into()),
            other => Err(AppError::unsupported(other).into()),
        }
    }

    fn bank_query(&self, ctx: &Ctx, request: &Value) -> Outcome<Vec<u8>> {
        let Some((kind, body)) = variant(request) else {
            return Err(AppError::unsupported("unknown BankQuery variant").into());
        };
        let denom = || text(&body["denom"]);
        let answer = match kind {
            "balance" => {
                let address = self.queried(&body["address"])?;
                let amount = self.balance(ctx, &address, &denom())?;
                json!({ "amount": coin(&Coin { denom: denom(), amount }) })
            }
            "all_balances" => {
                let address = self.queried(&body["address"])?;
                let coins = self.balances(ctx, &address)?;
                json!({ "amount": coins.0.iter().map(coin).collect::<Vec<_>>() })
            }
            "supply" => {
                let amount = self.supply(ctx, &denom())?;
                json!({ "amount": coin(&Coin { denom: denom(), amount }) })
            }
            "denom_metadata" => return Err(AppError::new(NOT_FOUND, denom()).into()),
            "all_denom_metadata" => json!({ "metadata": [], "next_key": null }),
            _ => return Err(AppError::unsupported("unknown BankQuery variant").into()),
        };
        Ok(answer.to_string().into_bytes())
    }

    fn wasm_query(self: &Arc<Self>, ctx: &Ctx, request: &Value) -> Outcome<Vec<u8>> {
        let Some((kind, body)) = variant(request) else {
            return Err(AppError::unsupported("unknown WasmQuery variant").into());
        };
        let answer = match kind {
            "smart" => {
                let contract = self.queried(&body["contract_addr"])?;
                let msg = bytes(&body["msg"])?;
                validate::json(&msg).map_err(|e| e.wrap("json msg"))?;
                return self.query_smart(ctx, &contract, &msg);
            }
            "raw" => {
                let contract = self.queried(&body["contract_addr"])?;
                let key = bytes(&body["key"])?;
                return Ok(self.query_raw(ctx, &contract, &key)?.unwrap_or_default());
            }
            "contract_info" => {
                let address = text(&body["contract_addr"]);
                let contract = self.queried(&body["contract_addr"])?;
                let info = state::contract_info(ctx, &contract)?.ok_or_else(|| AppError::no_such_contract(&address))?;
                let pinned = state::is_pinned(ctx, info.code_id)?;
                let mut answer = json!({
                    "code_id": info.code_id,
                    "creator": info.creator,
                    "pinned": pinned,
                });
                let optional =
                    [("admin", info.admin), ("ibc_port", info.ibc_port_id), ("ibc2_port", info.ibc2_port_id)];
                for (name, value) in optional.into_iter().filter(|(_, v)| !v.is_empty()) {
                    answer[name] = value.into();
                }
                answer
            }
            "code_info" => {
                let id = body["code_id"].as_u64().unwrap_or(0);
                if id == 0 {
                    return Err(AppError::new(WASM_EMPTY, "code id").into());
                }
                let info = state::code_info(ctx, id)?.ok_or_else(|| AppError::no_such_code(id))?;
                json!({
                    "code_id": id,
                    "creator": info.creator,
                    "checksum": hex::encode(&info.code_hash),
                })
            }
            "raw_range" => self.raw_range(ctx, body)?,
            _ => return Err(AppError::unsupported("unknown WasmQuery variant").into()),
        };
        Ok(answer.to_string().into_bytes())
    }

    fn raw_range(&self, ctx: &Ctx, body: &Value) -> Outcome<Value> {
        let contract = self.queried(&body["contract_addr"])?;
        let forward = match text(&body["order"]).as_str() {
            "ascending" => true,
            "descending" => false,
            other => {
                let text = format!("unknown order {other}");
                return Err(AppError::new(INVALID_REQUEST, text).into());
            }
        };
        let prefix = state::key(state::CONTRACT_STORE, contract.bytes());
        let bound = |value: &Value| -> Outcome<Option<Vec<u8>>> {
            if value.is_null() {
                return Ok(None);
            }
            Ok(Some([prefix.clone(), bytes(value)?].concat()))
        };
        let start = bound(&body["start"])?.unwrap_or_else(|| prefix.clone());
        let end = match bound(&body["end"])? {
            Some(end) => Some(end),
            None => crate::store::prefix_end(&prefix).map(|e| e.to_vec()),
        };
        let limit = body["limit"].as_u64().unwrap_or(0);
        let kv = ctx.kv(StoreId::Wasm);
        let mut iter = kv.iterate(&start, end.as_deref(), forward)?;
        // Every key between these ends begins with the prefix.
        let mut data = Vec::new();
        while (data.len() as u64) < limit {
            let Some((key, value)) = iter.next()? else {
                break;
            };
            data.push(json!([STANDARD.encode(&key[prefix.len()..]), STANDARD.encode(&value)]));
        }
        let next = iter.current().map(|(key, _)| STANDARD.encode(&key[prefix.len()..]));
        Ok(json!({ "data": data, "next_key": next }))
    }

    fn queried(&self, address: &Value) -> Outcome<Address> {
        let address = text(address);
        let invalid = |_| AppError::new(INVALID_ADDRESS, &address);
        Ok(self.codec.decode(&address).map_err(invalid)?)
    }
}

fn variant(value: &Value) -> Option<(&str, &Value)> {
    let mut fields = value.as_object()?.iter().filter(|(_, v)| !v.is_null());
    fields.next().map(|(name, body)| (name.as_str(), body))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn bytes(value: &Value) -> Outcome<Vec<u8>> {
    let decode = STANDARD.decode(value.as_str().unwrap_or_default());
    Ok(decode.map_err(AppError::undefined)?)
}
