//! Going through the nodes in the order of their numbers: their scores of the epoch are counted, those in the rewarded set are
//! paid, and the candidates of the next are frozen. One pass, in bounded steps; stakes stand still until it is over.

use cosmwasm_std::{Decimal, Storage, Uint256};
use nym_contract_types::mixnet::ContractState;
use nym_contract_types::NodeId;

use super::clock::{Epoch, Phase};
use super::performance::median;
use super::state::{
    CandidatePage, MonitorId, ReportPage, Score, ScorePage, CANDIDATES, MONITORS, NO_REPORT, PAGE_NODES, REPORTS,
    SCORES,
};
use crate::mixnodes::state::{Clock, NodeStake, Parked, PARKED, SCALE, STAKES};
use crate::rewards::{self, Payer};
use crate::state::REWARDING;
use crate::ContractError;

/// Performance in the lottery of a node on which enough monitors never reported, in ten-thousandths.
const UNKNOWN: u16 = 5_000;

/// All of a performance, in ten-thousandths.
const FULL: u128 = 10_000;

/// What a step did.
pub struct Settled {
    /// Nodes gone through.
    pub nodes: usize,
    /// Nodes that were paid.
    pub rewarded: u32,
    /// What they were paid together, in 10^-18 of the denom's unit.
    pub paid: u128,
    /// Nodes that were passed over.
    pub parked: Vec<NodeId>,
}

/// Settles at most `limit` nodes.
pub fn step(
    storage: &mut dyn Storage,
    state: &ContractState,
    epoch: &mut Epoch,
    limit: usize,
) -> Result<Settled, ContractError> {
    let params = REWARDING.load(storage)?;
    let saturation = params.interval.stake_saturation_point;
    let nodes = STAKES.page_each(storage, Some(epoch.cursor), limit)?;
    let count = nodes.len();
    // The last node may have left, and others may have bonded since: the pass ends where they begin.
    let passed = count < limit || nodes.last().is_some_and(|(id, _)| *id >= epoch.final_node);

    let mut scores = Scores::new(storage)?;
    let mut candidates = Candidates::resume(storage, epoch)?;
    let mut payer = Payer::new(storage, &params, state, epoch)?;
    let coming = state.epochs.period_of(epoch.next_id()?);
    let mut last = epoch.cursor;
    let mut parked = Vec::new();
    for (id, stake) in nodes.into_iter().take_while(|(id, _)| *id <= epoch.final_node) {
        last = id;
        let score = scores.count(storage, epoch, id)?;
        let known = score.serving(epoch.id, state.epochs.stale_epochs);
        // Whatever is wrong with a node, it is passed over: nothing may stop the clock.
        let (stake, error) = match stake {
            Ok(stake) => match payer.settle(storage, epoch, id, &stake, known) {
                Ok(settled) => match weight(&settled, epoch.clock(), saturation, known.unwrap_or(UNKNOWN)) {
                    Ok(weight) => {
                        // Whoever bonded since the transition began, or has no keys for the coming epoch, waits.
                        if settled.has_keys_for(coming) && settled.bonded_in <= epoch.id {
                            candidates.add(storage, id, weight);
                        }
                        if settled.parked {
                            STAKES.save(storage, id, &NodeStake { parked: false, ..settled });
                            PARKED.remove(storage, id);
                        }
                        continue;
                    }
                    Err(error) => (Some(settled), error),
                },
                Err(error) => (Some(stake), error),
            },
            Err(error) => (None, error),
        };
        park(storage, epoch, id, stake, &error);
        parked.push(id);
    }
    scores.save(storage);
    epoch.candidates = candidates.save(storage);
    let (rewarded, paid) = payer.finish(storage)?;

    epoch.cursor = last;
    if passed {
        epoch.phase = Phase::Drawing;
        epoch.cursor = 0;
        rewards::close_epoch(storage, state, epoch)?;
    }
    Ok(Settled { nodes: count, rewarded, paid, parked })
}

/// Remembers that a node was passed over, and why. What was staked can be taken back, and the next transition tries again.
fn park(storage: &mut dyn Storage, epoch: &Epoch, id: NodeId, stake: Option<NodeStake>, error: &ContractError) {
    let known = match &stake {
        Some(stake) => stake.parked,
        None => PARKED.has(storage, id),
    };
    if known {
        return;
    }
    PARKED.save(storage, id, &Parked { since: epoch.id, reason: error.to_string() });
    if let Some(stake) = stake {
        STAKES.save(storage, id, &NodeStake { parked: true, ..stake });
    }
}

