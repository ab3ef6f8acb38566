//! Rows of the database as the client uses them, and how their bytes are read.
//!
//! A file can be damaged or edited: every field is checked, and a row that makes no sense is an error
//! that names it, never a panic.

use crate::surbs::{Budget, OwnSurb, StoredSurb};
use crate::{MessageId, SenderTag};
use nym_keys::ClientAddress;
use rusqlite::Row;
use std::sync::Arc;

/// Why a stored row makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A field has another length than its kind of value has.
    #[error("field {field} has {actual} bytes but {expected} are required")]
    Length {
        /// The field.
        field: &'static str,
        /// Its length.
        actual: usize,
        /// The length required.
        expected: usize,
    },
    /// A number is out of its range.
    #[error("field {field} holds {value}, which is out of range")]
    Range {
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A destination starts with an unknown byte, or its address is not one.
    #[error("the destination of an outgoing message is not readable")]
    Destination,
}

/// Where an outgoing message goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// To a client by its address.
    Address(ClientAddress),
    /// To the sender behind a tag, over its reply blocks.
    Reply(SenderTag),
}

impl Destination {
    /// 0 ‖ address, or 1 ‖ tag.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Address(address) => {
                let mut bytes = vec![0];
                bytes.extend_from_slice(&address.to_bytes());
                bytes
            }
            Self::Reply(tag) => {
                let mut bytes = vec![1];
                bytes.extend_from_slice(&tag.to_bytes());
                bytes
            }
        }
    }

    /// Reads what [`Destination::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RowError> {
        match bytes.split_first() {
            Some((0, address)) => {
                ClientAddress::from_bytes(address).map(Self::Address).map_err(|_| RowError::Destination)
            }
            Some((1, tag)) => array("destination", tag).map(SenderTag::from_bytes).map(Self::Reply),
            _ => Err(RowError::Destination),
        }
    }
}

/// An outgoing message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRow {
    /// Its id.
    pub id: MessageId,
    /// When it was accepted (unix seconds).
    pub accepted: u64,
    /// Where it goes.
    pub destination: Destination,
    /// The kind its fragments carry.
    pub kind: u8,
    /// What is cut into fragments.
    pub body: Arc<[u8]>,
    /// Which fragments were delivered (bit i of byte i / 8).
    pub delivered: Vec<u8>,
    /// Whether the application knows of it: the client's own requests for reply blocks are not.
    pub visible: bool,
}

/// A fragment of an incomplete message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FragmentRow {
    /// The message.
    pub id: MessageId,
    /// Its place.
    pub index: u16,
    /// How many there are.
    pub count: u16,
    /// The kind of the message.
    pub kind: u8,
    /// Its share of the message.
    pub data: Vec<u8>,
}

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Its position in the order of arrival; 0 before it is written.
    pub seq: i64,
    /// Its id, chosen by the sender.
    pub id: MessageId,
    /// When its last fragment arrived (unix seconds).
    pub received: u64,
    /// The message.
    pub body: Vec<u8>,
    /// The sender's tag, if it gave reply blocks.
    pub tag: Option<SenderTag>,
    /// Whose reply it is, if it came over a reply block of this client.
    pub peer: Option<ClientAddress>,
}

/// A reply block of this client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSurbRow {
    /// The identifier that its reply comes back with.
    pub identifier: [u8; 16],
    /// The rest.
    pub surb: OwnSurb,
}

/// A recipient that was given reply blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRow {
    /// The tag under which it knows this client.
    pub tag: SenderTag,
    /// Its address.
    pub address: ClientAddress,
    /// What it was given and gave back.
    pub budget: Budget,
    /// When it was last used (unix seconds).
    pub used: u64,
}

/// A reply block of another client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSurbRow {
    /// The sender's tag.
    pub tag: SenderTag,
    /// The reply block.
    pub surb: StoredSurb,
}

impl OutgoingRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: id(row, "id")?,
            accepted: unsigned(row, "accepted")?,
            destination: Destination::from_bytes(&blob(row, "destination")?).map_err(conversion)?,
            kind: small(row, "kind")?,
            body: blob(row, "body")?.into(),
            delivered: blob(row, "delivered")?,
            visible: small::<u8>(row, "visible")? != 0,
        })
    }
}

impl FragmentRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: id(row, "id")?,
            index: small(row, "position")?,
            count: small(row, "count")?,
            kind: small(row, "kind")?,
            data: blob(row, "data")?,
        })
    }
}

impl InboxRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let tag: Option<Vec<u8>> = row.get("tag")?;
        let peer: Option<Vec<u8>> = row.get("peer")?;
        Ok(Self {
            seq: row.get("seq")?,
            id: id(row, "id")?,
            received: unsigned(row, "received")?,
            body: blob(row, "body")?,
            tag: tag.map(|tag| array("tag", &tag).map(SenderTag::from_bytes)).transpose().map_err(conversion)?,
            peer: peer.map(|peer| address(&peer)).transpose()?,
        })
    }
}

impl OwnSurbRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            identifier: array("identifier", &blob(row, "identifier")?).map_err(conversion)?,
            surb: OwnSurb { tag: tag(row)?, expires: unsigned(row, "expires")?, secret: blob(row, "secret")?.into() },
        })
    }
}

impl PeerRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            tag: tag(row)?,
            address: address(&blob(row, "address")?)?,
            budget: Budget { granted: unsigned(row, "granted")?, replies: unsigned(row, "replies")? },
            used: unsigned(row, "used")?,
        })
    }
}

impl PeerSurbRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            tag: tag(row)?,
            surb: StoredSurb {
                number: unsigned(row, "number")?,
                expires: unsigned(row, "expires")?,
                bytes: blob(row, "surb")?,
            },
        })
    }
}

pub(super) fn completed(row: &Row<'_>) -> rusqlite::Result<(MessageId, u64)> {
    Ok((id(row, "id")?, unsigned(row, "until")?))
}

/// Unix seconds and counters fit SQLite's signed integers for the next 292 billion years.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn blob(row: &Row<'_>, field: &'static str) -> rusqlite::Result<Vec<u8>> {
    row.get(field)
}

fn id(row: &Row<'_>, field: &'static str) -> rusqlite::Result<MessageId> {
    array(field, &blob(row, field)?).map(MessageId::from_bytes).map_err(conversion)
}

fn tag(row: &Row<'_>) -> rusqlite::Result<SenderTag> {
    array("tag", &blob(row, "tag")?).map(SenderTag::from_bytes).map_err(conversion)
}

fn address(bytes: &[u8]) -> rusqlite::Result<ClientAddress> {
    ClientAddress::from_bytes(bytes).map_err(|_| conversion(RowError::Destination))
}

fn unsigned(row: &Row<'_>, field: &'static str) -> rusqlite::Result<u64> {
    let value: i64 = row.get(field)?;
    u64::try_from(value).map_err(|_| conversion(RowError::Range { field, value }))
}

fn small<T: TryFrom<i64>>(row: &Row<'_>, field: &'static str) -> rusqlite::Result<T> {
    let value: i64 = row.get(field)?;
    T::try_from(value).map_err(|_| conversion(RowError::Range { field, value }))
}

fn array<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], RowError> {
    bytes.try_into().map_err(|_| RowError::Length { field, actual: bytes.len(), expected: N })
}

fn conversion(error: RowError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
}
