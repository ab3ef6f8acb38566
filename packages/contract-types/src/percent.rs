//! A share between nothing and everything.

use std::fmt;
use std::str::FromStr;

use cosmwasm_schema::cw_schema::NodeType;
use cosmwasm_std::{Decimal, StdError, Uint128};
use nym_contract_runtime::json::{self, Parser, Read, Write};

/// A decimal between 0 and 1 with 18 digits; as JSON a string, "0.1" is 10 %. Larger values do not parse.
#[derive(
    serde::Serialize,
    serde::Deserialize,
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    cosmwasm_schema::schemars::JsonSchema,
    cosmwasm_schema::cw_schema::Schemaifier,
)]
#[serde(try_from = "Decimal", into = "Decimal")]
#[schemars(crate = "cosmwasm_schema::schemars", with = "Decimal")]
#[schemaifier(crate = "cosmwasm_schema::cw_schema", mute_warnings, type = NodeType::Decimal { precision: 128, signed: false })]
pub struct Percent(Decimal);

impl Percent {
    /// Nothing.
    pub const fn zero() -> Self {
        Self(Decimal::zero())
    }

    /// Everything, 1.
    pub const fn hundred() -> Self {
        Self(Decimal::one())
    }

    /// Whole percents; values above 100 are refused.
    pub fn from_percentage(percents: u64) -> Result<Self, StdError> {
        Self::try_from(Decimal::percent(percents))
    }

    /// Ten-thousandths; values above 10,000 are refused.
    pub fn from_basis_points(points: u16) -> Result<Self, StdError> {
        Self::try_from(Decimal::bps(u64::from(points)))
    }

    /// Ten-thousandths, rounded down.
    pub fn basis_points(self) -> u16 {
        let points = self.0.atomics().u128() / 100_000_000_000_000;
        u16::try_from(points).unwrap_or(10_000)
    }

    /// The value as a decimal.
    pub const fn value(self) -> Decimal {
        self.0
    }

    /// The value in units of 10^-18.
    pub const fn atomics(self) -> Uint128 {
        self.0.atomics()
    }
}

impl TryFrom<Decimal> for Percent {
    type Error = StdError;

    fn try_from(value: Decimal) -> Result<Self, Self::Error> {
        if value > Decimal::one() {
            return Err(StdError::msg(format!("{value} is above 1, which is 100 %")));
        }
        Ok(Self(value))
    }
}

impl Read for Percent {
    fn empty() -> Self {
        Self::zero()
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), json::Error> {
        let mut value = Decimal::zero();
        value.read(parser)?;
        *self = Self::try_from(value).map_err(|_| json::Error::out_of_range())?;
        Ok(())
    }
}

impl Write for Percent {
    fn write(&self, text: &mut Vec<u8>) {
        self.0.write(text);
    }
}

impl From<Percent> for Decimal {
    fn from(value: Percent) -> Self {
        value.0
    }
}

impl FromStr for Percent {
    type Err = StdError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::try_from(Decimal::from_str(s)?)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Percent;

    #[test]
    fn json_is_a_decimal_string_up_to_one() {
        assert_eq!(serde_json::to_string(&Percent::from_percentage(10).unwrap()).unwrap(), "\"0.1\"");
        assert_eq!(serde_json::from_str::<Percent>("\"1\"").unwrap(), Percent::hundred());
        assert!(serde_json::from_str::<Percent>("\"1.000000000000000001\"").is_err());
        assert!(serde_json::from_str::<Percent>("\"-0.1\"").is_err());
    }

    #[test]
    fn basis_points_round_down() {
        assert_eq!("0.97569".parse::<Percent>().unwrap().basis_points(), 9_756);
        assert_eq!(Percent::hundred().basis_points(), 10_000);
        assert_eq!(Percent::from_basis_points(9_756).unwrap().basis_points(), 9_756);
        assert!(Percent::from_basis_points(10_001).is_err());
    }
}
