//! What a malicious sender can do: change a header and authenticate it anew.
//!
//! Written from the description of the format, not with the crate's own code.

use aes::Aes128;
use ctr::cipher::{KeyIvInit, StreamCipher};
use ctr::Ctr64BE;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use nym_sphinx::HEADER_LEN;
use sha2::Sha256;
use x25519_dalek::StaticSecret;

pub const MAC: std::ops::Range<usize> = 32..48;
pub const BETA: std::ops::Range<usize> = 48..HEADER_LEN;

/// The routing information that the holder of `secret` reads.
pub fn decrypt_beta(secret: &StaticSecret, packet: &[u8]) -> Vec<u8> {
    let mut beta = packet[BETA].to_vec();
    cipher(&keys(secret, packet)).apply_keystream(&mut beta);
    beta
}

/// Changes what the holder of `secret` reads and makes the MAC right again.
pub fn rewrite(secret: &StaticSecret, packet: &mut [u8], change: impl FnOnce(&mut [u8])) {
    let keys = keys(secret, packet);
    let beta = &mut packet[BETA];
    cipher(&keys).apply_keystream(beta);
    change(beta);
    cipher(&keys).apply_keystream(beta);
    let mut mac = Hmac::<Sha256>::new_from_slice(&keys[16..]).unwrap();
    mac.update(beta);
    packet[MAC].copy_from_slice(&mac.finalize().into_bytes()[..16]);
}

fn keys(secret: &StaticSecret, packet: &[u8]) -> [u8; 32] {
    let alpha: [u8; 32] = packet[..32].try_into().unwrap();
    let shared = secret.diffie_hellman(&alpha.into());
    let info = b"Dwste mou enan moxlo arketa makru kai ena upomoxlio gia na ton topothetisw kai tha kinisw thn gh.";
    let mut keys = [0; 32];
    Hkdf::<Sha256>::new(None, shared.as_bytes()).expand(info, &mut keys).unwrap();
    keys
}

fn cipher(keys: &[u8; 32]) -> Ctr64BE<Aes128> {
    Ctr64BE::<Aes128>::new(keys[..16].into(), &[0; 16].into())
}
