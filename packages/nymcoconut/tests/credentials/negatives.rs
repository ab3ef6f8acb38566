//! More of the negative vectors by number: places where `rejects` and `forgeries` do not go. Adversaries here have tools of their own.
//!
//! N-11 in part: that an expiry has passed or a type is not sold, this crate cannot know, since attributes are scalars to it; its callers decide it before
//! they sign or accept. Here is only that one scalar has one encoding and one list of values one scalar.

use nym_coconut::backend::{decode_g1, encode_scalar, msm_g1, Curve, Field, Group as _, Scalar, G1};
use nym_coconut::dkg::algebra::lagrange;
use nym_coconut::{
    verify_batch, verify_open_batch, AggregateError, BatchError, Blindings, Credential, CredentialType, DecodeError,
    Group, HiddenAttributes, IssueError, KeyError, OneTimeKey, PartialSignature, Pending, PublicAttributes, Request,
    SecretKeyShare, SecretScalar, Selective, Show, ShowError, VerificationKey,
};

use crate::forger::Prover;
use crate::rejects::{order, with, IDENTITY};
use crate::support::{
    full_credential, full_pending, full_public, rng, scalar, sign_all, spend, token, token_public, Full, Token, CONTEXT,
};
use crate::vectors::file;

/// Where the scalars of a request start: the challenge, then the responses.
pub const SCALARS: usize = 48 * (1 + Full::HIDDEN);

fn point(bytes: &[u8], at: usize) -> nym_coconut::backend::G1Affine {
    decode_g1(&bytes[at..at + 48], "a point").unwrap()
}

pub fn scalar_at(bytes: &[u8], at: usize) -> Scalar {
    nym_coconut::attribute(&bytes[at..at + 32]).unwrap()
}

pub fn inverse(s: Scalar) -> Scalar {
    Option::<Scalar>::from(s.invert()).unwrap()
}

/// The points of the vectors that decoders must refuse as outside the subgroup.
fn outside(group: &str) -> Vec<Vec<u8>> {
    let file = file();
    let list = file["points"][group]["refuse"].as_array().unwrap();
    let points = list.iter().filter(|p| p["kind"] == "subgroup");
    points.map(|p| hex::decode(p["bytes"].as_str().unwrap()).unwrap()).collect()
}

#[test]
fn n_01_the_identity_is_refused_in_keys_and_stored_credentials_and_when_signatures_sum_to_it() {
    let rng = &mut rng(100);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let key = group.key().to_bytes();
    for at in (0..4).map(|j| 96 + 48 * j) {
        let refused = VerificationKey::<Full>::from_bytes(&with(&key, at, &IDENTITY[..48])).unwrap_err();
        assert!(matches!(refused, KeyError::Decode(DecodeError::Identity { .. })));
    }
    for at in [0].into_iter().chain((0..4).map(|j| 288 + 96 * j)) {
        let refused = VerificationKey::<Full>::from_bytes(&with(&key, at, &IDENTITY)).unwrap_err();
        assert!(matches!(refused, KeyError::Decode(DecodeError::Identity { .. })));
    }
    let stored = full_credential(&shares, &group, rng).to_secret_bytes();
    for at in [8, 56] {
        let refused = Credential::<Full>::from_secret_bytes(&with(&stored, at, &IDENTITY[..48])).unwrap_err();
        assert!(matches!(refused, DecodeError::Identity { .. }));
    }
    // A batch takes values that decoders made, so an identity never gets into one. What is left: signatures that sum to it after unblinding.
    let hidden = HiddenAttributes::<Full>::new([SecretScalar::random(rng), SecretScalar::random(rng)]).unwrap();
    let openings = [scalar(11), scalar(12)];
    let blindings = Blindings::from_fn(|i| SecretScalar::new(&if i == 0 { scalar(10) } else { openings[i - 1] }));
    let pending = Pending::new(7, full_public(), hidden, blindings);
    let mut signatures = sign_all(&shares, &pending);
    let lambda = lagrange(&[1, 2, 3]).unwrap();
    let others: Vec<_> = signatures[1..].iter().map(|s| point(&s.to_bytes(), 2)).collect();
    let wanted = msm_g1(&group.key().beta_g1()[..2], &openings) - msm_g1(&others, &lambda[1..]);
    let first = (wanted * inverse(lambda[0])).to_affine().to_compressed();
    signatures[0] = PartialSignature::from_bytes(&[&[0, 1], &first[..]].concat()).unwrap();
    assert_eq!(pending.aggregate(&group, &signatures, rng).unwrap_err().culprits(), [1]);
    assert!(!pending.verify_partial(&group, &signatures[0], rng));
}

