//! Multiples of points that are new: a comb for one point and several secret scalars, and sums of multiples in one chain of doublings.

use ff::PrimeField;
use group::{prime::PrimeCurveAffine, Curve, Group};
use subtle::Choice;

use super::fixed::{digits, limbs, order, AddMany};

const TEETH: usize = 5;
// 5 · 51 bits: every scalar is below 2^255.
const SPACING: usize = 51;
const ENTRIES: usize = 1 << (TEETH - 1);

/// One point that is multiplied by a few secret scalars, in constant time.
///
/// Lim and Lee's comb ("More flexible exponentiation with precomputation", CRYPTO '94; Algorithm 3.44 in Hankerson, Menezes and Vanstone,
/// "Guide to Elliptic Curve Cryptography") with digits of ±1 for every bit, so that none is skipped: a third faster for three multiples
/// than three times the curve's own multiplication.
#[derive(Clone)]
pub struct Comb<G: Curve> {
    // B₄ ± B₃ ± B₂ ± B₁ ± B₀ with Bᵢ = 2^(51 i) times the point; bit j of the place is set where Bⱼ is added.
    row: Vec<G::AffineRepr>,
}

impl<G> Comb<G>
where
    G: AddMany + Group,
    G::Scalar: PrimeField<Repr = [u8; 32]>,
    G::AffineRepr: PrimeCurveAffine<Curve = G, Scalar = G::Scalar>,
{
    /// Makes the table, of 16 points.
    pub fn new(point: &G) -> Self {
        let mut bases = [*point; TEETH];
        for i in 1..TEETH {
            bases[i] = (0..SPACING).fold(bases[i - 1], |multiple, _| multiple.double());
        }
        let mut sums = Vec::with_capacity(ENTRIES);
        sums.push(bases[..TEETH - 1].iter().fold(bases[TEETH - 1], |sum, base| sum - base));
        for base in &bases[..TEETH - 1] {
            let twice = base.double();
            for i in 0..sums.len() {
                sums.push(sums[i] + twice);
            }
        }
        Self { row: G::affine_many(&sums) }
    }

    /// A multiple, in constant time.
    pub fn mul(&self, scalar: &G::Scalar) -> G {
        let (bits, negated) = signs(scalar);
        let bit = |i: usize| (bits[i / 64] >> (i % 64)) as u8 & 1;
        let mut sum = G::identity();
        for i in (0..SPACING).rev() {
            let top = bit(i + SPACING * (TEETH - 1));
            let place = (0..TEETH - 1).fold(0, |place, j| place | ((bit(i + SPACING * j) ^ top ^ 1) << j));
            sum = sum.double();
            sum += G::pick(&self.row, place, Choice::from(top ^ 1));
        }
        let other = -sum;
        sum.conditional_assign(&other, negated);
        sum
    }
}

/// Bits of which each set one stands for 2^i and each other one for −2^i; and whether they make the negated scalar, which is done where the scalar is even.
fn signs<S: PrimeField<Repr = [u8; 32]>>(scalar: &S) -> ([u64; 4], Choice) {
    let k = limbs(&scalar.to_repr());
    let order = order::<S>();
    let even = core::hint::black_box((k[0] & 1).wrapping_sub(1));
    let mut odd = [0u64; 4];
    let mut borrow = 0;
    for i in 0..4 {
        let (difference, under) = order[i].overflowing_sub(k[i]);
        let (difference, again) = difference.overflowing_sub(borrow);
        borrow = u64::from(under | again);
        odd[i] = (difference & even) | (k[i] & !even);
    }
    // Σ ±2^i over 255 bits is 2·bits − (2^255 − 1), so bits = (odd − 1)/2 + 2^254.
    let mut bits = core::array::from_fn(|i| (odd[i] >> 1) | if i < 3 { odd[i + 1] << 63 } else { 0 });
    bits[3] |= 1 << 62;
    (bits, Choice::from((even & 1) as u8))
}

const WIDTH: usize = 5;
const DIGITS: usize = 52;

/// A sum of multiples of a few points, in constant time: one chain of doublings for all (Straus), odd digits of five bits.
pub fn sum<G>(points: &[G::AffineRepr], scalars: &[G::Scalar]) -> G
where
    G: AddMany + Group,
    G::Scalar: PrimeField<Repr = [u8; 32]>,
    G::AffineRepr: PrimeCurveAffine<Curve = G, Scalar = G::Scalar>,
{
    const ROW: usize = 1 << (WIDTH - 1);
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    let rows = odd_multiples::<G>(points, ROW);
    let mut recoded: Vec<[i8; DIGITS]> = Vec::with_capacity(scalars.len());
    scalars.iter().for_each(|scalar| recoded.push(digits::<_, WIDTH, DIGITS>(scalar)));
    let mut sum = G::identity();
    for i in (0..DIGITS).rev() {
        if i + 1 < DIGITS {
            sum = (0..WIDTH).fold(sum, |sum, _| sum.double());
        }
        for (row, digits) in rows.chunks_exact(ROW).zip(&recoded) {
            let sign = digits[i] >> 7;
            let place = (((digits[i] ^ sign) - sign) >> 1) as u8;
            sum += G::pick(row, place, Choice::from((sign & 1) as u8));
        }
    }
    super::erase(&mut recoded, [0; DIGITS]);
    sum
}

