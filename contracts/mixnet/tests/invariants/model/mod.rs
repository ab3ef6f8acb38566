//! The reference: what each message must do, from the messages alone. It keeps a ledger of every account, a clock and the parameters of its
//! own, counts the monitors' reports itself and computes rewards in fractions; of the contract's records it is shown none but the sets that
//! were drawn.

mod epochs;
mod owner;
mod ranges;
mod stakes;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cosmwasm_std::{Addr, Coin, Uint128};
use nym_contract_types::mixnet::{ExecuteMsg, InstantiateMsg, NodeReport, PendingParams};
use nym_contract_types::{EpochId, NodeId};
use nym_mixnet_contract::epochs::clock::Phase;
use nym_mixnet_contract::epochs::state::RewardedSet;

use super::exact::Sum;
use super::ledger::{Account, Bond, Node, ATOMICS};
pub use ranges::Ranges;

/// Name of the error with which a message must be refused.
pub type Refusal = &'static str;

/// A message as the chain delivers it.
pub struct Call<'a> {
    pub sender: &'a Addr,
    pub msg: &'a ExecuteMsg,
    /// What is attached to it.
    pub sent: u128,
    /// Time and height of its block.
    pub time: u64,
    pub height: u64,
}

/// What a message must pay, in whole units: a range where the contract's rounding may decide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Due {
    pub least: u128,
    pub most: u128,
}

impl Due {
    pub const fn exactly(units: u128) -> Self {
        Self { least: units, most: units }
    }

    /// A sum, rounded down to whole units, that may be off by so many 10^-18 if it has earned anything.
    pub fn about(sum: &Sum, tolerance: u128) -> Self {
        let atomics = sum.atomics();
        if sum.is_whole() {
            return Self::exactly(atomics / ATOMICS);
        }
        Self { least: atomics.saturating_sub(tolerance) / ATOMICS, most: (atomics + tolerance) / ATOMICS }
    }

    pub const fn and(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }
}

/// The reward model's parameters in force. Shares are in 10^-18.
#[derive(Clone, Debug)]
pub struct Rules {
    pub supply_scale: u128,
    pub emission: u128,
    pub alpha: u128,
    pub factor: u128,
    pub rewarded_size: u32,
    pub active_size: u32,
    pub epochs_in_interval: u32,
    pub epoch_length: u64,
    /// By which margins and costs are paid.
    pub ranges: Ranges,
}

/// What monitors said: of which epoch, and the points of each node.
type Report = (EpochId, BTreeMap<NodeId, u16>);

#[derive(Clone)]
pub struct Model {
    pub owner: Addr,
    // clock
    pub epoch: EpochId,
    pub phase: Phase,
    pub interval: u32,
    pub interval_start: EpochId,
    pub starts_at: u64,
    pub length: u64,
    cursor: NodeId,
    final_node: NodeId,
    begun_at: u64,
    // rules
    pub rules: Rules,
    announced: PendingParams,
    minimum_pledge: u128,
    minimum_gateway_pledge: u128,
    minimum_delegation: Option<u128>,
    /// In which margins and costs may be announced.
    ranges: Ranges,
    report_grace: u64,
    stale_epochs: u32,
    key_period: u32,
    /// Whether seeds need nobody; else how long a transition waits for one.
    bootstrap_seed: bool,
    seed_grace: u64,
    // money
    pub pool: Sum,
    pub supply: Sum,
    pub paid: Sum,
    pub added: u128,
    // performance
    monitors: Vec<(u32, Addr)>,
    last_monitor: u32,
    reports: BTreeMap<u32, Report>,
    scores: BTreeMap<NodeId, (EpochId, u16)>,
    // sets
    /// Who takes part in the draw and with what weight: a range where the contract's rounding may decide.
    pub candidates: BTreeMap<NodeId, RangeInclusive<u64>>,
    pub set: RewardedSet,
    /// Whether the last transition that began has a seed.
    seeded: bool,
    /// Whether the next epoch has become current and its set is still to be shown.
    pub drawn: bool,
    // ledger
    pub nodes: BTreeMap<NodeId, Node>,
    pub last_node: NodeId,
    pub accounts: BTreeMap<Addr, Account>,
    identities: BTreeSet<String>,
    /// Nodes whose records were damaged.
    pub damaged: BTreeSet<NodeId>,
}

