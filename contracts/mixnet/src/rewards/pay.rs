//! Paying the rewarded set as its nodes are gone through, and ending epochs and intervals.

use cosmwasm_std::{Decimal256, Storage, Uint256};
use nym_contract_types::mixnet::{ContractState, PendingParams, RewardingParams, RewardingParamsUpdate};
use nym_contract_types::NodeId;
use nym_rewarding::{delegation, node_reward, Costs, Params, Reward, Stake, Work};

use super::state::{atomics, store_model, PoolChange, PENDING_PARAMS, POOL_CHANGE};
use crate::costs::{Kept, Ranges};
use crate::epochs::clock::Epoch;
use crate::epochs::state::RewardedSet;
use crate::mixnodes::staked::Staked;
use crate::mixnodes::state::{Clock, NodeStake};
use crate::state::{CORE, REWARDING, STATE};
use crate::ContractError;

/// What the rewards of an epoch are computed from.
pub struct Rule {
    params: Params,
    work: Work,
    set: RewardedSet,
    ranges: Ranges,
}

impl Rule {
    /// The rule of the current epoch.
    pub fn load(
        storage: &dyn Storage,
        params: &RewardingParams,
        state: &ContractState,
        epoch: &Epoch,
    ) -> Result<Self, ContractError> {
        let set = RewardedSet::load(storage, epoch.id)?;
        let factor = params.interval.active_set_work_factor.into();
        // The shares are those of the draw: together they are 1 whatever the parameters became since.
        let work = Work::new(factor, set.rewarded_size.max(1), set.active_size.max(1))?;
        let interval = &params.interval;
        let ranges = Ranges::of(interval.profit_margin.as_ref(), interval.interval_operating_cost.as_ref());
        let mut params = params.model(state.epochs.epochs_in_interval);
        params.rewarded_set_size = set.rewarded_size.max(1);
        Ok(Self { params, work, set, ranges })
    }

    /// What a node earns with a performance in ten-thousandths; `None` outside the rewarded set.
    pub fn reward(&self, id: NodeId, stake: &NodeStake, points: u16) -> Result<Option<Reward>, ContractError> {
        let Some(seat) = self.set.get(id) else {
            return Ok(None);
        };
        let stakes = Stake { operator: decimal(stake.operator), delegates: decimal(stake.delegates) };
        // A node may have announced them before the ranges were set.
        let announced = Kept { profit_margin: stake.profit_margin, operating_cost: stake.operating_cost };
        let kept = self.ranges.nearest(announced);
        let costs = Costs {
            profit_margin: decimal(u128::from(kept.profit_margin)),
            interval_operating_cost: Decimal256::from_ratio(Uint256::from(kept.operating_cost), 1u32),
        };
        let performance = Decimal256::from_ratio(points, 10_000u32);
        let active = seat.layer().is_some();
        Ok(Some(node_reward(&self.params, &self.work, &stakes, &costs, performance, active)?))
    }
}

/// Pays nodes one after the other.
pub struct Payer {
    rule: Rule,
    rewarded: u32,
    paid: u128,
}

impl Payer {
    /// Pays by the rule of the epoch.
    pub fn new(
        storage: &dyn Storage,
        params: &RewardingParams,
        state: &ContractState,
        epoch: &Epoch,
    ) -> Result<Self, ContractError> {
        Ok(Self { rule: Rule::load(storage, params, state, epoch)?, rewarded: 0, paid: 0 })
    }

    /// Pays a node if it is in the rewarded set and its performance is known. Returns its stakes.
    pub fn settle(
        &mut self,
        storage: &mut dyn Storage,
        epoch: &Epoch,
        id: NodeId,
        stake: &NodeStake,
        points: Option<u16>,
    ) -> Result<NodeStake, ContractError> {
        let Some(points) = points.filter(|points| *points > 0 && self.rule.set.get(id).is_some()) else {
            return Ok(stake.clone());
        };
        // What counted in the epoch earns; what was added in it begins to count only then.
        let mut node = Staked::unbooked(id, stake.clone(), true);
        let counts = |turn| Clock { turn, interval: epoch.interval };
        node.fold(counts(epoch.id))?;
        let reward = self.rule.reward(id, &node.stake, points)?.unwrap_or_default();
        let total = credit(&mut node.stake, &reward)?;
        node.stake.last_rewarded = epoch.id;
        node.fold(counts(epoch.turn()))?;

        self.paid = self.paid.checked_add(total).ok_or(ContractError::OutOfRange { what: "rewards" })?;
        self.rewarded += 1;
        // What is paid in a step is booked at its end, not with each node.
        Ok(node.store(storage))
    }

