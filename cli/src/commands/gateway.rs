//! `gateway`: bond, unbond, show, list, update-config, keys, doctor.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use futures::TryStreamExt;
use nym_chain_client::{ChainClient, Contract, MixnetMessages, MixnetQueries, SignedBonding};
use nym_contract_types::mixnet::{GatewayBond, GatewayBonding, GatewayConfigUpdate};

use super::doctor;
use super::node::{check_bonding, node_keys, none_bonded, read_printed, signing_nonce, update_keys, AccountArgs};
use crate::{
    amounts::address,
    args::TxArgs,
    context::Context,
    failure::{not_found, usage, Attempt, Outcome},
    output::Answer,
    submit::{report, submit, submit_and_report, Submitted},
};

const PRINTED_BY: &str = "gateway bonding-info";

#[derive(Debug, Subcommand)]
pub(crate) enum Gateway {
    /// Bond a gateway from what `gateway bonding-info` printed on its machine
    Bond {
        /// File with what the node printed, - for stdin
        #[arg(long, value_name = "FILE")]
        node_file: PathBuf,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Take your gateway out and its pledge back
    Unbond {
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Show one gateway
    Show {
        #[command(flatten)]
        gateway: Which,
    },
    /// List all bonded gateways
    List,
    /// List keys for periods, of one node or of all mix nodes and gateways
    Keys {
        /// Identity key of the node
        #[arg(long, value_name = "KEY")]
        identity: Option<String>,
    },
    /// Announce a new address of your gateway; what is not given stays
    UpdateConfig {
        #[command(flatten)]
        update: Update,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Announce your gateway's keys for a period from what `gateway keys-info` printed on its machine
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
    /// Show the nonce that `gateway bonding-info` and `gateway keys-info` ask for
    Nonce {
        #[command(flatten)]
        account: AccountArgs,
    },
}

/// Which gateway.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// Identity key of the node
    #[arg(long, value_name = "KEY")]
    identity: Option<String>,
    /// Address of the account that bonded the node
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
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
    /// Port for clients
    #[arg(long, value_name = "PORT")]
    clients_port: Option<u16>,
    /// Where it stands
    #[arg(long, value_name = "PLACE")]
    location: Option<String>,
    /// Version of the node's software
    #[arg(long, value_name = "VERSION")]
    node_version: Option<String>,
}

pub(crate) async fn run(command: Gateway, context: &Context) -> Outcome<Answer> {
    match command {
        Gateway::Bond { node_file, tx } => bond(&node_file, &tx, context).await,
        Gateway::Unbond { tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let owned = mixnet.owned_gateway(account.address()).await.attempt("look for your gateway")?;
            let bond = owned.ok_or_else(|| none_bonded("gateway", account.address()))?;
            let message = mixnet.unbond_gateway().attempt("unbond")?.effect(format!("pays {} out", bond.pledge_amount));
            submit_and_report(&account, message, &tx, &format!("unbond gateway '{}'", bond.gateway.identity_key)).await
        }
        Gateway::Show { gateway } => show(&gateway, context).await,
        Gateway::List => {
            let mixnet = context.mixnet().await?;
            let gateways: Vec<GatewayBond> = mixnet.gateways().try_collect().await.attempt("list the gateways")?;
            Ok(Answer::table(
                &gateways,
                &["identity", "address", "clients", "location", "pledge", "owner"],
                "no gateway is bonded",
                |bond| {
                    let gateway = &bond.gateway;
                    vec![
                        gateway.identity_key.clone(),
                        address(&gateway.host, gateway.mix_port),
                        address(&gateway.host, gateway.clients_port),
                        gateway.location.clone(),
                        bond.pledge_amount.to_string(),
                        bond.owner.to_string(),
                    ]
                },
            ))
        }
        Gateway::Keys { identity } => node_keys(identity.as_deref(), context).await,
        Gateway::UpdateConfig { update, tx } => update_config(update, &tx, context).await,
        Gateway::UpdateKeys { node_file, tx } => {
            let bonded = async |mixnet: &Contract<ChainClient>, address: &str| {
                let owned = mixnet.owned_gateway(address).await.attempt("look for your gateway")?;
                Ok(owned.ok_or_else(|| none_bonded("gateway", address))?.gateway.identity_key)
            };
            update_keys(&node_file, bonded, &tx, context, "gateway keys-info").await
        }
        Gateway::Doctor { node_file } => {
            let announced = read_printed::<SignedBonding<GatewayBonding>>(&node_file, PRINTED_BY)?.data;
            doctor::examine_gateway(&announced, context).await
        }
        Gateway::Nonce { account } => signing_nonce(&account, context).await,
    }
}

async fn bond(node_file: &Path, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let bonding = read_printed::<SignedBonding<GatewayBonding>>(node_file, PRINTED_BY)?;
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let params = mixnet.state_params().await.attempt("read the contract's parameters")?;
    check_bonding(&bonding, context, &account, &mixnet, &params.minimum_gateway_pledge, PRINTED_BY).await?;

    let identity = bonding.data.gateway.identity_key.clone();
    let message = mixnet.bond_gateway(&bonding).attempt("bond")?;
    match submit(&account, message, tx, &format!("bond gateway '{identity}'")).await? {
        Submitted::DryRun(answer) => Ok(answer),
        Submitted::Sent { outcome, fee } => Ok(report(&outcome, &fee, vec![("identity", identity)])),
    }
}

async fn show(which: &Which, context: &Context) -> Outcome<Answer> {
    let mixnet = context.mixnet().await?;
    let (found, name) = match which {
        Which { identity: Some(key), .. } => (mixnet.gateway(key).await, format!("gateway '{key}'")),
        Which { owner: Some(owner), .. } => (mixnet.owned_gateway(owner).await, format!("the gateway of {owner}")),
        _ => return Err(usage("no gateway was named", "there is neither --identity nor --owner", "add one of them")),
    };
    let bond = found.attempt(format!("look up {name}"))?.ok_or_else(|| {
        not_found(format!("could not show {name}"), "it is not bonded", "nym-cli gateway list shows all that are")
    })?;
    let gateway = &bond.gateway;
    Ok(Answer::record(
        &bond,
        vec![
            ("identity", Some(gateway.identity_key.clone())),
            ("owner", Some(bond.owner.to_string())),
            ("address", Some(address(&gateway.host, gateway.mix_port))),
            ("clients", Some(address(&gateway.host, gateway.clients_port))),
            ("location", Some(gateway.location.clone())),
            ("pledge", Some(bond.pledge_amount.to_string())),
            ("bonded at height", Some(bond.block_height.to_string())),
            ("version", Some(gateway.version.clone())),
        ],
    ))
}

async fn update_config(update: Update, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let owned = mixnet.owned_gateway(account.address()).await.attempt("look for your gateway")?;
    let now = owned.ok_or_else(|| none_bonded("gateway", account.address()))?.gateway;
    let new_config = GatewayConfigUpdate {
        host: update.host.unwrap_or_else(|| now.host.clone()),
        mix_port: update.mix_port.unwrap_or(now.mix_port),
        clients_port: update.clients_port.unwrap_or(now.clients_port),
        location: update.location.unwrap_or_else(|| now.location.clone()),
        version: update.node_version.unwrap_or_else(|| now.version.clone()),
    };
    let message = mixnet.update_gateway_config(new_config).attempt("update")?;
    submit_and_report(&account, message, tx, &format!("update gateway '{}'", now.identity_key)).await
}
