//! The virtual machine: compiles contracts and runs them over the chain's state.
//!
//! The machine wants backends that live for ever. It gets handles instead of borrows: the
//! state, the gas meter and the application are shared by reference counting, so nothing here
//! has to pretend a lifetime. The one `unsafe` of the crate opens the machine's cache.

use crate::app::address::Address;
use crate::app::ctx::{Ctx, Iter, StoreId};
use crate::app::gas::{Gas, VM_GAS};
use crate::app::App;
use crate::error::{Error, Halt, Outcome, SystemKind};
use cosmwasm_std::{Binary, Checksum, ContractResult, Order, Record, SystemError, SystemResult};
use cosmwasm_vm::{
    capabilities_from_csv, AnalysisReport, Backend, BackendApi, BackendError, BackendResult, Cache, CacheOptions,
    GasInfo, Instance, InstanceOptions, Querier, Size, Storage, VmError, VmResult,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What stock wasmd offers to contracts; anything else is refused when code is stored.
const CAPABILITIES: &str = "iterator,staking,stargate,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,\
                            cosmwasm_1_4,cosmwasm_2_0,cosmwasm_2_1,cosmwasm_2_2,ibc2";
/// Compiled contracts kept in memory, in MiB, as wasmd's default.
const MEMORY_CACHE: usize = 100;
/// Memory of one running contract, in MiB, as in wasmd.
const INSTANCE_MEMORY: usize = 32;
/// Open iterators of one call, as in wasmvm: beyond that the contract leaks them.
const MAX_ITERATORS: usize = 32_768;

type ContractInstance = Instance<Api, ContractStorage, ContractQuerier>;

/// What a call into a contract gave: its answer or the machine's complaint, and the gas.
pub(crate) struct Report {
    pub result: Result<Vec<u8>, String>,
    /// CosmWasm gas used inside the machine, without what storage and queries charged.
    pub used: u64,
}

/// Compiled contracts and the means to run them.
pub(crate) struct Vm {
    cache: Cache<Api, ContractStorage, ContractQuerier>,
}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vm").finish_non_exhaustive()
    }
}

impl Vm {
    /// Opens an empty cache in `folder`; what a former process left there is deleted first.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let file = |action, source| Error::File { action, path: folder.display().to_string(), source };
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|e| file("could not clear", e))?;
        }
        create_private(folder).map_err(|e| file("could not create", e))?;
        let options = CacheOptions::new(
            folder,
            capabilities_from_csv(CAPABILITIES),
            Size::mebi(MEMORY_CACHE),
            Size::mebi(INSTANCE_MEMORY),
        );
        Ok(Vm { cache: open_cache(options).map_err(|e| Error::Vm(e.to_string()))? })
    }

    /// Checks and compiles code; keeps it unless `simulate`.
    pub(crate) fn store(&self, wasm: &[u8], simulate: bool) -> Result<Checksum, String> {
        self.cache.store_code(wasm, true, !simulate).map_err(explain)
    }

    /// Compiles code that was checked when it was stored first.
    pub(crate) fn restore(&self, wasm: &[u8]) -> Result<Checksum, String> {
        self.cache.store_code(wasm, false, true).map_err(explain)
    }

    pub(crate) fn analyze(&self, checksum: &Checksum) -> Result<AnalysisReport, String> {
        self.cache.analyze(checksum).map_err(explain)
    }

    pub(crate) fn code(&self, checksum: &Checksum) -> Result<Vec<u8>, String> {
        self.cache.load_wasm(checksum).map_err(explain)
    }

    /// Runs `entry` of the contract at `address` in the context.
    pub(crate) fn call(
        &self,
        app: &Arc<App>,
        ctx: &Ctx,
        checksum: &Checksum,
        address: &Address,
        entry: impl FnOnce(&mut ContractInstance) -> VmResult<Vec<u8>>,
    ) -> Report {
        let mut prefix = vec![crate::wasm::state::CONTRACT_STORE];
        prefix.extend_from_slice(address.bytes());
        let backend = Backend {
            api: Api { app: app.clone() },
            storage: ContractStorage { ctx: ctx.child(), prefix, iterators: HashMap::new() },
            querier: ContractQuerier { app: app.clone(), ctx: ctx.child(), caller: address.clone() },
        };
        let options = InstanceOptions { gas_limit: ctx.gas.for_vm() };
        let mut instance = match self.cache.get_instance(checksum, backend, options) {
            Ok(instance) => instance,
            Err(error) => return Report { result: Err(explain(error)), used: 0 },
        };
        let result = entry(&mut instance).map_err(explain);
        Report { used: instance.create_gas_report().used_internally, result }
    }
}