    /// Books what was paid. Returns the number of nodes and the sum.
    pub fn finish(self, storage: &mut dyn Storage) -> Result<(u32, u128), ContractError> {
        if self.paid > 0 {
            let mut change = PoolChange::load(storage)?;
            change.removed =
                change.removed.checked_add(self.paid).ok_or(ContractError::OutOfRange { what: "rewards" })?;
            POOL_CHANGE.save(storage, &change);
            let mut core = CORE.load(storage)?;
            core.owe(0, self.paid)?;
            CORE.save(storage, &core);
        }
        Ok((self.rewarded, self.paid))
    }
}

/// Adds a reward to the stakes of a node. Returns its sum.
fn credit(stake: &mut NodeStake, reward: &Reward) -> Result<u128, ContractError> {
    let (operator, delegates) = (atomics(reward.operator)?, atomics(reward.delegates)?);
    let out_of_range = || ContractError::OutOfRange { what: "stake" };
    let unit_reward = delegation::unit_reward_after(stake.unit_reward, stake.delegates, delegates)?;
    let new_operator = stake.operator.checked_add(operator).ok_or_else(out_of_range)?;
    stake.delegates = stake.delegates.checked_add(delegates).ok_or_else(out_of_range)?;
    stake.operator = new_operator;
    stake.unit_reward = unit_reward;
    operator.checked_add(delegates).ok_or_else(out_of_range)
}

/// Ends the rewards of an epoch, and of the interval if it was its last: changes that were announced take effect.
pub fn close_epoch(storage: &mut dyn Storage, state: &ContractState, epoch: &mut Epoch) -> Result<(), ContractError> {
    let pending = PENDING_PARAMS.may_load(storage)?;
    let interval_over = epoch.is_last_of_interval(state);
    if pending.is_none() && !interval_over {
        return Ok(());
    }
    let mut pending = pending.unwrap_or_default();
    let mut params = REWARDING.load(storage)?;

    if interval_over {
        let change = PoolChange::load(storage)?;
        let mut state = state.clone();
        announced(&mut state, &mut params, &pending);
        let mut model = params.model(state.epochs.epochs_in_interval);
        let added = Decimal256::from_ratio(Uint256::from(change.added), 1u32);
        model.end_interval(decimal(change.removed), added)?;
        store_model(&mut params, &model)?;
        POOL_CHANGE.save(storage, &PoolChange::default());
        epoch.interval = epoch.interval.saturating_add(1);
        epoch.interval_start = epoch.next_id()?;
        STATE.save(storage, &state)?;
        pending.rewarding = RewardingParamsUpdate::default();
        pending.epochs_in_interval = None;
        pending.epoch_length = None;
    }
    let active = pending.active_set_size.take().unwrap_or(params.active_set_size);
    params.active_set_size = active.min(params.rewarded_set_size);
    REWARDING.save(storage, &params);
    if pending == PendingParams::default() {
        PENDING_PARAMS.remove(storage);
    } else {
        PENDING_PARAMS.save(storage, &pending);
    }
    Ok(())
}

/// Applies what was announced for the next interval, and the ranges that were set since the last. All was checked when it was announced.
fn announced(state: &mut ContractState, params: &mut RewardingParams, pending: &PendingParams) {
    let update = &pending.rewarding;
    let interval = &mut params.interval;
    if let Some(supply) = update.staking_supply {
        interval.staking_supply = cosmwasm_std::Decimal::from_ratio(supply, 1u32);
    }
    interval.staking_supply_scale_factor =
        update.staking_supply_scale_factor.unwrap_or(interval.staking_supply_scale_factor);
    interval.sybil_resistance = update.sybil_resistance_percent.unwrap_or(interval.sybil_resistance);
    interval.active_set_work_factor = update.active_set_work_factor.unwrap_or(interval.active_set_work_factor);
    interval.interval_pool_emission = update.interval_pool_emission.unwrap_or(interval.interval_pool_emission);
    interval.profit_margin.clone_from(&state.params.profit_margin);
    interval.interval_operating_cost.clone_from(&state.params.interval_operating_cost);
    params.rewarded_set_size = update.rewarded_set_size.unwrap_or(params.rewarded_set_size);
    state.epochs.epochs_in_interval = pending.epochs_in_interval.unwrap_or(state.epochs.epochs_in_interval);
    state.epochs.epoch_length = pending.epoch_length.unwrap_or(state.epochs.epoch_length);
}

fn decimal(atomics: u128) -> Decimal256 {
    Decimal256::new(Uint256::from(atomics))
}