#[test]
fn n_02_points_outside_the_subgroup_are_refused_in_requests_signatures_keys_and_stored_credentials() {
    let rng = &mut rng(101);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let pending = full_pending(rng);
    let request = pending.request().to_bytes();
    let signature = sign_all(&shares, &pending)[0].to_bytes();
    let key = group.key().to_bytes();
    let stored = full_credential(&shares, &group, rng).to_secret_bytes();
    let refused = |error| matches!(error, DecodeError::Subgroup { .. } | DecodeError::Point { .. });
    for bad in outside("g1") {
        for at in [0, 48, 96] {
            assert!(refused(Request::<Full>::from_bytes(&with(&request, at, &bad)).unwrap_err()));
        }
        assert!(refused(PartialSignature::<Full>::from_bytes(&with(&signature, 2, &bad)).unwrap_err()));
        for at in [8, 56] {
            assert!(refused(Credential::<Full>::from_secret_bytes(&with(&stored, at, &bad)).unwrap_err()));
        }
        for at in (0..4).map(|j| 96 + 48 * j) {
            let error = VerificationKey::<Full>::from_bytes(&with(&key, at, &bad)).unwrap_err();
            assert!(matches!(error, KeyError::Decode(error) if refused(error)));
        }
    }
    for bad in outside("g2") {
        for at in [0].into_iter().chain((0..4).map(|j| 288 + 96 * j)) {
            let error = VerificationKey::<Full>::from_bytes(&with(&key, at, &bad)).unwrap_err();
            assert!(matches!(error, KeyError::Decode(error) if refused(error)));
        }
    }
}

#[test]
fn n_03_no_two_scalars_or_points_of_a_request_can_be_exchanged_and_no_vector_is_longer_or_shorter() {
    let rng = &mut rng(102);
    let (shares, _) = SecretKeyShare::<Full>::deal(1, 1, rng).unwrap();
    let pending = full_pending(rng);
    let request = pending.request().to_bytes();
    let sign = |bytes: &[u8]| {
        let read = Request::<Full>::from_bytes(bytes).unwrap();
        shares[0].sign(7, &full_public(), &read).map(|signature| signature.to_bytes())
    };
    sign(&request).unwrap();
    let exchanged = |a: usize, b: usize, length: usize| {
        let bytes = with(&request, a, &request[b..b + length]);
        with(&bytes, b, &request[a..a + length])
    };
    let scalars: Vec<usize> = (SCALARS..request.len()).step_by(32).collect();
    let points = [0, 48, 96];
    for (places, length) in [(scalars.as_slice(), 32), (&points, 48)] {
        for (i, &a) in places.iter().enumerate() {
            for &b in &places[i + 1..] {
                assert_eq!(sign(&exchanged(a, b, length)), Err(IssueError::Proof), "{a} and {b}");
            }
            // One part of another honest request.
            let other = full_pending(rng).request().to_bytes();
            assert_eq!(sign(&with(&request, a, &other[a..a + length])), Err(IssueError::Proof), "{a}");
        }
    }
    for length in [0, request.len() - 48, request.len() - 32, request.len() + 32, request.len() + 48] {
        let mut bytes = request.clone();
        bytes.resize(length, 1);
        assert!(matches!(Request::<Full>::from_bytes(&bytes), Err(DecodeError::Length { .. })));
    }
}

