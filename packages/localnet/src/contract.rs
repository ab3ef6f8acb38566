//! The mixnet contract of a local network: uploaded, instantiated, its first epoch ended.

use crate::accounts::STAKE;
use crate::Options;
use anyhow::Context as _;
use nym_chain_client::mixnet::{self, MixnetMessages as _, MixnetQueries as _};
use nym_chain_client::{Account, ChainClient, Contract, Tx};
use nym_contract_types::mixnet::{EpochState, InstantiateMsg, MixingParams};

/// Pieces of a transition; a local network needs two or three.
const MAX_STEPS: usize = 50;

/// Uploads and instantiates; returns the contract's address.
pub async fn deploy(options: &Options, treasury: &Account, monitors: Vec<String>) -> anyhow::Result<String> {
    let wasm = std::fs::read(&options.contract).with_context(|| {
        format!("no contract at {}; build it first: scripts/build-contracts", options.contract.display())
    })?;
    let code_id = send(treasury, &Tx::store_code(&wasm)).await.context("cannot upload the contract")?.code_id()?;
    let mut message = InstantiateMsg::local(STAKE, options.epoch_seconds, monitors);
    // Reply blocks serve two epochs less the longest way: in short epochs the longest delay has to be short, too.
    let longest = u32::try_from(options.epoch_seconds.saturating_mul(1_000) / 12).unwrap_or(u32::MAX);
    let max_hop_delay_ms = longest.min(message.mixing.max_hop_delay_ms).max(options.mean_hop_delay_ms);
    message.mixing = MixingParams { mean_hop_delay_ms: options.mean_hop_delay_ms, max_hop_delay_ms, ..message.mixing };
    // The address follows from the file, the treasury and this, and is known before the contract is created. Networks that
    // share a chain and a treasury have the same file; only the number of its code tells them apart.
    let salt = format!("mixnet-{code_id}").into_bytes();
    let foreseen = treasury.client().instantiate2_address(code_id, treasury.address(), &salt).await?;
    let tx = mixnet::instantiate2(code_id, "mixnet", &message, Some(treasury.address().to_owned()), &salt)?;
    let address = send(treasury, &tx).await.context("cannot instantiate the contract")?.contract_address()?;
    anyhow::ensure!(address == foreseen, "the contract was created at {address} instead of {foreseen}");
    Ok(address)
}

/// Ends the first epoch, so that bonded nodes have layers.
pub async fn end_first_epoch(contract: &Contract<ChainClient>, account: &Account) -> anyhow::Result<()> {
    for _ in 0..MAX_STEPS {
        let status = contract.epoch_status().await?;
        if status.epoch > 0 {
            return Ok(());
        }
        let advance = contract.advance_epoch(Some(0), None)?;
        let tx = match status.state {
            EpochState::InProgress => contract.begin_epoch_transition(Some(0))?.and(advance),
            _ => advance,
        };
        send(account, &tx).await.context("cannot end the first epoch")?;
    }
    anyhow::bail!("the first epoch did not end in {MAX_STEPS} transactions")
}

/// Sends a transaction and fails if the chain refuses it.
pub async fn send(account: &Account, tx: &Tx) -> anyhow::Result<nym_chain_client::TxOutcome> {
    Ok(account.send(tx).await?.into_result()?)
}
