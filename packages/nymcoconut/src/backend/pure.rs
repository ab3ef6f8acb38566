//! The backend on `bls12_381`: Rust only, for machines without a C compiler and browsers.

use std::sync::OnceLock;

use bls12_381::hash_to_curve::{ExpandMsgXmd, HashToCurve};
pub use bls12_381::{Bls12, G1Affine, G1Projective as G1, G2Affine, G2Prepared, G2Projective as G2, Scalar};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::variable::{sum_vartime, sum_vartime_128, Endomorphism, Z};
use crate::contract::Fp;

shared_operations!();

/// The backend's name.
pub const NAME: &str = "pure";

/// Up to so many points, one chain of doublings is faster than buckets.
const FEW: usize = 16;

/// Hashes to G1 as RFC 9380 says for `BLS12381G1_XMD:SHA-256_SSWU_RO_`.
pub fn hash_to_g1(message: &[u8], domain: &[u8]) -> G1 {
    <G1 as HashToCurve<ExpandMsgXmd<sha2_09::Sha256>>>::hash_to_curve(message, domain)
}

/// Sum of multiples: public scalars only, as in the other backend.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g1(points: &[G1Affine], scalars: &[Scalar]) -> G1 {
    if points.len() <= FEW {
        return sum_vartime::<G1>(points, scalars);
    }
    crate::backend::fixed::buckets(points, scalars.iter().map(encode_scalar))
}

/// As [`msm_g1`], with scalars of 128 bits, little endian.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g1_128(points: &[G1Affine], scalars: &[[u8; 16]]) -> G1 {
    if points.len() <= FEW {
        return sum_vartime_128::<G1>(points, scalars);
    }
    crate::backend::fixed::buckets(points, scalars.iter().copied())
}

/// As [`msm_g1`], in G2.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g2(points: &[G2Affine], scalars: &[Scalar]) -> G2 {
    if points.len() <= FEW {
        return sum_vartime::<G2>(points, scalars);
    }
    crate::backend::fixed::buckets(points, scalars.iter().map(encode_scalar))
}

/// As [`msm_g1_128`], in G2.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g2_128(points: &[G2Affine], scalars: &[[u8; 16]]) -> G2 {
    if points.len() <= FEW {
        return sum_vartime_128::<G2>(points, scalars);
    }
    crate::backend::fixed::buckets(points, scalars.iter().copied())
}

impl crate::backend::fixed::AddMany for G1 {
    type Raw = G1Affine;

    fn raw(point: &G1Affine) -> G1Affine {
        *point
    }

    fn add_many(points: &[G1Affine]) -> G1 {
        points.iter().fold(G1::identity(), |sum, point| sum + point)
    }

    fn affine_many(points: &[Self]) -> Vec<G1Affine> {
        let mut affine = vec![G1Affine::identity(); points.len()];
        G1::batch_normalize(points, &mut affine);
        affine
    }

    fn pick(row: &[G1Affine], place: u8, negated: Choice) -> G1Affine {
        let mut point = row[0];
        for (i, entry) in (0u8..).zip(row).skip(1) {
            point.conditional_assign(entry, i.ct_eq(&place));
        }
        let other = -point;
        point.conditional_assign(&other, negated);
        point
    }
}

impl Endomorphism for G1 {
    fn times_z_squared(points: &[G1Affine]) -> Vec<G1Affine> {
        // Of the base and its multiple, so of every point and its multiple, the ratio of x.
        static BETA: OnceLock<Fp> = OnceLock::new();
        let beta = BETA.get_or_init(|| {
            let base = G1Affine::generator();
            let multiple = G1Affine::from(base * Scalar::from(Z).square());
            let x = |point: &G1Affine| point.to_uncompressed().first_chunk().and_then(Fp::decode).unwrap_or(Fp::ONE);
            x(&multiple).mul(&x(&base).invert())
        });
        let times = |point: &G1Affine| {
            let mut bytes = (-point).to_uncompressed();
            let x = bytes.first_chunk_mut()?;
            *x = Fp::decode(x)?.mul(beta).encode();
            Option::from(G1Affine::from_uncompressed_unchecked(&bytes))
        };
        // The identity has no coordinates, and is its own multiple; every other point has them.
        points.iter().map(|point| times(point).unwrap_or(*point)).collect()
    }
}

impl crate::backend::fixed::AddMany for G2 {
    type Raw = G2Affine;

    fn raw(point: &G2Affine) -> G2Affine {
        *point
    }

    fn add_many(points: &[G2Affine]) -> G2 {
        points.iter().fold(G2::identity(), |sum, point| sum + point)
    }

    fn affine_many(points: &[Self]) -> Vec<G2Affine> {
        let mut affine = vec![G2Affine::identity(); points.len()];
        G2::batch_normalize(points, &mut affine);
        affine
    }

    fn pick(row: &[G2Affine], place: u8, negated: Choice) -> G2Affine {
        let mut point = row[0];
        for (i, entry) in (0u8..).zip(row).skip(1) {
            point.conditional_assign(entry, i.ct_eq(&place));
        }
        let other = -point;
        point.conditional_assign(&other, negated);
        point
    }
}
