//! Verification keys: one spelling, and both halves of a key belong together (with a pairing).
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::VerificationKey;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.group.key().to_bytes());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(key) = VerificationKey::<Full>::from_bytes(&bytes) else { return };
    assert_eq!(key.to_bytes(), bytes);
    assert_eq!(key == *WORLD.group.key(), bytes == *HONEST);
    // The y's are the honest ones, or negated in both groups: what else to change in the other group, nobody can know.
    for j in 0..4 {
        let (g1, g2) = (96 + 48 * j, 288 + 96 * j);
        let sign = (bytes[g1] ^ HONEST[g1]) & 0x20;
        let same = |at: usize, length: usize| {
            bytes[at] == HONEST[at] ^ sign && bytes[at + 1..at + length] == HONEST[at + 1..at + length]
        };
        assert!(same(g1, 48) && same(g2, 96), "halves that do not belong together");
    }
});
