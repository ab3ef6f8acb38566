//! The base field of BLS12-381 for a machine that multiplies 64-bit integers and has no wider product.
//!
//! Fourteen signed limbs of 28 bits, Montgomery form with R = 2^392. Sums and differences need no carry: a product takes operands whose limbs are below
//! 2^29 in magnitude, which one addition or subtraction of products keeps (14 · 2^58 + 14 · 2^56 < 2^63). A product's value is between −p and 2p, and of
//! operands below 8p in magnitude as well, since R is more than 2^11 times p. Variable time: nothing here is secret.

const LIMBS: usize = 14;
const BITS: u32 = 28;
const MASK: i64 = (1 << BITS) - 1;

/// The prime, least significant word first.
const PRIME: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];
const P: [i64; LIMBS] = split(&PRIME);
/// −1/p modulo 2^28.
const INVERSE: i64 = {
    let mut inverse = 1u64;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub((P[0] as u64).wrapping_mul(inverse)));
        i += 1;
    }
    (inverse.wrapping_neg() & MASK as u64) as i64
};
const R: [i64; LIMBS] = split(&two_to(392));
const R_SQUARED: [i64; LIMBS] = split(&two_to(784));

/// An element.
#[derive(Clone, Copy)]
pub(crate) struct Fp([i64; LIMBS]);

/// Σ aᵢ·b₍ₖ₋ᵢ₎, one column of a product.
#[inline(always)]
fn column(a: &[i64; LIMBS], b: &[i64; LIMBS], k: usize) -> i64 {
    let mut sum = 0i64;
    let mut i = k.saturating_sub(LIMBS - 1);
    while i <= k && i < LIMBS {
        sum = sum.wrapping_add(a[i].wrapping_mul(b[k - i]));
        i += 1;
    }
    sum
}

/// The same of a square: `twice` is 2·a.
#[inline(always)]
fn column_of_square(a: &[i64; LIMBS], twice: &[i64; LIMBS], k: usize) -> i64 {
    let mut sum = 0i64;
    let mut i = k.saturating_sub(LIMBS - 1);
    while 2 * i < k {
        sum = sum.wrapping_add(twice[i].wrapping_mul(a[k - i]));
        i += 1;
    }
    if k.is_multiple_of(2) {
        sum = sum.wrapping_add(a[k / 2].wrapping_mul(a[k / 2]));
    }
    sum
}

/// Montgomery's reduction, column by column. The columns are written out so that every index is a constant.
macro_rules! reduced {
    ($column:expr) => {{
        let mut m = [0i64; LIMBS];
        let mut r = [0i64; LIMBS];
        let mut sum = 0i64;
        reduced!(@low $column, m, sum, 0 1 2 3 4 5 6 7 8 9 10 11 12 13);
        reduced!(@high $column, m, r, sum, 14 15 16 17 18 19 20 21 22 23 24 25 26);
        r[LIMBS - 1] = sum;
        Fp(r)
    }};
    (@low $column:expr, $m:ident, $sum:ident, $($k:literal)*) => {$(
        $sum = $sum.wrapping_add($column($k));
        let mut i = 0;
        while i < $k {
            $sum = $sum.wrapping_add($m[i].wrapping_mul(P[$k - i]));
            i += 1;
        }
        $m[$k] = $sum.wrapping_mul(INVERSE) & MASK;
        $sum = $sum.wrapping_add($m[$k].wrapping_mul(P[0])) >> BITS;
    )*};
    (@high $column:expr, $m:ident, $r:ident, $sum:ident, $($k:literal)*) => {$(
        $sum = $sum.wrapping_add($column($k));
        let mut i = $k - 13;
        while i < LIMBS {
            $sum = $sum.wrapping_add($m[i].wrapping_mul(P[$k - i]));
            i += 1;
        }
        $r[$k - 14] = $sum & MASK;
        $sum >>= BITS;
    )*};
}

impl Fp {
    pub(super) const ZERO: Self = Self([0; LIMBS]);
    pub(crate) const ONE: Self = Self(R);

    /// Reads 48 bytes, big endian; refuses what is not below the prime.
    pub(crate) fn decode(bytes: &[u8; 48]) -> Option<Self> {
        let words = words(bytes);
        (words.iter().rev().cmp(PRIME.iter().rev()) == core::cmp::Ordering::Less)
            .then(|| Self(split(&words)).mul(&Self(R_SQUARED)))
    }

