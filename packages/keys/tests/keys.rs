//! Keys: one spelling each, strict readers, files that only their owner can read.
#![allow(clippy::unwrap_used)]

use nym_keys::files::{read_secret_of, read_secret_text, write_secret, KeyDir, KeyFileError};
use nym_keys::{identity, x25519, ClientAddress, KeyError};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use std::os::unix::fs::PermissionsExt as _;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn address(seed: u64) -> ClientAddress {
    let rng = &mut rng(seed);
    ClientAddress::new(
        identity::SecretKey::generate(rng).public_key(),
        x25519::SecretKey::generate(rng).public_key(),
        identity::SecretKey::generate(rng).public_key(),
    )
}

/// RFC 8032, section 7.1, test 2.
#[test]
fn signatures_match_rfc_8032() {
    let seed = bytes_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = identity::SecretKey::from_secret_bytes(&seed).unwrap();
    let public = bytes_of("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    assert_eq!(key.public_key().to_bytes().to_vec(), public);
    let expected = bytes_of(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    assert_eq!(key.sign(&[0x72]).to_bytes().to_vec(), expected);
}

/// RFC 7748, section 6.1.
#[test]
fn shared_secrets_match_rfc_7748() {
    let alice = x25519::SecretKey::from_secret_bytes(&bytes_of(
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    ))
    .unwrap();
    let bob = bytes_of("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");

    let shared = alice.diffie_hellman(&x25519::PublicKey::from_bytes(&bob).unwrap()).unwrap();

    let public = bytes_of("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    assert_eq!(alice.public_key().to_bytes().to_vec(), public);
    assert_eq!(shared.to_vec(), bytes_of("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2).unwrap(), 16).unwrap()).collect()
}

#[test]
fn small_order_and_non_canonical_x25519_keys_are_refused() {
    let secret = x25519::SecretKey::generate(&mut rng(7));
    for low in [[0u8; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let key = x25519::PublicKey::from_bytes(&low).unwrap();
        assert!(matches!(secret.diffie_hellman(&key), Err(KeyError::NonContributory(_))));
    }
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    for (name, bytes) in [
        ("p", p),
        ("2^256-1", [0xff; 32]),
        ("bit 255 set", {
            let mut b = [9; 32];
            b[31] = 0x80;
            b
        }),
    ] {
        assert_eq!(
            x25519::PublicKey::from_bytes(&bytes),
            Err(KeyError::NotAPoint { what: "x25519 public key" }),
            "{name}"
        );
    }
    p[0] = 0xec;
    x25519::PublicKey::from_bytes(&p).unwrap();
}

#[test]
fn small_order_identities_are_refused() {
    let mut identity_point = [0; 32];
    identity_point[0] = 1;
    assert!(identity::PublicKey::from_bytes(&identity_point).is_err());
}

#[test]
fn malformed_addresses_are_refused_by_name() {
    let good = address(3).to_string();
    let (client, gateway) = good.split_once('@').unwrap();
    for (case, text) in [
        ("empty", String::new()),
        ("no gateway", client.to_owned()),
        ("no encryption key", format!("{}@{gateway}", client.split('.').next().unwrap())),
        ("two gateways", format!("{good}@{gateway}")),
        ("not base58", good.replace('@', "0@")),
        ("truncated", good.chars().take(good.len() - 1).collect()),
        ("huge", "1".repeat(1 << 20)),
    ] {
        assert!(text.parse::<ClientAddress>().is_err(), "{case}");
    }
}

#[test]
fn a_secret_key_never_prints_its_bytes() {
    let identity = identity::SecretKey::generate(&mut rng(11));
    let exchange = x25519::SecretKey::generate(&mut rng(11));
    for (secret, shown) in
        [(identity.to_secret_bytes(), format!("{identity:?}")), (exchange.to_secret_bytes(), format!("{exchange:?}"))]
    {
        let base58 = bs58::encode(&*secret).into_string();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!shown.contains(&base58) && !shown.contains(&hex) && !shown.contains(&format!("{:?}", *secret)));
    }
}

#[test]
fn a_key_file_is_made_once_and_only_its_owner_reads_it() {
    let home = tempfile::tempdir().unwrap();
    let keys = KeyDir::open(home.path().join("keys")).unwrap();
    let first = keys.identity("identity", &mut rng(1)).unwrap().public_key();
    assert_eq!(keys.identity("identity", &mut rng(2)).unwrap().public_key(), first);

    let path = keys.path("identity");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = keys.identity("identity", &mut rng(3)).unwrap_err();
    assert!(matches!(error, KeyFileError::Permissions { mode: 0o640, .. }));
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("network.toml");

    for content in ["longer than the next", "short"] {
        nym_keys::files::write_whole(&path, content.as_bytes()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }

    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    assert!(nym_keys::files::write_whole(&home.path().join("missing/file"), b"x").is_err());
    let folder = home.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    assert!(nym_keys::files::write_whole(&folder, b"x").is_err());
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 2, "nothing but the file and the folder");
}

#[test]
fn a_damaged_key_file_is_an_error_and_stays() {
    let home = tempfile::tempdir().unwrap();
    let keys = KeyDir::open(home.path()).unwrap();
    for damaged in ["", "0OIl", "abc", &"z".repeat(1000)] {
        let path = keys.path("link");
        nym_keys::files::write_secret(&path, damaged.as_bytes()).unwrap();
        let read = keys.x25519("link", &mut rng(1));
        let is_refused = match damaged.len() {
            // Longer than any key: not read to its end.
            1000 => matches!(read, Err(KeyFileError::Io { action: "read", .. })),
            _ => matches!(read, Err(KeyFileError::Content { .. })),
        };
        assert!(is_refused, "{damaged:?}");
        assert!(path.exists());
    }
}

proptest! {
    #[test]
    fn every_address_has_one_spelling(seed: u64) {
        let address = address(seed);
        prop_assert_eq!(address.to_string().parse::<ClientAddress>().unwrap(), address);
        prop_assert_eq!(ClientAddress::from_bytes(&address.to_bytes()).unwrap(), address);
        let json = serde_json::to_string(&address).unwrap();
        prop_assert_eq!(serde_json::from_str::<ClientAddress>(&json).unwrap(), address);
    }

    #[test]
    fn a_changed_bit_breaks_a_signature(seed: u64, message in proptest::collection::vec(any::<u8>(), 1..64), bit in 0usize..512) {
        let key = identity::SecretKey::generate(&mut rng(seed));
        let mut signature = key.sign(&message).to_bytes();
        key.public_key().verify(&message, &identity::Signature::from_bytes(&signature).unwrap()).unwrap();
        signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(
            key.public_key().verify(&message, &identity::Signature::from_bytes(&signature).unwrap()),
            Err(KeyError::BadSignature)
        );
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}") {
        let _ = text.parse::<ClientAddress>();
        let _ = text.parse::<identity::PublicKey>();
    }
}

#[test]
fn a_secret_that_is_too_long_or_no_text_is_refused_and_not_cut_off() {
    assert_eq!(*read_secret_text("12345678".as_bytes(), 8).unwrap(), "12345678");
    let longer = read_secret_text("123456789".as_bytes(), 8).unwrap_err();
    assert_eq!(longer.to_string(), "it has more than 8 bytes");
    assert!(read_secret_text(b"\xff".as_slice(), 8).is_err());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    write_secret(&path, b"123456789").unwrap();
    assert_eq!(*read_secret_of(&path, 9).unwrap(), "123456789");
    assert!(matches!(read_secret_of(&path, 8), Err(KeyFileError::Io { action: "read", .. })));
}
