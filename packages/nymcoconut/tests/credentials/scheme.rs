//! What must work: every quorum, every order, repeated requests, batches; and what a quorum too small cannot do.

use nym_coconut::backend::Scalar;
use nym_coconut::{
    verify_batch, verify_open_batch, AggregateError, Blindings, HiddenAttributes, OneTimeKey, PublicAttributes,
    Request, SecretKeyShare, SecretScalar, ShowError, VerificationKey,
};

use crate::support::{
    full_credential, full_pending, full_public, rng, scalar, sign_all, spend, token, token_public, Full, Token, CONTEXT,
};

#[test]
fn every_quorum_of_every_group_up_to_seven_makes_the_same_credential_and_no_smaller_set_does() {
    let rng = &mut rng(1);
    for n in 1..=7u16 {
        let t = 2 * n / 3 + 1;
        let (shares, group) = SecretKeyShare::<Full>::deal(n, t, rng).unwrap();
        let pending = full_pending(rng);
        let signatures = sign_all(&shares, &pending);
        let expected = pending.aggregate(&group, &signatures, rng).unwrap().to_secret_bytes();
        for set in 0u32..1 << n {
            let mut chosen: Vec<_> =
                (0..usize::from(n)).filter(|i| set >> i & 1 == 1).map(|i| signatures[i].clone()).collect();
            // Any order will do.
            let turn = chosen.len() / 2;
            chosen.rotate_left(turn);
            let got = pending.aggregate(&group, &chosen, rng);
            if chosen.len() < usize::from(t) {
                assert_eq!(got.unwrap_err(), AggregateError::TooFew { required: t.into(), got: chosen.len() });
            } else {
                assert_eq!(*got.unwrap().to_secret_bytes(), *expected);
            }
        }
    }
}

#[test]
fn one_signature_less_than_the_threshold_does_not_verify_even_when_it_is_not_counted() {
    let rng = &mut rng(2);
    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    // The same members under a group that asks for two: what interpolates from two points is another polynomial.
    let keys = shares[..2].iter().map(|share| (share.index(), share.verification_key())).collect();
    let lower = nym_coconut::Group::new(2, keys).unwrap();
    assert_ne!(lower.key(), group.key());
    let (_, credential) = token(&shares[..2], &lower, &token_public(), rng);
    assert!(credential.verify(lower.key()));
    assert!(!credential.verify(group.key()));
}

#[test]
fn verification_keys_of_every_quorum_are_the_groups() {
    let rng = &mut rng(3);
    let (shares, group) = SecretKeyShare::<Token>::deal(5, 4, rng).unwrap();
    let keys: Vec<_> = shares.iter().map(|share| (share.index(), share.verification_key())).collect();
    for left_out in 0..5 {
        let quorum: Vec<_> =
            keys.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, (i, key))| (*i, key)).collect();
        assert_eq!(&VerificationKey::aggregate(&quorum).unwrap(), group.key());
    }
    let three: Vec<_> = keys[..3].iter().map(|(i, key)| (*i, key)).collect();
    assert_ne!(&VerificationKey::aggregate(&three).unwrap(), group.key());
}

#[test]
fn a_request_and_its_answer_are_the_same_bytes_each_time() {
    let rng = &mut rng(4);
    let (shares, _) = SecretKeyShare::<Full>::deal(1, 1, rng).unwrap();
    let seed: Vec<SecretScalar> = (0..5).map(|_| SecretScalar::random(rng)).collect();
    let make = || {
        let hidden = HiddenAttributes::<Full>::new([seed[0].clone(), seed[1].clone()]).unwrap();
        Request::new(7, &full_public(), &hidden, &Blindings::from_fn(|i| seed[2 + i].clone()))
    };
    let (first, second) = (make(), make());
    assert_eq!(first.to_bytes(), second.to_bytes());
    let answer = |request: &Request<Full>| shares[0].sign(7, &full_public(), request).unwrap().to_bytes();
    assert_eq!(answer(&first), answer(&second));
}

#[test]
fn n_08_n_09_signers_off_the_polynomial_are_named_and_only_they() {
    let rng = &mut rng(5);
    let (shares, group) = SecretKeyShare::<Full>::deal(7, 5, rng).unwrap();
    let (strangers, _) = SecretKeyShare::<Full>::deal(7, 5, rng).unwrap();
    let pending = full_pending(rng);
    for bad in [vec![1usize], vec![0, 6], vec![2, 3, 4], (0..7).collect()] {
        let mut signatures = sign_all(&shares, &pending);
        for &i in &bad {
            signatures[i] = strangers[i].sign(7, pending.public(), pending.request()).unwrap();
            assert!(!pending.verify_partial(&group, &signatures[i], rng));
        }
        let error = pending.aggregate(&group, &signatures, rng).unwrap_err();
        let expected: Vec<u16> = bad.iter().map(|&i| i as u16 + 1).collect();
        assert_eq!(error.culprits(), expected);
        for (i, signature) in signatures.iter().enumerate() {
            assert_eq!(pending.verify_partial(&group, signature, rng), !bad.contains(&i));
        }
    }
}

