//! Polynomials over the scalar field and their images in the groups.
//!
//! Shamir's evaluation points are the members' indices. Everything about public points may take variable time; secret polynomials are evaluated and
//! committed to in constant time.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::error::IndexError;
use crate::backend::{Field, FixedG1, Group, Scalar, G1, G2};

/// Multiples of G1's generator, in constant time.
pub(crate) fn base_g1(scalar: &Scalar) -> G1 {
    static TABLE: OnceLock<FixedG1> = OnceLock::new();
    TABLE.get_or_init(|| FixedG1::new(&G1::generator())).mul(scalar)
}

/// Multiples of G2's generator, in constant time.
pub(crate) fn base_g2(scalar: &Scalar) -> G2 {
    crate::params::g2().mul(scalar)
}

/// An evaluation point as a scalar.
pub(crate) fn point(index: u16) -> Scalar {
    Scalar::from(u64::from(index))
}

/// f(index) of coefficients, lowest first; in constant time for a given degree.
pub fn evaluate(coefficients: &[Scalar], index: u16) -> Scalar {
    let at = point(index);
    coefficients.iter().rev().fold(Scalar::ZERO, |sum, coefficient| sum * at + coefficient)
}

/// Σ indexᵏ·Cₖ: what a share's image must be when the commitments are right (Feldman, FOCS 1987; equation (1) in Gennaro, Jarecki, Krawczyk and
/// Rabin, EUROCRYPT '99, Figure 1).
///
/// Horner's rule with an index of 16 bits: per commitment one addition and as many doublings as the index has bits. Variable time, for public points.
pub fn evaluate_commitments<G: Group>(commitments: &[G], index: u16) -> G {
    commitments.iter().rev().fold(G::identity(), |sum, commitment| small_multiple(sum, index) + commitment)
}

fn small_multiple<G: Group>(base: G, factor: u16) -> G {
    let mut product = G::identity();
    for bit in (0..u16::BITS - factor.leading_zeros()).rev() {
        product = product.double();
        if factor >> bit & 1 == 1 {
            product += base;
        }
    }
    product
}

/// Lagrange's coefficients at 0 for these evaluation points, in their order: Σ λᵢ·f(i) = f(0) for every f of a degree below their number.
///
/// # Errors
///
/// No index at all, an index 0, an index twice.
pub fn lagrange(indices: &[u16]) -> Result<Vec<Scalar>, IndexError> {
    distinct(indices)?;
    let mut coefficients = Vec::with_capacity(indices.len());
    for (position, &index) in indices.iter().enumerate() {
        let own = point(index);
        let mut numerator = Scalar::ONE;
        let mut denominator = Scalar::ONE;
        for (other_position, &other) in indices.iter().enumerate() {
            if other_position != position {
                numerator *= point(other);
                denominator *= point(other) - own;
            }
        }
        let inverse = Option::<Scalar>::from(denominator.invert())
            .expect("only zero has no inverse, and no factor is zero: `distinct` refused indices that are equal");
        coefficients.push(numerator * inverse);
    }
    Ok(coefficients)
}

/// Refuses an empty list, an index 0 and an index twice.
pub(crate) fn distinct(indices: &[u16]) -> Result<(), IndexError> {
    if indices.is_empty() {
        return Err(IndexError::None);
    }
    let mut seen = BTreeSet::new();
    for &index in indices {
        if index == 0 {
            return Err(IndexError::Zero);
        }
        if !seen.insert(index) {
            return Err(IndexError::Twice { index });
        }
    }
    Ok(())
}
