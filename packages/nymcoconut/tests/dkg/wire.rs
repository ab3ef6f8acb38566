//! The wire form: pinned vectors of our own transcripts, sizes, round trips, and every truncation of every message.
//!
//! `vectors/dkg_wire.json` holds one small ceremony with its secrets, enough to build the same hashes elsewhere. `NYM_WRITE_VECTORS=1` writes it anew.

use std::collections::BTreeMap;

use nym_coconut::backend::{encode_scalar, Curve, G1};
use nym_coconut::beacon::{PartialSeed, Seed};
use nym_coconut::dkg::{
    Accusation, Announcement, Board, Charge, Complaint, Dealing, GroupKey, Inbox, Layout, MemberShare, MessageError,
    Place, ReceiverSecret, Registration, Verdict,
};
use nym_coconut::Transcript;
use serde_json::{json, Value};

use super::four::four;
use super::net::{committee, new_key, rng, Run, ATTRIBUTES, CHAIN, CONTRACT};
use crate::forge::Forge;

/// Compares with a file of vectors, or writes it.
pub fn pin(name: &str, made: &Value) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    if std::env::var_os("NYM_WRITE_VECTORS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(made).unwrap() + "\n").unwrap();
    }
    let pinned: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (key, value) in made.as_object().unwrap() {
        assert_eq!(&pinned[key], value, "{name}: {key}");
    }
    assert_eq!(pinned.as_object().unwrap().len(), made.as_object().unwrap().len());
}

#[test]
fn the_wire_form_and_our_transcripts_are_pinned() {
    let four = four(7, 900);
    let ceremony = &four.ceremony;
    let plan = ceremony.plan();
    let secrets: Vec<Value> = four.secrets.iter().map(|(index, secret)| json!({ "index": index, "secret": hex::encode(secret.to_secret_bytes().as_ref()), "key": hex::encode(secret.key().to_compressed()) })).collect();
    let registration = four.secrets[&1].registration(plan, 1, &mut rng(901)).to_bytes(plan);

    // Dealer 2 sends member 3 a wrong share of y1.
    let mut forge = Forge::new(ceremony, 2, None, &mut rng(902));
    let right = nym_coconut::dkg::algebra::evaluate(&forge.polynomials[1], 3);
    forge.instead.insert((3, 1), right + nym_coconut::backend::Scalar::from(1));
    let dealing = forge.bytes(ceremony, &mut rng(903));
    let mut board = Board::new(ceremony.clone());
    for (&dealer, bytes) in &four.dealings {
        board.post_dealing(dealer, if dealer == 2 { &dealing } else { bytes }).unwrap();
    }
    board.close_dealing();
    let inbox = Inbox::open(&board, 3, &four.secrets[&3], &mut rng(904)).unwrap();
    let complaint = inbox.complaints(&board, &four.secrets[&3], &mut rng(905)).remove(0).to_bytes(ceremony);
    assert_eq!(board.post_complaint(3, &complaint), Ok(Verdict::Upheld { polynomial: 1 }));
    let nonce = Dealing::check(ceremony, 2, &dealing).unwrap().nonce().to_compressed();
    let shared = (G1::from(four.secrets[&3].key()) * forge.rho).to_affine();
    let masks: Vec<String> = (0..4u8)
        .map(|number| {
            let mut mask = Transcript::new("nym-dkg-mask-v1");
            mask.bytes(ceremony.digest()).bytes(&2u16.to_be_bytes()).bytes(&3u16.to_be_bytes()).bytes(&[number]);
            mask.bytes(&nonce).g1(&shared);
            hex::encode(encode_scalar(&mask.uniform_scalar()))
        })
        .collect();
    let accusations: Vec<String> = [
        Charge::BadValue(Place::Commitment { polynomial: 3, coefficient: 2 }),
        Charge::BadValue(Place::Nonce),
        Charge::BadValue(Place::Masked { receiver: 4, polynomial: 1 }),
        Charge::BadValue(Place::Proof { number: 5 }),
        Charge::BadProof,
        Charge::RepeatedNonce { other: 4 },
    ]
    .map(|charge| hex::encode(Accusation { dealer: 2, charge }.to_bytes(ceremony)))
    .to_vec();
    board.close();
    let key = board.outcome().unwrap();
    let share = Inbox::open(&board, 3, &four.secrets[&3], &mut rng(906)).unwrap().finish(&key).unwrap();
    let polynomials: Vec<Vec<String>> =
        forge.polynomials.iter().map(|p| p.iter().map(|c| hex::encode(encode_scalar(c))).collect()).collect();

    pin(
        "dkg_wire.json",
        &json!({
            "about": "One ceremony of four members with two attributes, by the formats of docs/protocol/dkg.md. Dealer 2 sends member 3 a wrong share of y1: the right one plus 1. Polynomials are x, y1, y2, z, coefficients lowest first; masks are those of dealer 2 for member 3. Scalars little endian, points compressed.",
            "chain_id": CHAIN, "contract": CONTRACT, "epoch": 7, "attributes": ATTRIBUTES, "members": [1, 2, 3, 4], "threshold": 3,
            "receivers": secrets,
            "ceremony_digest": hex::encode(ceremony.digest()),
            "registration_of_1": hex::encode(registration),
            "dealer_2": { "polynomials": polynomials, "rho": hex::encode(encode_scalar(&forge.rho)), "dealing": hex::encode(&dealing) },
            "masks": masks,
            "complaint_of_3_about_2": hex::encode(&complaint),
            "accusations": accusations,
            "group_key": hex::encode(key.key().to_bytes()),
            "group_digest": hex::encode(key.key().digest()),
            "qualified": key.qualified(),
            "share_of_3": hex::encode(&*share.to_secret_bytes()),
            "announcement_of_3": hex::encode(Announcement::new(&share).to_bytes(key.key())),
        }),
    );
}

