//! Members, their keys and their signatures: counted once, in any order, each for what it was made for.

use nym_coconut::dkg::IndexError;
use nym_coconut::{AggregateError, DecodeError, Group, GroupError, PartialSignature, SecretKeyShare, VerificationKey};

use crate::rejects::with;
use crate::support::{full_pending, rng, sign_all, Full};

#[test]
fn n_03_nobody_is_no_group_and_no_signatures_make_no_credential() {
    let rng = &mut rng(123);
    let threshold = |threshold, members| Some(GroupError::Threshold { threshold, members });
    assert_eq!(Group::<Full>::new(0, vec![]).err(), threshold(0, 0));
    assert_eq!(Group::<Full>::new(1, vec![]).err(), threshold(1, 0));
    for (members, required) in [(0, 0), (0, 1), (3, 0), (3, 4)] {
        let dealt = SecretKeyShare::<Full>::deal(members, required, rng).err();
        assert_eq!(dealt, threshold(required.into(), members.into()));
    }
    assert_eq!(VerificationKey::<Full>::aggregate(&[]).err(), Some(IndexError::None));
    let (_, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let none = full_pending(rng).aggregate(&group, &[], rng).err();
    assert_eq!(none, Some(AggregateError::TooFew { required: 3, got: 0 }));
}

#[test]
fn n_07_signatures_answer_one_request() {
    let rng = &mut rng(124);
    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    let (asked, other) = (full_pending(rng), full_pending(rng));
    let (right, replayed) = (sign_all(&shares, &asked), sign_all(&shares, &other));
    assert_eq!(asked.aggregate(&group, &replayed, rng).unwrap_err().culprits(), [1, 2, 3, 4]);
    let mut mixed = right;
    mixed[2] = replayed[2].clone();
    assert_eq!(asked.aggregate(&group, &mixed, rng).unwrap_err().culprits(), [3]);
    assert!(!asked.verify_partial(&group, &replayed[0], rng) && other.verify_partial(&group, &replayed[0], rng));
    // Another member's answer to the right request, under one's own index.
    let bytes = mixed[1].to_bytes();
    mixed[2] = PartialSignature::from_bytes(&with(&bytes, 0, &3u16.to_be_bytes())).unwrap();
    assert_eq!(asked.aggregate(&group, &mixed, rng).unwrap_err().culprits(), [3]);
}

#[test]
fn n_08_no_index_is_zero_twice_or_anothers_and_the_order_does_not_matter() {
    let rng = &mut rng(125);
    let (shares, group) = SecretKeyShare::<Full>::deal(5, 4, rng).unwrap();
    let mut keys: Vec<_> = shares.iter().map(|share| (share.index(), share.verification_key())).collect();
    for place in 0..5 {
        let group = |index| {
            let mut keys = keys.clone();
            keys[place].0 = index;
            Group::new(4, keys).err()
        };
        let other = if place == 0 { 2 } else { 1 };
        assert_eq!(group(0), Some(IndexError::Zero.into()));
        assert_eq!(group(other), Some(IndexError::Twice { index: other }.into()));
        // The key of a member under an index that is nobody's: the last one is where the polynomial is looked at.
        assert_eq!(group(9), Some(GroupError::OffPolynomial { member: 9 }));
    }
    let quorum = |index: u16| {
        let mut quorum: Vec<_> = keys.iter().map(|(index, key)| (*index, key)).collect();
        quorum[3].0 = index;
        VerificationKey::aggregate(&quorum)
    };
    assert_eq!(quorum(4).as_ref(), Ok(group.key()));
    assert_eq!(quorum(0), Err(IndexError::Zero));
    assert_eq!(quorum(5), Err(IndexError::Twice { index: 5 }));
    assert_ne!(quorum(9).as_ref(), Ok(group.key()));

    let pending = full_pending(rng);
    let mut signatures = sign_all(&shares, &pending);
    let expected = pending.aggregate(&group, &signatures, rng).unwrap().to_secret_bytes();
    for turn in 0..5 {
        // Rotated and two of them exchanged: no order that ascends.
        keys.rotate_left(1);
        keys.swap(0, 2);
        signatures.rotate_left(turn);
        signatures.swap(1, 4);
        let same = Group::new(4, keys.clone()).unwrap();
        assert_eq!(same.key(), group.key());
        assert!(same.members().eq(1..=5));
        let quorum: Vec<_> = keys.iter().map(|(index, key)| (*index, key)).collect();
        assert_eq!(VerificationKey::aggregate(&quorum[1..]).as_ref(), Ok(group.key()));
        for some in [&signatures[..], &signatures[1..]] {
            assert_eq!(*pending.aggregate(&same, some, rng).unwrap().to_secret_bytes(), *expected);
        }
    }
    let stored = shares[0].to_secret_bytes();
    let refused = SecretKeyShare::<Full>::from_secret_bytes(&with(&stored, 0, &[0, 0])).unwrap_err();
    assert_eq!(refused, DecodeError::Zero { what: "the index" });
}
