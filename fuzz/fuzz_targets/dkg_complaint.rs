//! Complaints: one spelling; no complaint about an honest dealer is upheld, and no altered one counts as a false complaint with a proof.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use dkg::{message, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{Complaint, Verdict};

fuzz_target!(|data: &[u8]| {
    let world = &*WORLD;
    let bytes = message(data, &world.complaint);
    let Ok(complaint) = Complaint::decode(&world.ceremony, 1, &bytes) else { return };
    assert_eq!(complaint.to_bytes(&world.ceremony), bytes);
    let dealing = world.board.dealing(complaint.dealer()).expect("everybody dealt");
    let verdict = complaint.judge(&world.ceremony, dealing);
    let expected = if bytes == world.complaint { Verdict::RightShares } else { Verdict::WrongProof };
    assert_eq!(verdict, expected);
});