/// Adversary: asks for two messages, (a, 0) and (1, a), in the hope that one h serves both: then weights ¼ and ¾ make a third.
#[test]
fn n_04_one_h_for_two_messages_would_be_a_forgery_and_no_mixed_request_gets_it() {
    let rng = &mut rng(103);
    let (shares, group) = SecretKeyShare::<Full>::deal(1, 1, rng).unwrap();
    let a = SecretScalar::random(rng).expose();
    assert!(HiddenAttributes::<Full>::new([scalar(0), a].map(|m| SecretScalar::new(&m))).is_err(), "no serial of zero");
    let messages = [[a, scalar(0)], [scalar(1), a]];
    let pending = messages.map(|message| {
        let hidden = HiddenAttributes::new(message.map(|m| SecretScalar::new(&m))).unwrap();
        Pending::<Full>::new(
            7,
            full_public(),
            hidden,
            Blindings::from_fn(|i| SecretScalar::new(&scalar(20 + i as u64))),
        )
    });
    let requests = [pending[0].request().to_bytes(), pending[1].request().to_bytes()];
    // cm decides h. Every mix of commitment, blinded attributes and proof of the two is refused but the two themselves.
    for mix in 0..16usize {
        let from = |bit: usize, range: std::ops::Range<usize>| &requests[mix >> bit & 1][range];
        let end = requests[0].len();
        let bytes = [from(0, 0..48), from(1, 48..96), from(2, 96..144), from(3, 144..end)].concat();
        let read = Request::<Full>::from_bytes(&bytes).unwrap();
        assert_eq!(shares[0].sign(7, &full_public(), &read).is_ok(), mix == 0 || mix == 15, "mix {mix}");
    }
    // What is refused so: whoever knows the key signs both under one h, and everybody has the third.
    let secret = shares[0].to_secret_bytes();
    let (x, y): (Scalar, Vec<Scalar>) =
        (scalar_at(&secret, 2), (0..4).map(|j| scalar_at(&secret, 34 + 32 * j)).collect());
    let h = (G1::generator() * scalar(5)).to_affine();
    let public = full_public();
    let signed = messages.map(|m| {
        let all = [m[0], m[1], public.as_slice()[0], public.as_slice()[1]];
        (h * all.iter().zip(&y).fold(x, |sum, (m, y)| sum + *m * y)).to_affine()
    });
    let credential = |h: &nym_coconut::backend::G1Affine, s: &nym_coconut::backend::G1Affine, hidden: [Scalar; 2]| {
        let scalars = hidden.iter().chain(public.as_slice()).flat_map(encode_scalar).collect::<Vec<u8>>();
        let bytes = [&7u64.to_be_bytes()[..], &h.to_compressed(), &s.to_compressed(), &scalars].concat();
        Credential::<Full>::from_secret_bytes(&bytes).unwrap()
    };
    let quarter = inverse(scalar(4));
    for weights in [[quarter, quarter * scalar(3)], [scalar(2), -scalar(1)]] {
        let s = msm_g1(&signed, &weights).to_affine();
        let hidden = [0, 1].map(|j| messages[0][j] * weights[0] + messages[1][j] * weights[1]);
        assert!(credential(&h, &s, hidden).verify(group.key()), "the forgery is real");
        assert!(!credential(&h, &s, messages[0]).verify(group.key()));
    }
    // With what signers give there are two h, and nothing verifies, neither under one nor under the sum.
    let got = [0, 1].map(|i| {
        let signature = shares[0].sign(7, &public, pending[i].request()).unwrap();
        pending[i].aggregate(&group, &[signature], rng).unwrap().to_secret_bytes()
    });
    assert_ne!(got[0][8..56], got[1][8..56]);
    let mut shows = Vec::new();
    for weights in [[quarter, quarter * scalar(3)], [scalar(1), scalar(1)], [scalar(2), -scalar(1)]] {
        let sum = |at: usize| msm_g1(&[point(&got[0], at), point(&got[1], at)], &weights).to_affine();
        let hidden = [0, 1].map(|j| messages[0][j] * weights[0] + messages[1][j] * weights[1]);
        for h in [point(&got[0], 8), point(&got[1], 8), sum(8)] {
            let forged = credential(&h, &sum(56), hidden);
            assert!(!forged.verify(group.key()));
            shows.push(forged.show(group.key(), b"c", rng));
        }
    }
    // Through the batch: all are named, and an honest one among them is not.
    shows.insert(4, Credential::<Full>::from_secret_bytes(&got[0]).unwrap().show(group.key(), b"c", rng));
    let items: Vec<_> = shows.iter().map(|show| (show, &public, &b"c"[..])).collect();
    let bad: Vec<usize> = (0..10).filter(|i| *i != 4).collect();
    assert_eq!(verify_batch(group.key(), &items, rng), Err(BatchError { bad }));
}

