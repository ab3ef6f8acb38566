//! What mix nodes and gateways have in common: bonding, keys, nonces.

use std::path::Path;

use clap::Args;
use cosmwasm_std::Coin;
use futures::TryStreamExt;
use nym_chain_client::{
    Account, BondingData, ChainClient, Contract, MixnetMessages, MixnetQueries, SignedBonding, SignedKeys,
};
use nym_contract_types::mixnet::{NodeKeys, NodeKeysResponse};
use nym_contract_types::NodeId;
use nym_daemon::{ErrorKind, Failure};
use nym_keys::identity;
use serde::{de::DeserializeOwned, Serialize};
use serde_json::json;

use super::input;
use crate::{
    args::TxArgs,
    context::Context,
    failure::{explain, mistake, not_found, usage, Attempt, Outcome},
    output::Answer,
    submit::{report, submit, Submitted},
};

/// Bonding data is a few KiB; a longer file is something else.
const MAX_NODE_FILE: u64 = 64 * 1_024;

/// Whose account.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// Name of a key of this machine
    #[arg(long = "key", value_name = "NAME", id = "account_key")]
    pub key: Option<String>,
    /// Address of the account
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
}

/// Reads the JSON that a node printed, from a file or stdin.
pub(crate) fn read_printed<T: DeserializeOwned>(path: &Path, printed_by: &str) -> Outcome<T> {
    serde_json::from_str(&input::text(path, MAX_NODE_FILE)?).map_err(|e| {
        Failure::new(ErrorKind::Usage, format!("'{}' is not what {printed_by} prints", path.display()))
            .with_cause(&e)
            .with_help(format!("run {printed_by} on the node's machine and save what it prints"))
    })
}

/// The failure of who has bonded no such node.
pub(crate) fn none_bonded(noun: &str, address: &str) -> Failure {
    not_found(
        format!("could not find your {noun}"),
        format!("account {address} has none bonded"),
        "use the account that bonded it: --from NAME",
    )
}

/// Checks what the chain would check, while a better sentence can still be said.
pub(crate) async fn check_bonding<D: BondingData>(
    bonding: &SignedBonding<D>,
    context: &Context,
    account: &Account,
    mixnet: &Contract<ChainClient>,
    minimum: &Coin,
    printed_by: &str,
) -> Outcome<()> {
    let could_not = format!("could not bond '{}'", bonding.data.identity());
    let again = format!("run {printed_by} anew on the node's machine");
    let chain_id = account.client().chain_id().await.attempt("reach the chain")?;
    bonding
        .check_context(&chain_id, context.mixnet_address()?, account.address())
        .map_err(|e| explain(&e).with_help(again.clone()).context(could_not.clone()))?;

    let payload = bonding.payload().map_err(|e| explain(&e).context(could_not.clone()))?;
    check_signature(bonding.data.identity(), &payload, &bonding.signature, &again)
        .map_err(|e| e.context(could_not.clone()))?;
    check_nonce(bonding.nonce, account, mixnet, &again).await.map_err(|e| e.context(could_not.clone()))?;
    match &bonding.funds[..] {
        [pledge] if pledge.denom == minimum.denom && pledge.amount >= minimum.amount => Ok(()),
        pledge => {
            let pledge = if pledge.is_empty() { "nothing".to_owned() } else { nym_chain_client::coins(pledge) };
            let cause = format!("pledge {pledge} is below the minimum of {minimum}");
            Err(Failure::new(ErrorKind::ChainRefused, cause)
                .with_help(format!("{again} with --pledge {minimum} or more"))
                .context(could_not))
        }
    }
}

/// Checks that an identity key signed a payload.
fn check_signature(identity: &str, payload: &[u8], signature: &[u8], again: &str) -> Outcome<()> {
    let Ok(key) = identity.parse::<identity::PublicKey>() else {
        return Err(mistake("that is not an identity key", again));
    };
    match identity::Signature::from_bytes(signature) {
        Ok(signature) if key.verify(payload, &signature).is_ok() => Ok(()),
        _ => Err(mistake("its signature does not fit its data", again)),
    }
}

/// Checks that something was signed with the nonce that the contract expects.
async fn check_nonce(signed: u64, account: &Account, mixnet: &Contract<ChainClient>, again: &str) -> Outcome<()> {
    let nonce = mixnet.signing_nonce(account.address()).await.attempt("read the account's signing nonce")?;
    if nonce == signed {
        return Ok(());
    }
    let cause = format!("it was signed with nonce {signed}, the contract expects {nonce}");
    Err(mistake(cause, format!("{again} with --nonce {nonce}")))
}

