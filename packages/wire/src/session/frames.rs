//! Frames of a session and the halves that write and read them.

use crate::bytes::{exactly, ParseError, Reader};
use crate::noise::{frames, CipherError, Opener, Sealer, MAX_PLAINTEXT};
use crate::sizes::{ACK_ID, ADDRESS, PACKET, SEALED};
use nym_keys::identity;
use thiserror::Error;

const TYPE_SEND: u8 = 1;
const TYPE_CONFIRM: u8 = 2;
const TYPE_PING: u8 = 3;
const TYPE_AUTHENTICATE: u8 = 4;
const TYPE_WELCOME: u8 = 17;
const TYPE_DELIVERED: u8 = 18;
const TYPE_BALANCE: u8 = 19;
const TYPE_ERROR: u8 = 20;
const TYPE_PONG: u8 = 21;

/// Rows that one confirmation can name.
pub const CONFIRM_MAX: usize = 512;
/// The largest content of a delivery: a whole packet on a reply route.
pub const MAX_DELIVERY: usize = PACKET;
/// Body of every delivery: row u64 ‖ kind u8 ‖ content, padded with zeroes.
pub const DELIVERED: usize = 8 + 1 + MAX_DELIVERY;
/// A balance that never runs out: admission is open.
pub const UNLIMITED: u64 = u64::MAX;

/// Why a session ends.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SessionError {
    /// A message does not decrypt.
    #[error(transparent)]
    Cipher(#[from] CipherError),
    /// A message decrypts but is no sequence of frames.
    #[error(transparent)]
    Malformed(#[from] ParseError),
}

/// One frame of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFrame<'a> {
    /// Pass a packet on.
    Send {
        /// The node of layer 1 that gets it.
        first_hop: &'a [u8; ADDRESS],
        /// The packet.
        packet: &'a [u8; PACKET],
    },
    /// These rows are on the client's disk: delete them.
    Confirm(RowIds<'a>),
    /// Asks for the same number back.
    Ping(u64),
    /// Who the client is: identity ‖ signature. The first frame, and never again.
    Authenticate(&'a [u8; 96]),
}

/// Row ids of a confirmation, as they stand on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowIds<'a>(&'a [u8]);

impl<'a> RowIds<'a> {
    /// The ids.
    pub fn iter(&self) -> impl Iterator<Item = u64> + 'a {
        self.0.as_chunks::<8>().0.iter().map(|id| u64::from_be_bytes(*id))
    }
}

impl<'a> ClientFrame<'a> {
    fn parse(kind: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        match kind {
            TYPE_SEND => {
                let body: &[u8; ADDRESS + PACKET] = exactly("send frame", body)?;
                let (first_hop, packet) = body.split_at(ADDRESS);
                Ok(Self::Send { first_hop: exactly("first hop", first_hop)?, packet: exactly("packet", packet)? })
            }
            TYPE_CONFIRM => {
                let expected = body.len() / 8 * 8;
                if body.is_empty() || body.len() != expected || body.len() > CONFIRM_MAX * 8 {
                    return Err(ParseError::OutOfRange {
                        field: "length of a confirmation",
                        value: body.len() as u64,
                        min: 8,
                        max: (CONFIRM_MAX * 8) as u64,
                    });
                }
                Ok(Self::Confirm(RowIds(body)))
            }
            TYPE_PING => exactly("ping frame", body).map(|number| Self::Ping(u64::from_be_bytes(*number))),
            TYPE_AUTHENTICATE => exactly("authenticate frame", body).map(Self::Authenticate),
            value => Err(ParseError::UnknownType { what: "client frame", value }),
        }
    }
}

/// What a delivery holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DeliveryKind {
    /// The sealed rest of a forward packet's payload.
    Message = 1,
    /// A whole packet on a reply route.
    Reply = 2,
    /// The id of an acknowledgement; not stored, row 0.
    Ack = 3,
}

impl DeliveryKind {
    /// Bytes of the content; the rest of the frame is padding.
    pub const fn content_length(self) -> usize {
        match self {
            Self::Message => SEALED,
            Self::Reply => PACKET,
            Self::Ack => ACK_ID,
        }
    }

    fn from_byte(value: u8) -> Result<Self, ParseError> {
        [Self::Message, Self::Reply, Self::Ack]
            .into_iter()
            .find(|kind| *kind as u8 == value)
            .ok_or(ParseError::UnknownType { what: "delivery", value })
    }
}

/// What a gateway tells a client that has authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// Packets a second that the client may send.
    pub packets_per_second: u32,
    /// Rows that are delivered before the first of them is confirmed.
    pub unconfirmed_rows: u32,
    /// Rows that are kept for the client.
    pub inbox_rows: u64,
    /// Bytes that are kept for the client.
    pub inbox_bytes: u64,
    /// Seconds for which a row is kept.
    pub inbox_seconds: u64,
    /// Bytes that the client may still send; [`UNLIMITED`] with open admission.
    pub balance: u64,
}

