//! Messages to the mixnet contract: the contract's own JSON reader beside `serde_json`, which reads the same or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_contract_runtime::json::{self, Anything, Read, Write};
use nym_contract_types::mixnet::{
    ContractState, ExecuteMsg, GatewayBond, InstantiateMsg, MigrateMsg, PendingParams, QueryMsg, RewardingParams,
};
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Nesting above which the contract's reader refuses.
const MAX_DEPTH: usize = 32;

/// A text in the part of JSON that contracts know: how deep it is nested; an error if it holds anything but integers of 64 bits.
struct Depth(usize);

impl<'de> Deserialize<'de> for Depth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Depth;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }

    fn visit_unit<E>(self) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_str<E>(self, _: &str) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Depth, A::Error> {
        let mut deepest = 0;
        while let Some(Depth(depth)) = list.next_element()? {
            deepest = deepest.max(depth);
        }
        Ok(Depth(deepest + 1))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Depth, A::Error> {
        let mut deepest = 0;
        while let Some((_, Depth(depth))) = map.next_entry::<String, Depth>()? {
            deepest = deepest.max(depth);
        }
        Ok(Depth(deepest + 1))
    }
}

/// Both readers on one text.
fn compare<T: Read + Write + Serialize + DeserializeOwned + PartialEq + fmt::Debug>(text: &[u8], plain: bool) {
    let theirs = serde_json::from_slice::<T>(text);
    match json::from_slice::<T>(text) {
        Ok(ours) => {
            // `-0` is a fraction to serde_json and nothing to the contract.
            if plain {
                assert_eq!(theirs.expect("serde_json reads what the contract reads"), ours);
            }
            let written = json::to_vec(&ours);
            assert_eq!(written, serde_json::to_vec(&ours).expect("messages become JSON"));
            assert_eq!(json::from_slice::<T>(&written).expect("it was written just now"), ours);
        }
        // To serde a list may be an object without names; to the contract it is not.
        Err(error) => assert!(
            !plain || theirs.is_err() || text.contains(&b'['),
            "the contract refuses what serde_json reads: {error}"
        ),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    let plain = matches!(serde_json::from_slice::<Depth>(text), Ok(Depth(depth)) if depth <= MAX_DEPTH);
    if json::from_slice::<Anything>(text).is_ok() {
        assert!(serde_json::from_slice::<IgnoredAny>(text).is_ok(), "the contract goes over what is no JSON");
    } else {
        assert!(!plain, "the contract does not go over plain JSON");
    }
    match kind % 8 {
        0 => compare::<ExecuteMsg>(text, plain),
        1 => compare::<QueryMsg>(text, plain),
        2 => compare::<InstantiateMsg>(text, plain),
        3 => compare::<MigrateMsg>(text, plain),
        4 => compare::<ContractState>(text, plain),
        5 => compare::<GatewayBond>(text, plain),
        6 => compare::<RewardingParams>(text, plain),
        _ => compare::<PendingParams>(text, plain),
    }
    if let Ok(text) = std::str::from_utf8(text) {
        if let Some(key) = nym_contract_types::keys::parse(text) {
            assert_eq!(nym_contract_types::keys::to_text(&key), text, "a key has one spelling");
        }
    }
});
