//! The negative vectors by number, for issuance, shows, aggregation and batches. Those of key generation are in `tests/dkg`.

use nym_coconut::backend::{encode_scalar, Curve, Group as _, Scalar, G1, G2};
use nym_coconut::contract::ed25519_encoding_is_strict;
use nym_coconut::{
    attribute, hashed_attribute, verify_open_batch, AggregateError, BatchError, Blindings, DecodeError, Group,
    GroupError, HiddenAttributes, IssueError, KeyError, OneTimeKey, OpenShow, PartialSignature, Pending,
    PublicAttributes, Request, SecretKeyShare, SecretScalar, Show, ShowError, VerificationKey,
};

use crate::failing::Stuck;
use crate::support::{
    full_credential, full_pending, full_public, rng, scalar, sign_all, spend, token, token_public, Full, Token, CONTEXT,
};

pub fn with(bytes: &[u8], at: usize, part: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + part.len()].copy_from_slice(part);
    bytes
}

pub const IDENTITY: [u8; 96] = {
    let mut bytes = [0; 96];
    bytes[0] = 0xc0;
    bytes
};
/// The group order, little endian.
pub fn order() -> [u8; 32] {
    let mut bytes = encode_scalar(&-Scalar::from(1));
    bytes[0] += 1;
    bytes
}

#[test]
fn n_01_identities_are_refused_in_requests_signatures_and_shows() {
    let rng = &mut rng(40);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let pending = full_pending(rng);
    let request = pending.request().to_bytes();
    for at in [0, 48, 96] {
        assert!(matches!(
            Request::<Full>::from_bytes(&with(&request, at, &IDENTITY[..48])),
            Err(DecodeError::Identity { .. })
        ));
    }
    let partial = sign_all(&shares, &pending)[0].to_bytes();
    assert!(matches!(
        PartialSignature::<Full>::from_bytes(&with(&partial, 2, &IDENTITY[..48])),
        Err(DecodeError::Identity { .. })
    ));
    let show = full_credential(&shares, &group, rng).show(group.key(), b"c", rng).to_bytes();
    for (at, length) in [(0, 48), (48, 48), (96, 96), (192, 96)] {
        assert!(matches!(
            Show::<Full>::from_bytes(&with(&show, at, &IDENTITY[..length])),
            Err(DecodeError::Identity { .. })
        ));
    }
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let show = spend(&shares, &group, rng).to_bytes();
    for at in [0, 48] {
        assert!(matches!(
            OpenShow::<Token>::from_bytes(&with(&show, at, &IDENTITY[..48])),
            Err(DecodeError::Identity { .. })
        ));
    }
}