#[test]
fn both_shows_verify_where_they_belong_and_their_serials_stay() {
    let rng = &mut rng(6);
    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng);
    let (one, two) = (credential.show(group.key(), b"gateway", rng), credential.show(group.key(), b"gateway", rng));
    assert_ne!(one.to_bytes(), two.to_bytes());
    assert_eq!(one.serial(), two.serial());
    one.verify(group.key(), &full_public(), b"gateway").unwrap();
    assert_eq!(one.verify(group.key(), &full_public(), b"another"), Err(ShowError::Proof));
    let other = PublicAttributes::new([scalar(1_000), scalar(20_418)]);
    assert_eq!(one.verify(group.key(), &other, b"gateway"), Err(ShowError::Proof));

    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let (key, credential) = token(&shares, &group, &token_public(), rng);
    let info = group.key().prepare(&token_public());
    let show = credential.spend(&key, CONTEXT, rng).unwrap();
    assert_eq!(show.serial(), credential.spend(&key, CONTEXT, rng).unwrap().serial());
    show.verify(&info, CONTEXT).unwrap();
    assert_eq!(show.verify(&info, &[b"chain", b"contract", b"payee 2", b"type 1"]), Err(ShowError::Signature));
    // The same bytes cut into other fields are another context.
    assert_eq!(show.verify(&info, &[b"chaincontract", b"payee", b"type 1"]), Err(ShowError::Signature));
    let other = group.key().prepare(&PublicAttributes::new([scalar(78)]));
    assert_eq!(show.verify(&other, CONTEXT), Err(ShowError::Credential));
    assert_eq!(credential.spend(&OneTimeKey::random(rng), CONTEXT, rng).unwrap_err(), ShowError::OneTimeKey);
}

#[test]
fn a_batch_names_exactly_what_is_bad() {
    let rng = &mut rng(7);
    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let (strangers, wrong_group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let infos = [group.key().prepare(&token_public()), group.key().prepare(&PublicAttributes::new([scalar(78)]))];
    let mut shows: Vec<_> = (0..20)
        .map(|i| {
            let (key, credential) = token(&shares, &group, infos[i % 2].public(), rng);
            credential.spend(&key, CONTEXT, rng).unwrap()
        })
        .collect();
    let check = |shows: &[nym_coconut::OpenShow<Token>], rng: &mut _| {
        let items: Vec<_> = shows.iter().enumerate().map(|(i, show)| (show, &infos[i % 2], CONTEXT)).collect();
        verify_open_batch(&items, rng).map_err(|error| error.bad)
    };
    check(&shows, rng).unwrap();
    shows[3] = spend(&strangers, &wrong_group, rng);
    shows[12] = shows[4].clone();
    let (key, credential) = token(&shares, &group, infos[1].public(), rng);
    shows[17] = credential.spend(&key, &[b"elsewhere"], rng).unwrap();
    assert_eq!(check(&shows, rng), Err(vec![3, 12, 17]));
    // Under another order the later one of the two with the same serial is bad.
    shows.swap(4, 12);
    assert_eq!(check(&shows, rng), Err(vec![3, 12, 17]));

    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    let mut shows: Vec<_> =
        (0..6).map(|_| full_credential(&shares, &group, rng).show(group.key(), b"x", rng)).collect();
    let public = full_public();
    fn items<'a>(
        shows: &'a [nym_coconut::Show<Full>],
        public: &'a PublicAttributes<Full>,
    ) -> Vec<(&'a nym_coconut::Show<Full>, &'a PublicAttributes<Full>, &'a [u8])> {
        shows.iter().map(|show| (show, public, &b"x"[..])).collect()
    }
    verify_batch(group.key(), &items(&shows, &public), rng).unwrap();
    let (strangers, wrong_group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    // A proof made for this group's key around a signature of another group: only the pairing finds it.
    shows[1] = full_credential(&strangers, &wrong_group, rng).show(group.key(), b"x", rng);
    shows[5] = shows[2].clone();
    assert_eq!(verify_batch(group.key(), &items(&shows, &public), rng).unwrap_err().bad, vec![1, 5]);
}

#[test]
fn a_credential_is_stored_and_read_back() {
    let rng = &mut rng(8);
    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng);
    let bytes = credential.to_secret_bytes();
    let read = nym_coconut::Credential::<Full>::from_secret_bytes(&bytes).unwrap();
    assert!(read.verify(group.key()));
    assert_eq!(*read.to_secret_bytes(), *bytes);
    let share = SecretKeyShare::<Full>::from_secret_bytes(&shares[1].to_secret_bytes()).unwrap();
    assert_eq!(share.verification_key(), *group.member(2).unwrap());
    assert_eq!(VerificationKey::<Full>::from_bytes(&group.key().to_bytes()).unwrap(), *group.key());
    let _: Scalar = scalar(1);
}
