//! Reply blocks and reply keys from bytes, what is sent with them, and replies that were changed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nym_sphinx::{Destination, Hop, PayloadSize, PublicKey, StaticSecret, Surb, SurbKeys, HEADER_LEN};
use rand::SeedableRng;
use sphinx_packet::surb::{SurbReplyRecovery, SURB};

/// A block, its keys, and a reply as it reaches the creator.
static HONEST: LazyLock<(Surb, SurbKeys, Vec<u8>)> = LazyLock::new(|| {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2);
    let secrets = [[1; 32], [2; 32], [3; 32]].map(StaticSecret::from);
    let route = secrets.clone().map(|secret| {
        Hop::new([1; 32], &PublicKey::from(&secret), std::time::Duration::ZERO).expect("the key is honest")
    });
    let named = Destination { identifier: [7; 16], ..Destination::NONE };
    let (surb, keys) = Surb::create(&route, &named, &mut rng).expect("three hops");
    let mut reply = surb.clone().into_packet(PayloadSize::Ack, b"an answer").expect("fits");
    for secret in &secrets[..2] {
        nym_sphinx::process(secret, &mut reply).expect("an honest packet");
    }
    (surb, keys, reply)
});

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((0, bytes)) => block(bytes),
        Some((1, bytes)) => keys(bytes),
        Some((_, bytes)) => reply(bytes),
        None => {}
    }
});

/// A block reads back as it was written, and makes the packet that the reference makes of it.
fn block(bytes: &[u8]) {
    let Ok(surb) = Surb::from_bytes(bytes) else { return };
    assert_eq!(surb.to_bytes(), bytes);
    let theirs = SURB::from_bytes(bytes).expect("the reference takes what we take");
    let text = &bytes[bytes.len() - 48..];
    let packet = surb.into_packet(PayloadSize::Ack, text).expect("fits");
    let (theirs, _) = theirs.use_surb(text, PayloadSize::Ack.payload_len()).expect("fits");
    assert_eq!(packet, theirs.to_bytes());
}

/// Keys read back as they were written, and open nothing that they were not made for.
fn keys(bytes: &[u8]) {
    let ours = SurbKeys::from_bytes(bytes);
    assert_eq!(ours.is_ok(), SurbReplyRecovery::from_bytes(bytes).is_ok());
    let Ok(keys) = ours else { return };
    assert_eq!(keys.to_secret_bytes(), bytes);
    let (_, honest, reply) = &*HONEST;
    if keys.to_secret_bytes()[16..] != honest.to_secret_bytes()[16..] {
        assert!(keys.recover(&mut reply.clone()).is_err());
    }
}

/// A reply whose payload was changed, cut or extended is not read.
fn reply(changes: &[u8]) {
    let (_, keys, honest) = &*HONEST;
    let mut reply = honest.clone();
    for (byte, change) in reply.iter_mut().skip(HEADER_LEN).zip(changes) {
        *byte ^= change;
    }
    if let Some(more) = changes.get(reply.len()) {
        reply.truncate(usize::from(*more) * 2);
    }
    let same = reply[..] == honest[..];
    assert_eq!(keys.recover(&mut reply).is_ok(), same);
}
