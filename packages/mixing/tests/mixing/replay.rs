//! The replay table against a set, its bounds, and its log in memory.

use std::collections::HashSet;

use nym_mixing::replay::{
    encode_header, read_log, Fingerprint, FingerprintKey, Inserted, LogError, LogHeader, ReplayTable, HEADER_BYTES,
    RECORD_BYTES,
};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, RngCore};

use crate::network::rng;

fn key() -> FingerprintKey {
    FingerprintKey::new([3; 16])
}

fn fingerprint(value: u64) -> Fingerprint {
    Fingerprint::from_bytes(value.to_be_bytes()).unwrap()
}

#[test]
fn a_million_packets_with_one_percent_duplicates_let_no_duplicate_through() {
    let rng = &mut rng(60);
    let mut table = ReplayTable::new(key(), 1_000_000);
    let mut tags: Vec<[u8; 32]> = Vec::with_capacity(1_000_000);
    for _ in 0..1_000_000 {
        let copy = if rng.gen_ratio(1, 100) { tags.choose(rng).copied() } else { None };
        let tag = copy.unwrap_or_else(|| rng.gen());
        let expected = if copy.is_some() { Inserted::Known } else { Inserted::New };

        let fingerprint = table.fingerprint(&tag);
        assert_eq!(table.contains(fingerprint), copy.is_some());
        assert_eq!(table.insert(fingerprint), expected);

        if copy.is_none() {
            tags.push(tag);
        }
    }
    assert_eq!(table.len(), tags.len());
    assert!((9_000..11_000).contains(&(1_000_000 - tags.len())), "about one percent were copies");
}

#[test]
fn memory_is_what_the_documentation_says() {
    let rng = &mut rng(61);
    let mut table = ReplayTable::new(key(), 500_000);
    assert!(table.memory() <= 8 * 1_024, "{}", table.memory());
    while table.len() < table.capacity() {
        table.insert(fingerprint(rng.next_u64().max(1)));
        if table.len().is_multiple_of(50_000) {
            let per_tag = table.memory() as f64 / table.len() as f64;
            assert!((10.0..22.0).contains(&per_tag), "{per_tag} bytes a tag at {}", table.len());
        }
    }
    assert_eq!(table.insert(fingerprint(1)), Inserted::Full);
    assert_eq!(table.len(), 500_000);
}

#[test]
fn tables_with_different_keys_have_unrelated_fingerprints() {
    let other = ReplayTable::new(FingerprintKey::new([4; 16]), 1);
    let table = ReplayTable::new(key(), 1);
    assert_ne!(table.fingerprint(&[5; 32]), other.fingerprint(&[5; 32]));
    assert_eq!(format!("{:?}", key()), "FingerprintKey(..)");
}

proptest! {
    /// Small values and values that differ in a few bits only: the worst for open addressing.
    #[test]
    fn the_table_is_a_bounded_set(
        values in prop::collection::vec(prop_oneof![1..40u64, (1..200u64).prop_map(|v| v << 12), 1..=u64::MAX], 0..400),
        capacity in 0..300usize,
    ) {
        let mut table = ReplayTable::new(key(), capacity);
        let mut model = HashSet::new();
        for value in values {
            let expected = if model.contains(&value) {
                Inserted::Known
            } else if model.len() >= capacity {
                Inserted::Full
            } else {
                model.insert(value);
                Inserted::New
            };
            prop_assert_eq!(table.insert(fingerprint(value)), expected);
            prop_assert_eq!(table.len(), model.len());
            prop_assert_eq!(table.is_empty(), model.is_empty());
        }
        for value in &model {
            prop_assert!(table.contains(fingerprint(*value)));
        }
    }

    #[test]
    fn a_log_cut_anywhere_keeps_every_whole_record(values in prop::collection::vec(1..=u64::MAX, 0..60), cut: usize) {
        let mut log = encode_header(&LogHeader { period: 4, key: key() }).to_vec();
        values.iter().for_each(|value| log.extend_from_slice(&value.to_be_bytes()));
        let cut = HEADER_BYTES + cut % (log.len() - HEADER_BYTES + 1);

        let (header, table, report) = read_log(&log[..cut], 100).unwrap();

        let whole = (cut - HEADER_BYTES) / RECORD_BYTES;
        prop_assert_eq!(header.period, 4);
        prop_assert_eq!(report.valid_bytes as usize, HEADER_BYTES + whole * RECORD_BYTES);
        prop_assert_eq!(report.torn_bytes as usize, (cut - HEADER_BYTES) % RECORD_BYTES);
        prop_assert_eq!(report.tags, values[..whole].iter().collect::<HashSet<_>>().len());
        for value in &values[..whole] {
            prop_assert!(table.contains(fingerprint(*value)));
        }
    }

    #[test]
    fn a_damaged_record_costs_that_record_only(values in prop::collection::vec(1..=u64::MAX, 1..60), at: usize, bit in 0..64u32) {
        let mut log = encode_header(&LogHeader { period: 4, key: key() }).to_vec();
        let at = at % values.len();
        for (i, value) in values.iter().enumerate() {
            let value = if i == at { value ^ (1 << bit) } else { *value };
            log.extend_from_slice(&value.to_be_bytes());
        }
        let (_, table, _) = read_log(&log[..], 100).unwrap();
        for (i, value) in values.iter().enumerate() {
            prop_assert!(i == at || table.contains(fingerprint(*value)));
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_log(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(matches!(read_log(&bytes[..], 100), Err(LogError::BadHeader)));
    }
}

#[test]
fn every_damaged_bit_of_the_header_is_noticed() {
    let log = encode_header(&LogHeader { period: 4, key: key() });
    assert!(read_log(&log[..], 0).is_ok());
    for bit in 0..HEADER_BYTES * 8 {
        let mut damaged = log;
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(read_log(&damaged[..], 0), Err(LogError::BadHeader)), "bit {bit}");
    }
    for len in 0..HEADER_BYTES {
        assert!(matches!(read_log(&log[..len], 0), Err(LogError::BadHeader)), "{len} bytes");
    }
}

#[test]
fn zeroes_that_a_file_system_left_are_no_records() {
    let mut log = encode_header(&LogHeader { period: 4, key: key() }).to_vec();
    log.extend_from_slice(&7u64.to_be_bytes());
    log.extend_from_slice(&[0; 4_096 + 3]);
    let (_, table, report) = read_log(&log[..], 10).unwrap();
    assert_eq!((table.len(), report.tags), (1, 1));
    assert_eq!(report.valid_bytes as usize, HEADER_BYTES + RECORD_BYTES);
    assert_eq!(report.torn_bytes, 4_096 + 3);
}

#[test]
fn a_log_larger_than_the_table_is_an_error() {
    let mut log = encode_header(&LogHeader { period: 4, key: key() }).to_vec();
    (1..=5u64).for_each(|value| log.extend_from_slice(&value.to_be_bytes()));
    assert!(read_log(&log[..], 5).is_ok());
    assert!(matches!(read_log(&log[..], 4), Err(LogError::TooManyTags { capacity: 4 })));
}
