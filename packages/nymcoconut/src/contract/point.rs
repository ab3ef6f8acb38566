//! Points of G1 on the small field: y² = x³ + 4, Jacobian coordinates, multiples by signed windows. Variable time.

use alloc::vec;
use alloc::vec::Vec;

use super::field::{is_larger_root, Fp};

/// Digits of a window are odd and below 2^(WINDOW − 1) in magnitude.
const WINDOW: u32 = 5;
const TABLE: usize = 1 << (WINDOW - 2);

/// A point other than the identity whose coordinates are canonical and on the curve. Its subgroup is the host's to check.
#[derive(Clone)]
pub(super) struct Affine {
    x: Fp,
    y: Fp,
    compressed: [u8; 48],
}

impl Affine {
    /// Reads x and y, 48 bytes each, big endian; no flags, so there is no encoding of the identity.
    pub(super) fn decode(bytes: &[u8; 96]) -> Option<Self> {
        let (x_bytes, y_bytes): ([u8; 48], [u8; 48]) =
            (core::array::from_fn(|i| bytes[i]), core::array::from_fn(|i| bytes[48 + i]));
        let (x, y) = (Fp::decode(&x_bytes)?, Fp::decode(&y_bytes)?);
        let two = Fp::ONE.add(&Fp::ONE);
        let right = x.square().mul(&x).add(&two.add(&two)).carried();
        y.square().sub(&right).is_zero().then(|| Self { x, y, compressed: compress(x_bytes, &y_bytes) })
    }

    /// The compressed encoding.
    pub(super) fn compressed(&self) -> &[u8; 48] {
        &self.compressed
    }
}

fn compress(mut x: [u8; 48], y: &[u8; 48]) -> [u8; 48] {
    x[0] |= if is_larger_root(y) { 0xa0 } else { 0x80 };
    x
}

/// A point (X/Z², Y/Z³). `None` stands for the identity where a sum starts.
///
/// Additions do not look for equal or opposite points: they give Z = 0 then, and Z stays 0. Sums are asked for [`Jacobian::is_regular`] in the end.
#[derive(Clone)]
pub(super) struct Jacobian {
    x: Fp,
    y: Fp,
    z: Fp,
}

impl Jacobian {
    fn from_affine(point: &Affine) -> Self {
        Self { x: point.x, y: point.y, z: Fp::ONE }
    }

    #[inline(never)]
    fn double(&self) -> Self {
        let a = self.x.square();
        let b = self.y.square();
        let c = b.square();
        let d = self.x.add(&b).square().sub(&a).sub(&c);
        let d = d.add(&d).carried();
        let e = a.add(&a).add(&a).carried();
        let x = e.square().sub(&d).sub(&d).carried();
        let c4 = c.add(&c).add(&c).add(&c);
        let y = e.mul(&d.sub(&x)).sub(&c4).sub(&c4).carried();
        let yz = self.y.mul(&self.z);
        Self { x, y, z: yz.add(&yz).carried() }
    }

    #[inline(never)]
    fn add(&self, other: &Self) -> Self {
        let z1 = self.z.square();
        let z2 = other.z.square();
        let u1 = self.x.mul(&z2);
        let s1 = self.y.mul(&other.z).mul(&z2);
        let h = other.x.mul(&z1).sub(&u1).carried();
        let r = other.y.mul(&self.z).mul(&z1).sub(&s1).carried();
        let hh = h.square();
        let hhh = h.mul(&hh);
        let v = u1.mul(&hh);
        let x = r.square().sub(&hhh).sub(&v).sub(&v).carried();
        let y = r.mul(&v.sub(&x)).sub(&s1.mul(&hhh)).carried();
        Self { x, y, z: self.z.mul(&other.z).mul(&h) }
    }

    fn negate(&self) -> Self {
        Self { x: self.x, y: Fp::ZERO.sub(&self.y).carried(), z: self.z }
    }

    /// Whether no addition met equal or opposite points, so that this is what was to be computed.
    pub(super) fn is_regular(&self) -> bool {
        !self.z.is_zero()
    }

    /// Whether this is a given point.
    pub(super) fn equals(&self, other: &Affine) -> bool {
        let z2 = self.z.square();
        let z3 = z2.mul(&self.z);
        self.is_regular() && other.x.mul(&z2).sub(&self.x).is_zero() && other.y.mul(&z3).sub(&self.y).is_zero()
    }

