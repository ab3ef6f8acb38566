//! Amounts of tokens with the SDK's rules: sorted, no duplicates, positive.

use crate::error::{AppError, INVALID_COINS};
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmwasm_std::Uint256;
use std::fmt;
use std::str::FromStr;

/// An amount of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coin {
    pub denom: String,
    pub amount: Uint256,
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

/// Amounts of several tokens, as the sender wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Coins(pub Vec<Coin>);

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, coin) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{coin}")?;
        }
        Ok(())
    }
}

/// Whether `denom` is a letter followed by 2 to 127 letters, digits or `/:._-`.
pub(crate) fn is_denom(denom: &str) -> bool {
    let bytes = denom.as_bytes();
    let rest = |b: &u8| b.is_ascii_alphanumeric() || b"/:._-".contains(b);
    (3..=128).contains(&bytes.len()) && bytes[0].is_ascii_alphabetic() && bytes.iter().skip(1).all(rest)
}

/// Parses an amount as the SDK does: decimal digits, at most 256 bits.
pub(crate) fn amount(text: &str) -> Option<Uint256> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits {
        Uint256::from_str(text).ok()
    } else {
        None
    }
}

/// Refuses amounts that the SDK's decoder cannot read as whole numbers.
pub(crate) fn check_numbers(coins: &[ProtoCoin]) -> Result<(), String> {
    for coin in coins {
        let digits = coin.amount.strip_prefix('-').unwrap_or(&coin.amount);
        if amount(digits).is_none() {
            return Err(format!("math/big: cannot unmarshal \"{}\" into a *big.Int", coin.amount));
        }
    }
    Ok(())
}

impl Coins {
    /// The coins of a decoded message; an amount that is no number is an error of decoding.
    pub(crate) fn from_proto(coins: &[ProtoCoin]) -> Result<Self, AppError> {
        let coin = |c: &ProtoCoin| {
            let amount = amount(&c.amount)
                .ok_or_else(|| AppError::new(INVALID_COINS, format_args!("{}{}", c.amount, c.denom)))?;
            Ok(Coin { denom: c.denom.clone(), amount })
        };
        Ok(Coins(coins.iter().map(coin).collect::<Result<_, AppError>>()?))
    }

    /// The coins of a message that is being decoded; text that is no number ends that.
    pub(crate) fn decode(coins: &[ProtoCoin]) -> Result<Self, String> {
        check_numbers(coins)?;
        // A negative amount is a number and fails later, with an error of its own.
        Ok(Coins::from_proto(coins).unwrap_or_default())
    }

    pub(crate) fn to_proto(&self) -> Vec<ProtoCoin> {
        let coin = |c: &Coin| ProtoCoin { denom: c.denom.clone(), amount: c.amount.to_string() };
        self.0.iter().map(coin).collect()
    }

    /// Parses `5unym,7unyx`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut coins = Vec::new();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, denom) = part.split_at(digits);
            match amount(number) {
                Some(amount) if is_denom(denom) => coins.push(Coin { denom: denom.to_owned(), amount }),
                _ => return Err(format!("'{part}' is not an amount such as 1000unym")),
            }
        }
        coins.sort_by(|a: &Coin, b: &Coin| a.denom.cmp(&b.denom));
        let coins = Coins(coins);
        match coins.validate() {
            Ok(()) => Ok(coins),
            Err(why) => Err(why),
        }
    }

    /// The SDK's rule for a set of coins: denoms valid, sorted and unique, amounts positive.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let mut last: Option<&str> = None;
        for coin in &self.0 {
            if !is_denom(&coin.denom) {
                return Err(format!("invalid denom: {}", coin.denom));
            }
            match last {
                Some(low) if coin.denom.as_str() < low => {
                    return Err(format!("denomination {} is not sorted", coin.denom))
                }
                Some(low) if coin.denom == low => return Err(format!("duplicate denomination {}", coin.denom)),
                _ => {}
            }
            if coin.amount.is_zero() {
                return Err(format!("coin {coin} amount is not positive"));
            }
            last = Some(&coin.denom);
        }
        Ok(())
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.iter().all(|c| c.amount.is_zero())
    }

    pub(crate) fn amount_of(&self, denom: &str) -> Uint256 {
        let found = self.0.iter().find(|c| c.denom == denom);
        found.map_or_else(Uint256::zero, |c| c.amount)
    }

    /// Adds one coin and keeps the set sorted; zero amounts vanish.
    pub(crate) fn add(&mut self, coin: &Coin) -> Result<(), AppError> {
        let overflow = |_| AppError::new(INVALID_COINS, format_args!("sum of {} overflows", coin.denom));
        match self.0.iter_mut().find(|c| c.denom == coin.denom) {
            Some(own) => own.amount = own.amount.checked_add(coin.amount).map_err(overflow)?,
            None => self.0.push(coin.clone()),
        }
        self.0.retain(|c| !c.amount.is_zero());
        self.0.sort_by(|a, b| a.denom.cmp(&b.denom));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn coins_are_parsed_and_sorted() {
        assert_eq!(Coins::parse("5unyx, 7unym").unwrap().to_string(), "7unym,5unyx");
    }

    #[test]
    fn malformed_coins_are_refused() {
        for text in ["unym", "5", "5u", "5unym,5unym", "0unym", "-5unym", "5 unym", "1.5unym"] {
            assert!(Coins::parse(text).is_err(), "{text}");
        }
    }
}
