//! X25519 keys: Sphinx keys, link keys and the encryption keys of clients.

use crate::encoding::{base58_text, exact};
use crate::KeyError;
use rand::{CryptoRng, RngCore};
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// Bytes of a public and of a secret key.
pub const KEY_LENGTH: usize = 32;

/// An X25519 public key in canonical form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; KEY_LENGTH]);

impl PublicKey {
    const WHAT: &'static str = "x25519 public key";

    /// Reads a key; refuses coordinates not below p = 2^255 - 19, so that a key has one spelling.
    ///
    /// A point of small order passes here and is refused by [`SecretKey::diffie_hellman`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; KEY_LENGTH] = exact(Self::WHAT, bytes)?;
        if !is_canonical(&bytes) {
            return Err(KeyError::NotAPoint { what: Self::WHAT });
        }
        Ok(Self(bytes))
    }

    /// The u-coordinate, little endian.
    pub fn to_bytes(self) -> [u8; KEY_LENGTH] {
        self.0
    }

    /// The u-coordinate, borrowed.
    pub fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }
}

/// Whether a little-endian coordinate is below 2^255 - 19.
fn is_canonical(bytes: &[u8; KEY_LENGTH]) -> bool {
    let top_full = bytes[31] == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff);
    bytes[31] < 0x80 && !(top_full && bytes[0] >= 0xed)
}

base58_text!(PublicKey, KEY_LENGTH);

impl From<PublicKey> for x25519_dalek::PublicKey {
    fn from(key: PublicKey) -> Self {
        Self::from(key.0)
    }
}

/// An X25519 secret key; wiped when dropped.
#[derive(Clone)]
pub struct SecretKey(StaticSecret);

impl SecretKey {
    /// Draws a new key.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(StaticSecret::random_from_rng(rng))
    }

    /// Reads 32 secret bytes (clamped when used).
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(exact::<KEY_LENGTH>("x25519 secret key", bytes)?);
        Ok(Self(StaticSecret::from(*bytes)))
    }

    /// The secret bytes.
    pub fn to_secret_bytes(&self) -> Zeroizing<[u8; KEY_LENGTH]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(x25519_dalek::PublicKey::from(&self.0).to_bytes())
    }

    /// The shared secret with another key; refuses keys of small order, whose result anyone knows.
    pub fn diffie_hellman(&self, other: &PublicKey) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let shared = self.0.diffie_hellman(&(*other).into());
        if !shared.was_contributory() {
            return Err(KeyError::NonContributory(other.to_string()));
        }
        Ok(Zeroizing::new(shared.to_bytes()))
    }

    /// The key in the type of the curve crate, for code that takes ladders in bulk.
    pub fn as_static_secret(&self) -> &StaticSecret {
        &self.0
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "x25519::SecretKey(.., public {})", self.public_key())
    }
}
