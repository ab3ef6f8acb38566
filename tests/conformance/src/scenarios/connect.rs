//! What a client learns when it connects.

use anyhow::Result;
use serde_json::json;
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::{Client, Paging};

use crate::run::Run;

pub async fn connect(run: &mut Run) -> Result<()> {
    let status = run.chain.rpc.status().await?;
    let mode = CompatMode::from_version(status.node_info.version)?;
    run.note(
        "status",
        json!({
            "chain id": status.node_info.network.to_string(),
            "dialect": format!("{mode:?}"),
            "catching up": status.sync_info.catching_up,
            "tx index": format!("{:?}", status.node_info.other.tx_index),
            "moniker given": !status.node_info.moniker.to_string().is_empty(),
        }),
    );

    run.chain.rpc.health().await?;
    let info = run.chain.rpc.abci_info().await?;
    run.note("abci_info", json!({"name": info.data, "version": info.version, "app": info.app_version}));

    let genesis = run.chain.rpc.genesis::<serde_json::Value>().await?;
    run.note("genesis", json!({"chain id": genesis.chain_id.to_string(), "initial height": genesis.initial_height}));

    let height = run.chain.height().await? as u32;
    let validators = run.chain.rpc.validators(height, Paging::Default).await?;
    run.note("validators", json!({"count": validators.validators.len(), "total": validators.total}));

    let parameters = run.chain.rpc.latest_consensus_params().await?.consensus_params;
    run.note("consensus_params", json!({"max bytes": parameters.block.max_bytes, "max gas": parameters.block.max_gas}));

    let commit = run.chain.rpc.commit(height).await?;
    let block = run.chain.rpc.block(height).await?;
    run.note(
        "block and commit",
        json!({
            "same header": commit.signed_header.header.hash() == block.block.header.hash(),
            "same id": commit.signed_header.commit.block_id == block.block_id,
            "id is the header's hash": block.block_id.hash == block.block.header.hash(),
            "height": block.block.header.height.value() == u64::from(height),
            "chain id": block.block.header.chain_id.to_string(),
            "signatures": commit.signed_header.commit.signatures.len(),
        }),
    );

    run.chain.wait_for_height(u64::from(height) + 2).await?;
    let next = run.chain.rpc.block(height + 1).await?;
    run.note(
        "the next block",
        json!({
            "points to the last": next.block.header.last_block_id == Some(block.block_id),
            "is later": next.block.header.time > block.block.header.time,
            "commits to the last": next.block.last_commit.as_ref().map(|commit| commit.height.value() == u64::from(height)),
        }),
    );
    Ok(())
}
