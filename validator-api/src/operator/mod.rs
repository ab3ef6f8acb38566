//! Reports scores and turns epochs, from what is on chain and in this API's own measurements.
//!
//! Every API runs this. In each epoch they are put into another order; each acts when the ones before it had
//! their time. Every step is harmless when another account has done it already, so a killed operator is
//! overtaken and two at once do not disturb each other.

use crate::config::{MonitorConfig, OperatorConfig};
use crate::contract_cache::{Latest, Snapshot};
use crate::monitor::score::{estimate, Score};
use crate::monitor::store::Store;
use nym_chain_client::mixnet::MixnetMessages as _;
use nym_chain_client::{Account, ChainClient, ChainError, Contract, Tx};
use nym_contract_types::mixnet::{EpochState, NodeReport};
use nym_contract_types::Percent;
use nym_daemon::{Counter, Registry};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nodes in one report message; the contract takes 1,000.
const REPORTS_PER_MESSAGE: usize = 500;
/// How long after a step its effect is waited for before it is tried again.
const RETRY: Duration = Duration::from_secs(3);

/// Reports and turns epochs until the service ends.
pub struct Operator {
    account: Account,
    contract: Contract<ChainClient>,
    store: Store,
    monitor: MonitorConfig,
    config: OperatorConfig,
    steps: Counter,
    reports: Counter,
    failures: Counter,
    reported: Option<u32>,
    /// The step that can be done and since when.
    possible: Option<(Step, Instant)>,
    tried: Option<Instant>,
    /// The block of its latest transaction: what was read below it does not know of that.
    acted_at: u64,
}

/// What can be done for an epoch. How far a step has come is part of it: progress restarts the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin { epoch: u32 },
    Advance { epoch: u32, done: u32 },
}

