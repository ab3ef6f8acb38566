//! What the contract answers. One arm per query.

use cosmwasm_std::{
    instantiate2_address, to_json_binary, Binary, ContractResult, Deps, Env, Order, QueryRequest, StdError, StdResult,
    SystemResult, WasmQuery,
};

use crate::execute::spin;
use crate::msg::QueryMsg;

pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> StdResult<Binary> {
    match msg {
        QueryMsg::Version {} => to_json_binary(crate::VERSION),
        QueryMsg::Get { key } => to_json_binary(&text(deps.storage.get(key.as_bytes()))),
        QueryMsg::List { start, limit } => {
            let start = start.map(String::into_bytes);
            let pairs: Vec<(String, Option<String>)> = deps
                .storage
                .range(start.as_deref(), None, Order::Ascending)
                .take(limit as usize)
                .map(|(key, value)| (String::from_utf8_lossy(&key).into_owned(), text(Some(value))))
                .collect();
            to_json_binary(&pairs)
        }
        QueryMsg::Env {} => to_json_binary(&(
            env.block.chain_id,
            env.contract.address,
            env.block.height > 0,
            env.block.time.seconds() > 1_600_000_000,
            env.transaction.is_some(),
        )),

        // other contracts, the bank and the chain
        QueryMsg::Smart { contract, msg } => raw(deps, WasmQuery::Smart { contract_addr: contract, msg }.into()),
        QueryMsg::Raw { contract, key } => to_json_binary(&text(deps.querier.query_wasm_raw(contract, key)?)),
        QueryMsg::ContractInfo { contract } => to_json_binary(&deps.querier.query_wasm_contract_info(contract)?),
        QueryMsg::CodeInfo { code_id } => to_json_binary(&deps.querier.query_wasm_code_info(code_id)?),
        QueryMsg::Balance { address, denom } => to_json_binary(&deps.querier.query_balance(address, denom)?),
        QueryMsg::Supply { denom } => to_json_binary(&deps.querier.query_supply(denom)?),

        // addresses
        QueryMsg::Address { address } => {
            let canonical = deps.api.addr_canonicalize(&address)?;
            let human = deps.api.addr_humanize(&canonical)?;
            let valid = deps.api.addr_validate(&address);
            to_json_binary(&(Binary::from(canonical.as_slice()), human, valid.is_ok()))
        }
        QueryMsg::Predict { code_id, creator, salt } => {
            let code = deps.querier.query_wasm_code_info(code_id)?;
            let creator = deps.api.addr_canonicalize(&creator)?;
            let address = instantiate2_address(code.checksum.as_slice(), &creator, &salt)
                .map_err(|error| StdError::msg(error.to_string()))?;
            to_json_binary(&deps.api.addr_humanize(&address)?)
        }

        // ways to fail
        QueryMsg::Fail { reason } => Err(StdError::msg(reason)),
        QueryMsg::Spin {} => spin(),
        QueryMsg::Nest { depth: 0 } => to_json_binary("bottom"),
        QueryMsg::Nest { depth } => {
            let msg = to_json_binary(&QueryMsg::Nest { depth: depth - 1 })?;
            let contract_addr = env.contract.address.into_string();
            raw(deps, WasmQuery::Smart { contract_addr, msg }.into())
        }
    }
}

fn text(value: Option<Vec<u8>>) -> Option<String> {
    value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Passes on another contract's answer, or the reason why there is none, unchanged.
fn raw(deps: Deps<'_>, request: QueryRequest) -> StdResult<Binary> {
    let request = cosmwasm_std::to_json_vec(&request)?;
    match deps.querier.raw_query(&request) {
        SystemResult::Ok(ContractResult::Ok(answer)) => Ok(answer),
        SystemResult::Ok(ContractResult::Err(error)) => Err(StdError::msg(error)),
        SystemResult::Err(error) => Err(StdError::msg(error)),
    }
}