/// `⌊min(stake, σ*) · performance⌋`.
fn weight(stake: &NodeStake, clock: Clock, saturation: Decimal, points: u16) -> Result<u64, ContractError> {
    let counted = stake.counted_in(clock)?.min(saturation.atomics().u128());
    let weight = Uint256::from(counted) * Uint256::from(points) / Uint256::from(FULL * SCALE);
    // Stakes of the whole supply of any real token fit; beyond that all are equally heavy.
    Ok(cosmwasm_std::Uint64::try_from(weight).map_or(u64::MAX, |weight| weight.u64()))
}

/// Scores of the page of nodes at hand.
struct Scores {
    monitors: Vec<MonitorId>,
    page: Option<LoadedPage>,
}

struct LoadedPage {
    number: u32,
    reports: Vec<ReportPage>,
    before: ScorePage,
    after: ScorePage,
}

impl Scores {
    fn new(storage: &dyn Storage) -> Result<Self, ContractError> {
        let monitors = MONITORS.load(storage)?.into_iter().map(|(id, _)| id).collect();
        Ok(Self { monitors, page: None })
    }

    /// Counts the reports on a node and returns what is now known of it.
    fn count(&mut self, storage: &mut dyn Storage, epoch: &Epoch, id: NodeId) -> Result<Score, ContractError> {
        let number = id / PAGE_NODES;
        if self.page.as_ref().is_none_or(|page| page.number != number) {
            self.save(storage);
            self.page = Some(LoadedPage::load(storage, &self.monitors, epoch, number)?);
        }
        let slot = (id % PAGE_NODES) as usize;
        let corrupt = || ContractError::Corrupt { what: "page of scores" };
        let page = self.page.as_mut().ok_or_else(corrupt)?;

        let mut reports: Vec<u16> =
            page.reports.iter().map(|report| report.scores.get(slot).copied().unwrap_or(NO_REPORT)).collect();
        let score = page.after.0.get_mut(slot).ok_or_else(corrupt)?;
        if let Some(points) = median(&mut reports, self.monitors.len()) {
            *score = Score::of(epoch.id, points);
        }
        Ok(*score)
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        if let Some(page) = self.page.take().filter(|page| page.before != page.after) {
            SCORES.save(storage, page.number, &page.after);
        }
    }
}

impl LoadedPage {
    fn load(storage: &dyn Storage, monitors: &[MonitorId], epoch: &Epoch, number: u32) -> Result<Self, ContractError> {
        let mut reports = Vec::with_capacity(monitors.len());
        for monitor in monitors {
            // What a monitor said of an earlier epoch does not count in this one.
            reports.extend(REPORTS.may_load(storage, (number, *monitor))?.filter(|page| page.epoch == epoch.id));
        }
        let before = SCORES.may_load(storage, number)?.unwrap_or_else(ScorePage::empty);
        Ok(Self { number, reports, after: before.clone(), before })
    }
}

/// The growing list of candidates.
struct Candidates {
    page: CandidatePage,
    count: u32,
}

impl Candidates {
    fn resume(storage: &dyn Storage, epoch: &Epoch) -> Result<Self, ContractError> {
        let page = if epoch.candidates.is_multiple_of(PAGE_NODES) {
            CandidatePage::default()
        } else {
            let page = CANDIDATES.may_load(storage, epoch.candidates / PAGE_NODES)?;
            page.ok_or(ContractError::Corrupt { what: "page of candidates" })?
        };
        Ok(Self { page, count: epoch.candidates })
    }

    fn add(&mut self, storage: &mut dyn Storage, id: NodeId, weight: u64) {
        self.page.0.push((id, weight));
        self.count += 1;
        if self.count.is_multiple_of(PAGE_NODES) {
            CANDIDATES.save(storage, self.count / PAGE_NODES - 1, &self.page);
            self.page.0.clear();
        }
    }

    fn save(self, storage: &mut dyn Storage) -> u32 {
        if !self.count.is_multiple_of(PAGE_NODES) {
            CANDIDATES.save(storage, self.count / PAGE_NODES, &self.page);
        }
        self.count
    }
}
