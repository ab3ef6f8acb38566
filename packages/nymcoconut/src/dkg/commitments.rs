//! The public side of a dealing or of a group's key: commitments to the coefficients of x and z in G2 and of the y's in G1.
//!
//! x is never committed to in G1: with g1^x and g1^y public anybody signs anything. The types leave no room for it.

use super::algebra::{base_g1, base_g2, evaluate_commitments};
use super::error::MessageError;
use super::setup::count_u16;
use super::wire::{Place, Reader, Writer};
use crate::backend::{affine_g1, affine_g2, Curve, G1Affine, G2Affine, Scalar, G1, G1_BYTES, G2, G2_BYTES};

/// Commitments to all polynomials; coefficients lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitments {
    pub(crate) x: Vec<G2Affine>,
    pub(crate) y: Vec<Vec<G1Affine>>,
    pub(crate) z: Vec<G2Affine>,
}

/// The images of one member's shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberKey {
    /// αᵢ, the share of x in G2.
    pub alpha: G2Affine,
    /// β1ᵢⱼ, the shares of the y's in G1.
    pub beta: Vec<G1Affine>,
    /// The share of z in G2: the member's key for the beacon.
    pub beacon: G2Affine,
}

impl Commitments {
    /// Bytes of so many coefficients of so many polynomials.
    pub(crate) const fn length(threshold: usize, attributes: usize) -> usize {
        threshold * (2 * G2_BYTES + attributes * G1_BYTES)
    }

    /// Reads x, y1, … and z.
    pub(crate) fn read(reader: &mut Reader<'_>, threshold: usize, attributes: usize) -> Result<Self, MessageError> {
        let g2 = |reader: &mut Reader<'_>, polynomial: u8| {
            (0..count_u16(threshold))
                .map(|coefficient| reader.g2(Place::Commitment { polynomial, coefficient }))
                .collect::<Result<Vec<_>, _>>()
        };
        let x = g2(reader, 0)?;
        let mut y = Vec::with_capacity(attributes);
        let mut polynomial = 0;
        for _ in 0..attributes {
            polynomial += 1;
            let points =
                (0..count_u16(threshold)).map(|coefficient| reader.g1(Place::Commitment { polynomial, coefficient }));
            y.push(points.collect::<Result<Vec<_>, _>>()?);
        }
        let z = g2(reader, polynomial + 1)?;
        Ok(Self { x, y, z })
    }

    /// Writes x, y1, … and z.
    pub(crate) fn write(&self, writer: &mut Writer) {
        for point in &self.x {
            writer.g2(point);
        }
        for point in self.y.iter().flatten() {
            writer.g1(point);
        }
        for point in &self.z {
            writer.g2(point);
        }
    }

    /// Commits to polynomials in the order x, y1, …, z.
    pub(crate) fn commit(polynomials: &[Vec<crate::SecretScalar>]) -> Self {
        let g2 = |coefficients: &[crate::SecretScalar]| {
            affine_g2(&coefficients.iter().map(|c| base_g2(&c.expose())).collect::<Vec<_>>())
        };
        let g1 = |coefficients: &[crate::SecretScalar]| {
            affine_g1(&coefficients.iter().map(|c| base_g1(&c.expose())).collect::<Vec<_>>())
        };
        let (x, rest) = polynomials.split_first().expect("a plan has an attribute at least, hence x, y1 and z");
        let (z, y) = rest.split_last().expect("a plan has an attribute at least, hence x, y1 and z");
        Self { x: g2(x), y: y.iter().map(|coefficients| g1(coefficients)).collect(), z: g2(z) }
    }

    /// Number of coefficients.
    pub(crate) fn threshold(&self) -> usize {
        self.x.len()
    }

    /// The constant terms: the key that is committed to.
    pub fn constants(&self) -> MemberKey {
        MemberKey { alpha: self.x[0], beta: self.y.iter().map(|points| points[0]).collect(), beacon: self.z[0] }
    }

    /// The images of a member's shares, from public values alone.
    pub fn at(&self, index: u16) -> MemberKey {
        self.prepare().at(index)
    }

    /// In coordinates that many evaluations can share.
    pub(crate) fn prepare(&self) -> Prepared {
        let g2 = |points: &[G2Affine]| points.iter().map(G2::from).collect::<Vec<_>>();
        Prepared {
            x: g2(&self.x),
            y: self.y.iter().map(|points| points.iter().map(G1::from).collect()).collect(),
            z: g2(&self.z),
        }
    }

    /// The first polynomial whose share for this member does not fit its commitments; shares in the order x, y1, …, z.
    pub(crate) fn misfit(&self, index: u16, shares: &[Scalar]) -> Option<u8> {
        let key = self.at(index);
        let (x, rest) = shares.split_first()?;
        let (z, y) = rest.split_last()?;
        if base_g2(x).to_affine() != key.alpha {
            return Some(0);
        }
        for ((number, share), beta) in (1u8..).zip(y).zip(&key.beta) {
            if base_g1(share).to_affine() != *beta {
                return Some(number);
            }
        }
        (base_g2(z).to_affine() != key.beacon).then_some(u8::try_from(y.len()).unwrap_or(u8::MAX).saturating_add(1))
    }
}

/// Commitments in projective coordinates.
pub(crate) struct Prepared {
    pub(crate) x: Vec<G2>,
    pub(crate) y: Vec<Vec<G1>>,
    pub(crate) z: Vec<G2>,
}

impl Prepared {
    /// The images of a member's shares.
    pub(crate) fn at(&self, index: u16) -> MemberKey {
        MemberKey {
            alpha: evaluate_commitments(&self.x, index).to_affine(),
            beta: self.y.iter().map(|points| evaluate_commitments(points, index).to_affine()).collect(),
            beacon: evaluate_commitments(&self.z, index).to_affine(),
        }
    }

    /// Adds the commitments of another dealer.
    pub(crate) fn add(&mut self, other: &Commitments) {
        for (sum, point) in self.x.iter_mut().zip(&other.x).chain(self.z.iter_mut().zip(&other.z)) {
            *sum += point;
        }
        for (sums, points) in self.y.iter_mut().zip(&other.y) {
            for (sum, point) in sums.iter_mut().zip(points) {
                *sum += point;
            }
        }
    }

    /// Affine, as commitments are kept and written.
    pub(crate) fn finish(&self) -> Commitments {
        Commitments {
            x: affine_g2(&self.x),
            y: self.y.iter().map(|points| affine_g1(points)).collect(),
            z: affine_g2(&self.z),
        }
    }
}
