//! Storing code, instantiating, executing, migrating and querying contracts.

use super::gas;
use super::response::{self, CallResult, Response};
use super::state::{self, ContractInfo};
use super::validate::MAX_CODE;
use super::vm::Report;
use crate::app::address::Address;
use crate::app::coins::Coins;
use crate::app::ctx::Ctx;
use crate::app::event::Event;
use crate::app::App;
use crate::error::{
    AppError, Outcome, INVALID_REQUEST, UNAUTHORIZED, WASM_ACCOUNT_EXISTS, WASM_CREATE_FAILED, WASM_DUPLICATE,
    WASM_EXECUTE_FAILED, WASM_INSTANTIATE_FAILED, WASM_MIGRATION_FAILED, WASM_QUERY_FAILED, WASM_QUERY_STACK,
    WASM_VM_ERROR,
};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::cosmwasm::wasm::v1::{
    AccessConfig, CodeInfo, ContractCodeHistoryEntry, ContractCodeHistoryOperationType,
};
use cosmwasm_std::Checksum;
use cosmwasm_vm::{call_execute_raw, call_instantiate_raw, call_migrate_with_info_raw, call_query_raw};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::io::Read;
use std::sync::Arc;

/// Contracts may ask contracts up to this depth.
const MAX_QUERY_DEPTH: u32 = 10;
/// Bytes that a contract may set for its own reply.
const MAX_PAYLOAD: usize = 128 * 1024;

/// Everything about an instantiation but the address.
pub(crate) struct NewContract<'a> {
    pub code_id: u64,
    pub creator: &'a Address,
    pub admin: Option<Address>,
    pub label: &'a str,
    pub msg: &'a [u8],
    pub funds: Coins,
    /// Salt and message of an address that the creator chose.
    pub predictable: Option<(&'a [u8], &'a [u8])>,
}

/// A checksum as it is stored.
pub(crate) fn checksum(bytes: &[u8]) -> Outcome<Checksum> {
    let vm = |e| AppError::new(WASM_VM_ERROR, format_args!("{e:?}"));
    Ok(Checksum::try_from(bytes).map_err(vm)?)
}

impl App {
    /// Checks, compiles and numbers code.
    pub(crate) fn store_code(
        &self,
        ctx: &mut Ctx,
        creator: &Address,
        code: &[u8],
        permission: Option<AccessConfig>,
    ) -> Outcome<(u64, Vec<u8>)> {
        let failed = |text: String| AppError::new(WASM_CREATE_FAILED, text);
        // wasmd looks up who may instantiate and who may upload, each for itself.
        state::params(ctx)?;
        state::params(ctx)?;
        let unpacked;
        let code = if code.starts_with(&[0x1f, 0x8b, 0x08]) {
            ctx.gas.consume(gas::uncompress(code.len()), "Uncompress gzip bytecode")?;
            unpacked = gunzip(code).map_err(|e| failed(format!("uncompress wasm archive: {e}")))?;
            &unpacked
        } else {
            code
        };
        ctx.gas.consume_vm(gas::COMPILE_BYTE * code.len() as u64 * crate::app::gas::VM_GAS)?;
        let checksum = self.vm.store(code, ctx.simulate).map_err(failed)?;
        if !ctx.simulate {
            self.vm.analyze(&checksum).map_err(failed)?;
        }
        let id = state::next_id(ctx, state::NEXT_CODE)?;
        let info = CodeInfo {
            code_hash: checksum.as_slice().to_vec(),
            creator: self.codec.encode(creator),
            instantiate_config: Some(permission.unwrap_or_else(state::everybody)),
        };
        state::set_code_info(ctx, id, &info)?;
        if !ctx.simulate {
            self.remember_code(checksum, code);
        }

        let event = Event::new("store_code").with("code_checksum", checksum.to_hex()).with("code_id", id.to_string());
        ctx.emit(event);
        Ok((id, info.code_hash))
    }

