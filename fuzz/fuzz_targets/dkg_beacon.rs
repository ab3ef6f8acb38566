//! Beacon signatures: one spelling, and only members' right ones are accepted (with a pairing).
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use std::sync::LazyLock;

use dkg::{message, rng, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::beacon::{PartialSeed, Seed};

static PARTIALS: LazyLock<Vec<PartialSeed>> =
    LazyLock::new(|| WORLD.shares.values().map(|share| share.beacon_share().sign(&WORLD.message)).collect());
static SEED: LazyLock<Seed> =
    LazyLock::new(|| WORLD.beacon.combine(&WORLD.message, &PARTIALS, &mut rng()).expect("right"));

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else { return };
    let world = &*WORLD;
    if *which == 0 {
        let honest = SEED.to_bytes();
        let bytes = message(data, &honest);
        let Ok(seed) = Seed::decode(&bytes) else { return };
        assert_eq!(seed.to_bytes()[..], bytes);
        assert_eq!(world.beacon.verify(&world.message, &seed).is_ok(), bytes == honest);
    } else {
        let honest = PARTIALS[0].to_bytes();
        let bytes = message(data, &honest);
        let Ok(partial) = PartialSeed::decode(&bytes) else { return };
        assert_eq!(partial.to_bytes()[..], bytes);
        let right = world.beacon.verify_partials(&world.message, &[partial], &mut rng()).is_ok();
        assert_eq!(right, bytes == honest);
        // Whoever joins the others, the seed is the seed or the culprit is named.
        match world.beacon.combine(&world.message, &[partial, PARTIALS[1], PARTIALS[2]], &mut rng()) {
            Ok(seed) => assert_eq!(seed, *SEED),
            Err(error) => {
                assert!(!right && (error.culprits() == [partial.index()] || [2, 3].contains(&partial.index())))
            }
        }
    }
});
