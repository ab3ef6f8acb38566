//! Dealings, read and no more: a dealing is read as a whole exactly when its head is right and each of its values is read by itself.
#![no_main]

#[path = "support/dkg.rs"]
#[allow(dead_code)]
mod dkg;

use std::sync::{Arc, LazyLock};

use dkg::{message, rng, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::dkg::{Accusation, Board, Ceremony, Charge, Committee, Place, Plan, ReceiverSecret, Registry};

/// The group hands its key over to itself.
static HANDOVER: LazyLock<Ceremony> = LazyLock::new(|| {
    let committee = Committee::new(&[1, 2, 3, 4]).expect("four members");
    let group = Arc::new(WORLD.group.clone());
    let plan = Plan::hand_over("nym-fuzz-1", "n1dkg", 8, group, committee).expect("a later ceremony");
    let (mut registry, mut rng) = (Registry::new(plan.clone()), rng());
    for index in 1..=4 {
        let (_, registration) = ReceiverSecret::register(&plan, index, &mut rng);
        registry.post(index, &registration.to_bytes(&plan)).expect("honest");
    }
    registry.close().expect("all registered")
});

/// A dealing that starts from no old share, so that whoever reads it to its end says so.
static DEALING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut dealing = WORLD.dealings[&2].clone();
    dealing[1..9].copy_from_slice(&8u64.to_be_bytes());
    dealing
});

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let mut places = Vec::new();
    for polynomial in 0..3 {
        places.extend((0..3).map(|coefficient| Place::Commitment { polynomial, coefficient }));
    }
    places.push(Place::Nonce);
    for receiver in 1..=4 {
        places.extend((0..3).map(|polynomial| Place::Masked { receiver, polynomial }));
    }
    places.extend((0..5).map(|number| Place::Proof { number }));
    places
});

fuzz_target!(|data: &[u8]| {
    let bytes = message(data, &DEALING);
    let is_so = |charge| Accusation { dealer: 2, charge }.judge(&HANDOVER, &bytes, None);
    let read = is_so(Charge::OtherConstant { polynomial: 0 });
    if Board::new(HANDOVER.clone()).post_dealing(2, &bytes).is_ok() {
        assert_eq!(read, !PLACES.iter().any(|place| is_so(Charge::BadValue(*place))));
    } else {
        assert!(!read, "a dealing that no board takes is read");
    }
});
