//! What a transaction costs: gas limit from simulation, fee from the price.

use std::{fmt, str::FromStr};

use cosmwasm_std::{Coin, Decimal, Uint256};
use serde::{Deserialize, Serialize};

use crate::error::ChainError;

/// Simulation runs up to a fifth low on a real chain; 1.3 is the least that works, 1.4 leaves room
/// for state that grew between simulation and execution.
pub const DEFAULT_GAS_ADJUSTMENT: f64 = 1.4;

/// Below this a simulated limit is known to be too small.
pub const MIN_GAS_ADJUSTMENT: f64 = 1.3;

/// Price of one unit of gas, written like `0.025unyx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GasPrice {
    /// Amount of the denom for one gas.
    pub amount: Decimal,
    /// Denom in which fees are paid.
    pub denom: String,
}

impl GasPrice {
    /// The fee for a gas limit, rounded up: a fee below the price is refused.
    pub fn fee(&self, gas_limit: u64) -> Fee {
        // 64 bits times 128 stay within 256.
        let amount = Uint256::from(gas_limit).mul_ceil(cosmwasm_std::Decimal256::from(self.amount));
        Fee { gas_limit, amount: Coin::new(amount, self.denom.clone()) }
    }
}

impl FromStr for GasPrice {
    type Err = ChainError;

    fn from_str(text: &str) -> Result<Self, ChainError> {
        let invalid = |reason: &str| ChainError::invalid(format!("gas price '{text}'"), reason);
        let split = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .ok_or_else(|| invalid("it has no denom; write it like 0.025unyx"))?;
        let (amount, denom) = text.split_at(split);
        let amount = Decimal::from_str(amount)
            .map_err(|_| invalid("it does not start with a number; write it like 0.025unyx"))?;
        if !valid_denom(denom) {
            return Err(invalid("the denom must be a letter followed by 2 to 127 letters, digits or /:._-"));
        }
        Ok(GasPrice { amount, denom: denom.to_owned() })
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

/// What a transaction may use and what is paid for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// Most gas it may use.
    pub gas_limit: u64,
    /// What is paid, used or not.
    pub amount: Coin,
}

impl fmt::Display for Fee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (gas limit {})", self.amount, self.gas_limit)
    }
}

/// The gas limit for a simulated amount: times the adjustment, at least [`MIN_GAS_ADJUSTMENT`].
pub fn gas_limit(simulated: u64, adjustment: f64) -> u64 {
    let adjustment =
        if adjustment.is_finite() { adjustment.clamp(MIN_GAS_ADJUSTMENT, 100.0) } else { DEFAULT_GAS_ADJUSTMENT };
    // Per mille in integers: the product of a u64 and a float would lose the low digits.
    let per_mille = (adjustment * 1000.0).ceil() as u128;
    let limit = (u128::from(simulated) * per_mille).div_ceil(1000);
    u64::try_from(limit).unwrap_or(u64::MAX)
}

/// Reads coins written like `5000000unym`, refusing what a chain would refuse.
pub fn parse_coin(text: &str) -> Result<Coin, ChainError> {
    let invalid = |reason: &str| ChainError::invalid(format!("amount '{text}'"), reason);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, denom) = text.split_at_checked(digits).unwrap_or(("", text));
    if amount.is_empty() {
        return Err(invalid("it does not start with a whole number; write it like 5000000unym"));
    }
    if denom.is_empty() {
        return Err(invalid("it has no denom; write it like 5000000unym"));
    }
    if !valid_denom(denom) {
        return Err(invalid("the denom must be a letter followed by 2 to 127 letters, digits or /:._-"));
    }
    let amount = amount.parse::<u128>().map_err(|_| invalid("the number is too large"))?;
    Ok(Coin::new(amount, denom))
}

fn valid_denom(denom: &str) -> bool {
    (3..=128).contains(&denom.len())
        && denom.starts_with(|c: char| c.is_ascii_alphabetic())
        && denom.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fee_is_rounded_up() {
        let price: GasPrice = "0.025unyx".parse().unwrap();

        assert_eq!(price.fee(100_001).amount.to_string(), "2501unyx");
        assert_eq!(price.fee(100_000).amount.to_string(), "2500unyx");
        assert_eq!(price.to_string(), "0.025unyx");
    }

    #[test]
    fn malformed_prices_are_refused_with_the_rule() {
        for (text, says) in [
            ("0.025", "no denom"),
            ("unyx", "start with a number"),
            ("1.2.3unyx", "number"),
            ("1 nyx", "denom"),
            ("0.1u", "denom"),
            ("", "denom"),
        ] {
            let error = text.parse::<GasPrice>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn malformed_amounts_are_refused_with_the_rule() {
        for (text, says) in [
            ("unym", "whole number"),
            ("-5unym", "whole number"),
            ("5", "no denom"),
            ("5.5unym", "denom"),
            ("5 unym", "denom"),
            ("340282366920938463463374607431768211456unym", "too large"),
            ("", "whole number"),
            ("5ünym", "denom"),
        ] {
            let error = parse_coin(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        assert_eq!(parse_coin("0unym").unwrap(), Coin::new(0u128, "unym"));
    }

    proptest! {
        #[test]
        fn gas_limit_never_falls_below_the_minimum(simulated in 0u64..u64::MAX, adjustment in any::<f64>()) {
            let limit = gas_limit(simulated, adjustment);
            prop_assert!(u128::from(limit) >= (u128::from(simulated) * 13 / 10).min(u128::from(u64::MAX)));
        }

        #[test]
        fn printed_coins_are_read_back(amount in any::<u128>(), denom in "[a-z][a-z0-9/]{2,20}") {
            let coin = Coin::new(amount, denom);
            prop_assert_eq!(parse_coin(&coin.to_string()).unwrap(), coin);
        }

        #[test]
        fn coin_parser_survives_any_text(text in ".{0,40}") {
            let _ = parse_coin(&text);
            let _ = text.parse::<GasPrice>();
        }
    }
}