#[test]
fn n_02_points_of_the_cofactor_are_refused_as_h_s_kappa_and_zeta() {
    let file: serde_json::Value = serde_json::from_str(include_str!("../vectors/coconut.json")).unwrap();
    let points = |group: &str| -> Vec<Vec<u8>> {
        let list = file["points"][group]["refuse"].as_array().unwrap();
        list.iter()
            .filter(|p| p["kind"] == "subgroup")
            .map(|p| hex::decode(p["bytes"].as_str().unwrap()).unwrap())
            .collect()
    };
    let rng = &mut rng(41);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let show = full_credential(&shares, &group, rng).show(group.key(), b"c", rng).to_bytes();
    let (token_shares, token_group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let open = spend(&token_shares, &token_group, rng).to_bytes();
    // One backend calls the points with x = 0 malformed, the other says that they are outside the subgroup.
    for point in points("g1") {
        for at in [0, 48] {
            assert!(matches!(
                Show::<Full>::from_bytes(&with(&show, at, &point)),
                Err(DecodeError::Subgroup { .. } | DecodeError::Point { .. })
            ));
            assert!(matches!(
                OpenShow::<Token>::from_bytes(&with(&open, at, &point)),
                Err(DecodeError::Subgroup { .. } | DecodeError::Point { .. })
            ));
        }
    }
    for point in points("g2") {
        for at in [96, 192] {
            assert!(matches!(
                Show::<Full>::from_bytes(&with(&show, at, &point)),
                Err(DecodeError::Subgroup { .. } | DecodeError::Point { .. })
            ));
        }
    }
}

#[test]
fn n_03_vectors_of_another_length_and_exchanged_parts_are_refused() {
    let rng = &mut rng(42);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng);
    let show = credential.show(group.key(), b"c", rng).to_bytes();
    for length in [0, show.len() - 32, show.len() + 32, show.len() - 64] {
        let mut bytes = show.clone();
        bytes.resize(length, 0);
        assert!(matches!(Show::<Full>::from_bytes(&bytes), Err(DecodeError::Length { .. })));
    }
    // z₁ and z₂ exchanged; κ and ζ exchanged; h' and s' exchanged.
    let swap = |a: usize, b: usize, length: usize| {
        let mut bytes = show.clone();
        bytes[a..a + length].copy_from_slice(&show[b..b + length]);
        bytes[b..b + length].copy_from_slice(&show[a..a + length]);
        Show::<Full>::from_bytes(&bytes).unwrap().verify(group.key(), &full_public(), b"c")
    };
    assert_eq!(swap(352, 384, 32), Err(ShowError::Proof));
    assert_eq!(swap(96, 192, 96), Err(ShowError::Proof));
    assert_eq!(swap(0, 48, 48), Err(ShowError::Proof));
    let pending = full_pending(rng);
    let request = pending.request().to_bytes();
    let mut exchanged = request.clone();
    exchanged[48..96].copy_from_slice(&request[96..144]);
    exchanged[96..144].copy_from_slice(&request[48..96]);
    let exchanged = Request::<Full>::from_bytes(&exchanged).unwrap();
    assert_eq!(shares[0].sign(7, &full_public(), &exchanged).unwrap_err(), IssueError::Proof);
}

#[test]
fn n_05_attributes_do_not_move_between_positions_or_from_public_to_hidden() {
    let rng = &mut rng(43);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let pending = full_pending(rng);
    let shifted = PublicAttributes::<Full>::new([scalar(20_417), scalar(1_000)]);
    assert_eq!(shares[0].sign(7, &shifted, pending.request()).unwrap_err(), IssueError::Proof);
    let show = full_credential(&shares, &group, rng).show(group.key(), b"c", rng);
    assert_eq!(show.verify(group.key(), &shifted, b"c"), Err(ShowError::Proof));
    // κ less β₂·1 while public attribute 3 is claimed one larger: the pairing equation would hold, the proof does not.
    let bytes = show.to_bytes();
    let kappa = nym_coconut::backend::decode_g2(&bytes[96..192], "kappa").unwrap();
    let moved = (G2::from(kappa) - group.key().beta_g2()[2]).to_affine();
    let moved = Show::<Full>::from_bytes(&with(&bytes, 96, &moved.to_compressed())).unwrap();
    let claimed = PublicAttributes::<Full>::new([scalar(1_001), scalar(20_417)]);
    assert_eq!(moved.verify(group.key(), &claimed, b"c"), Err(ShowError::Proof));
    // A key with another number of attributes than the type's.
    let beta = group.key();
    let short = VerificationKey::<Full>::new(*beta.alpha(), beta.beta_g1()[..3].to_vec(), beta.beta_g2()[..3].to_vec());
    assert_eq!(short.unwrap_err(), KeyError::Attributes { expected: 4, got: 3 });
    let token = VerificationKey::<Token>::new(*beta.alpha(), beta.beta_g1().to_vec(), beta.beta_g2().to_vec());
    assert_eq!(token.unwrap_err(), KeyError::Attributes { expected: 2, got: 4 });
}

