//! Contracts' messages as messages of the chain.

use super::dispatch::Dispatched;
use crate::app::address::Address;
use crate::app::coins::{amount, Coin, Coins};
use crate::app::ctx::Ctx;
use crate::app::msg::Msg;
use crate::app::App;
use crate::error::{
    AppError, Outcome, INVALID_COINS, UNAUTHORIZED, WASM_EMPTY, WASM_INVALID_MSG, WASM_LIMIT, WASM_UNKNOWN_MSG,
    WASM_VM_ERROR,
};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmwasm::wasm::v1::{
    MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContract2, MsgMigrateContract,
    MsgUpdateAdmin,
};
use cosmrs::proto::Any;
use serde_json::Value;
use std::sync::Arc;

/// Largest value of an `Any` message, as in wasmd.
const MAX_ANY: usize = 512 * 1024;
const ANY: u64 = 5;

impl App {
    /// Runs one message of a contract.
    pub(crate) fn dispatch(self: &Arc<Self>, ctx: &mut Ctx, contract: &Address, msg: &Value) -> Outcome<Dispatched> {
        if let Some(burn) = msg.pointer("/bank/burn") {
            let coins = coins(&burn["amount"])?;
            if coins.is_zero() {
                return Err(AppError::new(WASM_EMPTY, "amount").into());
            }
            // wasmd moves and burns in the sender's own context: the events stay there.
            self.burn(ctx, contract, &coins)?;
            return Ok(Dispatched::default());
        }
        let Some(msg) = self.encode(ctx, contract, msg)? else {
            return Ok(Dispatched::default());
        };
        msg.validate(&self.codec)
            .map_err(|e| e.wrap(format_args!("failed basic validation for message type {}", msg.go_type())))?;
        for signer in msg.signers(&self.codec)? {
            if signer != *contract {
                let text = "contract doesn't have permission";
                return Err(AppError::new(UNAUTHORIZED, text).into());
            }
        }
        let mut sub = ctx.child();
        let answer = self.handle(&mut sub, &msg)?;
        Ok(Dispatched { events: sub.events, answers: vec![answer] })
    }

    fn encode(&self, ctx: &Ctx, contract: &Address, msg: &Value) -> Outcome<Option<Msg>> {
        let sender = self.codec.encode(contract);
        let Some((kind, body)) = variant(msg) else {
            return unknown("Wasm");
        };
        match kind {
            "bank" => bank(sender, body),
            "wasm" => wasm(sender, body),
            "any" | "stargate" => {
                let any = Any { type_url: text(&body["type_url"]), value: bytes(&body["value"])? };
                if any.value.len() > MAX_ANY {
                    let text = format!("AnyMsg value size {} exceeds limit {MAX_ANY}", any.value.len());
                    return Err(AppError::new(WASM_LIMIT, text).into());
                }
                let cost = ANY + any.value.len() as u64 / 1024;
                ctx.gas.consume(cost, "unpacking AnyMsg")?;
                let msg = Msg::decode(&any).map_err(|_| {
                    let text = format!("Cannot unpack proto message with type URL: {}", any.type_url);
                    AppError::new(WASM_INVALID_MSG, text)
                })?;
                Ok(Some(msg))
            }
            "custom" => Err(AppError::new(WASM_UNKNOWN_MSG, "custom variant not supported").into()),
            _ => unknown("Wasm"),
        }
    }
}

fn unknown<T>(module: &str) -> Outcome<T> {
    Err(AppError::new(WASM_UNKNOWN_MSG, format_args!("unknown variant of {module}")).into())
}

fn variant(value: &Value) -> Option<(&str, &Value)> {
    let mut fields = value.as_object()?.iter().filter(|(_, v)| !v.is_null());
    fields.next().map(|(name, body)| (name.as_str(), body))
}

fn bank(sender: String, body: &Value) -> Outcome<Option<Msg>> {
    let Some(("send", send)) = variant(body) else {
        return unknown("Bank");
    };
    if send["amount"].as_array().is_none_or(Vec::is_empty) {
        return Ok(None);
    }
    Ok(Some(Msg::Send(MsgSend {
        from_address: sender,
        to_address: text(&send["to_address"]),
        amount: coins(&send["amount"])?.to_proto(),
    })))
}

fn wasm(sender: String, body: &Value) -> Outcome<Option<Msg>> {
    let Some((kind, body)) = variant(body) else {
        return unknown("Wasm");
    };
    let contract = text(&body["contract_addr"]);
    let msg = match kind {
        "execute" => Msg::Execute(MsgExecuteContract {
            sender,
            contract,
            msg: bytes(&body["msg"])?,
            funds: coins(&body["funds"])?.to_proto(),
        }),
        "instantiate" => Msg::Instantiate(MsgInstantiateContract {
            sender,
            admin: text(&body["admin"]),
            code_id: body["code_id"].as_u64().unwrap_or(0),
            label: text(&body["label"]),
            msg: bytes(&body["msg"])?,
            funds: coins(&body["funds"])?.to_proto(),
        }),
        "instantiate2" => Msg::Instantiate2(MsgInstantiateContract2 {
            sender,
            admin: text(&body["admin"]),
            code_id: body["code_id"].as_u64().unwrap_or(0),
            label: text(&body["label"]),
            msg: bytes(&body["msg"])?,
            funds: coins(&body["funds"])?.to_proto(),
            salt: bytes(&body["salt"])?,
            fix_msg: false,
        }),
        "migrate" => Msg::Migrate(MsgMigrateContract {
            sender,
            contract,
            code_id: body["new_code_id"].as_u64().unwrap_or(0),
            msg: bytes(&body["msg"])?,
        }),
        "update_admin" => Msg::UpdateAdmin(MsgUpdateAdmin { sender, contract, new_admin: text(&body["admin"]) }),
        "clear_admin" => Msg::ClearAdmin(MsgClearAdmin { sender, contract }),
        _ => return unknown("Wasm"),
    };
    Ok(Some(msg))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn bytes(value: &Value) -> Outcome<Vec<u8>> {
    let decode = STANDARD.decode(value.as_str().unwrap_or_default());
    Ok(decode.map_err(|e| AppError::new(WASM_VM_ERROR, e))?)
}

/// A contract's coins, summed up and sorted.
fn coins(value: &Value) -> Outcome<Coins> {
    let mut coins = Coins::default();
    for coin in value.as_array().into_iter().flatten() {
        let (denom, text) = (text(&coin["denom"]), text(&coin["amount"]));
        let amount = amount(&text).ok_or_else(|| AppError::new(INVALID_COINS, format_args!("{text}{denom}")))?;
        if !crate::app::coins::is_denom(&denom) {
            return Err(AppError::undefined(format_args!("invalid denom: {denom}")).into());
        }
        coins.add(&Coin { denom, amount })?;
    }
    Ok(coins)
}