/// What a gateway refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ErrorCode {
    /// A newer session of the same client began; this one ends.
    Replaced = 1,
    /// The first hop is no node of layer 1 in the current or the previous document. The packet is dropped.
    BadFirstHop = 2,
    /// More packets than agreed. The packet is dropped.
    TooFast = 3,
    /// The first hop cannot take more now. The packet is dropped.
    Busy = 4,
    /// The balance is used up. The packet is dropped.
    NoBalance = 5,
    /// The gateway takes no more clients; the session ends.
    Full = 6,
    /// The gateway stops; the session ends.
    ShuttingDown = 7,
}

impl ErrorCode {
    fn from_byte(value: u8) -> Result<Self, ParseError> {
        let all = [
            Self::Replaced,
            Self::BadFirstHop,
            Self::TooFast,
            Self::Busy,
            Self::NoBalance,
            Self::Full,
            Self::ShuttingDown,
        ];
        all.into_iter().find(|code| *code as u8 == value).ok_or(ParseError::UnknownType { what: "error frame", value })
    }

    /// What it means, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "a newer session of this client began",
            Self::BadFirstHop => "the first hop is no node of layer 1",
            Self::TooFast => "more packets than agreed",
            Self::Busy => "the first hop cannot take more now",
            Self::NoBalance => "the balance is used up",
            Self::Full => "the gateway takes no more clients",
            Self::ShuttingDown => "the gateway stops",
        }
    }
}

/// One frame of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayFrame<'a> {
    /// The client is who it says. The first frame, and never again.
    Welcome(Welcome),
    /// Something for the client; always of the same size.
    Delivered {
        /// The row to confirm; 0 for what is not stored.
        row: u64,
        /// What it is.
        kind: DeliveryKind,
        /// The content, of the kind's length.
        content: &'a [u8],
    },
    /// Bytes that the client may still send.
    Balance(u64),
    /// Something was refused.
    Error(ErrorCode),
    /// Answers a ping.
    Pong(u64),
}

impl<'a> GatewayFrame<'a> {
    fn parse(kind: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        match kind {
            TYPE_WELCOME => {
                let mut reader = Reader::new("welcome frame", body);
                let welcome = Welcome {
                    packets_per_second: reader.u32()?,
                    unconfirmed_rows: reader.u32()?,
                    inbox_rows: reader.u64()?,
                    inbox_bytes: reader.u64()?,
                    inbox_seconds: reader.u64()?,
                    balance: reader.u64()?,
                };
                reader.finish()?;
                Ok(Self::Welcome(welcome))
            }
            TYPE_DELIVERED => {
                let body: &[u8; DELIVERED] = exactly("delivered frame", body)?;
                let mut reader = Reader::new("delivered frame", body);
                let row = reader.u64()?;
                let kind = DeliveryKind::from_byte(reader.u8()?)?;
                let content = reader.take(kind.content_length())?;
                crate::bytes::zero_padding("delivered frame", reader.rest())?;
                Ok(Self::Delivered { row, kind, content })
            }
            TYPE_BALANCE => exactly("balance frame", body).map(|bytes| Self::Balance(u64::from_be_bytes(*bytes))),
            TYPE_ERROR => {
                let [code] = exactly("error frame", body)?;
                ErrorCode::from_byte(*code).map(Self::Error)
            }
            TYPE_PONG => exactly("pong frame", body).map(|number| Self::Pong(u64::from_be_bytes(*number))),
            value => Err(ParseError::UnknownType { what: "gateway frame", value }),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), ParseError> {
        match self {
            Self::Welcome(welcome) => {
                let mut body = Vec::with_capacity(40);
                body.extend_from_slice(&welcome.packets_per_second.to_be_bytes());
                body.extend_from_slice(&welcome.unconfirmed_rows.to_be_bytes());
                for number in [welcome.inbox_rows, welcome.inbox_bytes, welcome.inbox_seconds, welcome.balance] {
                    body.extend_from_slice(&number.to_be_bytes());
                }
                frames::put(out, TYPE_WELCOME, &[&body]);
            }
            Self::Delivered { row, kind, content } => {
                let expected = kind.content_length();
                if content.len() != expected {
                    return Err(ParseError::WrongLength { what: "delivery", actual: content.len(), expected });
                }
                let padding = [0; MAX_DELIVERY];
                let padding = padding.get(expected..).unwrap_or_default();
                frames::put(out, TYPE_DELIVERED, &[&row.to_be_bytes(), &[*kind as u8], content, padding]);
            }
            Self::Balance(bytes) => frames::put(out, TYPE_BALANCE, &[&bytes.to_be_bytes()]),
            Self::Error(code) => frames::put(out, TYPE_ERROR, &[&[*code as u8]]),
            Self::Pong(number) => frames::put(out, TYPE_PONG, &[&number.to_be_bytes()]),
        }
        Ok(())
    }
}

macro_rules! frame_iterator {
    ($(#[$doc:meta])* $name:ident, $frame:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name<'a> {
            plaintext: &'a [u8],
        }

        impl<'a> $name<'a> {
            /// Checks a decrypted message as a whole: a bad frame anywhere refuses all of it.
            pub fn parse(plaintext: &'a [u8]) -> Result<Self, ParseError> {
                frames::each(plaintext, |kind, body| $frame::parse(kind, body).map(|_| ()))?;
                Ok(Self { plaintext })
            }
        }

        impl<'a> Iterator for $name<'a> {
            type Item = $frame<'a>;

            fn next(&mut self) -> Option<Self::Item> {
                let (header, rest) = self.plaintext.split_first_chunk::<{ frames::HEADER }>()?;
                let length = usize::from(u16::from_be_bytes([header[1], header[2]]));
                let (body, rest) = rest.split_at_checked(length)?;
                self.plaintext = rest;
                $frame::parse(header[0], body).ok()
            }
        }
    };
}

frame_iterator!(
    /// The frames of one message of a client, already checked.
    ClientFrames,
    ClientFrame
);
frame_iterator!(
    /// The frames of one message of a gateway, already checked.
    GatewayFrames,
    GatewayFrame
);

/// What a client writes.
#[derive(Debug)]
pub struct ClientSender(pub(super) Sealer);

impl ClientSender {
    /// A message with one packet.
    pub fn send(&mut self, first_hop: &[u8; ADDRESS], packet: &[u8]) -> Result<Vec<u8>, SessionError> {
        let packet: &[u8; PACKET] = exactly("packet", packet)?;
        self.seal(|out| frames::put(out, TYPE_SEND, &[first_hop, packet]))
    }

