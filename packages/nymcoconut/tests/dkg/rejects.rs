//! Messages, keys and parameters that must be refused, by the numbers of the list of negative vectors.

use std::collections::BTreeMap;

use nym_coconut::backend::{random_scalar, Curve, Group, Scalar, G2};
use nym_coconut::beacon::{beacon_message, BeaconKey, PartialSeed, Seed};
use nym_coconut::dkg::{
    Accusation, AnnounceError, Announcement, Charge, Committee, Complaint, DealError, Dealing, Flaw, GroupKey, Inbox,
    IndexError, Layout, MessageError, Place, Plan, ReceiverSecret, Registration, SetupError,
};

use super::failing::{draws, Stuck};
use super::forge::Forge;
use super::four::{bad_g1, bad_g2, bad_scalars, bad_values, four};
use super::net::{committee, new_key, register, rng, Run, ATTRIBUTES, CHAIN, CONTRACT};

#[test]
fn n01_n02_n07_n12_every_bad_value_at_every_place_of_a_dealing_is_found_and_can_be_accused() {
    let four = four(7, 1);
    let layout = Layout::of(&four.ceremony);
    let z = four.ceremony.plan().polynomials() - 1;
    let mut places = vec![Place::Nonce];
    for polynomial in 0..=z {
        places.extend((0..3).map(|coefficient| Place::Commitment { polynomial, coefficient }));
        places.extend((1..=4).map(|receiver| Place::Masked { receiver, polynomial }));
    }
    places.extend((0..=z + 2).map(|number| Place::Proof { number }));
    for place in places {
        let range = layout.range(place).unwrap();
        for (name, value) in bad_values(range.len()) {
            let mut bytes = four.dealings[&2].clone();
            bytes[range.clone()].copy_from_slice(&value);
            let expected =
                if range.len() == 32 { MessageError::Scalar { place } } else { MessageError::Point { place } };
            assert_eq!(four.flaw_of(&bytes), Flaw::Message(expected), "{name} at {place}");
            let accusation = Accusation::of_flaw(2, &four.flaw_of(&bytes)).unwrap();
            let accusation = Accusation::decode(&four.ceremony, &accusation.to_bytes(&four.ceremony)).unwrap();
            assert_eq!(accusation.charge, Charge::BadValue(place));
            assert!(accusation.judge(&four.ceremony, &bytes, None), "{name} at {place}");
            assert!(!accusation.judge(&four.ceremony, &four.dealings[&2], None), "the right value at {place}");
        }
    }
    assert_eq!(layout.range(Place::Commitment { polynomial: 0, coefficient: 3 }), None);
    assert_eq!(layout.range(Place::Commitment { polynomial: z + 1, coefficient: 0 }), None);
    assert_eq!(layout.range(Place::Masked { receiver: 5, polynomial: 0 }), None);
    assert_eq!(layout.range(Place::Proof { number: z + 3 }), None);
    assert_eq!(layout.range(Place::Key), None);
}

#[test]
fn n01_n02_bad_values_of_the_other_messages_are_refused() {
    let four = four(7, 2);
    let plan = four.ceremony.plan();
    let mut rng = rng(3);
    let (_, registration) = ReceiverSecret::register(plan, 1, &mut rng);
    let board = four.board();
    let complaint = Complaint::make(&board, 3, 1, &four.secrets[&1], &mut rng).unwrap();
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 4);
    let announcement = Announcement::new(&run.shares[&1]);
    let key = run.key();

    for (name, value) in bad_g1() {
        let mut bytes = registration.to_bytes(plan);
        bytes[11..59].copy_from_slice(&value);
        assert_eq!(Registration::decode(plan, &bytes), Err(MessageError::Point { place: Place::Key }), "{name}");
        let mut bytes = complaint.to_bytes(&four.ceremony);
        bytes[13..61].copy_from_slice(&value);
        assert_eq!(
            Complaint::decode(&four.ceremony, 1, &bytes),
            Err(MessageError::Point { place: Place::SharedPoint }),
            "{name}"
        );
        let mut bytes = key.to_bytes();
        let start = 14 + 2 * 4 + 3 * 96;
        bytes[start..start + 48].copy_from_slice(&value);
        assert_eq!(
            GroupKey::decode(&bytes),
            Err(MessageError::Point { place: Place::Commitment { polynomial: 1, coefficient: 0 } }),
            "{name}"
        );
        assert!(Seed::decode(&value).is_err(), "{name}");
        assert!(PartialSeed::decode(&[&[0, 1], &value[..]].concat()).is_err(), "{name}");
    }
    for (name, value) in bad_g2() {
        let mut bytes = announcement.to_bytes(key);
        bytes[11 + 96..].copy_from_slice(&value);
        assert_eq!(
            Announcement::decode(key, &bytes),
            Err(MessageError::Point { place: Place::Announced { number: 2 } }),
            "{name}"
        );
        let mut bytes = key.to_bytes();
        let start = 14 + 2 * 4;
        bytes[start..start + 96].copy_from_slice(&value);
        assert_eq!(
            GroupKey::decode(&bytes),
            Err(MessageError::Point { place: Place::Commitment { polynomial: 0, coefficient: 0 } }),
            "{name}"
        );
    }
    for (name, value) in bad_scalars() {
        for number in 0..2u8 {
            let start = 59 + 32 * usize::from(number);
            let mut bytes = registration.to_bytes(plan);
            bytes[start..start + 32].copy_from_slice(&value);
            assert_eq!(
                Registration::decode(plan, &bytes),
                Err(MessageError::Scalar { place: Place::Proof { number } }),
                "{name}"
            );
            let start = 61 + 32 * usize::from(number);
            let mut bytes = complaint.to_bytes(&four.ceremony);
            bytes[start..start + 32].copy_from_slice(&value);
            assert_eq!(
                Complaint::decode(&four.ceremony, 1, &bytes),
                Err(MessageError::Scalar { place: Place::Proof { number } }),
                "{name}"
            );
        }
    }
}

