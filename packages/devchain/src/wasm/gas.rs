//! What wasmd charges on top of storage and execution, in SDK gas.

use super::response::{Attribute, Event};

/// Loading a contract that the transaction has not loaded before.
const INSTANCE: u64 = 60_000;
/// Loading a contract that is in memory already: loaded before, or called back.
const INSTANCE_AGAIN: u64 = 2_000;
const ATTRIBUTE: u64 = 10;
const ATTRIBUTE_BYTE: u64 = 1;
const CUSTOM_EVENT: u64 = 20;
/// Bytes of attributes that are free in each response.
const FREE_BYTES: u64 = 100;
/// Storing code, for each byte of it.
pub(crate) const COMPILE_BYTE: u64 = 3;

/// Loading a contract.
pub(crate) fn setup(again: bool) -> u64 {
    if again {
        INSTANCE_AGAIN
    } else {
        INSTANCE
    }
}

/// Unpacking gzipped code: 0.15 a byte.
pub(crate) fn uncompress(length: usize) -> u64 {
    length as u64 * 15 / 100
}

/// The events of a response.
pub(crate) fn events(attributes: &[Attribute], events: &[Event]) -> u64 {
    let mut free = FREE_BYTES;
    let mut gas = attribute_list(attributes, &mut free);
    for event in events {
        gas += CUSTOM_EVENT + event.kind.len() as u64 * ATTRIBUTE_BYTE;
        gas += attribute_list(&event.attributes, &mut free);
    }
    gas
}

/// Calling a contract back with the events of its sub-message.
pub(crate) fn reply(reported: &[Event]) -> u64 {
    let types: usize = reported.iter().map(|e| e.kind.len()).sum();
    let all: Vec<Attribute> = reported.iter().flat_map(|e| e.attributes.clone()).collect();
    types as u64 * ATTRIBUTE_BYTE + events(&all, &[]) + setup(true)
}

fn attribute_list(attributes: &[Attribute], free: &mut u64) -> u64 {
    let bytes: usize = attributes.iter().map(|a| a.key.len() + a.value.len()).sum();
    let charged = (bytes as u64).saturating_sub(*free);
    *free = free.saturating_sub(bytes as u64);
    charged * ATTRIBUTE_BYTE + attributes.len() as u64 * ATTRIBUTE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(key: usize, value: usize) -> Attribute {
        Attribute { key: "k".repeat(key), value: "v".repeat(value) }
    }

    #[test]
    fn the_first_hundred_bytes_of_attributes_are_free() {
        assert_eq!(events(&[attribute(10, 80)], &[]), 10);
        assert_eq!(events(&[attribute(10, 95)], &[]), 15);
    }

    #[test]
    fn custom_events_share_the_free_bytes() {
        let event = Event { kind: "abc".to_owned(), attributes: vec![attribute(10, 50)] };
        assert_eq!(events(&[attribute(10, 50)], &[event]), 10 + 20 + 3 + 20 + 10);
    }
}
