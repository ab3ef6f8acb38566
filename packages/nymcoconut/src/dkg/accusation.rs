//! An accusation: a fault of a dealing that needs no secret to be shown. It names the one place where to look.
//!
//! A contract that stores dealings and checks only their lengths learns of faults this way: whoever finds one says where, and the contract reads only
//! that value. A [`Board`](super::Board), which checks everything itself, has the accusations ready.

use super::dealing::{decode, other_constants, proof_holds, Flaw, Layout};
use super::error::MessageError;
use super::setup::Ceremony;
use super::wire::{Kind, Place, Reader, Writer};
use crate::backend::{decode_g1, decode_g2, decode_scalar, G1_BYTES, G2_BYTES};

/// Length of an accusation.
pub const ACCUSATION_BYTES: usize = 1 + 8 + 2 + 1 + 2 + 2;

/// What a dealer is accused of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Charge {
    /// The value at this place is not canonical, not in the subgroup or the identity.
    BadValue(Place),
    /// The proof of knowledge does not hold.
    BadProof,
    /// Two dealings with valid proofs have the same nonce R.
    RepeatedNonce {
        /// The other dealer.
        other: u16,
    },
    /// In a handover: a constant term that is not the dealer's old share.
    OtherConstant {
        /// The polynomial's number.
        polynomial: u8,
    },
}

/// An accusation, by anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accusation {
    /// Who is accused.
    pub dealer: u16,
    /// Of what.
    pub charge: Charge,
}

impl Accusation {
    /// The accusation of a dealing that has this flaw; `None` for flaws that a contract finds itself: length and head.
    pub fn of_flaw(dealer: u16, flaw: &Flaw) -> Option<Self> {
        let charge = match flaw {
            Flaw::Message(MessageError::Point { place } | MessageError::Scalar { place }) => Charge::BadValue(*place),
            Flaw::Message(_) => return None,
            Flaw::Proof => Charge::BadProof,
            Flaw::OtherConstant { polynomial } => Charge::OtherConstant { polynomial: *polynomial },
        };
        Some(Self { dealer, charge })
    }

    /// The bytes: kind 4 ‖ epoch ‖ dealer u16 ‖ charge u8 ‖ two numbers u16.
    pub fn to_bytes(&self, ceremony: &Ceremony) -> Vec<u8> {
        let (code, first, second) = match self.charge {
            Charge::BadValue(Place::Commitment { polynomial, coefficient }) => (1, u16::from(polynomial), coefficient),
            Charge::BadValue(Place::Masked { receiver, polynomial }) => (3, receiver, u16::from(polynomial)),
            Charge::BadValue(Place::Proof { number }) => (4, u16::from(number), 0),
            Charge::BadValue(Place::Nonce) => (2, 0, 0),
            // The other places are not in a dealing: the code of no charge, which nobody reads.
            Charge::BadValue(Place::Key | Place::SharedPoint | Place::Announced { .. }) => (0, 0, 0),
            Charge::BadProof => (5, 0, 0),
            Charge::RepeatedNonce { other } => (6, other, 0),
            Charge::OtherConstant { polynomial } => (7, u16::from(polynomial), 0),
        };
        let mut writer = Writer::new(Kind::Accusation, ceremony.plan().epoch(), ACCUSATION_BYTES);
        writer.u16(self.dealer).u8(code).u16(first).u16(second);
        writer.finish()
    }

    /// Reads an accusation.
    ///
    /// # Errors
    ///
    /// Anything but the one encoding of an accusation that is possible in this ceremony.
    pub fn decode(ceremony: &Ceremony, bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes, ACCUSATION_BYTES)?;
        reader.head(Kind::Accusation, ceremony.plan().epoch())?;
        let (dealer, code, first, second) = (reader.u16()?, reader.u8()?, reader.u16()?, reader.u16()?);
        let stranger = |index| MessageError::Stranger { index };
        let unused = |number: u16| {
            if number == 0 {
                Ok(())
            } else {
                Err(MessageError::Shape { what: "unused number", given: number, required: 0 })
            }
        };
        let nowhere = MessageError::Nowhere { first, second };
        let small = |number: u16| u8::try_from(number).map_err(|_| nowhere);
        let dealers = ceremony.plan().dealers();
        dealers.binary_search(&dealer).map_err(|_| stranger(dealer))?;
        let charge = match code {
            1 => Charge::BadValue(Place::Commitment { polynomial: small(first)?, coefficient: second }),
            2 => Charge::BadValue(Place::Nonce),
            3 => Charge::BadValue(Place::Masked { receiver: first, polynomial: small(second)? }),
            4 => Charge::BadValue(Place::Proof { number: small(first)? }),
            5 => Charge::BadProof,
            6 if first != dealer && dealers.binary_search(&first).is_ok() => Charge::RepeatedNonce { other: first },
            6 => return Err(stranger(first)),
            7 if ceremony.plan().old_group().is_some() => Charge::OtherConstant { polynomial: small(first)? },
            _ => return Err(MessageError::Code { what: "charge", given: code }),
        };
        if code == 2 || code == 5 {
            unused(first)?;
        }
        if code != 1 && code != 3 {
            unused(second)?;
        }
        let place = match charge {
            Charge::BadValue(place) => Some(place),
            Charge::OtherConstant { polynomial } => Some(Place::Commitment { polynomial, coefficient: 0 }),
            Charge::BadProof | Charge::RepeatedNonce { .. } => None,
        };
        if place.is_some_and(|place| Layout::of(ceremony).range(place).is_none()) {
            return Err(nowhere);
        }
        Ok(Self { dealer, charge })
    }

    /// Whether the accused is at fault: a function of the stored dealings alone.
    ///
    /// `dealing` is what the accused sent, `other` what the other dealer of a repeated nonce sent. A dealing whose bytes are not even readable is
    /// no evidence for charges that need its proof; accuse it of the bad value instead.
    pub fn judge(&self, ceremony: &Ceremony, dealing: &[u8], other: Option<&[u8]>) -> bool {
        match self.charge {
            Charge::BadValue(place) => bad_value(ceremony, place, dealing),
            Charge::BadProof => {
                decode(ceremony, self.dealer, dealing).is_ok_and(|decoded| !proof_holds(ceremony, &decoded, dealing))
            }
            Charge::RepeatedNonce { other: index } => {
                let nonce = |dealer: u16, bytes: &[u8]| {
                    decode(ceremony, dealer, bytes)
                        .ok()
                        .filter(|decoded| proof_holds(ceremony, decoded, bytes))
                        .map(|decoded| *decoded.nonce())
                };
                let Some(other) = other else { return false };
                index != self.dealer && nonce(self.dealer, dealing).is_some_and(|own| nonce(index, other) == Some(own))
            }
            Charge::OtherConstant { polynomial } => decode(ceremony, self.dealer, dealing)
                .is_ok_and(|decoded| other_constants(ceremony, &decoded).contains(&polynomial)),
        }
    }
}

fn bad_value(ceremony: &Ceremony, place: Place, dealing: &[u8]) -> bool {
    let layout = Layout::of(ceremony);
    let Some(bytes) = layout.range(place).and_then(|range| dealing.get(range)) else { return false };
    match bytes.len() {
        G1_BYTES => decode_g1(bytes, "point").is_err(),
        G2_BYTES => decode_g2(bytes, "point").is_err(),
        _ => decode_scalar(bytes, "scalar").is_err(),
    }
}
