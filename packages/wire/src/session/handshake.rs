//! The handshake of a session: hello, response, and the client's signature as the first frame.

use super::frames::{
    ClientFrame, ClientReceiver, ClientSender, GatewayFrame, GatewayReceiver, GatewaySender, SessionError, Welcome,
};
use crate::bytes::{exactly, put_prefixed, Reader};
use crate::noise::{self, HandshakeError, Network, Role, TAG_LENGTH};
use nym_keys::{identity, x25519};
use rand::{CryptoRng, RngCore};
use snow::HandshakeState;

/// Noise pattern and primitives.
pub const PATTERN: &str = "Noise_NK_25519_AESGCM_SHA256";
/// Label of the prologue.
pub const LABEL: &[u8] = b"nym-session-v1";
/// Label of what the client signs.
pub const AUTH_LABEL: &[u8] = b"nym-session-auth-v1";

const MESSAGE: usize = 32 + TAG_LENGTH;

/// Bytes of the client's hello: period u32 ‖ Noise message 1.
pub const HELLO_LENGTH: usize = 4 + MESSAGE;
/// Bytes of the gateway's response: Noise message 2.
pub const RESPONSE_LENGTH: usize = MESSAGE;

/// The client between hello and response.
pub struct ClientHandshake {
    state: HandshakeState,
}

/// A client's session before the gateway's welcome.
#[derive(Debug)]
pub struct ClientSession {
    /// Writes frames.
    pub sender: ClientSender,
    /// Reads frames.
    pub receiver: ClientReceiver,
}

impl ClientHandshake {
    /// Starts a session with the gateway of this link key; returns the hello to send.
    pub fn start(
        network: &Network,
        gateway_link_key: &x25519::PublicKey,
        period: u32,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        let role = Role::Initiator { own: None, remote: gateway_link_key };
        let mut state = noise::handshake(PATTERN, &network.prologue(LABEL, period), role, rng)?;
        let mut hello = period.to_be_bytes().to_vec();
        hello.extend_from_slice(&noise::write(&mut state, &[])?);
        Ok((Self { state }, hello))
    }

    /// Reads the response; returns the session and the message that says who the client is.
    ///
    /// `gateway` is who was dialled. It is signed: link keys need not be unique, and a gateway that copied another's
    /// key must not be able to pass the session on to it.
    pub fn finish(
        mut self,
        response: &[u8],
        gateway: &identity::PublicKey,
        identity: &identity::SecretKey,
    ) -> Result<(ClientSession, Vec<u8>), HandshakeError> {
        let response: &[u8; RESPONSE_LENGTH] = exactly("session response", response)?;
        let [] = noise::read::<0>(&mut self.state, response)?;
        let signature = identity.sign(&signed(self.state.get_handshake_hash(), gateway, &identity.public_key()));
        let (sealer, opener) = noise::split(self.state);
        let mut sender = ClientSender(sealer);
        let message = sender.authenticate(&identity.public_key(), &signature).map_err(unconfirmed)?;
        Ok((ClientSession { sender, receiver: ClientReceiver(opener) }, message))
    }
}

impl ClientSession {
    /// Reads the gateway's first message, which is nothing but its welcome.
    pub fn welcome(&mut self, message: &mut [u8]) -> Result<Welcome, HandshakeError> {
        let mut frames = self.receiver.open(message).map_err(unconfirmed)?;
        match (frames.next(), frames.next()) {
            (Some(GatewayFrame::Welcome(welcome)), None) => Ok(welcome),
            (Some(GatewayFrame::Error(code)), None) => Err(HandshakeError::Unconfirmed(code.as_str().into())),
            _ => Err(HandshakeError::Unconfirmed("the first frame is no welcome".into())),
        }
    }
}

/// A parsed hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHello {
    /// The key period whose link key the client used.
    pub period: u32,
    message: [u8; MESSAGE],
}

impl SessionHello {
    /// Reads the [`HELLO_LENGTH`] bytes of a hello.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new("session hello", bytes);
        let (period, message) = (reader.u32()?, reader.array()?);
        reader.finish()?;
        Ok(Self { period, message })
    }

    /// Answers with the link key of the hello's period; returns the response to send.
    pub fn respond(
        &self,
        network: &Network,
        link_key: &x25519::SecretKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Unauthenticated, Vec<u8>), HandshakeError> {
        let role = Role::Responder { own: link_key };
        let mut state = noise::handshake(PATTERN, &network.prologue(LABEL, self.period), role, rng)?;
        let [] = noise::read::<0>(&mut state, &self.message)?;
        let response = noise::write(&mut state, &[])?;
        let hash = state.get_handshake_hash().to_vec();
        let (sealer, opener) = noise::split(state);
        let session = GatewaySession { sender: GatewaySender(sealer), receiver: GatewayReceiver(opener) };
        Ok((Unauthenticated { session, hash }, response))
    }
}

/// A gateway's session.
#[derive(Debug)]
pub struct GatewaySession {
    /// Writes frames.
    pub sender: GatewaySender,
    /// Reads frames.
    pub receiver: GatewayReceiver,
}

/// A gateway's session whose client has not yet said who it is.
pub struct Unauthenticated {
    session: GatewaySession,
    hash: Vec<u8>,
}

/// Who the client is, and the session with it.
#[derive(Debug)]
pub struct Authenticated {
    /// The client's identity.
    pub client: identity::PublicKey,
    /// The session.
    pub session: GatewaySession,
}

impl Unauthenticated {
    /// Reads the client's first message, which is nothing but its identity and signature; `own` is the gateway that
    /// the signature must name.
    pub fn authenticate(
        mut self,
        own: &identity::PublicKey,
        message: &mut [u8],
    ) -> Result<Authenticated, HandshakeError> {
        let mut frames = self.session.receiver.open(message).map_err(unconfirmed)?;
        let (Some(ClientFrame::Authenticate(proof)), None) = (frames.next(), frames.next()) else {
            return Err(HandshakeError::Unconfirmed("the first frame does not authenticate".into()));
        };
        let (client, signature) = proof.split_at(32);
        let client = identity::PublicKey::from_bytes(client)?;
        client.verify(&signed(&self.hash, own, &client), &identity::Signature::from_bytes(signature)?)?;
        Ok(Authenticated { client, session: self.session })
    }
}

/// What a client signs: label and handshake hash, each with its length before it, then gateway and client. The hash
/// covers the network, the gateway's link key and both ephemeral keys.
fn signed(hash: &[u8], gateway: &identity::PublicKey, client: &identity::PublicKey) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    put_prefixed(&mut out, AUTH_LABEL);
    put_prefixed(&mut out, hash);
    out.extend_from_slice(gateway.as_bytes());
    out.extend_from_slice(client.as_bytes());
    out
}

fn unconfirmed(error: SessionError) -> HandshakeError {
    HandshakeError::Unconfirmed(error.to_string())
}