fn units(coin: &Coin) -> u128 {
    Uint128::try_from(coin.amount).unwrap().u128()
}

impl Model {
    /// A network at its first block.
    pub fn new(msg: &InstantiateMsg, owner: Addr, time: u64) -> Self {
        let initial = &msg.initial_rewarding_params;
        let monitors: Vec<_> = (1..).zip(msg.monitors.iter().map(Addr::unchecked)).collect();
        let ranges = Ranges::of(msg.params.profit_margin.as_ref(), msg.params.interval_operating_cost.as_ref());
        Self {
            owner,
            epoch: 0,
            phase: Phase::Running,
            interval: 0,
            interval_start: 0,
            starts_at: time,
            length: msg.first_epoch_length.unwrap_or(msg.epochs.epoch_length),
            cursor: 0,
            final_node: 0,
            begun_at: 0,
            rules: Rules {
                supply_scale: initial.staking_supply_scale_factor.atomics().u128(),
                emission: initial.interval_pool_emission.atomics().u128(),
                alpha: initial.sybil_resistance.atomics().u128(),
                factor: initial.active_set_work_factor.atomics().u128(),
                rewarded_size: initial.rewarded_set_size,
                active_size: initial.active_set_size,
                epochs_in_interval: msg.epochs.epochs_in_interval,
                epoch_length: msg.epochs.epoch_length,
                ranges: ranges.clone(),
            },
            announced: PendingParams::default(),
            minimum_pledge: units(&msg.params.minimum_mixnode_pledge),
            minimum_gateway_pledge: units(&msg.params.minimum_gateway_pledge),
            minimum_delegation: msg.params.minimum_mixnode_delegation.as_ref().map(units),
            ranges,
            report_grace: msg.epochs.report_grace,
            stale_epochs: msg.epochs.stale_epochs,
            key_period: msg.epochs.key_period,
            bootstrap_seed: msg.epochs.bootstrap_seed,
            seed_grace: msg.epochs.seed_grace,
            pool: Sum::units(initial.initial_reward_pool.u128()),
            supply: Sum::units(initial.initial_staking_supply.u128()),
            paid: Sum::default(),
            added: 0,
            last_monitor: monitors.len() as u32,
            monitors,
            reports: BTreeMap::new(),
            scores: BTreeMap::new(),
            candidates: BTreeMap::new(),
            set: RewardedSet::default(),
            seeded: false,
            drawn: false,
            nodes: BTreeMap::new(),
            last_node: 0,
            accounts: BTreeMap::new(),
            identities: BTreeSet::new(),
            damaged: BTreeSet::new(),
        }
    }

    /// Number of the turn: it ends when a transition begins.
    pub fn turn(&self) -> EpochId {
        match self.phase {
            Phase::Running => self.epoch,
            Phase::Settling | Phase::Drawing => self.epoch + 1,
        }
    }

    /// The node that an account has bonded.
    pub fn node_of(&self, account: &Addr) -> Option<NodeId> {
        match self.accounts.get(account)?.bond {
            Some(Bond::Mixnode(id)) => Some(id),
            _ => None,
        }
    }

    /// Whether a node's own people have to wait: its record is damaged, or was and no transition has taken it in again.
    pub fn waits(&self, id: NodeId) -> bool {
        self.damaged.contains(&id) || self.nodes.get(&id).is_some_and(|node| node.parked)
    }

