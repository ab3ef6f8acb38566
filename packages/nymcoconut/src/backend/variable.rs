//! Multiples of points that are new: a comb for one point and several secret scalars, and sums of multiples in one chain of doublings.

use ff::PrimeField;
use group::{prime::PrimeCurveAffine, Curve, Group};
use subtle::Choice;

use super::fixed::{digits, limbs, AddMany};

const TEETH: usize = 5;
// 5 · 26 bits hold a half of a scalar, which has 128.
const SPACING: usize = 26;
const ENTRIES: usize = 1 << (TEETH - 1);

/// The curve's parameter without its sign. The group order is z⁴ − z² + 1.
pub const Z: u64 = 0xd201_0000_0001_0000;
const Z_SQUARED: u128 = Z as u128 * Z as u128;

/// What a comb needs of a group beyond tables.
pub trait Endomorphism: AddMany {
    /// z² times each point, all of them public and in the subgroup: (x, y) ↦ (β·x, −y) with a β other than 1 of which the cube is 1.
    fn times_z_squared(points: &[Self::AffineRepr]) -> Vec<Self::AffineRepr>;
}

/// One public point of the subgroup that is multiplied by a few secret scalars, in constant time.
///
/// Lim and Lee's comb ("More flexible exponentiation with precomputation", CRYPTO '94; Algorithm 3.44 in Hankerson, Menezes and Vanstone,
/// "Guide to Elliptic Curve Cryptography") with digits of ±1 for every bit, so that none is skipped; each scalar in two halves, the upper of which
/// multiplies z² times the point, known at once (Gallant, Lambert and Vanstone, CRYPTO 2001).
pub struct Comb<G: Curve> {
    lower: Teeth<G>,
    upper: Teeth<G>,
}

struct Teeth<G: Curve> {
    // B₄ ± B₃ ± B₂ ± B₁ ± B₀ with Bᵢ = 2^(26 i) times the point; bit j of the place is set where Bⱼ is added.
    row: Vec<G::AffineRepr>,
    // Twice the point, and the point.
    correction: [G::AffineRepr; 2],
}

impl<G> Teeth<G>
where
    G: Curve,
    G::AffineRepr: Copy,
{
    /// Takes the row's points, then twice the point, then the point.
    fn new(mut row: Vec<G::AffineRepr>) -> Self {
        let correction = [row[ENTRIES], row[ENTRIES + 1]];
        row.truncate(ENTRIES);
        Self { row, correction }
    }
}

impl<G> Comb<G>
where
    G: Endomorphism + Group,
    G::Scalar: PrimeField<Repr = [u8; 32]>,
    G::AffineRepr: PrimeCurveAffine<Curve = G, Scalar = G::Scalar>,
{
    /// Makes the tables, of 16 points each.
    pub fn new(point: &G) -> Self {
        let mut bases = [*point; TEETH];
        for i in 1..TEETH {
            bases[i] = (0..SPACING).fold(bases[i - 1], |multiple, _| multiple.double());
        }
        let mut points = Vec::with_capacity(ENTRIES + 2);
        points.push(bases[..TEETH - 1].iter().fold(bases[TEETH - 1], |sum, base| sum - base));
        for base in &bases[..TEETH - 1] {
            let twice = base.double();
            for i in 0..points.len() {
                points.push(points[i] + twice);
            }
        }
        points.extend([point.double(), *point]);
        let lower = G::affine_many(&points);
        let upper = G::times_z_squared(&lower);
        Self { lower: Teeth::new(lower), upper: Teeth::new(upper) }
    }

    /// The point itself.
    pub fn base(&self) -> G::AffineRepr {
        self.lower.correction[1]
    }

    /// A multiple, in constant time.
    pub fn mul(&self, scalar: &G::Scalar) -> G {
        // Only odd numbers have digits of ±1: one is added to an even half and two to an odd one, and then that many points are taken away. None of them is the
        // identity, of which a negation would take another time.
        let [lower, upper] = halves(scalar).map(|half| {
            let even = (half as u8 & 1) ^ 1;
            (half + 2 - u128::from(even), even)
        });
        let mut sum = G::identity();
        for i in (0..SPACING).rev() {
            sum = sum.double();
            for (teeth, (odd, _)) in [(&self.lower, lower), (&self.upper, upper)] {
                let (place, negated) = digit(odd, i);
                sum += G::pick(&teeth.row, place, negated);
            }
        }
        for (teeth, (_, even)) in [(&self.lower, lower), (&self.upper, upper)] {
            sum += G::pick(&teeth.correction, even, Choice::from(1));
        }
        sum
    }
}

