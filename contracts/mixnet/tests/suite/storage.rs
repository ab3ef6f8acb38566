//! Storage that can undo what a refused message wrote, as a chain does.

use std::collections::BTreeMap;
use std::ops::Bound;

use cosmwasm_std::{Order, Record, Storage};
use cw_storage_plus::{KeyDeserialize, PrimaryKey};
use nym_mixnet_contract::packed::{Packed, PackedMap};

#[derive(Default)]
pub struct Journaled {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What each write since [`Journaled::begin`] replaced.
    undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Journaled {
    pub fn begin(&mut self) {
        self.undo.clear();
    }

    pub fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.records.insert(key, value),
                None => self.records.remove(&key),
            };
        }
    }

    /// For a machine that takes the records for a call. It tells nothing of its writes: undo with a copy.
    pub fn records_mut(&mut self) -> &mut BTreeMap<Vec<u8>, Vec<u8>> {
        &mut self.records
    }

    pub fn records(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.records
    }
}

impl Storage for Journaled {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.records.get(key).cloned()
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        assert!(!value.is_empty(), "a chain refuses empty values");
        let before = self.records.insert(key.to_vec(), value.to_vec());
        self.undo.push((key.to_vec(), before));
    }

    fn remove(&mut self, key: &[u8]) {
        let before = self.records.remove(key);
        self.undo.push((key.to_vec(), before));
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        let start = start.map_or(Bound::Unbounded, |key| Bound::Included(key.to_vec()));
        let end = end.map_or(Bound::Unbounded, |key| Bound::Excluded(key.to_vec()));
        if let (Bound::Included(start), Bound::Excluded(end)) = (&start, &end) {
            if start >= end {
                return Box::new(std::iter::empty());
            }
        }
        let records = self.records.range((start, end)).map(|(key, value)| (key.clone(), value.clone()));
        match order {
            Order::Ascending => Box::new(records),
            Order::Descending => Box::new(records.rev()),
        }
    }
}

/// All records of a map, each of which parses.
#[track_caller]
pub fn records_of<K, T>(storage: &dyn Storage, map: &PackedMap<K, T>) -> Vec<(K::Output, T)>
where
    K: PrimaryKey<'static> + KeyDeserialize,
    T: Packed,
{
    let records = map.page_each(storage, None, usize::MAX).unwrap();
    records.into_iter().map(|(key, record)| (key, record.unwrap())).collect()
}
