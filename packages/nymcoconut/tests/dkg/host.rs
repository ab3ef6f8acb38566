//! What a contract's host says of seeds, partial signatures and members' keys: the functions that CosmWasm gives contracts, on another library.

use std::collections::BTreeMap;

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{Api, HashFunction, BLS12_381_G1_GENERATOR, BLS12_381_G2_GENERATOR};
use nym_coconut::beacon::{beacon_hash, beacon_message, BeaconKey, BEACON_DST};
use nym_coconut::dkg::Announcement;

use super::net::{committee, new_key, rng, Run, CHAIN};

/// e(H, key) = e(signature, g2), as a contract asks its host.
fn accepted(message: &[u8], key: &[u8], signature: &[u8]) -> bool {
    let api = MockApi::default();
    let hash = api.bls12_381_hash_to_g1(HashFunction::Sha256, message, BEACON_DST).unwrap();
    assert_eq!(hash, beacon_hash(message).to_compressed());
    api.bls12_381_pairing_equality(&hash, key, signature, &BLS12_381_G2_GENERATOR).unwrap_or(false)
}

#[test]
fn the_host_accepts_the_same_seeds_and_partial_signatures() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1200);
    let key = BeaconKey::new(run.key());
    let message = beacon_message(CHAIN, "n1mixnet", 3, &[4; 48]);
    let other = beacon_message(CHAIN, "n1mixnet", 4, &[4; 48]);
    let partials: Vec<_> = run.shares.values().map(|share| share.beacon_share().sign(&message)).collect();
    let seed = key.combine(&message, &partials, &mut rng(1)).unwrap().to_bytes();
    let group = key.group().to_compressed();
    assert!(accepted(&message, &group, &seed));
    assert!(!accepted(&other, &group, &seed));
    for partial in &partials {
        let member = key.member(partial.index()).unwrap().to_compressed();
        assert!(accepted(&message, &member, &partial.to_bytes()[2..]));
        assert!(!accepted(&other, &member, &partial.to_bytes()[2..]));
        assert!(!accepted(&message, &group, &partial.to_bytes()[2..]));
    }
}

#[test]
fn the_host_adds_up_the_groups_key_and_accepts_announced_keys() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 1201);
    let api = MockApi::default();
    let constants = run.board.sound().map(|(_, dealing)| dealing.commitments().constants());
    let (mut alpha, mut beacon, mut beta) = (Vec::new(), Vec::new(), Vec::new());
    for key in constants {
        alpha.extend(key.alpha.to_compressed());
        beacon.extend(key.beacon.to_compressed());
        beta.extend(key.beta[0].to_compressed());
    }
    assert_eq!(api.bls12_381_aggregate_g2(&alpha).unwrap(), run.key().alpha().to_compressed());
    assert_eq!(api.bls12_381_aggregate_g2(&beacon).unwrap(), run.key().beacon_key().to_compressed());
    assert_eq!(api.bls12_381_aggregate_g1(&beta).unwrap(), run.key().beta()[0].to_compressed());
    for (&index, share) in &run.shares {
        let announced = Announcement::new(share);
        let known = run.key().member(index).unwrap();
        for (beta, beta_g2) in known.beta.iter().zip(announced.keys()) {
            let (one, two) = (beta.to_compressed(), beta_g2.to_compressed());
            let same = api.bls12_381_pairing_equality(&one, &BLS12_381_G2_GENERATOR, &BLS12_381_G1_GENERATOR, &two);
            assert!(same.unwrap());
        }
    }
}
