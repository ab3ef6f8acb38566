//! The backend on blst: assembly for x86-64 and ARM.

use std::sync::OnceLock;

use ::blst::{blst_fp, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine, p1_affines, p2_affines, MultiPoint as _};
pub use blstrs::{Bls12, G1Affine, G1Projective as G1, G2Affine, G2Prepared, G2Projective as G2, Scalar};

use subtle::{Choice, ConditionallySelectable};

use super::variable::{sum_vartime, sum_vartime_128, Endomorphism, Z};

shared_operations!();

/// The backend's name.
pub const NAME: &str = "blst";

/// Up to so many points, one chain of doublings is faster than blst's buckets.
const FEW: usize = 16;

/// Hashes to G1 as RFC 9380 says for `BLS12381G1_XMD:SHA-256_SSWU_RO_`.
pub fn hash_to_g1(message: &[u8], domain: &[u8]) -> G1 {
    G1::hash_to_curve(message, domain, &[])
}

/// Sum of multiples, in variable time: public scalars only.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g1(points: &[G1Affine], scalars: &[Scalar]) -> G1 {
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    if points.len() <= FEW {
        return sum_vartime::<G1>(points, scalars);
    }
    let (points, scalars) =
        pick(points, scalars, |s| s.to_bytes_le(), |p: &G1Affine| (!bool::from(p.is_identity())).then(|| *p.as_ref()));
    sum_g1(&points, &scalars, 255)
}

/// As [`msm_g1`], with scalars of 128 bits, little endian.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g1_128(points: &[G1Affine], scalars: &[[u8; 16]]) -> G1 {
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    if points.len() <= FEW {
        return sum_vartime_128::<G1>(points, scalars);
    }
    let (points, scalars) =
        pick(points, scalars, |s| *s, |p: &G1Affine| (!bool::from(p.is_identity())).then(|| *p.as_ref()));
    sum_g1(&points, &scalars, 128)
}

/// As [`msm_g1`], in G2.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g2(points: &[G2Affine], scalars: &[Scalar]) -> G2 {
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    if points.len() <= FEW {
        return sum_vartime::<G2>(points, scalars);
    }
    let (points, scalars) =
        pick(points, scalars, |s| s.to_bytes_le(), |p: &G2Affine| (!bool::from(p.is_identity())).then(|| *p.as_ref()));
    sum_g2(&points, &scalars, 255)
}

/// As [`msm_g1_128`], in G2.
///
/// # Panics
/// When the two lists differ in length.
pub fn msm_g2_128(points: &[G2Affine], scalars: &[[u8; 16]]) -> G2 {
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    if points.len() <= FEW {
        return sum_vartime_128::<G2>(points, scalars);
    }
    let (points, scalars) =
        pick(points, scalars, |s| *s, |p: &G2Affine| (!bool::from(p.is_identity())).then(|| *p.as_ref()));
    sum_g2(&points, &scalars, 128)
}

/// Leaves out identities, which blst's tables cannot hold.
fn pick<P, S, R, const N: usize>(
    points: &[P],
    scalars: &[S],
    bytes: impl Fn(&S) -> [u8; N],
    raw: impl Fn(&P) -> Option<R>,
) -> (Vec<R>, Vec<u8>) {
    let mut kept = Vec::with_capacity(points.len());
    let mut multipliers = Vec::with_capacity(points.len() * N);
    for (point, scalar) in points.iter().zip(scalars) {
        if let Some(point) = raw(point) {
            kept.push(point);
            multipliers.extend_from_slice(&bytes(scalar));
        }
    }
    (kept, multipliers)
}

fn sum_g1(points: &[blst_p1_affine], scalars: &[u8], bits: usize) -> G1 {
    let mut sum = G1::identity();
    if !points.is_empty() {
        *sum.as_mut() = points.mult(scalars, bits);
    }
    sum
}

fn sum_g2(points: &[blst_p2_affine], scalars: &[u8], bits: usize) -> G2 {
    let mut sum = G2::identity();
    if !points.is_empty() {
        *sum.as_mut() = points.mult(scalars, bits);
    }
    sum
}

impl crate::backend::fixed::AddMany for G1 {
    type Raw = blst_p1_affine;

    fn raw(point: &G1Affine) -> blst_p1_affine {
        *point.as_ref()
    }

    fn add_many(points: &[blst_p1_affine]) -> G1 {
        let mut sum = G1::identity();
        if !points.is_empty() {
            *sum.as_mut() = points.add();
        }
        sum
    }

