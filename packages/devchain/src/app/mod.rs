//! The application: accounts, balances and contracts over one state.
//!
//! [`App`] has no state of its own; every method works on the [`ctx::Ctx`] it is given.
//! The modules' handlers are `impl App` blocks in [`auth`], [`bank`] and [`crate::wasm`].

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod bank;
pub(crate) mod bech32;
pub(crate) mod coins;
pub(crate) mod ctx;
pub(crate) mod event;
pub(crate) mod gas;
pub(crate) mod msg;

use crate::error::Outcome;
use crate::wasm::vm::Vm;
use address::{Address, Codec};
use coins::Coins;
use cosmwasm_std::Checksum;
use ctx::Ctx;
use std::sync::{Mutex, PoisonError};

/// Module accounts that exist from the start.
const MODULES: [&str; 2] = [auth::FEE_COLLECTOR, "distribution"];

/// The rules of the chain and what runs its contracts.
#[derive(Debug)]
pub(crate) struct App {
    pub codec: Codec,
    pub vm: Vm,
    /// Least price of gas that a transaction must offer; enforced before it enters a block.
    pub gas_prices: Vec<(String, GasPrice)>,
    /// Codes stored by the running block, not yet on disk. At most one for each message.
    codes: Mutex<Vec<(Checksum, Vec<u8>)>>,
}

/// A price of gas in billionths of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GasPrice(u128);

impl GasPrice {
    /// Parses a decimal number such as `0.025`.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 9 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let fraction: u128 = format!("{fraction:0<9}").parse().ok()?;
        let whole: u64 = whole.parse().ok()?;
        Some(GasPrice(u128::from(whole) * 1_000_000_000 + fraction))
    }

    /// The fee for `gas`, rounded up.
    pub(crate) fn fee(self, gas: u64) -> u128 {
        self.0.saturating_mul(u128::from(gas)).div_ceil(1_000_000_000)
    }
}

impl App {
    pub(crate) fn new(codec: Codec, vm: Vm, gas_prices: Vec<(String, GasPrice)>) -> Self {
        App { codec, vm, gas_prices, codes: Mutex::new(Vec::new()) }
    }

    /// Writes the first state: parameters and the accounts with their coins, in order.
    ///
    /// The validator's account is number 0, as on a wasmd chain of one validator.
    pub(crate) fn init_genesis(
        &self,
        ctx: &mut Ctx,
        validator: &Address,
        accounts: &[(Address, Coins)],
    ) -> Outcome<()> {
        self.init_auth(ctx)?;
        self.init_bank(ctx)?;
        crate::wasm::state::init_params(ctx)?;
        let first = self.new_account(ctx, validator)?;
        self.set_account(ctx, validator, &first)?;
        for (address, coins) in accounts {
            let account = self.new_account(ctx, address)?;
            self.set_account(ctx, address, &account)?;
            self.mint(ctx, address, coins)?;
        }
        for module in MODULES {
            self.module_account(ctx, module)?;
        }
        Ok(())
    }

    /// Moves the fees of the block before out of the collector, as wasmd does at each
    /// block's beginning; they end up with the module that would distribute them.
    pub(crate) fn sweep_fees(&self, ctx: &mut Ctx) -> Outcome<()> {
        let collector = Address::module(auth::FEE_COLLECTOR);
        let fees = self.balances(ctx, &collector)?;
        if fees.0.is_empty() {
            return Ok(());
        }
        self.send_coins(ctx, &collector, &Address::module("distribution"), &fees)
    }

    /// Notes code that has to be on disk with the block.
    pub(crate) fn remember_code(&self, checksum: Checksum, code: &[u8]) {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.push((checksum, code.to_vec()));
    }

    /// Takes the codes that the block stored.
    pub(crate) fn take_codes(&self) -> Vec<(Checksum, Vec<u8>)> {
        std::mem::take(&mut *self.codes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Display for GasPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, fraction) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let digits = format!("{fraction:09}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            digits => write!(f, "{whole}.{digits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gas_price_is_multiplied_and_rounded_up() {
        let price = GasPrice::parse("0.025").expect("a number");

        assert_eq!((price.fee(200_000), price.fee(1), price.fee(41)), (5_000, 1, 2));
        for bad in ["", ".5", "x", "1.", "1e3", "-1", "0.0123456789"] {
            assert_eq!(GasPrice::parse(bad).is_some(), bad == "1.", "{bad}");
        }
    }
}
