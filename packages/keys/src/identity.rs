//! Ed25519 identities: who a node, a client or an authority is. An identity never rotates.

use crate::encoding::{base58_text, exact};
use crate::KeyError;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

/// Bytes of a public key and of a secret seed.
pub const KEY_LENGTH: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_LENGTH: usize = 64;

/// An Ed25519 public key: a point of the curve that is not of small order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; KEY_LENGTH]);

impl PublicKey {
    const WHAT: &'static str = "ed25519 public key";

    /// Reads a key; refuses bytes that are no point and points of small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = exact(Self::WHAT, bytes)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotAPoint { what: Self::WHAT })?;
        if key.is_weak() {
            return Err(KeyError::NotAPoint { what: Self::WHAT });
        }
        Ok(Self(bytes))
    }

    /// The compressed point.
    pub fn to_bytes(self) -> [u8; KEY_LENGTH] {
        self.0
    }

    /// The compressed point, borrowed.
    pub fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// Checks a signature strictly (canonical scalars, no points of small order).
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0)))
            .map_err(|_| KeyError::BadSignature)
    }
}

base58_text!(PublicKey, KEY_LENGTH);

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; SIGNATURE_LENGTH]);

impl Signature {
    const WHAT: &'static str = "ed25519 signature";

    /// Reads a signature; whether it is valid shows only [`PublicKey::verify`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        exact(Self::WHAT, bytes).map(Self)
    }

    /// R ‖ s.
    pub fn to_bytes(self) -> [u8; SIGNATURE_LENGTH] {
        self.0
    }
}

base58_text!(Signature, SIGNATURE_LENGTH);

/// An Ed25519 secret key; wiped when dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Draws a new key.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(SigningKey::generate(rng))
    }

    /// Reads a seed of 32 bytes.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(exact::<KEY_LENGTH>("ed25519 secret key", bytes)?);
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The seed.
    pub fn to_secret_bytes(&self) -> Zeroizing<[u8; KEY_LENGTH]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl Clone for SecretKey {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "identity::SecretKey(.., public {})", self.public_key())
    }
}
