//! Parameters of the network: what instantiation takes, what the admin may change, what queries show.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Coin, Decimal, Uint128};
use nym_contract_runtime::json::{Read, Write};
use nym_rewarding::{nearest, Params};

use super::MixNodeCostParams;
use crate::{EpochId, Percent};

/// Clock and lottery of the epochs. Every duration is in seconds of block time.
#[cw_serde]
#[derive(Read, Write)]
pub struct EpochParams {
    /// Length of an epoch, at least 1.
    pub epoch_length: u64,
    /// Epochs in an interval, at least 1. Pool and saturation change only at its end.
    pub epochs_in_interval: u32,
    /// How long after an epoch's end to wait for monitors that have not reported.
    pub report_grace: u64,
    /// How long after `begin` to wait for the seed before the previous set stays.
    pub seed_grace: u64,
    /// Epochs for which the last known performance of a node still serves.
    pub stale_epochs: u32,
    /// Whether seeds come from a hash chain instead of the issuing group. For local and test networks only: whoever can compute it knows every draw beforehand.
    pub bootstrap_seed: bool,
    /// Epochs that a node's Sphinx and link keys serve, at least 2; 0: the bonded keys do not expire.
    pub key_period: u32,
}

/// Epochs for which nodes still accept the keys of the period before.
pub const KEY_OVERLAP: u32 = 1;

impl EpochParams {
    /// Number of the period whose keys serve in an epoch; none where keys do not expire.
    pub const fn period_of(&self, epoch: EpochId) -> Option<u32> {
        epoch.checked_div(self.key_period)
    }
}

/// Network parameters that go into everybody's topology document.
#[cw_serde]
#[derive(Read, Write)]
pub struct MixingParams {
    /// Payload of a regular packet, bytes.
    pub payload_size: u32,
    /// Mean delay that a sender draws for each hop, milliseconds.
    pub mean_hop_delay_ms: u32,
    /// Longest delay that a node accepts, milliseconds.
    pub max_hop_delay_ms: u32,
}

/// What the admin may change at once.
#[cw_serde]
#[derive(Read, Write)]
pub struct ContractStateParams {
    /// Least pledge of a mix node, in the staking denom.
    pub minimum_mixnode_pledge: Coin,
    /// Least pledge of a gateway, in the staking denom.
    pub minimum_gateway_pledge: Coin,
    /// Least amount of one delegation, in the staking denom; none: any amount but zero.
    pub minimum_mixnode_delegation: Option<Coin>,
    /// Profit margins that operators may announce; none: all.
    pub profit_margin: Option<ProfitMarginRange>,
    /// Costs of an interval that operators may announce, in the staking denom; none: any.
    pub interval_operating_cost: Option<OperatingCostRange>,
}

impl ContractStateParams {
    /// What rewards will use of an announcement from the next interval on: the nearest in the ranges.
    pub fn nearest(&self, announced: &MixNodeCostParams) -> MixNodeCostParams {
        nearest_costs(self.profit_margin.as_ref(), self.interval_operating_cost.as_ref(), announced)
    }
}

/// Profit margins from one to another, which are both among them.
#[cw_serde]
#[derive(Read, Write)]
pub struct ProfitMarginRange {
    /// The least share of the profit, 0–1.
    pub minimum: Percent,
    /// The largest, at least the least.
    pub maximum: Percent,
}

/// Costs of an interval from one to another, which are both among them.
#[cw_serde]
#[derive(Read, Write)]
pub struct OperatingCostRange {
    /// The least cost, in the staking denom; 0 is one.
    pub minimum: Coin,
    /// The largest, at least the least.
    pub maximum: Coin,
}

/// The reward model's parameters at instantiation.
#[cw_serde]
#[derive(Read, Write)]
pub struct InitialRewardingParams {
    /// Reward pool, in the staking denom's unit; exactly this is sent as funds.
    pub initial_reward_pool: Uint128,
    /// Tokens that are taken to be in circulation, in the staking denom's unit.
    pub initial_staking_supply: Uint128,
    /// Share of a reward that adds to the staking supply, 0–1.
    pub staking_supply_scale_factor: Percent,
    /// Weight of the operator's own stake, α.
    pub sybil_resistance: Percent,
    /// How many times the work of a standby node an active node does, f.
    pub active_set_work_factor: Decimal,
    /// Share of the pool that one interval emits, ε.
    pub interval_pool_emission: Percent,
    /// Nodes that are drawn for an epoch, k, 3 to 1,000.
    pub rewarded_set_size: u32,
    /// How many of them carry traffic, a, 3 to k.
    pub active_set_size: u32,
}

/// The reward model's parameters in force.
#[cw_serde]
#[derive(Read, Write)]
pub struct RewardingParams {
    /// Those that are fixed within an interval.
    pub interval: IntervalRewardParams,
    /// Nodes that are drawn for an epoch.
    pub rewarded_set_size: u32,
    /// How many of them carry traffic.
    pub active_set_size: u32,
}

impl RewardingParams {
    /// The same in the form of the reward model, for intervals of so many epochs.
    pub fn model(&self, epochs_in_interval: u32) -> Params {
        let interval = &self.interval;
        Params {
            reward_pool: interval.reward_pool.into(),
            staking_supply: interval.staking_supply.into(),
            supply_scale_factor: interval.staking_supply_scale_factor.value().into(),
            pool_emission: interval.interval_pool_emission.value().into(),
            sybil_resistance: interval.sybil_resistance.value().into(),
            rewarded_set_size: self.rewarded_set_size,
            epochs_in_interval,
            epoch_budget: interval.epoch_reward_budget.into(),
            saturation_point: interval.stake_saturation_point.into(),
        }
    }
}