#[test]
fn n13_every_message_reads_back_and_no_truncation_or_addition_does() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 910);
    let four = four(7, 911);
    let (ceremony, plan) = (&four.ceremony, four.ceremony.plan());
    let mut board = Board::new(ceremony.clone());
    four.dealings.iter().for_each(|(&dealer, bytes)| board.post_dealing(dealer, bytes).unwrap());
    board.close_dealing();
    let registration = four.secrets[&1].registration(plan, 1, &mut rng(1)).to_bytes(plan);
    let complaint = Complaint::make(&board, 3, 1, &four.secrets[&1], &mut rng(2)).unwrap().to_bytes(ceremony);
    let accusation = Accusation { dealer: 2, charge: Charge::BadProof }.to_bytes(ceremony);
    let announcement = Announcement::new(&run.shares[&2]).to_bytes(run.key());
    let partial = run.shares[&2].beacon_share().sign(b"message");

    type Read<'a> = Box<dyn Fn(&[u8]) -> Option<Vec<u8>> + 'a>;
    let messages: Vec<(&str, Vec<u8>, Read<'_>)> = vec![
        ("registration", registration, Box::new(|b| Registration::decode(plan, b).ok().map(|m| m.to_bytes(plan)))),
        (
            "dealing",
            four.dealings[&1].clone(),
            Box::new(|b| Dealing::check(ceremony, 1, b).ok().map(|m| m.to_bytes(ceremony))),
        ),
        ("complaint", complaint, Box::new(|b| Complaint::decode(ceremony, 1, b).ok().map(|m| m.to_bytes(ceremony)))),
        ("accusation", accusation, Box::new(|b| Accusation::decode(ceremony, b).ok().map(|m| m.to_bytes(ceremony)))),
        ("group key", run.key().to_bytes(), Box::new(|b| GroupKey::decode(b).ok().map(|m| m.to_bytes()))),
        (
            "announcement",
            announcement,
            Box::new(|b| Announcement::decode(run.key(), b).ok().map(|m| m.to_bytes(run.key()))),
        ),
        (
            "partial seed",
            partial.to_bytes().to_vec(),
            Box::new(|b| PartialSeed::decode(b).ok().map(|m| m.to_bytes().to_vec())),
        ),
        ("seed", partial.to_bytes()[2..].to_vec(), Box::new(|b| Seed::decode(b).ok().map(|m| m.to_bytes().to_vec()))),
        (
            "receiver's secret",
            vec![7; 32],
            Box::new(|b| ReceiverSecret::from_secret_bytes(b).ok().map(|m| m.to_secret_bytes().to_vec())),
        ),
        (
            "member's share",
            run.shares[&1].to_secret_bytes().to_vec(),
            Box::new(|b| MemberShare::from_secret_bytes(b).ok().map(|m| m.to_secret_bytes().to_vec())),
        ),
    ];
    for (name, bytes, read) in messages {
        assert_eq!(read(&bytes).as_ref(), Some(&bytes), "{name}");
        // A member's share of one attribute less is a share of another key, not a truncation: it ends at a scalar's end.
        let shorter = |length: &usize| name != "member's share" || !(length - 10.min(*length)).is_multiple_of(32);
        for length in (0..bytes.len()).filter(shorter) {
            assert_eq!(read(&bytes[..length]), None, "{name} cut to {length} bytes");
        }
        assert_eq!(read(&[&bytes[..], &[0]].concat()), None, "{name} with a trailing byte");
        if bytes.len() > 48 && name != "member's share" && name != "partial seed" {
            for kind in (0..=255u8).filter(|kind| *kind != bytes[0]) {
                assert_eq!(read(&[&[kind], &bytes[1..]].concat()), None, "{name} as kind {kind}");
            }
        }
    }
}

