//! Selective shows: one spelling, and only the one that the holder made is accepted.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::Show;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.show.to_bytes());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(show) = Show::<Full>::from_bytes(&bytes) else { return };
    assert_eq!(show.to_bytes(), bytes);
    let accepted = show.verify(WORLD.group.key(), &WORLD.public, b"context").is_ok();
    assert_eq!(accepted, bytes == *HONEST, "an altered show is accepted");
});
