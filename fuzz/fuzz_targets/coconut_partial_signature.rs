//! Blind signatures of one signer: one spelling, and only the one that the signer made is valid.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, rng, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::PartialSignature;

static HONEST: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| WORLD.partials.iter().map(|p| p.to_bytes()).collect());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST[0], data);
    let Ok(partial) = PartialSignature::<Full>::from_bytes(&bytes) else { return };
    assert_eq!(partial.to_bytes(), bytes);
    let valid = WORLD.pending.verify_partial(&WORLD.group, &partial, &mut rng());
    assert_eq!(valid, HONEST.contains(&bytes), "an altered signature is valid");
});
