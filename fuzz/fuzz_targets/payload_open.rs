//! Sealed payloads that were altered, fragments and forward plaintexts from bytes.
#![no_main]

#[path = "support/altered.rs"]
mod altered;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nym_keys::x25519;
use nym_wire::fragment::{Fragment, Route};
use nym_wire::ids::MessageId;
use nym_wire::message::Kind;
use nym_wire::payload::{open, seal, ForwardPlaintext};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

static HONEST: LazyLock<(x25519::SecretKey, Fragment, Vec<u8>)> = LazyLock::new(|| {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let secret = x25519::SecretKey::generate(rng);
    let id = MessageId::from_bytes([7; 16]);
    let fragment = Fragment::cut(id, 1, Kind::Message, &[5; 2_000], Route::Forward).expect("two fragments");
    let sealed = seal(&secret.public_key(), &fragment, rng).expect("the key is honest");
    (secret, fragment, sealed)
});

fuzz_target!(|data: &[u8]| {
    let Some((what, bytes)) = data.split_first() else { return };
    match what % 4 {
        0 => {
            let (secret, fragment, sealed) = &*HONEST;
            let message = altered::altered(sealed, bytes);
            let opened = open(secret, &message);
            assert_eq!(opened.is_ok(), message == *sealed);
            assert!(opened.is_err() || opened.as_ref() == Ok(fragment));
        }
        1 => fragment(bytes, Route::Forward),
        2 => fragment(bytes, Route::Reply),
        _ => {
            let mut plaintext = bytes.to_vec();
            plaintext.resize(nym_wire::sizes::PLAINTEXT, 0);
            let read = ForwardPlaintext::parse(&plaintext).expect("has the length");
            let parts: [&[u8]; 4] = [read.recipient, read.ack_first_hop, read.ack_packet, read.sealed];
            assert_eq!(parts.concat(), plaintext);
            assert_eq!(ForwardPlaintext::parse(bytes).is_ok(), bytes.len() == plaintext.len());
        }
    }
});

fn fragment(bytes: &[u8], route: Route) {
    // Short inputs are padded, so that the fuzzer finds headers before it finds lengths.
    let mut padded = bytes.to_vec();
    padded.resize(route.fragment_length(), 0);
    for bytes in [bytes, &padded] {
        if let Ok(fragment) = Fragment::from_bytes(bytes, route) {
            assert!(fragment.index < fragment.count);
            assert_eq!(fragment.to_bytes(route), bytes, "a fragment has one spelling");
        }
    }
}
