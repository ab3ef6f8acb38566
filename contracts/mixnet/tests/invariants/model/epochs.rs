//! Epochs: closing the reports, paying node after node, ending intervals, who may be drawn, and whether there is a draw.

use std::ops::RangeInclusive;

use nym_contract_types::{NodeId, Percent};
use nym_mixnet_contract::epochs::clock::Phase;
use nym_mixnet_contract::epochs::state::RewardedSet;

use super::{Call, Due, Model, Refusal};
use crate::invariants::exact::{reward, Exact, Inputs, Sum};
use crate::invariants::ledger::{Node, ATOMICS};

/// Points in the lottery of a node of which nothing is known.
const UNKNOWN: u16 = 5_000;
/// Fewest candidates of a draw.
const FEWEST: usize = 3;

impl Model {
    pub(super) fn begin(&mut self, call: &Call<'_>) -> Result<Due, Refusal> {
        if self.phase != Phase::Running {
            return Ok(Due::default());
        }
        let ends_at = self.starts_at + self.length;
        if call.time < ends_at {
            return Err("EpochNotOver");
        }
        let has_reported = |number: &u32| self.reports.get(number).is_some_and(|(epoch, _)| *epoch == self.epoch);
        let all_reported = self.monitors.iter().all(|(number, _)| has_reported(number));
        if !self.set.seats.is_empty() && call.time < ends_at + self.report_grace && !all_reported {
            return Err("ReportsMissing");
        }
        (self.phase, self.cursor, self.final_node) = (Phase::Settling, 0, self.last_node);
        (self.begun_at, self.seeded) = (call.time, self.bootstrap_seed);
        self.candidates.clear();
        Ok(Due::default())
    }

    /// The coming epoch's seed, whoever brings it.
    pub(super) fn bring_seed(&mut self, call: &Call<'_>) -> Result<Due, Refusal> {
        if self.phase == Phase::Running || call.time >= self.begun_at + self.seed_grace {
            return Err("SeedNotAccepted");
        }
        self.seeded = true;
        Ok(Due::default())
    }

    pub(super) fn advance(&mut self, call: &Call<'_>, limit: usize) -> Result<Due, Refusal> {
        if self.phase == Phase::Running {
            return Err("TransitionNotBegun");
        }
        let waits = !self.seeded && call.time < self.begun_at + self.seed_grace;
        let mut page: Vec<NodeId> = Vec::new();
        if self.phase == Phase::Settling {
            let bonded = self.nodes.iter().filter(|(id, node)| node.bonded && **id > self.cursor);
            page.extend(bonded.map(|(id, _)| *id).take(limit));
        }
        let handled = page.len();
        if handled == 0 && waits {
            return Err("SeedMissing");
        }
        if self.phase == Phase::Settling {
            let is_last = handled < limit || page.last().is_some_and(|id| *id >= self.final_node);
            let final_node = self.final_node;
            for id in page.into_iter().filter(|id| *id <= final_node) {
                self.settle(id);
                self.cursor = id;
            }
            if is_last {
                self.close_epoch();
                self.phase = Phase::Drawing;
            }
        }
        // No more candidates than fit into one step take part here.
        if self.phase == Phase::Drawing && handled < limit && !waits {
            self.turn_over();
        }
        Ok(Due::default())
    }

    /// Counts what was reported of a node, pays it, and lets it take part in the lottery.
    fn settle(&mut self, id: NodeId) {
        if let Some(points) = self.median(id) {
            self.scores.insert(id, (self.epoch, points));
        }
        let known = self.scores.get(&id).filter(|(of, _)| self.epoch - of <= self.stale_epochs);
        let points = known.map(|(_, points)| *points);
        let (epoch, interval) = (self.epoch, self.interval);
        let is_damaged = self.damaged.contains(&id);
        let node = self.nodes.get_mut(&id).unwrap();
        node.parked = is_damaged;
        if is_damaged {
            return;
        }

        // What counted in the epoch earns; what was added in it begins to count only then.
        node.fold(epoch, interval);
        let seat = self.set.get(id).map(|seat| seat.layer().is_some());
        if let (Some(points), Some(is_active)) = (points.filter(|points| *points > 0), seat) {
            self.reward(id, points, is_active);
        }
        let (key_period, coming) = (self.key_period, (epoch + 1).checked_div(self.key_period));
        let node = self.nodes.get_mut(&id).unwrap();
        node.fold(epoch + 1, interval);
        let has_keys = key_period == 0 || coming.is_some_and(|period| node.keys.contains(&period));
        let points = points.unwrap_or(UNKNOWN);
        if has_keys && node.bonded_in <= epoch && points > 0 {
            let weight = self.weight(id, points);
            self.candidates.insert(id, weight);
        }
    }

    /// What a candidate weighs in the draw: its stake, up to saturation, times its score.
    fn weight(&self, id: NodeId, points: u16) -> RangeInclusive<u64> {
        let node = &self.nodes[&id];
        let stake = node.operator.atomics() + node.delegates().atomics();
        let saturation = self.supply.atomics() / u128::from(self.rules.rewarded_size);
        let counted = stake.min(saturation);
        // Either part of the stake may be off, and so may the saturation.
        let tolerance = 3 * node.tolerance() + saturation / 100_000_000_000_000;
        let units = |atomics: u128| u64::try_from(atomics * u128::from(points) / (10_000 * ATOMICS)).unwrap();
        units(counted.saturating_sub(tolerance))..=units(counted + tolerance)
    }