#[test]
fn n11_n13_numbers_of_a_group_key_are_bounded_before_anything_is_allocated() {
    let run = Run::new(new_key(7, committee(4)), &[], &BTreeMap::new(), 912);
    let right = run.key().to_bytes();
    let with = |at: usize, value: &[u8]| {
        let mut bytes = right.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        GroupKey::decode(&bytes)
    };
    assert_eq!(GroupKey::decode(&right).as_ref(), Ok(run.key()));
    for (at, value) in [
        (9, &[0][..]),
        (9, &[17]),
        (9, &[255]),
        (10, &[0, 0]),
        (10, &[0xff, 0xff]),
        (10, &[0, 2]),
        (10, &[0, 5]),
        (12, &[0, 0]),
        (12, &[0xff, 0xff]),
        (12, &[1, 1]),
    ] {
        assert!(with(at, value).is_err(), "{value:?} at {at}");
    }
    let out = |what, given, least, most| Err(MessageError::Range { what, given, least, most });
    assert_eq!(with(9, &[17]), out("number of attributes", 17, 1, 16));
    assert_eq!(with(12, &[1, 1]), out("number of holders", 257, 1, 256));
    assert_eq!(with(10, &[0, 2]), out("threshold", 2, 3, 4));
    // Indices that are zero, repeated or out of order.
    for value in [&[0, 0][..], &[0, 2], &[0, 9]] {
        assert!(matches!(with(14, value), Err(MessageError::Stranger { .. })), "{value:?}");
    }
}

#[test]
fn a_dealing_is_as_long_as_the_formula_says() {
    for (size, attributes) in [(4u16, 1usize), (10, 2), (31, 4)] {
        let plan = nym_coconut::dkg::Plan::new_key(CHAIN, CONTRACT, 1, attributes, committee(size)).unwrap();
        let (ceremony, _) = super::net::register(plan, &BTreeMap::new(), &mut rng(920)).unwrap();
        let (n, t, q) = (usize::from(size), ceremony.plan().committee().threshold(), attributes);
        assert_eq!(Layout::of(&ceremony).length(), 16 + 192 * t + 48 * q * t + 48 + 32 * (q + 2) * n + 32 * (q + 4));
        let dealing = Dealing::deal(&ceremony, 1, None, &mut rng(921)).unwrap().to_bytes(&ceremony);
        assert_eq!(dealing.len(), Layout::of(&ceremony).length());
    }
}
