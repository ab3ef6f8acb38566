//! What a handler works with: state, gas meter, events and the block it runs in.

use super::event::Event;
use super::gas::{self, Gas};
use crate::error::Outcome;
use crate::store::{prefix_end, Cursor, Map, Working};
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The modules' stores. The letter keeps their keys apart and is not charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreId {
    Auth,
    Bank,
    Wasm,
}

impl StoreId {
    fn letter(self) -> u8 {
        match self {
            StoreId::Auth => b'a',
            StoreId::Bank => b'b',
            StoreId::Wasm => b'w',
        }
    }

    /// The key in the state map.
    pub(crate) fn key(self, key: &[u8]) -> Bytes {
        let mut full = Vec::with_capacity(key.len() + 1);
        full.push(self.letter());
        full.extend_from_slice(key);
        full.into()
    }
}

/// The block in which something runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockEnv {
    pub chain_id: String,
    pub height: u64,
    /// Nanoseconds since 1970.
    pub time: u64,
    /// Gas used by the transactions before this one in the block.
    pub gas_before: u64,
}

/// The place of a transaction in its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TxEnv {
    pub index: u32,
    pub hash: [u8; 32],
}

/// Checksums of the contracts that the transaction has loaded: the next load is cheaper.
pub(crate) type Loaded = Arc<Mutex<HashSet<Vec<u8>>>>;

/// The context of one message, sub-message or query.
#[derive(Debug, Clone)]
pub(crate) struct Ctx {
    pub state: Working,
    pub gas: Gas,
    pub events: Vec<Event>,
    pub block: Arc<BlockEnv>,
    pub tx: Option<TxEnv>,
    pub loaded: Option<Loaded>,
    pub call_depth: u32,
    pub query_depth: u32,
    pub simulate: bool,
}

impl Ctx {
    /// A context over `map` that belongs to no transaction.
    pub(crate) fn new(map: Map, gas: Gas, block: BlockEnv) -> Self {
        Ctx::over(Working::new(map), gas, block)
    }

    /// A context over a state that is being worked on; it belongs to no transaction.
    pub(crate) fn over(state: Working, gas: Gas, block: BlockEnv) -> Self {
        Ctx {
            state,
            gas,
            events: Vec::new(),
            block: Arc::new(block),
            tx: None,
            loaded: None,
            call_depth: 0,
            query_depth: 0,
            simulate: false,
        }
    }

    /// The same state and gas with no events yet.
    pub(crate) fn child(&self) -> Ctx {
        Ctx { events: Vec::new(), ..self.clone() }
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn kv(&self, store: StoreId) -> Kv<'_> {
        Kv { ctx: self, store }
    }

    /// Whether a contract with this checksum was loaded before in the transaction; notes it.
    pub(crate) fn was_loaded(&self, checksum: &[u8]) -> bool {
        let Some(loaded) = &self.loaded else {
            return false;
        };
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        !loaded.insert(checksum.to_vec())
    }
}

/// A module's store; every access is charged at the SDK's price.
pub(crate) struct Kv<'a> {
    ctx: &'a Ctx,
    store: StoreId,
}

impl Kv<'_> {
    pub(crate) fn get(&self, key: &[u8]) -> Outcome<Option<Bytes>> {
        let gas = &self.ctx.gas;
        gas.consume(gas::READ, "ReadFlat")?;
        let value = self.ctx.state.get(&self.store.key(key));
        gas.consume(gas::READ_BYTE * key.len() as u64, "ReadPerByte")?;
        let length = value.as_ref().map_or(0, Bytes::len);
        gas.consume(gas::READ_BYTE * length as u64, "ReadPerByte")?;
        Ok(value)
    }

    pub(crate) fn has(&self, key: &[u8]) -> Outcome<bool> {
        self.ctx.gas.consume(gas::HAS, "Has")?;
        Ok(self.ctx.state.contains(&self.store.key(key)))
    }

    pub(crate) fn set(&self, key: &[u8], value: &[u8]) -> Outcome<()> {
        let gas = &self.ctx.gas;
        gas.consume(gas::WRITE, "WriteFlat")?;
        gas.consume(gas::WRITE_BYTE * key.len() as u64, "WritePerByte")?;
        gas.consume(gas::WRITE_BYTE * value.len() as u64, "WritePerByte")?;
        let value = Bytes::copy_from_slice(value);
        self.ctx.state.set(self.store.key(key), value);
        Ok(())
    }

    pub(crate) fn delete(&self, key: &[u8]) -> Outcome<()> {
        self.ctx.gas.consume(gas::DELETE, "Delete")?;
        self.ctx.state.remove(&self.store.key(key));
        Ok(())
    }

    /// Opens an iterator; standing on the first entry is charged at once.
    pub(crate) fn iterate(&self, start: &[u8], end: Option<&[u8]>, forward: bool) -> Outcome<Iter> {
        let end = match end {
            Some(end) => Some(self.store.key(end)),
            None => prefix_end(&[self.store.letter()]),
        };
        let map = self.ctx.state.snapshot();
        let iter = Iter { cursor: Cursor::new(map, self.store.key(start), end, forward), gas: self.ctx.gas.clone() };
        iter.charge(iter.cursor.peek().as_ref())?;
        Ok(iter)
    }
}

/// An iterator over a store, charged as the SDK charges: once when opened, once a step.
#[derive(Debug)]
pub(crate) struct Iter {
    cursor: Cursor,
    gas: Gas,
}

impl Iter {
    /// The next entry with the key inside its store.
    pub(crate) fn next(&mut self) -> Outcome<Option<(Bytes, Bytes)>> {
        let Some(entry) = self.cursor.peek() else {
            return Ok(None);
        };
        self.charge(Some(&entry))?;
        self.cursor.step(&entry.0);
        Ok(Some((entry.0.slice(1..), entry.1)))
    }

    fn charge(&self, entry: Option<&(Bytes, Bytes)>) -> Outcome<()> {
        if let Some((key, value)) = entry {
            // Without the store's letter.
            let key = key.len() - 1;
            self.gas.consume(gas::READ_BYTE * key as u64, "ValuePerByte")?;
            self.gas.consume(gas::READ_BYTE * value.len() as u64, "ValuePerByte")?;
        }
        self.gas.consume(gas::ITERATE, "IterNextFlat")
    }
}

impl Iter {
    /// The entry the iterator stands on, without moving; it was charged when it was reached.
    pub(crate) fn current(&self) -> Option<(Bytes, Bytes)> {
        let (key, value) = self.cursor.peek()?;
        Some((key.slice(1..), value))
    }
}
