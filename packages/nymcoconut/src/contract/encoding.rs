//! What a payment consists of, byte by byte: its serial, its signed message, and which keys and signatures are strict.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// Label of the message that a one-time key signs.
pub const SPEND_LABEL: &str = "nym-spend-v1";

/// The serial of a one-time key: the first 16 bytes of its SHA-256. As an attribute it is a little-endian integer.
pub fn serial_of(public_key: &[u8; 32]) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(public_key).into();
    core::array::from_fn(|i| hash[i])
}

/// The message that the one-time key signs: label, the context's fields, h' and s' compressed, each behind its length as u32, big endian.
///
/// Fields are chain id, contract, payee and whatever else the payment is bound to, in the order that the application fixes.
pub fn spend_message(context: &[&[u8]], h: &[u8; 48], s: &[u8; 48]) -> Vec<u8> {
    let length: usize = context.iter().map(|field| 4 + field.len()).sum();
    let mut message = Vec::with_capacity(4 + SPEND_LABEL.len() + length + 2 * 52);
    for field in core::iter::once(SPEND_LABEL.as_bytes()).chain(context.iter().copied()).chain([&h[..], &s[..]]) {
        // A field of 4 GiB cannot be passed to a contract, and 32-bit machines cannot hold one.
        message.extend_from_slice(&(field.len() as u32).to_be_bytes());
        message.extend_from_slice(field);
    }
    message
}

/// Whether key and signature have the one strict encoding.
///
/// Refused are: coordinates that are not below 2^255 − 19 and s not below the group order, so that nothing has two encodings; and keys and R of
/// small order, with which a signature says nothing. What is left, verifiers by RFC 8032 with the cofactor and by ZIP 215 decide alike.
pub fn ed25519_encoding_is_strict(public_key: &[u8; 32], signature: &[u8; 64]) -> bool {
    let (r, s) = signature.split_at(32);
    point_is_strict(public_key) && point_is_strict(r) && below(s, &ORDER)
}

/// The order of Ed25519's group, little endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// 2^255 − 19, little endian.
const PRIME: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// The canonical y of the points of order 1, 2, 4 and 8.
const SMALL_ORDER_Y: [[u8; 32]; 5] = {
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = PRIME;
    minus_one[0] -= 1;
    let eight = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];
    let minus_eight = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    [[0; 32], one, minus_one, eight, minus_eight]
};

fn point_is_strict(bytes: &[u8]) -> bool {
    let mut y = [0; 32];
    y.copy_from_slice(bytes);
    y[31] &= 0x7f;
    below(&y, &PRIME) && !SMALL_ORDER_Y.contains(&y)
}

/// Whether a little-endian integer is below a limit.
fn below(value: &[u8], limit: &[u8; 32]) -> bool {
    value.iter().rev().cmp(limit.iter().rev()) == core::cmp::Ordering::Less
}
