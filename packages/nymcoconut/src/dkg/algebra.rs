//! Polynomials over the scalar field and their images in the groups.
//!
//! Shamir's evaluation points are the members' indices. Everything about public points may take variable time; secret polynomials are evaluated and
//! committed to in constant time.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::error::IndexError;
use crate::backend::{msm_g1, msm_g1_small, reduce, Field, FixedG1, G1Affine, Group, Scalar, G1, G2};

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

/// Σ λᵢ·Pᵢ with [`lagrange`]'s coefficients. Variable time, for public points.
///
/// Small indices have coefficients that are whole numbers of a few bits over one small denominator: a short sum. For 1, 2, 3, … the denominator is 1; else one
/// multiplication by its inverse follows.
///
/// # Errors
///
/// As [`lagrange`].
pub(crate) fn interpolate(indices: &[u16], points: &[G1Affine]) -> Result<G1, IndexError> {
    distinct(indices)?;
    let Some((whole, denominator)) = whole_coefficients(indices) else {
        return Ok(msm_g1(points, &lagrange(indices)?));
    };
    let sum = msm_g1_small(points, &whole);
    if denominator == Scalar::ONE {
        return Ok(sum);
    }
    let inverse = Option::<Scalar>::from(denominator.invert())
        .expect("only zero has no inverse, and the denominator is a number from 1 to 2^128");
    Ok(sum * inverse)
}

/// [`lagrange`]'s coefficients as whole numbers over the least common denominator, where 128 bits hold every step.
fn whole_coefficients(indices: &[u16]) -> Option<(Vec<Scalar>, Scalar)> {
    let mut fractions = Vec::with_capacity(indices.len());
    let mut common = 1u128;
    for &own in indices {
        let (mut numerator, mut denominator, mut negative) = (1u128, 1u128, false);
        for &other in indices.iter().filter(|&&other| other != own) {
            numerator = numerator.checked_mul(other.into())?;
            denominator = denominator.checked_mul(other.abs_diff(own).into())?;
            negative ^= other < own;
        }
        let divisor = gcd(numerator, denominator);
        fractions.push((numerator / divisor, denominator / divisor, negative));
        common = (common / gcd(common, denominator / divisor)).checked_mul(denominator / divisor)?;
    }
    let whole = |(numerator, denominator, negative): (u128, u128, bool)| {
        let size = reduce(&(common / denominator).checked_mul(numerator)?.to_le_bytes());
        Some(if negative { -size } else { size })
    };
    Some((fractions.into_iter().map(whole).collect::<Option<_>>()?, reduce(&common.to_le_bytes())))
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::{interpolate, lagrange, whole_coefficients};
    use crate::backend::{affine_g1, msm_g1, Field, Group, Scalar, G1};

    fn check(indices: &[u16]) {
        let points: Vec<G1> = (1..).map(|k: u64| G1::generator() * Scalar::from(k * k)).take(indices.len()).collect();
        let points = affine_g1(&points);
        let lambda = lagrange(indices).unwrap();
        assert_eq!(interpolate(indices, &points).unwrap(), msm_g1(&points, &lambda));
        if let Some((whole, denominator)) = whole_coefficients(indices) {
            for (lambda, whole) in lambda.iter().zip(whole) {
                assert_eq!(*lambda * denominator, whole);
            }
        }
    }

    #[test]
    fn members_in_a_row_need_no_denominator_and_scattered_ones_a_small_one() {
        let denominator = |indices: &[u16]| whole_coefficients(indices).unwrap().1;
        assert_eq!(denominator(&[1, 2, 3, 4, 5, 6, 7]), Scalar::ONE);
        assert_eq!(denominator(&[7]), Scalar::ONE);
        assert_eq!(denominator(&[1, 3]), Scalar::from(2));
        assert_eq!(denominator(&[1, 4, 6]), Scalar::from(5));
    }

    #[test]
    fn coefficients_beyond_128_bits_are_scalars() {
        let last: Vec<u16> = (0..10).map(|i| u16::MAX - i * 7).collect();
        assert!(whole_coefficients(&last).is_none());
        check(&last);
        // 34! is below 2^128 and 35! above.
        assert!(whole_coefficients(&Vec::from_iter(1..=34)).is_some());
        assert!(whole_coefficients(&Vec::from_iter(1..=35)).is_none());
        // More points than are added up one by one.
        for members in [17, 34, 35] {
            check(&Vec::from_iter(1..=members));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn interpolation_is_the_sum_with_lagranges_coefficients(
            indices in prop_oneof![
                prop::collection::hash_set(1..=40u16, 1..40),
                prop::collection::hash_set(1..=u16::MAX, 1..10),
            ],
        ) {
            check(&Vec::from_iter(indices));
        }
    }
}
