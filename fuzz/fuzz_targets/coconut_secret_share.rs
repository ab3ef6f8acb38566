//! A signer's stored share: one spelling, index and scalars as the type has them.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::SecretKeyShare;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.shares[0].to_secret_bytes().to_vec());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(share) = SecretKeyShare::<Full>::from_secret_bytes(&bytes) else { return };
    assert_eq!(share.to_secret_bytes()[..], bytes);
    assert_eq!(share.index().to_be_bytes(), bytes[..2]);
});
