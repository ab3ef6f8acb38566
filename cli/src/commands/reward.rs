//! `reward`: what an account has earned and would earn, claiming it, the pool.

use clap::{Args, Subcommand};
use cosmwasm_std::{Coin, Uint256};
use futures::{StreamExt, TryStreamExt};
use nym_chain_client::{ChainClient, Contract, MixnetMessages, MixnetQueries};
use nym_contract_types::{
    mixnet::{limits::MAX_WITHDRAWALS, PendingRewardResponse},
    NodeId, Percent,
};
use serde::Serialize;
use serde_json::json;

use super::{
    estimate::{self, Seat, Wanted},
    node::AccountArgs,
};
use crate::{
    amounts::{coin, share},
    args::TxArgs,
    context::Context,
    failure::{not_found, Attempt, Outcome},
    output::Answer,
    submit::{submit, submit_and_report, Submitted},
};

/// Questions to the chain at the same time.
const AT_ONCE: usize = 8;

/// Kinds of rewards.
const OPERATOR: &str = "operator";
const DELEGATION: &str = "delegation";
/// What is attempted when rewards are asked for.
const READ: &str = "read the rewards";

#[derive(Debug, Subcommand)]
pub(crate) enum Reward {
    /// Show what an account has earned and not claimed: its mix node and each of its delegations
    Show {
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Estimate what a mix node, and a delegation to it, would earn in the current epoch
    Estimate {
        /// Number of the mix node
        #[arg(long, value_name = "NUMBER")]
        mix_id: NodeId,
        /// Performance to reckon with, 0 to 1 [default: the last known]
        #[arg(long, value_name = "SHARE", value_parser = share)]
        performance: Option<Percent>,
        /// Place in the epoch to reckon with [default: the node's own]
        #[arg(long, value_enum, value_name = "SEAT")]
        seat: Option<Seat>,
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Show the reward pool, and what the contract holds and owes
    Solvency,
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
        Reward::Estimate { mix_id, performance, seat, account } => {
            let delegator = match (account.key.as_deref(), account.address.as_deref()) {
                (None, None) => None,
                (key, address) => Some(context.address_of(key, address)?),
            };
            let wanted = Wanted { mix_id, performance, seat, delegator };
            estimate::estimate(&context.client().await?, context.mixnet_address()?, &wanted).await
        }
        Reward::Solvency => solvency(&context.mixnet().await?).await,
        Reward::Claim { which, tx } => claim(which, &tx, context).await,
        Reward::Fund { amount, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let message = mixnet.fund_reward_pool(amount.clone()).attempt("give to the reward pool")?;
            submit_and_report(&account, message, &tx, &format!("give {amount} to the reward pool")).await
        }
    }
}

async fn claim(which: Which, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let (operator, mut mix_ids, rows) = if which.all {
        let mut rows = earned(&mixnet, account.address()).await?;
        rows.retain(|row| !row.earned.amount.is_zero());
        let operator = rows.iter().any(|row| row.kind == OPERATOR);
        let delegations = rows.iter().filter(|row| row.kind == DELEGATION);
        (operator, delegations.map(|row| row.mix_id).collect::<Vec<_>>(), rows)
    } else {
        let mut rows = on_delegations(&mixnet, account.address(), which.mix_id.clone()).await?;
        if which.operator {
            rows.extend(on_own_node(&mixnet, account.address()).await?);
        }
        (which.operator, which.mix_id, rows)
    };
    mix_ids.sort_unstable();
    mix_ids.dedup();
    let earned_by = |kind: &str, mix_id: Option<NodeId>| -> Uint256 {
        let row = rows.iter().find(|row| row.kind == kind && mix_id.is_none_or(|mix_id| row.mix_id == mix_id));
        row.map_or_else(Uint256::zero, |row| row.earned.amount)
    };
    if !operator && mix_ids.is_empty() {
        return Err(not_found(
            "could not claim rewards",
            format!("account {} has earned nothing yet", account.address()),
            format!("nym-cli reward show --address {} shows its stakes", account.address()),
        ));
    }

    // The node's own reward goes with the first part; without delegations it is a part of its own.
    let mut parts: Vec<Vec<NodeId>> = mix_ids.chunks(MAX_WITHDRAWALS).map(<[_]>::to_vec).collect();
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let (mut paid, mut sent) = (Uint256::zero(), Vec::new());
    let denom = context.stake_denom()?;
    for (index, part) in parts.into_iter().enumerate() {
        let own = operator && index == 0;
        let of_delegations = part.iter().map(|mix_id| earned_by(DELEGATION, Some(*mix_id)));
        let all = sum(of_delegations.chain(own.then(|| earned_by(OPERATOR, None))));
        let message = mixnet.withdraw_rewards(part, own).attempt("claim rewards")?;
        let message = message.effect(format!("pays {all}{denom} out, as it stands now"));
        match submit(&account, message, tx, "claim rewards").await? {
            Submitted::DryRun(answer) => return Ok(answer),
            Submitted::Sent { outcome, .. } => {
                paid = paid.saturating_add(paid_in(&outcome, denom));
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
    sum(amounts.filter(|coin| coin.denom == denom).map(|coin| coin.amount))
}

/// A sum of what an endpoint says, which may be any numbers.
fn sum(amounts: impl Iterator<Item = Uint256>) -> Uint256 {
    amounts.fold(Uint256::zero(), Uint256::saturating_add)
}

/// Everything that an account has earned: its own node first, then its delegations by node.
async fn earned(mixnet: &Contract<ChainClient>, address: &str) -> Outcome<Vec<Earned>> {
    let mut found: Vec<_> = on_own_node(mixnet, address).await?.into_iter().collect();
    let delegations: Vec<_> = mixnet.delegations_of(address).try_collect().await.attempt(READ)?;
    let ids = delegations.iter().map(|delegation| delegation.mix_id).collect();
    found.extend(on_delegations(mixnet, address, ids).await?);
    Ok(found)
}

/// What an account's own node has earned for it, if it has one.
async fn on_own_node(mixnet: &Contract<ChainClient>, address: &str) -> Outcome<Option<Earned>> {
    let Some(node) = mixnet.owned_mixnode(address).await.attempt(READ)? else {
        return Ok(None);
    };
    let reply = mixnet.operator_reward(address).await.attempt(READ)?;
    Ok(row(OPERATOR, node.bond_information.mix_id, reply))
}

/// What delegations have earned; those that are none are left out.
async fn on_delegations(mixnet: &Contract<ChainClient>, address: &str, ids: Vec<NodeId>) -> Outcome<Vec<Earned>> {
    let ask = |id: NodeId| async move { mixnet.delegator_reward(address, id).await.map(|reply| (id, reply)) };
    let replies: Vec<_> = futures::stream::iter(ids).map(ask).buffered(AT_ONCE).try_collect().await.attempt(READ)?;
    Ok(replies.into_iter().filter_map(|(id, reply)| row(DELEGATION, id, reply)).collect())
}

fn row(kind: &'static str, mix_id: NodeId, reply: PendingRewardResponse) -> Option<Earned> {
    Some(Earned { kind, mix_id, staked: reply.amount_staked?, earned: reply.amount_earned? })
}

/// The pool, what the contract holds and what it owes.
async fn solvency(mixnet: &Contract<ChainClient>) -> Outcome<Answer> {
    let (solvency, change) =
        futures::try_join!(mixnet.solvency(), mixnet.pool_change()).attempt("read what the contract holds and owes")?;
    let denom = &solvency.balance.denom;
    let data = json!({ "solvency": solvency, "pool_change": change });
    let lines = vec![
        ("balance", Some(solvency.balance.to_string())),
        ("owed to stakes", Some(format!("{}{denom}", solvency.stakes))),
        ("reward pool", Some(format!("{}{denom}", solvency.pool))),
        ("paid in the interval", Some(format!("{}{denom}", change.removed))),
        ("added in the interval", Some(format!("{}{denom}", change.added))),
        ("surplus", Some(format!("{}{denom}", solvency.surplus))),
        ("solvent", Some(if solvency.solvent { "yes" } else { "no" }.to_owned())),
    ];
    let answer = Answer::record(&data, lines);
    Ok(if solvency.solvent { answer } else { answer.warn("the contract holds less than it owes") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_beyond_all_numbers_is_the_largest() {
        let amounts = |amounts: [u128; 2]| amounts.map(Uint256::from).into_iter();

        assert_eq!(sum(amounts([5, 7])), Uint256::from(12u128));
        assert_eq!(sum(amounts([5, 7]).chain([Uint256::MAX])), Uint256::MAX);
    }
}
