//! The way of a call: bytes of the machine to typed values, the contract, its answer or refusal back to bytes.

use cosmwasm_std::{Binary, Deps, DepsMut, Empty, Env, MessageInfo, MigrateInfo, QuerierWrapper, Response};

use crate::host::{report_panics, HostApi, HostQuerier, HostStorage};
use crate::json::{from_slice, write_object, Read, Write};
use crate::region::{give, take, Passed};
use crate::response::Answer;

/// Reads what the machine passed.
fn read<T: Read>(passed: Passed, what: &str) -> Result<T, String> {
    from_slice(&take(passed)).map_err(|error| [what, " does not parse: ", &error.to_string()].concat())
}

/// Passes an answer or a refusal back.
fn answer<T: Write>(result: Result<T, String>) -> Passed {
    match &result {
        Ok(answer) => give_object("ok", answer),
        Err(error) => give_object("error", error),
    }
}

fn give_object(name: &'static str, value: &dyn Write) -> Passed {
    let mut text = Vec::with_capacity(256);
    write_object(&mut text, name, &[value]);
    give(text)
}

fn with_storage<T>(call: impl FnOnce(DepsMut<'_>) -> T) -> T {
    report_panics();
    call(DepsMut { storage: &mut HostStorage, api: &HostApi, querier: QuerierWrapper::<Empty>::new(&HostQuerier) })
}

type WithInfo<'a, M, E> = &'a dyn Fn(DepsMut<'_>, Env, MessageInfo, M) -> Result<Response, E>;

#[allow(clippy::type_complexity)] // It is that of the entry point.
type Migrate<'a, M, E> = &'a dyn Fn(DepsMut<'_>, Env, M, MigrateInfo) -> Result<Response, E>;

fn change<M: Read, E: ToString>(call: WithInfo<'_, M, E>, env: Passed, info: Passed, msg: Passed) -> Passed {
    answer(with_storage(|deps| {
        let (env, info) = (read(env, "environment")?, read(info, "sender")?);
        let response = call(deps, env, info, read(msg, "message")?).map_err(|error| error.to_string())?;
        Answer::of(response)
    }))
}

/// Calls `instantiate`.
pub fn instantiate<M: Read, E: ToString>(call: WithInfo<'_, M, E>, env: Passed, info: Passed, msg: Passed) -> Passed {
    change(call, env, info, msg)
}

/// Calls `execute`.
pub fn execute<M: Read, E: ToString>(call: WithInfo<'_, M, E>, env: Passed, info: Passed, msg: Passed) -> Passed {
    change(call, env, info, msg)
}

/// Calls `query`.
pub fn query<M: Read, E: ToString>(
    call: &dyn Fn(Deps<'_>, Env, M) -> Result<Binary, E>,
    env: Passed,
    msg: Passed,
) -> Passed {
    answer(with_storage(|deps| {
        let env = read(env, "environment")?;
        call(deps.as_ref(), env, read(msg, "query")?).map_err(|error| error.to_string())
    }))
}

/// Calls `migrate`.
pub fn migrate<M: Read, E: ToString>(call: Migrate<'_, M, E>, env: Passed, msg: Passed, info: Passed) -> Passed {
    answer(with_storage(|deps| {
        let (env, info) = (read(env, "environment")?, read(info, "migration")?);
        let response = call(deps, env, read(msg, "message")?, info).map_err(|error| error.to_string())?;
        Answer::of(response)
    }))
}