#[test]
fn n_06_n_10_cancelling_items_and_repeated_ones_are_named() {
    let rng = &mut rng(44);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    // Two spenders shift their s' by D and −D and sign the result: with equal weights the batch would hold.
    let shift = G1::generator() * SecretScalar::random(rng).expose();
    let cancelling = |sign: Scalar, rng: &mut _| {
        let (key, credential) = token(&shares, &group, &token_public(), rng);
        let mut bytes = credential.to_secret_bytes();
        let s = nym_coconut::backend::decode_g1(&bytes[56..104], "s").unwrap();
        bytes[56..104].copy_from_slice(&(G1::from(s) + shift * sign).to_affine().to_compressed());
        let spoilt = nym_coconut::Credential::<Token>::from_secret_bytes(&bytes).unwrap();
        assert!(!spoilt.verify(group.key()));
        spoilt.spend(&key, CONTEXT, rng).unwrap()
    };
    let mut shows: Vec<OpenShow<Token>> = (0..6).map(|_| spend(&shares, &group, rng)).collect();
    shows[1] = cancelling(scalar(1), rng);
    shows[4] = cancelling(-scalar(1), rng);
    let check = |shows: &[OpenShow<Token>], rng: &mut _| {
        verify_open_batch(&shows.iter().map(|s| (s, &info, CONTEXT)).collect::<Vec<_>>(), rng)
    };
    for _ in 0..3 {
        assert_eq!(check(&shows, rng), Err(BatchError { bad: vec![1, 4] }));
    }
    let twice = vec![shows[0].clone(), shows[2].clone(), shows[0].clone()];
    assert_eq!(check(&twice, rng), Err(BatchError { bad: vec![2] }));
}

#[test]
fn n_07_a_show_is_no_use_elsewhere_and_cannot_be_randomised_by_others() {
    let rng = &mut rng(45);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let show = full_credential(&shares, &group, rng).show(group.key(), b"gateway 1", rng);
    assert_eq!(show.verify(group.key(), &full_public(), b"gateway 2"), Err(ShowError::Proof));
    let (_, other) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    assert_eq!(show.verify(other.key(), &full_public(), b"gateway 1"), Err(ShowError::Proof));
    let bytes = show.to_bytes();
    let randomised = |bytes: &[u8], u: Scalar| {
        let point = |at: usize| nym_coconut::backend::decode_g1(&bytes[at..at + 48], "a point").unwrap();
        let (h, s) = ((point(0) * u).to_affine(), (point(48) * u).to_affine());
        with(&with(bytes, 0, &h.to_compressed()), 48, &s.to_compressed())
    };
    let again = Show::<Full>::from_bytes(&randomised(&bytes, scalar(5))).unwrap();
    assert_eq!(again.verify(group.key(), &full_public(), b"gateway 1"), Err(ShowError::Proof));
    for at in [288, 320, 352, 384] {
        assert!(matches!(Show::<Full>::from_bytes(&with(&bytes, at, &order())), Err(DecodeError::Scalar { .. })));
        assert!(matches!(Show::<Full>::from_bytes(&with(&bytes, at, &[0xff; 32])), Err(DecodeError::Scalar { .. })));
    }
    assert!(matches!(Show::<Full>::from_bytes(&with(&bytes, 288, &[0; 32])), Err(DecodeError::Zero { .. })));

    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let bytes = spend(&shares, &group, rng).to_bytes();
    let again = OpenShow::<Token>::from_bytes(&randomised(&bytes, scalar(5))).unwrap();
    assert_eq!(again.verify(&info, CONTEXT), Err(ShowError::Signature));
}