#[test]
fn n_04_combined_payments_are_named_in_a_batch() {
    let rng = &mut rng(104);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let stored: Vec<_> =
        (0..2).map(|_| token(&shares, &group, &token_public(), rng).1.to_secret_bytes().to_vec()).collect();
    let key = OneTimeKey::random(rng);
    let mut shows = vec![spend(&shares, &group, rng)];
    let quarter = inverse(scalar(4));
    for weights in [[quarter, quarter * scalar(3)], [scalar(2), -scalar(1)]] {
        let sum = |at: usize| msm_g1(&[point(&stored[0], at), point(&stored[1], at)], &weights).to_affine();
        let (serial, public) = (key.serial().to_secret_bytes().to_vec(), encode_scalar(&scalar(77)));
        let bytes = [&7u64.to_be_bytes()[..], &sum(8).to_compressed(), &sum(56).to_compressed(), &serial, &public];
        let forged = Credential::<Token>::from_secret_bytes(&bytes.concat()).unwrap();
        shows.push(forged.spend(&key, CONTEXT, rng).unwrap());
    }
    let items: Vec<_> = shows.iter().map(|show| (show, &info, CONTEXT)).collect();
    assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![1, 2] }));
}

/// Splits of the same four attributes under the same label: what two parties compile who do not agree.
macro_rules! split {
    ($name:ident, $hidden:literal, $public:literal) => {
        enum $name {}
        impl CredentialType for $name {
            const LABEL: &'static str = Full::LABEL;
            const HIDDEN: usize = $hidden;
            const PUBLIC: usize = $public;
            type Show = Selective;
        }
    };
}
split!(Narrow, 1, 3);
split!(Wide, 3, 1);
split!(Longer, 3, 2);

fn key_of<T: CredentialType>(group: &Group<Full>) -> VerificationKey<T> {
    let key = group.key();
    VerificationKey::new(*key.alpha(), key.beta_g1().to_vec(), key.beta_g2().to_vec()).unwrap()
}

#[test]
fn n_05_another_split_of_the_same_attributes_is_refused_by_signer_and_verifier() {
    let rng = &mut rng(105);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let secrets: Vec<SecretScalar> = (0..3).map(|_| SecretScalar::random(rng)).collect();
    let last = full_public().as_slice()[1];
    // A request that hides one more or one less, brought to the length that the signer expects.
    let hidden = HiddenAttributes::<Wide>::new([0, 1, 2].map(|i| secrets[i].clone())).unwrap();
    let wide = Request::new(7, &PublicAttributes::<Wide>::new([last]), &hidden, &Blindings::random(rng)).to_bytes();
    let hidden = HiddenAttributes::<Narrow>::new([secrets[0].clone()]).unwrap();
    let public = PublicAttributes::<Narrow>::new([secrets[1].expose(), full_public().as_slice()[0], last]);
    let narrow = Request::new(7, &public, &hidden, &Blindings::random(rng)).to_bytes();
    for (bytes, points) in [(wide, 4), (narrow, 2)] {
        assert!(matches!(Request::<Full>::from_bytes(&bytes), Err(DecodeError::Length { .. })));
        let mut fitted = bytes[..48 * points].to_vec();
        fitted.resize(SCALARS, 0);
        if points == 2 {
            fitted.copy_within(48..96, 96);
        }
        fitted.extend_from_slice(&bytes[48 * points..]);
        fitted.resize(Request::<Full>::BYTES, 1);
        // Scalars that were cut in two may not be canonical: then decoding refuses.
        if let Ok(read) = Request::<Full>::from_bytes(&fitted) {
            assert_eq!(shares[0].sign(7, &full_public(), &read).unwrap_err(), IssueError::Proof);
        }
    }
    // A credential stores the same bytes under every split; its show is good for its own split only.
    let stored = full_credential(&shares, &group, rng).to_secret_bytes();
    let narrow = Credential::<Narrow>::from_secret_bytes(&stored).unwrap();
    let shown = narrow.show(&key_of::<Narrow>(&group), b"c", rng);
    shown.verify(&key_of::<Narrow>(&group), narrow.public(), b"c").unwrap();
    let bytes = shown.to_bytes();
    assert!(matches!(Show::<Full>::from_bytes(&bytes), Err(DecodeError::Length { .. })));
    let padded = Show::<Full>::from_bytes(&[&bytes[..], &[0; 32]].concat()).unwrap();
    assert_eq!(padded.verify(group.key(), &full_public(), b"c"), Err(ShowError::Proof));
    assert_eq!(
        VerificationKey::<Longer>::from_bytes(&group.key().to_bytes()).unwrap_err(),
        KeyError::Decode(DecodeError::Length { what: "a verification key", expected: 816, got: 672 })
    );
}

