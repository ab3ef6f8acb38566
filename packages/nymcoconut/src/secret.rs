//! A scalar that must not be seen: erased when dropped, never printed, never compared in variable time.
//!
//! Every secret of the scheme is a type of its own around this one. Arithmetic takes a [`Scalar`] out for
//! as long as one expression lasts; copies that the compiler leaves in registers and on the stack are not erased.

use rand_core::{CryptoRng, RngCore};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::backend::{self, Scalar};
use crate::DecodeError;

/// A secret scalar, kept as its canonical bytes so that it can be erased.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretScalar([u8; 32]);

impl SecretScalar {
    /// A uniform scalar.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::new(&backend::random_scalar(rng))
    }

    /// Keeps a scalar.
    pub fn new(scalar: &Scalar) -> Self {
        Self(backend::encode_scalar(scalar))
    }

    /// Reads 32 bytes, little endian; refuses what is not canonical.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let scalar = backend::decode_scalar(bytes, "a secret scalar")?;
        Ok(Self::new(&scalar))
    }

    /// The 32 bytes, little endian.
    pub fn to_secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }

    /// The scalar, for one expression.
    pub fn expose(&self) -> Scalar {
        backend::canonical(&self.0)
    }

    /// Whether it is zero, in constant time.
    pub(crate) fn is_zero(&self) -> bool {
        self.0.as_slice().ct_eq(&[0; 32]).into()
    }
}

impl ConstantTimeEq for SecretScalar {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

/// Secret scalars taken out for a computation: erased when dropped.
pub(crate) struct Exposed(Vec<Scalar>);

impl Exposed {
    /// As many as `count`; the memory is taken once, so that none is left behind by growing.
    pub(crate) fn from_fn(count: usize, mut scalar: impl FnMut(usize) -> Scalar) -> Self {
        let mut scalars = Vec::with_capacity(count);
        (0..count).for_each(|i| scalars.push(scalar(i)));
        Self(scalars)
    }

    /// Out of where they are kept.
    pub(crate) fn of(secrets: &[SecretScalar]) -> Self {
        Self::from_fn(secrets.len(), |i| secrets[i].expose())
    }
}

impl core::ops::Deref for Exposed {
    type Target = [Scalar];

    fn deref(&self) -> &[Scalar] {
        &self.0
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        backend::erase(&mut self.0, Scalar::from(0));
    }
}

impl ZeroizeOnDrop for Exposed {}

impl core::fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SecretScalar(..)")
    }
}
