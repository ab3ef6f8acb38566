//! The forgeries of the field, attempted by an adversary who has what an adversary has.

use nym_coconut::backend::{encode_scalar, msm_g1, Curve, Group as _, Scalar, G1};
use nym_coconut::{Credential, HiddenAttributes, OneTimeKey, PublicAttributes, SecretKeyShare, SecretScalar};

use crate::support::{full_credential, rng, scalar, sign_all, token, token_public, Full, Token, CONTEXT};

/// Adversary: holds two valid credentials and tries to make a third of them by affine combination, as would work if they shared h.
#[test]
fn n_04_two_credentials_do_not_combine_to_a_third() {
    let rng = &mut rng(60);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let (one, two) = (full_credential(&shares, &group, rng), full_credential(&shares, &group, rng));
    let quarter = Option::<Scalar>::from(nym_coconut::backend::Field::invert(&scalar(4))).unwrap();
    for weights in [[scalar(1), scalar(1)], [quarter, quarter * scalar(3)], [scalar(2), -scalar(1)]] {
        let (a, b) = (one.to_secret_bytes(), two.to_secret_bytes());
        let point = |bytes: &[u8], at: usize| nym_coconut::backend::decode_g1(&bytes[at..at + 48], "a point").unwrap();
        let combined = |at: usize| msm_g1(&[point(&a, at), point(&b, at)], &weights).to_affine().to_compressed();
        let attribute = |at: usize| {
            let read = |bytes: &[u8]| nym_coconut::attribute(&bytes[at..at + 32]).unwrap();
            encode_scalar(&(read(&a) * weights[0] + read(&b) * weights[1]))
        };
        let forged = [&a[..8], &combined(8), &combined(56), &attribute(104), &attribute(136), &a[168..]].concat();
        assert!(!Credential::<Full>::from_secret_bytes(&forged).unwrap().verify(group.key()));
    }
}

/// Adversary: wants two signatures under one h. h follows from everything that is signed, so changing anything changes h.
#[test]
fn n_04_no_two_attribute_vectors_share_an_h() {
    let rng = &mut rng(61);
    let (shares, group) = SecretKeyShare::<Token>::deal(1, 1, rng).unwrap();
    let blindings = || nym_coconut::Blindings::from_fn(|i| SecretScalar::new(&scalar(i as u64 + 5)));
    let mut seen = std::collections::HashSet::new();
    for (epoch, serial, public) in [(7, 1, 77), (7, 2, 77), (7, 1, 78), (8, 1, 77)] {
        let hidden = HiddenAttributes::<Token>::new([SecretScalar::new(&scalar(serial))]).unwrap();
        let public = PublicAttributes::new([scalar(public)]);
        let pending = nym_coconut::Pending::new(epoch, public.clone(), hidden, blindings());
        let signature = shares[0].sign(epoch, &public, pending.request()).unwrap();
        let credential = pending.aggregate(&group, &[signature], rng).unwrap();
        assert!(seen.insert(credential.to_secret_bytes()[8..56].to_vec()));
    }
}

/// Adversary: knows the public key only and tries what satisfies the equation without a signature. Points that pair to one are tried in `degenerate`.
#[test]
fn nothing_public_makes_a_payment() {
    let rng = &mut rng(62);
    let (_, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    // (g1, Σ mⱼ·β1ⱼ): what is missing is x·g1, which nothing publishes.
    let key = OneTimeKey::random(rng);
    let beta = group.key().beta_g1();
    let s = msm_g1(beta, &[key.serial().expose(), scalar(77)]).to_affine();
    let stored = [
        &7u64.to_be_bytes()[..],
        &G1::generator().to_affine().to_compressed(),
        &s.to_compressed(),
        key.serial().to_secret_bytes().as_ref(),
        &encode_scalar(&scalar(77)),
    ]
    .concat();
    let forged = Credential::<Token>::from_secret_bytes(&stored).unwrap();
    assert!(!forged.verify(group.key()));
    assert!(forged.spend(&key, CONTEXT, rng).unwrap().verify(&info, CONTEXT).is_err());
}

/// Adversary: a payee who has seen a payment and puts a one-time key of its own around the credential.
#[test]
fn a_payment_cannot_be_signed_by_another_key() {
    let rng = &mut rng(63);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let (key, credential) = token(&shares, &group, &token_public(), rng);
    let seen = credential.spend(&key, CONTEXT, rng).unwrap().to_bytes();
    // What the thief stores as a credential: the seen h' and s' with its own serial.
    let thief = OneTimeKey::random(rng);
    let stored =
        [&7u64.to_be_bytes()[..], &seen[..96], thief.serial().to_secret_bytes().as_ref(), &encode_scalar(&scalar(77))]
            .concat();
    let stolen = Credential::<Token>::from_secret_bytes(&stored).unwrap();
    assert!(stolen.spend(&thief, &[b"thief"], rng).unwrap().verify(&info, &[b"thief"]).is_err());
}

/// Adversary: a signer below the threshold who answers with arbitrary points, hoping that they are added unseen.
#[test]
fn arbitrary_answers_are_found_and_named() {
    let rng = &mut rng(64);
    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let key = OneTimeKey::random(rng);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let pending = nym_coconut::Pending::new(7, token_public(), hidden, nym_coconut::Blindings::random(rng));
    let mut signatures = sign_all(&shares, &pending);
    let (a, b) = (signatures[0].to_bytes(), signatures[1].to_bytes());
    // Members 1 and 2 exchange their points; member 3 adds the generator.
    signatures[0] = nym_coconut::PartialSignature::from_bytes(&[&a[..2], &b[2..]].concat()).unwrap();
    signatures[1] = nym_coconut::PartialSignature::from_bytes(&[&b[..2], &a[2..]].concat()).unwrap();
    assert_eq!(pending.aggregate(&group, &signatures, rng).unwrap_err().culprits(), [1, 2]);
    let honest = sign_all(&shares, &pending);
    pending.aggregate(&group, &honest[1..], rng).unwrap();
}
