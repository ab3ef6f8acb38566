//! Registrations: one spelling, and only the honest one is taken.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use dkg::{message, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{ReceiverSecret, Registration, Registry};

fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let bytes = message(data, &world.registration);
    if let Ok(read) = Registration::decode(&world.plan, &bytes) {
        assert_eq!(read.to_bytes(&world.plan), bytes);
        let taken = Registry::new(world.plan.clone()).post(1, &bytes).is_ok();
        assert_eq!(taken, bytes == world.registration, "an altered registration is taken");
    }
    if let Ok(secret) = ReceiverSecret::from_secret_bytes(&bytes) {
        assert_eq!(secret.to_secret_bytes().as_ref(), &bytes[..]);
    }
});
