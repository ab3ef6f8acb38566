//! What the contract does when told. One arm per message; longer ones have a function below.

use cosmwasm_std::{
    to_json_binary, BankMsg, Binary, Deps, DepsMut, Env, Event, HashFunction, MessageInfo, Order, Response, StdError,
    StdResult, SubMsg, WasmMsg, BLS12_381_G1_GENERATOR, BLS12_381_G2_GENERATOR,
};

use crate::msg::{Action, Call, ExecuteMsg, When};

/// A reply with this id fails when the sub-message did.
pub const FAIL_IN_REPLY: u64 = 99;

pub fn execute(deps: DepsMut<'_>, env: Env, info: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    match msg {
        // storage
        ExecuteMsg::Put { key, value } => {
            deps.storage.set(key.as_bytes(), value.as_bytes());
            Ok(done("put").add_attribute("key", key).add_attribute("sender", info.sender))
        }
        ExecuteMsg::Fill { count, size } => {
            let value = vec![b'x'; size as usize];
            for i in 0..count {
                deps.storage.set(format!("fill/{i:06}").as_bytes(), &value);
            }
            Ok(done("fill"))
        }
        ExecuteMsg::Remove { key } => {
            deps.storage.remove(key.as_bytes());
            Ok(done("remove").add_attribute("key", key))
        }
        ExecuteMsg::Scan { start, end, descending, limit } => scan(deps.as_ref(), start, end, descending, limit),

        // answers
        ExecuteMsg::Emit { attributes, events, data } => {
            let mut response = Response::new().add_attributes(attributes);
            for (kind, attributes) in events {
                response = response.add_event(Event::new(kind).add_attributes(attributes));
            }
            response.data = data;
            Ok(response)
        }
        ExecuteMsg::Fail { reason } => Err(StdError::msg(reason)),
        ExecuteMsg::Panic {} => {
            deps.storage.set(b"panicked", b"yes");
            panic!("the probe was told to panic");
        }

        // gas
        ExecuteMsg::Spin {} => spin(),
        ExecuteMsg::Work { rounds } => Ok(done("work").add_attribute("sum", work(rounds))),

        // messages
        ExecuteMsg::Calls { calls, data } => {
            let subs: StdResult<Vec<SubMsg>> = calls.into_iter().map(|call| sub_message(&env, call)).collect();
            let mut response = done("calls").add_submessages(subs?);
            response.data = data;
            Ok(response)
        }
        ExecuteMsg::Nest { depth: 0 } => Ok(done("nest").set_data(b"bottom")),
        ExecuteMsg::Nest { depth } => Ok(done("nest").add_message(WasmMsg::Execute {
            contract_addr: env.contract.address.into_string(),
            msg: to_json_binary(&ExecuteMsg::Nest { depth: depth - 1 })?,
            funds: vec![],
        })),

        // the host's cryptography
        ExecuteMsg::VerifyEd25519 { message, signature, public_key } => {
            let answer = deps.api.ed25519_verify(&message, &signature, &public_key);
            Ok(done("verify_ed25519").add_attribute("answer", format!("{answer:?}")))
        }
        ExecuteMsg::VerifySecp256k1 { hash, signature, public_key } => {
            let answer = deps.api.secp256k1_verify(&hash, &signature, &public_key);
            Ok(done("verify_secp256k1").add_attribute("answer", format!("{answer:?}")))
        }
        ExecuteMsg::Pairing {} => pairing(deps.as_ref()),

        // queries from within
        ExecuteMsg::Ask { contract, msg } => {
            let answer =
                deps.querier.query::<String>(&cosmwasm_std::QueryRequest::Wasm(cosmwasm_std::WasmQuery::Smart {
                    contract_addr: contract,
                    msg,
                }));
            let answer = answer.unwrap_or_else(|error| error.to_string());
            Ok(done("ask").add_attribute("answer", answer))
        }
    }
}

fn done(action: &str) -> Response {
    Response::new().add_attribute("action", action)
}

fn scan(
    deps: Deps<'_>,
    start: Option<String>,
    end: Option<String>,
    descending: bool,
    limit: u32,
) -> StdResult<Response> {
    let order = if descending { Order::Descending } else { Order::Ascending };
    let start = start.map(String::into_bytes);
    let end = end.map(String::into_bytes);
    let keys: Vec<String> = deps
        .storage
        .range(start.as_deref(), end.as_deref(), order)
        .take(limit as usize)
        .map(|(key, _)| String::from_utf8_lossy(&key).into_owned())
        .collect();
    Ok(done("scan")
        .add_attribute("count", keys.len().to_string())
        .add_attribute("first", keys.first().cloned().unwrap_or_else(|| "-".into()))
        .add_attribute("last", keys.last().cloned().unwrap_or_else(|| "-".into())))
}

/// Loops until the machine's gas ends it.
pub fn spin<T>() -> StdResult<T> {
    loop {
        std::hint::spin_loop();
    }
}

fn work(rounds: u32) -> String {
    let mut sum: u64 = 1;
    for round in 0..rounds {
        sum = sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round.into());
    }
    sum.to_string()
}

fn pairing(deps: Deps<'_>) -> StdResult<Response> {
    let (g1, g2) = (&BLS12_381_G1_GENERATOR, &BLS12_381_G2_GENERATOR);
    let equal = deps.api.bls12_381_pairing_equality(g1, g2, g1, g2)?;
    let point = deps.api.bls12_381_hash_to_g1(HashFunction::Sha256, b"probe", b"PROBE_DST")?;
    Ok(done("pairing")
        .add_attribute("equal", equal.to_string())
        .add_attribute("hash_to_g1", Binary::from(point.as_slice()).to_base64()))
}

fn sub_message(env: &Env, call: Call) -> StdResult<SubMsg> {
    let message: cosmwasm_std::CosmosMsg = match call.action {
        Action::Execute { contract, msg, funds } => {
            WasmMsg::Execute { contract_addr: contract.unwrap_or_else(|| env.contract.address.to_string()), msg, funds }
                .into()
        }
        Action::Instantiate { code_id, msg, label, salt: None, admin } => {
            WasmMsg::Instantiate { admin, code_id, msg, funds: vec![], label }.into()
        }
        Action::Instantiate { code_id, msg, label, salt: Some(salt), admin } => {
            WasmMsg::Instantiate2 { admin, code_id, msg, funds: vec![], label, salt }.into()
        }
        Action::Migrate { contract, code_id, msg } => {
            WasmMsg::Migrate { contract_addr: contract, new_code_id: code_id, msg }.into()
        }
        Action::UpdateAdmin { contract, admin } => WasmMsg::UpdateAdmin { contract_addr: contract, admin }.into(),
        Action::ClearAdmin { contract } => WasmMsg::ClearAdmin { contract_addr: contract }.into(),
        Action::Send { to, amount } => BankMsg::Send { to_address: to, amount }.into(),
        Action::Burn { amount } => BankMsg::Burn { amount }.into(),
    };
    let mut sub = match call.when {
        When::Never => SubMsg::reply_never(message),
        When::Always => SubMsg::reply_always(message, call.id),
        When::Success => SubMsg::reply_on_success(message, call.id),
        When::Error => SubMsg::reply_on_error(message, call.id),
    };
    sub.payload = Binary::from(call.id.to_string().as_bytes());
    sub.gas_limit = call.gas_limit;
    Ok(sub)
}
