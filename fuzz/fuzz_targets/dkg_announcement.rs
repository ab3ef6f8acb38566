//! Announcements from bytes: one spelling, and only the right keys are accepted (with a pairing).
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use dkg::{message, rng, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::Announcement;

fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let bytes = message(data, &world.announcement);
    let Ok(announcement) = Announcement::decode(&world.group, &bytes) else { return };
    assert_eq!(announcement.to_bytes(&world.group), bytes);
    let accepted = Announcement::verify(&world.group, &[announcement], &mut rng()).is_ok();
    assert_eq!(accepted, bytes == world.announcement);
});
