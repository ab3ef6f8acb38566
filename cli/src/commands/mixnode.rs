//! `mixnode`: bond, unbond, show, list, pledge, costs, update-config, keys, doctor; nodes that left or are parked.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cosmwasm_std::{Coin, Uint256};
use futures::TryStreamExt;
use nym_chain_client::{Account, ChainClient, Contract, MixnetMessages, MixnetQueries, SignedBonding, Tx};
use nym_contract_types::mixnet::{
    MixNodeConfigUpdate, MixNodeCostParams, MixNodeDetails, MixnodeBonding, ParkedNode, UnbondedMixnode,
};
use nym_contract_types::{NodeId, Percent};
use serde::Serialize;

use super::doctor;
use super::node::{
    check_bonding, is_parked, node_keys, none_bonded, read_printed, signing_nonce, update_keys, AccountArgs,
};
use crate::{
    amounts::{address, coin, share},
    args::TxArgs,
    context::Context,
    failure::{not_found, usage, Attempt, Outcome},
    output::Answer,
    submit::{report, submit, submit_and_report, Submitted},
};

const PRINTED_BY: &str = "mixnode bonding-info";

#[derive(Debug, Subcommand)]
pub(crate) enum Mixnode {
    /// Bond a mix node from what `mixnode bonding-info` printed on its machine
    Bond {
        /// File with what the node printed, - for stdin
        #[arg(long, value_name = "FILE")]
        node_file: PathBuf,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Take your mix node out and its pledge back
    Unbond {
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Show one mix node
    Show {
        #[command(flatten)]
        node: Which,
    },
    /// List all bonded mix nodes
    List,
    /// List mix nodes that have left
    Unbonded {
        #[command(flatten)]
        which: Left,
    },
    /// List mix nodes that transitions of epochs pass over, and why
    Parked,
    /// List keys for periods, of one node or of all mix nodes and gateways
    Keys {
        /// Identity key of the node
        #[arg(long, value_name = "KEY")]
        identity: Option<String>,
    },
    /// Announce a new address of your mix node; what is not given stays
    UpdateConfig {
        #[command(flatten)]
        update: Update,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Add to your pledge, counting from the next epoch
    PledgeMore {
        /// Coins, like 5000000unym
        #[arg(long, value_name = "COIN", value_parser = coin)]
        amount: Coin,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Take part of your pledge back, at once
    PledgeLess {
        /// Coins, like 5000000unym
        #[arg(long, value_name = "COIN", value_parser = coin)]
        amount: Coin,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Take back what you pledged in this epoch and does not count yet
    PledgeCancel {
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Announce what you keep, from the next interval on; what is not given stays
    UpdateCosts {
        #[command(flatten)]
        costs: Costs,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Announce your mix node's keys for a period from what `mixnode keys-info` printed on its machine
    UpdateKeys {
        /// File with what the node printed, - for stdin
        #[arg(long, value_name = "FILE")]
        node_file: PathBuf,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Compare your bond with what the node's machine would announce now; fails if anything is wrong
    Doctor {
        /// File with what the node printed, - for stdin
        #[arg(long, value_name = "FILE")]
        node_file: PathBuf,
    },
    /// Show the nonce that `mixnode bonding-info` and `mixnode keys-info` ask for
    Nonce {
        #[command(flatten)]
        account: AccountArgs,
    },
}

/// Which node.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// Number of the mix node
    #[arg(long, value_name = "NUMBER")]
    mix_id: Option<u32>,
    /// Identity key of the node
    #[arg(long, value_name = "KEY")]
    identity: Option<String>,
    /// Address of the account that bonded the node
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
}

/// Which nodes that have left; all without any.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Left {
    /// Number of the mix node
    #[arg(long, value_name = "NUMBER")]
    mix_id: Option<NodeId>,
    /// Identity key of the node
    #[arg(long, value_name = "KEY")]
    identity: Option<String>,
    /// Address of the account that bonded the node
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
}

/// A node that has left.
#[derive(Serialize)]
struct LeftNode {
    mix_id: NodeId,
    #[serde(flatten)]
    node: UnbondedMixnode,
}

/// New costs.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Costs {
    /// Share of the profit that you keep, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    profit_margin: Option<Percent>,
    /// Cost of an interval, like 40000000unym
    #[arg(long, value_name = "COIN", value_parser = coin)]
    operating_cost: Option<Coin>,
}

/// A new announcement.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// IP address of the node
    #[arg(long, value_name = "IP")]
    host: Option<String>,
    /// Port for other nodes
    #[arg(long, value_name = "PORT")]
    mix_port: Option<u16>,
    /// Port for latency measurements, 0 for none
    #[arg(long, value_name = "PORT")]
    verloc_port: Option<u16>,
    /// Port of the public description, 0 for none
    #[arg(long, value_name = "PORT")]
    http_api_port: Option<u16>,
    /// Version of the node's software
    #[arg(long, value_name = "VERSION")]
    node_version: Option<String>,
}

pub(crate) async fn run(command: Mixnode, context: &Context) -> Outcome<Answer> {
    match command {
        Mixnode::Bond { node_file, tx } => bond(&node_file, &tx, context).await,
        Mixnode::Unbond { tx } => {
            let mixnet = Own::find(&tx, context).await?;
            let message = mixnet.contract.unbond_mixnode().attempt("unbond")?.effect(mixnet.payout().await?);
            let what = format!("unbond mix node {}", mixnet.node.bond_information.mix_id);
            mixnet.submit(message, &tx, &what).await
        }
        Mixnode::Show { node } => show(&node, context).await,
        Mixnode::List => {
            let mixnet = context.mixnet().await?;
            let nodes: Vec<MixNodeDetails> =
                mixnet.mixnodes_detailed().try_collect().await.attempt("list the mix nodes")?;
            Ok(Answer::table(
                &nodes,
                &["mix id", "layer", "identity", "address", "pledge", "delegated", "owner"],
                "no mix node is bonded",
                |node| {
                    let bond = &node.bond_information;
                    vec![
                        bond.mix_id.to_string(),
                        bond.layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string()),
                        bond.mix_node.identity_key.clone(),
                        address(&bond.mix_node.host, bond.mix_node.mix_port),
                        bond.original_pledge.to_string(),
                        delegated(node),
                        bond.owner.to_string(),
                    ]
                },
            ))
        }
        Mixnode::Unbonded { which } => unbonded(&which, context).await,
        Mixnode::Parked => {
            let parked = context.mixnet().await?;
            let parked: Vec<ParkedNode> = parked.parked_nodes().try_collect().await.attempt("list the parked nodes")?;
            Ok(Answer::table(&parked, &["mix id", "since epoch", "reason"], "no node is parked", |node| {
                vec![node.mix_id.to_string(), node.since.to_string(), node.reason.clone()]
            }))
        }
        Mixnode::Keys { identity } => node_keys(identity.as_deref(), context).await,
        Mixnode::UpdateConfig { update, tx } => update_config(update, &tx, context).await,
        Mixnode::PledgeMore { amount, tx } => {
            let mixnet = Own::find(&tx, context).await?;
            let message = mixnet.contract.pledge_more(amount.clone()).attempt("pledge more")?;
            mixnet.submit(message, &tx, &format!("add {amount} to the pledge")).await
        }
        Mixnode::PledgeLess { amount, tx } => {
            let mixnet = Own::find(&tx, context).await?;
            let message = mixnet.contract.decrease_pledge(amount.clone()).attempt("pledge less")?;
            mixnet.submit(message, &tx, &format!("take {amount} of the pledge back")).await
        }
        Mixnode::PledgeCancel { tx } => {
            const WHAT: &str = "cancel the addition to the pledge";
            let mixnet = Own::find(&tx, context).await?;
            let pending = mixnet.node.pending_changes.pledge_increase;
            if pending.is_zero() {
                return Err(not_found(
                    format!("could not {WHAT}"),
                    "all of the pledge counts already",
                    "take part of it back with nym-cli mixnode pledge-less",
                ));
            }
            let message = mixnet.contract.cancel_pledge_more().attempt(WHAT)?;
            let denom = &mixnet.node.bond_information.original_pledge.denom;
            mixnet.submit(message.effect(format!("pays {pending}{denom} out")), &tx, WHAT).await
        }
        Mixnode::UpdateCosts { costs, tx } => {
            let mixnet = Own::find(&tx, context).await?;
            let now = mixnet.node.rewarding_details.cost_params.clone();
            let new_costs = MixNodeCostParams {
                profit_margin_percent: costs.profit_margin.unwrap_or(now.profit_margin_percent),
                interval_operating_cost: costs.operating_cost.unwrap_or(now.interval_operating_cost),
            };
            let message = mixnet.contract.update_cost_params(new_costs).attempt("update the costs")?;
            mixnet.submit(message, &tx, "update the costs of your mix node").await
        }
        Mixnode::UpdateKeys { node_file, tx } => {
            let bonded = async |mixnet: &Contract<ChainClient>, address: &str| {
                let owned = mixnet.owned_mixnode(address).await.attempt("look for your mix node")?;
                let node = owned.ok_or_else(|| none_bonded("mix node", address))?;
                Ok(node.bond_information.mix_node.identity_key)
            };
            update_keys(&node_file, bonded, &tx, context, "mixnode keys-info").await
        }
        Mixnode::Doctor { node_file } => {
            let announced = read_printed::<SignedBonding<MixnodeBonding>>(&node_file, PRINTED_BY)?.data;
            doctor::examine_mixnode(&announced, context).await
        }
        Mixnode::Nonce { account } => signing_nonce(&account, context).await,
    }
}

async fn bond(node_file: &Path, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let bonding = read_printed::<SignedBonding<MixnodeBonding>>(node_file, PRINTED_BY)?;
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let params = mixnet.state_params().await.attempt("read the contract's parameters")?;
    check_bonding(&bonding, context, &account, &mixnet, &params.minimum_mixnode_pledge, PRINTED_BY).await?;

    let identity = bonding.data.mix_node.identity_key.clone();
    let message = mixnet.bond_mixnode(&bonding).attempt("bond")?;
    match submit(&account, message, tx, &format!("bond mix node '{identity}'")).await? {
        Submitted::DryRun(answer) => Ok(answer),
        Submitted::Sent { outcome, fee } => {
            let node = mixnet.mixnode_by_identity(&identity).await.attempt("read the new bond")?;
            let mix_id = node.map_or_else(String::new, |node| node.bond_information.mix_id.to_string());
            Ok(report(&outcome, &fee, vec![("mix id", mix_id), ("identity", identity)]))
        }
    }
}

async fn show(which: &Which, context: &Context) -> Outcome<Answer> {
    let mixnet = context.mixnet().await?;
    let (found, name) = match which {
        Which { mix_id: Some(id), .. } => (mixnet.mixnode(*id).await, format!("mix node {id}")),
        Which { identity: Some(key), .. } => (mixnet.mixnode_by_identity(key).await, format!("mix node '{key}'")),
        Which { owner: Some(owner), .. } => (mixnet.owned_mixnode(owner).await, format!("the mix node of {owner}")),
        _ => {
            let cause = "there is neither --mix-id, --identity nor --owner";
            return Err(usage("no mix node was named", cause, "add one of them"));
        }
    };
    let node = found.attempt(format!("look up {name}"))?.ok_or_else(|| {
        not_found(format!("could not show {name}"), "it is not bonded", "nym-cli mixnode list shows all that are")
    })?;
    let (bond, rewarding) = (&node.bond_information, &node.rewarding_details);
    let performance = mixnet.performance(bond.mix_id).await.attempt("read the node's performance")?;
    let cost = &rewarding.cost_params;
    Ok(Answer::record(
        &node,
        vec![
            ("mix id", Some(bond.mix_id.to_string())),
            ("identity", Some(bond.mix_node.identity_key.clone())),
            ("owner", Some(bond.owner.to_string())),
            ("address", Some(address(&bond.mix_node.host, bond.mix_node.mix_port))),
            ("layer", Some(bond.layer.map_or_else(|| "none in this epoch".to_owned(), |layer| layer.to_string()))),
            ("pledge", Some(bond.original_pledge.to_string())),
            ("delegated", Some(format!("{} by {} accounts", delegated(&node), rewarding.unique_delegations))),
            ("profit margin", Some(cost.profit_margin_percent.to_string())),
            ("operating cost", Some(cost.interval_operating_cost.to_string())),
            ("performance", performance.last_known.map(|known| format!("{} in epoch {}", known.value, known.epoch))),
            ("bonded at height", Some(bond.bonding_height.to_string())),
            ("version", Some(bond.mix_node.version.clone())),
        ],
    ))
}

async fn unbonded(which: &Left, context: &Context) -> Outcome<Answer> {
    const WHAT: &str = "list the mix nodes that have left";
    let mixnet = context.mixnet().await?;
    let found: Vec<(NodeId, UnbondedMixnode)> = match which {
        Left { mix_id: Some(id), .. } => {
            mixnet.unbonded_mixnode(*id).await.attempt(WHAT)?.into_iter().map(|node| (*id, node)).collect()
        }
        Left { identity: Some(key), .. } => {
            mixnet.unbonded_mixnodes_by_identity(key).try_collect().await.attempt(WHAT)?
        }
        Left { owner: Some(owner), .. } => {
            context.check_address(owner, WHAT)?;
            mixnet.unbonded_mixnodes_of(owner).try_collect().await.attempt(WHAT)?
        }
        Left { .. } => mixnet.unbonded_mixnodes().try_collect().await.attempt(WHAT)?,
    };
    let nodes: Vec<_> = found.into_iter().map(|(mix_id, node)| LeftNode { mix_id, node }).collect();
    Ok(Answer::table(&nodes, &["mix id", "identity", "left at height", "owner"], "no such node has left", |left| {
        let UnbondedMixnode { identity_key, owner, unbonding_height } = &left.node;
        vec![left.mix_id.to_string(), identity_key.clone(), unbonding_height.to_string(), owner.to_string()]
    }))
}

async fn update_config(update: Update, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let mixnet = Own::find(tx, context).await?;
    let bond = &mixnet.node.bond_information;
    let now = &bond.mix_node;
    let new_config = MixNodeConfigUpdate {
        host: update.host.unwrap_or_else(|| now.host.clone()),
        mix_port: update.mix_port.unwrap_or(now.mix_port),
        verloc_port: update.verloc_port.unwrap_or(now.verloc_port),
        http_api_port: update.http_api_port.unwrap_or(now.http_api_port),
        version: update.node_version.unwrap_or_else(|| now.version.clone()),
    };
    let message = mixnet.contract.update_mixnode_config(new_config).attempt("update")?;
    mixnet.submit(message, tx, &format!("update mix node {}", bond.mix_id)).await
}

/// The node that the signing account has bonded.
struct Own {
    account: Account,
    contract: Contract<ChainClient>,
    node: MixNodeDetails,
}

impl Own {
    async fn find(tx: &TxArgs, context: &Context) -> Outcome<Self> {
        let (account, contract) = context.account_and_mixnet(tx).await?;
        let owned = contract.owned_mixnode(account.address()).await.attempt("look for your mix node")?;
        let node = owned.ok_or_else(|| none_bonded("mix node", account.address()))?;
        Ok(Self { account, contract, node })
    }

    /// What unbonding pays, in words: pledge, with what does not count yet, and rewards.
    async fn payout(&self) -> Outcome<String> {
        let node = &self.node;
        let Coin { denom, amount } = &node.bond_information.original_pledge;
        let pledge = amount.saturating_add(node.pending_changes.pledge_increase.into());
        let rewards = if is_parked(&self.contract, node.bond_information.mix_id).await? {
            // Of a node whose numbers are not to be trusted only the pledge is paid.
            Uint256::zero()
        } else {
            Uint256::from(node.rewarding_details.operator.to_uint_floor()).saturating_sub(*amount)
        };
        let all = pledge.saturating_add(rewards);
        let of_it = format!("{pledge}{denom} of pledge and {rewards}{denom} of rewards");
        Ok(format!("pays {all}{denom} out, as it stands now: {of_it}"))
    }

    async fn submit(&self, message: Tx, tx: &TxArgs, what: &str) -> Outcome<Answer> {
        submit_and_report(&self.account, message, tx, what).await
    }
}

fn delegated(node: &MixNodeDetails) -> String {
    let denom = &node.bond_information.original_pledge.denom;
    let counting = node.rewarding_details.delegates.to_uint_floor();
    format!("{}{denom}", counting.saturating_add(node.pending_changes.delegations))
}
