//! `reward estimate`: what a node and a delegation would earn in the current epoch.
//!
//! Computed here with the reward model's own crate from what the chain says at one height: parameters, the draw, stakes,
//! performance. The contract's estimate queries give the same, but only for nodes of the rewarded set.

use clap::ValueEnum;
use cosmwasm_std::{Coin, Decimal, Decimal256, Uint128, Uint256};
use futures::TryStreamExt;
use nym_chain_client::{ChainClient, MixnetQueries};
use nym_contract_types::mixnet::{
    ContractState, Delegation, DrawOutcome, LotteryResponse, MixNodeDetails, NodePerformanceResponse, RewardingParams,
};
use nym_contract_types::{EpochId, NodeId, Percent};
use nym_daemon::{ErrorKind, Failure};
use nym_rewarding::{delegation, node_reward, Costs, OutOfRange, Reward, Stake, Work};
use serde::Serialize;

use crate::{
    failure::{not_found, Attempt, Outcome},
    output::Answer,
};

/// A node's place in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seat {
    /// It carries traffic.
    Active,
    /// It is only probed.
    Standby,
}

/// What is to be estimated.
pub(crate) struct Wanted {
    pub mix_id: NodeId,
    /// Instead of the last known performance.
    pub performance: Option<Percent>,
    /// Instead of the node's place in the current epoch.
    pub seat: Option<Seat>,
    /// Whose delegation.
    pub delegator: Option<String>,
}

/// Everything that a reward follows from.
struct Basis {
    state: ContractState,
    params: RewardingParams,
    lottery: LotteryResponse,
    node: MixNodeDetails,
}

/// The answer. Details are in the denom's unit with 18 digits, coins are these rounded down.
#[derive(Debug, Serialize)]
struct Estimate {
    mix_id: NodeId,
    epoch: EpochId,
    seat: Option<Seat>,
    performance: Percent,
    operator: Coin,
    operator_detailed: Decimal256,
    delegators: Coin,
    delegators_detailed: Decimal256,
    delegation: Option<Coin>,
    delegation_detailed: Option<Decimal256>,
}

pub(crate) async fn estimate(client: &ChainClient, contract: &str, wanted: &Wanted) -> Outcome<Answer> {
    let what = format!("estimate the rewards of mix node {}", wanted.mix_id);
    let height = client.height().await.attempt(what.clone())?;
    let mixnet = client.contract(contract).at_height(height);
    let (state, params, lottery, status, node, performance) = futures::try_join!(
        mixnet.contract_state(),
        mixnet.rewarding_params(),
        mixnet.lottery(),
        mixnet.epoch_status(),
        mixnet.mixnode(wanted.mix_id),
        mixnet.performance(wanted.mix_id),
    )
    .attempt(what.clone())?;
    let node = node.ok_or_else(|| {
        not_found(format!("could not {what}"), "it is not bonded", "nym-cli mixnode list shows all that are")
    })?;
    let seats: Vec<_> = mixnet.rewarded_set().try_collect().await.attempt(what.clone())?;
    let drawn = seats.iter().find(|seat| seat.mix_id == wanted.mix_id);
    let drawn = drawn.map(|seat| if seat.layer.is_some() { Seat::Active } else { Seat::Standby });
    let seat = wanted.seat.or(drawn);
    let delegated = match &wanted.delegator {
        None => None,
        Some(delegator) => {
            let found = mixnet.delegation(wanted.mix_id, delegator).await.attempt(what.clone())?;
            Some(found.ok_or_else(|| {
                let cause = format!("account {delegator} has delegated nothing to it");
                let help = format!("nym-cli delegation list --address {delegator} shows all it has");
                not_found(format!("could not {what}"), cause, help)
            })?)
        }
    };

    let mut warnings = Vec::new();
    let points = wanted.performance.unwrap_or_else(|| known(&performance, &mut warnings));
    if drawn.is_none() && wanted.seat.is_none() {
        warnings.push("the node is not in the rewarded set of this epoch and earns nothing in it".to_owned());
    }
    let kept = matches!(lottery.outcome, DrawOutcome::KeptTooFewCandidates | DrawOutcome::KeptNoSeed);
    if kept && seat.is_some() {
        warnings.push("the set was kept from an earlier draw; its seats are taken to be as many as now".to_owned());
    }

    let basis = Basis { state, params, lottery, node };
    let failed =
        |error: OutOfRange| Failure::new(ErrorKind::Failed, error.to_string()).context(format!("could not {what}"));
    let (reward, share) = basis.rewards(seat, points, delegated.as_ref()).map_err(failed)?;
    let coin = |amount: Decimal256| Coin { denom: basis.state.rewarding_denom.clone(), amount: amount.to_uint_floor() };
    let answer = Estimate {
        mix_id: wanted.mix_id,
        epoch: status.epoch,
        seat,
        performance: points,
        operator: coin(reward.operator),
        operator_detailed: reward.operator,
        delegators: coin(reward.delegates),
        delegators_detailed: reward.delegates,
        delegation: share.map(coin),
        delegation_detailed: share,
    };
    let seat = match seat {
        Some(Seat::Active) => "active",
        Some(Seat::Standby) => "standby",
        None => "none",
    };
    let lines = vec![
        ("mix id", Some(answer.mix_id.to_string())),
        ("epoch", Some(answer.epoch.to_string())),
        ("seat", Some(seat.to_owned())),
        ("performance", Some(answer.performance.to_string())),
        ("operator", Some(answer.operator.to_string())),
        ("delegators", Some(answer.delegators.to_string())),
        ("delegation", answer.delegation.as_ref().map(Coin::to_string)),
    ];
    let record = Answer::record(&answer, lines);
    Ok(warnings.into_iter().fold(record, |record, warning| record.warn(warning)))
}

