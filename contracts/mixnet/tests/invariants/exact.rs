//! The reward model in exact fractions: another way to the same numbers.

use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};

use num_bigint::BigUint;

/// A fraction, not reduced: within one epoch it stays small enough.
#[derive(Clone, Debug)]
pub struct Exact(BigUint, BigUint);

impl Exact {
    pub fn ratio(numerator: impl Into<BigUint>, denominator: impl Into<BigUint>) -> Self {
        Self(numerator.into(), denominator.into())
    }

    pub fn whole(number: impl Into<BigUint>) -> Self {
        Self::ratio(number, 1u32)
    }

    /// Of a number in units of 10^-18.
    pub fn atomics(number: u128) -> Self {
        Self::ratio(number, 1_000_000_000_000_000_000u64)
    }

    pub fn min(self, other: Self) -> Self {
        if self.less(&other) {
            self
        } else {
            other
        }
    }

    pub fn less(&self, other: &Self) -> bool {
        &self.0 * &other.1 < &other.0 * &self.1
    }

    /// Whether two values differ by no more than a relative 10^-12 and an absolute 10^-12.
    pub fn is_close(&self, other: &Self) -> bool {
        let tolerance = Self::ratio(1u32, 1_000_000_000_000u64);
        let (low, high) = if self.less(other) { (self, other) } else { (other, self) };
        !(high.clone() * tolerance.clone() + tolerance).less(&(high.clone() - low.clone()))
    }
}

/// Binary digits after the point of a [`Sum`].
const DIGITS: u32 = 200;

/// What an account has, in the denom's unit. Fractions that were added up over two hundred steps would fill the memory: what is kept from
/// one step to the next is rounded down to 200 binary digits after the point, 10^42 times as fine as what the contract keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum(BigUint);

impl Sum {
    pub fn units(units: u128) -> Self {
        Self(BigUint::from(units) << DIGITS)
    }

    pub fn of(exact: &Exact) -> Self {
        Self((&exact.0 << DIGITS) / &exact.1)
    }

    pub fn exact(&self) -> Exact {
        Exact(self.0.clone(), BigUint::from(1u32) << DIGITS)
    }

    /// In units of 10^-18, rounded down.
    pub fn atomics(&self) -> u128 {
        u128::try_from((&self.0 * 1_000_000_000_000_000_000u64) >> DIGITS).unwrap()
    }

    /// Whether it is a whole number of units: then nothing was ever earned, or all of it was withdrawn.
    pub fn is_whole(&self) -> bool {
        ((&self.0 >> DIGITS) << DIGITS) == self.0
    }

    /// The part of it that falls to `part` of `whole`.
    pub fn shared(&self, part: &Self, whole: &Self) -> Self {
        Self(&self.0 * &part.0 / &whole.0)
    }
}

impl AddAssign<&Sum> for Sum {
    fn add_assign(&mut self, other: &Self) {
        self.0 += &other.0;
    }
}

impl SubAssign<&Sum> for Sum {
    fn sub_assign(&mut self, other: &Self) {
        self.0 -= &other.0;
    }
}

impl Add for Exact {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 * &other.1 + other.0 * &self.1, self.1 * other.1)
    }
}

impl Sub for Exact {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 * &other.1 - other.0 * &self.1, self.1 * other.1)
    }
}

impl Mul for Exact {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0, self.1 * other.1)
    }
}

impl Div for Exact {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self(self.0 * other.1, self.1 * other.0)
    }
}

/// What a reward is computed from.
pub struct Inputs {
    pub pool: Exact,
    pub supply: Exact,
    pub emission: Exact,
    pub alpha: Exact,
    pub factor: Exact,
    pub epochs: u32,
    pub rewarded: u32,
    pub active_seats: u32,
    pub saturation_size: u32,
    pub operator: Exact,
    pub delegates: Exact,
    pub margin: Exact,
    pub cost: Exact,
    pub performance: Exact,
    pub active: bool,
}

/// The operator's and the delegators' part of a node's reward.
pub fn reward(i: Inputs) -> (Exact, Exact) {
    let one = || Exact::whole(1u32);
    let zero = || Exact::whole(0u32);
    let k = Exact::whole(i.rewarded);
    let budget = i.pool * i.emission / Exact::whole(i.epochs);
    let saturation = i.supply / Exact::whole(i.saturation_size);
    let total_work = i.factor.clone() * Exact::whole(i.active_seats) + Exact::whole(i.rewarded - i.active_seats);
    let work = if i.active { i.factor } else { one() } / total_work;
    let all = i.operator.clone() + i.delegates.clone();
    let sigma = (all.clone() / saturation.clone()).min(one());
    let lambda = (i.operator.clone() / saturation).min(one());
    let whole = budget * i.performance.clone() * sigma * (work + i.alpha.clone() * lambda / k) / (one() + i.alpha);

    let cost = i.cost / Exact::whole(i.epochs) * i.performance;
    if !cost.less(&whole) || !zero().less(&i.delegates) {
        return (whole, zero());
    }
    let profit = whole.clone() - cost.clone();
    let share = i.margin.clone() + (one() - i.margin) * i.operator / all;
    let operator = cost + profit * share;
    (operator.clone(), whole - operator)
}