#[test]
fn n03_n07_a_proof_holds_with_no_part_swapped_zeroed_or_changed() {
    let four = four(7, 5);
    let start = Layout::of(&four.ceremony).proof();
    let scalars = (four.dealings[&2].len() - start) / 32;
    assert_eq!(scalars, ATTRIBUTES + 4);
    for number in 0..scalars {
        let at = start + 32 * number;
        let mut zeroed = four.dealings[&2].clone();
        zeroed[at..at + 32].fill(0);
        let mut changed = four.dealings[&2].clone();
        changed[at] ^= 1;
        let mut swapped = four.dealings[&2].clone();
        let next = start + 32 * ((number + 1) % scalars);
        for byte in 0..32 {
            swapped.swap(at + byte, next + byte);
        }
        for bytes in [zeroed, changed, swapped] {
            assert_eq!(four.flaw_of(&bytes), Flaw::Proof, "number {number}");
            assert!(Accusation { dealer: 2, charge: Charge::BadProof }.judge(&four.ceremony, &bytes, None));
        }
    }
    assert!(!Accusation { dealer: 2, charge: Charge::BadProof }.judge(&four.ceremony, &four.dealings[&2], None));
}

#[test]
fn n08_indices_zero_twice_unknown_and_too_few() {
    assert_eq!(Committee::new(&[]), Err(SetupError::Members(IndexError::None)));
    assert_eq!(Committee::new(&[1, 0]), Err(SetupError::Members(IndexError::Zero)));
    assert_eq!(Committee::new(&[1, 2, 1]), Err(SetupError::Members(IndexError::Twice { index: 1 })));
    let many: Vec<u16> = (1..=257).collect();
    assert_eq!(Committee::new(&many), Err(SetupError::TooMany { count: 257, maximum: 256 }));
    assert_eq!(Committee::new(&[3, 1, 2]).unwrap().indices(), [1, 2, 3]);

    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 6);
    let all: Vec<Announcement> = run.shares.values().map(Announcement::new).collect();
    let twice = [all[0].clone(), all[1].clone(), all[0].clone()];
    assert_eq!(Announcement::combine(run.key(), &twice), Err(IndexError::Twice { index: 1 }.into()));
    let repeated = Announcement::verify(run.key(), &twice, &mut rng(7)).unwrap_err();
    assert_eq!((repeated.culprits(), &repeated), ([1].as_slice(), &IndexError::Twice { index: 1 }.into()));
    assert_eq!(Announcement::verify(run.key(), &[], &mut rng(7)), Err(IndexError::None.into()));
    let few = Announcement::combine(run.key(), &all[..2]).unwrap_err();
    assert_eq!((few.culprits(), &few), ([].as_slice(), &AnnounceError::TooFew { given: 2, required: 3 }));
    let other = Run::new(new_key(8, Committee::new(&[2, 3, 4, 9]).unwrap()), &[], &BTreeMap::new(), 8);
    let stranger = Announcement::new(&other.shares[&9]);
    let refused = Announcement::verify(run.key(), std::slice::from_ref(&stranger), &mut rng(7)).unwrap_err();
    assert_eq!((refused.culprits(), &refused), ([9].as_slice(), &AnnounceError::Stranger { index: 9 }));
    assert_eq!(
        Announcement::decode(run.key(), &stranger.to_bytes(other.key())),
        Err(MessageError::Epoch { given: 8, required: 7 })
    );
    assert!(run.key().member(5).is_none() && run.key().member(0).is_none());
}

