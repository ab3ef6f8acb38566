//! Strict reading and writing: every message has one length, one order and one encoding for each value.
//!
//! A message begins with its kind (u8) and the ceremony's number (u64); integers are big endian, scalars 32 bytes little endian and canonical, points
//! compressed, canonical, in the subgroup and never the identity.

use std::fmt;

use super::error::MessageError;
use crate::backend::{
    decode_g1, decode_g2, decode_scalar, encode_scalar, G1Affine, G2Affine, Scalar, G1_BYTES, G2_BYTES, SCALAR_BYTES,
};

/// First byte of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A receiver's key.
    Registration = 1,
    /// A dealing.
    Dealing = 2,
    /// A complaint about a wrong share.
    Complaint = 3,
    /// An accusation that needs no secret.
    Accusation = 4,
    /// A group's public polynomials.
    GroupKey = 5,
    /// A member's keys in G2.
    Announcement = 6,
}

/// Where in a message a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The receiver's key of a registration.
    Key,
    /// A coefficient's commitment; polynomials are numbered x = 0, y1 = 1, …, then z.
    Commitment {
        /// The polynomial's number.
        polynomial: u8,
        /// The coefficient, the constant term being 0.
        coefficient: u16,
    },
    /// The encryption nonce R.
    Nonce,
    /// A masked share.
    Masked {
        /// For whom.
        receiver: u16,
        /// The polynomial's number.
        polynomial: u8,
    },
    /// A scalar of a proof: the challenge is 0, the responses follow.
    Proof {
        /// Which one.
        number: u8,
    },
    /// The point of a complaint that opens the shares.
    SharedPoint,
    /// An announced key, counted from 1.
    Announced {
        /// Which one.
        number: u8,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => write!(f, "the receiver's key"),
            Self::Commitment { polynomial, coefficient } => {
                write!(f, "coefficient {coefficient} of polynomial {polynomial}")
            }
            Self::Nonce => write!(f, "the encryption nonce"),
            Self::Masked { receiver, polynomial } => {
                write!(f, "the masked share of polynomial {polynomial} for member {receiver}")
            }
            Self::Proof { number } => write!(f, "number {number} of the proof"),
            Self::SharedPoint => write!(f, "the shared point"),
            Self::Announced { number } => write!(f, "announced key {number}"),
        }
    }
}

/// Reads a message of known length.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    given: usize,
    required: usize,
}

impl<'a> Reader<'a> {
    /// Checks the length.
    pub(crate) fn new(bytes: &'a [u8], required: usize) -> Result<Self, MessageError> {
        let reader = Self { rest: bytes, given: bytes.len(), required };
        if bytes.len() == required {
            Ok(reader)
        } else {
            Err(reader.wrong_length())
        }
    }

    fn wrong_length(&self) -> MessageError {
        MessageError::Length { given: self.given, required: self.required }
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], MessageError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.wrong_length())?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MessageError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.wrong_length())?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A number of one byte.
    pub(crate) fn u8(&mut self) -> Result<u8, MessageError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// A number of two bytes.
    pub(crate) fn u16(&mut self) -> Result<u16, MessageError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A number of eight bytes.
    pub(crate) fn u64(&mut self) -> Result<u64, MessageError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Kind and ceremony, which must be these.
    pub(crate) fn head(&mut self, kind: Kind, epoch: u64) -> Result<(), MessageError> {
        self.kind(kind)?;
        let given = self.u64()?;
        if given == epoch {
            Ok(())
        } else {
            Err(MessageError::Epoch { given, required: epoch })
        }
    }

    /// The kind, which must be this.
    pub(crate) fn kind(&mut self, kind: Kind) -> Result<(), MessageError> {
        let given = self.u8()?;
        if given == kind as u8 {
            Ok(())
        } else {
            Err(MessageError::Kind { given, required: kind as u8 })
        }
    }

    /// The sender's index, which must be this.
    pub(crate) fn sender(&mut self, sender: u16) -> Result<(), MessageError> {
        let given = self.u16()?;
        if given == sender {
            Ok(())
        } else {
            Err(MessageError::Sender { given, required: sender })
        }
    }

    /// A scalar.
    pub(crate) fn scalar(&mut self, place: Place) -> Result<Scalar, MessageError> {
        decode_scalar(self.take(SCALAR_BYTES)?, "scalar").map_err(|_| MessageError::Scalar { place })
    }

    /// A point of G1.
    pub(crate) fn g1(&mut self, place: Place) -> Result<G1Affine, MessageError> {
        decode_g1(self.take(G1_BYTES)?, "point").map_err(|_| MessageError::Point { place })
    }

    /// A point of G2.
    pub(crate) fn g2(&mut self, place: Place) -> Result<G2Affine, MessageError> {
        decode_g2(self.take(G2_BYTES)?, "point").map_err(|_| MessageError::Point { place })
    }
}

/// Writes a message.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Starts with kind and ceremony.
    pub(crate) fn new(kind: Kind, epoch: u64, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.push(kind as u8);
        bytes.extend_from_slice(&epoch.to_be_bytes());
        Self(bytes)
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A number of one byte.
    pub(crate) fn u8(&mut self, number: u8) -> &mut Self {
        self.bytes(&[number])
    }

    /// A number of two bytes.
    pub(crate) fn u16(&mut self, number: u16) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    /// A scalar.
    pub(crate) fn scalar(&mut self, scalar: &Scalar) -> &mut Self {
        self.bytes(&encode_scalar(scalar))
    }

    /// A point of G1.
    pub(crate) fn g1(&mut self, point: &G1Affine) -> &mut Self {
        self.bytes(&point.to_compressed())
    }

    /// A point of G2.
    pub(crate) fn g2(&mut self, point: &G2Affine) -> &mut Self {
        self.bytes(&point.to_compressed())
    }

    /// The message.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}
