//! What links and sessions share: prologue, Noise primitives, the cipher after the handshake, frames.
//!
//! Handshakes run on `snow` with a resolver of our own: randomness comes from the caller, and an
//! exchange with a key of small order fails instead of giving a secret that everybody knows.
//! After the handshake each direction is an independent [`Sealer`] or [`Opener`], so that one task
//! can write while another reads. Next: [`crate::link`] and [`crate::session`].

pub(crate) mod cipher;
pub(crate) mod frames;
pub(crate) mod resolver;
pub mod stream;

use crate::bytes::{put_prefixed, ParseError};
use nym_keys::{x25519, KeyError};
use rand::{CryptoRng, RngCore};
use snow::{Builder, HandshakeState};
use thiserror::Error;

pub use cipher::{CipherError, Opener, Sealer, REKEY_AFTER};

/// Version of links and sessions; it is in the prologue, so that two versions never agree by accident.
pub const VERSION: u16 = 1;
/// Noise forbids longer messages.
pub const MAX_MESSAGE: usize = 65_535;
/// Bytes that encryption adds to each message.
pub const TAG_LENGTH: usize = 16;
/// What one message can carry.
pub const MAX_PLAINTEXT: usize = MAX_MESSAGE - TAG_LENGTH;
/// The key period of keys that do not expire.
pub const PERIOD_NONE: u32 = 0;

/// Names the network in every prologue: parties of different networks cannot complete a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The chain's id.
    pub chain_id: String,
    /// The mixnet contract's address, bech32.
    pub mixnet_contract: String,
}

impl Network {
    /// Label, version, chain id, contract and the key period, as both sides hash them first.
    pub fn prologue(&self, label: &[u8], period: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.chain_id.len() + self.mixnet_contract.len());
        put_prefixed(&mut out, label);
        out.extend_from_slice(&VERSION.to_be_bytes());
        put_prefixed(&mut out, self.chain_id.as_bytes());
        put_prefixed(&mut out, self.mixnet_contract.as_bytes());
        out.extend_from_slice(&period.to_be_bytes());
        out
    }
}

/// Why a handshake failed. The other side is told nothing; the connection is closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// A message or its payload has the wrong shape.
    #[error(transparent)]
    Malformed(#[from] ParseError),
    /// No key is served for the period that the other side asked for.
    #[error("link key of period {0} is not served")]
    UnknownPeriod(u32),
    /// Decryption failed, or a key was of small order.
    #[error("noise handshake failed: {0}")]
    Noise(String),
    /// A key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The other side named an identity that was not dialled.
    #[error("the other side is {actual} but {expected} was dialled")]
    WrongIdentity {
        /// Who was dialled.
        expected: String,
        /// Who answered.
        actual: String,
    },
    /// The pair of identity and link key is in neither the current nor the previous document.
    #[error("{identity} with link key {link_key} is not in the topology")]
    UnknownPeer {
        /// The identity that was named.
        identity: String,
        /// The key that was proven.
        link_key: String,
    },
    /// The first message after the handshake did not prove the key.
    #[error("handshake was not confirmed: {0}")]
    Unconfirmed(String),
}

impl From<snow::Error> for HandshakeError {
    fn from(error: snow::Error) -> Self {
        Self::Noise(error.to_string())
    }
}

impl From<CipherError> for HandshakeError {
    fn from(error: CipherError) -> Self {
        Self::Unconfirmed(error.to_string())
    }
}

/// Which side of a handshake to build.
pub(crate) enum Role<'a> {
    /// Dials; knows the responder's static key beforehand.
    Initiator { own: Option<&'a x25519::SecretKey>, remote: &'a x25519::PublicKey },
    /// Answers.
    Responder { own: &'a x25519::SecretKey },
}

/// Prepares one side of a handshake.
pub(crate) fn handshake(
    pattern: &str,
    prologue: &[u8],
    role: Role<'_>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<HandshakeState, HandshakeError> {
    let params = pattern.parse()?;
    let builder = Builder::with_resolver(params, Box::new(resolver::Resolver::new(rng))).prologue(prologue)?;
    let state = match role {
        Role::Initiator { own: Some(own), remote } => builder
            .local_private_key(own.to_secret_bytes().as_slice())?
            .remote_public_key(remote.as_bytes())?
            .build_initiator()?,
        Role::Initiator { own: None, remote } => builder.remote_public_key(remote.as_bytes())?.build_initiator()?,
        Role::Responder { own } => builder.local_private_key(own.to_secret_bytes().as_slice())?.build_responder()?,
    };
    Ok(state)
}

/// Writes the next handshake message; `payload` is a few dozen bytes.
pub(crate) fn write(state: &mut HandshakeState, payload: &[u8]) -> Result<Vec<u8>, HandshakeError> {
    let mut message = vec![0; 256 + payload.len()];
    let length = state.write_message(payload, &mut message)?;
    message.truncate(length);
    Ok(message)
}

/// Reads the next handshake message, whose payload must have exactly `N` bytes.
pub(crate) fn read<const N: usize>(state: &mut HandshakeState, message: &[u8]) -> Result<[u8; N], HandshakeError> {
    // The buffer is as long as the message, so that no payload can be longer than its room.
    let mut buffer = vec![0; message.len()];
    let length = state.read_message(message, &mut buffer)?;
    let payload = buffer.get(..length).unwrap_or_default();
    Ok(*crate::bytes::exactly("handshake payload", payload)?)
}

/// The two halves of a finished handshake.
pub(crate) fn split(mut state: HandshakeState) -> (Sealer, Opener) {
    let initiator = state.is_initiator();
    let (mut first, mut second) = state.dangerously_get_raw_split();
    let halves = if initiator {
        (Sealer::new(&first), Opener::new(&second))
    } else {
        (Sealer::new(&second), Opener::new(&first))
    };
    zeroize::Zeroize::zeroize(&mut first);
    zeroize::Zeroize::zeroize(&mut second);
    halves
}
