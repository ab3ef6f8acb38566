//! Links between nodes: Noise IK handshake, then batches of packets in encrypted messages over TCP.
//!
//! [`LinkInitiator`] dials, [`LinkResponder`] answers; both end with a [`Link`], whose two halves
//! may live in two tasks. Nothing here reads a socket, a clock or a directory: whether a pair of
//! identity and link key is known is the caller's answer. Byte layouts: `docs/protocol/links.md`.

mod frames;
mod handshake;

pub use frames::{LinkError, LinkFrame, LinkFrames, LinkReceiver, LinkSender};
pub use handshake::{
    Hello, LinkInitiator, LinkResponder, Unconfirmed, CONFIRM_LENGTH, HELLO_LENGTH, LABEL, PATTERN, RESPONSE_LENGTH,
};

use nym_keys::{identity, x25519};

/// Who is at the other end of a link: the pair that a topology document must contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The node's identity.
    pub identity: identity::PublicKey,
    /// Its link key of the period in question.
    pub link_key: x25519::PublicKey,
}

/// A finished, mutually authenticated link.
#[derive(Debug)]
pub struct Link {
    /// The other node.
    pub peer: Peer,
    /// Writes frames.
    pub sender: LinkSender,
    /// Reads frames.
    pub receiver: LinkReceiver,
}
