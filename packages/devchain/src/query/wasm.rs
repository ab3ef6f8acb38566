//! Queries to codes and contracts.

use super::{invalid, out_of_gas, reply, request, QUERY_GAS};
use crate::app::address::Address;
use crate::app::auth::be_u64;
use crate::app::ctx::{Ctx, StoreId};
use crate::app::gas::Gas;
use crate::chain::engine::Chain;
use crate::error::{AppError, Outcome, WASM_INVALID};
use crate::wasm::state::{self, ContractInfo};
use crate::wasm::{keeper, validate};
use cosmrs::proto::cosmos::base::query::v1beta1::PageRequest;
use cosmrs::proto::cosmwasm::wasm::v1::{
    CodeInfo, CodeInfoResponse, ContractCodeHistoryEntry, Model, QueryAllContractStateRequest,
    QueryAllContractStateResponse, QueryCodeRequest, QueryCodeResponse, QueryCodesRequest, QueryCodesResponse,
    QueryContractHistoryRequest, QueryContractHistoryResponse, QueryContractInfoRequest, QueryContractsByCodeRequest,
    QueryContractsByCodeResponse, QueryContractsByCreatorRequest, QueryContractsByCreatorResponse, QueryParamsResponse,
    QueryPinnedCodesResponse, QueryRawContractStateRequest, QueryRawContractStateResponse,
    QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use cosmrs::proto::traits::Message as _;

/// `QueryContractInfoResponse` with the contract info of wasmd v0.61.
#[derive(Clone, PartialEq, prost::Message)]
struct ContractInfoResponse {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(message, optional, tag = "2")]
    contract_info: Option<ContractInfo>,
}

/// `QueryCodeInfoResponse`, which the published types do not have.
#[derive(Clone, PartialEq, prost::Message)]
struct CodeInfoOnly {
    #[prost(uint64, tag = "1")]
    code_id: u64,
    #[prost(string, tag = "2")]
    creator: String,
    #[prost(bytes = "vec", tag = "3")]
    checksum: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    instantiate_permission: Option<cosmrs::proto::cosmwasm::wasm::v1::AccessConfig>,
}

/// `QueryBuildAddressRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct BuildAddressRequest {
    #[prost(string, tag = "1")]
    code_hash: String,
    #[prost(string, tag = "2")]
    creator_address: String,
    #[prost(string, tag = "3")]
    salt: String,
    #[prost(bytes = "vec", tag = "4")]
    init_args: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct BuildAddressResponse {
    #[prost(string, tag = "1")]
    address: String,
}

pub(super) fn answer(chain: &Chain, ctx: &Ctx, method: &str, data: &[u8]) -> Option<Outcome<Vec<u8>>> {
    Some(match method {
        "SmartContractState" => smart(chain, ctx, data),
        "RawContractState" => raw(chain, ctx, data),
        "ContractInfo" => contract_info(chain, ctx, data),
        "ContractHistory" => history(chain, ctx, data),
        "ContractsByCode" => by_code(chain, ctx, data),
        "ContractsByCreator" => by_creator(chain, ctx, data),
        "AllContractState" => all_state(chain, ctx, data),
        "Code" => code(chain, ctx, data),
        "CodeInfo" => code_info(ctx, data),
        "Codes" => codes(ctx, data),
        "PinnedCodes" => reply(&QueryPinnedCodesResponse::default()),
        "Params" => state::params(ctx).and_then(|params| reply(&QueryParamsResponse { params: Some(params) })),
        "BuildAddress" => build_address(chain, data),
        _ => return None,
    })
}

fn smart(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QuerySmartContractStateRequest = request(data)?;
    validate::json(&query.query_data).map_err(|_| invalid("invalid query data"))?;
    let contract = chain.app.codec.decode(&query.address)?;
    let mut ctx = ctx.child();
    ctx.gas = Gas::limited(QUERY_GAS);
    let data = chain.app.query_smart(&ctx, &contract, &query.query_data).map_err(|halt| out_of_gas(halt, &ctx.gas))?;
    reply(&QuerySmartContractStateResponse { data })
}

/// The address of a contract that must exist.
fn existing(chain: &Chain, ctx: &Ctx, text: &str) -> Outcome<Address> {
    let contract = chain.app.codec.decode(text)?;
    if !state::has_contract(ctx, &contract)? {
        return Err(AppError::no_such_contract(text).into());
    }
    Ok(contract)
}

fn raw(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryRawContractStateRequest = request(data)?;
    let contract = existing(chain, ctx, &query.address)?;
    let data = chain.app.query_raw(ctx, &contract, &query.query_data)?;
    reply(&QueryRawContractStateResponse { data: data.unwrap_or_default() })
}

fn contract_info(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryContractInfoRequest = request(data)?;
    let contract = chain.app.codec.decode(&query.address)?;
    let info = state::contract_info(ctx, &contract)?.ok_or_else(|| AppError::no_such_contract(&query.address))?;
    reply(&ContractInfoResponse { address: query.address, contract_info: Some(info) })
}

/// Entries of a page, at most and when the asker names no limit.
const PAGE: u64 = 100;

/// Pages of wasm lists go by key only.
fn by_key(page: Option<PageRequest>) -> Outcome<Option<PageRequest>> {
    match page {
        Some(page) if page.offset != 0 || page.count_total => Err(invalid("offset and count queries not supported")),
        page => Ok(Some(PageRequest {
            limit: match page.as_ref().map_or(0, |p| p.limit) {
                0 => PAGE,
                limit => limit.min(PAGE),
            },
            ..page.unwrap_or_default()
        })),
    }
}