/// The last known performance; what it lacks is added to the warnings.
fn known(performance: &NodePerformanceResponse, warnings: &mut Vec<String>) -> Percent {
    let Some(known) = &performance.last_known else {
        warnings.push("the node was never measured: estimated as if nothing were lost".to_owned());
        return Percent::hundred();
    };
    if performance.stale {
        let of = format!("the last known performance, that of epoch {}, is too old to serve", known.epoch);
        warnings.push(format!("{of}: the node is paid by a newer one or not at all"));
    }
    known.value
}

impl Basis {
    /// What the node earns with a performance, and what of it one delegation gets: as in the contract, to whole ten-thousandths.
    fn rewards(
        &self,
        seat: Option<Seat>,
        performance: Percent,
        delegated: Option<&Delegation>,
    ) -> Result<(Reward, Option<Decimal256>), OutOfRange> {
        let stakes = &self.node.rewarding_details;
        let reward = match seat {
            None => Reward::default(),
            Some(seat) => {
                let (rewarded, active) = (self.lottery.rewarded_set_size.max(1), self.lottery.active_set_size.max(1));
                let work = Work::new(self.params.interval.active_set_work_factor.into(), rewarded, active)?;
                let stake = Stake { operator: stakes.operator.into(), delegates: stakes.delegates.into() };
                // A node may have announced them before the ranges were set.
                let costs = self.params.interval.nearest(&stakes.cost_params);
                let costs = Costs {
                    profit_margin: costs.profit_margin_percent.value().into(),
                    interval_operating_cost: Decimal256::checked_from_ratio(costs.interval_operating_cost.amount, 1u32)
                        .map_err(|_| OutOfRange { what: "operating cost" })?,
                };
                let points = Decimal256::from_ratio(performance.basis_points(), 10_000u32);
                let mut model = self.params.model(self.state.epochs.epochs_in_interval);
                // The seats are those of the draw.
                model.rewarded_set_size = rewarded;
                node_reward(&model, &work, &stake, &costs, points, seat == Seat::Active)?
            }
        };
        let share = delegated.map(|delegated| self.share(reward.delegates, delegated)).transpose()?;
        Ok((reward, share))
    }

    /// A delegation's part of what all delegators get: as its worth is to that of all.
    fn share(&self, all: Decimal256, delegated: &Delegation) -> Result<Decimal256, OutOfRange> {
        let out_of_range = OutOfRange { what: "share of a delegation" };
        let stakes = &self.node.rewarding_details;
        // What was added in this epoch counts from the next; fractions of a unit are not in the contract's reply.
        let counting = delegated.amount.amount.checked_sub(delegated.pending.into()).map_err(|_| out_of_range)?;
        let counting = Uint128::try_from(counting).map_err(|_| out_of_range)?;
        let amount = counting.u128().checked_mul(delegation::SCALE).ok_or(out_of_range)?;
        let (then, now) = (atomics(delegated.cumulative_reward_ratio), atomics(stakes.total_unit_reward));
        let worth = delegation::value(amount, then, now)?;
        let total = atomics(stakes.delegates).max(1);
        let part = all.atomics().checked_multiply_ratio(Uint256::from(worth), Uint256::from(total));
        Ok(Decimal256::new(part.map_err(|_| out_of_range)?))
    }
}

fn atomics(value: Decimal) -> u128 {
    value.atomics().u128()
}

#[cfg(test)]
mod tests {
    use nym_contract_types::mixnet::Performance;

    use super::*;

    #[test]
    fn a_performance_that_is_unknown_or_too_old_is_warned_of() {
        let value = Percent::zero();
        let reply = |last_known: Option<Performance>, stale| NodePerformanceResponse { node_id: 1, last_known, stale };
        let cases = [
            (reply(None, false), Percent::hundred(), Some("never measured")),
            (reply(Some(Performance { value, epoch: 7 }), true), value, Some("that of epoch 7, is too old")),
            (reply(Some(Performance { value, epoch: 7 }), false), value, None),
        ];
        for (performance, points, said) in cases {
            let mut warnings = Vec::new();
            assert_eq!(known(&performance, &mut warnings), points);
            assert_eq!(warnings.len(), usize::from(said.is_some()), "{warnings:?}");
            assert!(said.is_none_or(|said| warnings.iter().all(|warning| warning.contains(said))), "{warnings:?}");
        }
    }
}
