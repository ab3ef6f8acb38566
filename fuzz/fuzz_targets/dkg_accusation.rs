//! Accusations: one spelling; none of an honest dealing is upheld, whatever the other dealing is.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use dkg::{message, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{Accusation, Charge};

fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let bytes = message(data, &world.accusation);
    let Ok(accusation) = Accusation::decode(&world.ceremony, &bytes) else { return };
    assert_eq!(accusation.to_bytes(&world.ceremony), bytes);
    // The charges that read a whole dealing are what `dkg_dealing` spends its time on.
    if let Charge::BadValue(_) = accusation.charge {
        assert!(!accusation.judge(&world.ceremony, &world.dealings[&accusation.dealer], None));
        let _ = accusation.judge(&world.ceremony, data, None);
    }
});
