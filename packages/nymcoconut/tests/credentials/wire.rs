//! Wire forms: pinned bytes and lengths; every truncation, extension and flipped flag is an error and never a panic.

use nym_coconut::{
    Blindings, Credential, HiddenAttributes, OpenShow, PartialSignature, Pending, Request, SecretKeyShare, Show,
    VerificationKey,
};

use crate::support::{full_credential, full_pending, rng, sign_all, spend, token, token_public, Full, Token};

type Reader = (&'static str, Vec<u8>, fn(&[u8]) -> bool);

/// One message of each form, made of a fixed seed, with its decoder.
fn messages() -> Vec<Reader> {
    let rng = &mut rng(30);
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let (token_shares, token_group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let pending = full_pending(rng);
    let partial = sign_all(&shares, &pending)[0].to_bytes();
    let credential = full_credential(&shares, &group, rng);
    let show = credential.show(group.key(), b"context", rng).to_bytes();
    vec![
        ("request", pending.request().to_bytes(), |b| Request::<Full>::from_bytes(b).is_ok()),
        ("partial_signature", partial, |b| PartialSignature::<Full>::from_bytes(b).is_ok()),
        ("verification_key", group.key().to_bytes(), |b| VerificationKey::<Full>::from_bytes(b).is_ok()),
        ("secret_key_share", shares[0].to_secret_bytes().to_vec(), |b| {
            SecretKeyShare::<Full>::from_secret_bytes(b).is_ok()
        }),
        ("credential", credential.to_secret_bytes().to_vec(), |b| Credential::<Full>::from_secret_bytes(b).is_ok()),
        ("show", show, |b| Show::<Full>::from_bytes(b).is_ok()),
        ("open_show", spend(&token_shares, &token_group, rng).to_bytes().to_vec(), |b| {
            OpenShow::<Token>::from_bytes(b).is_ok()
        }),
    ]
}

/// The forms of a type that shows its serial.
fn messages_of_a_token() -> Vec<Reader> {
    let rng = &mut rng(31);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let (key, credential) = token(&shares, &group, &token_public(), rng);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let pending = Pending::new(7, token_public(), hidden, Blindings::random(rng));
    vec![
        ("request", pending.request().to_bytes(), |b| Request::<Token>::from_bytes(b).is_ok()),
        ("partial_signature", sign_all(&shares, &pending)[0].to_bytes(), |b| {
            PartialSignature::<Token>::from_bytes(b).is_ok()
        }),
        ("verification_key", group.key().to_bytes(), |b| VerificationKey::<Token>::from_bytes(b).is_ok()),
        ("secret_key_share", shares[0].to_secret_bytes().to_vec(), |b| {
            SecretKeyShare::<Token>::from_secret_bytes(b).is_ok()
        }),
        ("credential", credential.to_secret_bytes().to_vec(), |b| Credential::<Token>::from_secret_bytes(b).is_ok()),
    ]
}

#[test]
fn every_form_is_the_pinned_one() {
    let pinned = include_str!("snapshots/wire.txt");
    let now: String =
        messages().iter().map(|(name, bytes, _)| format!("{name} {} {}\n", bytes.len(), hex::encode(bytes))).collect();
    if std::env::var_os("NYM_UPDATE_SNAPSHOTS").is_some() {
        let folder = format!("{}/tests/credentials/snapshots/", std::env::var("CARGO_MANIFEST_DIR").unwrap());
        std::fs::write(folder + "wire.txt", &now).unwrap();
    }
    assert_eq!(now, pinned);
}

#[test]
fn lengths_are_the_types() {
    let lengths: Vec<usize> = messages().iter().map(|(_, bytes, _)| bytes.len()).collect();
    let expected = [
        Request::<Full>::BYTES,
        PartialSignature::<Full>::BYTES,
        VerificationKey::<Full>::BYTES,
        SecretKeyShare::<Full>::BYTES,
        Credential::<Full>::BYTES,
        Show::<Full>::BYTES,
        OpenShow::<Token>::BYTES,
    ];
    assert_eq!(lengths, expected);
    const { assert!(OpenShow::<Token>::BYTES <= 200) };
}

#[test]
fn n_13_truncated_at_every_byte_or_with_a_trailing_one_is_refused() {
    for (name, bytes, reads) in messages().into_iter().chain(messages_of_a_token()) {
        assert!(reads(&bytes), "{name}");
        for length in 0..bytes.len() {
            assert!(!reads(&bytes[..length]), "{name} cut to {length}");
        }
        for more in [1, 32, 48, 96] {
            assert!(!reads(&[bytes.clone(), vec![0; more]].concat()), "{name} with {more} bytes more");
        }
        for fill in [0x00, 0xff, 0x80, 0xc0] {
            assert!(!reads(&vec![fill; bytes.len()]), "{name} of {fill:02x}");
        }
        for start in (0..bytes.len()).step_by(16) {
            let mut spoilt = bytes.clone();
            spoilt[start] ^= 0xff;
            // May be another message, must not panic.
            let _ = reads(&spoilt);
        }
    }
}
