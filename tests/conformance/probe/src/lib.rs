//! A contract that does one of everything a chain offers to contracts.
//!
//! It exists to be run on two chains and compared: each message reaches one host function, one
//! kind of sub-message or one way to fail, and says in its events what it saw. It holds no value
//! worth protecting and checks no permissions.

pub mod msg;

mod execute;
mod query;

use cosmwasm_std::{
    entry_point, Binary, Deps, DepsMut, Env, MessageInfo, MigrateInfo, Reply, Response, StdError, StdResult,
    SubMsgResult,
};
use msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

/// What this build answers to [`QueryMsg::Version`].
pub const VERSION: &str = if cfg!(feature = "second") { "second" } else { "first" };

/// The chain calls `migrate` only when this grows.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // only entry points read it
const MIGRATE_VERSION: u64 = if cfg!(feature = "second") { 2 } else { 1 };

/// Creates the contract; fails on request, so that a refused instantiation can be compared.
#[entry_point]
pub fn instantiate(deps: DepsMut<'_>, _env: Env, info: MessageInfo, msg: InstantiateMsg) -> StdResult<Response> {
    if let Some(reason) = msg.fail {
        return Err(StdError::msg(reason));
    }
    deps.storage.set(b"greeting", msg.greeting.as_bytes());
    Ok(Response::new()
        .add_attribute("action", "instantiate")
        .add_attribute("sender", info.sender)
        .add_attribute("greeting", msg.greeting)
        .set_data(b"instantiated"))
}

/// Does the one thing the message asks for.
#[entry_point]
pub fn execute(deps: DepsMut<'_>, env: Env, info: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    execute::execute(deps, env, info, msg)
}

/// Answers one question.
#[entry_point]
pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> StdResult<Binary> {
    query::query(deps, env, msg)
}

/// Reports what came back from a sub-message, in attributes, data and storage.
#[entry_point]
pub fn reply(deps: DepsMut<'_>, _env: Env, reply: Reply) -> StdResult<Response> {
    let response = Response::new()
        .add_attribute("action", "reply")
        .add_attribute("id", reply.id.to_string())
        .add_attribute("payload", reply.payload.to_base64());
    match reply.result {
        SubMsgResult::Ok(answer) => {
            deps.storage.set(b"reply", b"ok");
            let types: Vec<&str> = answer.events.iter().map(|e| e.ty.as_str()).collect();
            let responses: Vec<&str> = answer.msg_responses.iter().map(|r| r.type_url.as_str()).collect();
            Ok(response
                .add_attribute("result", "ok")
                .add_attribute("events", types.join(","))
                .add_attribute("responses", responses.join(","))
                .set_data(b"replied"))
        }
        SubMsgResult::Err(error) => {
            deps.storage.set(b"reply", error.as_bytes());
            if reply.id == execute::FAIL_IN_REPLY {
                return Err(StdError::msg("the reply failed too"));
            }
            Ok(response.add_attribute("result", "error").add_attribute("error", error))
        }
    }
}

/// Says which version it came from; fails on request.
#[entry_point]
#[migrate_version(MIGRATE_VERSION)]
pub fn migrate(deps: DepsMut<'_>, _env: Env, msg: MigrateMsg, info: MigrateInfo) -> StdResult<Response> {
    if let Some(reason) = msg.fail {
        return Err(StdError::msg(reason));
    }
    deps.storage.set(b"greeting", msg.greeting.as_bytes());
    let old = info.old_migrate_version.map_or("none".to_string(), |version| version.to_string());
    Ok(Response::new()
        .add_attribute("action", "migrate")
        .add_attribute("migrate_sender", info.sender)
        .add_attribute("old_version", old)
        .set_data(b"migrated"))
}
