//! The layout of a fragment: what stands inside a sealed forward packet or a packet over a reply block.
//!
//! id 16 ‖ index u16 ‖ count u16 ‖ kind u8 ‖ used u16 ‖ data, padded with zeroes to the route's capacity.
//! A fragment has one spelling: lengths, positions, kinds and padding are all checked when it is read.
//! What becomes of fragments is the business of [`crate::reassembly`].

use crate::bytes::{in_range, zero_padding, ParseError, Reader};
use crate::ids::MessageId;
use crate::message::{Kind, MAX_WHOLE};
use crate::sizes::{FORWARD_DATA, FRAGMENT_HEADER, REPLY_DATA};

/// Which way a fragment goes, which decides how much fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// To an address: sealed, beside an acknowledgement.
    Forward,
    /// Over a reply block.
    Reply,
}

impl Route {
    /// Message bytes in one packet.
    pub const fn capacity(self) -> usize {
        match self {
            Self::Forward => FORWARD_DATA,
            Self::Reply => REPLY_DATA,
        }
    }

    /// Bytes of a fragment, padding included.
    pub const fn fragment_length(self) -> usize {
        FRAGMENT_HEADER + self.capacity()
    }
}

/// Fragments that a message may have: the largest one on the route that carries least.
pub const MAX_FRAGMENTS: u16 = MAX_WHOLE.div_ceil(FORWARD_DATA) as u16;
const _: () = assert!(MAX_WHOLE.div_ceil(FORWARD_DATA) <= u16::MAX as usize);

/// One fragment of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The message.
    pub id: MessageId,
    /// Its place, from 0.
    pub index: u16,
    /// How many there are.
    pub count: u16,
    /// What the message is: a [`Kind`].
    pub kind: u8,
    data: Vec<u8>,
}

impl Fragment {
    /// Cuts fragment `index` out of a message; `None` if the message has no such fragment or is too long.
    pub fn cut(id: MessageId, index: u16, kind: Kind, whole: &[u8], route: Route) -> Option<Self> {
        let count = u16::try_from(whole.len().div_ceil(route.capacity()).max(1)).ok()?;
        if index >= count || count > MAX_FRAGMENTS {
            return None;
        }
        let start = usize::from(index) * route.capacity();
        let end = whole.len().min(start + route.capacity());
        let data = whole.get(start..end)?.to_vec();
        Some(Self { id, index, count, kind: kind as u8, data })
    }

    /// A fragment of nothing: the same size and work as one of something.
    pub fn cover(id: MessageId) -> Self {
        Self { id, index: 0, count: 1, kind: Kind::Cover as u8, data: Vec::new() }
    }

    /// Its share of the message.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes of the fragment, [`Route::fragment_length`] of them.
    pub fn to_bytes(&self, route: Route) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(route.fragment_length());
        bytes.extend_from_slice(&self.id.to_bytes());
        bytes.extend_from_slice(&self.index.to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.push(self.kind);
        let used = u16::try_from(self.data.len()).expect("`cut` and `from_bytes` take at most a packet's capacity");
        bytes.extend_from_slice(&used.to_be_bytes());
        bytes.extend_from_slice(&self.data);
        bytes.resize(route.fragment_length(), 0);
        bytes
    }

    /// Reads a fragment that came over `route`.
    pub fn from_bytes(bytes: &[u8], route: Route) -> Result<Self, ParseError> {
        if bytes.len() != route.fragment_length() {
            let (what, actual, expected) = ("fragment", bytes.len(), route.fragment_length());
            return Err(ParseError::WrongLength { what, actual, expected });
        }
        let mut reader = Reader::new("fragment", bytes);
        let id = MessageId::from_bytes(reader.array()?);
        let index = reader.u16()?;
        let count = reader.ranged_u16("fragment count", 1, MAX_FRAGMENTS)?;
        in_range("fragment index", u64::from(index), 0, u64::from(count - 1))?;
        let kind = reader.u8()?;
        Kind::from_byte(kind).ok_or(ParseError::UnknownType { what: "fragment", value: kind })?;
        let used = u64::from(reader.u16()?);
        // Only the last fragment may be shorter than a full one, and only the only one may be empty.
        let capacity = route.capacity() as u64;
        let least = match (index + 1 < count, count) {
            (true, _) => capacity,
            (false, 1) => 0,
            (false, _) => 1,
        };
        in_range("bytes used of a fragment", used, least, capacity)?;
        let data = reader.take(used as usize)?.to_vec();
        zero_padding("fragment", reader.rest())?;
        Ok(Self { id, index, count, kind, data })
    }

    /// Reads a fragment of one fixed kind: a request or a list that fits one packet.
    pub fn single(&self, kind: Kind) -> Option<&[u8]> {
        (self.count == 1 && self.kind == kind as u8).then_some(self.data.as_slice())
    }
}

/// The id under which the recipient of a reply acknowledges one of its fragments: the first 16 bytes of a hash.
pub fn reply_ack_id(message: MessageId, index: u16) -> [u8; 16] {
    use sha2::Digest as _;
    let hash = sha2::Sha256::new()
        .chain_update(b"nym-reply-ack-v1")
        .chain_update(message.to_bytes())
        .chain_update(index.to_be_bytes())
        .finalize();
    std::array::from_fn(|place| hash[place])
}
