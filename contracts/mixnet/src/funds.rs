//! Coins in and out: what may be attached to a message, and what is paid.

use cosmwasm_std::{coins, Addr, BankMsg, Coin, CosmosMsg, MessageInfo, Uint128};

use crate::ContractError;

/// The sender of a message that takes no funds.
pub fn nonpayable(info: MessageInfo) -> Result<Addr, ContractError> {
    if info.funds.is_empty() {
        Ok(info.sender)
    } else {
        Err(ContractError::FundsNotAccepted { sent: text(&info.funds) })
    }
}

/// The amount of the one coin of `denom` that was sent, which is not zero.
pub fn one_coin(info: &MessageInfo, denom: &str) -> Result<Uint128, ContractError> {
    match info.funds.as_slice() {
        [coin] if coin.denom == denom && !coin.amount.is_zero() => to_uint128(coin),
        _ => Err(ContractError::OneCoinNeeded { denom: denom.to_owned(), sent: text(&info.funds) }),
    }
}

/// Checks that exactly this amount was sent; zero means no coins at all.
pub fn exactly(info: &MessageInfo, amount: Uint128, denom: &str) -> Result<(), ContractError> {
    let right = match info.funds.as_slice() {
        [] => amount.is_zero(),
        [coin] => coin.denom == denom && !amount.is_zero() && to_uint128(coin)? == amount,
        _ => false,
    };
    if right {
        Ok(())
    } else {
        Err(ContractError::PoolNotPaidIn { pool: amount, sent: text(&info.funds) })
    }
}

/// A payment, or nothing if there is nothing to pay: the bank refuses empty coins.
pub fn pay(to: &Addr, amount: Uint128, denom: &str) -> Option<CosmosMsg> {
    if amount.is_zero() {
        return None;
    }
    Some(BankMsg::Send { to_address: to.to_string(), amount: coins(amount.u128(), denom) }.into())
}

fn to_uint128(coin: &Coin) -> Result<Uint128, ContractError> {
    Uint128::try_from(coin.amount).map_err(|_| ContractError::OutOfRange { what: "amount" })
}

fn text(coins: &[Coin]) -> String {
    if coins.is_empty() {
        return "no coins".to_owned();
    }
    // A transaction's size bounds the list; the first few say enough.
    let shown: Vec<_> = coins.iter().take(4).map(ToString::to_string).collect();
    shown.join(", ")
}