/// The machine's complaint in wasmvm's words.
fn explain(error: VmError) -> String {
    match error {
        VmError::GasDepletion { .. } | VmError::BackendErr { source: BackendError::OutOfGas {}, .. } => {
            "Out of gas".to_owned()
        }
        error => format!("Error calling the VM: {error}"),
    }
}

fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens the machine's cache.
#[allow(unsafe_code)]
fn open_cache(options: CacheOptions) -> VmResult<Cache<Api, ContractStorage, ContractQuerier>> {
    // SAFETY: `Cache::new` asks that nobody put foreign or damaged machine code into the
    // folder, because it later loads and runs what it finds there. `Vm::open`, the only
    // caller, has just deleted the folder and made it anew for this user alone (mode 0700),
    // so every file in it is written by this cache in this process; a torn file from a crash
    // cannot be met, because contracts are compiled again from the database on every start.
    unsafe { Cache::new(options) }
}

/// Address functions for contracts, at wasmd's prices.
#[derive(Clone)]
pub(crate) struct Api {
    app: Arc<App>,
}

const HUMANIZE: u64 = 5 * VM_GAS;
const CANONICALIZE: u64 = 4 * VM_GAS;

impl BackendApi for Api {
    fn addr_validate(&self, input: &str) -> BackendResult<()> {
        let gas = GasInfo::with_cost(HUMANIZE + CANONICALIZE);
        match self.app.codec.decode(input) {
            Err(error) => (Err(BackendError::user_err(error.message)), GasInfo::with_cost(CANONICALIZE)),
            Ok(address) if self.app.codec.encode(&address) != input => {
                (Err(BackendError::user_err("address not normalized")), gas)
            }
            Ok(_) => (Ok(()), gas),
        }
    }

    fn addr_canonicalize(&self, human: &str) -> BackendResult<Vec<u8>> {
        let result = self.app.codec.decode(human);
        (
            result.map(|address| address.bytes().to_vec()).map_err(|error| BackendError::user_err(error.message)),
            GasInfo::with_cost(CANONICALIZE),
        )
    }

    fn addr_humanize(&self, canonical: &[u8]) -> BackendResult<String> {
        let result = Address::from_bytes(canonical);
        (
            result
                .map(|address| self.app.codec.encode(&address))
                .map_err(|error| BackendError::user_err(error.message)),
            GasInfo::with_cost(HUMANIZE),
        )
    }
}

/// A contract's part of the state.
pub(crate) struct ContractStorage {
    ctx: Ctx,
    prefix: Vec<u8>,
    iterators: HashMap<u32, Iter>,
}

impl ContractStorage {
    fn key(&self, key: &[u8]) -> Vec<u8> {
        let mut full = self.prefix.clone();
        full.extend_from_slice(key);
        full
    }
}

/// Runs something that charges the meter and reports what it charged.
fn metered<T>(gas: &Gas, work: impl FnOnce() -> Outcome<T>) -> BackendResult<T> {
    let before = gas.consumed();
    let result = work();
    let used = gas.consumed().saturating_sub(before).saturating_mul(VM_GAS);
    let result = result.map_err(|halt| match halt {
        Halt::OutOfGas(_) => BackendError::out_of_gas(),
        Halt::App(error) => BackendError::unknown(error.message),
    });
    (result, GasInfo::with_externally_used(used))
}