    fn affine_many(points: &[Self]) -> Vec<G1Affine> {
        // An identity has no inverse of Z and would spoil the shared one.
        if points.len() < 2 || points.iter().any(|p| p.is_identity().into()) {
            return points.iter().map(G1Affine::from).collect();
        }
        let raw: Vec<blst_p1> = points.iter().map(|p| *p.as_ref()).collect();
        let affine = p1_affines::from(&raw);
        let wrap = |raw: &blst_p1_affine| {
            let mut point = G1Affine::identity();
            *point.as_mut() = *raw;
            point
        };
        affine.as_slice().iter().map(wrap).collect()
    }

    fn pick(row: &[G1Affine], place: u8, negated: Choice) -> G1Affine {
        let masks = masks(place);
        let masks = core::hint::black_box(&masks);
        let (mut x, mut y) = ([0; 6], [0; 6]);
        for (mask, entry) in masks.iter().zip(row) {
            let from = entry.as_ref();
            gather(&mut x, &from.x.l, *mask);
            gather(&mut y, &from.y.l, *mask);
        }
        let mut picked = G1Affine::identity();
        (picked.as_mut().x.l, picked.as_mut().y.l) = (x, y);
        let other = -picked;
        picked.conditional_assign(&other, negated);
        picked
    }
}

impl Endomorphism for G1 {
    fn times_z_squared(points: &[G1Affine]) -> Vec<G1Affine> {
        // Of the base and its multiple, so of every point and its multiple, the ratio of x.
        static BETA: OnceLock<blst_fp> = OnceLock::new();
        let beta = *BETA.get_or_init(|| {
            let base = G1Affine::generator();
            let multiple = (base * Scalar::from(Z).square()).to_affine();
            // A generator's x is not zero.
            blst_fp::from(multiple.x() * base.x().invert().unwrap_or(base.x()))
        });
        let times = |point: &G1Affine| {
            let mut x = point.x();
            x *= &beta.into();
            G1Affine::from_raw_unchecked(x, -point.y(), false)
        };
        points.iter().map(times).collect()
    }
}

/// All ones at one place, zero at every other; whoever uses them passes them through `black_box`, so that the compiler does not
/// see that all but one are zero.
fn masks(place: u8) -> [u64; 32] {
    core::array::from_fn(|i| ((i as u64 ^ u64::from(place)).wrapping_sub(1) >> 63).wrapping_neg())
}

fn gather(to: &mut [u64; 6], from: &[u64; 6], mask: u64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to |= from & mask;
    }
}

impl crate::backend::fixed::AddMany for G2 {
    type Raw = blst_p2_affine;

    fn raw(point: &G2Affine) -> blst_p2_affine {
        *point.as_ref()
    }

    fn add_many(points: &[blst_p2_affine]) -> G2 {
        let mut sum = G2::identity();
        if !points.is_empty() {
            *sum.as_mut() = points.add();
        }
        sum
    }

    fn affine_many(points: &[Self]) -> Vec<G2Affine> {
        // An identity has no inverse of Z and would spoil the shared one.
        if points.len() < 2 || points.iter().any(|p| p.is_identity().into()) {
            return points.iter().map(G2Affine::from).collect();
        }
        let raw: Vec<blst_p2> = points.iter().map(|p| *p.as_ref()).collect();
        let affine = p2_affines::from(&raw);
        let wrap = |raw: &blst_p2_affine| {
            let mut point = G2Affine::identity();
            *point.as_mut() = *raw;
            point
        };
        affine.as_slice().iter().map(wrap).collect()
    }

    fn pick(row: &[G2Affine], place: u8, negated: Choice) -> G2Affine {
        let masks = masks(place);
        let masks = core::hint::black_box(&masks);
        let (mut x, mut y) = ([[0; 6]; 2], [[0; 6]; 2]);
        for (mask, entry) in masks.iter().zip(row) {
            let from = entry.as_ref();
            for part in 0..2 {
                gather(&mut x[part], &from.x.fp[part].l, *mask);
                gather(&mut y[part], &from.y.fp[part].l, *mask);
            }
        }
        let mut picked = G2Affine::identity();
        let to = picked.as_mut();
        for part in 0..2 {
            (to.x.fp[part].l, to.y.fp[part].l) = (x[part], y[part]);
        }
        let other = -picked;
        picked.conditional_assign(&other, negated);
        picked
    }
}
