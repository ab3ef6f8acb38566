//! One payment, or many at once, checked with a host's pairing, signature and subgroup checks.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::encoding::{ed25519_encoding_is_strict, serial_of, spend_message};
use super::point::{compress_all, digits, multiple, sum, sum_checked, Affine, Odd};

/// The generator of G2, compressed.
const G2: [u8; 96] = [
    0x93, 0xe0, 0x2b, 0x60, 0x52, 0x71, 0x9f, 0x60, 0x7d, 0xac, 0xd3, 0xa0, 0x88, 0x27, 0x4f, 0x65, 0x59, 0x6b, 0xd0,
    0xd0, 0x99, 0x20, 0xb6, 0x1a, 0xb5, 0xda, 0x61, 0xbb, 0xdc, 0x7f, 0x50, 0x49, 0x33, 0x4c, 0xf1, 0x12, 0x13, 0x94,
    0x5d, 0x57, 0xe5, 0xac, 0x7d, 0x05, 0x5d, 0x04, 0x2b, 0x7e, 0x02, 0x4a, 0xa2, 0xb2, 0xf0, 0x8f, 0x0a, 0x91, 0x26,
    0x08, 0x05, 0x27, 0x2d, 0xc5, 0x10, 0x51, 0xc6, 0xe4, 0x7a, 0xd4, 0xfa, 0x40, 0x3b, 0x02, 0xb4, 0x51, 0x0b, 0x64,
    0x7a, 0xe3, 0xd1, 0x77, 0x0b, 0xac, 0x03, 0x26, 0xa8, 0x05, 0xbb, 0xef, 0xd4, 0x80, 0x56, 0xc8, 0xc1, 0x21, 0xbd,
    0xb8,
];

/// What the chain does for a contract. An error of the host is an answer of `false`.
pub trait Host {
    /// Whether Π e(psᵢ, qsᵢ) = e(r, s), of compressed points; `false` when a point is malformed or outside the subgroup.
    fn pairing_equality(&self, ps: &[u8], qs: &[u8], r: &[u8], s: &[u8]) -> bool;
    /// Whether every compressed point of G1 in the list is on the curve and in the subgroup.
    fn in_g1(&self, points: &[u8]) -> bool;
    /// Whether each signature is its key's over its message, by ZIP 215 (in one batch where the host can).
    fn ed25519_verify(&self, messages: &[&[u8]], signatures: &[&[u8]], public_keys: &[&[u8]]) -> bool;
}

/// A payment as a contract receives it: points as x and y, 96 bytes, so that no root is extracted.
#[derive(Debug, Clone, Copy)]
pub struct Payment<'a> {
    /// h'.
    pub h: &'a [u8; 96],
    /// s'.
    pub s: &'a [u8; 96],
    /// The one-time key.
    pub public_key: &'a [u8; 32],
    /// Its signature.
    pub signature: &'a [u8; 64],
    /// The fields that the signature is over, see [`spend_message`].
    pub context: &'a [&'a [u8]],
}

/// Why a payment is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A coordinate is not below the prime, or the point is not on the curve.
    Point,
    /// The key or signature is not strictly encoded, or the serial is zero.
    Encoding,
    /// The signature is not the key's over these fields.
    Signature,
    /// P is not the serial times h'.
    Product,
    /// The group has not signed this serial with these attributes, or a point is outside the subgroup.
    Credential,
    /// A serial occurs twice.
    Repeated,
    /// There is no payment.
    Empty,
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Point => "a point is not on the curve or its coordinates are not below the prime",
            Self::Encoding => "the one-time key or its signature is not strictly encoded",
            Self::Signature => "the signature is not the one-time key's over these fields",
            Self::Product => "the product of serial and h' is wrong",
            Self::Credential => "the group has not signed this serial with these attributes",
            Self::Repeated => "a serial occurs twice",
            Self::Empty => "there is no payment",
        })
    }
}

impl core::error::Error for Refusal {}

/// Checks one payment; `p` is m·h', which the sender computes so that only a comparison is left. Returns the serial to store.
///
/// e(h', A_info)·e(P, β) = e(s', g2): `info` and `beta` are the contract's own, compressed.
///
/// # Errors
/// Says which check failed; the cheap ones come first, and nothing is to be stored before the last.
pub fn verify(
    host: &impl Host,
    info: &[u8; 96],
    beta: &[u8; 96],
    payment: &Payment<'_>,
    p: &[u8; 96],
) -> Result<[u8; 16], Refusal> {
    let serial = encoded(payment)?;
    let (h, s) = points(payment)?;
    let p = Affine::decode(p).ok_or(Refusal::Point)?;
    if !multiple(&h, &serial_words(&serial)).is_some_and(|product| product.equals(&p)) {
        return Err(Refusal::Product);
    }
    let message = spend_message(payment.context, h.compressed(), s.compressed());
    if !host.ed25519_verify(&[&message], &[payment.signature], &[payment.public_key]) {
        return Err(Refusal::Signature);
    }
    let ps = [h.compressed().as_slice(), p.compressed()].concat();
    let qs = [info.as_slice(), beta].concat();
    if !host.pairing_equality(&ps, &qs, s.compressed(), &G2) {
        return Err(Refusal::Credential);
    }
    Ok(serial)
}

