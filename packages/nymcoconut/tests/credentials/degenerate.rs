//! Forgers without a credential: h' and s' that pair to one with everything, in shows and payments whose proofs and signatures are right for them, and
//! holders who move right points by such ones. The equations hold; the decoder is what refuses, so that none of it gets into a batch either.

use bls12_381::{G1Affine, G1Projective, G2Affine};
use ed25519_dalek::SigningKey;
use nym_coconut::backend::{decode_g1, Curve, Group as _, G1};
use nym_coconut::test_util::issue;
use nym_coconut::{
    verify_batch, verify_open_batch, DecodeError, Group, HiddenAttributes, OneTimeKey, OpenShow, SecretKeyShare, Show,
};

use rand_chacha::ChaCha20Rng;

use crate::contract::unchecked;
use crate::forger::{any_g2, equation_of_payment, equation_of_show, hold, pay, proof_holds, signature_holds, Prover};
use crate::negatives::scalar_at;
use crate::rejects::IDENTITY;
use crate::support::{full_credential, full_public, rng, scalar, spend, token_public, Full, Token, CONTEXT};
use crate::vectors::file;

/// The vectors' points outside the subgroup that have this order.
fn of_order(group: &str, order: &str) -> Vec<u8> {
    let file = file();
    let mut list = file["points"][group]["refuse"].as_array().unwrap().iter();
    let point = list.find(|point| point["order"] == order).unwrap();
    hex::decode(point["bytes"].as_str().unwrap()).unwrap()
}

/// The identity and points of orders 3, 11 and 33.
fn degenerate() -> [[u8; 48]; 4] {
    let [three, eleven, both] = ["3", "11", "33"].map(|order| of_order("g1", order).try_into().unwrap());
    [IDENTITY[..48].try_into().unwrap(), three, eleven, both]
}

/// The sum of a right point and one outside the subgroup.
fn moved(point: &[u8; 48], by: &[u8; 48]) -> [u8; 48] {
    G1Affine::from(G1Projective::from(unchecked(point)) + unchecked(by)).to_compressed()
}

fn refuses(error: &DecodeError) -> bool {
    matches!(error, DecodeError::Identity { .. } | DecodeError::Subgroup { .. } | DecodeError::Point { .. })
}

/// Who holds a right credential and proves by hand; its h and s, randomised.
fn holder(shares: &[SecretKeyShare<Full>], group: &Group<Full>, rng: &mut ChaCha20Rng) -> (Prover, [[u8; 48]; 2]) {
    let stored = full_credential(shares, group, rng).to_secret_bytes();
    let hidden = [scalar_at(&stored, 104), scalar_at(&stored, 136)];
    let prover = Prover { hidden, ..Prover::random(rng) };
    let point = |at: usize| decode_g1(&stored[at..at + 48], "a point").unwrap();
    let h = point(8).to_compressed();
    let s = (G1::from(point(56)) + point(8) * prover.r).to_affine().to_compressed();
    (prover, [h, s])
}

#[test]
fn n_01_n_02_n_06_shows_around_points_that_pair_to_one_hold_and_are_refused_where_they_are_read() {
    let rng = &mut rng(130);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let (key, public) = (group.key(), full_public());
    let honest = [(); 2].map(|()| full_credential(&shares, &group, rng).show(key, b"c", rng).to_bytes());
    // The verifier that takes every point is a verifier: it knows an honest show from one for somebody else, and from points of no credential.
    assert!(proof_holds(key, &honest[0], b"c") && !proof_holds(key, &honest[0], b"d"));
    assert!(hold(&[equation_of_show(key, &honest[0]), equation_of_show(key, &honest[1])]));
    let (any, generator) = (Prover::random(rng), G1::generator().to_affine().to_compressed());
    let nobodys = any.show(key, &generator, &generator, &any.zeta(), b"c");
    assert!(proof_holds(key, &nobodys, b"c") && !hold(&[equation_of_show(key, &nobodys)]));

    let points = degenerate();
    let mut forged = Vec::new();
    for h in &points {
        for s in &points {
            let prover = Prover::random(rng);
            forged.push(prover.show(key, h, s, &prover.zeta(), b"c"));
        }
    }
    // A holder moves h', s' or both of a right show before it proves.
    let (prover, [h, s]) = holder(&shares, &group, rng);
    let right = prover.show(key, &h, &s, &prover.zeta(), b"c");
    Show::<Full>::from_bytes(&right).unwrap().verify(key, &public, b"c").unwrap();
    for by in &points[1..] {
        for (h, s) in [(moved(&h, by), s), (h, moved(&s, by)), (moved(&h, by), moved(&s, by))] {
            forged.push(prover.show(key, &h, &s, &prover.zeta(), b"c"));
        }
    }

    for show in &forged {
        assert!(proof_holds(key, show, b"c") && hold(&[equation_of_show(key, show)]));
        let sent = [&honest[0], show, &honest[1]];
        assert!(hold(&sent.map(|show| equation_of_show(key, show))), "and so does a batch");
        let read = sent.map(|show| Show::<Full>::from_bytes(show));
        assert!(read[1].as_ref().is_err_and(refuses));
        let items: Vec<_> = read.iter().flatten().map(|show| (show, &public, &b"c"[..])).collect();
        assert_eq!(items.len(), 2, "what comes into a batch was read");
        assert_eq!(verify_batch(key, &items, rng), Ok(()));
    }
}