    /// Creates a contract and runs its `instantiate`.
    pub(crate) fn instantiate(
        self: &Arc<Self>,
        ctx: &mut Ctx,
        new: NewContract<'_>,
    ) -> Outcome<(Address, Option<Vec<u8>>)> {
        let code = state::code_info(ctx, new.code_id)?.ok_or_else(|| AppError::no_such_code(new.code_id))?;
        self.charge_setup(ctx, &code, new.code_id, "Loading CosmWasm module: instantiate")?;
        let creator = self.codec.encode(new.creator);
        if !state::allows(code.instantiate_config.as_ref(), &creator) {
            return Err(AppError::new(UNAUTHORIZED, "can not instantiate").into());
        }
        let address = match new.predictable {
            Some((salt, msg)) => Address::predictable(&code.code_hash, new.creator, salt, msg),
            None => Address::contract(new.code_id, state::next_id(ctx, state::NEXT_CONTRACT)?),
        };
        if state::has_contract(ctx, &address)? {
            let text = "contract address already exists, try a different combination of creator, checksum and salt";
            return Err(AppError::new(WASM_DUPLICATE, text).into());
        }
        self.claim_account(ctx, &address)?;
        if !new.funds.is_zero() {
            self.transfer_to_contract(ctx, new.creator, &address, &new.funds)?;
        }

        let text = self.codec.encode(&address);
        let env = response::env(ctx, &text);
        let info = response::info(&creator, &new.funds);
        let sum = checksum(&code.code_hash)?;
        let report =
            self.vm.call(self, ctx, &sum, &address, |instance| call_instantiate_raw(instance, &env, &info, new.msg));
        let response: Response = finish(ctx, report, WASM_INSTANTIATE_FAILED)?;

        let has_ibc = self.has_ibc(&sum)?;
        let contract = ContractInfo {
            code_id: new.code_id,
            creator,
            admin: new.admin.map(|a| self.codec.encode(&a)).unwrap_or_default(),
            label: new.label.to_owned(),
            created: Some(state::tx_position(ctx)),
            ibc_port_id: if has_ibc { format!("wasm.{text}") } else { String::new() },
            ibc2_port_id: self.ibc2_port(&text),
        };
        let entry = ContractCodeHistoryEntry {
            operation: ContractCodeHistoryOperationType::Init as i32,
            code_id: new.code_id,
            updated: contract.created.clone(),
            msg: new.msg.to_vec(),
        };
        state::index_by_code(ctx, &address, &entry)?;
        let at = state::tx_position(ctx);
        state::index_by_creator(ctx, new.creator, &at, &address)?;
        state::append_history(ctx, &address, &entry)?;
        state::set_contract_info(ctx, &address, &contract)?;

        let event = Event::new("instantiate").with("_contract_address", text).with("code_id", new.code_id.to_string());
        ctx.emit(event);
        let data = self.handle_response(ctx, &address, response).map_err(|e| e.wrap("dispatch"))?;
        Ok((address, data))
    }

    fn claim_account(&self, ctx: &Ctx, address: &Address) -> Outcome<()> {
        match self.account(ctx, address)? {
            Some(account) if account.base.sequence != 0 || account.base.pub_key.is_some() => {
                let text = "address is claimed by external account";
                Err(AppError::new(WASM_ACCOUNT_EXISTS, text).into())
            }
            Some(_) => Ok(()),
            None => {
                let account = self.new_account(ctx, address)?;
                self.set_account(ctx, address, &account)
            }
        }
    }

    /// Runs a contract's `execute`.
    pub(crate) fn execute(
        self: &Arc<Self>,
        ctx: &mut Ctx,
        contract: &Address,
        sender: &Address,
        msg: &[u8],
        funds: &Coins,
    ) -> Outcome<Option<Vec<u8>>> {
        let text = self.codec.encode(contract);
        let (info, code) = state::instance(ctx, contract, &text)?;
        self.charge_setup(ctx, &code, info.code_id, "Loading CosmWasm module: execute")?;
        if !funds.is_zero() {
            self.transfer_to_contract(ctx, sender, contract, funds)?;
        }
        let env = response::env(ctx, &text);
        let sender = response::info(&self.codec.encode(sender), funds);
        let sum = checksum(&code.code_hash)?;
        let report = self.vm.call(self, ctx, &sum, contract, |instance| call_execute_raw(instance, &env, &sender, msg));
        let response = finish(ctx, report, WASM_EXECUTE_FAILED)?;
        ctx.emit(Event::new("execute").with("_contract_address", text));
        self.handle_response(ctx, contract, response)
    }

