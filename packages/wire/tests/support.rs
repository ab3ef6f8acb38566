//! A network, keys, and byte-wise changes.

use nym_keys::{identity, x25519};
use nym_wire::noise::Network;
use rand_chacha::rand_core::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn network() -> Network {
    Network { chain_id: "test-1".into(), mixnet_contract: "n1contract".into() }
}

pub struct Node {
    pub identity: identity::SecretKey,
    pub link: x25519::SecretKey,
}

pub fn node(seed: u64) -> Node {
    let rng = &mut rng(seed);
    Node { identity: identity::SecretKey::generate(rng), link: x25519::SecretKey::generate(rng) }
}

/// Every message with one bit flipped in each byte, one after the other.
pub fn flipped(message: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    (0..message.len()).map(|position| {
        let mut copy = message.to_vec();
        copy[position] ^= 1 << (position % 8);
        (position, copy)
    })
}

/// Every shorter prefix, and the message with a byte more.
pub fn other_lengths(message: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let longer = [message, &[0]].concat();
    (0..message.len()).map(|length| message[..length].to_vec()).chain([longer])
}
