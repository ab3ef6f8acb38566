//! The small arithmetic against a curve library.
#![allow(clippy::unwrap_used)]

use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::field::{is_larger_root, Fp};
use super::point::{compress_all, digits, multiple, sum, sum_checked, Affine, Odd};
use super::verify::weights;
use crate::backend::{affine_g1, encode_scalar, random_scalar, G1Affine, Group, PrimeCurveAffine, Scalar, G1};

fn words(scalar: &Scalar) -> [u64; 4] {
    let bytes = encode_scalar(scalar);
    core::array::from_fn(|i| u64::from_le_bytes(core::array::from_fn(|j| bytes[8 * i + j])))
}

fn small(point: &G1Affine) -> Affine {
    Affine::decode(&point.to_uncompressed()).unwrap()
}

/// Directly against the curve library in Rust, whichever backend is chosen.
#[test]
fn multiples_are_those_of_another_library() {
    use bls12_381::{G1Affine, G1Projective, Scalar};

    let rng = &mut ChaCha20Rng::from_seed([3; 32]);
    let runs = std::env::var("NYM_COCONUT_RUNS").ok().and_then(|v| v.parse().ok()).unwrap_or(1_000usize).max(1_000);
    let random = |rng: &mut ChaCha20Rng| {
        let mut wide = [0; 64];
        rng.fill_bytes(&mut wide);
        Scalar::from_bytes_wide(&wide)
    };
    let mut scalars: Vec<Scalar> = (0..runs).map(|_| random(rng)).collect();
    // Around every edge of a window and of a word, from both ends of the group's order.
    for power in 0..255u64 {
        let power = (0..power).fold(Scalar::one(), |power, _| power.double());
        scalars.extend([power, power + Scalar::one(), power - Scalar::one(), -power]);
    }
    scalars.extend((1..=64).map(Scalar::from));
    scalars.retain(|scalar| *scalar != Scalar::zero());
    let mut point = G1Projective::generator() * random(rng);
    for scalar in scalars {
        point = point.double() + G1Projective::generator();
        let affine = G1Affine::from(point);
        let small = |point: &G1Affine| Affine::decode(&point.to_uncompressed()).unwrap();
        let expected = G1Affine::from(point * scalar);
        let bytes = scalar.to_bytes();
        let words = core::array::from_fn(|i| u64::from_le_bytes(core::array::from_fn(|j| bytes[8 * i + j])));
        let mut got = multiple(&small(&affine), &words).unwrap();
        if !got.is_regular() {
            // Close to the group's order equal or opposite points meet: the quick sum says so, and serials are shorter.
            assert_ne!(bytes[16..], [0; 16], "{scalar:?}");
            got = sum_checked(&[(&Odd::new(&small(&affine)), &digits(&words))]).unwrap();
        }
        assert!(got.equals(&small(&expected)), "{scalar:?}");
        assert!(!got.equals(&small(&-expected)), "{scalar:?}");
        assert_eq!(compress_all(&[got])[0], expected.to_compressed());
        assert_eq!(small(&affine).compressed(), &affine.to_compressed());
    }
    assert!(multiple(&Affine::decode(&G1Affine::generator().to_uncompressed()).unwrap(), &[0; 4]).is_none());
}

#[test]
fn the_field_has_one_encoding_of_each_element_and_its_laws_hold() {
    let rng = &mut ChaCha20Rng::from_seed([5; 32]);
    let prime: [u8; 48] = {
        let words: [u64; 6] = [
            0x1a01_11ea_397f_e69a,
            0x4b1b_a7b6_434b_acd7,
            0x6477_4b84_f385_12bf,
            0x6730_d2a0_f6b0_f624,
            0x1eab_fffe_b153_ffff,
            0xb9fe_ffff_ffff_aaab,
        ];
        words.map(u64::to_be_bytes).concat().try_into().unwrap()
    };
    let mut minus_one = prime;
    minus_one[47] -= 1;
    let mut above = prime;
    above[47] += 1;
    for refused in [prime, above, [0xff; 48]] {
        assert!(Fp::decode(&refused).is_none());
    }
    let minus = Fp::decode(&minus_one).unwrap();
    assert_eq!(minus.encode(), minus_one);
    assert_eq!(minus.square().encode(), Fp::ONE.encode());
    assert!(minus.add(&Fp::ONE).is_zero() && Fp::ZERO.invert().is_zero());
    assert!(is_larger_root(&minus_one) && !is_larger_root(&Fp::ONE.encode()) && !is_larger_root(&[0; 48]));
    let mut elements = vec![Fp::ZERO, Fp::ONE, minus];
    while elements.len() < 100 {
        let mut bytes = [0; 48];
        rng.fill_bytes(&mut bytes);
        bytes[0] &= 0x1f;
        if let Some(element) = Fp::decode(&bytes) {
            assert_eq!(element.encode(), bytes);
            elements.push(element);
        }
    }
    for triple in elements.windows(3) {
        let [a, b, c] = triple else { unreachable!() };
        assert_eq!(a.mul(b).encode(), b.mul(a).encode());
        assert_eq!(a.square().encode(), a.mul(a).encode());
        assert_eq!(a.mul(&b.add(c)).encode(), a.mul(b).add(&a.mul(c)).carried().encode());
        assert_eq!(a.add(b).sub(b).carried().encode(), a.encode());
        if !a.is_zero() {
            assert_eq!(a.mul(&a.invert()).encode(), Fp::ONE.encode());
        }
    }
}