    /// Moves a contract to other code and runs the new code's `migrate`.
    pub(crate) fn migrate(
        self: &Arc<Self>,
        ctx: &mut Ctx,
        contract: &Address,
        sender: &Address,
        code_id: u64,
        msg: &[u8],
    ) -> Outcome<Option<Vec<u8>>> {
        let text = self.codec.encode(contract);
        let actor = self.codec.encode(sender);
        let mut info =
            state::contract_info(ctx, contract)?.ok_or_else(|| AppError::new(INVALID_REQUEST, "unknown contract"))?;
        if info.admin.is_empty() || info.admin != actor {
            return Err(AppError::new(UNAUTHORIZED, "can not migrate").into());
        }
        let code = state::code_info(ctx, code_id)?.ok_or_else(|| AppError::new(INVALID_REQUEST, "unknown code"))?;
        if !state::allows(code.instantiate_config.as_ref(), &actor) {
            return Err(AppError::new(UNAUTHORIZED, "to use new code").into());
        }
        let new_sum = checksum(&code.code_hash)?;
        let vm_error = |text: String| AppError::new(WASM_VM_ERROR, text);
        let report = self.vm.analyze(&new_sum).map_err(vm_error)?;
        if !report.has_ibc_entry_points && !info.ibc_port_id.is_empty() {
            return Err(AppError::new(WASM_MIGRATION_FAILED, "requires ibc callbacks").into());
        }
        if report.has_ibc_entry_points {
            info.ibc_port_id = format!("wasm.{text}");
        }
        info.ibc2_port_id = self.ibc2_port(&text);

        let old = state::code_info(ctx, info.code_id)?.ok_or_else(|| AppError::no_such_code(info.code_id))?;
        let old_version = self.vm.analyze(&checksum(&old.code_hash)?).map_err(vm_error)?.contract_migrate_version;
        let new_version = report.contract_migrate_version;
        let response = if new_version.is_some() && new_version == old_version {
            None
        } else {
            self.charge_setup(ctx, &code, code_id, "Loading CosmWasm module: migrate")?;
            let env = response::env(ctx, &text);
            let migrate = json!({ "sender": actor, "old_migrate_version": old_version });
            let migrate = migrate.to_string().into_bytes();
            let report = self.vm.call(self, ctx, &new_sum, contract, |instance| {
                call_migrate_with_info_raw(instance, &env, msg, &migrate)
            });
            Some(finish(ctx, report, WASM_MIGRATION_FAILED)?)
        };

        if let Some((_, last)) = state::last_history(ctx, contract)? {
            state::unindex_by_code(ctx, contract, &last)?;
        }
        info.code_id = code_id;
        let entry = ContractCodeHistoryEntry {
            operation: ContractCodeHistoryOperationType::Migrate as i32,
            code_id,
            updated: Some(state::tx_position(ctx)),
            msg: msg.to_vec(),
        };
        state::append_history(ctx, contract, &entry)?;
        state::index_by_code(ctx, contract, &entry)?;
        state::set_contract_info(ctx, contract, &info)?;
        let event = Event::new("migrate").with("code_id", code_id.to_string()).with("_contract_address", text);
        ctx.emit(event);
        match response {
            Some(response) => self.handle_response(ctx, contract, response).map_err(|e| e.wrap("dispatch")),
            None => Ok(None),
        }
    }

    /// Runs a contract's `query`.
    pub(crate) fn query_smart(self: &Arc<Self>, ctx: &Ctx, contract: &Address, msg: &[u8]) -> Outcome<Vec<u8>> {
        if ctx.query_depth >= MAX_QUERY_DEPTH {
            return Err(AppError::bare(WASM_QUERY_STACK).into());
        }
        let mut ctx = ctx.child();
        ctx.query_depth += 1;
        let text = self.codec.encode(contract);
        let (info, code) = state::instance(&ctx, contract, &text)?;
        self.charge_setup(&ctx, &code, info.code_id, "Loading CosmWasm module: query")?;
        let env = response::env(&ctx, &text);
        let sum = checksum(&code.code_hash)?;
        let report = self.vm.call(self, &ctx, &sum, contract, |instance| call_query_raw(instance, &env, msg));
        let answer: String = finish(&ctx, report, WASM_QUERY_FAILED)?;
        let invalid = |e| AppError::new(WASM_VM_ERROR, format_args!("query answer: {e}"));
        Ok(STANDARD.decode(answer).map_err(invalid)?)
    }