impl Operator {
    /// An operator that acts for `account`.
    pub fn new(
        account: Account,
        contract: Contract<ChainClient>,
        store: Store,
        monitor: MonitorConfig,
        config: OperatorConfig,
        registry: &Registry,
    ) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        Self {
            account,
            contract,
            store,
            monitor,
            config,
            steps: counter(
                "nym_validator_api_epoch_steps_total",
                "Steps of epoch transitions that this operator sent.",
            ),
            reports: counter("nym_validator_api_reports_total", "Performance reports that this monitor sent."),
            failures: counter(
                "nym_validator_api_transactions_failed_total",
                "Transactions of the operator that failed.",
            ),
            reported: None,
            possible: None,
            tried: None,
            acted_at: 0,
        }
    }

    /// Follows the cache.
    pub async fn run(mut self, mut latest: Latest) {
        loop {
            let snapshot = latest.borrow_and_update().clone();
            if let Some(snapshot) = snapshot {
                if let Err(error) = self.look(&snapshot).await {
                    self.failures.increment();
                    tracing::warn!(%error, epoch = snapshot.status.epoch, "a step of the epoch operator failed; trying again");
                }
            }
            if latest.changed().await.is_err() {
                return;
            }
        }
    }

    async fn look(&mut self, snapshot: &Arc<Snapshot>) -> Result<(), ChainError> {
        // While a block took its time, the cache may have read what was true before it: acting on that would repeat
        // the transaction that the block has.
        if snapshot.height < self.acted_at {
            return Ok(());
        }
        let status = &snapshot.status;
        let over = status.current_blocktime >= status.ends_at;
        if self.monitor.enabled && over && status.state == EpochState::InProgress {
            self.report(snapshot).await?;
        }
        let step = match status.state {
            EpochState::InProgress if over && status.can_begin => Some(Step::Begin { epoch: status.epoch }),
            EpochState::InProgress => None,
            EpochState::Rewarding { last_rewarded, .. } => {
                Some(Step::Advance { epoch: status.epoch, done: last_rewarded })
            }
            EpochState::AdvancingEpoch => Some(Step::Advance { epoch: status.epoch, done: u32::MAX }),
        };
        let Some(step) = step.filter(|_| self.config.enabled) else {
            self.possible = None;
            return Ok(());
        };
        let since = match self.possible {
            Some((known, since)) if known == step => since,
            _ => {
                self.tried = None;
                self.possible = Some((step, Instant::now()));
                Instant::now()
            }
        };
        if since.elapsed() < self.patience(snapshot) || self.tried.is_some_and(|tried| tried.elapsed() < RETRY) {
            return Ok(());
        }
        self.tried = Some(Instant::now());
        self.turn(step).await
    }

    /// How long the APIs before this one in the epoch's order are given.
    fn patience(&self, snapshot: &Snapshot) -> Duration {
        let monitors = &snapshot.monitors.monitors;
        let count = monitors.len().max(1);
        let own = monitors.iter().position(|(monitor, _)| monitor.as_str() == self.account.address());
        // An account that is no monitor comes last.
        let rank = own.map_or(count, |index| (index + count - snapshot.status.epoch as usize % count) % count);
        self.config.takeover * u32::try_from(rank).unwrap_or(u32::MAX)
    }

    async fn turn(&mut self, step: Step) -> Result<(), ChainError> {
        let (Step::Begin { epoch } | Step::Advance { epoch, .. }) = step;
        let advance = self.contract.advance_epoch(Some(epoch), Some(self.config.nodes_per_step))?;
        let tx = match step {
            // Begin and the first piece of the transition in one transaction: for a small network all of it.
            Step::Begin { .. } => self.contract.begin_epoch_transition(Some(epoch))?.and(advance),
            Step::Advance { .. } => advance,
        };
        self.send(&tx).await?;
        self.steps.increment();
        tracing::info!(?step, "sent a step of the epoch's transition");
        Ok(())
    }

    async fn report(&mut self, snapshot: &Snapshot) -> Result<(), ChainError> {
        let epoch = snapshot.status.epoch;
        let own = snapshot.monitors.monitors.iter().find(|(monitor, _)| monitor.as_str() == self.account.address());
        if self.reported == Some(epoch) || own.is_none_or(|(_, reported)| *reported) {
            return Ok(());
        }
        let scores = self.scores(snapshot);
        let reports: Vec<NodeReport> = scores
            .iter()
            .filter(|(_, score)| score.probes >= self.monitor.min_probes)
            .filter_map(|(node_id, score)| {
                // Ten-thousandths, rounded down, as the contract counts.
                let points = (score.performance * 10_000.0) as u16;
                Some(NodeReport {
                    node_id: *node_id,
                    performance: Percent::from_basis_points(points.min(10_000)).ok()?,
                })
            })
            .collect();
        let mut pages: Vec<Vec<NodeReport>> = reports.chunks(REPORTS_PER_MESSAGE).map(<[_]>::to_vec).collect();
        if pages.is_empty() {
            pages.push(Vec::new());
        }
        let last = pages.len() - 1;
        for (index, page) in pages.into_iter().enumerate() {
            self.send(&self.contract.submit_performance(epoch, page, index < last)?).await?;
        }
        self.reported = Some(epoch);
        self.reports.increment();
        tracing::info!(epoch, nodes = reports.len(), "reported the performance of nodes");
        let keep_from = epoch.saturating_sub(self.monitor.keep_epochs);
        if let Err(error) = self.store.close_epoch(epoch, &scores, keep_from) {
            tracing::error!(%error, "scores cannot be written");
        }
        Ok(())
    }

    fn scores(&self, snapshot: &Snapshot) -> Vec<(u32, Score)> {
        let probes = self.store.probes(snapshot.status.epoch).unwrap_or_else(|error| {
            tracing::error!(%error, "measurements cannot be read");
            Vec::new()
        });
        let mut scores: Vec<_> =
            estimate(&probes).into_iter().filter(|(node, _)| snapshot.rewarded.contains_key(node)).collect();
        scores.sort_by_key(|(node, _)| *node);
        scores
    }

    async fn send(&mut self, tx: &Tx) -> Result<(), ChainError> {
        let outcome = self.account.send(tx).await?;
        self.acted_at = outcome.height;
        outcome.into_result().map(|_| ())
    }
}
