//! `reward`: what an account has earned, claiming it, giving to the pool.

use clap::{Args, Subcommand};
use cosmwasm_std::{Coin, Uint256};
use futures::{StreamExt, TryStreamExt};
use nym_chain_client::{ChainClient, Contract, MixnetMessages, MixnetQueries};
use nym_contract_types::{mixnet::PendingRewardResponse, NodeId};
use serde::Serialize;
use serde_json::json;

use super::node::AccountArgs;
use crate::{
    amounts::coin,
    args::TxArgs,
    context::Context,
    failure::{not_found, Attempt, Outcome},
    output::Answer,
    submit::{submit, submit_and_report, Submitted},
};

/// The contract pays this many delegations in one message.
const PER_TRANSACTION: usize = 50;
/// Questions to the chain at the same time.
const AT_ONCE: usize = 8;

#[derive(Debug, Subcommand)]
pub(crate) enum Reward {
    /// Show what an account has earned and not claimed: its mix node and each of its delegations
    Show {
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Have rewards paid out, all of them or those of named delegations; stakes stay
    Claim {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Give coins to the reward pool, for good
    Fund {
        /// Coins, like 5000000unym
        #[arg(long, value_name = "COIN", value_parser = coin)]
        amount: Coin,
        #[command(flatten)]
        tx: TxArgs,
    },
}

/// Which rewards.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Which {
    /// Everything that the account has earned
    #[arg(long, conflicts_with_all = ["operator", "mix_id"])]
    all: bool,
    /// The reward of your own mix node
    #[arg(long)]
    operator: bool,
    /// Number of the mix node
    #[arg(long, value_name = "NUMBER")]
    mix_id: Vec<NodeId>,
}

/// An unclaimed reward.
#[derive(Debug, Serialize)]
struct Earned {
    /// `operator` or `delegation`.
    kind: &'static str,
    mix_id: NodeId,
    staked: Coin,
    earned: Coin,
}

pub(crate) async fn run(command: Reward, context: &Context) -> Outcome<Answer> {
    match command {
        Reward::Show { account } => {
            let address = context.address_of(account.key.as_deref(), account.address.as_deref())?;
            let earned = earned(&context.mixnet().await?, &address).await?;
            Ok(Answer::table(&earned, &["kind", "mix id", "staked", "earned"], "no stake, no rewards", |row| {
                vec![row.kind.to_owned(), row.mix_id.to_string(), row.staked.to_string(), row.earned.to_string()]
            }))
        }
        Reward::Claim { which, tx } => claim(which, &tx, context).await,
        Reward::Fund { amount, tx } => {
            let account = context.account(&tx).await?;
            let mixnet = account.client().contract(context.mixnet_address()?);
            let message = mixnet.fund_reward_pool(amount.clone()).attempt("give to the reward pool")?;
            submit_and_report(&account, message, &tx, &format!("give {amount} to the reward pool")).await
        }
    }
}

async fn claim(which: Which, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let account = context.account(tx).await?;
    let mixnet = account.client().contract(context.mixnet_address()?);
    let (operator, mut mix_ids) = if which.all {
        let earned = earned(&mixnet, account.address()).await?;
        let paying = |row: &&Earned| !row.earned.amount.is_zero();
        let operator = earned.iter().filter(paying).any(|row| row.kind == "operator");
        let delegations = earned.iter().filter(paying).filter(|row| row.kind == "delegation");
        (operator, delegations.map(|row| row.mix_id).collect())
    } else {
        (which.operator, which.mix_id)
    };
    mix_ids.sort_unstable();
    mix_ids.dedup();
    if !operator && mix_ids.is_empty() {
        return Err(not_found(
            "could not claim rewards",
            format!("account {} has earned nothing yet", account.address()),
            format!("nym-cli reward show --address {} shows its stakes", account.address()),
        ));
    }

    // The node's own reward goes with the first part; without delegations it is a part of its own.
    let mut parts: Vec<Vec<NodeId>> = mix_ids.chunks(PER_TRANSACTION).map(<[_]>::to_vec).collect();
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let (mut paid, mut sent) = (Uint256::zero(), Vec::new());
    let denom = context.stake_denom()?;
    for (index, part) in parts.into_iter().enumerate() {
        let message = mixnet.withdraw_rewards(part, operator && index == 0).attempt("claim rewards")?;
        match submit(&account, message, tx, "claim rewards").await? {
            Submitted::DryRun(answer) => return Ok(answer),
            Submitted::Sent { outcome, .. } => {
                paid += paid_in(&outcome, denom);
                sent.push(outcome.hash);
            }
        }
    }
    let paid = Coin { denom: denom.to_owned(), amount: paid };
    let data = json!({ "paid": paid, "transactions": sent });
    Ok(Answer::record(&data, vec![("paid", Some(paid.to_string())), ("transactions", Some(sent.join(" ")))]))
}

/// What the contract says it has paid.
fn paid_in(outcome: &nym_chain_client::TxOutcome, denom: &str) -> Uint256 {
    let attributes = outcome.events.iter().filter(|event| event.kind.starts_with("wasm-")).flat_map(|e| &e.attributes);
    let amounts = attributes.filter(|(key, _)| key == "amount").filter_map(|(_, value)| coin(value).ok());
    amounts.filter(|coin| coin.denom == denom).map(|coin| coin.amount).sum()
}

/// Everything that an account has earned: its own node first, then its delegations by node.
async fn earned(mixnet: &Contract<ChainClient>, address: &str) -> Outcome<Vec<Earned>> {
    const WHAT: &str = "read the rewards";
    let mut found = Vec::new();
    if let Some(node) = mixnet.owned_mixnode(address).await.attempt(WHAT)? {
        let reply = mixnet.operator_reward(address).await.attempt(WHAT)?;
        found.extend(row("operator", node.bond_information.mix_id, reply));
    }
    let delegations: Vec<_> = mixnet.delegations_of(address).try_collect().await.attempt(WHAT)?;
    let ids: Vec<NodeId> = delegations.iter().map(|delegation| delegation.mix_id).collect();
    let ask = |id: NodeId| async move { mixnet.delegator_reward(address, id).await.map(|reply| (id, reply)) };
    let replies: Vec<_> = futures::stream::iter(ids).map(ask).buffered(AT_ONCE).try_collect().await.attempt(WHAT)?;
    found.extend(replies.into_iter().filter_map(|(id, reply)| row("delegation", id, reply)));
    Ok(found)
}

fn row(kind: &'static str, mix_id: NodeId, reply: PendingRewardResponse) -> Option<Earned> {
    Some(Earned { kind, mix_id, staked: reply.amount_staked?, earned: reply.amount_earned? })
}
