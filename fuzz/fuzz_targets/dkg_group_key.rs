//! Groups' keys and members' shares from bytes: one spelling. Decoders alone, which end at a curve check or a scalar.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use std::sync::LazyLock;

use dkg::{message, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{GroupKey, MemberShare};

static GROUP: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.group.to_bytes());
static SHARE: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.shares[&1].to_secret_bytes().to_vec());

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else { return };
    if *which == 0 {
        let bytes = message(data, &GROUP);
        if let Ok(group) = GroupKey::decode(&bytes) {
            assert_eq!(group.to_bytes(), bytes);
            assert!(group.threshold() <= group.holders().len());
        }
    } else {
        let bytes = message(data, &SHARE);
        if let Ok(share) = MemberShare::from_secret_bytes(&bytes) {
            assert_eq!(share.to_secret_bytes().as_slice(), bytes);
        }
    }
});
