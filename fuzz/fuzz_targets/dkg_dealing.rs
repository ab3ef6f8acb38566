//! Dealings: one spelling; an altered dealing is refused, and where it is wrong for a contract, the accusation of it is upheld.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use dkg::{message, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{Accusation, Board, Dealing};

fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let honest = &world.dealings[&2];
    let bytes = message(data, honest);
    let posted = Board::new(world.ceremony.clone()).post_dealing(2, &bytes);
    match Dealing::check(&world.ceremony, 2, &bytes) {
        Ok(dealing) => {
            assert_eq!(&bytes, honest, "an altered dealing is accepted");
            assert_eq!(dealing.to_bytes(&world.ceremony), bytes);
        }
        Err(flaw) => {
            // What a contract stores, it can be shown to be wrong; the rest it refuses.
            match Accusation::of_flaw(2, &flaw) {
                Some(accusation) => assert!(posted.is_ok() && accusation.judge(&world.ceremony, &bytes, None)),
                None => assert!(posted.is_err()),
            }
        }
    }
});