#[test]
fn n_08_signers_are_counted_once_and_must_be_members() {
    let rng = &mut rng(46);
    let (shares, group) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    let pending = full_pending(rng);
    let signatures = sign_all(&shares, &pending);
    let twice = [signatures[0].clone(), signatures[1].clone(), signatures[0].clone()];
    assert_eq!(pending.aggregate(&group, &twice, rng).unwrap_err().culprits(), [1]);
    let bytes = signatures[3].to_bytes();
    assert!(matches!(PartialSignature::<Full>::from_bytes(&with(&bytes, 0, &[0, 0])), Err(DecodeError::Zero { .. })));
    let stranger = PartialSignature::from_bytes(&with(&bytes, 0, &[0, 9])).unwrap();
    let error = pending.aggregate(&group, &[signatures[0].clone(), signatures[1].clone(), stranger], rng).unwrap_err();
    assert_eq!(error, AggregateError::Stranger { member: 9 });
    assert!(matches!(
        pending.aggregate(&group, &signatures[..2], rng).unwrap_err(),
        AggregateError::TooFew { required: 3, got: 2 }
    ));
    assert!(matches!(pending.aggregate(&group, &[], rng).unwrap_err(), AggregateError::TooFew { .. }));
    // Another epoch is another h: the request's proof is for one epoch only, and so is a signature.
    assert_eq!(shares[0].sign(8, pending.public(), pending.request()).unwrap_err(), IssueError::Proof);
    let hidden = || HiddenAttributes::new([SecretScalar::new(&scalar(5)), SecretScalar::new(&scalar(6))]).unwrap();
    let blindings = || Blindings::from_fn(|i| SecretScalar::new(&scalar(i as u64 + 11)));
    let later = Pending::new(8, full_public(), hidden(), blindings());
    let now = Pending::new(7, full_public(), hidden(), blindings());
    let mut mixed: Vec<_> = sign_all(&shares[..2], &now);
    mixed.push(shares[2].sign(8, later.public(), later.request()).unwrap());
    assert_eq!(now.aggregate(&group, &mixed, rng).unwrap_err().culprits(), [3]);
    // Shares of another group, all of them.
    let (others, _) = SecretKeyShare::<Full>::deal(4, 3, rng).unwrap();
    assert_eq!(pending.aggregate(&group, &sign_all(&others, &pending), rng).unwrap_err().culprits(), [1, 2, 3, 4]);
}

#[test]
fn n_09_keys_whose_halves_differ_or_that_leave_the_polynomial_are_refused() {
    let rng = &mut rng(47);
    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let key = group.key();
    let scaled = |factor: u64| -> Vec<_> { key.beta_g1().iter().map(|b| (*b * scalar(factor)).to_affine()).collect() };
    let made = |g1: Vec<_>, g2: Vec<_>| VerificationKey::<Token>::new(*key.alpha(), g1, g2);
    assert!(made(key.beta_g1().to_vec(), key.beta_g2().to_vec()).is_ok());
    assert_eq!(made(scaled(2), key.beta_g2().to_vec()).unwrap_err(), KeyError::Mismatch);
    // The errors of two attributes are opposite: their sum is right, no weighted sum is.
    let shift = G1::generator() * scalar(9);
    let opposite =
        vec![(G1::from(key.beta_g1()[0]) + shift).to_affine(), (G1::from(key.beta_g1()[1]) - shift).to_affine()];
    assert_eq!(made(opposite, key.beta_g2().to_vec()).unwrap_err(), KeyError::Mismatch);
    let exchanged = vec![key.beta_g1()[1], key.beta_g1()[0]];
    assert_eq!(made(exchanged, key.beta_g2().to_vec()).unwrap_err(), KeyError::Mismatch);
    let bytes = key.to_bytes();
    for (at, length) in [(0, 96), (96, 48), (144, 48), (192, 96), (288, 96)] {
        let refused = VerificationKey::<Token>::from_bytes(&with(&bytes, at, &IDENTITY[..length])).unwrap_err();
        assert!(matches!(refused, KeyError::Decode(DecodeError::Identity { .. })));
    }
    let (strangers, _) = SecretKeyShare::<Token>::deal(4, 3, rng).unwrap();
    let mut keys: Vec<_> = shares.iter().map(|share| (share.index(), share.verification_key())).collect();
    keys[3].1 = strangers[3].verification_key();
    assert_eq!(Group::new(3, keys).unwrap_err(), GroupError::OffPolynomial { member: 4 });
}

#[test]
fn n_10_a_zero_serial_cannot_be_asked_for_and_serials_repeat_visibly() {
    assert!(matches!(
        HiddenAttributes::<Token>::new([SecretScalar::new(&scalar(0))]),
        Err(DecodeError::Zero { what: "the serial" })
    ));
    let rng = &mut rng(48);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let (key, credential) = token(&shares, &group, &token_public(), rng);
    let to = |payee: &[u8], rng: &mut _| credential.spend(&key, &[b"chain", b"contract", payee], rng).unwrap().serial();
    assert_eq!(to(b"one", rng), to(b"two", rng));
    let stored = credential.to_secret_bytes();
    let zero = with(&stored, 104, &[0; 32]);
    assert!(nym_coconut::Credential::<Token>::from_secret_bytes(&zero).is_err());
}

