//! Requests for blind signatures: one spelling, and a signer answers the honest one only.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, Full, EPOCH, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::Request;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.pending.request().to_bytes());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(request) = Request::<Full>::from_bytes(&bytes) else { return };
    assert_eq!(request.to_bytes(), bytes);
    let signed = WORLD.shares[0].sign(EPOCH, &WORLD.public, &request);
    assert_eq!(signed.is_ok(), bytes == *HONEST, "an altered request is signed");
});
