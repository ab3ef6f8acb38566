//! The scenarios of the Rust client, in the order they run. Later ones use what earlier ones made.
//!
//! A scenario that cannot go on writes down why and the next one runs: on a chain that lacks
//! something, the rest is still compared.

mod accounts;
mod bank;
mod connect;
mod execute;
mod history;
mod instantiate;
mod migrate;
mod rpc;
mod search;
mod simulate;
mod submessages;
mod subscribe;
mod upload;
mod wasm_queries;
mod wrong;

use anyhow::Result;
use cosmrs::proto::cosmwasm::wasm::v1::{MsgExecuteContract, MsgInstantiateContract};
use serde_json::{json, Value};

use crate::run::Run;
use crate::transcript::STOPPED;
use crate::tx::coin;

/// The first code that the suite uploads.
pub const PROBE: u64 = 1;
/// The code of the second version.
pub const SECOND: u64 = 3;

/// Runs every scenario.
pub async fn run_all(run: &mut Run) -> Result<()> {
    macro_rules! scenarios {
        ($($name:literal => $function:path),* $(,)?) => {$(
            run.begin($name);
            if let Err(error) = $function(run).await {
                run.note(STOPPED, json!(format!("{error:#}")));
            }
            eprintln!("rust: {}", $name);
        )*};
    }
    scenarios! {
        "connect" => connect::connect,
        "accounts" => accounts::accounts,
        "upload" => upload::upload,
        "refused uploads" => upload::refused,
        "instantiate" => instantiate::instantiate,
        "instantiate2" => instantiate::predictable,
        "refused instantiations" => instantiate::refused,
        "execute" => execute::execute,
        "refused executions" => execute::refused,
        "gas" => execute::gas,
        "sub-messages" => submessages::replies,
        "sub-messages that fail" => submessages::failures,
        "contract queries" => wasm_queries::from_outside,
        "queries from within" => wasm_queries::from_within,
        "migrate" => migrate::migrate,
        "admins" => migrate::admins,
        "bank" => bank::send,
        "refused payments" => bank::refused,
        "simulate" => simulate::simulate,
        "wrong signatures" => wrong::signatures,
        "wrong fees" => wrong::fees,
        "wrong messages" => wrong::messages,
        "wrong bytes" => wrong::bytes,
        "broadcast modes" => wrong::broadcast_modes,
        "search" => search::transactions,
        "search blocks" => search::blocks,
        "history" => history::history,
        "subscribe" => subscribe::subscribe,
        "rpc shapes" => rpc::shapes,
        "rpc errors" => rpc::errors,
    }
    Ok(())
}

/// An execution of the main contract by Alice.
fn execute_msg(run: &Run, msg: Value) -> MsgExecuteContract {
    MsgExecuteContract {
        sender: run.alice.address.clone(),
        contract: run.contract.clone(),
        msg: msg.to_string().into_bytes(),
        funds: vec![],
    }
}

/// An instantiation of the probe by Alice.
fn instantiate_msg(run: &Run, label: &str) -> MsgInstantiateContract {
    MsgInstantiateContract {
        sender: run.alice.address.clone(),
        admin: run.alice.address.clone(),
        code_id: PROBE,
        label: label.to_string(),
        msg: json!({"greeting": "hello"}).to_string().into_bytes(),
        funds: vec![coin(1_000_000, "unym")],
    }
}

/// JSON in bytes as JSON, anything else as hex.
fn text(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| hex::encode(bytes).into())
}