    /// One value of a contract's store.
    pub(crate) fn query_raw(&self, ctx: &Ctx, contract: &Address, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let mut full = state::key(state::CONTRACT_STORE, contract.bytes());
        full.extend_from_slice(key);
        let value = ctx.kv(crate::app::ctx::StoreId::Wasm).get(&full)?;
        Ok(value.map(|v| v.to_vec()))
    }

    /// Charges for loading a contract; less when the transaction has loaded it before.
    pub(crate) fn charge_setup(&self, ctx: &Ctx, code: &CodeInfo, code_id: u64, place: &'static str) -> Outcome<()> {
        let pinned = state::is_pinned(ctx, code_id)?;
        let again = pinned || ctx.was_loaded(&code.code_hash);
        ctx.gas.consume(gas::setup(again), place)
    }

    fn has_ibc(&self, sum: &Checksum) -> Outcome<bool> {
        let vm_error = |text| AppError::new(WASM_VM_ERROR, text);
        Ok(self.vm.analyze(sum).map_err(vm_error)?.has_ibc_entry_points)
    }

    fn ibc2_port(&self, address: &str) -> String {
        let rest = address.strip_prefix(self.codec.prefix()).unwrap_or(address);
        format!("wasm2{rest}")
    }
}

/// Charges a call, parses its answer and turns the contract's refusal into an error.
pub(crate) fn finish<T: DeserializeOwned + Checked>(
    ctx: &Ctx,
    report: Report,
    refusal: crate::error::Kind,
) -> Outcome<T> {
    let vm_error = |text: String| AppError::new(WASM_VM_ERROR, text);
    let length = report.result.as_ref().map_or(0, Vec::len) as u64;
    // Parsing the answer costs one SDK gas a byte.
    ctx.gas.consume_vm(report.used.saturating_add(length * crate::app::gas::VM_GAS))?;
    let bytes = report.result.map_err(vm_error)?;
    let result: CallResult<T> = serde_json::from_slice(&bytes).map_err(|e| vm_error(e.to_string()))?;
    match result.into_result() {
        Err(text) => Err(AppError::new(refusal, text).deterministic().into()),
        Ok(None) => Err(vm_error("internal wasmvm error".to_owned()).into()),
        Ok(Some(answer)) => {
            answer.check().map_err(vm_error)?;
            Ok(answer)
        }
    }
}

/// A limit on what a contract may answer.
pub(crate) trait Checked {
    fn check(&self) -> Result<(), String>;
}

impl Checked for String {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Checked for Response {
    fn check(&self) -> Result<(), String> {
        for (i, msg) in self.messages.iter().enumerate() {
            let length = msg.payload.len();
            if length > MAX_PAYLOAD {
                return Err(format!(
                    "reply contains submessage at index {i} with payload larger than {MAX_PAYLOAD} bytes: {length} bytes"
                ));
            }
        }
        Ok(())
    }
}

pub(crate) fn gunzip(packed: &[u8]) -> Result<Vec<u8>, String> {
    let limit = || format!("max {MAX_CODE} bytes: exceeds limit");
    if packed.len() > MAX_CODE {
        return Err(limit());
    }
    let mut code = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(packed).take(MAX_CODE as u64 + 1);
    reader.read_to_end(&mut code).map_err(|e| match e.to_string() {
        text if text.contains("incomplete") || text.contains("unexpected end") => "unexpected EOF".to_owned(),
        text if text.contains("header") => "gzip: invalid header".to_owned(),
        text => text,
    })?;
    if code.len() > MAX_CODE {
        return Err(limit());
    }
    Ok(code)
}
