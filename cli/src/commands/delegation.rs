//! `delegation`: add, remove, list.

use clap::{Args, Subcommand};
use cosmwasm_std::{Coin, Uint256};
use futures::TryStreamExt;
use nym_chain_client::{Account, MixnetMessages, MixnetQueries};
use nym_contract_types::mixnet::Delegation as Entry;
use nym_daemon::Failure;

use super::node::is_parked;
use crate::{
    amounts::coin,
    args::TxArgs,
    context::Context,
    failure::{not_found, usage, Attempt, Outcome},
    output::Answer,
    submit::submit_and_report,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Delegation {
    /// Delegate coins to a mix node
    Add {
        /// Number of the mix node
        #[arg(long, value_name = "NUMBER")]
        mix_id: u32,
        /// Coins, like 5000000unym
        #[arg(long, value_name = "COIN", value_parser = coin)]
        amount: Coin,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Take your whole delegation back from a mix node
    Remove {
        /// Number of the mix node
        #[arg(long, value_name = "NUMBER")]
        mix_id: u32,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Take back what you delegated in this epoch and does not count yet
    Cancel {
        /// Number of the mix node
        #[arg(long, value_name = "NUMBER")]
        mix_id: u32,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// List the delegations of an account or on a mix node
    List {
        #[command(flatten)]
        of: Of,
    },
}

/// Whose delegations.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Of {
    /// Number of the mix node
    #[arg(long, value_name = "NUMBER")]
    mix_id: Option<u32>,
    /// Name of a key of this machine
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Address of the account
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
}

pub(crate) async fn run(command: Delegation, context: &Context) -> Outcome<Answer> {
    match command {
        Delegation::Add { mix_id, amount, tx } => {
            let stake = context.stake_denom()?;
            if amount.denom != stake {
                return Err(usage(
                    format!("could not delegate {amount} to mix node {mix_id}"),
                    format!("delegations are in {stake}, not in {}", amount.denom),
                    format!("write the amount like {}{stake}", amount.amount),
                ));
            }
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            if mixnet.mixnode(mix_id).await.attempt(format!("look up mix node {mix_id}"))?.is_none() {
                return Err(not_found(
                    format!("could not delegate to mix node {mix_id}"),
                    "it is not bonded",
                    "nym-cli mixnode list shows all that are",
                ));
            }
            let message = mixnet.delegate(mix_id, amount.clone()).attempt("delegate")?;
            submit_and_report(&account, message, &tx, &format!("delegate {amount} to mix node {mix_id}")).await
        }
        Delegation::Remove { mix_id, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let what = format!("take the delegation to mix node {mix_id} back");
            let found = mixnet.delegation(mix_id, account.address()).await.attempt(what.clone())?;
            let delegation = found.ok_or_else(|| none_of(&account, &what))?;
            let rewards = if is_parked(&mixnet, mix_id).await? {
                // Of a node whose numbers are not to be trusted only what was delegated is paid.
                Uint256::zero()
            } else {
                let reply = mixnet.delegator_reward(account.address(), mix_id).await.attempt(what.clone())?;
                reply.amount_earned.map_or_else(Uint256::zero, |earned| earned.amount)
            };
            let Coin { amount, denom } = &delegation.amount;
            let message = mixnet.undelegate(mix_id).attempt(what.clone())?;
            // Fractions of a unit in both may make one more.
            let all = amount.saturating_add(rewards);
            let of_it = format!("{amount}{denom} delegated and {rewards}{denom} of rewards");
            let message = message.effect(format!("pays at least {all}{denom} out, as it stands now: {of_it}"));
            submit_and_report(&account, message, &tx, &what).await
        }
        Delegation::Cancel { mix_id, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let what = format!("cancel the delegation to mix node {mix_id}");
            let found = mixnet.delegation(mix_id, account.address()).await.attempt(what.clone())?;
            let delegation = found.ok_or_else(|| none_of(&account, &what))?;
            if delegation.pending.is_zero() {
                return Err(not_found(
                    format!("could not {what}"),
                    "all of it counts already",
                    "take it back with nym-cli delegation remove",
                ));
            }
            let message = mixnet.cancel_pending_delegation(mix_id).attempt(what.clone())?;
            let message = message.effect(format!("pays {}{} out", delegation.pending, delegation.amount.denom));
            submit_and_report(&account, message, &tx, &what).await
        }
        Delegation::List { of } => {
            let mixnet = context.mixnet().await?;
            let found = match of.mix_id {
                Some(mix_id) => mixnet.node_delegations(mix_id).try_collect().await,
                None => {
                    let address = context.address_of(of.key.as_deref(), of.address.as_deref())?;
                    mixnet.delegations_of(&address).try_collect().await
                }
            };
            let delegations: Vec<Entry> = found.attempt("list the delegations")?;
            Ok(Answer::table(
                &delegations,
                &["mix id", "owner", "amount", "counts from epoch"],
                "no delegations",
                |delegation| {
                    vec![
                        delegation.mix_id.to_string(),
                        delegation.owner.to_string(),
                        delegation.amount.to_string(),
                        delegation.counts_from.to_string(),
                    ]
                },
            ))
        }
    }
}

fn none_of(account: &Account, what: &str) -> Failure {
    not_found(
        format!("could not {what}"),
        format!("account {} has none", account.address()),
        format!("nym-cli delegation list --address {} shows all it has", account.address()),
    )
}
