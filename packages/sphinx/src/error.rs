//! What can be wrong with a route, a packet, a reply block.

use thiserror::Error;

use crate::sizes::{HEADER_LEN, MAX_HOPS, SURB_LEN, VERSION};

/// Why a packet or a reply block cannot be built from these parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The route is empty or does not fit a header.
    #[error("a route of {hops} hops was given but a header holds 1 to {MAX_HOPS}")]
    RouteLength {
        /// Hops given.
        hops: usize,
    },
    /// The plaintext does not fit the payload size.
    #[error("the plaintext has {len} bytes but the payload holds at most {capacity}")]
    PlaintextTooLong {
        /// Bytes given.
        len: usize,
        /// Bytes that fit.
        capacity: usize,
    },
    /// The output buffer has the length of no packet.
    #[error("the output buffer has {len} bytes but no packet size has that length")]
    BufferLength {
        /// Bytes given.
        len: usize,
    },
    /// A hop's public key is not the unique encoding of its value.
    #[error("the hop's public key is not a canonical curve25519 u-coordinate")]
    NonCanonicalKey,
    /// A hop's public key is a point of the twist, for which nobody holds a secret key.
    #[error("the hop's public key is not on curve25519")]
    KeyOffCurve,
    /// A hop's public key has small order: its shared secrets are known to everybody.
    #[error("the hop's public key has low order")]
    LowOrderKey,
    /// A reply block needs an identifier by which its creator finds the keys.
    #[error("a reply block needs an identifier that is not all zero")]
    ZeroIdentifier,
}

/// Why a hop drops a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// No payload size has packets of this length.
    #[error("a packet of {len} bytes was given but no packet size has that length")]
    WrongLength {
        /// Bytes given.
        len: usize,
    },
    /// The group element is not the unique encoding of its value: the packet could be
    /// duplicated under another spelling.
    #[error("the packet's group element is not canonical")]
    NonCanonicalAlpha,
    /// The group element has small order, the shared secret is all zero.
    #[error("the packet's group element has low order")]
    LowOrderAlpha,
    /// The header was changed on its way, or is meant for another key.
    #[error("the header's MAC does not match")]
    BadMac,
    /// The header has another version.
    #[error("the header says version {found} but only {VERSION} is spoken")]
    WrongVersion {
        /// The three version bytes as a number.
        found: u32,
    },
    /// The header is meant neither for a forwarding nor for a final hop.
    #[error("the header's flag {found} is unknown")]
    UnknownFlag {
        /// The flag byte.
        found: u8,
    },
    /// The payload was changed on its way, or is a reply that only its creator can read.
    #[error("the payload's padding is malformed")]
    BadPayload,
}

/// Why bytes are not a reply block or its keys, or a reply cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SurbError {
    /// A reply block has exactly one length.
    #[error("a reply block has {SURB_LEN} bytes but {len} were given")]
    WrongLength {
        /// Bytes given.
        len: usize,
    },
    /// The keys are an identifier and one seed per hop.
    #[error("reply keys of {len} bytes are not an identifier and 1 to {MAX_HOPS} seeds")]
    WrongKeysLength {
        /// Bytes given.
        len: usize,
    },
    /// The group element of the block's header is not canonical.
    #[error("the reply block's group element is not canonical")]
    NonCanonicalAlpha,
    /// The reply is a packet of no known size, or its header is not for this key.
    #[error("the reply cannot be opened")]
    Packet(#[from] ProcessError),
    /// A reply ends at its creator; this header asks for forwarding.
    #[error("the reply's header of {HEADER_LEN} bytes asks for forwarding")]
    NotFinal,
}
