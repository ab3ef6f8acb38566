//! The epoch beacon: one seed whoever signs, culprits by name, the equations a contract checks.

use std::collections::BTreeMap;

use nym_coconut::backend::{Curve, Group, PrimeCurveAffine, Scalar, G1};
use nym_coconut::beacon::{beacon_hash, beacon_message, BeaconError, BeaconKey, PartialSeed, Seed, BEACON_DST};
use nym_coconut::dkg::{Committee, IndexError, Plan};
use serde_json::json;

use super::failing::Stuck;
use super::net::{committee, new_key, rng, Run, CHAIN, CONTRACT};
use super::wire::pin;

fn shifted(partial: &PartialSeed, by: i64) -> PartialSeed {
    let mut bytes = partial.to_bytes();
    let point = nym_coconut::backend::decode_g1(&bytes[2..], "partial").unwrap();
    let shift = G1::generator() * Scalar::from(by.unsigned_abs());
    let point = if by < 0 { G1::from(point) - shift } else { G1::from(point) + shift };
    bytes[2..].copy_from_slice(&point.to_affine().to_compressed());
    PartialSeed::decode(&bytes).unwrap()
}

#[test]
fn any_t_members_make_the_same_seed_and_it_is_pinned() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1000);
    let key = BeaconKey::new(run.key());
    let message = beacon_message(CHAIN, "n1mixnet", 12, &[5; 32]);
    let partials: Vec<PartialSeed> = run.shares.values().map(|share| share.beacon_share().sign(&message)).collect();
    key.verify_partials(&message, &partials, &mut rng(1)).unwrap();
    let seed = key.combine(&message, &partials, &mut rng(2)).unwrap();
    key.verify(&message, &seed).unwrap();
    for left_out in 0..4 {
        let mut some = partials.clone();
        some.remove(left_out);
        some.reverse();
        assert_eq!(key.combine(&message, &some, &mut rng(3)).unwrap(), seed);
    }
    let secret = run.reconstruct(&[1, 2, 3])[3];
    assert_eq!((G1::from(beacon_hash(&message)) * secret).to_affine().to_compressed(), seed.to_bytes());
    assert_eq!(Seed::decode(&seed.to_bytes()).unwrap(), seed);

    pin(
        "dkg_beacon.json",
        &json!({
            "about": "A group of four (t = 3) signs for the epoch beacon, by docs/protocol/beacon.md. Scalars little endian, points compressed.",
            "dst": std::str::from_utf8(BEACON_DST).unwrap(),
            "chain_id": CHAIN, "mixnet_contract": "n1mixnet", "epoch": 12, "last_seed": hex::encode([5; 32]),
            "message": hex::encode(&message),
            "hash": hex::encode(beacon_hash(&message).to_compressed()),
            "group_key": hex::encode(key.group().to_compressed()),
            "group_secret": hex::encode(nym_coconut::backend::encode_scalar(&secret)),
            "member_keys": (1..=4).map(|index| hex::encode(key.member(index).unwrap().to_compressed())).collect::<Vec<_>>(),
            "partials": partials.iter().map(|partial| hex::encode(partial.to_bytes())).collect::<Vec<_>>(),
            "seed": hex::encode(seed.to_bytes()),
        }),
    );
}

#[test]
fn a_seed_belongs_to_one_epoch_chain_contract_and_predecessor() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1001);
    let key = BeaconKey::new(run.key());
    let message = beacon_message(CHAIN, "n1mixnet", 12, &[5; 48]);
    let partials: Vec<PartialSeed> = run.shares.values().map(|share| share.beacon_share().sign(&message)).collect();
    let seed = key.combine(&message, &partials, &mut rng(1)).unwrap();
    let others = [
        beacon_message("nym-test-2", "n1mixnet", 12, &[5; 48]),
        beacon_message(CHAIN, "n1mixnett", 12, &[5; 48]),
        beacon_message(CHAIN, "n1mixnet", 13, &[5; 48]),
        beacon_message(CHAIN, "n1mixnet", 12, &[5; 32]),
        beacon_message(&format!("{CHAIN}n"), "1mixnet", 12, &[5; 48]),
    ];
    for other in others {
        assert_ne!(other, message);
        assert_eq!(key.verify(&other, &seed), Err(BeaconError::Seed));
        let error = key.combine(&other, &partials, &mut rng(2)).unwrap_err();
        assert_eq!(error.culprits(), [1, 2, 3, 4], "signatures of another message are wrong");
    }
    let negated = -nym_coconut::backend::decode_g1(&seed.to_bytes(), "seed").unwrap();
    assert_eq!(key.verify(&message, &Seed::decode(&negated.to_compressed()).unwrap()), Err(BeaconError::Seed));
}

