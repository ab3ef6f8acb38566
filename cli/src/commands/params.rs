//! `params`: the network's parameters, and their changes by the contract's owner.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cosmwasm_std::{Coin, Decimal, Uint128, Uint256};
use nym_chain_client::{ChainClient, Contract, MixnetMessages, MixnetQueries};
use nym_contract_types::mixnet::limits::{MAX_REWARDED_SET, MAX_SECONDS, MAX_SUPPLY, MAX_WORK_FACTOR};
use nym_contract_types::mixnet::{
    ContractStateParams, OperatingCostRange, PendingParams, ProfitMarginRange, RewardingParamsUpdate,
};
use nym_contract_types::Percent;
use nym_daemon::Failure;
use serde_json::json;

use super::input;
use crate::{
    amounts::{coin, duration, factor, share, units},
    args::TxArgs,
    context::Context,
    failure::{usage, Attempt, Outcome},
    output::Answer,
    submit::submit_and_report,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Params {
    /// Show all parameters and what is announced
    Show,
    /// Change the least pledges and delegations, at once and for new stakes; what is not given stays
    SetMinimums {
        #[command(flatten)]
        minimums: Minimums,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Change which margins and costs operators may announce: at once for those who announce any, from the next interval on for rewards;
    /// what is not given stays
    SetRanges {
        #[command(flatten)]
        ranges: Ranges,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Change the reward model from the next interval on; what is not given stays
    SetRewarding {
        #[command(flatten)]
        update: Update,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Change the clock from the next interval on; what is not given stays
    SetClock {
        #[command(flatten)]
        clock: Clock,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Change how many of the rewarded nodes carry traffic, from the next draw on
    SetActiveSet {
        /// Nodes that carry traffic, 3 to the rewarded set's size
        #[arg(long, value_name = "NUMBER")]
        active_set_size: u32,
        #[command(flatten)]
        tx: TxArgs,
    },
}

/// Least stakes.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Minimums {
    /// Least pledge of a mix node, like 100000000unym
    #[arg(long, value_name = "COIN", value_parser = coin)]
    mixnode_pledge: Option<Coin>,
    /// Least pledge of a gateway, like 100000000unym
    #[arg(long, value_name = "COIN", value_parser = coin)]
    gateway_pledge: Option<Coin>,
    /// Least amount of one delegation, like 1000000unym
    #[arg(long, value_name = "COIN", value_parser = coin)]
    least_delegation: Option<Coin>,
    /// Allow delegations of any amount
    #[arg(long, conflicts_with = "least_delegation")]
    any_delegation: bool,
}

/// Margins and costs that operators may announce.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Ranges {
    /// Least profit margin, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "largest_margin")]
    least_margin: Option<Percent>,
    /// Largest profit margin, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "least_margin")]
    largest_margin: Option<Percent>,
    /// Allow any margin
    #[arg(long, conflicts_with = "least_margin")]
    any_margin: bool,
    /// Least cost of an interval, like 40000000unym
    #[arg(long, value_name = "COIN", value_parser = coin, requires = "largest_cost")]
    least_cost: Option<Coin>,
    /// Largest cost of an interval, like 400000000unym
    #[arg(long, value_name = "COIN", value_parser = coin, requires = "least_cost")]
    largest_cost: Option<Coin>,
    /// Allow any cost
    #[arg(long, conflicts_with = "least_cost")]
    any_cost: bool,
}

/// The reward model's parameters.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Update {
    /// File with the changes in JSON, - for stdin; flags go before it
    #[arg(long, value_name = "FILE")]
    params_file: Option<PathBuf>,
    /// Tokens that are taken to be in circulation, in the denom's unit
    #[arg(long, value_name = "NUMBER", value_parser = units)]
    staking_supply: Option<Uint128>,
    /// Share of a reward that adds to the supply, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    supply_scale_factor: Option<Percent>,
    /// Weight of the operator's own stake, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    sybil_resistance: Option<Percent>,
    /// How many times the work of a standby node an active one does
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    work_factor: Option<Decimal>,
    /// Share of the pool that an interval emits, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pool_emission: Option<Percent>,
    /// Nodes that are drawn for an epoch, 3 to 1000
    #[arg(long, value_name = "NUMBER")]
    rewarded_set_size: Option<u32>,
}

/// The clock.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Clock {
    /// Epochs in an interval
    #[arg(long, value_name = "NUMBER")]
    epochs_in_interval: Option<u32>,
    /// Length of an epoch in seconds
    #[arg(long, value_name = "SECONDS")]
    epoch_seconds: Option<u64>,
}

pub(crate) async fn run(command: Params, context: &Context) -> Outcome<Answer> {
    match command {
        Params::Show => show(&context.mixnet().await?).await,
        Params::SetMinimums { minimums, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let now = mixnet.state_params().await.attempt("read the least stakes")?;
            let least_delegation = match minimums.any_delegation {
                true => None,
                false => minimums.least_delegation.or(now.minimum_mixnode_delegation),
            };
            let updated = ContractStateParams {
                minimum_mixnode_pledge: minimums.mixnode_pledge.unwrap_or(now.minimum_mixnode_pledge),
                minimum_gateway_pledge: minimums.gateway_pledge.unwrap_or(now.minimum_gateway_pledge),
                minimum_mixnode_delegation: least_delegation,
                ..now
            };
            check_minimums(&updated, context.stake_denom()?)?;
            let message = mixnet.update_state_params(updated).attempt("change the least stakes")?;
            submit_and_report(&account, message, &tx, "change the least stakes").await
        }
        Params::SetRanges { ranges, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let now = mixnet.state_params().await.attempt("read the ranges")?;
            let updated = ranges.change(now);
            check_ranges(&updated, context.stake_denom()?)?;
            let message = mixnet.update_state_params(updated).attempt("change the ranges")?;
            submit_and_report(&account, message, &tx, "change the ranges").await
        }
        Params::SetRewarding { update, tx } => {
            let update = update.read()?;
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let message = mixnet.update_rewarding_params(update).attempt("change the reward model")?;
            submit_and_report(&account, message, &tx, "change the reward model").await
        }
        Params::SetClock { clock, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let (state, pending) =
                futures::try_join!(mixnet.contract_state(), mixnet.pending_params()).attempt("read the clock")?;
            // What was announced and does not hold yet stays, too.
            let epochs = clock.epochs_in_interval.or(pending.epochs_in_interval);
            let epochs = epochs.unwrap_or(state.epochs.epochs_in_interval);
            let seconds = clock.epoch_seconds.or(pending.epoch_length).unwrap_or(state.epochs.epoch_length);
            if epochs == 0 {
                return Err(refused("clock", "epochs in an interval", "0", "at least 1"));
            }
            if !(1..=MAX_SECONDS).contains(&seconds) {
                let rule = format!("1 to {MAX_SECONDS}");
                return Err(refused("clock", "seconds of an epoch", &seconds.to_string(), &rule));
            }
            let message = mixnet.update_interval_config(epochs, seconds).attempt("change the clock")?;
            submit_and_report(&account, message, &tx, "change the clock").await
        }
        Params::SetActiveSet { active_set_size, tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let rewarded = mixnet.rewarding_params().await.attempt("read the reward model")?.rewarded_set_size;
            if !(3..=rewarded).contains(&active_set_size) {
                let rule = format!("3 to {rewarded}, the rewarded set's size");
                return Err(refused("active set", "its size", &active_set_size.to_string(), &rule));
            }
            let message = mixnet.update_active_set_size(active_set_size).attempt("change the active set")?;
            submit_and_report(&account, message, &tx, "change the active set").await
        }
    }
}

async fn show(mixnet: &Contract<ChainClient>) -> Outcome<Answer> {
    let (state, rewarding, pending) =
        futures::try_join!(mixnet.contract_state(), mixnet.rewarding_params(), mixnet.pending_params())
            .attempt("read the parameters")?;
    let data = json!({ "state": state, "rewarding": rewarding, "pending": pending });
    let (interval, epochs, mixing) = (&rewarding.interval, &state.epochs, &state.mixing);
    let least = state.params.minimum_mixnode_delegation.as_ref();
    let keys = match epochs.key_period {
        0 => "do not expire".to_owned(),
        period => format!("serve {period} epochs"),
    };
    let mut lines = vec![
        ("mix node pledge", Some(format!("at least {}", state.params.minimum_mixnode_pledge))),
        ("gateway pledge", Some(format!("at least {}", state.params.minimum_gateway_pledge))),
        ("delegation", Some(least.map_or_else(|| "any amount".to_owned(), |least| format!("at least {least}")))),
        ("profit margin", Some(allowed(&state.params.profit_margin, &interval.profit_margin, margins))),
        (
            "operating cost",
            Some(allowed(&state.params.interval_operating_cost, &interval.interval_operating_cost, costs)),
        ),
        ("epoch", Some(duration(epochs.epoch_length))),
        ("interval", Some(format!("{} epochs", epochs.epochs_in_interval))),
        ("report grace", Some(duration(epochs.report_grace))),
        ("seed grace", Some(duration(epochs.seed_grace))),
        ("performance serves", Some(format!("{} epochs", epochs.stale_epochs))),
        ("keys", Some(keys)),
        ("rewarded set", Some(format!("{} nodes", rewarding.rewarded_set_size))),
        ("active set", Some(format!("{} nodes", rewarding.active_set_size))),
        ("work factor", Some(interval.active_set_work_factor.to_string())),
        ("reward pool", Some(format!("{}{}", interval.reward_pool.to_uint_floor(), state.rewarding_denom))),
        ("pool emission", Some(interval.interval_pool_emission.to_string())),
        ("epoch budget", Some(format!("{}{}", interval.epoch_reward_budget.to_uint_floor(), state.rewarding_denom))),
        ("staking supply", Some(format!("{}{}", interval.staking_supply.to_uint_floor(), state.rewarding_denom))),
        ("supply scale factor", Some(interval.staking_supply_scale_factor.to_string())),
        (
            "saturation point",
            Some(format!("{}{}", interval.stake_saturation_point.to_uint_floor(), state.rewarding_denom)),
        ),
        ("sybil resistance", Some(interval.sybil_resistance.to_string())),
        ("payload", Some(format!("{} bytes", mixing.payload_size))),
        ("delay of a hop", Some(format!("{} ms, at most {} ms", mixing.mean_hop_delay_ms, mixing.max_hop_delay_ms))),
    ];
    lines.push(("announced", announced(&pending)));
    Ok(Answer::record(&data, lines))
}

/// The range of what may be announced, and that of what is paid in this interval where it is another one.
fn allowed<R: PartialEq>(now: &Option<R>, paid: &Option<R>, words: impl Fn(&R) -> String) -> String {
    let said = |range: &Option<R>| range.as_ref().map_or_else(|| "any".to_owned(), &words);
    if now == paid {
        return said(now);
    }
    format!("{}; rewards of this interval allow {}", said(now), said(paid))
}

fn margins(ProfitMarginRange { minimum, maximum }: &ProfitMarginRange) -> String {
    format!("{minimum} to {maximum}")
}

fn costs(OperatingCostRange { minimum, maximum }: &OperatingCostRange) -> String {
    format!("{minimum} to {maximum}")
}

/// What does not hold yet, in words; none if nothing is announced.
fn announced(pending: &PendingParams) -> Option<String> {
    let PendingParams { active_set_size, rewarding, epochs_in_interval, epoch_length, admin } = pending;
    let mut said = Vec::new();
    said.extend(active_set_size.map(|size| format!("active set of {size} nodes")));
    if *rewarding != RewardingParamsUpdate::default() {
        said.push("another reward model".to_owned());
    }
    said.extend(epochs_in_interval.map(|epochs| format!("intervals of {epochs} epochs")));
    said.extend(epoch_length.map(|seconds| format!("epochs of {}", duration(seconds))));
    said.extend(admin.as_ref().map(|admin| format!("owner {admin}")));
    (!said.is_empty()).then(|| said.join(", "))
}

impl Update {
    /// The changes of flags and file together, checked by the contract's rules.
    fn read(self) -> Outcome<RewardingParamsUpdate> {
        const FORM: &str = "{\"rewarded_set_size\":240,\"sybil_resistance_percent\":\"0.3\"}";
        let file: RewardingParamsUpdate = match &self.params_file {
            Some(path) => input::values(path, FORM)?,
            None => RewardingParamsUpdate::default(),
        };
        let update = RewardingParamsUpdate {
            staking_supply: self.staking_supply.or(file.staking_supply),
            staking_supply_scale_factor: self.supply_scale_factor.or(file.staking_supply_scale_factor),
            sybil_resistance_percent: self.sybil_resistance.or(file.sybil_resistance_percent),
            active_set_work_factor: self.work_factor.or(file.active_set_work_factor),
            interval_pool_emission: self.pool_emission.or(file.interval_pool_emission),
            rewarded_set_size: self.rewarded_set_size.or(file.rewarded_set_size),
        };
        check_update(&update)?;
        Ok(update)
    }
}

fn check_update(update: &RewardingParamsUpdate) -> Outcome<()> {
    const WHAT: &str = "reward model";
    if *update == RewardingParamsUpdate::default() {
        return Err(usage(
            "could not change the reward model",
            "the file changes nothing",
            "name what changes in it, or with flags",
        ));
    }
    if let Some(supply) = update.staking_supply {
        if supply.is_zero() || supply.u128() > MAX_SUPPLY {
            return Err(refused(WHAT, "staking_supply", &supply.to_string(), &format!("1 to {MAX_SUPPLY}")));
        }
    }
    if let Some(factor) = update.active_set_work_factor {
        if factor < Decimal::one() || factor > Decimal::from_ratio(MAX_WORK_FACTOR, 1u128) {
            let rule = format!("1 to {MAX_WORK_FACTOR}");
            return Err(refused(WHAT, "active_set_work_factor", &factor.to_string(), &rule));
        }
    }
    if let Some(size) = update.rewarded_set_size {
        if !(3..=MAX_REWARDED_SET).contains(&size) {
            let rule = format!("3 to {MAX_REWARDED_SET}");
            return Err(refused(WHAT, "rewarded_set_size", &size.to_string(), &rule));
        }
    }
    Ok(())
}

fn check_minimums(minimums: &ContractStateParams, denom: &str) -> Outcome<()> {
    const WHAT: &str = "least stakes";
    let coins = [
        ("the least pledge of a mix node", Some(&minimums.minimum_mixnode_pledge)),
        ("the least pledge of a gateway", Some(&minimums.minimum_gateway_pledge)),
        ("the least delegation", minimums.minimum_mixnode_delegation.as_ref()),
    ];
    for (name, coin) in coins {
        let Some(coin) = coin else { continue };
        if coin.denom != denom {
            return Err(refused(WHAT, name, &coin.to_string(), &format!("in {denom}")));
        }
        if coin.amount.is_zero() || coin.amount > Uint256::from(MAX_SUPPLY) {
            return Err(refused(WHAT, name, &coin.to_string(), &format!("1{denom} to {MAX_SUPPLY}{denom}")));
        }
    }
    Ok(())
}

impl Ranges {
    /// Parameters with these ranges, and all else as it is.
    fn change(self, now: ContractStateParams) -> ContractStateParams {
        let given = self.least_margin.zip(self.largest_margin);
        let margins = given.map(|(minimum, maximum)| ProfitMarginRange { minimum, maximum });
        let given = self.least_cost.zip(self.largest_cost);
        let costs = given.map(|(minimum, maximum)| OperatingCostRange { minimum, maximum });
        ContractStateParams {
            profit_margin: if self.any_margin { None } else { margins.or(now.profit_margin) },
            interval_operating_cost: if self.any_cost { None } else { costs.or(now.interval_operating_cost) },
            ..now
        }
    }
}

fn check_ranges(params: &ContractStateParams, denom: &str) -> Outcome<()> {
    const WHAT: &str = "ranges";
    if let Some(ProfitMarginRange { minimum, maximum }) = &params.profit_margin {
        if minimum > maximum {
            return Err(refused(WHAT, "the least margin", &minimum.to_string(), &format!("at most {maximum}")));
        }
    }
    if let Some(OperatingCostRange { minimum, maximum }) = &params.interval_operating_cost {
        for (name, coin) in [("the least cost", minimum), ("the largest cost", maximum)] {
            if coin.denom != denom {
                return Err(refused(WHAT, name, &coin.to_string(), &format!("in {denom}")));
            }
            if coin.amount > Uint256::from(MAX_SUPPLY) {
                return Err(refused(WHAT, name, &coin.to_string(), &format!("at most {MAX_SUPPLY}{denom}")));
            }
        }
        if minimum.amount > maximum.amount {
            return Err(refused(WHAT, "the least cost", &minimum.to_string(), &format!("at most {maximum}")));
        }
    }
    Ok(())
}

/// A value that the contract would refuse: what it is of, its name, the value, the rule.
fn refused(what: &str, name: &str, value: &str, rule: &str) -> Failure {
    usage(
        format!("could not change the {what}"),
        format!("{name}: {value} is not allowed"),
        format!("it has to be {rule}"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cause(outcome: Outcome<()>) -> String {
        crate::failure::lines(&outcome.unwrap_err())
    }

    #[test]
    fn a_value_that_breaks_a_rule_is_named_with_it() {
        let none = RewardingParamsUpdate::default();
        let wrong = [
            (RewardingParamsUpdate { staking_supply: Some(Uint128::zero()), ..none.clone() }, "staking_supply: 0"),
            (
                RewardingParamsUpdate { active_set_work_factor: Some(Decimal::percent(50)), ..none.clone() },
                "active_set_work_factor: 0.5",
            ),
            (RewardingParamsUpdate { rewarded_set_size: Some(2), ..none.clone() }, "rewarded_set_size: 2"),
        ];
        for (update, said) in wrong {
            let text = cause(check_update(&update));
            assert!(text.contains(said) && text.contains("it has to be"), "{text}");
        }
        assert!(cause(check_update(&none)).contains("changes nothing"));
        assert!(check_update(&RewardingParamsUpdate { rewarded_set_size: Some(240), ..none }).is_ok());
    }

    #[test]
    fn least_stakes_are_in_the_staking_denom_and_not_nothing() {
        let minimums = |pledge: Coin| ContractStateParams {
            minimum_mixnode_pledge: pledge,
            minimum_gateway_pledge: Coin::new(1u128, "unym"),
            minimum_mixnode_delegation: None,
            profit_margin: None,
            interval_operating_cost: None,
        };

        assert!(check_minimums(&minimums(Coin::new(1u128, "unym")), "unym").is_ok());
        assert!(cause(check_minimums(&minimums(Coin::new(1u128, "unyx")), "unym")).contains("in unym"));
        assert!(cause(check_minimums(&minimums(Coin::new(0u128, "unym")), "unym")).contains("0unym is not allowed"));
    }

    #[test]
    fn a_range_that_rewards_do_not_keep_to_yet_is_shown_with_theirs() {
        let open: Option<ProfitMarginRange> = None;
        let range = Some(ProfitMarginRange { minimum: Percent::zero(), maximum: Percent::hundred() });

        assert_eq!(allowed(&open, &open, margins), "any");
        assert_eq!(allowed(&range, &range, margins), "0 to 1");
        assert_eq!(allowed(&range, &open, margins), "0 to 1; rewards of this interval allow any");
        assert_eq!(allowed(&open, &range, margins), "any; rewards of this interval allow 0 to 1");
    }

    #[test]
    fn ranges_hold_a_value_at_least_and_are_in_the_staking_denom() {
        let coin = |amount: u128, denom| Some(Coin::new(amount, denom));
        let none = || Ranges {
            least_margin: None,
            largest_margin: None,
            any_margin: false,
            least_cost: None,
            largest_cost: None,
            any_cost: false,
        };
        let percent = |value| Some(Percent::from_percentage(value).unwrap());
        let now = || ContractStateParams {
            minimum_mixnode_pledge: Coin::new(1u128, "unym"),
            minimum_gateway_pledge: Coin::new(1u128, "unym"),
            minimum_mixnode_delegation: None,
            profit_margin: None,
            interval_operating_cost: None,
        };
        let check = |ranges: Ranges| check_ranges(&ranges.change(now()), "unym");

        assert!(check(Ranges { least_margin: percent(20), largest_margin: percent(20), ..none() }).is_ok());
        let upside_down = Ranges { least_margin: percent(21), largest_margin: percent(20), ..none() };
        assert!(cause(check(upside_down)).contains("the least margin: 0.21 is not allowed"));
        let costs = |least, largest| Ranges { least_cost: least, largest_cost: largest, ..none() };
        assert!(check(costs(coin(5, "unym"), coin(5, "unym"))).is_ok());
        assert!(cause(check(costs(coin(6, "unym"), coin(5, "unym")))).contains("it has to be at most 5unym"));
        assert!(cause(check(costs(coin(5, "unym"), coin(6, "unyx")))).contains("the largest cost: 6unyx"));
        assert!(check(costs(coin(5, "unym"), coin(MAX_SUPPLY, "unym"))).is_ok());
        let above = check(costs(coin(5, "unym"), coin(MAX_SUPPLY + 1, "unym")));
        assert!(cause(above).contains("it has to be at most 1000000000000000000unym"));
    }
}
