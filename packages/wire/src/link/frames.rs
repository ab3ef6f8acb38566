//! Frames of a link and the two halves that write and read them.

use crate::bytes::{exactly, ParseError};
use crate::noise::stream::{self, StreamDecoder};
use crate::noise::{frames, CipherError, Opener, Sealer, MAX_PLAINTEXT};
use crate::sizes::{ACK_PACKET, PACKET};
use thiserror::Error;

const TYPE_PADDING: u8 = 0;
const TYPE_PACKET: u8 = 1;
const TYPE_ACK: u8 = 2;
const TYPE_PING: u8 = 3;
const TYPE_PONG: u8 = 4;

/// One frame between nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFrame<'a> {
    /// Bytes that mean nothing; all zero.
    Padding(u16),
    /// A packet of regular size.
    Packet(&'a [u8; PACKET]),
    /// An acknowledgement packet.
    Ack(&'a [u8; ACK_PACKET]),
    /// Asks for the same number back.
    Ping(u64),
    /// Answers a ping.
    Pong(u64),
}

/// Why a link ends.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkError {
    /// A message does not decrypt.
    #[error(transparent)]
    Cipher(#[from] CipherError),
    /// A message decrypts but is no sequence of frames.
    #[error(transparent)]
    Malformed(#[from] ParseError),
}

impl<'a> LinkFrame<'a> {
    /// A packet frame of either size.
    pub fn packet(bytes: &'a [u8]) -> Result<Self, ParseError> {
        if let Ok(ack) = bytes.try_into() {
            return Ok(Self::Ack(ack));
        }
        exactly("packet", bytes).map(Self::Packet)
    }

    /// Bytes on the link, before encryption.
    pub fn encoded_length(&self) -> usize {
        frames::HEADER
            + match self {
                Self::Padding(length) => usize::from(*length),
                Self::Packet(_) => PACKET,
                Self::Ack(_) => ACK_PACKET,
                Self::Ping(_) | Self::Pong(_) => 8,
            }
    }

    /// Appends the frame to a plaintext.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Padding(length) => frames::put(out, TYPE_PADDING, &[&vec![0; usize::from(*length)]]),
            Self::Packet(packet) => frames::put(out, TYPE_PACKET, &[packet.as_slice()]),
            Self::Ack(packet) => frames::put(out, TYPE_ACK, &[packet.as_slice()]),
            Self::Ping(number) => frames::put(out, TYPE_PING, &[&number.to_be_bytes()]),
            Self::Pong(number) => frames::put(out, TYPE_PONG, &[&number.to_be_bytes()]),
        }
    }

    fn parse(kind: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        match kind {
            TYPE_PADDING => {
                crate::bytes::zero_padding("padding frame", body)?;
                // The length came from a u16.
                Ok(Self::Padding(u16::try_from(body.len()).unwrap_or(u16::MAX)))
            }
            TYPE_PACKET => exactly("packet frame", body).map(Self::Packet),
            TYPE_ACK => exactly("ack frame", body).map(Self::Ack),
            TYPE_PING => exactly("ping frame", body).map(|number| Self::Ping(u64::from_be_bytes(*number))),
            TYPE_PONG => exactly("pong frame", body).map(|number| Self::Pong(u64::from_be_bytes(*number))),
            value => Err(ParseError::UnknownType { what: "link frame", value }),
        }
    }
}

/// The frames of one message, already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkFrames<'a> {
    plaintext: &'a [u8],
}

impl<'a> LinkFrames<'a> {
    /// Checks a decrypted message as a whole: a bad frame anywhere refuses all of it.
    pub fn parse(plaintext: &'a [u8]) -> Result<Self, ParseError> {
        frames::each(plaintext, |kind, body| LinkFrame::parse(kind, body).map(|_| ()))?;
        Ok(Self { plaintext })
    }
}

impl<'a> Iterator for LinkFrames<'a> {
    type Item = LinkFrame<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.plaintext.split_first_chunk::<{ frames::HEADER }>()?;
        let length = usize::from(u16::from_be_bytes([header[1], header[2]]));
        let (body, rest) = rest.split_at_checked(length)?;
        self.plaintext = rest;
        LinkFrame::parse(header[0], body).ok()
    }
}

/// The writing half of a link.
#[derive(Debug)]
pub struct LinkSender {
    sealer: Sealer,
}

impl LinkSender {
    pub(crate) fn new(sealer: Sealer) -> Self {
        Self { sealer }
    }

    /// Appends the frames to `out` as encrypted messages, as many to a message as fit (27 packets).
    ///
    /// One call per socket write: what is ready goes out together and costs one tag per 64 KiB.
    pub fn seal<'a>(
        &mut self,
        batch: impl IntoIterator<Item = LinkFrame<'a>>,
        out: &mut Vec<u8>,
    ) -> Result<(), LinkError> {
        let mut start = None;
        for frame in batch {
            let length = frame.encoded_length();
            if length > MAX_PLAINTEXT {
                return Err(CipherError::TooLong(length).into());
            }
            let begun = match start {
                Some(begun) if out.len() - begun + length <= MAX_PLAINTEXT => begun,
                Some(full) => {
                    self.finish(out, full)?;
                    stream::begin(out)
                }
                None => stream::begin(out),
            };
            start = Some(begun);
            frame.encode(out);
        }
        match start {
            Some(begun) => self.finish(out, begun),
            None => Ok(()),
        }
    }

    /// Appends a message without frames.
    pub(crate) fn seal_empty(&mut self, out: &mut Vec<u8>) -> Result<(), CipherError> {
        let start = stream::begin(out);
        self.sealer.seal_tail(out, start)?;
        stream::end(out, start);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), LinkError> {
        self.sealer.seal_tail(out, start)?;
        stream::end(out, start);
        Ok(())
    }
}

/// The reading half of a link. After an error the link is dead: close the connection.
#[derive(Debug)]
pub struct LinkReceiver {
    opener: Opener,
    stream: StreamDecoder,
}

impl LinkReceiver {
    pub(crate) fn new(opener: Opener) -> Self {
        Self { opener, stream: StreamDecoder::new() }
    }

    /// Adds what was read from the socket; drain [`Self::next_frames`] before the next call.
    pub fn push(&mut self, bytes: &[u8]) {
        self.stream.push(bytes);
    }

    /// Decrypts the next whole message, if one is there.
    pub fn next_frames(&mut self) -> Result<Option<LinkFrames<'_>>, LinkError> {
        match self.stream.next_message() {
            Some(message) => Ok(Some(LinkFrames::parse(self.opener.open(message)?)?)),
            None => Ok(None),
        }
    }
}