#[test]
fn n06_n08_wrong_partials_are_named_even_when_they_cancel() {
    let run = Run::new(new_key(7, committee(10)), &[], &BTreeMap::new(), 1002);
    let key = BeaconKey::new(run.key());
    let message = beacon_message(CHAIN, CONTRACT, 1, &[0; 32]);
    let right: Vec<PartialSeed> = run.shares.values().map(|share| share.beacon_share().sign(&message)).collect();
    let mut wrong = right.clone();
    wrong[1] = shifted(&right[1], 5);
    wrong[6] = shifted(&right[6], -5);
    let error = key.verify_partials(&message, &wrong, &mut rng(1)).unwrap_err();
    assert_eq!(error, BeaconError::Wrong { culprits: vec![2, 7] });
    assert_eq!(key.combine(&message, &wrong, &mut rng(2)).unwrap_err().culprits(), [2, 7]);
    for stuck in [0, 1, 0xff] {
        let refused = key.verify_partials(&message, &wrong, &mut Stuck(stuck)).unwrap_err();
        assert_eq!(refused.culprits(), [2, 7], "weights hash the signatures");
    }
    // Another member's signature under one's own name.
    let mut renamed = right[3].to_bytes();
    renamed[..2].copy_from_slice(&9u16.to_be_bytes());
    let stolen = [PartialSeed::decode(&renamed).unwrap()];
    assert_eq!(key.verify_partials(&message, &stolen, &mut rng(3)).unwrap_err().culprits(), [9]);

    assert_eq!(key.combine(&message, &right[..6], &mut rng(4)), Err(BeaconError::TooFew { given: 6, required: 7 }));
    let mut twice = right.clone();
    twice[2] = right[0];
    let error = key.combine(&message, &twice, &mut rng(5)).unwrap_err();
    assert_eq!(error, BeaconError::Signers(IndexError::Twice { index: 1 }));
    assert_eq!(error.culprits(), [1]);
    let mut stranger = right[0].to_bytes();
    stranger[..2].copy_from_slice(&11u16.to_be_bytes());
    let stranger = PartialSeed::decode(&stranger).unwrap();
    assert_eq!(key.verify_partials(&message, &[stranger], &mut rng(6)).unwrap_err().culprits(), [11]);
    assert_eq!(
        key.combine(&message, &[&right[..9], &[stranger]].concat(), &mut rng(7)).unwrap_err(),
        BeaconError::Stranger { index: 11 }
    );
    assert_eq!(key.verify_partials(&message, &[], &mut rng(8)), Err(BeaconError::Signers(IndexError::None)));
}

#[test]
fn the_beacon_outlives_a_change_of_the_group_and_old_shares_do_not() {
    let old = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1003);
    let plan = Plan::hand_over(CHAIN, CONTRACT, 8, old.key_arc(), Committee::new(&[2, 3, 5, 6, 7]).unwrap()).unwrap();
    let new = Run::new(plan, &[], &old.shares, 1004);
    let (before, after) = (BeaconKey::new(old.key()), BeaconKey::new(new.key()));
    let message = beacon_message(CHAIN, CONTRACT, 3, &[1; 48]);
    let sign = |run: &Run| run.shares.values().map(|share| share.beacon_share().sign(&message)).collect::<Vec<_>>();
    let seed = before.combine(&message, &sign(&old), &mut rng(1)).unwrap();
    assert_eq!(after.combine(&message, &sign(&new), &mut rng(2)).unwrap(), seed);
    assert_eq!(after.group(), before.group());
    // A member of both groups signs with its old share.
    let mut mixed = sign(&new);
    mixed[0] = old.shares[&2].beacon_share().sign(&message);
    assert_eq!(after.combine(&message, &mixed, &mut rng(3)).unwrap_err().culprits(), [2]);
}

#[test]
fn the_key_of_the_beacon_is_not_a_key_of_credentials() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1005);
    let key = run.key();
    assert_ne!(key.beacon_key(), key.alpha());
    let secrets = run.reconstruct(&[1, 2, 3]);
    for (i, secret) in secrets.iter().enumerate() {
        assert!(secrets[i + 1..].iter().all(|other| other != secret));
    }
    assert!(!bool::from(key.beacon_key().is_identity()));
}
