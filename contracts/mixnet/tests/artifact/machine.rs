//! The chain's virtual machine with the contract in it, and storage that costs what the Cosmos SDK's does.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use cosmwasm_std::{Addr, Coin, Env, MessageInfo, Order, Record, Response};
use cosmwasm_vm::testing::{MockApi, MockQuerier};
use cosmwasm_vm::{
    call_execute, call_query, Backend, BackendError, BackendResult, GasInfo, Instance, InstanceOptions, Size, Storage,
};

use crate::suite::Journaled;

/// Units of the machine's gas in one of the SDK's.
const MACHINE_GAS: u64 = 140_000;
/// Every key begins with the contract's prefix in the chain's store: a byte and its address.
const KEY_PREFIX: usize = 33;

/// The artifact, built if it is out of date.
pub fn artifact() -> Vec<u8> {
    static ARTIFACT: OnceLock<Vec<u8>> = OnceLock::new();
    ARTIFACT
        .get_or_init(|| {
            let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../scripts/build-contracts");
            let output = Command::new(script).output().expect("scripts/build-contracts runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let folder = String::from_utf8(output.stdout).unwrap();
            std::fs::read(Path::new(folder.trim()).join("mixnet.wasm")).unwrap()
        })
        .clone()
}

pub struct Machine {
    instance: Instance<MockApi, Store, MockQuerier>,
    store: Store,
    /// SDK gas of the last message, without what every transaction costs.
    pub last_gas: u64,
}

impl Machine {
    pub fn new() -> Self {
        let store = Store::default();
        let backend = Backend {
            api: MockApi::default().with_prefix("n"),
            storage: store.clone(),
            querier: MockQuerier::new(&[]),
        };
        let options = InstanceOptions { gas_limit: u64::MAX };
        let instance = Instance::from_code(&artifact(), backend, options, Some(Size::mebi(32))).unwrap();
        Self { instance, store, last_gas: 0 }
    }

    /// Asks the contract whose state is `records`. The bank of this machine holds nothing.
    pub fn query_raw(&mut self, records: &mut Journaled, env: &Env, msg: &[u8]) -> Result<Vec<u8>, String> {
        self.store.0.lock().unwrap().records = std::mem::take(records.records_mut());
        let result = call_query(&mut self.instance, env, msg);
        *records.records_mut() = std::mem::take(&mut self.store.0.lock().unwrap().records);
        result.map_err(|error| error.to_string())?.into_result().map(Vec::from)
    }

    /// What the last message read and wrote, a line for each, and the gas of everything else.
    pub fn trace(&self) -> Vec<String> {
        self.store.0.lock().unwrap().trace.clone()
    }

    /// Sends a message to the contract whose state is `records`.
    pub fn execute_raw(
        &mut self,
        records: &mut Journaled,
        env: &Env,
        sender: &Addr,
        funds: &[Coin],
        msg: &[u8],
    ) -> Result<Response, String> {
        let info = MessageInfo { sender: sender.clone(), funds: funds.to_vec() };
        {
            let mut inner = self.store.0.lock().unwrap();
            inner.records = std::mem::take(records.records_mut());
            inner.trace.clear();
        }
        let before = self.instance.create_gas_report();
        let result = call_execute::<_, _, _, cosmwasm_std::Empty>(&mut self.instance, env, &info, msg);
        let after = self.instance.create_gas_report();
        *records.records_mut() = std::mem::take(&mut self.store.0.lock().unwrap().records);

        let internal = after.used_internally - before.used_internally;
        let external = after.used_externally - before.used_externally;
        self.last_gas = (internal + external) / MACHINE_GAS;
        let computed = format!("everything else: {}", internal / MACHINE_GAS);
        self.store.0.lock().unwrap().trace.push(computed);
        match result {
            Ok(result) => result.into_result(),
            // A message that does not parse ends as an error of the machine: the contract aborts.
            Err(error) => Err(error.to_string()),
        }
    }
}

#[derive(Clone, Default)]
struct Store(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What the last message read and wrote: the operation, its key, bytes and gas.
    trace: Vec<String>,
    iterators: HashMap<u32, Cursor>,
}

struct Cursor {
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    order: Order,
}

fn cost(flat: u64, per_byte: u64, bytes: usize) -> GasInfo {
    GasInfo::with_externally_used((flat + per_byte * bytes as u64) * MACHINE_GAS)
}

impl Inner {
    fn note(&mut self, operation: &str, key: &[u8], bytes: usize, gas: GasInfo) -> GasInfo {
        let (key, gas_used) = (key.escape_ascii(), gas.externally_used / MACHINE_GAS);
        self.trace.push(format!("{operation} {key:.60}, {bytes} bytes: {gas_used}"));
        gas
    }

    fn peek(&self, cursor: &Cursor) -> Option<Record> {
        if let (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to)) = (&cursor.from, &cursor.to) {
            if from >= to {
                return None;
            }
        }
        let mut range = self.records.range((cursor.from.clone(), cursor.to.clone()));
        let found = match cursor.order {
            Order::Ascending => range.next(),
            Order::Descending => range.next_back(),
        };
        found.map(|(key, value)| (key.clone(), value.clone()))
    }
}

impl Storage for Store {
    fn get(&self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        let mut inner = self.0.lock().unwrap();
        let value = inner.records.get(key).cloned();
        let bytes = KEY_PREFIX + key.len() + value.as_ref().map_or(0, Vec::len);
        let gas = inner.note("read", key, bytes, cost(1_000, 3, bytes));
        (Ok(value), gas)
    }

    fn scan(&mut self, start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> BackendResult<u32> {
        let mut inner = self.0.lock().unwrap();
        let cursor = Cursor {
            from: start.map_or(Bound::Unbounded, |key| Bound::Included(key.to_vec())),
            to: end.map_or(Bound::Unbounded, |key| Bound::Excluded(key.to_vec())),
            order,
        };
        // The SDK charges the first record when the iterator is made.
        let bytes = inner.peek(&cursor).map_or(0, |(key, value)| KEY_PREFIX + key.len() + value.len());
        let id = u32::try_from(inner.iterators.len()).unwrap() + 1;
        inner.iterators.insert(id, cursor);
        (Ok(id), cost(30, 3, bytes))
    }

    fn next(&mut self, id: u32) -> BackendResult<Option<Record>> {
        let mut inner = self.0.lock().unwrap();
        let Some(mut cursor) = inner.iterators.remove(&id) else {
            return (Err(BackendError::iterator_does_not_exist(id)), GasInfo::free());
        };
        let found = inner.peek(&cursor);
        if let Some((key, _)) = &found {
            match cursor.order {
                Order::Ascending => cursor.from = Bound::Excluded(key.clone()),
                Order::Descending => cursor.to = Bound::Excluded(key.clone()),
            }
        }
        inner.iterators.insert(id, cursor);
        let bytes = found.as_ref().map_or(0, |(key, value)| KEY_PREFIX + key.len() + value.len());
        (Ok(found), cost(30, 3, bytes))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        let mut inner = self.0.lock().unwrap();
        inner.records.insert(key.to_vec(), value.to_vec());
        let bytes = KEY_PREFIX + key.len() + value.len();
        (Ok(()), inner.note("write", key, bytes, cost(2_000, 30, bytes)))
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        let mut inner = self.0.lock().unwrap();
        inner.records.remove(key);
        (Ok(()), inner.note("delete", key, 0, cost(1_000, 0, 0)))
    }
}