/// Announces the keys that a node printed, once everything that the chain would check has been.
pub(crate) async fn update_keys(
    node_file: &Path,
    bonded: impl AsyncFnOnce(&Contract<ChainClient>, &str) -> Outcome<String>,
    tx: &TxArgs,
    context: &Context,
    printed_by: &str,
) -> Outcome<Answer> {
    let signed: SignedKeys = read_printed(node_file, printed_by)?;
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let could_not = format!("could not announce the keys of '{}'", signed.identity_key);
    let again = format!("run {printed_by} anew on the node's machine");

    let chain_id = account.client().chain_id().await.attempt("reach the chain")?;
    signed
        .check_context(&chain_id, context.mixnet_address()?, account.address())
        .map_err(|e| explain(&e).with_help(again.clone()).context(could_not.clone()))?;
    let identity = bonded(&mixnet, account.address()).await?;
    if identity != signed.identity_key {
        let cause = format!("your node's identity is '{identity}'");
        return Err(usage(could_not, cause, "use the account that bonded it: --from NAME"));
    }
    check_signature(&identity, &signed.payload(), &signed.signature, &again)
        .map_err(|e| e.context(could_not.clone()))?;
    check_nonce(signed.nonce, &account, &mixnet, &again).await.map_err(|e| e.context(could_not.clone()))?;
    let rotation = mixnet.key_rotation_state().await.attempt("read how long keys serve")?;
    if rotation.validity_epochs == 0 {
        return Err(usage(could_not, "keys of this network do not expire", "there is nothing to do"));
    }
    let current = mixnet.key_rotation_id().await.attempt("read the period of keys")?;
    let coming = current.saturating_add(1);
    if signed.keys.period != current && signed.keys.period != coming {
        let cause = format!("they are for period {}, the current one is {current}", signed.keys.period);
        return Err(usage(could_not, cause, format!("{again} with --period {coming}")));
    }

    let period = signed.keys.period;
    let message = mixnet.update_node_keys(&signed).attempt("announce the keys")?;
    match submit(&account, message, tx, &format!("announce the keys of '{identity}' for period {period}")).await? {
        Submitted::DryRun(answer) => Ok(answer),
        Submitted::Sent { outcome, fee } => {
            Ok(report(&outcome, &fee, vec![("identity", identity), ("period", period.to_string())]))
        }
    }
}

/// The nonce that the next bond of an account must be signed with.
pub(crate) async fn signing_nonce(args: &AccountArgs, context: &Context) -> Outcome<Answer> {
    let address = context.address_of(args.key.as_deref(), args.address.as_deref())?;
    let nonce = context.mixnet().await?.signing_nonce(&address).await.attempt("read the signing nonce")?;
    let data = json!({ "address": address, "nonce": nonce });
    Ok(Answer::record(&data, vec![("address", Some(address)), ("nonce", Some(nonce.to_string()))]))
}

/// Whether transitions pass over a node, because its numbers are not to be trusted.
pub(crate) async fn is_parked(mixnet: &Contract<ChainClient>, mix_id: NodeId) -> Outcome<bool> {
    let parked: Vec<_> = mixnet.parked_nodes().try_collect().await.attempt("list the parked nodes")?;
    Ok(parked.iter().any(|node| node.mix_id == mix_id))
}

/// Keys for a period, of one node or of all mix nodes and gateways.
pub(crate) async fn node_keys(identity: Option<&str>, context: &Context) -> Outcome<Answer> {
    const WHAT: &str = "list the keys of nodes";
    let mixnet = context.mixnet().await?;
    let nodes: Vec<NodeKeysResponse> = match identity {
        Some(identity) => vec![mixnet.node_keys(identity).await.attempt(WHAT)?],
        None => mixnet.all_node_keys().try_collect().await.attempt(WHAT)?,
    };
    let mut rows = Vec::new();
    for NodeKeysResponse { identity, current, coming, .. } in nodes {
        rows.extend(current.map(|keys| ServingKeys { identity: identity.clone(), serve: "now", keys }));
        rows.extend(coming.map(|keys| ServingKeys { identity, serve: "next", keys }));
    }
    let headings = ["identity", "serve", "period", "sphinx key", "link key"];
    Ok(Answer::table(&rows, &headings, "no keys for a period", |row| {
        let NodeKeys { period, sphinx_key, noise_key } = row.keys.clone();
        vec![row.identity.clone(), row.serve.to_owned(), period.to_string(), sphinx_key, noise_key]
    }))
}

/// Keys of a node for a period.
#[derive(Serialize)]
struct ServingKeys {
    identity: String,
    /// `now` or `next`: in the period after.
    serve: &'static str,
    #[serde(flatten)]
    keys: NodeKeys,
}
