//! What is stored about codes and contracts, with wasmd's keys and encodings.

use crate::app::address::Address;
use crate::app::auth::be_u64;
use crate::app::ctx::{Ctx, StoreId};
use crate::error::{AppError, Outcome};
use cosmrs::proto::cosmwasm::wasm::v1::{
    AbsoluteTxPosition, AccessConfig, AccessType, CodeInfo, ContractCodeHistoryEntry, Params,
};
use cosmrs::proto::traits::Message as _;

pub(crate) const CODE: u8 = 1;
pub(crate) const CONTRACT: u8 = 2;
pub(crate) const CONTRACT_STORE: u8 = 3;
const HISTORY: u8 = 5;
const BY_CODE: u8 = 6;
const PINNED: u8 = 7;
const TX_COUNTER: &[u8] = &[8];
const BY_CREATOR: u8 = 9;
pub(crate) const NEXT_CODE: &[u8] = b"\x04lastCodeId";
pub(crate) const NEXT_CONTRACT: &[u8] = b"\x04lastContractId";

const PARAMS: &[u8] = &[0x10];

/// Length of a block position in a key.
pub(crate) const POSITION: usize = 16;

/// `ContractInfo` of wasmd v0.61, which has one field more than the published Rust types.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContractInfo {
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    #[prost(string, tag = "2")]
    pub creator: String,
    #[prost(string, tag = "3")]
    pub admin: String,
    #[prost(string, tag = "4")]
    pub label: String,
    #[prost(message, optional, tag = "5")]
    pub created: Option<AbsoluteTxPosition>,
    #[prost(string, tag = "6")]
    pub ibc_port_id: String,
    #[prost(string, tag = "8")]
    pub ibc2_port_id: String,
}

/// A key of one letter and a part.
pub(crate) fn key(letter: u8, part: &[u8]) -> Vec<u8> {
    let mut key = vec![letter];
    key.extend_from_slice(part);
    key
}

pub(crate) fn history_prefix(contract: &Address) -> Vec<u8> {
    key(HISTORY, contract.bytes())
}

pub(crate) fn by_code_prefix(code_id: u64) -> Vec<u8> {
    key(BY_CODE, &code_id.to_be_bytes())
}

pub(crate) fn by_creator_prefix(creator: &Address) -> Vec<u8> {
    let mut key = vec![BY_CREATOR, creator.bytes().len() as u8];
    key.extend_from_slice(creator.bytes());
    key
}

fn position(at: &AbsoluteTxPosition) -> [u8; POSITION] {
    let mut bytes = [0; POSITION];
    bytes[..8].copy_from_slice(&at.block_height.to_be_bytes());
    bytes[8..].copy_from_slice(&at.tx_index.to_be_bytes());
    bytes
}

fn by_code_key(contract: &Address, entry: &ContractCodeHistoryEntry) -> Vec<u8> {
    let mut key = by_code_prefix(entry.code_id);
    let at = entry.updated.clone().unwrap_or_default();
    key.extend_from_slice(&position(&at));
    key.extend_from_slice(contract.bytes());
    key
}

/// The place of the running transaction, as wasmd counts it.
pub(crate) fn tx_position(ctx: &Ctx) -> AbsoluteTxPosition {
    AbsoluteTxPosition { block_height: ctx.block.height, tx_index: ctx.block.gas_before }
}

/// Counts up the sequence under `key` and returns the number before.
pub(crate) fn next_id(ctx: &Ctx, key: &[u8]) -> Outcome<u64> {
    let kv = ctx.kv(StoreId::Wasm);
    let id = kv.get(key)?.map_or(1, |bytes| be_u64(&bytes));
    kv.set(key, &id.saturating_add(1).to_be_bytes())?;
    Ok(id)
}

/// Counts the transaction in its block and returns its index.
pub(crate) fn count_tx(ctx: &Ctx) -> Outcome<u32> {
    let kv = ctx.kv(StoreId::Wasm);
    let stored = kv.get(TX_COUNTER)?;
    let index = match stored {
        Some(bytes) if bytes.len() == 12 && be_u64(&bytes[..8]) == ctx.block.height => be_u64(&bytes[8..]) as u32,
        _ => 0,
    };
    let mut next = ctx.block.height.to_be_bytes().to_vec();
    next.extend_from_slice(&index.wrapping_add(1).to_be_bytes());
    kv.set(TX_COUNTER, &next)?;
    Ok(index)
}

pub(crate) fn code_info(ctx: &Ctx, id: u64) -> Outcome<Option<CodeInfo>> {
    let stored = ctx.kv(StoreId::Wasm).get(&key(CODE, &id.to_be_bytes()))?;
    Ok(stored.and_then(|bytes| CodeInfo::decode(bytes).ok()))
}

pub(crate) fn set_code_info(ctx: &Ctx, id: u64, info: &CodeInfo) -> Outcome<()> {
    ctx.kv(StoreId::Wasm).set(&key(CODE, &id.to_be_bytes()), &info.encode_to_vec())
}