#[test]
fn sums_are_the_libraries_also_where_equal_and_opposite_points_meet() {
    let rng = &mut ChaCha20Rng::from_seed([4; 32]);
    let point = affine_g1(&[G1::generator() * random_scalar(rng)])[0];
    let three = affine_g1(&[point * Scalar::from(3)])[0];
    let (one, other) = (Odd::new(&small(&point)), Odd::new(&small(&three)));
    // 3·P and 1·(3P) are equal when they meet in the last place: the quick sum says so, the checked one is right.
    let (a, b) = (digits(&[3, 0, 0, 0]), digits(&[1, 0, 0, 0]));
    let terms = [(&one, a.as_slice()), (&other, b.as_slice())];
    assert!(!sum(&terms).unwrap().is_regular());
    let expected = affine_g1(&[point * Scalar::from(6)])[0];
    assert!(sum_checked(&terms).unwrap().equals(&small(&expected)));
    // 3·P and −1·(3P), where −1 is 31 − 32: a sum of zero on the way.
    let minus = affine_g1(&[point * -Scalar::from(3)])[0];
    let minus = Odd::new(&small(&minus));
    let terms = [(&one, a.as_slice()), (&minus, b.as_slice())];
    assert!(sum_checked(&terms).is_none());
    for _ in 0..10 {
        let scalars: Vec<Scalar> = (0..3).map(|_| random_scalar(rng)).collect();
        let points = affine_g1(&scalars.iter().map(|s| G1::generator() * s).collect::<Vec<_>>());
        let tables: Vec<Odd> = points.iter().map(|p| Odd::new(&small(p))).collect();
        let digits: Vec<_> = scalars.iter().rev().map(|s| digits(&words(s))).collect();
        let terms: Vec<_> = tables.iter().zip(&digits).map(|(t, d)| (t, d.as_slice())).collect();
        let expected: G1 = points.iter().zip(scalars.iter().rev()).map(|(p, s)| *p * s).sum();
        assert!(sum(&terms).unwrap().equals(&small(&affine_g1(&[expected])[0])));
        assert!(sum_checked(&terms).unwrap().equals(&small(&affine_g1(&[expected])[0])));
    }
}

/// Computed elsewhere from the formula of docs/protocol/credentials.md.
#[test]
fn the_weights_of_a_batch_are_those_of_the_page() {
    let made = weights(&[1; 96], &[2; 96], &[3; 2 * 96], &[[4; 16], [5; 16]]);
    let of_the_page: [[u64; 2]; 2] =
        [[0x24f0_0653_8dfa_5e68, 0xbff4_ee5a_b83b_b030], [0x3c8c_c064_fe90_3eac, 0xa8c7_8ff2_f92f_9c07]];
    assert_eq!(made, of_the_page);
}

#[test]
fn points_off_the_curve_and_coordinates_above_the_prime_are_refused() {
    let good = G1Affine::generator().to_uncompressed();
    assert!(Affine::decode(&good).is_some());
    let mut off = good;
    off[95] ^= 1;
    assert!(Affine::decode(&off).is_none());
    assert!(Affine::decode(&[0; 96]).is_none());
    assert!(Affine::decode(&[0xff; 96]).is_none());
    let mut infinity = [0; 96];
    infinity[0] = 0x40;
    assert!(Affine::decode(&infinity).is_none());
}
