//! `epoch`: where it stands, its rewarded set, what counts later, and the crank that anybody may turn.

use clap::Subcommand;
use futures::TryStreamExt;
use nym_chain_client::{MixnetMessages, MixnetQueries};
use nym_contract_types::mixnet::{
    DrawOutcome, EpochState, EpochStatusResponse, RewardedNode, RewardedNodeStatus, SeedSource,
};
use nym_contract_types::EpochId;
use nym_daemon::{ErrorKind, Failure};
use serde_json::json;

use super::{beacon, draw, monitor, pending};
use crate::{
    amounts::duration,
    args::TxArgs,
    context::Context,
    failure::{Attempt, Outcome},
    output::Answer,
    submit::{submit, Submitted},
};

/// Pieces of one transition that are sent before giving up: the contract does at least one node each.
const MAX_PIECES: usize = 10_000;

const FORESEEABLE: &str = "draws use a foreseeable seed (bootstrap): for local and test networks only";

#[derive(Debug, Subcommand)]
pub(crate) enum Epoch {
    /// Show the current epoch and its transition
    Show,
    /// List the rewarded set: who carries traffic and in which layer
    Nodes {
        /// Number of the epoch [default: the current one; the one before is known, too]
        #[arg(long, value_name = "NUMBER")]
        epoch: Option<EpochId>,
    },
    /// List what was announced and counts from the next epoch or interval
    Pending,
    /// Draw the current rewarded set again from chain state and compare; fails if anything differs
    Verify,
    /// Turn the crank: begin the transition if it is due, and finish it
    Advance {
        /// Nodes to handle in one transaction
        #[arg(long, value_name = "NUMBER")]
        limit: Option<u32>,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Report the performance of nodes in the epoch that has ended, as a monitor
    Report {
        #[command(flatten)]
        report: monitor::Report,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Bring the coming epoch's seed, the group's signature
    Seed {
        #[command(flatten)]
        seed: beacon::Seed,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Post your share of the coming epoch's seed, as a member of the group
    SeedShare {
        #[command(flatten)]
        share: beacon::SeedShare,
        #[command(flatten)]
        tx: TxArgs,
    },
}

pub(crate) async fn run(command: Epoch, context: &Context) -> Outcome<Answer> {
    match command {
        Epoch::Show => {
            let mixnet = context.mixnet().await?;
            let (status, layers) =
                futures::try_join!(mixnet.epoch_status(), mixnet.layer_distribution()).attempt("read the epoch")?;
            let mut data = serde_json::to_value(&status)?;
            data["layers"] = json!([layers.layer1, layers.layer2, layers.layer3]);
            let mut lines = lines(&status);
            lines.push(("nodes per layer", Some(format!("{} {} {}", layers.layer1, layers.layer2, layers.layer3))));
            let answer = Answer::record(&data, lines);
            Ok(match status.seed_source {
                SeedSource::Bootstrap => answer.warn(FORESEEABLE),
                SeedSource::Beacon => answer,
            })
        }
        Epoch::Nodes { epoch } => nodes(epoch, context).await,
        Epoch::Pending => pending::list(&context.mixnet().await?).await,
        Epoch::Verify => verify(context).await,
        Epoch::Advance { limit, tx } => advance(limit, &tx, context).await,
        Epoch::Report { report, tx } => monitor::report(report, &tx, context).await,
        Epoch::Seed { seed, tx } => beacon::seed(seed, &tx, context).await,
        Epoch::SeedShare { share, tx } => beacon::seed_share(share, &tx, context).await,
    }
}

async fn nodes(epoch: Option<EpochId>, context: &Context) -> Outcome<Answer> {
    let mixnet = context.mixnet().await?;
    let nodes: Vec<RewardedNode> =
        mixnet.rewarded_set_of(epoch).try_collect().await.attempt("list the rewarded set")?;
    Ok(Answer::table(&nodes, &["mix id", "status", "layer"], "no node is in the rewarded set", |node| {
        let status = match node.status {
            RewardedNodeStatus::Active => "active",
            RewardedNodeStatus::Standby => "standby",
        };
        let layer = node.layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        vec![node.mix_id.to_string(), status.to_owned(), layer]
    }))
}

async fn verify(context: &Context) -> Outcome<Answer> {
    let evidence = draw::gather(&context.client().await?, context.mixnet_address()?).await?;
    let checks = draw::verify(&evidence);
    let epoch = evidence.lottery.epoch;
    if let Some(wrong) = checks.iter().find(|check| check.passed == Some(false)) {
        return Err(Failure::new(ErrorKind::Failed, format!("{}: {}", wrong.check, wrong.detail))
            .with_help(
                "ask another endpoint with --rpc URL; if it says the same, the draw was not what the protocol says",
            )
            .context(format!("the rewarded set of epoch {epoch} is not what its draw gives")));
    }
    let answer = Answer::table(&checks, &["check", "result", "detail"], "nothing to check", |check| {
        let result = if check.passed.is_some() { "as it should be" } else { "not checked" };
        vec![check.check.to_owned(), result.to_owned(), check.detail.clone()]
    });
    Ok(match evidence.lottery.seed_source {
        SeedSource::Bootstrap => answer.warn(FORESEEABLE),
        SeedSource::Beacon => answer,
    })
}

async fn advance(limit: Option<u32>, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let before = mixnet.epoch_status().await.attempt("read the epoch")?;
    let epoch = before.epoch;
    if before.state == EpochState::InProgress && !before.can_begin {
        let (why, wait) = if before.current_blocktime < before.ends_at {
            (format!("epoch {epoch} has not ended"), before.ends_at - before.current_blocktime)
        } else {
            let wait = before.begin_without_all_reports_at.saturating_sub(before.current_blocktime);
            (format!("{} of {} monitors have reported on epoch {epoch}", before.reports, before.monitors), wait)
        };
        return Err(Failure::new(ErrorKind::ChainRefused, why)
            .with_help(format!("try again in {}", duration(wait.max(1))))
            .context("could not advance the epoch"));
    }

    let mut sent = Vec::new();
    for _ in 0..MAX_PIECES {
        let status = mixnet.epoch_status().await.attempt("read the epoch")?;
        if status.epoch != epoch {
            break;
        }
        let (message, what) = match status.state {
            EpochState::InProgress => (mixnet.begin_epoch_transition(Some(epoch)), "begin"),
            _ => (mixnet.advance_epoch(Some(epoch), limit), "advance"),
        };
        let message = message.attempt("advance the epoch")?;
        match submit(&account, message, tx, &format!("{what} the transition of epoch {epoch}")).await? {
            Submitted::DryRun(answer) => return Ok(answer),
            Submitted::Sent { outcome, .. } => {
                let state = mixnet.epoch_status().await.attempt("read the epoch")?;
                if state.epoch == epoch && state.state == status.state && what == "advance" && idle(&outcome) {
                    return Err(Failure::new(ErrorKind::ChainRefused, "the draw waits for its seed")
                        .with_help("try again when the seed has come or its time is over")
                        .context(format!("could not finish the transition of epoch {epoch}")));
                }
                sent.push(outcome.hash);
            }
        }
    }
    let after = mixnet.epoch_status().await.attempt("read the epoch")?;
    let mut data = serde_json::to_value(&after)?;
    data["transactions"] = json!(sent);
    let mut lines = lines(&after);
    lines.push(("transactions", Some(sent.len().to_string())));
    Ok(Answer::record(&data, lines))
}

/// The contract says when a message found nothing to do.
fn idle(outcome: &nym_chain_client::TxOutcome) -> bool {
    outcome
        .events
        .iter()
        .flat_map(|event| &event.attributes)
        .any(|(key, value)| key == "nothing_to_do" && value == "true")
}

fn lines(status: &EpochStatusResponse) -> Vec<(&'static str, Option<String>)> {
    let left = status.ends_at.saturating_sub(status.current_blocktime);
    let state = match status.state {
        EpochState::InProgress if left > 0 => format!("running, {} left", duration(left)),
        EpochState::InProgress if status.can_begin => "over, the transition can begin".to_owned(),
        EpochState::InProgress => "over, waiting for reports".to_owned(),
        EpochState::Rewarding { last_rewarded, final_node_id } => {
            format!("counting scores, node {last_rewarded} of {final_node_id}")
        }
        EpochState::AdvancingEpoch => "drawing the next set".to_owned(),
    };
    let draw = match status.draw {
        DrawOutcome::None => "none yet",
        DrawOutcome::Drawn => "drawn",
        DrawOutcome::KeptTooFewCandidates => "kept from before: fewer than three candidates",
        DrawOutcome::KeptNoSeed => "kept from before: no seed came in time",
    };
    vec![
        ("epoch", Some(status.epoch.to_string())),
        ("state", Some(state)),
        ("length", (status.epoch_length > 0).then(|| duration(status.epoch_length))),
        ("current since height", Some(status.height.to_string())),
        ("rewarded set", Some(draw.to_owned())),
        ("monitors", Some(format!("{} of {} have reported", status.reports, status.monitors))),
    ]
}