/// What is left of a scalar, and how many times z² is taken out of it: both are below z². In constant time.
fn halves<S: PrimeField<Repr = [u8; 32]>>(scalar: &S) -> [u128; 2] {
    let [a, b, c, d] = limbs(&scalar.to_repr());
    let low = u128::from(a) | (u128::from(b) << 64);
    // Below 2^127, since the group order is below 2^255.
    let mut rest = u128::from(c) | (u128::from(d) << 64);
    let mut times = 0;
    for i in (0..128).rev() {
        let over = rest >> 127;
        rest = (rest << 1) | (low >> i & 1);
        let (less, under) = rest.overflowing_sub(Z_SQUARED);
        // One where z² fits; the compiler must not know that it is one of two values, or it branches on it.
        let fits = core::hint::black_box(over | u128::from(!under));
        rest ^= (rest ^ less) & fits.wrapping_neg();
        times = (times << 1) | fits;
    }
    [rest, times]
}

/// Which of its teeth a comb takes at a place, and whether negated: bits of which each set one stands for 2^i and each other one for −2^i make the odd number.
fn digit(odd: u128, i: usize) -> (u8, Choice) {
    // Σ ±2^i over 130 bits is 2·bits − (2^130 − 1), so bits = (odd − 1)/2 + 2^129.
    let bits = [odd >> 1, 2];
    let bit = |i: usize| (bits[i / 128] >> (i % 128)) as u8 & 1;
    let top = bit(i + SPACING * (TEETH - 1));
    let place = (0..TEETH - 1).fold(0, |place, j| place | ((bit(i + SPACING * j) ^ top ^ 1) << j));
    (place, Choice::from(top ^ 1))
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

/// A sum of multiples of a few points, in variable time: public scalars only. Small scalars, and small ones negated, take less.
pub fn sum_vartime<G>(points: &[G::AffineRepr], scalars: &[G::Scalar]) -> G
where
    G: AddMany + Group,
    G::Scalar: PrimeField<Repr = [u8; 32]>,
    G::AffineRepr: PrimeCurveAffine<Curve = G, Scalar = G::Scalar>,
{
    chain(points, scalars.iter().map(shorter_digits))
}

/// As [`sum_vartime`], with scalars of 128 bits, little endian.
pub fn sum_vartime_128<G>(points: &[G::AffineRepr], scalars: &[[u8; 16]]) -> G
where
    G: AddMany + Group,
    G::AffineRepr: PrimeCurveAffine<Curve = G>,
{
    chain(points, scalars.iter().map(sparse_digits))
}

/// One chain of doublings for all points, as long as the longest scalar.
fn chain<G>(points: &[G::AffineRepr], scalars: impl ExactSizeIterator<Item = Vec<i8>>) -> G
where
    G: AddMany + Group,
    G::AffineRepr: PrimeCurveAffine<Curve = G>,
{
    const ROW: usize = 1 << (WIDTH - 2);
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    let rows = odd_multiples::<G>(points, ROW);
    let scalars: Vec<Vec<i8>> = scalars.collect();
    let mut sum = G::identity();
    for i in (0..scalars.iter().map(Vec::len).max().unwrap_or(0)).rev() {
        sum = sum.double();
        for (row, digits) in rows.chunks_exact(ROW).zip(&scalars) {
            let digit = digits.get(i).copied().unwrap_or(0);
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

/// The digits of the scalar or, negated, of its negative: of the two the one that is the smaller number.
fn shorter_digits<S: PrimeField<Repr = [u8; 32]>>(scalar: &S) -> Vec<i8> {
    let (own, negative) = (scalar.to_repr(), (-*scalar).to_repr());
    if own.iter().rev().le(negative.iter().rev()) {
        return sparse_digits(&own);
    }
    sparse_digits(&negative).into_iter().map(|digit| -digit).collect()
}

/// Non-adjacent form of width five: digits that are zero or odd, below 16 in size, at most one in five; none after the last that is not zero.
fn sparse_digits<const N: usize>(scalar: &[u8; N]) -> Vec<i8> {
    let byte = |i: usize| u16::from(scalar.get(i).copied().unwrap_or(0));
    let mut digits = vec![0; 8 * N + 1];
    let (mut at, mut carry, mut length) = (0, 0, 0);
    while at <= 8 * N {
        let window = ((byte(at / 8) | (byte(at / 8 + 1) << 8)) >> (at % 8)) & 0x1f;
        let value = window + carry;
        if value & 1 == 0 {
            at += 1;
            continue;
        }
        carry = u16::from(value >= 16);
        digits[at] = value as i8 - if carry == 1 { 32 } else { 0 };
        length = at + 1;
        at += WIDTH;
    }
    digits.truncate(length);
    digits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

    use crate::backend::{
        affine_g1, affine_g2, random_scalar, sum_of_multiples, CombG1, Curve, Field, Group, PrimeField, Scalar, G1, G2,
    };

    fn scalars(rng: &mut ChaCha20Rng) -> Vec<Scalar> {
        let power = |n| (0..n).fold(Scalar::ONE, |power, _| power + power);
        let mut all = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(2), -Scalar::from(2)];
        all.extend([power(26), power(129), power(254) - Scalar::ONE, Scalar::from(u64::MAX), -power(128)]);
        // About z² and its double; −1 has the largest quotient, −2 the largest remainder.
        let z_squared = super::Z_SQUARED;
        let z_squared = Scalar::from((z_squared >> 64) as u64) * power(64) + Scalar::from(z_squared as u64);
        let near = |k: Scalar| [k - Scalar::ONE, k, k + Scalar::ONE];
        all.extend(near(z_squared).into_iter().chain(near(z_squared.double())));
        all.extend((0..40).map(|_| random_scalar(rng)));
        all
    }

    #[test]
    fn a_comb_gives_the_same_multiples_as_the_curve() {
        let rng = &mut ChaCha20Rng::from_seed([3; 32]);
        let point = G1::generator() * random_scalar(rng);
        let comb = CombG1::new(&point);
        assert_eq!(comb.base(), point.to_affine());
        for scalar in scalars(rng) {
            assert_eq!(comb.mul(&scalar), point * scalar);
        }
    }

    #[test]
    fn halves_make_the_scalar() {
        let rng = &mut ChaCha20Rng::from_seed([6; 32]);
        let small = |half: u128| {
            let mut bytes = [0; 32];
            bytes[..16].copy_from_slice(&half.to_le_bytes());
            Scalar::from_repr(bytes).unwrap()
        };
        for scalar in scalars(rng) {
            let [rest, times] = super::halves(&scalar);
            assert!(rest < super::Z_SQUARED);
            assert_eq!(small(rest) + small(times) * small(super::Z_SQUARED), scalar);
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
                assert_eq!(sum_of_multiples(&affine, some), expected);
                assert_eq!(super::sum_vartime::<G1>(&affine, some), expected);
            }
        }
        let (points, some) = ([G2::generator(), G2::generator().double()], &scalars[20..22]);
        let expected = points[0] * some[0] + points[1] * some[1];
        assert_eq!(super::sum_vartime::<G2>(&affine_g2(&points), some), expected);
    }

    #[test]
    fn an_identity_or_a_point_twice_is_added_like_any_other() {
        let rng = &mut ChaCha20Rng::from_seed([5; 32]);
        let point = G1::generator();
        let points = affine_g1(&[point, point, G1::identity(), -point]);
        let scalar = random_scalar(rng);
        let all = [scalar, scalar, scalar, scalar];
        assert_eq!(sum_of_multiples(&points, &all), point * scalar);
        assert_eq!(super::sum_vartime::<G1>(&points, &all), point * scalar);
        assert_eq!(CombG1::new(&G1::identity()).mul(&scalar), G1::identity());
    }
}
