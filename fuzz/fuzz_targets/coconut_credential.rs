//! Stored credentials: one spelling, and only what the group signed verifies; the epoch beside it is a label.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::Credential;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.credential.to_secret_bytes().to_vec());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(credential) = Credential::<Full>::from_secret_bytes(&bytes) else { return };
    assert_eq!(credential.to_secret_bytes()[..], bytes);
    // (−h, −s) is the same credential randomised by −1.
    let negated = {
        let mut bytes = HONEST.clone();
        bytes[8] ^= 0x20;
        bytes[56] ^= 0x20;
        bytes
    };
    let expected = bytes[8..] == HONEST[8..] || bytes[8..] == negated[8..];
    assert_eq!(credential.verify(WORLD.group.key()), expected);
});