#[test]
fn n_11_attributes_are_canonical_and_hashed_ones_do_not_collide() {
    assert!(attribute(&order()).is_err());
    assert!(attribute(&[0xff; 32]).is_err());
    assert!(attribute(&[1; 31]).is_err());
    assert_eq!(attribute(&encode_scalar(&scalar(5))).unwrap(), scalar(5));
    let values: [&[&[u8]]; 5] = [&[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""], &[]];
    let hashed: std::collections::HashSet<_> =
        values.iter().map(|v| encode_scalar(&hashed_attribute("t", v))).collect();
    assert_eq!(hashed.len(), values.len());
    assert_ne!(hashed_attribute("t", &[b"abc"]), hashed_attribute("u", &[b"abc"]));
}

#[test]
fn n_14_a_source_that_repeats_gives_no_secret_away_and_nothing_secret_is_printed() {
    let rng = &mut rng(49);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let credential = full_credential(&shares, &group, rng);
    for stuck in [0, 0xff] {
        let (one, two) = (
            credential.show(group.key(), b"gateway 1", &mut Stuck(stuck)).to_bytes(),
            credential.show(group.key(), b"gateway 2", &mut Stuck(stuck)).to_bytes(),
        );
        // With a nonce used for two challenges, m = (z − z')/(c' − c): nothing of the two shows may repeat, save ζ.
        let scalar_at = |bytes: &[u8], at: usize| attribute(&bytes[at..at + 32]).unwrap();
        assert_ne!(one[..48], two[..48]);
        assert_ne!(one[96..192], two[96..192]);
        let (c, c2) = (scalar_at(&one, 288), scalar_at(&two, 288));
        let z = scalar_at(&one, 352) - scalar_at(&two, 352);
        let guess = z * Option::<Scalar>::from(nym_coconut::backend::Field::invert(&(c2 - c))).unwrap();
        let serial = scalar_at(&credential.to_secret_bytes(), 104);
        assert_ne!(guess, serial);
    }
    let pending = full_pending(rng);
    let secrets = [credential.to_secret_bytes().to_vec(), shares[0].to_secret_bytes().to_vec()];
    let key = OneTimeKey::from_seed(&[7; 32]);
    let printed = format!(
        "{credential:?} {:?} {pending:?} {key:?} {:?} {:?}",
        shares[0],
        SecretScalar::new(&scalar(3)),
        key.serial()
    );
    for secret in &secrets {
        for window in secret[8..].windows(8) {
            assert!(!printed.contains(&hex::encode(window)));
            assert!(!printed.contains(&format!("{window:?}")));
        }
    }
    assert_eq!(
        printed,
        "Credential(..) SecretKeyShare(member 1, ..) Pending(..) OneTimeKey(..) SecretScalar(..) SecretScalar(..)"
    );
}

