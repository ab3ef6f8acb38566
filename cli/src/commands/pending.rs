//! `epoch pending`: what was announced and does not count yet.

use futures::TryStreamExt;
use nym_chain_client::{ChainClient, Contract, MixnetQueries};
use nym_contract_types::mixnet::{PendingEpochEventKind, PendingIntervalEventKind};
use nym_contract_types::NodeId;
use serde::Serialize;
use serde_json::Value;

use crate::{
    failure::{Attempt, Outcome},
    output::Answer,
};

/// Something that counts later.
#[derive(Debug, Serialize)]
struct Pending {
    /// `epoch` or `interval`: with the next of which it counts.
    counts_with: &'static str,
    /// Number of the node it is of; 0: of none.
    mix_id: NodeId,
    /// Height at which it was announced; 0 where that is not recorded.
    height: u64,
    /// The contract's words.
    change: Value,
    #[serde(skip)]
    said: String,
}

/// Everything that counts later: first what counts from the next epoch.
pub(crate) async fn list(mixnet: &Contract<ChainClient>) -> Outcome<Answer> {
    const WHAT: &str = "list what counts later";
    let epoch: Vec<_> = mixnet.pending_epoch_events().try_collect().await.attempt(WHAT)?;
    let interval: Vec<_> = mixnet.pending_interval_events().try_collect().await.attempt(WHAT)?;
    let mut rows = Vec::with_capacity(epoch.len() + interval.len());
    for event in epoch {
        let change = serde_json::to_value(&event.event.kind)?;
        let said = with_epoch(&event.event.kind);
        let height = event.event.created_at;
        rows.push(Pending { counts_with: "epoch", mix_id: event.id, height, change, said });
    }
    for event in interval {
        let change = serde_json::to_value(&event.event.kind)?;
        let said = with_interval(&event.event.kind);
        let height = event.event.created_at;
        rows.push(Pending { counts_with: "interval", mix_id: event.id, height, change, said });
    }
    Ok(Answer::table(&rows, &["counts with the next", "mix id", "change"], "nothing is pending", |row| {
        let node = if row.mix_id == 0 { "-".to_owned() } else { row.mix_id.to_string() };
        vec![row.counts_with.to_owned(), node, row.said.clone()]
    }))
}

fn with_epoch(kind: &PendingEpochEventKind) -> String {
    match kind {
        PendingEpochEventKind::Delegate { owner, amount, .. } => format!("{amount} delegated by {owner}"),
        PendingEpochEventKind::PledgeMore { amount, .. } => format!("{amount} added to the pledge"),
        PendingEpochEventKind::UpdateActiveSetSize { new_size } => format!("active set of {new_size} nodes"),
    }
}

fn with_interval(kind: &PendingIntervalEventKind) -> String {
    match kind {
        PendingIntervalEventKind::ChangeMixCostParams { new_costs, .. } => {
            let (margin, cost) = (new_costs.profit_margin_percent, &new_costs.interval_operating_cost);
            format!("margin {margin}, operating cost {cost}")
        }
        PendingIntervalEventKind::UpdateRewardingParams { .. } => "another reward model".to_owned(),
        PendingIntervalEventKind::UpdateIntervalConfig { epochs_in_interval, epoch_duration_secs } => {
            format!("intervals of {epochs_in_interval} epochs of {epoch_duration_secs} s")
        }
    }
}
