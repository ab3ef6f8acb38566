//! `monitor`: who reports performance, what was reported, and reporting (`epoch report`).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use futures::TryStreamExt;
use nym_chain_client::{MixnetMessages, MixnetQueries};
use nym_contract_types::{
    mixnet::{
        limits::{MAX_MONITORS, MAX_REPORTS},
        NodeReport,
    },
    EpochId, NodeId,
};
use serde::Serialize;

use super::{input, node::AccountArgs};
use crate::{
    amounts::score,
    args::TxArgs,
    context::Context,
    failure::{usage, Attempt, Outcome},
    output::Answer,
    submit::submit_and_report,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Monitor {
    /// List the monitors and whether they have reported the current epoch
    List,
    /// List what a monitor has reported of the current epoch
    Reports {
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Replace the list of monitors, at once
    Set {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        tx: TxArgs,
    },
}

/// Who reports from now on.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Who {
    /// Address of a monitor; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    monitor: Vec<String>,
    /// Leave no monitors: epochs end without reports
    #[arg(long)]
    nobody: bool,
}

/// Scores of an epoch.
#[derive(Debug, Args)]
// The command has its name.
#[group(skip)]
pub(crate) struct Report {
    #[command(flatten)]
    scores: Scores,
    /// Number of the epoch [default: the current one]
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<EpochId>,
    /// More scores of this epoch will follow: do not count as having reported yet
    #[arg(long)]
    more_follows: bool,
}

/// The scores.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Scores {
    /// Performance of a node, like 17=0.98; may be given several times
    #[arg(long, value_name = "NUMBER=SHARE", value_parser = score)]
    score: Vec<NodeReport>,
    /// File with scores in JSON, - for stdin
    #[arg(long, value_name = "FILE")]
    scores_file: Option<PathBuf>,
}

/// A monitor.
#[derive(Debug, Serialize)]
struct Listed {
    address: String,
    reported: bool,
}

pub(crate) async fn run(command: Monitor, context: &Context) -> Outcome<Answer> {
    match command {
        Monitor::List => {
            let reply = context.mixnet().await?.monitors().await.attempt("list the monitors")?;
            let monitors = reply.monitors.into_iter();
            let monitors: Vec<_> =
                monitors.map(|(address, reported)| Listed { address: address.into_string(), reported }).collect();
            Ok(Answer::table(&monitors, &["address", "has reported"], "there are no monitors", |monitor| {
                vec![monitor.address.clone(), if monitor.reported { "yes" } else { "no" }.to_owned()]
            }))
        }
        Monitor::Reports { account } => {
            let address = context.address_of(account.key.as_deref(), account.address.as_deref())?;
            let mixnet = context.mixnet().await?;
            let reports = mixnet.performance_reports(&address).try_collect().await;
            let reports: Vec<NodeReport> = reports.attempt(format!("list the reports of {address}"))?;
            Ok(Answer::table(&reports, &["mix id", "performance"], "nothing reported of this epoch", |report| {
                vec![report.node_id.to_string(), report.performance.to_string()]
            }))
        }
        Monitor::Set { who, tx } => set(who, &tx, context).await,
    }
}

async fn set(who: Who, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    const WHAT: &str = "replace the list of monitors";
    let refused = |cause: String, help: String| usage(format!("could not {WHAT}"), cause, help);
    let monitors = if who.nobody { Vec::new() } else { who.monitor };
    for (position, monitor) in monitors.iter().enumerate() {
        context.check_address(monitor, WHAT)?;
        if monitors.iter().take(position).any(|earlier| earlier == monitor) {
            return Err(refused(format!("{monitor} is named twice"), "name every monitor once".to_owned()));
        }
    }
    if monitors.len() > MAX_MONITORS {
        let cause = format!("{} are named", monitors.len());
        return Err(refused(cause, format!("name at most {MAX_MONITORS}")));
    }
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let message = mixnet.update_monitors(monitors).attempt(WHAT)?;
    submit_and_report(&account, message, tx, WHAT).await
}

/// `epoch report`
pub(crate) async fn report(report: Report, tx: &TxArgs, context: &Context) -> Outcome<Answer> {
    let mut scores = report.scores.score;
    if let Some(path) = &report.scores.scores_file {
        let more: Vec<NodeReport> = input::values(path, "[{\"node_id\":17,\"performance\":\"0.98\"}]")?;
        scores.extend(more);
    }
    check_scores(&scores)?;
    let (account, mixnet) = context.account_and_mixnet(tx).await?;
    let epoch = match report.epoch {
        Some(epoch) => epoch,
        None => mixnet.epoch_status().await.attempt("read the epoch")?.epoch,
    };
    let what = format!("report the performance of {} nodes in epoch {epoch}", scores.len());
    let message = mixnet.submit_performance(epoch, scores, report.more_follows).attempt(what.clone())?;
    submit_and_report(&account, message, tx, &what).await
}

fn check_scores(scores: &[NodeReport]) -> Outcome<()> {
    const COULD_NOT: &str = "could not report performance";
    if scores.len() > MAX_REPORTS {
        let cause = format!("there are {} scores, and a message takes {MAX_REPORTS}", scores.len());
        return Err(usage(COULD_NOT, cause, "send them in parts, all but the last with --more-follows"));
    }
    let mut nodes: Vec<NodeId> = scores.iter().map(|score| score.node_id).collect();
    nodes.sort_unstable();
    if let Some([twice, _]) = nodes.array_windows().find(|[one, next]| one == next) {
        return Err(usage(COULD_NOT, format!("node {twice} has two scores"), "give every node one score"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn two_scores_of_one_node_and_too_many_are_refused() {
        let scores = |nodes: &[NodeId]| -> Vec<NodeReport> {
            nodes.iter().map(|node| score(&format!("{node}=0.5")).unwrap()).collect()
        };
        let many: Vec<NodeId> = (1..=1_001).collect();

        assert!(check_scores(&scores(&[3, 1, 2])).is_ok());
        let said = |nodes: &[NodeId]| crate::failure::lines(&check_scores(&scores(nodes)).unwrap_err());
        assert!(said(&[3, 1, 3]).contains("node 3 has two scores"));
        assert!(said(&many).contains("there are 1001 scores"));
    }
}
