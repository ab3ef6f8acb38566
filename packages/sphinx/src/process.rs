//! One hop: open a layer of the header, take one layer off the payload, in place.
//!
//! The steps are separate because callers must do things in between: look up the replay tag before
//! the header is opened, check next address and delay before the payload is touched.

use std::{ops::Range, time::Duration};

use x25519_dalek::StaticSecret;

use crate::{
    header::{self, SEALED_LEN},
    hop::Destination,
    keys::HopKeys,
    payload,
    sizes::{ALPHA_LEN, HEADER_LEN},
    Address, ProcessError,
};

/// What a header tells the hop that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Hold the packet for `delay`, then send it to `next`.
    Forward {
        /// The next hop.
        next: Address,
        /// How long to hold it, chosen by the sender: any value up to 2^64 − 1 nanoseconds.
        delay: Duration,
    },
    /// The packet ends here.
    Final(Destination),
}

/// What became of a packet in its own buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Processed {
    /// The buffer now holds the packet for the next hop, of the same length.
    Forward {
        /// The next hop.
        next: Address,
        /// How long to hold the packet.
        delay: Duration,
    },
    /// The buffer holds the plaintext.
    Final {
        /// What the header said.
        destination: Destination,
        /// Where in the buffer the plaintext lies.
        plaintext: Range<usize>,
    },
}

/// A header whose MAC was right: the instruction, and what the next hop needs.
#[derive(Clone, Debug)]
pub struct OpenedHeader {
    instruction: Instruction,
    next_sealed: [u8; SEALED_LEN],
}

impl HopKeys {
    /// Checks the header's MAC, version and flag. The packet is not changed.
    pub fn open_header(&self, packet: &[u8]) -> Result<OpenedHeader, ProcessError> {
        let sealed = packet
            .get(ALPHA_LEN..)
            .and_then(<[u8]>::first_chunk)
            .ok_or(ProcessError::WrongLength { len: packet.len() })?;
        let (instruction, next_sealed) = header::open(self, sealed)?;
        Ok(OpenedHeader { instruction, next_sealed })
    }
}

impl OpenedHeader {
    /// What this hop is to do with the packet.
    pub fn instruction(&self) -> &Instruction {
        &self.instruction
    }

    /// Takes one layer off the payload and, when the packet goes on, puts the next hop's header
    /// in place: a second X25519 multiplication and most of the symmetric work.
    ///
    /// `keys` and `packet` are those that the header was opened with. Fails only at the final hop,
    /// with [`ProcessError::BadPayload`]; the buffer then holds noise.
    pub fn advance(self, keys: &HopKeys, packet: &mut [u8]) -> Result<Processed, ProcessError> {
        let wrong_length = ProcessError::WrongLength { len: packet.len() };
        crate::PayloadSize::from_packet_len(packet.len()).ok_or(wrong_length)?;
        let (alpha, rest) = packet.split_first_chunk_mut::<ALPHA_LEN>().ok_or(wrong_length)?;
        let (sealed, body) = rest.split_first_chunk_mut::<SEALED_LEN>().ok_or(wrong_length)?;
        keys.payload_cipher().decrypt(body);

        match self.instruction {
            Instruction::Forward { next, delay } => {
                *alpha = keys.blind(alpha);
                *sealed = self.next_sealed;
                Ok(Processed::Forward { next, delay })
            }
            Instruction::Final(destination) => {
                let found = payload::find_plaintext(body).ok_or(ProcessError::BadPayload)?;
                let plaintext = HEADER_LEN + found.start..HEADER_LEN + found.end;
                Ok(Processed::Final { destination, plaintext })
            }
        }
    }
}

/// All steps of one hop at once, for callers without a replay table.
pub fn process(secret: &StaticSecret, packet: &mut [u8]) -> Result<Processed, ProcessError> {
    let keys = HopKeys::agree(secret, packet)?;
    keys.open_header(packet)?.advance(&keys, packet)
}