fn history(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryContractHistoryRequest = request(data)?;
    let contract = chain.app.codec.decode(&query.address)?;
    let page = by_key(query.pagination)?;
    let prefix = state::history_prefix(&contract);
    let (entries, page) = super::page::cut(ctx, StoreId::Wasm, &prefix, page.as_ref())?;
    let entries = entries.into_iter().filter_map(|(_, value)| ContractCodeHistoryEntry::decode(value).ok()).collect();
    reply(&QueryContractHistoryResponse { entries, pagination: Some(page) })
}

/// The contracts of an index, whose keys end in position and address.
fn contracts(
    chain: &Chain,
    ctx: &Ctx,
    prefix: &[u8],
    page: Option<PageRequest>,
) -> Outcome<(Vec<String>, cosmrs::proto::cosmos::base::query::v1beta1::PageResponse)> {
    let page = by_key(page)?;
    let (entries, page) = super::page::cut(ctx, StoreId::Wasm, prefix, page.as_ref())?;
    let address = |key: &[u8]| {
        let bytes = key.get(state::POSITION..).unwrap_or_default();
        Address::from_bytes(bytes).map(|a| chain.app.codec.encode(&a))
    };
    let list = entries.iter().filter_map(|(key, _)| address(key).ok());
    Ok((list.collect(), page))
}

fn by_code(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryContractsByCodeRequest = request(data)?;
    if query.code_id == 0 {
        return Err(AppError::new(WASM_INVALID, "code id").into());
    }
    let prefix = state::by_code_prefix(query.code_id);
    let (contracts, page) = contracts(chain, ctx, &prefix, query.pagination)?;
    reply(&QueryContractsByCodeResponse { contracts, pagination: Some(page) })
}

fn by_creator(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryContractsByCreatorRequest = request(data)?;
    let creator = chain.app.codec.decode(&query.creator_address)?;
    let prefix = state::by_creator_prefix(&creator);
    let (contract_addresses, page) = contracts(chain, ctx, &prefix, query.pagination)?;
    reply(&QueryContractsByCreatorResponse { contract_addresses, pagination: Some(page) })
}

fn all_state(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryAllContractStateRequest = request(data)?;
    let page = by_key(query.pagination)?;
    let contract = existing(chain, ctx, &query.address)?;
    let prefix = state::key(state::CONTRACT_STORE, contract.bytes());
    let (entries, page) = super::page::cut(ctx, StoreId::Wasm, &prefix, page.as_ref())?;
    let model = |(key, value): (bytes::Bytes, bytes::Bytes)| Model { key: key.to_vec(), value: value.to_vec() };
    reply(&QueryAllContractStateResponse { models: entries.into_iter().map(model).collect(), pagination: Some(page) })
}

fn info_response(code_id: u64, info: CodeInfo) -> CodeInfoResponse {
    CodeInfoResponse {
        code_id,
        creator: info.creator,
        data_hash: info.code_hash,
        instantiate_permission: info.instantiate_config,
    }
}

fn existing_code(ctx: &Ctx, id: u64) -> Outcome<CodeInfo> {
    if id == 0 {
        return Err(AppError::new(WASM_INVALID, "code id").into());
    }
    Ok(state::code_info(ctx, id)?.ok_or_else(|| AppError::no_such_code(id))?)
}

fn code(chain: &Chain, ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryCodeRequest = request(data)?;
    let info = existing_code(ctx, query.code_id)?;
    let sum = keeper::checksum(&info.code_hash)?;
    let wasm = chain.app.vm.code(&sum).map_err(AppError::undefined)?;
    reply(&QueryCodeResponse { code_info: Some(info_response(query.code_id, info)), data: wasm })
}

fn code_info(ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryCodeRequest = request(data)?;
    let info = existing_code(ctx, query.code_id)?;
    reply(&CodeInfoOnly {
        code_id: query.code_id,
        creator: info.creator,
        checksum: info.code_hash,
        instantiate_permission: info.instantiate_config,
    })
}

fn codes(ctx: &Ctx, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: QueryCodesRequest = request(data)?;
    let page = by_key(query.pagination)?;
    let (entries, page) = super::page::cut(ctx, StoreId::Wasm, &[state::CODE], page.as_ref())?;
    let info = |(key, value): (bytes::Bytes, bytes::Bytes)| {
        let info = CodeInfo::decode(value).ok()?;
        Some(info_response(be_u64(&key), info))
    };
    reply(&QueryCodesResponse { code_infos: entries.into_iter().filter_map(info).collect(), pagination: Some(page) })
}

fn build_address(chain: &Chain, data: &[u8]) -> Outcome<Vec<u8>> {
    let query: BuildAddressRequest = request(data)?;
    let text = |what: &str, e: hex::FromHexError| AppError::undefined(format_args!("invalid {what}: {e}"));
    let sum = hex::decode(&query.code_hash).map_err(|e| text("code hash", e))?;
    let salt = hex::decode(&query.salt).map_err(|e| text("salt", e))?;
    let creator = chain.app.codec.decode(&query.creator_address)?;
    if salt.is_empty() {
        return Err(invalid("empty salt"));
    }
    if sum.len() != 32 {
        return Err(AppError::undefined("invalid code hash: 32 bytes are needed").into());
    }
    let address = Address::predictable(&sum, &creator, &salt, &query.init_args);
    reply(&BuildAddressResponse { address: chain.app.codec.encode(&address) })
}
