#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Step {
    Set(u8, u8),
    Remove(u8),
    Snapshot,
    Rollback,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..16, any::<u8>()).prop_map(|(k, v)| Step::Set(k, v)),
        2 => (0u8..16).prop_map(Step::Remove),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Rollback),
        1 => Just(Step::Commit),
    ]
}

fn key(k: u8) -> Bytes {
    Bytes::copy_from_slice(&[k])
}

proptest! {
    /// Nested snapshots behave as copies of the whole map would.
    #[test]
    fn rollback_equals_a_model_that_copies(steps in proptest::collection::vec(step(), 0..120)) {
        let base: Map = apply(&empty(), &[(key(1), Some(key(7))), (key(3), Some(key(9)))]);
        let working = Working::new(base.clone());
        let mut model: BTreeMap<u8, u8> = BTreeMap::from([(1, 7), (3, 9)]);
        let mut saved: Vec<(Map, BTreeMap<u8, u8>)> = Vec::new();

        for step in steps {
            match step {
                Step::Set(k, v) => {
                    working.set(key(k), key(v));
                    model.insert(k, v);
                }
                Step::Remove(k) => {
                    working.remove(&[k]);
                    model.remove(&k);
                }
                Step::Snapshot => saved.push((working.snapshot(), model.clone())),
                Step::Rollback => {
                    if let Some((map, copy)) = saved.pop() {
                        working.restore(map);
                        model = copy;
                    }
                }
                Step::Commit => {
                    saved.pop();
                }
            }
        }

        let now: BTreeMap<u8, u8> = working.snapshot().iter().map(|(k, v)| (k[0], v[0])).collect();
        prop_assert_eq!(&now, &model);

        let (new, undo) = working.changes(&base);
        prop_assert_eq!(apply(&base, &new), working.snapshot());
        prop_assert_eq!(apply(&working.snapshot(), &undo), base);
    }

    /// A cursor sees the version it was opened on, in both directions.
    #[test]
    fn a_cursor_walks_the_range_of_its_version(
        keys in proptest::collection::btree_set(any::<u8>(), 0..40),
        start in any::<u8>(),
        end in proptest::option::of(any::<u8>()),
    ) {
        let mut map = empty();
        for k in &keys {
            map.insert_mut(key(*k), key(*k));
        }
        let inside = |k: &u8| *k >= start && end.is_none_or(|e| *k < e);
        let mut expected: Vec<u8> = keys.iter().copied().filter(inside).collect();

        let walk = |forward| -> Vec<u8> {
            Cursor::new(map.clone(), key(start), end.map(key), forward).map(|(k, _)| k[0]).collect()
        };

        prop_assert_eq!(walk(true), expected.clone());
        expected.reverse();
        prop_assert_eq!(walk(false), expected);
    }
}

#[test]
fn the_end_of_a_prefix_is_the_next_one() {
    assert_eq!(prefix_end(&[1, 2]).unwrap(), Bytes::from_static(&[1, 3]));
    assert_eq!(prefix_end(&[1, 255]).unwrap(), Bytes::from_static(&[2]));
    assert_eq!(prefix_end(&[255]), None);
}
