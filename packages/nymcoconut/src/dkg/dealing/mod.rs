//! A dealing: what one dealer contributes to the key, in one message for everybody.
//!
//! Commitments to x and z in G2 and to the y's in G1 (Feldman, FOCS 1987; step 1 of the protocol in Gennaro, Jarecki, Krawczyk and Rabin,
//! EUROCRYPT '99, Figure 1), an encryption nonce R = ρ·g1, the shares of every receiver masked with a hash of ρ·pk = sk·R, and one proof of
//! knowledge of all constant terms and of ρ. `deal` makes it, `check` decides whether everybody must refuse it, `open` is the receiver's side.

mod check;
mod deal;
mod layout;
mod open;

pub use check::Flaw;
pub use layout::Layout;
pub use open::Inbox;

pub(crate) use check::{decode, head, other_constants, proof_holds};

use super::commitments::Commitments;
use super::setup::{count_u16, Ceremony};
use super::wire::{Kind, Writer};
use crate::backend::{G1Affine, Scalar};

/// A dealing that everybody must accept unless a complaint shows a wrong share: decoded, its proof and constant terms checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealing {
    dealer: u16,
    commitments: Commitments,
    nonce: G1Affine,
    // A row for each receiver, ascending, of a scalar for each polynomial.
    masked: Vec<Vec<Scalar>>,
    // The challenge, a response for each polynomial, the response of the nonce.
    proof: Vec<Scalar>,
}

impl Dealing {
    /// Who dealt.
    pub fn dealer(&self) -> u16 {
        self.dealer
    }

    /// The commitments.
    pub fn commitments(&self) -> &Commitments {
        &self.commitments
    }

    /// R.
    pub fn nonce(&self) -> &G1Affine {
        &self.nonce
    }

    /// The masked shares of a row, in the order x, y1, …, z.
    pub(crate) fn masked(&self, row: usize) -> &[Scalar] {
        &self.masked[row]
    }

    /// The bytes, as [`Layout`] describes them.
    pub fn to_bytes(&self, ceremony: &Ceremony) -> Vec<u8> {
        let mut writer = self.unproved(ceremony);
        for scalar in &self.proof {
            writer.scalar(scalar);
        }
        writer.finish()
    }

    /// Everything before the proof.
    fn unproved(&self, ceremony: &Ceremony) -> Writer {
        let plan = ceremony.plan();
        let mut writer = Writer::new(Kind::Dealing, plan.epoch(), Layout::of(ceremony).length());
        writer.u16(self.dealer).u16(count_u16(plan.committee().size())).u16(count_u16(self.commitments.threshold()));
        writer.u8(plan.polynomials() - 2);
        self.commitments.write(&mut writer);
        writer.g1(&self.nonce);
        for scalar in self.masked.iter().flatten() {
            writer.scalar(scalar);
        }
        writer
    }
}