    /// A message that confirms rows, at most [`CONFIRM_MAX`].
    pub fn confirm(&mut self, rows: &[u64]) -> Result<Vec<u8>, SessionError> {
        crate::bytes::in_range("rows to confirm", rows.len() as u64, 1, CONFIRM_MAX as u64)?;
        let body: Vec<u8> = rows.iter().flat_map(|row| row.to_be_bytes()).collect();
        self.seal(|out| frames::put(out, TYPE_CONFIRM, &[&body]))
    }

    /// A message that asks for a sign of life.
    pub fn ping(&mut self, number: u64) -> Result<Vec<u8>, SessionError> {
        self.seal(|out| frames::put(out, TYPE_PING, &[&number.to_be_bytes()]))
    }

    pub(super) fn authenticate(
        &mut self,
        identity: &identity::PublicKey,
        signature: &identity::Signature,
    ) -> Result<Vec<u8>, SessionError> {
        self.seal(|out| frames::put(out, TYPE_AUTHENTICATE, &[identity.as_bytes(), &signature.to_bytes()]))
    }

    fn seal(&mut self, frame: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, SessionError> {
        let mut out = Vec::new();
        frame(&mut out);
        self.0.seal_tail(&mut out, 0)?;
        Ok(out)
    }
}

/// What a gateway writes.
#[derive(Debug)]
pub struct GatewaySender(pub(super) Sealer);

/// Deliveries that fit one message.
const DELIVERIES_PER_MESSAGE: usize = MAX_PLAINTEXT / (frames::HEADER + DELIVERED);

impl GatewaySender {
    /// How many frames one message takes at most.
    pub const FRAMES: usize = DELIVERIES_PER_MESSAGE;

    /// One message with these frames, at most [`Self::FRAMES`].
    pub fn seal<'a>(&mut self, batch: impl IntoIterator<Item = GatewayFrame<'a>>) -> Result<Vec<u8>, SessionError> {
        let mut out = Vec::new();
        for frame in batch {
            frame.encode(&mut out)?;
        }
        self.0.seal_tail(&mut out, 0)?;
        Ok(out)
    }
}

/// What a client reads. After an error the session is dead.
#[derive(Debug)]
pub struct ClientReceiver(pub(super) Opener);

impl ClientReceiver {
    /// Decrypts one message of the gateway, in place.
    pub fn open<'a>(&mut self, message: &'a mut [u8]) -> Result<GatewayFrames<'a>, SessionError> {
        Ok(GatewayFrames::parse(self.0.open(message)?)?)
    }
}

/// What a gateway reads. After an error the session is dead.
#[derive(Debug)]
pub struct GatewayReceiver(pub(super) Opener);

impl GatewayReceiver {
    /// Decrypts one message of the client, in place.
    pub fn open<'a>(&mut self, message: &'a mut [u8]) -> Result<ClientFrames<'a>, SessionError> {
        Ok(ClientFrames::parse(self.0.open(message)?)?)
    }
}
