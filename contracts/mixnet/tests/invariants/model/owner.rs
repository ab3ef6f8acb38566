//! What the owner may change, and when it holds.

use cosmwasm_std::{Addr, Decimal};
use nym_contract_types::mixnet::{ContractStateParams, RewardingParamsUpdate};

use super::{units, Call, Due, Model, Ranges, Refusal};

/// Largest pool, supply, minimum or cost in a range.
pub(super) const LARGEST: u128 = 1_000_000_000_000_000_000;
/// Longest epoch, seconds.
const LONGEST: u64 = 366 * 24 * 3_600;

impl Model {
    fn owned(&self, call: &Call<'_>) -> Result<(), Refusal> {
        if *call.sender != self.owner {
            return Err("NotOwner");
        }
        Ok(())
    }

    /// From the next epoch.
    pub(super) fn update_active_size(&mut self, call: &Call<'_>, size: u32, now: bool) -> Result<Due, Refusal> {
        self.owned(call)?;
        if now {
            return Err("NotImmediately");
        }
        if size < 3 || size > self.rules.rewarded_size {
            return Err("Parameter");
        }
        self.announced.active_set_size = Some(size);
        Ok(Due::default())
    }

    /// From the next interval; what a message leaves out stays as it was announced.
    pub(super) fn update_rules(
        &mut self,
        call: &Call<'_>,
        update: &RewardingParamsUpdate,
        now: bool,
    ) -> Result<Due, Refusal> {
        self.owned(call)?;
        if now {
            return Err("NotImmediately");
        }
        let supply = update.staking_supply.map_or(1, |supply| supply.u128());
        let factor = update.active_set_work_factor.unwrap_or(Decimal::one());
        let most = Decimal::from_ratio(1_000_000u32, 1u32);
        let size = update.rewarded_set_size.unwrap_or(3);
        if supply == 0 || supply > LARGEST || factor < Decimal::one() || factor > most || !(3..=1_000).contains(&size) {
            return Err("Parameter");
        }
        let before = &self.announced.rewarding;
        self.announced.rewarding = RewardingParamsUpdate {
            staking_supply: update.staking_supply.or(before.staking_supply),
            staking_supply_scale_factor: update.staking_supply_scale_factor.or(before.staking_supply_scale_factor),
            sybil_resistance_percent: update.sybil_resistance_percent.or(before.sybil_resistance_percent),
            active_set_work_factor: update.active_set_work_factor.or(before.active_set_work_factor),
            interval_pool_emission: update.interval_pool_emission.or(before.interval_pool_emission),
            rewarded_set_size: update.rewarded_set_size.or(before.rewarded_set_size),
        };
        Ok(Due::default())
    }

    /// From the next interval.
    pub(super) fn update_clock(
        &mut self,
        call: &Call<'_>,
        epochs: u32,
        length: u64,
        now: bool,
    ) -> Result<Due, Refusal> {
        self.owned(call)?;
        if now {
            return Err("NotImmediately");
        }
        if length == 0 || length > LONGEST || epochs == 0 {
            return Err("Parameter");
        }
        self.announced.epochs_in_interval = Some(epochs);
        self.announced.epoch_length = Some(length);
        Ok(Due::default())
    }

    /// At once, but not while scores are counted. Who comes back is another monitor than before.
    pub(super) fn update_monitors(&mut self, call: &Call<'_>, monitors: &[String]) -> Result<Due, Refusal> {
        self.owned(call)?;
        self.stakes_may_change()?;
        let mut after: Vec<(u32, Addr)> = Vec::new();
        let mut last = self.last_monitor;
        for monitor in monitors {
            if after.iter().any(|(_, listed)| listed.as_str() == monitor) {
                return Err("Duplicate");
            }
            let known = self.monitors.iter().find(|(_, known)| known.as_str() == monitor);
            let number = known.map_or(last + 1, |(number, _)| *number);
            last = last.max(number);
            after.push((number, Addr::unchecked(monitor)));
        }
        (self.monitors, self.last_monitor) = (after, last);
        Ok(Due::default())
    }

    /// At once, for new stakes and announcements; what was announced before is paid by the ranges from the next interval.
    pub(super) fn update_params(&mut self, call: &Call<'_>, params: &ContractStateParams) -> Result<Due, Refusal> {
        self.owned(call)?;
        let mixnode = units(&params.minimum_mixnode_pledge);
        let gateway = units(&params.minimum_gateway_pledge);
        let delegation = params.minimum_mixnode_delegation.as_ref().map(units);
        if [Some(mixnode), Some(gateway), delegation].iter().flatten().any(|least| *least == 0 || *least > LARGEST) {
            return Err("Parameter");
        }
        let ranges = Ranges::of(params.profit_margin.as_ref(), params.interval_operating_cost.as_ref());
        if !ranges.may_be_set() {
            return Err("Parameter");
        }
        self.ranges = ranges;
        (self.minimum_pledge, self.minimum_gateway_pledge, self.minimum_delegation) = (mixnode, gateway, delegation);
        Ok(Due::default())
    }
}