    /// The lower median of at least two thirds of the monitors.
    fn median(&self, id: NodeId) -> Option<u16> {
        let reports = self.monitors.iter().filter_map(|(number, _)| self.reports.get(number));
        let mut points: Vec<u16> = reports
            .filter(|(epoch, _)| *epoch == self.epoch)
            .filter_map(|(_, scores)| scores.get(&id).copied())
            .collect();
        points.sort_unstable();
        let quorum = (2 * self.monitors.len()).div_ceil(3).max(1);
        if points.len() < quorum {
            return None;
        }
        points.get((points.len() - 1) / 2).copied()
    }

    fn reward(&mut self, id: NodeId, points: u16, active: bool) {
        let node = &self.nodes[&id];
        let (operator, delegates) = reward(self.inputs(node, points, active));
        let (operator, delegates) = (Sum::of(&operator), Sum::of(&delegates));
        let slack = (operator.atomics() + delegates.atomics()) / 100_000_000_000_000;
        self.paid += &operator;
        self.paid += &delegates;
        let epoch = self.epoch;
        let node = self.nodes.get_mut(&id).unwrap();
        node.last_rewarded = epoch;
        let mut parts = node.credit(&operator, &delegates);
        node.note_peak();
        parts.push((node.owner.clone(), operator));
        for (who, part) in parts {
            let account = self.account(&who);
            account.earned += &part;
            account.slack += slack;
        }
    }

    fn inputs(&self, node: &Node, points: u16, active: bool) -> Inputs {
        let rules = &self.rules;
        let (margin, cost) = rules.ranges.paid(node.costs);
        Inputs {
            pool: self.pool.exact(),
            supply: self.supply.exact(),
            emission: Exact::atomics(rules.emission),
            alpha: Exact::atomics(rules.alpha),
            factor: Exact::atomics(rules.factor),
            epochs: rules.epochs_in_interval,
            rewarded: self.set.rewarded_size,
            active_seats: self.set.active_size,
            saturation_size: rules.rewarded_size,
            operator: node.operator.exact(),
            delegates: node.delegates().exact(),
            margin: Exact::atomics(margin),
            cost: Exact::whole(cost),
            performance: Exact::ratio(points, 10_000u32),
            active,
        }
    }

    /// The end of the rewards, and of the interval if this was its last epoch: pool and supply roll over, and what was announced holds, as
    /// do the ranges for what is paid.
    fn close_epoch(&mut self) {
        if self.epoch + 1 - self.interval_start >= self.rules.epochs_in_interval {
            let announced = std::mem::take(&mut self.announced.rewarding);
            let rules = &mut self.rules;
            if let Some(supply) = announced.staking_supply {
                self.supply = Sum::units(supply.u128());
            }
            let percent = |new: Option<Percent>, old: &mut u128| {
                *old = new.map_or(*old, |new| new.atomics().u128());
            };
            percent(announced.staking_supply_scale_factor, &mut rules.supply_scale);
            percent(announced.sybil_resistance_percent, &mut rules.alpha);
            percent(announced.interval_pool_emission, &mut rules.emission);
            let factor = announced.active_set_work_factor;
            rules.factor = factor.map_or(rules.factor, |factor| factor.atomics().u128());
            rules.rewarded_size = announced.rewarded_set_size.unwrap_or(rules.rewarded_size);
            rules.epochs_in_interval = self.announced.epochs_in_interval.take().unwrap_or(rules.epochs_in_interval);
            rules.epoch_length = self.announced.epoch_length.take().unwrap_or(rules.epoch_length);
            rules.ranges = self.ranges.clone();

            let paid = std::mem::take(&mut self.paid);
            let circulates = Sum::of(&(paid.exact() * Exact::atomics(rules.supply_scale)));
            self.supply += &circulates;
            self.pool -= &paid;
            self.pool += &Sum::units(std::mem::take(&mut self.added));
            self.interval += 1;
            self.interval_start = self.epoch + 1;
        }
        let active = self.announced.active_set_size.take().unwrap_or(self.rules.active_size);
        self.rules.active_size = active.min(self.rules.rewarded_size);
    }

    fn turn_over(&mut self) {
        self.starts_at += self.length;
        self.length = self.rules.epoch_length;
        self.epoch += 1;
        self.phase = Phase::Running;
        self.drawn = true;
    }

    /// Takes note of the set of the epoch that has become current, if it may be that: all seats are taken if there are candidates for them,
    /// by candidates; with too few of them, or without a seed, the set stays.
    pub fn show_set(&mut self, set: RewardedSet) {
        self.drawn = false;
        let candidates = &self.candidates;
        if candidates.len() < FEWEST || !self.seeded {
            let why = format!("{} candidates, a seed: {}", candidates.len(), self.seeded);
            assert_eq!(set, self.set, "the set stays: {why}");
            return;
        }
        let rules = &self.rules;
        assert_eq!((set.rewarded_size, set.active_size), (rules.rewarded_size, rules.active_size));
        let seats = candidates.len().min(rules.rewarded_size as usize);
        assert_eq!(set.seats.len(), seats, "{} candidates for {} seats", candidates.len(), rules.rewarded_size);
        for seat in &set.seats {
            assert!(candidates.contains_key(&seat.node), "node {} was drawn and was no candidate", seat.node);
        }
        self.set = set;
    }
}
