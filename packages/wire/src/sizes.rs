//! Sizes that every part must agree on, and the sums that tie them together.
//!
//! Checked at compile time: change one and the crate does not build. Layouts: `docs/protocol/packets.md`.

use nym_keys::identity::KEY_LENGTH as IDENTITY;

/// Bytes of a Sphinx header.
pub const HEADER: usize = 348;
/// What Sphinx itself takes of a payload: 16 zero bytes before, one end mark after.
pub const SPHINX_OVERHEAD: usize = 17;
/// Bytes of a regular payload.
pub const PAYLOAD: usize = 2048;
/// Bytes of a regular packet.
pub const PACKET: usize = HEADER + PAYLOAD;
/// Plaintext that a regular packet carries.
pub const PLAINTEXT: usize = PAYLOAD - SPHINX_OVERHEAD;

/// Bytes of a hop address, an identity key.
pub const ADDRESS: usize = IDENTITY;
/// Bytes of the random id of an acknowledgement.
pub const ACK_ID: usize = 16;
/// Plaintext of an acknowledgement: recipient, id.
pub const ACK_PLAINTEXT: usize = ADDRESS + ACK_ID;
/// Payload of an acknowledgement packet.
pub const ACK_PAYLOAD: usize = SPHINX_OVERHEAD + ACK_PLAINTEXT;
/// Bytes of an acknowledgement packet.
pub const ACK_PACKET: usize = HEADER + ACK_PAYLOAD;

/// Bytes of the tag of the AEAD under which a fragment is sealed.
pub const SEAL_TAG: usize = 16;
/// Ephemeral key and AEAD: what a gateway hands to its client.
pub const SEALED: usize = PLAINTEXT - 2 * ADDRESS - ACK_PACKET;
/// Ciphertext and tag.
pub const AEAD: usize = SEALED - 32;
/// Message id, index, count, kind, used.
pub const FRAGMENT_HEADER: usize = 16 + 2 + 2 + 1 + 2;
/// Message bytes in a packet on a forward route.
pub const FORWARD_DATA: usize = AEAD - SEAL_TAG - FRAGMENT_HEADER;
/// Message bytes in a packet on a reply route: no addresses, no acknowledgement, no seal of its own.
pub const REPLY_DATA: usize = PLAINTEXT - FRAGMENT_HEADER;

/// Bytes of a serialised single-use reply block: header, first hop, one payload key seed.
pub const SURB: usize = HEADER + ADDRESS + 16;

const _: () = {
    assert!(PACKET == 2396);
    assert!(PLAINTEXT == 2031);
    assert!(ACK_PAYLOAD == 65);
    assert!(ACK_PACKET == 413);
    assert!(AEAD == 1522);
    assert!(FORWARD_DATA == 1483);
    assert!(REPLY_DATA == 2008);
    assert!(SURB == 396);
};

// The packets themselves are made by `nym_sphinx`: both must count alike.
const _: () = {
    assert!(HEADER == nym_sphinx::HEADER_LEN);
    assert!(SPHINX_OVERHEAD == nym_sphinx::PAYLOAD_OVERHEAD);
    assert!(PACKET == nym_sphinx::PayloadSize::Regular.packet_len());
    assert!(ACK_PACKET == nym_sphinx::PayloadSize::Ack.packet_len());
    assert!(SURB == nym_sphinx::SURB_LEN);
};