#[test]
fn n_15_one_rule_for_signatures_alone_and_in_a_batch() {
    use curve25519_dalek::{constants, edwards::EdwardsPoint, scalar::Scalar as Ed};
    use sha2::{Digest, Sha512};
    let rng = &mut rng(50);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let info = group.key().prepare(&token_public());
    let bytes = spend(&shares, &group, rng).to_bytes();
    // Keys and R of small order, in every encoding that decodes; y and s that are not reduced.
    for torsion in constants::EIGHT_TORSION {
        let small = torsion.compress().to_bytes();
        assert!(OpenShow::<Token>::from_bytes(&with(&bytes, 96, &small)).is_err());
        assert!(OpenShow::<Token>::from_bytes(&with(&bytes, 128, &small)).is_err());
    }
    for low in 0xed..=0xffu8 {
        let mut y = [0xff; 32];
        y[0] = low;
        for top in [0x7f, 0xff] {
            y[31] = top;
            assert!(OpenShow::<Token>::from_bytes(&with(&bytes, 96, &y)).is_err());
            assert!(OpenShow::<Token>::from_bytes(&with(&bytes, 128, &y)).is_err());
        }
    }
    let s: [u8; 32] = bytes[160..].try_into().unwrap();
    let mut above = [0u8; 32];
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0u16;
    for i in 0..32 {
        carry += u16::from(s[i]) + u16::from(order[i]);
        above[i] = carry as u8;
        carry >>= 8;
    }
    assert!(OpenShow::<Token>::from_bytes(&with(&bytes, 160, &above)).is_err());
    assert!(!ed25519_encoding_is_strict(
        &bytes[96..128].try_into().unwrap(),
        &with(&bytes, 160, &above)[128..].try_into().unwrap()
    ));

    // A key with a part of small order: cofactorless verifiers disagree with those of a chain; ours must say the same alone and in every batch.
    let torsion: EdwardsPoint = constants::EIGHT_TORSION[1];
    let mut mixed = Vec::new();
    for i in 0..8u64 {
        let a = Ed::from(1_000 + i);
        let key = (EdwardsPoint::mul_base(&a) + torsion).compress().to_bytes();
        let serial = SecretScalar::new(&nym_coconut::backend::reduce(&nym_coconut::contract::serial_of(&key)));
        let pending = Pending::new(7, token_public(), HiddenAttributes::new([serial]).unwrap(), Blindings::random(rng));
        let credential = pending.aggregate(&group, &sign_all(&shares, &pending), rng).unwrap();
        let stored = credential.to_secret_bytes();
        let message = nym_coconut::contract::spend_message(
            CONTEXT,
            &stored[8..56].try_into().unwrap(),
            &stored[56..104].try_into().unwrap(),
        );
        let r = Ed::from(77 + i);
        let r_bytes = EdwardsPoint::mul_base(&r).compress().to_bytes();
        let hash = Sha512::new().chain_update(r_bytes).chain_update(key).chain_update(&message).finalize();
        let s = r + Ed::from_bytes_mod_order_wide(&hash.into()) * a;
        let show = [&stored[8..104], &key, &r_bytes, &s.to_bytes()].concat();
        let show = OpenShow::<Token>::from_bytes(&show).unwrap();
        show.verify(&info, CONTEXT).unwrap();
        for _ in 0..4 {
            verify_open_batch(&[(&show, &info, CONTEXT)], rng).unwrap();
        }
        mixed.push((show.clone(), message.clone()));
        // The same key with a signature over something else, and with R moved by a point of small order after it was hashed.
        let mut other = show.to_bytes();
        other[160] ^= 1;
        let moved = (EdwardsPoint::mul_base(&r) + torsion).compress().to_bytes();
        let bad = if i % 2 == 0 { other.to_vec() } else { with(&show.to_bytes(), 128, &moved) };
        mixed.push((OpenShow::from_bytes(&bad).unwrap(), message));
    }
    // Good and bad ones together: the batch names what one by one is refused, and the chain's functions say the same of each and of all.
    let host = cosmwasm_std::testing::MockApi::default();
    use cosmwasm_std::Api as _;
    let (mut bad, mut seen) = (Vec::new(), std::collections::HashSet::new());
    for (i, (show, message)) in mixed.iter().enumerate() {
        let bytes = show.to_bytes();
        let alone = show.verify(&info, CONTEXT);
        assert_eq!(alone.is_ok(), i % 2 == 0);
        assert_eq!(host.ed25519_verify(message, &bytes[128..], &bytes[96..128]), Ok(alone.is_ok()));
        if alone.is_err() || !seen.insert(show.serial()) {
            bad.push(i);
        }
    }
    let items: Vec<_> = mixed.iter().map(|(show, _)| (show, &info, CONTEXT)).collect();
    assert_eq!(verify_open_batch(&items, rng), Err(BatchError { bad }));
    let all = |step: usize| {
        let some: Vec<_> = mixed.iter().step_by(step).map(|(show, message)| (show.to_bytes(), message)).collect();
        let messages: Vec<&[u8]> = some.iter().map(|(_, message)| message.as_slice()).collect();
        let signatures: Vec<&[u8]> = some.iter().map(|(bytes, _)| &bytes[128..]).collect();
        let keys: Vec<&[u8]> = some.iter().map(|(bytes, _)| &bytes[96..128]).collect();
        host.ed25519_batch_verify(&messages, &signatures, &keys).unwrap()
    };
    assert!(all(2) && !all(1));
}
