//! Multiples of points that stay: a table of odd multiples for each six bits of the scalar.
//!
//! [`Fixed::mul`] is for secrets. The scalar is recoded into digits that are odd and never zero (Joye and Tunstall,
//! "Exponent recoding and regular exponentiation algorithms", AFRICACRYPT 2009, Algorithm 6, which takes odd scalars:
//! to an even one the group order is added), each digit's point is selected by reading the whole row, and the points
//! are added in an order that does not depend on them.

use ff::{Field, PrimeField};
use group::{prime::PrimeCurveAffine, Curve, Group};
use subtle::{Choice, ConditionallySelectable};

const WIDTH: usize = 6;
const ROW: usize = 1 << (WIDTH - 1);
// 43 digits of six bits hold 258 bits: any scalar plus the group order.
const DIGITS: usize = 43;

/// What a table needs of a backend beyond the usual operations.
pub trait AddMany: Curve + ConditionallySelectable {
    /// An affine point as the backend adds it.
    type Raw: Copy + Default;

    /// What [`AddMany::add_many`] takes.
    fn raw(point: &Self::AffineRepr) -> Self::Raw;

    /// The sum of affine points.
    ///
    /// The time may depend on whether two partial sums are equal or opposite, and on nothing else of the points.
    fn add_many(points: &[Self::Raw]) -> Self;

    /// Affine coordinates of many points with one inversion.
    fn affine_many(points: &[Self]) -> Vec<Self::AffineRepr>;

    /// The point at a place of a row of at most 32, or that point negated; reads the whole row, in constant time.
    fn pick(row: &[Self::AffineRepr], place: u8, negated: Choice) -> Self::AffineRepr;
}

/// Multiples of one point by table: 132 kB in G1, 264 kB in G2.
#[derive(Clone)]
pub struct Fixed<G: Curve> {
    // Row i holds 1, 3, 5, … 63 times 2^(6 i) times the point.
    rows: Vec<G::AffineRepr>,
}

impl<G> Fixed<G>
where
    G: AddMany + Group,
    G::Scalar: PrimeField<Repr = [u8; 32]>,
    G::AffineRepr: PrimeCurveAffine<Curve = G, Scalar = G::Scalar>,
{
    /// Makes the table.
    pub fn new(point: &G) -> Self {
        let mut base = *point;
        let mut multiples = Vec::with_capacity(DIGITS * ROW);
        for _ in 0..DIGITS {
            let twice = base.double();
            let mut multiple = base;
            for _ in 0..ROW {
                multiples.push(multiple);
                multiple += twice;
            }
            // The last multiple is 63; one more step made 65, and 65 - 1 is the next row's base.
            base = multiple - base;
        }
        Self { rows: G::affine_many(&multiples) }
    }

    /// The point itself.
    pub fn base(&self) -> G::AffineRepr {
        self.rows[0]
    }

    /// A multiple, in constant time.
    pub fn mul(&self, scalar: &G::Scalar) -> G {
        Self::sum(&[(self, scalar)])
    }

    /// A sum of multiples of several fixed points, in constant time.
    pub fn sum(terms: &[(&Self, &G::Scalar)]) -> G {
        let mut points = Vec::with_capacity(DIGITS * terms.len());
        for &(table, scalar) in terms {
            table.select(scalar, &mut points);
        }
        let sum = G::add_many(&points);
        // Which points were selected says what the scalars are.
        super::erase(&mut points, G::Raw::default());
        sum
    }

    /// A sum of multiples of several fixed points, in variable time: public scalars only.
    pub fn sum_vartime(terms: &[(&Self, &G::Scalar)]) -> G {
        let mut points = Vec::with_capacity(DIGITS * terms.len());
        for &(table, scalar) in terms {
            if bool::from(scalar.is_zero()) {
                continue;
            }
            for (row, digit) in table.rows.chunks_exact(ROW).zip(digits::<_, WIDTH, DIGITS>(scalar)) {
                let point = row[usize::from(digit.unsigned_abs() >> 1)];
                points.push(G::raw(&if digit < 0 { -point } else { point }));
            }
        }
        G::add_many(&points)
    }

    fn select(&self, scalar: &G::Scalar, points: &mut Vec<G::Raw>) {
        for (row, digit) in self.rows.chunks_exact(ROW).zip(digits::<_, WIDTH, DIGITS>(scalar)) {
            let sign = digit >> 7;
            let index = (((digit ^ sign) - sign) >> 1) as u8;
            points.push(G::raw(&G::pick(row, index, Choice::from((sign & 1) as u8))));
        }
    }
}

