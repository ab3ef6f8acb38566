//! Requests for blind signatures, read and no more: one spelling.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::Request;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.pending.request().to_bytes());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(request) = Request::<Full>::from_bytes(&bytes) else { return };
    assert_eq!(request.to_bytes(), bytes);
});
