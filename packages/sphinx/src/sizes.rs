//! The lengths of everything on the wire, and the closed list of payload sizes.
//!
//! A packet's length is public, so it must not tell packets apart: there are only the sizes of
//! [`PayloadSize`], and a network uses one of them for traffic beside the small acknowledgement.

/// The only header version that is built or accepted (single-seed reply blocks).
pub const VERSION: u16 = 260;

/// Longest route that fits a header.
pub const MAX_HOPS: usize = 5;

/// Bytes of a hop address and of a destination address.
pub const ADDRESS_LEN: usize = 32;

/// Bytes of the identifier beside a destination address.
pub const IDENTIFIER_LEN: usize = 16;

/// Bytes of a header: group element, header MAC, encrypted routing information.
pub const HEADER_LEN: usize = ALPHA_LEN + MAC_LEN + BETA_LEN;

/// Payload bytes that carry no plaintext: sixteen zeroes in front, one marker behind.
pub const PAYLOAD_OVERHEAD: usize = LEADING_ZEROES + 1;

/// Bytes of a payload key seed.
pub const SEED_LEN: usize = 16;

/// Bytes of a reply block: header, address of the first hop, seed of the last hop's key.
pub const SURB_LEN: usize = HEADER_LEN + ADDRESS_LEN + SEED_LEN;

/// Bytes of the largest packet.
pub const MAX_PACKET_LEN: usize = PayloadSize::Extended32.packet_len();

pub(crate) const ALPHA_LEN: usize = 32;
pub(crate) const MAC_LEN: usize = 16;
/// Flag, version, next address, delay: what one hop reads.
pub(crate) const META_LEN: usize = 1 + 3 + ADDRESS_LEN + 8;
/// What one hop takes off the routing information: its own part and the next hop's MAC.
pub(crate) const STEP_LEN: usize = META_LEN + MAC_LEN;
pub(crate) const BETA_LEN: usize = STEP_LEN * MAX_HOPS;
pub(crate) const LEADING_ZEROES: usize = 16;

/// Payload sizes that exist. A packet of any other length is refused before any cryptography.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayloadSize {
    /// 65 bytes: a stored-acknowledgement on its way back.
    Ack,
    /// 2,048 bytes: messages and cover, the default of a network.
    Regular,
    /// 8 KiB.
    Extended8,
    /// 16 KiB.
    Extended16,
    /// 32 KiB.
    Extended32,
}

impl PayloadSize {
    /// Every size, smallest first.
    pub const ALL: [Self; 5] = [Self::Ack, Self::Regular, Self::Extended8, Self::Extended16, Self::Extended32];

    /// Bytes of the payload.
    pub const fn payload_len(self) -> usize {
        match self {
            Self::Ack => 65,
            Self::Regular => 2_048,
            Self::Extended8 => 8 * 1_024,
            Self::Extended16 => 16 * 1_024,
            Self::Extended32 => 32 * 1_024,
        }
    }

    /// Bytes of a whole packet: header and payload.
    pub const fn packet_len(self) -> usize {
        HEADER_LEN + self.payload_len()
    }

    /// Bytes of plaintext that fit.
    pub const fn plaintext_capacity(self) -> usize {
        self.payload_len() - PAYLOAD_OVERHEAD
    }

    /// The size with this payload length in bytes, if there is one.
    pub fn from_payload_len(len: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.payload_len() == len)
    }

    /// The size of a packet with this total length in bytes, if there is one.
    pub fn from_packet_len(len: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.packet_len() == len)
    }
}
