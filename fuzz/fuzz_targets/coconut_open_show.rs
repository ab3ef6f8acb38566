//! Open-serial shows: one spelling; only the one that the holder made is accepted, alone and in a batch.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, rng, Token, CONTEXT, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::{verify_open_batch, OpenShow};

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.payments[0].to_bytes().to_vec());

fuzz_target!(|data: &[u8]| {
    let bytes = altered(&HONEST, data);
    let Ok(show) = OpenShow::<Token>::from_bytes(&bytes) else { return };
    assert_eq!(show.to_bytes()[..], bytes);
    let accepted = show.verify(&WORLD.info, CONTEXT).is_ok();
    assert_eq!(accepted, bytes == *HONEST, "an altered payment is accepted");
    let items = [(&WORLD.payments[1], &WORLD.info, CONTEXT), (&show, &WORLD.info, CONTEXT)];
    let bad = verify_open_batch(&items, &mut rng()).map_err(|error| error.bad);
    assert_eq!(bad, if accepted { Ok(()) } else { Err(vec![1]) });
});
