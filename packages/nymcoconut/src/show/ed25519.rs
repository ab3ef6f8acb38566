//! One-time keys, and the one rule by which their signatures are checked.
//!
//! A chain's host checks Ed25519 by ZIP 215, with the equation multiplied by the cofactor; other libraries differ on keys and signatures that only an
//! attacker makes ("Taming the many EdDSAs", SSR 2020, §3). Every layer here applies [`crate::contract::ed25519_encoding_is_strict`], which leaves no
//! freedom of encoding and no key of small order, and then the equation with the cofactor. It gives one answer alone and in a batch.

use core::fmt;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use ed25519_dalek::{Signer, SigningKey};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha512};

use crate::contract::{ed25519_encoding_is_strict, serial_of};
use crate::stream::Stream;
use crate::SecretScalar;

/// The Ed25519 key that one credential is bound to, and that signs its one payment. Erased when dropped.
pub struct OneTimeKey(SigningKey);

impl OneTimeKey {
    /// A random key.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(SigningKey::generate(rng))
    }

    /// The key of a 32-byte seed, such as a wallet derives for each credential.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The hidden attribute that binds a credential to this key: the first 16 bytes of the public key's SHA-256, as a little-endian integer.
    pub fn serial(&self) -> SecretScalar {
        SecretScalar::new(&crate::backend::reduce(&serial_of(&self.public_key())))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

// The signing key erases itself.
impl zeroize::ZeroizeOnDrop for OneTimeKey {}

impl fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeKey(..)")
    }
}

/// A signature taken apart, its encoding checked: 8·(s·B − k·A − R) = 0 is left.
pub(super) struct Parts {
    a: EdwardsPoint,
    r: EdwardsPoint,
    s: Scalar,
    k: Scalar,
}

impl Parts {
    pub(super) fn new(public_key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> Option<Self> {
        if !ed25519_encoding_is_strict(public_key, signature) {
            return None;
        }
        let (r_bytes, s_bytes) = signature.split_at(32);
        let r = CompressedEdwardsY::from_slice(r_bytes).ok()?.decompress()?;
        let a = CompressedEdwardsY(*public_key).decompress()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s_bytes.try_into().ok()?))?;
        let hash = Sha512::new().chain_update(r_bytes).chain_update(public_key).chain_update(message).finalize();
        Some(Self { a, r, s, k: Scalar::from_bytes_mod_order_wide(&hash.into()) })
    }

    pub(super) fn holds(&self) -> bool {
        let sum = EdwardsPoint::vartime_double_scalar_mul_basepoint(&-self.k, &self.a, &self.s) - self.r;
        sum.mul_by_cofactor().is_identity()
    }
}

/// Whether all hold, with random weights of 128 bits from a source that nobody could foresee. The cofactor makes the answer the same as one by one.
pub(super) fn all_hold(parts: &[&Parts], rng: &mut Stream) -> bool {
    let weights: Vec<Scalar> = parts
        .iter()
        .map(|_| {
            let mut bytes = [0; 32];
            bytes[..16].copy_from_slice(&crate::backend::random_weight(rng));
            // Below 2^128, so it is canonical already.
            Scalar::from_bytes_mod_order(bytes)
        })
        .collect();
    let of_base: Scalar = weights.iter().zip(parts).map(|(w, p)| w * p.s).sum();
    let scalars = core::iter::once(of_base)
        .chain(weights.iter().map(|w| -w))
        .chain(weights.iter().zip(parts).map(|(w, p)| -(w * p.k)));
    let points = core::iter::once(curve25519_dalek::constants::ED25519_BASEPOINT_POINT)
        .chain(parts.iter().map(|p| p.r))
        .chain(parts.iter().map(|p| p.a));
    EdwardsPoint::vartime_multiscalar_mul(scalars, points).mul_by_cofactor().is_identity()
}
