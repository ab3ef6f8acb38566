//! The state of the chain: one ordered map of bytes, shared structurally between versions.
//!
//! Taking a snapshot and rolling back to it are a pointer each, so a failed message, a failed
//! sub-message or a simulation leaves no trace, and the states of past blocks cost only what
//! changed between them. The disk ([`disk`]) holds the newest state and how to walk back.

pub(crate) mod disk;

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One version of the whole state.
pub(crate) type Map = RedBlackTreeMapSync<Bytes, Bytes>;

/// A change of one key between two versions: `None` means absent.
pub(crate) type Change = (Bytes, Option<Bytes>);

/// An empty state.
pub(crate) fn empty() -> Map {
    RedBlackTreeMapSync::new_sync()
}

#[derive(Debug)]
struct Inner {
    map: Map,
    /// Every key written since the working state was opened, also those rolled back.
    touched: BTreeSet<Bytes>,
}

/// A state that is being worked on. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Working(Arc<Mutex<Inner>>);

impl Working {
    /// Begins to work on a copy of `map`.
    pub(crate) fn new(map: Map) -> Self {
        Working(Arc::new(Mutex::new(Inner { map, touched: BTreeSet::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere cannot leave the map half-written: each write is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is now.
    pub(crate) fn snapshot(&self) -> Map {
        self.lock().map.clone()
    }

    /// Undoes everything since `snapshot` was taken.
    pub(crate) fn restore(&self, snapshot: Map) {
        self.lock().map = snapshot;
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Bytes> {
        self.lock().map.get(key).cloned()
    }

    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.lock().map.contains_key(key)
    }

    pub(crate) fn set(&self, key: Bytes, value: Bytes) {
        let mut inner = self.lock();
        inner.touched.insert(key.clone());
        inner.map.insert_mut(key, value);
    }

    pub(crate) fn remove(&self, key: &[u8]) {
        let mut inner = self.lock();
        if inner.map.remove_mut(key) {
            inner.touched.insert(Bytes::copy_from_slice(key));
        }
    }

    /// What differs from `base`, which the working state was opened on: (new, undo).
    pub(crate) fn changes(&self, base: &Map) -> (Vec<Change>, Vec<Change>) {
        let inner = self.lock();
        let (mut new, mut undo) = (Vec::new(), Vec::new());
        for key in &inner.touched {
            let (before, after) = (base.get(key).cloned(), inner.map.get(key).cloned());
            if before != after {
                new.push((key.clone(), after));
                undo.push((key.clone(), before));
            }
        }
        (new, undo)
    }
}

/// Applies changes to a version and returns the other version.
pub(crate) fn apply(map: &Map, changes: &[Change]) -> Map {
    let mut map = map.clone();
    for (key, value) in changes {
        match value {
            Some(value) => map.insert_mut(key.clone(), value.clone()),
            None => {
                map.remove_mut(key);
            }
        }
    }
    map
}

/// Walks over a range of one version, forwards or backwards, unmoved by later writes.
#[derive(Debug)]
pub(crate) struct Cursor {
    map: Map,
    start: Bound<Bytes>,
    end: Bound<Bytes>,
    forward: bool,
}

impl Cursor {
    /// All keys from `start` (included) up to `end` (excluded).
    pub(crate) fn new(map: Map, start: Bytes, end: Option<Bytes>, forward: bool) -> Self {
        Cursor { map, start: Bound::Included(start), end: end.map_or(Bound::Unbounded, Bound::Excluded), forward }
    }

    /// The entry the cursor stands on, without moving.
    pub(crate) fn peek(&self) -> Option<(Bytes, Bytes)> {
        if self.is_void() {
            return None;
        }
        let mut range = self.map.range::<Bytes, _>((self.start.as_ref(), self.end.as_ref()));
        let found = if self.forward { range.next() } else { range.next_back() };
        found.map(|(key, value)| (key.clone(), value.clone()))
    }

    /// Steps behind `key`, the entry that [`Cursor::peek`] returned.
    pub(crate) fn step(&mut self, key: &Bytes) {
        if self.forward {
            self.start = Bound::Excluded(key.clone());
        } else {
            self.end = Bound::Excluded(key.clone());
        }
    }

    /// A range whose bounds cross holds nothing; asking the map for one would panic.
    fn is_void(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end)) => start >= end,
            _ => false,
        }
    }
}

impl Iterator for Cursor {
    type Item = (Bytes, Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.peek()?;
        self.step(&entry.0);
        Some(entry)
    }
}

/// The first key behind all keys that begin with `prefix`.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Bytes> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end.into());
        }
    }
    None
}

#[cfg(test)]
mod tests;
