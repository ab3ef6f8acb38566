//! Batches whose errors are made to cancel, with a source of randomness that the adversary knows; and who is blamed.

use ed25519_dalek::SigningKey;
use nym_coconut::algebra::randomise_folded;
use nym_coconut::backend::{decode_g1, Curve, G1Affine, Group as _, PrimeCurveAffine, G1};
use nym_coconut::{
    verify_batch, verify_open_batch, BatchError, Blindings, Credential, HiddenAttributes, OneTimeKey, OpenShow,
    PartialSignature, Pending, SecretKeyShare, SecretScalar, Show, VerificationKey,
};

use crate::failing::Stuck;
use crate::forger::{pay, Prover};
use crate::negatives::scalar_at;
use crate::support::{
    full_credential, full_pending, full_public, rng, scalar, sign_all, spend, token_public, Full, Token, CONTEXT,
};

fn point(bytes: &[u8], at: usize) -> G1Affine {
    decode_g1(&bytes[at..at + 48], "a point").unwrap()
}

fn moved(bytes: &[u8], at: usize, by: G1) -> Vec<u8> {
    let there = (point(bytes, at).to_curve() + by).to_affine().to_compressed();
    [&bytes[..at], &there, &bytes[at + 48..]].concat()
}

/// A payment whose s' is off by `by`, with a signature over it: its sender is who cheats.
fn payment(shares: &[SecretKeyShare<Token>], group: &nym_coconut::Group<Token>, seed: u8, by: G1) -> OpenShow<Token> {
    let rng = &mut rng(seed);
    let key = OneTimeKey::from_seed(&[seed; 32]);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let pending = Pending::new(7, token_public(), hidden, Blindings::random(rng));
    let credential = pending.aggregate(group, &sign_all(shares, &pending), rng).unwrap();
    let stored = moved(&credential.to_secret_bytes(), 56, by);
    let (h, s) = (stored[8..56].try_into().unwrap(), stored[56..104].try_into().unwrap());
    OpenShow::from_bytes(&pay(&SigningKey::from_bytes(&[seed; 32]), &h, &s)).unwrap()
}

/// Adversary: knows that the verifier's source always gives the same, and sends two payments whose errors are opposite.
#[test]
fn n_06_n_14_opposite_errors_are_found_though_the_source_of_weights_repeats() {
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, &mut rng(90)).unwrap();
    let info = group.key().prepare(&token_public());
    let error = G1::generator() * scalar(5);
    let shows = [
        payment(&shares, &group, 1, error),
        payment(&shares, &group, 2, -error),
        payment(&shares, &group, 3, G1::identity()),
    ];
    let items: Vec<_> = shows.iter().map(|show| (show, &info, CONTEXT)).collect();
    for stuck in [0, 1, 0xff] {
        assert_eq!(verify_open_batch(&items, &mut Stuck(stuck)), Err(BatchError { bad: vec![0, 1] }));
    }
}

/// Adversary: the same with the one-time keys' signatures, s one too large and one too small.
#[test]
fn n_06_n_14_opposite_errors_of_signatures_are_found_though_the_source_of_weights_repeats() {
    let rng = &mut rng(91);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let shows: Vec<_> = [true, false]
        .iter()
        .map(|up| {
            let mut bytes = spend(&shares, &group, rng).to_bytes();
            let s = curve25519_dalek::Scalar::from_bytes_mod_order(bytes[160..].try_into().unwrap());
            let one = curve25519_dalek::Scalar::ONE;
            bytes[160..].copy_from_slice(&if *up { s + one } else { s - one }.to_bytes());
            OpenShow::<Token>::from_bytes(&bytes).unwrap()
        })
        .collect();
    let items: Vec<_> = shows.iter().map(|show| (show, &info, CONTEXT)).collect();
    for stuck in [0, 1, 0xff] {
        assert_eq!(verify_open_batch(&items, &mut Stuck(stuck)), Err(BatchError { bad: vec![0, 1] }));
    }
}

/// Adversary: two members answer with opposite errors, so that equal weights would clear both and blame nobody.
#[test]
fn n_06_n_14_opposite_errors_of_members_are_found_though_the_source_of_weights_repeats() {
    let rng = &mut rng(92);
    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    let pending = full_pending(rng);
    let mut signatures = sign_all(&shares, &pending);
    let error = G1::generator() * scalar(5);
    for (i, error) in [(1, error), (2, -error)] {
        signatures[i] = PartialSignature::from_bytes(&moved(&signatures[i].to_bytes(), 2, error)).unwrap();
    }
    for stuck in [0, 1, 0xff] {
        let refused = pending.aggregate(&group, &signatures, &mut Stuck(stuck)).unwrap_err();
        assert_eq!(refused.culprits(), [2, 3]);
        assert!(!pending.verify_partial(&group, &signatures[1], &mut Stuck(stuck)));
        assert!(pending.verify_partial(&group, &signatures[0], &mut Stuck(stuck)));
    }
}

/// A selective show with a right proof and an s' that is off by `by`, as only the holder of the credential can make it.
fn selective(credential: &Credential<Full>, key: &VerificationKey<Full>, by: G1) -> Show<Full> {
    let stored = credential.to_secret_bytes();
    let hidden = [scalar_at(&stored, 104), scalar_at(&stored, 136)];
    let prover = Prover { r: scalar(11), hidden, nonces: [scalar(17), scalar(19), scalar(23)] };
    let (h, s) = randomise_folded(&point(&stored, 8), &point(&stored, 56), &scalar(13), &prover.r);
    let s = (s.to_curve() + by).to_affine();
    let show = prover.show(key, &h.to_compressed(), &s.to_compressed(), &prover.zeta(), b"context");
    Show::from_bytes(&show).unwrap()
}