pub(crate) fn contract_info(ctx: &Ctx, contract: &Address) -> Outcome<Option<ContractInfo>> {
    let stored = ctx.kv(StoreId::Wasm).get(&key(CONTRACT, contract.bytes()))?;
    Ok(stored.and_then(|bytes| ContractInfo::decode(bytes).ok()))
}

pub(crate) fn has_contract(ctx: &Ctx, contract: &Address) -> Outcome<bool> {
    ctx.kv(StoreId::Wasm).has(&key(CONTRACT, contract.bytes()))
}

pub(crate) fn set_contract_info(ctx: &Ctx, contract: &Address, info: &ContractInfo) -> Outcome<()> {
    ctx.kv(StoreId::Wasm).set(&key(CONTRACT, contract.bytes()), &info.encode_to_vec())
}

/// Whether the code is pinned in memory. This chain pins none, but the look costs gas.
pub(crate) fn is_pinned(ctx: &Ctx, code_id: u64) -> Outcome<bool> {
    ctx.kv(StoreId::Wasm).has(&key(PINNED, &code_id.to_be_bytes()))
}

/// The contract with its code, or the error of calling an address where none lives.
pub(crate) fn instance(ctx: &Ctx, contract: &Address, text: &str) -> Outcome<(ContractInfo, CodeInfo)> {
    let info = contract_info(ctx, contract)?.ok_or_else(|| AppError::no_such_contract(text))?;
    let code = code_info(ctx, info.code_id)?.ok_or_else(|| AppError::no_such_code(info.code_id))?;
    Ok((info, code))
}

pub(crate) fn index_by_code(ctx: &Ctx, contract: &Address, entry: &ContractCodeHistoryEntry) -> Outcome<()> {
    ctx.kv(StoreId::Wasm).set(&by_code_key(contract, entry), &[])
}

pub(crate) fn unindex_by_code(ctx: &Ctx, contract: &Address, entry: &ContractCodeHistoryEntry) -> Outcome<()> {
    ctx.kv(StoreId::Wasm).delete(&by_code_key(contract, entry))
}

pub(crate) fn index_by_creator(
    ctx: &Ctx,
    creator: &Address,
    at: &AbsoluteTxPosition,
    contract: &Address,
) -> Outcome<()> {
    let mut key = by_creator_prefix(creator);
    key.extend_from_slice(&position(at));
    key.extend_from_slice(contract.bytes());
    ctx.kv(StoreId::Wasm).set(&key, &[])
}

/// The newest entry of a contract's history with its number.
pub(crate) fn last_history(ctx: &Ctx, contract: &Address) -> Outcome<Option<(u64, ContractCodeHistoryEntry)>> {
    let prefix = history_prefix(contract);
    let end = crate::store::prefix_end(&prefix);
    let iter = ctx.kv(StoreId::Wasm).iterate(&prefix, end.as_deref(), false)?;
    Ok(iter.current().and_then(|(key, value)| {
        let number = be_u64(&key[prefix.len()..]);
        Some((number, ContractCodeHistoryEntry::decode(value).ok()?))
    }))
}

pub(crate) fn append_history(ctx: &Ctx, contract: &Address, entry: &ContractCodeHistoryEntry) -> Outcome<()> {
    let number = last_history(ctx, contract)?.map_or(0, |(number, _)| number).saturating_add(1);
    let mut key = history_prefix(contract);
    key.extend_from_slice(&number.to_be_bytes());
    ctx.kv(StoreId::Wasm).set(&key, &entry.encode_to_vec())
}

/// Everybody may upload, and everybody may instantiate what was uploaded.
pub(crate) fn default_params() -> Params {
    Params { code_upload_access: Some(everybody()), instantiate_default_permission: AccessType::Everybody as i32 }
}

/// Writes the parameters of the module, at genesis.
pub(crate) fn init_params(ctx: &Ctx) -> Outcome<()> {
    ctx.kv(StoreId::Wasm).set(PARAMS, &default_params().encode_to_vec())
}

pub(crate) fn params(ctx: &Ctx) -> Outcome<Params> {
    let stored = ctx.kv(StoreId::Wasm).get(PARAMS)?;
    Ok(stored.and_then(|bytes| Params::decode(bytes).ok()).unwrap_or_else(default_params))
}

/// Who may instantiate a code that says nothing about it: everybody.
pub(crate) fn everybody() -> AccessConfig {
    AccessConfig { permission: AccessType::Everybody as i32, addresses: Vec::new() }
}

/// Whether `who` is allowed by `config`.
pub(crate) fn allows(config: Option<&AccessConfig>, who: &str) -> bool {
    let Some(config) = config else {
        return false;
    };
    match AccessType::try_from(config.permission) {
        Ok(AccessType::Everybody) => true,
        Ok(AccessType::AnyOfAddresses) => config.addresses.iter().any(|a| a == who),
        _ => false,
    }
}