#[test]
fn n09_announced_keys_that_do_not_fit_are_refused_with_their_announcers() {
    let run = Run::new(new_key(7, committee(5)), &[], &BTreeMap::new(), 9);
    let key = run.key();
    let right: Vec<Announcement> = run.shares.values().map(Announcement::new).collect();
    Announcement::verify(key, &right, &mut rng(1)).unwrap();
    let group = Announcement::combine(key, &right).unwrap();
    assert_eq!(Announcement::combine(key, &right[1..]).unwrap(), group, "any t give the same");
    let secret = run.reconstruct(&key.holders()[..4]);
    assert_eq!(group, secret[1..3].iter().map(|y| (G2::generator() * y).to_affine()).collect::<Vec<_>>());

    let change = |item: &Announcement, at: usize, point: G2| {
        let mut bytes = item.to_bytes(key);
        bytes[11 + 96 * at..][..96].copy_from_slice(&point.to_affine().to_compressed());
        Announcement::decode(key, &bytes).unwrap()
    };
    let shift = G2::generator() * Scalar::from(5);
    // Errors of two members that cancel in a sum without weights.
    let mut cancelling = right.clone();
    cancelling[0] = change(&right[0], 0, G2::from(right[0].keys()[0]) + shift);
    cancelling[2] = change(&right[2], 1, G2::from(right[2].keys()[1]) - shift);
    let refused = Announcement::verify(key, &cancelling, &mut rng(2)).unwrap_err();
    assert_eq!((refused.culprits(), &refused), ([1, 3].as_slice(), &AnnounceError::Wrong { culprits: vec![1, 3] }));
    for stuck in [0, 1, 0xff] {
        let refused = Announcement::verify(key, &cancelling, &mut Stuck(stuck)).unwrap_err();
        assert_eq!(refused, AnnounceError::Wrong { culprits: vec![1, 3] }, "weights hash the announcements");
    }
    // Both keys of one member by the same factor.
    let mut scaled = right.clone();
    scaled[4] = change(&right[4], 0, G2::from(right[4].keys()[0]) * Scalar::from(3));
    scaled[4] = change(&scaled[4], 1, G2::from(right[4].keys()[1]) * Scalar::from(3));
    assert_eq!(Announcement::verify(key, &scaled, &mut rng(3)), Err(AnnounceError::Wrong { culprits: vec![5] }));
    // One member's keys in another's name, and the two keys of one member exchanged.
    let mut named = right[1].to_bytes(key);
    named[9..11].copy_from_slice(&4u16.to_be_bytes());
    assert_eq!(
        Announcement::verify(key, &[Announcement::decode(key, &named).unwrap()], &mut rng(4)),
        Err(AnnounceError::Wrong { culprits: vec![4] })
    );
    let exchanged = change(&change(&right[3], 0, right[3].keys()[1].into()), 1, right[3].keys()[0].into());
    assert_eq!(Announcement::verify(key, &[exchanged], &mut rng(5)), Err(AnnounceError::Wrong { culprits: vec![4] }));
}

#[test]
fn n14_a_source_of_randomness_that_repeats_itself_deals_nothing() {
    let four = four(7, 20);
    for byte in [0, 1, 0xff] {
        assert_eq!(Dealing::deal(&four.ceremony, 1, None, &mut Stuck(byte)), Err(DealError::RepeatedRandomness));
    }
    // Nonces of proofs hash the statement: one state of the source gives two members two nonces.
    let plan = four.ceremony.plan();
    let response = |index: u16| four.secrets[&1].registration(plan, index, &mut Stuck(3)).to_bytes(plan)[91..].to_vec();
    assert_ne!(response(1), response(2));
}

/// Every operation of a member that draws, with a source that fails at the first draw, at the second, and so on.
#[test]
fn n14_with_a_source_of_randomness_that_fails_nothing_comes_out() {
    let four = four(7, 23);
    let (ceremony, plan) = (&four.ceremony, four.ceremony.plan());
    let (board, secret) = (four.board(), &four.secrets[&1]);
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 24);
    let announced: Vec<Announcement> = run.shares.values().map(Announcement::new).collect();
    let (beacon, message) = (BeaconKey::new(run.key()), beacon_message(CHAIN, CONTRACT, 1, &[0; 32]));
    let partials: Vec<PartialSeed> = run.shares.values().map(|share| share.beacon_share().sign(&message)).collect();
    let all = [
        ("a receiver's key", draws(|rng| ReceiverSecret::register(plan, 1, rng).1.to_bytes(plan))),
        ("a registration", draws(|rng| secret.registration(plan, 1, rng).to_bytes(plan))),
        ("a dealing", draws(|rng| Dealing::deal(ceremony, 1, None, rng).unwrap().to_bytes(ceremony))),
        ("an inbox", draws(|rng| Inbox::open(&board, 1, secret, rng).unwrap())),
        ("a complaint", draws(|rng| Complaint::make(&board, 3, 1, secret, rng).unwrap().to_bytes(ceremony))),
        ("a check of announcements", draws(|rng| Announcement::verify(run.key(), &announced, rng).unwrap())),
        ("a check of partial seeds", draws(|rng| beacon.verify_partials(&message, &partials, rng).unwrap())),
    ];
    for (name, draws) in all {
        assert!(draws > 0, "{name}");
    }
}

