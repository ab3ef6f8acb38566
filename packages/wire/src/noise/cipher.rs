//! The cipher after a handshake: AES-256-GCM with a counter, one object per direction.
//!
//! This is Noise's transport phase written out, because `snow` keeps both directions in one object
//! while a link is written by one task and read by another. Each direction takes a new key by
//! Noise's REKEY after [`REKEY_AFTER`] messages, which bounds what one key encrypts.

use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{MAX_MESSAGE, MAX_PLAINTEXT, TAG_LENGTH};

/// Messages under one key: 2^16 of at most 2^16 bytes are 4 GiB, far inside what GCM is proven for.
pub const REKEY_AFTER: u64 = 1 << 16;

/// Why a message could not be sealed or opened. Any of these ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CipherError {
    /// Sealing: more than one message can carry.
    #[error("plaintext of {0} bytes is more than the {MAX_PLAINTEXT} that one message can carry")]
    TooLong(usize),
    /// Opening: impossible length.
    #[error("message of {0} bytes is not from {TAG_LENGTH} to {MAX_MESSAGE}")]
    BadLength(usize),
    /// Opening: not sealed by the other side, repeated, reordered or altered.
    #[error("message {0} does not authenticate")]
    Forged(u64),
    /// 2^64 - 1 messages were sent.
    #[error("message counter is exhausted")]
    Exhausted,
}

/// One key and its counter.
struct Key {
    cipher: Aes256Gcm,
    counter: u64,
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        Self { cipher: Aes256Gcm::new(key.into()), counter: 0 }
    }

    /// The counter of this message.
    fn current(&self) -> Result<u64, CipherError> {
        // 2^64 - 1 is the nonce of REKEY.
        if self.counter == u64::MAX {
            return Err(CipherError::Exhausted);
        }
        Ok(self.counter)
    }

    /// Counts a message; the counter goes on through a change of the key, as in Noise.
    fn advance(&mut self) {
        self.counter += 1;
        if self.counter.is_multiple_of(REKEY_AFTER) {
            self.rekey();
        }
    }

    fn rekey(&mut self) {
        let mut next = Zeroizing::new([0; 32]);
        self.cipher
            .encrypt_in_place_detached(&nonce(u64::MAX), &[], &mut *next)
            .expect("32 bytes are below the cipher's limit");
        self.cipher = Aes256Gcm::new((&*next).into());
    }
}

fn nonce(counter: u64) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_be_bytes());
    nonce.into()
}

/// The sending half.
pub struct Sealer(Key);

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Key::new(key))
    }

    /// Encrypts what stands in `out` from `start` on and appends the tag.
    pub(crate) fn seal_tail(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), CipherError> {
        let plaintext = out.get_mut(start..).unwrap_or_default();
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(CipherError::TooLong(plaintext.len()));
        }
        let counter = self.0.current()?;
        let tag = self
            .0
            .cipher
            .encrypt_in_place_detached(&nonce(counter), &[], plaintext)
            .map_err(|_| CipherError::TooLong(MAX_PLAINTEXT))?;
        out.extend_from_slice(&tag);
        self.0.advance();
        Ok(())
    }

    /// How many messages were sealed.
    pub fn messages(&self) -> u64 {
        self.0.counter
    }
}

/// The receiving half.
pub struct Opener(Key);

impl Opener {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Key::new(key))
    }

    /// Decrypts one message in place and returns its plaintext.
    ///
    /// Messages open once and in order only. After an error the counter stands still, but a stream that lost one
    /// message is lost as a whole: close it.
    pub(crate) fn open<'a>(&mut self, message: &'a mut [u8]) -> Result<&'a [u8], CipherError> {
        let length = message.len();
        if !(TAG_LENGTH..=MAX_MESSAGE).contains(&length) {
            return Err(CipherError::BadLength(length));
        }
        let counter = self.0.current()?;
        let (body, tag) = message.split_at_mut(length - TAG_LENGTH);
        self.0
            .cipher
            .decrypt_in_place_detached(&nonce(counter), &[], body, Tag::from_slice(tag))
            .map_err(|_| CipherError::Forged(counter))?;
        self.0.advance();
        Ok(body)
    }

    /// How many messages were opened.
    pub fn messages(&self) -> u64 {
        self.0.counter
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer(.., {} messages)", self.0.counter)
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener(.., {} messages)", self.0.counter)
    }
}
