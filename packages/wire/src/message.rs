//! What messages are: their kinds, the frame around a whole message, and the bodies of each kind.
//!
//! Messages of the application travel as a *whole*: length u32 ‖ digest 32 ‖ body, so that a message put
//! together from fragments is checked before anybody sees it. The other kinds fit one packet, which
//! is authenticated as such, and travel bare. All layouts: `docs/protocol/packets.md`.

use crate::bytes::{in_range, put_prefixed, ParseError, Reader};
use crate::ids::SenderTag;
use crate::sizes::{FORWARD_DATA, SURB};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

/// What a message is. The byte stands in each of its fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Nothing: a loop of the client.
    Cover = 0,
    /// Bytes of the application.
    Message = 1,
    /// Reply blocks, then bytes of the application.
    MessageWithSurbs = 2,
    /// Reply blocks that were asked for.
    Surbs = 3,
    /// A request for reply blocks; comes over a reply block.
    SurbRequest = 4,
    /// Fragments of replies that have arrived.
    ReplyAcks = 5,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Cover, Self::Message, Self::MessageWithSurbs, Self::Surbs, Self::SurbRequest, Self::ReplyAcks];

    /// Reads a kind.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Whether messages of this kind travel as a whole with length and digest.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Message | Self::MessageWithSurbs)
    }
}

/// Longest message of an application.
pub const MAX_MESSAGE: usize = 10 * 1024 * 1024;
/// Most reply blocks that one message encloses; more are asked for when they are needed.
pub const MAX_SURBS: usize = 100;
/// Label of the digest over a message.
pub const DIGEST_LABEL: &[u8] = b"nym-message-v1";

/// Tag, expiry, count.
const SURBS_HEADER: usize = 16 + 8 + 2;
/// Length and digest before a body.
const WHOLE_HEADER: usize = 4 + 32;
const MAX_BODY: usize = SURBS_HEADER + MAX_SURBS * SURB + MAX_MESSAGE;
/// Longest whole message: the longest body with the most reply blocks.
pub const MAX_WHOLE: usize = WHOLE_HEADER + MAX_BODY;
/// Ids in one list of acknowledged reply fragments: as many as fit a packet.
pub const MAX_REPLY_ACKS: usize = FORWARD_DATA / 16;

/// Why a message is not what its sender cut into fragments.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MessageError {
    /// No whole message, or a body of another layout.
    #[error(transparent)]
    Malformed(#[from] ParseError),
    /// Put together from fragments of different messages.
    #[error("message of {0} bytes does not have the digest that its sender gave")]
    WrongDigest(usize),
}

fn digest(kind: Kind, body: &[u8]) -> [u8; 32] {
    let mut head = Vec::with_capacity(32);
    put_prefixed(&mut head, DIGEST_LABEL);
    head.push(kind as u8);
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    Sha256::new().chain_update(head).chain_update(length.to_be_bytes()).chain_update(body).finalize().into()
}

/// A body with its length and digest before it, ready to be cut into fragments.
pub fn whole(kind: Kind, body: &[u8]) -> Result<Vec<u8>, MessageError> {
    in_range("length of a message", body.len() as u64, 0, MAX_BODY as u64)?;
    let mut out = Vec::with_capacity(WHOLE_HEADER + body.len());
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&digest(kind, body));
    out.extend_from_slice(body);
    Ok(out)
}

/// Checks a message that was put together from fragments and returns its body.
pub fn open_whole(kind: Kind, whole: &[u8]) -> Result<&[u8], MessageError> {
    let mut reader = Reader::new("message", whole);
    let length = reader.u32()?;
    in_range("length of a message", u64::from(length), 0, MAX_BODY as u64)?;
    let expected = reader.take(32)?;
    let body = reader.take(length as usize)?;
    reader.finish()?;
    if !bool::from(digest(kind, body).ct_eq(expected)) {
        return Err(MessageError::WrongDigest(body.len()));
    }
    Ok(body)
}

/// Reply blocks for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurbBatch {
    /// The tag under which the recipient knows this client.
    pub tag: SenderTag,
    /// When they stop working (unix seconds).
    pub expires: u64,
    /// The reply blocks, [`SURB`] bytes each.
    pub surbs: Vec<Vec<u8>>,
}

/// Bodies of messages, written and read.
pub struct Body;

impl Body {
    /// Tag 16 ‖ expiry u64 ‖ count u16 ‖ reply blocks.
    pub fn surbs(batch: &SurbBatch) -> Vec<u8> {
        let mut bytes = batch.tag.to_bytes().to_vec();
        bytes.extend_from_slice(&batch.expires.to_be_bytes());
        bytes.extend_from_slice(&(batch.surbs.len() as u16).to_be_bytes());
        bytes.extend(batch.surbs.iter().flatten());
        bytes
    }

    /// The same, followed by the application's bytes.
    pub fn with_surbs(batch: &SurbBatch, message: &[u8]) -> Vec<u8> {
        let mut bytes = Self::surbs(batch);
        bytes.extend_from_slice(message);
        bytes
    }

    /// Reads reply blocks and what follows them.
    pub fn read_surbs(bytes: &[u8]) -> Result<(SurbBatch, &[u8]), ParseError> {
        let mut reader = Reader::new("reply blocks", bytes);
        let tag = SenderTag::from_bytes(reader.array()?);
        let expires = reader.u64()?;
        let count = reader.ranged_u16("number of reply blocks", 0, MAX_SURBS as u16)?;
        let surbs = reader.take(usize::from(count) * SURB)?.chunks_exact(SURB).map(<[u8]>::to_vec).collect();
        Ok((SurbBatch { tag, expires, surbs }, reader.rest()))
    }

    /// How many reply blocks are asked for: u16.
    pub fn surb_request(count: u16) -> Vec<u8> {
        count.to_be_bytes().to_vec()
    }

    /// Reads a request.
    pub fn read_surb_request(bytes: &[u8]) -> Result<u16, ParseError> {
        let mut reader = Reader::new("request for reply blocks", bytes);
        let count = reader.u16()?;
        reader.finish()?;
        Ok(count)
    }

    /// Ids of fragments of replies, 16 bytes each.
    pub fn reply_acks(ids: &[[u8; 16]]) -> Vec<u8> {
        ids.concat()
    }

    /// Reads such ids: at least one, and nothing beside them.
    pub fn read_reply_acks(bytes: &[u8]) -> Result<Vec<[u8; 16]>, ParseError> {
        let (ids, rest) = bytes.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(ParseError::Trailing { what: "acknowledged reply fragments", extra: rest.len() });
        }
        in_range("number of acknowledged reply fragments", ids.len() as u64, 1, MAX_REPLY_ACKS as u64)?;
        Ok(ids.to_vec())
    }
}
