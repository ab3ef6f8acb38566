//! Sources of randomness that fail, and that repeat.

use nym_coconut::backend::Scalar;
use nym_coconut::{
    verify_batch, verify_open_batch, BatchError, Blindings, HiddenAttributes, OneTimeKey, OpenShow, Pending, Request,
    SecretKeyShare, SecretScalar,
};

use crate::failing::{draws, Stuck};
use crate::negatives::{inverse, scalar_at, SCALARS};
use crate::support::{
    full_credential, full_pending, full_public, rng, scalar, sign_all, token, token_public, Full, Token, CONTEXT,
};

/// Every operation that draws, with a source that fails at the first draw, at the second, and so on.
#[test]
fn n_14_with_a_source_that_fails_nothing_comes_out() {
    let rng = &mut rng(112);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng);
    let (pending, other) = (full_pending(rng), full_pending(rng));
    let (right, wrong) = (sign_all(&shares, &pending), sign_all(&shares, &other));
    let (show, public) = (credential.show(group.key(), b"c", rng), full_public());
    let hidden = HiddenAttributes::new([scalar(3), scalar(4)].map(|m| SecretScalar::new(&m))).unwrap();
    let (token_shares, token_group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let (key, coin) = token(&token_shares, &token_group, &token_public(), rng);
    let (payment, info) = (coin.spend(&key, CONTEXT, rng).unwrap(), token_group.key().prepare(&token_public()));
    let all = [
        ("a secret", draws(|rng| SecretScalar::random(rng).to_secret_bytes())),
        ("a one-time key", draws(|rng| OneTimeKey::random(rng).public_key())),
        ("a dealt key", draws(|rng| SecretKeyShare::<Token>::deal(2, 2, rng).unwrap())),
        ("a request", draws(|rng| Request::new(7, &public, &hidden, &Blindings::random(rng)).to_bytes())),
        ("a show", draws(|rng| credential.show(group.key(), b"c", rng).to_bytes())),
        ("a payment", draws(|rng| coin.spend(&key, CONTEXT, rng).unwrap().to_bytes())),
        ("a signature's check", draws(|rng| pending.verify_partial(&group, &right[0], rng))),
        ("a search for culprits", draws(|rng| pending.aggregate(&group, &wrong, rng).unwrap_err())),
        ("a batch of shows", draws(|rng| verify_batch(group.key(), &[(&show, &public, &b"c"[..])], rng).unwrap())),
        ("a batch of payments", draws(|rng| verify_open_batch(&[(&payment, &info, CONTEXT)], rng).unwrap())),
    ];
    for (name, draws) in all {
        assert!(draws > 0, "{name}");
    }
    // What draws nothing needs no source: right signatures make their credential.
    assert_eq!(draws(|rng| pending.aggregate(&group, &right, rng).unwrap()), 0);
}

/// Adversary: a source of randomness that always gives the same, so that two requests have the same blindings.
#[test]
fn n_14_with_a_stuck_source_no_response_of_two_requests_gives_a_secret_away() {
    for stuck in [0, 1, 0xff] {
        let hidden: Vec<[Scalar; 2]> = vec![[scalar(31), scalar(32)], [scalar(41), scalar(42)]];
        let requests: Vec<Vec<u8>> = hidden
            .iter()
            .map(|m| {
                let hidden = HiddenAttributes::new(m.map(|m| SecretScalar::new(&m))).unwrap();
                let blindings = Blindings::random(&mut Stuck(stuck));
                Request::<Full>::new(7, &full_public(), &hidden, &blindings).to_bytes()
            })
            .collect();
        let secret = SecretScalar::random(&mut Stuck(stuck)).expose();
        let (one, two) = (&requests[0], &requests[1]);
        let difference = inverse(scalar_at(two, SCALARS) - scalar_at(one, SCALARS));
        for at in (SCALARS + 32..one.len()).step_by(32) {
            let (z, z2) = (scalar_at(one, at), scalar_at(two, at));
            assert_ne!(z, z2);
            // With one nonce for two challenges, secret = (z − z')/(c' − c).
            let guess = (z - z2) * difference;
            assert!(guess != secret && !hidden.iter().flatten().any(|m| *m == guess), "{at}");
        }
        // The same request again is the same bytes: it shows nothing new.
        let hidden = HiddenAttributes::new(hidden[0].map(|m| SecretScalar::new(&m))).unwrap();
        let again = Request::<Full>::new(7, &full_public(), &hidden, &Blindings::random(&mut Stuck(stuck)));
        assert_eq!(&again.to_bytes(), one);
    }
}

/// Two wallets with a stuck source have one key: the second payment repeats the serial and is seen; the signatures' nonces are hashes of key and message.
#[test]
fn n_14_a_stuck_source_repeats_a_one_time_key_visibly_and_its_signatures_share_no_nonce() {
    let rng = &mut rng(110);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let shows: Vec<OpenShow<Token>> = (0..2)
        .map(|i| {
            let key = OneTimeKey::random(&mut Stuck(3));
            let hidden = HiddenAttributes::new([key.serial()]).unwrap();
            let blindings = Blindings::from_fn(|j| SecretScalar::new(&scalar(50 + 10 * i + j as u64)));
            let pending = Pending::new(7, token_public(), hidden, blindings);
            let credential = pending.aggregate(&group, &sign_all(&shares, &pending), rng).unwrap();
            credential.spend(&key, CONTEXT, &mut Stuck(3)).unwrap()
        })
        .collect();
    assert_eq!(shows[0].serial(), shows[1].serial());
    let bytes = [shows[0].to_bytes(), shows[1].to_bytes()];
    assert_ne!(bytes[0][..48], bytes[1][..48]);
    assert_ne!(bytes[0][128..160], bytes[1][128..160], "R differs");
    let items: Vec<_> = shows.iter().map(|show| (show, &info, CONTEXT)).collect();
    assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad: vec![1] }));
}
