//! What happens after a contract's answer: its events, its sub-messages and its replies.

use super::gas;
use super::response::{self, Attribute, Event as ContractEvent, ReplyOn, Response, SubMsg};
use super::state;
use crate::app::address::Address;
use crate::app::ctx::Ctx;
use crate::app::event::Event;
use crate::app::gas::Gas;
use crate::app::App;
use crate::error::{
    AppError, Halt, Outcome, OUT_OF_GAS, WASM_CALL_DEPTH, WASM_EXECUTE_FAILED, WASM_INVALID_EVENT, WASM_VM_ERROR,
};
use crate::wasm::keeper::{checksum, finish};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::Any;
use cosmwasm_vm::call_reply_raw;
use serde_json::{json, Value};
use std::sync::Arc;

/// Contracts may call contracts up to this depth.
const MAX_CALL_DEPTH: u32 = 100;

/// What a dispatched message gave: its events and the answers of the messages it became.
#[derive(Debug, Default)]
pub(crate) struct Dispatched {
    pub events: Vec<Event>,
    pub answers: Vec<Any>,
}

impl App {
    /// Emits a contract's events, runs its sub-messages and returns the data of the call.
    pub(crate) fn handle_response(
        self: &Arc<Self>,
        ctx: &mut Ctx,
        contract: &Address,
        response: Response,
    ) -> Outcome<Option<Vec<u8>>> {
        let cost = gas::events(&response.attributes, &response.events);
        ctx.gas.consume(cost, "Custom contract event attributes")?;
        let address = self.codec.encode(contract);
        if !response.attributes.is_empty() {
            ctx.emit(contract_event("wasm", &address, &response.attributes)?);
        }
        for event in &response.events {
            let kind = event.kind.trim();
            if kind.len() <= 2 {
                let text = format!("Event type too short: '{kind}'");
                return Err(AppError::new(WASM_INVALID_EVENT, text).into());
            }
            let kind = format!("wasm-{kind}");
            ctx.emit(contract_event(&kind, &address, &event.attributes)?);
        }
        if ctx.call_depth >= MAX_CALL_DEPTH {
            return Err(AppError::bare(WASM_CALL_DEPTH).into());
        }
        let mut data = response.data().map_err(|e| AppError::new(WASM_VM_ERROR, e))?;
        ctx.call_depth += 1;
        for msg in response.messages {
            if let Some(replied) = self.run_sub_message(ctx, contract, &address, msg)? {
                data = Some(replied);
            }
        }
        ctx.call_depth -= 1;
        Ok(data)
    }

    fn run_sub_message(
        self: &Arc<Self>,
        ctx: &mut Ctx,
        contract: &Address,
        address: &str,
        msg: SubMsg,
    ) -> Outcome<Option<Vec<u8>>> {
        let is_wasm = msg.msg.get("wasm").is_some_and(|m| !m.is_null());
        let snapshot = ctx.state.snapshot();
        let mut sub = ctx.child();
        let left = ctx.gas.remaining();
        let result = match msg.gas_limit {
            Some(limit) if limit < left => self.with_limit(ctx, &mut sub, limit, contract, &msg.msg),
            _ => self.dispatch(&mut sub, contract, &msg.msg),
        };
        let result = match result {
            Ok(dispatched) => {
                let all = sub.events.into_iter().chain(dispatched.events);
                let mut events: Vec<Event> = all.filter(|e| e.kind != "message").collect();
                if is_wasm {
                    // wasmd sorts in place for the reply, and so for everybody.
                    for event in &mut events {
                        event.attributes.sort_by(|a, b| a.key.cmp(&b.key));
                    }
                }
                ctx.events.extend(events.iter().cloned());
                Ok((events, dispatched.answers))
            }
            Err(Halt::App(error)) => {
                ctx.state.restore(snapshot);
                Err(error)
            }
            Err(empty) => return Err(empty),
        };
        match (msg.reply_on, &result) {
            (ReplyOn::Success | ReplyOn::Never, Err(error)) => {
                return Err(Halt::App(error.clone()));
            }
            (ReplyOn::Never, _) | (ReplyOn::Error, Ok(_)) => return Ok(None),
            _ => {}
        }
        let reported = match &result {
            Ok((events, _)) if is_wasm => events.iter().map(reported).collect(),
            _ => Vec::new(),
        };
        self.reply(ctx, contract, address, &msg, &reported, result).map_err(|e| e.wrap("reply"))
    }

