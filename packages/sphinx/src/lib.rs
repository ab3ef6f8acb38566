#![doc = include_str!("../README.md")]

mod error;
mod header;
mod hop;
mod keys;
mod lioness;
mod packet;
mod payload;
mod process;
mod sizes;
mod surb;

pub use error::{BuildError, ProcessError, SurbError};
pub use hop::{is_canonical, Destination, Hop, HopKey};
pub use keys::{HopKeys, ReplayTag};
pub use packet::{build_packet, build_packet_into};
pub use process::{process, Instruction, OpenedHeader, Processed};
pub use sizes::{
    PayloadSize, ADDRESS_LEN, HEADER_LEN, IDENTIFIER_LEN, MAX_HOPS, MAX_PACKET_LEN, PAYLOAD_OVERHEAD, SEED_LEN,
    SURB_LEN, VERSION,
};
pub use surb::{read_reply_header, ReplyHeader, Surb, SurbKeys};
pub use x25519_dalek::{PublicKey, StaticSecret};

/// Where a hop sends the packet next: the identity of a node, or of a gateway's client.
pub type Address = [u8; ADDRESS_LEN];

/// What the final hop learns beside the destination; names a reply block to its creator.
pub type Identifier = [u8; IDENTIFIER_LEN];