#[test]
fn shares_of_other_groups_and_members_are_not_handed_over() {
    let old = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 21);
    let other = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 22);
    let plan = Plan::hand_over(CHAIN, CONTRACT, 8, old.key_arc(), committee(5)).unwrap();
    let (ceremony, _) = register(plan, &BTreeMap::new(), &mut rng(1)).unwrap();
    let deal = |dealer: u16, share| Dealing::deal(&ceremony, dealer, share, &mut rng(2)).map(|_| ());
    assert_eq!(deal(1, old.shares.get(&1)), Ok(()));
    assert_eq!(deal(1, None), Err(DealError::ShareNeeded));
    assert_eq!(deal(1, old.shares.get(&2)), Err(DealError::OtherShare { index: 1 }));
    assert_eq!(deal(1, other.shares.get(&1)), Err(DealError::OtherShare { index: 1 }));
    assert_eq!(
        deal(5, old.shares.get(&1)),
        Err(DealError::NotADealer { index: 5 }),
        "a new member holds nothing to deal"
    );
    let (fresh, _) = register(new_key(9, committee(4)), &BTreeMap::new(), &mut rng(3)).unwrap();
    assert_eq!(Dealing::deal(&fresh, 1, old.shares.get(&1), &mut rng(4)), Err(DealError::ShareNotNeeded));
    assert_eq!(
        Plan::hand_over(CHAIN, CONTRACT, 7, old.key_arc(), committee(4)).unwrap_err(),
        SetupError::NotLater { given: 7, group: 7 }
    );
    // Each polynomial that does not start from the old share is named, and the accusation decides.
    for polynomial in 0..4u8 {
        let mut forge = Forge::new(&ceremony, 2, old.shares.get(&2), &mut rng(5));
        forge.polynomials[usize::from(polynomial)][0] = random_scalar(&mut rng(6));
        let bytes = forge.bytes(&ceremony, &mut rng(7));
        assert_eq!(Dealing::check(&ceremony, 2, &bytes), Err(Flaw::OtherConstant { polynomial }));
        for named in 0..4 {
            let accusation = Accusation { dealer: 2, charge: Charge::OtherConstant { polynomial: named } };
            assert_eq!(Accusation::decode(&ceremony, &accusation.to_bytes(&ceremony)), Ok(accusation));
            assert_eq!(accusation.judge(&ceremony, &bytes, None), named == polynomial);
        }
    }
    let beyond = Accusation { dealer: 2, charge: Charge::OtherConstant { polynomial: 4 } }.to_bytes(&ceremony);
    assert_eq!(Accusation::decode(&ceremony, &beyond), Err(MessageError::Nowhere { first: 4, second: 0 }));
}

#[test]
fn n11_plans_out_of_range_are_refused() {
    let plan = |chain: &str, contract: &str, attributes| {
        Plan::new_key(chain, contract, 1, attributes, committee(4)).map(|_| ())
    };
    assert_eq!(plan("", CONTRACT, 2), Err(SetupError::Name { what: "chain id", length: 0, maximum: 128 }));
    assert_eq!(
        plan(CHAIN, &"n".repeat(129), 2),
        Err(SetupError::Name { what: "contract address", length: 129, maximum: 128 })
    );
    assert_eq!(plan(CHAIN, CONTRACT, 0), Err(SetupError::Attributes { given: 0, maximum: 16 }));
    assert_eq!(plan(CHAIN, CONTRACT, 17), Err(SetupError::Attributes { given: 17, maximum: 16 }));
    assert_eq!(plan(CHAIN, CONTRACT, 16), Ok(()));
    let thresholds = [1, 2, 3, 3, 4, 5, 5, 6, 7, 7].into_iter().enumerate();
    for (size, threshold) in thresholds {
        assert_eq!(committee(u16::try_from(size).unwrap() + 1).threshold(), threshold);
    }
}
