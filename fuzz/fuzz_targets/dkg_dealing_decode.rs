//! Dealings, read and no more: a dealing is read as a whole exactly when its head is right and each of its values is read by itself.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use std::sync::{Arc, LazyLock};

use dkg::{message, rng, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{
    Accusation, Board, Ceremony, Charge, Committee, Dealing, Layout, Place, Plan, ReceiverSecret, Registry,
};

/// Two members receive: the fewest of which each list in a dealing has more than one value.
const RECEIVERS: [u16; 2] = [1, 2];
const EPOCH: u64 = 8;

/// The group hands its key over to two of its members.
static HANDOVER: LazyLock<Ceremony> = LazyLock::new(|| {
    ceremony(
        &Plan::hand_over("nym-fuzz-1", "n1dkg", EPOCH, Arc::new(WORLD.group.clone()), receivers()).expect("a plan"),
    )
});

/// A dealing that starts from no old share, so that whoever reads it to its end says so.
static DEALING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let ceremony = ceremony(&Plan::new_key("nym-fuzz-1", "n1dkg", EPOCH, 1, receivers()).expect("a plan"));
    let dealing = Dealing::deal(&ceremony, 2, None, &mut rng()).expect("a dealer").to_bytes(&ceremony);
    assert!(!PLACES.iter().any(|place| is_so(Charge::BadValue(*place), &dealing)));
    dealing
});

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let mut places = Vec::new();
    for polynomial in 0..3 {
        places.extend((0..2).map(|coefficient| Place::Commitment { polynomial, coefficient }));
    }
    places.push(Place::Nonce);
    for receiver in RECEIVERS {
        places.extend((0..3).map(|polynomial| Place::Masked { receiver, polynomial }));
    }
    places.extend((0..5).map(|number| Place::Proof { number }));
    places
});

fn receivers() -> Committee {
    Committee::new(&RECEIVERS).expect("two members")
}

fn ceremony(plan: &Plan) -> Ceremony {
    let (mut registry, mut rng) = (Registry::new(plan.clone()), rng());
    for index in RECEIVERS {
        let (_, registration) = ReceiverSecret::register(plan, index, &mut rng);
        registry.post(index, &registration.to_bytes(plan)).expect("honest");
    }
    registry.close().expect("all registered")
}

fn is_so(charge: Charge, bytes: &[u8]) -> bool {
    Accusation { dealer: 2, charge }.judge(&HANDOVER, bytes, None)
}

fuzz_target!(|data: &[u8]| {
    let bytes = message(data, &DEALING);
    let read = is_so(Charge::OtherConstant { polynomial: 0 }, &bytes);
    if Board::new(HANDOVER.clone()).post_dealing(2, &bytes).is_ok() {
        let layout = Layout::of(&HANDOVER);
        // Values of the honest dealing are known to be good.
        let is_changed = |place| {
            let range = layout.range(place).expect("a place of a dealing");
            bytes[range.clone()] != DEALING[range]
        };
        let is_bad = |place: &Place| is_changed(*place) && is_so(Charge::BadValue(*place), &bytes);
        assert_eq!(read, !PLACES.iter().any(is_bad));
    } else {
        assert!(!read, "a dealing that no board takes is read");
    }
});
