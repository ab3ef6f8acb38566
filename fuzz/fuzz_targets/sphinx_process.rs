//! One hop of the packet format: bytes of a stranger, and headers of a malicious sender whose MAC is right.
//!
//! The second kind is compared with crate `sphinx-packet`, which must read the same from it.
#![no_main]

#[path = "../../packages/sphinx/tests/sphinx/forge.rs"]
mod forge;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nym_sphinx::{
    build_packet, process, Destination, Hop, HopKeys, Instruction, PayloadSize, ProcessError, Processed, PublicKey,
    StaticSecret,
};
use rand::SeedableRng;
use sphinx_packet::packet::ProcessedPacketData;
use sphinx_packet::SphinxPacket;

const SECRET: [u8; 32] = [0x42; 32];
const CURRENT_VERSION: [u8; 3] = [0, 1, 4];

/// An honest packet for the secret, and the secret it shares with it.
static HONEST: LazyLock<(Vec<u8>, [u8; 32])> = LazyLock::new(|| {
    let secret = StaticSecret::from(SECRET);
    let hop = Hop::new([1; 32], &PublicKey::from(&secret), std::time::Duration::ZERO).expect("the key is honest");
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let packet = build_packet(&[hop, hop], &Destination::NONE, PayloadSize::Ack, b"text", &mut rng).expect("two hops");
    let alpha: [u8; 32] = packet[..32].try_into().expect("32 bytes");
    let shared = secret.diffie_hellman(&alpha.into()).to_bytes();
    (packet, shared)
});

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((0, bytes)) => stranger(bytes),
        Some((1, bytes)) => mangled(bytes),
        Some((_, bytes)) => forged(bytes),
        None => {}
    }
});

/// Bytes that were never a packet.
fn stranger(bytes: &[u8]) {
    let mut packet = bytes.to_vec();
    assert!(process(&StaticSecret::from(SECRET), &mut packet).is_err());
}

/// An honest packet, changed anywhere.
fn mangled(changes: &[u8]) {
    let (honest, shared) = &*HONEST;
    let mut packet = honest.clone();
    for (byte, change) in packet.iter_mut().skip(32).zip(changes) {
        *byte ^= change;
    }
    let keys = HopKeys::from_shared_secret(shared).expect("not zero");
    match keys.open_header(&packet) {
        Ok(header) => {
            assert_eq!(packet[32..nym_sphinx::HEADER_LEN], honest[32..nym_sphinx::HEADER_LEN]);
            assert!(matches!(header.instruction(), Instruction::Forward { .. }));
        }
        Err(error) => assert_eq!(error, ProcessError::BadMac),
    }
}

/// Any routing information, authenticated.
fn forged(beta: &[u8]) {
    let secret = StaticSecret::from(SECRET);
    let (honest, shared) = &*HONEST;
    let mut packet = honest.clone();
    let mut version = [0; 3];
    forge::rewrite(&secret, &mut packet, |own| {
        for (byte, forged) in own.iter_mut().zip(beta) {
            *byte = *forged;
        }
        version.copy_from_slice(&own[1..4]);
    });
    let before = packet.clone();
    let keys = HopKeys::from_shared_secret(shared).expect("not zero");
    let ours = keys.open_header(&packet).and_then(|header| header.advance(&keys, &mut packet));
    if version != CURRENT_VERSION {
        assert!(matches!(ours, Err(ProcessError::WrongVersion { .. })));
        return;
    }

    let theirs = SphinxPacket::from_bytes(&before).expect("a packet's length").process(&SECRET.into());
    match (ours, theirs.map(|theirs| theirs.data)) {
        (
            Ok(Processed::Forward { next, delay }),
            Ok(ProcessedPacketData::ForwardHop { next_hop_packet, next_hop_address, delay: their_delay }),
        ) => {
            assert_eq!((next, delay), (next_hop_address.to_bytes(), their_delay.to_duration()));
            assert_eq!(packet, next_hop_packet.to_bytes());
        }
        (ours, Ok(ProcessedPacketData::FinalHop { destination, identifier, payload })) => {
            match (ours, payload.recover_plaintext()) {
                (Ok(Processed::Final { destination: found, plaintext }), Ok(theirs)) => {
                    assert_eq!((found.address, found.identifier), (destination.as_bytes(), identifier));
                    assert_eq!(packet[plaintext], theirs);
                }
                (Err(ProcessError::BadPayload), Err(_)) => {}
                (ours, theirs) => panic!("{ours:?}, but {theirs:?}"),
            }
        }
        (Err(ProcessError::UnknownFlag { .. }), Err(_)) => {}
        (ours, theirs) => panic!("{ours:?}, but the reference says {}", theirs.is_ok()),
    }
}