/// Adversary: claims public attribute 3 one larger and hides −1 at the same place, with an honest prover for three hidden attributes.
#[test]
fn n_05_an_extra_hidden_attribute_that_cancels_a_public_one_is_refused() {
    let rng = &mut rng(106);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let stored = full_credential(&shares, &group, rng).to_secret_bytes();
    let cancelling = with(&stored, 168, &encode_scalar(&-scalar(1)));
    let wide = Credential::<Wide>::from_secret_bytes(&cancelling).unwrap();
    let bytes = wide.show(&key_of::<Wide>(&group), b"c", rng).to_bytes();
    let claimed = PublicAttributes::<Full>::new([scalar(1_001), scalar(20_417)]);
    assert_eq!(bytes.len(), Show::<Full>::BYTES + 32);
    assert!(matches!(Show::<Full>::from_bytes(&bytes), Err(DecodeError::Length { .. })));
    for cut in (320..bytes.len()).step_by(32) {
        let fitted = [&bytes[..cut], &bytes[cut + 32..]].concat();
        let read = Show::<Full>::from_bytes(&fitted).unwrap();
        assert_eq!(read.verify(group.key(), &claimed, b"c"), Err(ShowError::Proof));
        let items = [(&read, &claimed, &b"c"[..])];
        assert_eq!(verify_batch(group.key(), &items, rng), Err(BatchError { bad: vec![0] }));
    }
}

/// Adversary: two shows whose proofs hold and whose s' are wrong by D and −D, or by multiples that cancel under other weights.
#[test]
fn n_06_cancelling_selective_shows_are_named_in_every_order() {
    let rng = &mut rng(107);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let error = G1::generator() * SecretScalar::random(rng).expose();
    let forged = |factor: Scalar, rng: &mut _| {
        let stored = full_credential(&shares, &group, rng).to_secret_bytes();
        let hidden = [scalar_at(&stored, 104), scalar_at(&stored, 136)];
        let (prover, u) = (Prover { hidden, ..Prover::random(rng) }, SecretScalar::random(rng).expose());
        let h = point(&stored, 8) * u;
        let s = point(&stored, 56) * u + h * prover.r + error * factor;
        let [h, s] = [h, s].map(|point| point.to_affine().to_compressed());
        Show::<Full>::from_bytes(&prover.show(group.key(), &h, &s, &prover.zeta(), b"c")).unwrap()
    };
    forged(scalar(0), rng).verify(group.key(), &full_public(), b"c").unwrap();
    for factors in [[scalar(1), -scalar(1)], [scalar(2), -scalar(1)], [scalar(3), -inverse(scalar(3))]] {
        let mut shows: Vec<_> =
            (0..4).map(|_| full_credential(&shares, &group, rng).show(group.key(), b"c", rng)).collect();
        shows[1] = forged(factors[0], rng);
        shows[2] = forged(factors[1], rng);
        assert_eq!(shows[1].verify(group.key(), &full_public(), b"c"), Err(ShowError::Credential));
        for turn in 0..4 {
            let public = full_public();
            let items: Vec<_> = shows.iter().map(|show| (show, &public, &b"c"[..])).collect();
            let mut bad = vec![(1 + 4 - turn) % 4, (2 + 4 - turn) % 4];
            bad.sort_unstable();
            assert_eq!(verify_batch(group.key(), &items, rng), Err(BatchError { bad }));
            shows.rotate_left(1);
        }
    }
}

