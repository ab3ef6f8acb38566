//! `balance` and `bank`: what an account has, and sending it.

use clap::{Args, Subcommand};
use cosmwasm_std::Coin;
use nym_chain_client::Tx;
use serde_json::json;

use super::node::AccountArgs;
use crate::{
    amounts::coin,
    args::TxArgs,
    context::Context,
    failure::{Attempt, Outcome},
    output::Answer,
    submit::submit_and_report,
};

/// Coins of an account.
#[derive(Debug, Args)]
pub(crate) struct Balance {
    #[command(flatten)]
    account: AccountArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bank {
    /// Send coins to another account
    Send {
        /// Address of the receiver
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// Coins, like 5000000unym
        #[arg(long, value_name = "COIN", value_parser = coin)]
        amount: Coin,
        #[command(flatten)]
        tx: TxArgs,
    },
}

/// `balance`
pub(crate) async fn balance(command: Balance, context: &Context) -> Outcome<Answer> {
    let address = context.address_of(command.account.key.as_deref(), command.account.address.as_deref())?;
    let coins = context.client().await?.balances(&address).await.attempt(format!("read the balance of {address}"))?;
    if coins.is_empty() {
        let data = json!([]);
        return Ok(Answer::record(&data, vec![("nothing", Some(format!("account {address} has no coins")))]));
    }
    Ok(Answer::table(&coins, &["amount", "denom"], "no coins", |coin| {
        vec![coin.amount.to_string(), coin.denom.clone()]
    }))
}

/// `bank …`
pub(crate) async fn run(command: Bank, context: &Context) -> Outcome<Answer> {
    let Bank::Send { to, amount, tx } = command;
    let what = format!("send {amount} to {to}");
    context.check_address(&to, &what)?;
    let account = context.account(&tx).await?;
    submit_and_report(&account, Tx::send(&to, vec![amount]), &tx, &what).await
}