#[test]
fn n_06_n_14_opposite_errors_of_selective_shows_are_found_though_the_source_of_weights_repeats() {
    let rng = &mut rng(93);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let error = G1::generator() * scalar(5);
    let mut made = |by| selective(&full_credential(&shares, &group, rng), group.key(), by);
    let shows = [made(error), made(-error), made(G1::identity())];
    let public = full_public();
    shows[2].verify(group.key(), &public, b"context").unwrap();
    let items: Vec<_> = shows.iter().map(|show| (show, &public, &b"context"[..])).collect();
    for stuck in [0, 1, 0xff] {
        assert_eq!(verify_batch(group.key(), &items, &mut Stuck(stuck)), Err(BatchError { bad: vec![0, 1] }));
    }
}

/// Payments under two keys, as around a change of the group: each is judged under its own, whichever comes first.
#[test]
fn payments_under_different_keys_share_a_batch() {
    let rng = &mut rng(94);
    let (old, old_group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let (new, new_group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let (old_info, new_info) = (old_group.key().prepare(&token_public()), new_group.key().prepare(&token_public()));
    let first = spend(&old, &old_group, rng);
    let others: Vec<_> = (0..4).map(|_| spend(&new, &new_group, rng)).collect();
    let mut items = vec![(&first, &old_info, CONTEXT)];
    items.extend(others.iter().map(|show| (show, &new_info, CONTEXT)));
    assert_eq!(verify_open_batch(&items, rng), Ok(()));
    // One that claims the other key is bad, and only that one.
    items[3].1 = &old_info;
    assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![3] }));
    items[0].1 = &new_info;
    assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![0, 3] }));
    // A serial counts once, whichever key a copy of it names.
    let again = [(&first, &new_info, CONTEXT), (&first, &old_info, CONTEXT), (&first, &old_info, CONTEXT)];
    assert_eq!(verify_open_batch(&again, rng), Err(BatchError { bad: vec![0, 2] }));
}

/// An invalid show uses up no serial: a valid one after it, with the same ζ, is valid.
#[test]
fn n_10_an_invalid_show_does_not_spoil_a_valid_one_with_its_serial() {
    let rng = &mut rng(95);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng);
    let false_one = selective(&credential, group.key(), G1::generator());
    let right = credential.show(group.key(), b"context", rng);
    assert_eq!(false_one.serial(), right.serial());
    let public = full_public();
    let items: Vec<_> = [&false_one, &right, &right].iter().map(|show| (*show, &public, &b"context"[..])).collect();
    assert_eq!(verify_batch(group.key(), &items[..2], rng), Err(BatchError { bad: vec![0] }));
    assert_eq!(verify_batch(group.key(), &items, rng), Err(BatchError { bad: vec![0, 2] }));
}

/// A one-time key that is not the credential's pays nothing, however close its serial.
#[test]
fn a_credential_is_spent_with_its_own_key_only() {
    let rng = &mut rng(96);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let key = OneTimeKey::from_seed(&[1; 32]);
    let near = SecretScalar::new(&(key.serial().expose() + scalar(1)));
    let pending = Pending::new(7, token_public(), HiddenAttributes::new([near]).unwrap(), Blindings::random(rng));
    let credential = pending.aggregate(&group, &sign_all(&shares, &pending), rng).unwrap();
    assert_eq!(credential.spend(&key, CONTEXT, rng).unwrap_err(), nym_coconut::ShowError::OneTimeKey);
}

/// Large enough that with feature `parallel` several cores take parts: bad ones in the first, in the last, and a serial that comes twice in different parts.
#[test]
fn large_batches_name_what_is_bad_in_every_part() {
    let rng = &mut rng(97);
    let (shares, group) = SecretKeyShare::<Token>::deal(1, 1, rng).unwrap();
    let (info, other) =
        (group.key().prepare(&token_public()), group.key().prepare(&nym_coconut::PublicAttributes::new([scalar(78)])));
    let shows: Vec<_> = (0..140).map(|_| spend(&shares, &group, rng)).collect();
    let mut items: Vec<_> = shows.iter().map(|show| (show, &info, CONTEXT)).collect();
    assert_eq!(verify_open_batch(&items, rng), Ok(()));
    (items[3].1, items[66].1, items[139].1) = (&other, &other, &other);
    items[100].2 = &[b"another payee"];
    items[138].0 = &shows[0];
    assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![3, 66, 100, 138, 139] }));

    let (shares, group) = SecretKeyShare::<Full>::deal(1, 1, rng).unwrap();
    let credentials: Vec<_> = (0..20).map(|_| full_credential(&shares, &group, rng)).collect();
    let mut shows: Vec<_> = credentials.iter().map(|c| c.show(group.key(), b"context", rng)).collect();
    let public = full_public();
    fn check(
        shows: &[Show<Full>],
        key: &VerificationKey<Full>,
        rng: &mut rand_chacha::ChaCha20Rng,
    ) -> Result<(), BatchError> {
        let public = full_public();
        let items: Vec<_> = shows.iter().map(|show| (show, &public, &b"context"[..])).collect();
        verify_batch(key, &items, rng)
    }
    assert_eq!(check(&shows, group.key(), rng), Ok(()));
    for i in [0, 19] {
        shows[i] = selective(&credentials[i], group.key(), G1::generator());
        assert!(shows[i].verify(group.key(), &public, b"context").is_err());
    }
    shows[15] = credentials[4].show(group.key(), b"context", rng);
    shows[10] = credentials[10].show(group.key(), b"elsewhere", rng);
    assert_eq!(check(&shows, group.key(), rng), Err(BatchError { bad: vec![0, 10, 15, 19] }));
}