/// A sum of multiples of a few points, in variable time: public scalars only. `N` bytes each, little endian.
pub fn sum_vartime<G, const N: usize>(points: &[G::AffineRepr], scalars: &[[u8; N]]) -> G
where
    G: AddMany + Group,
    G::AffineRepr: PrimeCurveAffine<Curve = G>,
{
    const ROW: usize = 1 << (WIDTH - 2);
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    let rows = odd_multiples::<G>(points, ROW);
    let recoded: Vec<Vec<i8>> = scalars.iter().map(sparse_digits).collect();
    let mut sum = G::identity();
    for i in (0..=8 * N).rev() {
        sum = sum.double();
        for (row, digits) in rows.chunks_exact(ROW).zip(&recoded) {
            let digit = digits[i];
            let place = usize::from(digit.unsigned_abs() >> 1);
            match digit.signum() {
                1 => sum += row[place],
                -1 => sum -= row[place],
                _ => {}
            }
        }
    }
    sum
}

/// 1, 3, 5, … times each point.
fn odd_multiples<G>(points: &[G::AffineRepr], row: usize) -> Vec<G::AffineRepr>
where
    G: AddMany + Group,
    G::AffineRepr: PrimeCurveAffine<Curve = G>,
{
    let mut multiples: Vec<G> = Vec::with_capacity(points.len() * row);
    for point in points {
        let mut multiple = point.to_curve();
        let twice = multiple.double();
        for _ in 0..row {
            multiples.push(multiple);
            multiple += twice;
        }
    }
    G::affine_many(&multiples)
}

/// Non-adjacent form of width five: digits that are zero or odd, below 16 in size, at most one in five.
fn sparse_digits<const N: usize>(scalar: &[u8; N]) -> Vec<i8> {
    let byte = |i: usize| u16::from(scalar.get(i).copied().unwrap_or(0));
    let mut digits = vec![0; 8 * N + 1];
    let (mut at, mut carry) = (0, 0);
    while at <= 8 * N {
        let window = ((byte(at / 8) | (byte(at / 8 + 1) << 8)) >> (at % 8)) & 0x1f;
        let value = window + carry;
        if value & 1 == 0 {
            at += 1;
            continue;
        }
        carry = u16::from(value >= 16);
        digits[at] = value as i8 - if carry == 1 { 32 } else { 0 };
        at += WIDTH;
    }
    digits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

    use crate::backend::{
        affine_g1, affine_g2, encode_scalar, random_scalar, sum_of_multiples, CombG1, Field, Group, Scalar, G1, G2,
    };

    fn scalars(rng: &mut ChaCha20Rng) -> Vec<Scalar> {
        let power = |n| (0..n).fold(Scalar::ONE, |power, _| power + power);
        let mut all = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(2), -Scalar::from(2)];
        all.extend([power(51), power(204), power(254) - Scalar::ONE, Scalar::from(u64::MAX), -power(128)]);
        all.extend((0..40).map(|_| random_scalar(rng)));
        all
    }

    #[test]
    fn a_comb_gives_the_same_multiples_as_the_curve() {
        let rng = &mut ChaCha20Rng::from_seed([3; 32]);
        let point = G1::generator() * random_scalar(rng);
        let comb = CombG1::new(&point);
        for scalar in scalars(rng) {
            assert_eq!(comb.mul(&scalar), point * scalar);
        }
    }

    #[test]
    fn sums_in_one_chain_are_the_sums() {
        let rng = &mut ChaCha20Rng::from_seed([4; 32]);
        let scalars = scalars(rng);
        for count in [0, 1, 2, 3, 7] {
            for some in scalars.windows(count.max(1)).map(|some| &some[..count]) {
                let g1: Vec<G1> = some.iter().map(|_| G1::generator() * random_scalar(rng)).collect();
                let expected = g1.iter().zip(some).fold(G1::identity(), |sum, (p, s)| sum + *p * s);
                let affine = affine_g1(&g1);
                let bytes: Vec<[u8; 32]> = some.iter().map(encode_scalar).collect();
                assert_eq!(sum_of_multiples(&affine, some), expected);
                assert_eq!(super::sum_vartime::<G1, 32>(&affine, &bytes), expected);
            }
        }
        let (points, some) = ([G2::generator(), G2::generator().double()], &scalars[20..22]);
        let expected = points[0] * some[0] + points[1] * some[1];
        let bytes: Vec<[u8; 32]> = some.iter().map(encode_scalar).collect();
        assert_eq!(super::sum_vartime::<G2, 32>(&affine_g2(&points), &bytes), expected);
    }

    #[test]
    fn an_identity_or_a_point_twice_is_added_like_any_other() {
        let rng = &mut ChaCha20Rng::from_seed([5; 32]);
        let point = G1::generator();
        let points = affine_g1(&[point, point, G1::identity(), -point]);
        let scalar = random_scalar(rng);
        let all = [scalar, scalar, scalar, scalar];
        assert_eq!(sum_of_multiples(&points, &all), point * scalar);
        assert_eq!(super::sum_vartime::<G1, 32>(&points, &all.map(|s| encode_scalar(&s))), point * scalar);
    }
}