/// Adversary: a client that asked for a serial of zero, which no signer sees. Every such credential would have one ζ, the identity.
#[test]
fn n_01_n_10_a_signed_serial_of_zero_would_hold_and_is_refused_where_it_is_read() {
    let rng = &mut rng(131);
    let (shares, group) = SecretKeyShare::<Full>::deal(1, 1, rng).unwrap();
    let secret = shares[0].to_secret_bytes();
    let prover = Prover { hidden: [scalar(0), scalar(9)], ..Prover::random(rng) };
    let public = full_public();
    let attributes = prover.hidden.iter().chain(public.as_slice());
    let exponent =
        attributes.enumerate().fold(scalar_at(&secret, 2), |sum, (j, m)| sum + scalar_at(&secret, 34 + 32 * j) * m);
    let h = G1::generator() * scalar(5);
    let s = (h * (exponent + prover.r)).to_affine().to_compressed();
    let show = prover.show(group.key(), &h.to_affine().to_compressed(), &s, &prover.zeta(), b"c");
    assert_eq!(show[192..288], IDENTITY);
    assert!(proof_holds(group.key(), &show, b"c") && hold(&[equation_of_show(group.key(), &show)]));
    assert_eq!(Show::<Full>::from_bytes(&show).unwrap_err(), DecodeError::Identity { what: "zeta" });
}

/// Adversary: a holder who shows its credential a second time, with ζ moved by a point of order 13. The proof holds for that when 13 divides the challenge,
/// so it tries nonces; the equation does not see ζ.
#[test]
fn n_02_a_serial_moved_by_a_point_of_small_order_would_be_a_second_one_and_is_refused() {
    let rng = &mut rng(132);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let key = group.key();
    let (prover, [h, s]) = holder(&shares, &group, rng);
    let first = prover.show(key, &h, &s, &prover.zeta(), b"c");
    Show::<Full>::from_bytes(&first).unwrap().verify(key, &full_public(), b"c").unwrap();

    let moved = G2Affine::from(any_g2(&prover.zeta()) + any_g2(&of_order("g2", "13"))).to_compressed();
    let divides =
        |show: &Vec<u8>| show[288..320].iter().rev().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % 13) == 0;
    let mut tries = (0..1_000).map(|nonce| {
        let nonces = [scalar(nonce), prover.nonces[1], prover.nonces[2]];
        Prover { nonces, ..prover }.show(key, &h, &s, &moved, b"c")
    });
    let second = tries.find(divides).unwrap();
    assert_ne!(second[192..288], first[192..288], "another serial");
    assert!(proof_holds(key, &second, b"c") && hold(&[equation_of_show(key, &second)]));
    let refused = Show::<Full>::from_bytes(&second).unwrap_err();
    assert!(matches!(refused, DecodeError::Subgroup { what: "zeta" } | DecodeError::Point { what: "zeta" }));
}

#[test]
fn n_01_n_02_n_06_payments_around_points_that_pair_to_one_hold_and_are_refused_where_they_are_read() {
    let rng = &mut rng(133);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let (key, info) = (group.key(), group.key().prepare(&token_public()));
    let equation = |payment: &[u8]| equation_of_payment(&info, key, payment);
    let honest = [(); 2].map(|()| spend(&shares, &group, rng).to_bytes().to_vec());
    assert!(signature_holds(&honest[0]) && hold(&[equation(&honest[0]), equation(&honest[1])]));
    let generator = G1::generator().to_affine().to_compressed();
    let nobodys = pay(&SigningKey::from_bytes(&[40; 32]), &generator, &generator);
    assert!(signature_holds(&nobodys) && !hold(&[equation(&nobodys)]));

    // A forger has nothing but one-time keys of its own.
    let points = degenerate();
    let mut forged = Vec::new();
    for (i, h) in (0..).zip(&points) {
        for (j, s) in (0..).zip(&points) {
            forged.push(pay(&SigningKey::from_bytes(&[41 + 4 * i + j; 32]), h, s));
        }
    }
    // A payer moves h', s' or both of a right payment before it signs.
    let seed = [60; 32];
    let hidden = HiddenAttributes::new([OneTimeKey::from_seed(&seed).serial()]).unwrap();
    let stored = issue(&shares, &group, &token_public(), hidden, rng).to_secret_bytes();
    let (h, s): ([u8; 48], [u8; 48]) = (stored[8..56].try_into().unwrap(), stored[56..104].try_into().unwrap());
    let payer = SigningKey::from_bytes(&seed);
    OpenShow::<Token>::from_bytes(&pay(&payer, &h, &s)).unwrap().verify(&info, CONTEXT).unwrap();
    for by in &points[1..] {
        for (h, s) in [(moved(&h, by), s), (h, moved(&s, by)), (moved(&h, by), moved(&s, by))] {
            forged.push(pay(&payer, &h, &s));
        }
    }

    for payment in &forged {
        assert!(signature_holds(payment) && hold(&[equation(payment)]));
        let sent = [&honest[0], payment, &honest[1]];
        assert!(hold(&sent.map(|payment| equation(payment))), "and so does a batch");
        let read = sent.map(|payment| OpenShow::<Token>::from_bytes(payment));
        assert!(read[1].as_ref().is_err_and(refuses));
        let items: Vec<_> = read.iter().flatten().map(|show| (show, &info, CONTEXT)).collect();
        assert_eq!(items.len(), 2, "what comes into a batch was read");
        assert_eq!(verify_open_batch(&items, rng), Ok(()));
    }
}
