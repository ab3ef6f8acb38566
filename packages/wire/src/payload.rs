//! The plaintext of a packet on a forward route: for whom, how to acknowledge, and a sealed fragment.
//!
//! recipient 32 ‖ first hop of the acknowledgement 32 ‖ acknowledgement packet 413 ‖ ephemeral key 32 ‖
//! AEAD 1522. The recipient's gateway reads the first three with [`ForwardPlaintext`]; only the
//! recipient opens the rest. A packet over a reply block carries a bare fragment instead: its payload
//! is a wide-block cipher's, under a key that replier and creator alone know.

use crate::bytes::{exactly, ParseError, Reader};
use crate::fragment::{Fragment, Route};
use crate::sizes::{ACK_ID, ACK_PACKET, ACK_PLAINTEXT, ADDRESS, PLAINTEXT, SEALED};
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use hkdf::Hkdf;
use nym_keys::{identity, x25519, ClientAddress, KeyError};
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// Label of the key under which a fragment is sealed.
pub const SEAL_LABEL: &[u8] = b"nym-payload-v1";

/// Why a fragment cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// The key of the other side is of small order or has another spelling.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Sealed for another key, or altered.
    #[error("sealed payload does not authenticate")]
    Forged,
    /// Wrong length, or no fragment inside.
    #[error(transparent)]
    Malformed(#[from] ParseError),
}

/// Ephemeral key and ciphertext of a fragment: [`SEALED`] bytes.
pub fn seal(
    recipient: &x25519::PublicKey,
    fragment: &Fragment,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, PayloadError> {
    let ephemeral = x25519::SecretKey::generate(rng);
    let public = ephemeral.public_key();
    let shared = ephemeral.diffie_hellman(recipient)?;
    let sealed = cipher(&shared, &public, recipient)
        .encrypt(&Nonce::default(), fragment.to_bytes(Route::Forward).as_slice())
        .map_err(|_| PayloadError::Forged)?;
    let mut out = Vec::with_capacity(SEALED);
    out.extend_from_slice(public.as_bytes());
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what a gateway kept for the owner of `secret`.
pub fn open(secret: &x25519::SecretKey, sealed: &[u8]) -> Result<Fragment, PayloadError> {
    let sealed: &[u8; SEALED] = exactly("sealed payload", sealed)?;
    let (public, ciphertext) = sealed.split_at(32);
    let public = x25519::PublicKey::from_bytes(public)?;
    let shared = secret.diffie_hellman(&public)?;
    let bytes = cipher(&shared, &public, &secret.public_key())
        .decrypt(&Nonce::default(), ciphertext)
        .map(Zeroizing::new)
        .map_err(|_| PayloadError::Forged)?;
    Ok(Fragment::from_bytes(&bytes, Route::Forward)?)
}

/// The key serves one ciphertext only, so the nonce is zero.
fn cipher(shared: &[u8; 32], ephemeral: &x25519::PublicKey, recipient: &x25519::PublicKey) -> ChaCha20Poly1305 {
    let salt = [ephemeral.to_bytes(), recipient.to_bytes()].concat();
    let mut key = Zeroizing::new([0u8; 32]);
    Hkdf::<Sha256>::new(Some(&salt), shared)
        .expand(SEAL_LABEL, &mut *key)
        .expect("32 bytes are a valid length for HKDF-SHA256");
    ChaCha20Poly1305::new((&*key).into())
}

/// Puts the plaintext of a forward packet together: [`PLAINTEXT`] bytes.
pub fn forward_plaintext(
    recipient: &ClientAddress,
    ack_first_hop: &[u8; ADDRESS],
    ack_packet: &[u8],
    fragment: &Fragment,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, PayloadError> {
    let ack_packet: &[u8; ACK_PACKET] = exactly("acknowledgement packet", ack_packet)?;
    let mut plaintext = Vec::with_capacity(PLAINTEXT);
    plaintext.extend_from_slice(recipient.identity().as_bytes());
    plaintext.extend_from_slice(ack_first_hop);
    plaintext.extend_from_slice(ack_packet);
    plaintext.extend_from_slice(&seal(&recipient.encryption(), fragment, rng)?);
    Ok(plaintext)
}

/// What the recipient's gateway reads in a packet that ends there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardPlaintext<'a> {
    /// Identity of the recipient.
    pub recipient: &'a [u8; ADDRESS],
    /// Where the acknowledgement goes first.
    pub ack_first_hop: &'a [u8; ADDRESS],
    /// The acknowledgement, ready to be sent.
    pub ack_packet: &'a [u8; ACK_PACKET],
    /// What the recipient opens.
    pub sealed: &'a [u8; SEALED],
}

impl<'a> ForwardPlaintext<'a> {
    /// Reads [`PLAINTEXT`] bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let bytes: &[u8; PLAINTEXT] = exactly("forward plaintext", bytes)?;
        let mut reader = Reader::new("forward plaintext", bytes);
        let recipient = exactly("recipient", reader.take(ADDRESS)?)?;
        let ack_first_hop = exactly("first hop", reader.take(ADDRESS)?)?;
        let ack_packet = exactly("acknowledgement packet", reader.take(ACK_PACKET)?)?;
        let sealed = exactly("sealed payload", reader.rest())?;
        Ok(Self { recipient, ack_first_hop, ack_packet, sealed })
    }
}

/// What an acknowledgement packet carries to the sender's own gateway: sender 32 ‖ id 16.
pub fn ack_plaintext(sender: &identity::PublicKey, id: &[u8; ACK_ID]) -> Vec<u8> {
    [sender.as_bytes().as_slice(), id].concat()
}

/// Reads whose acknowledgement it is, and which.
pub fn read_ack(plaintext: &[u8]) -> Result<(&[u8; ADDRESS], &[u8; ACK_ID]), ParseError> {
    let plaintext: &[u8; ACK_PLAINTEXT] = exactly("acknowledgement", plaintext)?;
    let (client, id) = plaintext.split_at(ADDRESS);
    Ok((exactly("acknowledgement", client)?, exactly("acknowledgement", id)?))
}
