//! Why a key, a signature or an address was refused.

use thiserror::Error;

/// Why a key, a signature or an address was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text is not base58.
    #[error("{what} is not base58: {reason}")]
    NotBase58 {
        /// What was being read.
        what: &'static str,
        /// The decoder's word.
        reason: String,
    },
    /// The bytes have another length than this kind of value has.
    #[error("{what} has {actual} bytes but exactly {expected} are required")]
    WrongLength {
        /// What was being read.
        what: &'static str,
        /// Length given.
        actual: usize,
        /// Length required.
        expected: usize,
    },
    /// The bytes are no point of the curve, or a point of small order.
    #[error("{what} is not a usable curve point")]
    NotAPoint {
        /// What was being read.
        what: &'static str,
    },
    /// The signature does not belong to this message and key.
    #[error("signature does not match the message and the public key")]
    BadSignature,
    /// A Diffie-Hellman with this key gives no secret: the key is of small order.
    #[error("x25519 key {0} contributes nothing to a shared secret")]
    NonContributory(String),
    /// A client address is not of the form `identity.encryption@gateway`.
    #[error("client address '{0}' is not of the form identity.encryption@gateway")]
    BadAddress(String),
}