    /// Takes a message. `paid` is what the contract paid, which decides only where its rounding may.
    pub fn execute(&mut self, call: &Call<'_>, paid: u128) -> Result<Due, Refusal> {
        use ExecuteMsg as M;
        match call.msg {
            M::BondMixnode { mix_node, cost_params, .. } => self.bond(call, &mix_node.identity_key, cost_params),
            M::UnbondMixnode {} => self.unbond(call),
            M::PledgeMore {} => self.pledge_more(call),
            M::CancelPledgeMore {} => self.cancel_pledge(call),
            M::DecreasePledge { decrease_by } => self.decrease_pledge(call, units(decrease_by)),
            M::UpdateMixnodeCostParams { new_costs } => self.update_costs(call, new_costs),
            M::UpdateNodeKeys { period, .. } => self.update_keys(call, *period),
            M::WithdrawOperatorReward {} => self.withdraw(call, &[], true, paid),
            M::BondGateway { gateway, .. } => self.bond_gateway(call, &gateway.identity_key),
            M::UnbondGateway {} => self.unbond_gateway(call),
            M::DelegateToMixnode { mix_id } => self.delegate(call, *mix_id),
            M::UndelegateFromMixnode { mix_id } => self.undelegate(call, *mix_id),
            M::CancelPendingDelegation { mix_id } => self.cancel_delegation(call, *mix_id),
            M::WithdrawDelegatorReward { mix_id } => self.withdraw(call, &[*mix_id], false, paid),
            M::WithdrawRewards { mix_ids, operator } => self.withdraw(call, mix_ids, *operator, paid),
            M::FundRewardPool {} => {
                self.added += call.sent;
                Ok(Due::default())
            }
            M::SubmitPerformance { reports, .. } => self.report(call, reports),
            M::BeginEpochTransition { .. } => self.begin(call),
            M::AdvanceEpoch { limit, .. } => self.advance(call, limit.unwrap_or(300) as usize),
            M::SubmitSeed { .. } => self.bring_seed(call),
            M::UpdateActiveSetSize { active_set_size, force_immediately } => {
                self.update_active_size(call, *active_set_size, *force_immediately)
            }
            M::UpdateRewardingParams { updated_params, force_immediately } => {
                self.update_rules(call, updated_params, *force_immediately)
            }
            M::UpdateIntervalConfig { epochs_in_interval, epoch_duration_secs, force_immediately } => {
                self.update_clock(call, *epochs_in_interval, *epoch_duration_secs, *force_immediately)
            }
            M::UpdateMonitors { monitors } => self.update_monitors(call, monitors),
            M::UpdateContractStateParams { updated_parameters } => self.update_params(call, updated_parameters),
            // They change nothing of what is kept here.
            M::UpdateMixnodeConfig { .. }
            | M::UpdateGatewayConfig { .. }
            | M::SubmitSeedShare { .. }
            | M::UpdateBeaconKey { .. }
            | M::HandOverBeacon { .. }
            | M::UpdateAdmin { .. } => Ok(Due::default()),
            other => panic!("no step sends {}", other.name()),
        }
    }

    /// A monitor's scores of the epoch that has ended.
    fn report(&mut self, call: &Call<'_>, reports: &[NodeReport]) -> Result<Due, Refusal> {
        let monitor = self.monitors.iter().find(|(_, monitor)| monitor == call.sender);
        let (number, _) = monitor.ok_or("NotMonitor")?;
        if self.phase != Phase::Running {
            return Err("ReportsClosed");
        }
        if call.time < self.starts_at + self.length {
            return Err("EpochNotOver");
        }
        let report = self.reports.entry(*number).or_default();
        if report.0 != self.epoch {
            *report = (self.epoch, BTreeMap::new());
        }
        report.1.extend(reports.iter().map(|report| (report.node_id, report.performance.basis_points())));
        Ok(Due::default())
    }

    fn stakes_may_change(&self) -> Result<(), Refusal> {
        if self.phase == Phase::Settling {
            return Err("TransitionUnderWay");
        }
        Ok(())
    }

    /// Notes what an account has received.
    pub fn note_payment(&mut self, account: &Addr, units: u128) {
        self.account(account).received += units;
    }

    fn account(&mut self, account: &Addr) -> &mut Account {
        self.accounts.entry(account.clone()).or_default()
    }
}