/// The scalar, or the scalar plus the group order where that is the odd one of the two, as odd digits:
/// Σ digit\[i\]·2^(WIDTH·i), each between 1 - 2^WIDTH and 2^WIDTH - 1.
pub(super) fn digits<S: PrimeField<Repr = [u8; 32]>, const WIDTH: usize, const DIGITS: usize>(
    scalar: &S,
) -> [i8; DIGITS] {
    let k = limbs(&scalar.to_repr());
    let order = order::<S>();
    // All ones where the scalar is even; the compiler must not know that it is one of two values, or it branches on it.
    let even = core::hint::black_box((k[0] & 1).wrapping_sub(1));
    let mut sum = [0u64; 5];
    let mut carry = 0u128;
    for i in 0..4 {
        carry += u128::from(k[i]) + u128::from(order[i] & even);
        sum[i] = carry as u64;
        carry >>= 64;
    }
    sum[4] = carry as u64;
    let mut out = [0i8; DIGITS];
    let mask = (1u64 << (WIDTH + 1)) - 1;
    for (i, digit) in out.iter_mut().enumerate() {
        let bit = i * WIDTH;
        let (limb, shift) = (bit / 64, bit % 64);
        // One bit more than the width, so that an odd digit can take its sign from the bit above it.
        let mut window = sum[limb] >> shift;
        if shift > 64 - (WIDTH + 1) && limb + 1 < sum.len() {
            window |= sum[limb + 1] << (64 - shift);
        }
        let window = (window & mask) | 1;
        *digit = if i + 1 == DIGITS { window as i8 } else { (window as i16 - (1 << WIDTH)) as i8 };
    }
    out
}

/// The group order.
fn order<S: PrimeField<Repr = [u8; 32]>>() -> [u64; 4] {
    let mut order = limbs(&(-S::ONE).to_repr());
    order[0] += 1;
    order
}

pub(super) fn limbs(bytes: &[u8; 32]) -> [u64; 4] {
    core::array::from_fn(|i| u64::from_le_bytes(core::array::from_fn(|j| bytes[8 * i + j])))
}

/// Sum of multiples by buckets of bytes (Pippenger), in variable time: public scalars only.
#[cfg(feature = "pure")]
pub(super) fn buckets<A, const N: usize>(points: &[A], scalars: impl ExactSizeIterator<Item = [u8; N]>) -> A::Curve
where
    A: PrimeCurveAffine,
{
    assert_eq!(points.len(), scalars.len(), "each point has one scalar");
    let scalars: Vec<[u8; N]> = scalars.collect();
    let window = if points.len() < 64 { 4 } else { 8 };
    let mut sum = A::Curve::identity();
    for i in (0..8 * N / window).rev() {
        for _ in 0..window {
            sum = sum.double();
        }
        let mut buckets = vec![A::Curve::identity(); (1 << window) - 1];
        for (point, scalar) in points.iter().zip(&scalars) {
            let bit = i * window;
            let digit = usize::from(scalar[bit / 8] >> (bit % 8)) & ((1 << window) - 1);
            if digit != 0 {
                buckets[digit - 1] += point;
            }
        }
        let mut running = A::Curve::identity();
        for bucket in buckets.iter().rev() {
            running += bucket;
            sum += running;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

    use crate::backend::{random_scalar, Field, FixedG1, FixedG2, Group, Scalar, G1, G2};

    #[test]
    fn a_table_gives_the_same_multiples_as_the_curve() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let (g1, g2) = (FixedG1::new(&G1::generator()), FixedG2::new(&G2::generator()));
        let edges = [
            Scalar::ZERO,
            Scalar::ONE,
            -Scalar::ONE,
            Scalar::from(2),
            Scalar::from(63),
            Scalar::from(64),
            -Scalar::from(64),
            Scalar::from(u64::MAX),
        ];
        for scalar in edges.into_iter().chain((0..40).map(|_| random_scalar(&mut rng))) {
            assert_eq!(g1.mul(&scalar), G1::generator() * scalar);
            assert_eq!(g2.mul(&scalar), G2::generator() * scalar);
            assert_eq!(FixedG1::sum_vartime(&[(&g1, &scalar)]), G1::generator() * scalar);
            assert_eq!(FixedG1::sum(&[(&g1, &scalar), (&g1, &scalar)]), G1::generator() * (scalar + scalar));
        }
    }
}