/// The reward model's parameters of the current interval. Amounts are in the staking denom's unit with 18 digits.
#[cw_serde]
#[derive(Read, Write)]
pub struct IntervalRewardParams {
    /// What is left to pay.
    pub reward_pool: Decimal,
    /// Tokens that are taken to be in circulation.
    pub staking_supply: Decimal,
    /// Share of a reward that adds to the staking supply.
    pub staking_supply_scale_factor: Percent,
    /// Most that one epoch pays.
    pub epoch_reward_budget: Decimal,
    /// Stake above which a node earns no more.
    pub stake_saturation_point: Decimal,
    /// Weight of the operator's own stake.
    pub sybil_resistance: Percent,
    /// How many times the work of a standby node an active node does.
    pub active_set_work_factor: Decimal,
    /// Share of the pool that one interval emits.
    pub interval_pool_emission: Percent,
    /// Profit margins that are paid: what a node announced below or above is taken as the nearest of them. None: all.
    pub profit_margin: Option<ProfitMarginRange>,
    /// The same of costs of an interval.
    pub interval_operating_cost: Option<OperatingCostRange>,
}

impl IntervalRewardParams {
    /// What rewards of this interval use of an announcement: the nearest in the ranges.
    pub fn nearest(&self, announced: &MixNodeCostParams) -> MixNodeCostParams {
        nearest_costs(self.profit_margin.as_ref(), self.interval_operating_cost.as_ref(), announced)
    }
}

/// The nearest to an announcement that is in the ranges. Without a range everything is in it.
fn nearest_costs(
    margins: Option<&ProfitMarginRange>,
    costs: Option<&OperatingCostRange>,
    announced: &MixNodeCostParams,
) -> MixNodeCostParams {
    let MixNodeCostParams { profit_margin_percent: margin, interval_operating_cost: cost } = announced.clone();
    MixNodeCostParams {
        profit_margin_percent: nearest(margin, margins.map(|range| (range.minimum, range.maximum))),
        interval_operating_cost: Coin {
            amount: nearest(cost.amount, costs.map(|range| (range.minimum.amount, range.maximum.amount))),
            denom: cost.denom,
        },
    }
}

/// Everything the contract was told and does not compute.
#[cw_serde]
#[derive(Read, Write)]
pub struct ContractState {
    /// Account that may change parameters and monitors.
    pub owner: Addr,
    /// Denom of stakes and rewards.
    pub rewarding_denom: String,
    /// Least pledges and delegations, ranges of margins and costs.
    pub params: ContractStateParams,
    /// Clock and lottery.
    pub epochs: EpochParams,
    /// Parameters of the topology document.
    pub mixing: MixingParams,
    /// Whether nodes may announce loopback addresses.
    pub allow_loopback: bool,
}

/// Changes of the reward model's parameters; what is none stays. The pool changes by `fund_reward_pool` and rewards alone.
#[cw_serde]
#[derive(Read, Write)]
#[schemaifier(mute_warnings)]
#[derive(Default)]
pub struct RewardingParamsUpdate {
    /// Tokens that are taken to be in circulation, in the staking denom's unit.
    #[serde(default)]
    pub staking_supply: Option<Uint128>,
    /// Share of a reward that adds to the staking supply.
    #[serde(default)]
    pub staking_supply_scale_factor: Option<Percent>,
    /// Weight of the operator's own stake.
    #[serde(default)]
    pub sybil_resistance_percent: Option<Percent>,
    /// How many times the work of a standby node an active node does.
    #[serde(default)]
    pub active_set_work_factor: Option<Decimal>,
    /// Share of the pool that one interval emits.
    #[serde(default)]
    pub interval_pool_emission: Option<Percent>,
    /// Nodes that are drawn for an epoch.
    #[serde(default)]
    pub rewarded_set_size: Option<u32>,
}

/// Changes that the owner has announced and that do not hold yet.
#[cw_serde]
#[derive(Read, Write, Default)]
pub struct PendingParams {
    /// From the next epoch: how many of the rewarded nodes carry traffic.
    pub active_set_size: Option<u32>,
    /// From the next interval: parameters of the reward model.
    pub rewarding: RewardingParamsUpdate,
    /// From the next interval: epochs in an interval.
    pub epochs_in_interval: Option<u32>,
    /// From the next interval: length of an epoch, seconds.
    pub epoch_length: Option<u64>,
    /// From its acceptance: the owner to be.
    pub admin: Option<Addr>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use cosmwasm_std::coin;

    use super::*;

    fn costs(margin: &str, cost: u128) -> MixNodeCostParams {
        MixNodeCostParams {
            profit_margin_percent: margin.parse().unwrap(),
            interval_operating_cost: coin(cost, "unym"),
        }
    }

    #[test]
    fn what_is_outside_a_range_is_taken_as_its_end_and_all_else_as_it_is() {
        let margins = ProfitMarginRange { minimum: "0.2".parse().unwrap(), maximum: "0.5".parse().unwrap() };
        let operating = OperatingCostRange { minimum: coin(10, "unym"), maximum: coin(80, "unym") };
        let cases = [
            (costs("0.1", 9), costs("0.2", 10)),
            (costs("0.2", 10), costs("0.2", 10)),
            (costs("0.3", 40), costs("0.3", 40)),
            (costs("0.5", 80), costs("0.5", 80)),
            (costs("1", 81), costs("0.5", 80)),
        ];
        for (announced, paid) in cases {
            assert_eq!(nearest_costs(Some(&margins), Some(&operating), &announced), paid);
            assert_eq!(nearest_costs(None, None, &announced), announced);
        }
        assert_eq!(nearest_costs(Some(&margins), None, &costs("0.1", 9)), costs("0.2", 9));
        assert_eq!(nearest_costs(None, Some(&operating), &costs("0.1", 9)), costs("0.1", 10));
    }
}