/// Adversaries: signers whose errors cancel, in the interpolation or in a check with equal weights.
#[test]
fn n_06_signers_whose_errors_cancel_are_named_or_harmless() {
    let rng = &mut rng(108);
    let (shares, group) = SecretKeyShare::<Full>::deal(5, 4, rng).unwrap();
    let pending = full_pending(rng);
    let honest = sign_all(&shares, &pending);
    let error = G1::generator() * scalar(9);
    let spoilt = |factors: [Scalar; 2]| {
        let mut signatures = honest.clone();
        for (signature, factor) in signatures.iter_mut().zip(factors) {
            let bytes = signature.to_bytes();
            let moved = (G1::from(point(&bytes, 2)) + error * factor).to_affine().to_compressed();
            *signature = PartialSignature::from_bytes(&[&bytes[..2], &moved].concat()).unwrap();
        }
        signatures
    };
    let equal = spoilt([scalar(1), -scalar(1)]);
    let mut turned = equal.clone();
    for _ in 0..5 {
        turned.rotate_left(1);
        assert_eq!(pending.aggregate(&group, &turned, rng).unwrap_err().culprits(), [1, 2]);
    }
    for (i, signature) in equal.iter().enumerate() {
        assert_eq!(pending.verify_partial(&group, signature, rng), i > 1);
    }
    // Errors that cancel under Lagrange's weights leave the credential what it is; alone they are seen.
    let lambda = lagrange(&[1, 2, 3, 4, 5]).unwrap();
    let cancelling = spoilt([inverse(lambda[0]), -inverse(lambda[1])]);
    let credential = pending.aggregate(&group, &cancelling, rng).unwrap();
    let expected = pending.aggregate(&group, &honest, rng).unwrap();
    assert_eq!(*credential.to_secret_bytes(), *expected.to_secret_bytes());
    assert!(!pending.verify_partial(&group, &cancelling[0], rng));
    assert_eq!(pending.aggregate(&group, &cancelling[..4], rng).unwrap_err().culprits(), [1, 2]);
    assert!(matches!(
        pending.aggregate(&group, &cancelling[..3], rng).unwrap_err(),
        AggregateError::TooFew { required: 4, got: 3 }
    ));
}

#[test]
fn n_07_a_request_has_canonical_scalars_and_a_challenge_other_than_zero() {
    let rng = &mut rng(109);
    let request = full_pending(rng).request().to_bytes();
    for at in (SCALARS..request.len()).step_by(32) {
        for above in [order(), [0xff; 32]] {
            let refused = Request::<Full>::from_bytes(&with(&request, at, &above)).unwrap_err();
            assert!(matches!(refused, DecodeError::Scalar { .. }), "{at}");
        }
        // z + r: the same scalar to a decoder that reduces.
        let mut carry = 0u16;
        let sum: Vec<u8> = (0..32)
            .map(|i| {
                carry += u16::from(request[at + i]) + u16::from(order()[i]);
                let byte = carry as u8;
                carry >>= 8;
                byte
            })
            .collect();
        if carry == 0 {
            assert!(matches!(Request::<Full>::from_bytes(&with(&request, at, &sum)), Err(DecodeError::Scalar { .. })));
        }
    }
    assert!(matches!(
        Request::<Full>::from_bytes(&with(&request, SCALARS, &[0; 32])),
        Err(DecodeError::Zero { what: "a challenge" })
    ));
}

#[test]
fn n_11_numbers_that_are_not_below_the_order_are_refused_in_stored_credentials_and_shares() {
    let rng = &mut rng(111);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng).to_secret_bytes();
    let share = shares[0].to_secret_bytes();
    for above in [order(), [0xff; 32]] {
        for at in (104..credential.len()).step_by(32) {
            let refused = Credential::<Full>::from_secret_bytes(&with(&credential, at, &above)).unwrap_err();
            assert!(matches!(refused, DecodeError::Scalar { .. }), "{at}");
        }
        for at in (2..share.len()).step_by(32) {
            let refused = SecretKeyShare::<Full>::from_secret_bytes(&with(&share, at, &above)).unwrap_err();
            assert!(matches!(refused, DecodeError::Scalar { .. }), "{at}");
        }
    }
}
