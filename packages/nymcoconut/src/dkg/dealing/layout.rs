//! Where what stands in a dealing: all that a contract needs to read one value of it.

use std::ops::Range;

use crate::backend::{G1_BYTES, G2_BYTES, SCALAR_BYTES};
use crate::dkg::setup::Ceremony;
use crate::dkg::wire::Place;

/// Bytes before the commitments: kind 2, epoch u64, dealer u16, members n u16, threshold t u16, attributes u8.
pub(super) const HEAD_BYTES: usize = 1 + 8 + 2 + 2 + 2 + 1;

/// The places of a dealing's values.
///
/// Head ‖ x: t points of G2 ‖ y1, …: t points of G1 each ‖ z: t points of G2 ‖ R ‖ for each receiver, ascending: shares of x, y1, …, z ‖
/// proof: challenge, responses of x, y1, …, z and ρ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    threshold: usize,
    attributes: usize,
    receivers: Vec<u16>,
}

impl Layout {
    /// The layout of this ceremony's dealings.
    pub fn of(ceremony: &Ceremony) -> Self {
        Self {
            threshold: ceremony.threshold(),
            attributes: ceremony.plan().attributes(),
            receivers: ceremony.receivers().collect(),
        }
    }

    /// The length of every dealing.
    pub fn length(&self) -> usize {
        self.proof() + (self.polynomials() + 2) * SCALAR_BYTES
    }

    fn polynomials(&self) -> usize {
        self.attributes + 2
    }

    fn nonce(&self) -> usize {
        HEAD_BYTES + self.threshold * (2 * G2_BYTES + self.attributes * G1_BYTES)
    }

    fn masked(&self) -> usize {
        self.nonce() + G1_BYTES
    }

    /// Where the proof begins; it covers everything before.
    pub fn proof(&self) -> usize {
        self.masked() + self.receivers.len() * self.polynomials() * SCALAR_BYTES
    }

    /// The bytes of one value; `None` for a place that dealings don't have.
    pub fn range(&self, place: Place) -> Option<Range<usize>> {
        let (start, length) = match place {
            Place::Commitment { polynomial, coefficient } => {
                let (polynomial, coefficient) = (usize::from(polynomial), usize::from(coefficient));
                if coefficient >= self.threshold {
                    return None;
                }
                let before = HEAD_BYTES
                    + if polynomial == 0 { 0 } else { self.threshold * (G2_BYTES + (polynomial - 1) * G1_BYTES) };
                let size = match polynomial {
                    0 => G2_BYTES,
                    y if y <= self.attributes => G1_BYTES,
                    z if z == self.attributes + 1 => G2_BYTES,
                    _ => return None,
                };
                (before + coefficient * size, size)
            }
            Place::Nonce => (self.nonce(), G1_BYTES),
            Place::Masked { receiver, polynomial } => {
                let row = self.receivers.binary_search(&receiver).ok()?;
                let polynomial = usize::from(polynomial);
                if polynomial >= self.polynomials() {
                    return None;
                }
                (self.masked() + (row * self.polynomials() + polynomial) * SCALAR_BYTES, SCALAR_BYTES)
            }
            Place::Proof { number } => {
                let number = usize::from(number);
                if number > self.polynomials() + 1 {
                    return None;
                }
                (self.proof() + number * SCALAR_BYTES, SCALAR_BYTES)
            }
            Place::Key | Place::SharedPoint | Place::Announced { .. } => return None,
        };
        Some(start..start + length)
    }
}
