//! The handshake of a link: hello, response, confirmation.
//!
//! Noise IK alone would let a recorded first message open a half-dead link at the responder, so a
//! link exists for the responder only after the initiator's first transport message, which a
//! replayer cannot make. All three messages have one length each.

use super::frames::{LinkReceiver, LinkSender};
use super::{Link, Peer};
use crate::bytes::{exactly, Reader};
use crate::noise::stream::{self, PREFIX};
use crate::noise::{self, HandshakeError, Network, Opener, Role, Sealer, TAG_LENGTH};
use nym_keys::{identity, x25519};
use rand::{CryptoRng, RngCore};
use snow::HandshakeState;

/// Noise pattern and primitives.
pub const PATTERN: &str = "Noise_IK_25519_AESGCM_SHA256";
/// Label of the prologue.
pub const LABEL: &[u8] = b"nym-link-v1";

/// Bytes of Noise message 1: e, encrypted s, encrypted (own identity, dialled identity).
const MESSAGE1: usize = 32 + (32 + TAG_LENGTH) + (64 + TAG_LENGTH);
/// Bytes of Noise message 2: e, encrypted identity.
const MESSAGE2: usize = 32 + (32 + TAG_LENGTH);

/// Bytes that the initiator sends first: period u32 ‖ length u16 ‖ message 1.
pub const HELLO_LENGTH: usize = 4 + PREFIX + MESSAGE1;
/// Bytes that the responder answers: length u16 ‖ message 2.
pub const RESPONSE_LENGTH: usize = PREFIX + MESSAGE2;
/// Bytes with which the initiator confirms: length u16 ‖ an empty transport message.
pub const CONFIRM_LENGTH: usize = PREFIX + TAG_LENGTH;

/// The dialling side, between hello and response.
pub struct LinkInitiator {
    state: HandshakeState,
    dialled: Peer,
}

impl LinkInitiator {
    /// Starts a handshake with `dialled`, whose link key is the one of `period`; returns the [`HELLO_LENGTH`] bytes to send.
    pub fn start(
        network: &Network,
        own_identity: &identity::PublicKey,
        own_link_key: &x25519::SecretKey,
        dialled: Peer,
        period: u32,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        let role = Role::Initiator { own: Some(own_link_key), remote: &dialled.link_key };
        let mut state = noise::handshake(PATTERN, &network.prologue(LABEL, period), role, rng)?;

        let mut payload = Vec::with_capacity(64);
        payload.extend_from_slice(own_identity.as_bytes());
        payload.extend_from_slice(dialled.identity.as_bytes());
        let message = noise::write(&mut state, &payload)?;

        let mut hello = Vec::with_capacity(HELLO_LENGTH);
        hello.extend_from_slice(&period.to_be_bytes());
        hello.extend_from_slice(&stream::prefixed(&message));
        Ok((Self { state, dialled }, hello))
    }

    /// Reads the response ([`RESPONSE_LENGTH`] bytes); returns the link and the confirmation to send before anything else.
    pub fn finish(mut self, response: &[u8]) -> Result<(Link, Vec<u8>), HandshakeError> {
        let message = unprefixed::<MESSAGE2>("link response", response)?;
        let payload = noise::read::<32>(&mut self.state, message)?;
        let identity = identity::PublicKey::from_bytes(&payload)?;
        if identity != self.dialled.identity {
            return Err(HandshakeError::WrongIdentity {
                expected: self.dialled.identity.to_string(),
                actual: identity.to_string(),
            });
        }

        let (sealer, opener) = noise::split(self.state);
        let mut sender = LinkSender::new(sealer);
        let mut confirmation = Vec::with_capacity(CONFIRM_LENGTH);
        sender.seal_empty(&mut confirmation)?;
        Ok((Link { peer: self.dialled, sender, receiver: LinkReceiver::new(opener) }, confirmation))
    }
}

/// A parsed hello: which key it wants, and the first Noise message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The key period whose link key the initiator used.
    pub period: u32,
    message: Vec<u8>,
}

impl Hello {
    /// Reads the [`HELLO_LENGTH`] bytes of a hello.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new("link hello", bytes);
        let period = reader.u32()?;
        let message = unprefixed::<MESSAGE1>("link hello", reader.rest())?.to_vec();
        Ok(Self { period, message })
    }
}

/// The answering side.
pub struct LinkResponder;

impl LinkResponder {
    /// Answers a hello with the link key of its period; returns the [`RESPONSE_LENGTH`] bytes to send.
    ///
    /// `known` says whether the pair is in the current or the previous topology document (and may dial us). It is
    /// asked before anything is sent.
    pub fn respond(
        network: &Network,
        own_identity: &identity::PublicKey,
        own_link_key: &x25519::SecretKey,
        hello: &Hello,
        known: impl FnOnce(&Peer) -> bool,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Unconfirmed, Vec<u8>), HandshakeError> {
        let role = Role::Responder { own: own_link_key };
        let mut state = noise::handshake(PATTERN, &network.prologue(LABEL, hello.period), role, rng)?;

        let payload = noise::read::<64>(&mut state, &hello.message)?;
        let (named, dialled) = payload.split_at(32);
        let identity = identity::PublicKey::from_bytes(named)?;
        if dialled != own_identity.as_bytes() {
            return Err(HandshakeError::WrongIdentity {
                expected: identity::PublicKey::from_bytes(dialled)?.to_string(),
                actual: own_identity.to_string(),
            });
        }
        let link_key = x25519::PublicKey::from_bytes(state.get_remote_static().unwrap_or_default())?;
        let peer = Peer { identity, link_key };
        if !known(&peer) {
            return Err(HandshakeError::UnknownPeer { identity: identity.to_string(), link_key: link_key.to_string() });
        }

        let message = noise::write(&mut state, own_identity.as_bytes())?;
        let (sealer, opener) = noise::split(state);
        Ok((Unconfirmed { peer, sealer, opener }, stream::prefixed(&message)))
    }
}

/// The responder's side after its answer: no link before [`Self::confirm`].
pub struct Unconfirmed {
    peer: Peer,
    sealer: Sealer,
    opener: Opener,
}

impl Unconfirmed {
    /// Reads the confirmation ([`CONFIRM_LENGTH`] bytes). Only now has the peer shown that it lives.
    pub fn confirm(mut self, confirmation: &[u8]) -> Result<Link, HandshakeError> {
        let mut message = *unprefixed::<TAG_LENGTH>("link confirmation", confirmation)?;
        self.opener.open(&mut message)?;
        Ok(Link { peer: self.peer, sender: LinkSender::new(self.sealer), receiver: LinkReceiver::new(self.opener) })
    }
}

/// Cuts a message of exactly `N` bytes out of its prefix.
fn unprefixed<'a, const N: usize>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; N], HandshakeError> {
    let mut reader = Reader::new(what, bytes);
    let length = usize::from(reader.u16()?);
    let message = exactly(what, reader.rest())?;
    crate::bytes::in_range("message length", length as u64, N as u64, N as u64)?;
    Ok(message)
}