    /// A sum that also gets equal and opposite points right; `None` is the identity.
    fn add_checked(&self, other: &Self) -> Option<Self> {
        let sum = self.add(other);
        if sum.is_regular() {
            return Some(sum);
        }
        if !self.is_regular() || !other.is_regular() {
            return None;
        }
        // Same x: equal, unless the difference of the y's says opposite.
        let left = self.y.mul(&other.z.square().mul(&other.z));
        let right = other.y.mul(&self.z.square().mul(&self.z));
        left.sub(&right).is_zero().then(|| self.double())
    }
}

/// The compressed encodings of points with one inversion.
pub(super) fn compress_all(points: &[Jacobian]) -> Vec<[u8; 48]> {
    let mut products = vec![Fp::ONE];
    for point in points {
        let last = products[products.len() - 1];
        products.push(last.mul(&point.z));
    }
    let mut inverse = products[products.len() - 1].invert();
    let mut compressed = vec![[0; 48]; points.len()];
    for (i, point) in points.iter().enumerate().rev() {
        let z = inverse.mul(&products[i]);
        inverse = inverse.mul(&point.z);
        let z2 = z.square();
        compressed[i] = compress(point.x.mul(&z2).encode(), &point.y.mul(&z2).mul(&z).encode());
    }
    compressed
}

/// 1, 3, 5 … 15 times a point.
pub(super) struct Odd([Jacobian; TABLE]);

impl Odd {
    pub(super) fn new(point: &Affine) -> Self {
        let one = Jacobian::from_affine(point);
        let two = one.double();
        let mut next = one;
        Self(core::array::from_fn(|_| {
            let this = next.clone();
            next = this.add(&two);
            this
        }))
    }

    fn get(&self, digit: i8) -> Jacobian {
        let point = &self.0[usize::from(digit.unsigned_abs() >> 1)];
        if digit < 0 {
            point.negate()
        } else {
            point.clone()
        }
    }
}

/// A multiple of a point.
pub(super) fn multiple(point: &Affine, scalar: &[u64; 4]) -> Option<Jacobian> {
    sum(&[(&Odd::new(point), &digits(scalar))])
}

/// Σ scalarᵢ·pointᵢ by interleaved windows (Straus): the doublings are shared. `None` is the identity.
pub(super) fn sum(terms: &[(&Odd, &[i8])]) -> Option<Jacobian> {
    sum_with(terms, |sum, point| Some(sum.add(point)))
}

/// As [`sum`], for sums in which equal or opposite points may meet.
pub(super) fn sum_checked(terms: &[(&Odd, &[i8])]) -> Option<Jacobian> {
    sum_with(terms, Jacobian::add_checked)
}

fn sum_with(terms: &[(&Odd, &[i8])], add: impl Fn(&Jacobian, &Jacobian) -> Option<Jacobian>) -> Option<Jacobian> {
    let length = terms.iter().map(|(_, digits)| digits.len()).max().unwrap_or(0);
    let mut sum: Option<Jacobian> = None;
    for i in (0..length).rev() {
        sum = sum.map(|sum| sum.double());
        for (table, digits) in terms {
            let digit = digits.get(i).copied().unwrap_or(0);
            if digit != 0 {
                let point = table.get(digit);
                sum = match &sum {
                    None => Some(point),
                    Some(sum) => add(sum, &point),
                };
            }
        }
    }
    sum
}

/// Signed digits, least significant first: each is zero or odd, and of five in a row at most one is not zero.
pub(super) fn digits(scalar: &[u64; 4]) -> Vec<i8> {
    let mut k = [scalar[0], scalar[1], scalar[2], scalar[3], 0];
    let mut digits = Vec::with_capacity(257);
    while k != [0; 5] {
        let mut digit = 0i8;
        if k[0] & 1 == 1 {
            let low = (k[0] & ((1 << WINDOW) - 1)) as i8;
            digit = if low >= 1 << (WINDOW - 1) { low - (1 << WINDOW) } else { low };
            let mut carry = digit.unsigned_abs() as u64;
            for word in &mut k {
                let (value, over) = if digit > 0 { word.overflowing_sub(carry) } else { word.overflowing_add(carry) };
                *word = value;
                carry = u64::from(over);
                if carry == 0 {
                    break;
                }
            }
        }
        digits.push(digit);
        for i in 0..4 {
            k[i] = k[i] >> 1 | k[i + 1] << 63;
        }
        k[4] >>= 1;
    }
    digits
}