    /// Runs a sub-message under a gas limit of its own; hitting it is an error, not an end.
    fn with_limit(
        self: &Arc<Self>,
        ctx: &Ctx,
        sub: &mut Ctx,
        limit: u64,
        contract: &Address,
        msg: &Value,
    ) -> Outcome<Dispatched> {
        sub.gas = Gas::limited(limit);
        match self.dispatch(sub, contract, msg) {
            Err(Halt::OutOfGas(_)) => {
                ctx.gas.consume(limit, "Sub-Message OutOfGas panic")?;
                Err(AppError::new(OUT_OF_GAS, "SubMsg hit gas limit").into())
            }
            other => {
                ctx.gas.consume(sub.gas.consumed(), "From limited Sub-Message")?;
                other
            }
        }
    }

    fn reply(
        self: &Arc<Self>,
        ctx: &mut Ctx,
        contract: &Address,
        address: &str,
        msg: &SubMsg,
        reported: &[ContractEvent],
        result: Result<(Vec<Event>, Vec<Any>), AppError>,
    ) -> Outcome<Option<Vec<u8>>> {
        let (_, code) = state::instance(ctx, contract, address)?;
        let cost = gas::reply(reported);
        ctx.gas.consume(cost, "Loading CosmWasm module: reply")?;
        let reply = reply_json(msg, reported, result);
        let env = response::env(ctx, address);
        let sum = checksum(&code.code_hash)?;
        let report = self
            .vm
            .call(self, ctx, &sum, contract, |instance| call_reply_raw(instance, &env, reply.to_string().as_bytes()));
        let response = finish(ctx, report, WASM_EXECUTE_FAILED)?;
        ctx.emit(Event::new("reply").with("_contract_address", address));
        self.handle_response(ctx, contract, response).map_err(|e| e.wrap("dispatch"))
    }
}

/// An event of a sub-message as its sender sees it.
fn reported(event: &Event) -> ContractEvent {
    let attribute = |a: &crate::app::event::Attribute| Attribute { key: a.key.clone(), value: a.value.clone() };
    ContractEvent { kind: event.kind.clone(), attributes: event.attributes.iter().map(attribute).collect() }
}

fn reply_json(msg: &SubMsg, reported: &[ContractEvent], result: Result<(Vec<Event>, Vec<Any>), AppError>) -> Value {
    let result = match result {
        Ok((_, answers)) => {
            let responses: Vec<Value> =
                answers.iter().map(|a| json!({ "type_url": a.type_url, "value": STANDARD.encode(&a.value) })).collect();
            let mut ok = json!({ "events": reported, "msg_responses": responses });
            if let Some(first) = answers.first().filter(|a| !a.value.is_empty()) {
                ok["data"] = STANDARD.encode(&first.value).into();
            }
            json!({ "ok": ok })
        }
        Err(error) => json!({ "error": error.redacted() }),
    };
    let mut reply = json!({ "gas_used": 0, "id": msg.id, "result": result });
    if !msg.payload.is_empty() {
        reply["payload"] = STANDARD.encode(&msg.payload).into();
    }
    reply
}

fn contract_event(kind: &str, address: &str, attributes: &[Attribute]) -> Outcome<Event> {
    let mut event = Event::new(kind).with("_contract_address", address);
    for attribute in attributes {
        let key = attribute.key.trim();
        if key.is_empty() {
            let text = format!("Empty attribute key. Value: {}", attribute.value);
            return Err(AppError::new(WASM_INVALID_EVENT, text).into());
        }
        if key.starts_with('_') {
            let text = format!("Attribute key starts with reserved prefix _: '{key}'");
            return Err(AppError::new(WASM_INVALID_EVENT, text).into());
        }
        event = event.with(key, attribute.value.trim());
    }
    Ok(event)
}