impl Storage for ContractStorage {
    fn get(&self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        let kv = self.ctx.kv(StoreId::Wasm);
        metered(&self.ctx.gas, || Ok(kv.get(&self.key(key))?.map(|value| value.to_vec())))
    }

    fn scan(&mut self, start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> BackendResult<u32> {
        if self.iterators.len() >= MAX_ITERATORS {
            let text = "Reached maximum number of iterators in frame";
            return (Err(BackendError::user_err(text)), GasInfo::free());
        }
        let start = self.key(start.unwrap_or_default());
        let end = match end {
            Some(end) => Some(self.key(end)),
            None => crate::store::prefix_end(&self.prefix).map(|end| end.to_vec()),
        };
        let kv = self.ctx.kv(StoreId::Wasm);
        let forward = order == Order::Ascending;
        let (result, gas) = metered(&self.ctx.gas, || kv.iterate(&start, end.as_deref(), forward));
        let result = result.map(|iter| {
            let id = self.iterators.len() as u32 + 1;
            self.iterators.insert(id, iter);
            id
        });
        (result, gas)
    }

    fn next(&mut self, iterator_id: u32) -> BackendResult<Option<Record>> {
        let prefix = self.prefix.len();
        let Some(iter) = self.iterators.get_mut(&iterator_id) else {
            let error = BackendError::iterator_does_not_exist(iterator_id);
            return (Err(error), GasInfo::free());
        };
        metered(&self.ctx.gas, || {
            let entry = iter.next()?;
            Ok(entry.map(|(key, value)| (key.get(prefix..).unwrap_or_default().to_vec(), value.to_vec())))
        })
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        if key.is_empty() {
            // The SDK's store panics here, which ends the contract's call.
            return (Err(BackendError::foreign_panic()), GasInfo::free());
        }
        let kv = self.ctx.kv(StoreId::Wasm);
        metered(&self.ctx.gas, || kv.set(&self.key(key), value))
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        let kv = self.ctx.kv(StoreId::Wasm);
        metered(&self.ctx.gas, || kv.delete(&self.key(key)))
    }
}

/// Answers a contract's queries to the rest of the chain.
pub(crate) struct ContractQuerier {
    app: Arc<App>,
    ctx: Ctx,
    caller: Address,
}

impl Querier for ContractQuerier {
    fn query_raw(&self, request: &[u8], gas_limit: u64) -> BackendResult<SystemResult<ContractResult<Binary>>> {
        let request: serde_json::Value = match serde_json::from_slice(request) {
            Ok(request) => request,
            Err(error) => {
                let error = SystemError::InvalidRequest { error: error.to_string(), request: request.into() };
                return (Ok(SystemResult::Err(error)), GasInfo::free());
            }
        };
        let mut sub = self.ctx.child();
        sub.gas = Gas::limited(gas_limit / VM_GAS);
        metered(&self.ctx.gas, || {
            let answer = self.app.contract_query(&sub, &self.caller, &request);
            let used = sub.gas.consumed();
            self.ctx.gas.consume(used, "contract sub-query")?;
            match answer {
                Ok(bytes) => Ok(SystemResult::Ok(ContractResult::Ok(bytes.into()))),
                Err(Halt::OutOfGas(place)) => Err(Halt::OutOfGas(place)),
                Err(Halt::App(error)) => Ok(match error.system {
                    Some(SystemKind::NoSuchContract(addr)) => SystemResult::Err(SystemError::NoSuchContract { addr }),
                    Some(SystemKind::NoSuchCode(code_id)) => SystemResult::Err(SystemError::NoSuchCode { code_id }),
                    Some(SystemKind::Unsupported(kind)) => SystemResult::Err(SystemError::UnsupportedRequest { kind }),
                    None => SystemResult::Ok(ContractResult::Err(error.redacted())),
                }),
            }
        })
    }
}