    /// The canonical 48 bytes.
    pub(crate) fn encode(&self) -> [u8; 48] {
        let canonical = self.canonical();
        let mut bytes = [0; 48];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(canonical.iter().rev()) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    #[inline(never)]
    #[allow(unused_comparisons)]
    pub(crate) fn mul(&self, other: &Self) -> Self {
        let (a, b) = (self.0, other.0);
        reduced!(|k| column(&a, &b, k))
    }

    #[inline(never)]
    #[allow(unused_comparisons)]
    pub(super) fn square(&self) -> Self {
        let a = self.0;
        let mut twice = a;
        let mut i = 0;
        while i < LIMBS {
            twice[i] = a[i] << 1;
            i += 1;
        }
        reduced!(|k| column_of_square(&a, &twice, k))
    }

    /// A sum without carries.
    #[inline(always)]
    pub(super) fn add(&self, other: &Self) -> Self {
        let mut sum = self.0;
        let mut i = 0;
        while i < LIMBS {
            sum[i] = sum[i].wrapping_add(other.0[i]);
            i += 1;
        }
        Self(sum)
    }

    /// A difference without carries.
    #[inline(always)]
    pub(super) fn sub(&self, other: &Self) -> Self {
        let mut difference = self.0;
        let mut i = 0;
        while i < LIMBS {
            difference[i] = difference[i].wrapping_sub(other.0[i]);
            i += 1;
        }
        Self(difference)
    }

    /// The same value with limbs of 28 bits below the last.
    #[inline(always)]
    pub(super) fn carried(&self) -> Self {
        let mut limbs = self.0;
        let mut carry = 0i64;
        let mut i = 0;
        while i < LIMBS - 1 {
            let limb = limbs[i].wrapping_add(carry);
            limbs[i] = limb & MASK;
            carry = limb >> BITS;
            i += 1;
        }
        limbs[LIMBS - 1] = limbs[LIMBS - 1].wrapping_add(carry);
        Self(limbs)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.canonical() == [0; 6]
    }

    /// 1/x as x^(p−2); zero for zero.
    pub(crate) fn invert(&self) -> Self {
        let mut exponent = PRIME;
        exponent[0] -= 2;
        let mut power = Self::ONE;
        for bit in (0..381).rev() {
            power = power.square();
            if exponent[bit / 64] >> (bit % 64) & 1 == 1 {
                power = power.mul(self);
            }
        }
        power
    }

    /// Out of Montgomery's form, between 0 and p.
    fn canonical(&self) -> [u64; 6] {
        let mut one = [0; LIMBS];
        one[0] = 1;
        let mut value = self.mul(&Self(one)).carried();
        while value.0[LIMBS - 1] < 0 {
            value = value.add(&Self(P)).carried();
        }
        loop {
            let less = value.sub(&Self(P)).carried();
            if less.0[LIMBS - 1] < 0 {
                break;
            }
            value = less;
        }
        let mut words = [0u64; 6];
        for (i, limb) in value.0.iter().enumerate() {
            let (word, shift) = (i * 28 / 64, i * 28 % 64);
            words[word] |= (*limb as u64) << shift;
            if shift > 36 && word + 1 < 6 {
                words[word + 1] |= (*limb as u64) >> (64 - shift);
            }
        }
        words
    }
}

/// Whether y of a point is above (p − 1)/2, from its canonical bytes: the sign in a compressed encoding.
pub(super) fn is_larger_root(y: &[u8; 48]) -> bool {
    const HALF: [u64; 6] = [
        0xdcff_7fff_ffff_d555,
        0x0f55_ffff_58a9_ffff,
        0xb398_6950_7b58_7b12,
        0xb23b_a5c2_79c2_895f,
        0x258d_d3db_21a5_d66b,
        0x0d00_88f5_1cbf_f34d,
    ];
    words(y).iter().rev().cmp(HALF.iter().rev()) == core::cmp::Ordering::Greater
}

fn words(bytes: &[u8; 48]) -> [u64; 6] {
    core::array::from_fn(|i| u64::from_be_bytes(core::array::from_fn(|j| bytes[40 - 8 * i + j])))
}

const fn split(words: &[u64; 6]) -> [i64; LIMBS] {
    let mut limbs = [0; LIMBS];
    let mut i = 0;
    while i < LIMBS {
        let (word, shift) = (i * 28 / 64, i * 28 % 64);
        let mut value = words[word] >> shift;
        if shift > 36 && word + 1 < 6 {
            value |= words[word + 1] << (64 - shift);
        }
        limbs[i] = value as i64 & MASK;
        i += 1;
    }
    limbs
}

/// A power of two modulo the prime, by doubling.
const fn two_to(exponent: usize) -> [u64; 6] {
    let mut value = [1u64, 0, 0, 0, 0, 0];
    let mut round = 0;
    while round < exponent {
        let mut doubled = [0u64; 6];
        let mut carry = 0;
        let mut i = 0;
        while i < 6 {
            doubled[i] = value[i] << 1 | carry;
            carry = value[i] >> 63;
            i += 1;
        }
        // Twice a value below p is below 2^382: no carry is left.
        let mut reduced = [0u64; 6];
        let mut borrow = false;
        let mut i = 0;
        while i < 6 {
            let (difference, first) = doubled[i].overflowing_sub(PRIME[i]);
            let (difference, second) = difference.overflowing_sub(borrow as u64);
            reduced[i] = difference;
            borrow = first || second;
            i += 1;
        }
        value = if borrow { doubled } else { reduced };
        round += 1;
    }
    value
}