/// Checks many payments with the same public attributes; returns their serials in order.
///
/// e(Σ ρᵢ·h'ᵢ, A_info)·e(Σ ρᵢ·mᵢ·h'ᵢ, β) = e(Σ ρᵢ·s'ᵢ, g2). The weights have 128 bits and are the hash of everything that enters the equation: shorter
/// ones could be searched for by whoever makes the payments. A false payment among them refuses all; the sender finds it beforehand.
///
/// # Errors
/// Says which check failed.
pub fn verify_batch(
    host: &impl Host,
    info: &[u8; 96],
    beta: &[u8; 96],
    payments: &[Payment<'_>],
) -> Result<Vec<[u8; 16]>, Refusal> {
    if payments.is_empty() {
        return Err(Refusal::Empty);
    }
    let serials = payments.iter().map(encoded).collect::<Result<Vec<_>, _>>()?;
    let mut sorted = serials.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refusal::Repeated);
    }
    let points = payments.iter().map(points).collect::<Result<Vec<_>, _>>()?;

    let messages: Vec<Vec<u8>> = payments
        .iter()
        .zip(&points)
        .map(|(payment, (h, s))| spend_message(payment.context, h.compressed(), s.compressed()))
        .collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let signatures: Vec<&[u8]> = payments.iter().map(|payment| payment.signature.as_slice()).collect();
    let keys: Vec<&[u8]> = payments.iter().map(|payment| payment.public_key.as_slice()).collect();
    if !host.ed25519_verify(&messages, &signatures, &keys) {
        return Err(Refusal::Signature);
    }
    let mut compressed = Vec::with_capacity(96 * points.len());
    for (h, s) in &points {
        compressed.extend_from_slice(h.compressed());
        compressed.extend_from_slice(s.compressed());
    }
    if !host.in_g1(&compressed) {
        return Err(Refusal::Credential);
    }

    let weights = weights(info, beta, &compressed, &serials);
    let tables: Vec<(Odd, Odd)> = points.iter().map(|(h, s)| (Odd::new(h), Odd::new(s))).collect();
    let short: Vec<Vec<i8>> = weights.iter().map(|w| digits(&[w[0], w[1], 0, 0])).collect();
    let long: Vec<Vec<i8>> =
        weights.iter().zip(&serials).map(|(w, serial)| digits(&product(w, &serial_words(serial)))).collect();
    let of_h: Vec<_> = tables.iter().zip(&short).map(|((h, _), d)| (h, d.as_slice())).collect();
    let of_product: Vec<_> = tables.iter().zip(&long).map(|((h, _), d)| (h, d.as_slice())).collect();
    let of_s: Vec<_> = tables.iter().zip(&short).map(|((_, s), d)| (s, d.as_slice())).collect();
    let mut sums = Vec::with_capacity(3);
    for terms in [&of_h, &of_product, &of_s] {
        // Points that their sender made multiples of each other may meet; then the slower addition is right.
        let regular = sum(terms).filter(|sum| sum.is_regular());
        sums.push(regular.or_else(|| sum_checked(terms)).filter(|sum| sum.is_regular()).ok_or(Refusal::Credential)?);
    }
    let sums = compress_all(&sums);
    let ps = [sums[0], sums[1]].concat();
    let qs = [info.as_slice(), beta].concat();
    if !host.pairing_equality(&ps, &qs, &sums[2], &G2) {
        return Err(Refusal::Credential);
    }
    Ok(serials)
}

fn encoded(payment: &Payment<'_>) -> Result<[u8; 16], Refusal> {
    let serial = serial_of(payment.public_key);
    if serial == [0; 16] || !ed25519_encoding_is_strict(payment.public_key, payment.signature) {
        return Err(Refusal::Encoding);
    }
    Ok(serial)
}

fn points(payment: &Payment<'_>) -> Result<(Affine, Affine), Refusal> {
    let h = Affine::decode(payment.h).ok_or(Refusal::Point)?;
    let s = Affine::decode(payment.s).ok_or(Refusal::Point)?;
    Ok((h, s))
}

fn serial_words(serial: &[u8; 16]) -> [u64; 4] {
    let word = |from: usize| u64::from_le_bytes(core::array::from_fn(|i| serial[from + i]));
    [word(0), word(8), 0, 0]
}

/// The weights: a seed that hashes what the equation is about, then 128 bits of one hash for each payment, 1 in place of 0.
pub(super) fn weights(info: &[u8; 96], beta: &[u8; 96], points: &[u8], serials: &[[u8; 16]]) -> Vec<[u64; 2]> {
    let mut hash = Sha256::new();
    hash.update(b"nym-coconut-contract-batch-v1");
    // The number of payments fixes every length.
    hash.update((serials.len() as u32).to_be_bytes());
    hash.update(info);
    hash.update(beta);
    hash.update(points);
    serials.iter().for_each(|serial| hash.update(serial));
    let seed = hash.finalize();
    (0u32..)
        .take(serials.len())
        .map(|i| {
            let digest = Sha256::new()
                .chain_update(b"nym-coconut-contract-weight-v1")
                .chain_update(seed)
                .chain_update(i.to_be_bytes());
            let digest: [u8; 32] = digest.finalize().into();
            let word = |from: usize| u64::from_le_bytes(core::array::from_fn(|j| digest[from + j]));
            match [word(0), word(8)] {
                // A payment with the weight 0 would not be checked at all.
                [0, 0] => [1, 0],
                weight => weight,
            }
        })
        .collect()
}

/// The product of two integers of 128 bits.
fn product(a: &[u64; 2], b: &[u64; 4]) -> [u64; 4] {
    let mut words = [0u64; 4];
    for i in 0..2 {
        let mut carry = 0u128;
        for j in 0..2 {
            carry += u128::from(words[i + j]) + u128::from(a[i]) * u128::from(b[j]);
            words[i + j] = carry as u64;
            carry >>= 64;
        }
        words[i + 2] = carry as u64;
    }
    words
}
