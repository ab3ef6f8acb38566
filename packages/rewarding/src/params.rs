//! What rewards depend on in an interval, and how the next interval follows.

use cosmwasm_std::Decimal256;

use crate::{out_of_range, OutOfRange};

/// Parameters of the model in one interval. Amounts are in the staking denom's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// P: what is left to pay at the beginning of the interval.
    pub reward_pool: Decimal256,
    /// S: tokens that are taken to be in circulation.
    pub staking_supply: Decimal256,
    /// β: share of a reward that adds to the supply.
    pub supply_scale_factor: Decimal256,
    /// ε: share of the pool that an interval emits.
    pub pool_emission: Decimal256,
    /// α: weight of the operator's own stake.
    pub sybil_resistance: Decimal256,
    /// k: nodes that are rewarded in an epoch.
    pub rewarded_set_size: u32,
    /// E: epochs in the interval.
    pub epochs_in_interval: u32,
    /// B: most that one epoch pays, P·ε/E.
    pub epoch_budget: Decimal256,
    /// σ*: stake above which a node earns no more, S/k.
    pub saturation_point: Decimal256,
}

impl Params {
    /// Computes budget and saturation point anew from the others.
    pub fn derive(&mut self) -> Result<(), OutOfRange> {
        self.epoch_budget = self
            .reward_pool
            .checked_mul(self.pool_emission)
            .map_err(out_of_range("epoch budget"))?
            .checked_div(whole(self.epochs_in_interval))
            .map_err(out_of_range("epoch budget"))?;
        self.saturation_point =
            self.staking_supply.checked_div(whole(self.rewarded_set_size)).map_err(out_of_range("saturation point"))?;
        Ok(())
    }

    /// Ends the interval: what it paid leaves the pool and, scaled, enters circulation; what was added joins the pool.
    pub fn end_interval(&mut self, paid: Decimal256, added: Decimal256) -> Result<(), OutOfRange> {
        let left = self.reward_pool.checked_sub(paid).map_err(out_of_range("reward pool"))?;
        self.reward_pool = left.checked_add(added).map_err(out_of_range("reward pool"))?;
        let circulates = paid.checked_mul(self.supply_scale_factor).map_err(out_of_range("staking supply"))?;
        self.staking_supply = self.staking_supply.checked_add(circulates).map_err(out_of_range("staking supply"))?;
        self.derive()
    }
}

/// Shares of the work that the nodes of a set do; all of them together do 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Share of an active node, f·w_s.
    pub active: Decimal256,
    /// Share of a standby node, w_s = 1/(f·k − (f−1)·(k−a)).
    pub standby: Decimal256,
}

impl Work {
    /// Shares in a set of `rewarded` nodes of which `active` carry traffic and do `factor` times the work of the others.
    pub fn new(factor: Decimal256, rewarded: u32, active: u32) -> Result<Self, OutOfRange> {
        let out = out_of_range::<cosmwasm_std::OverflowError>("work");
        // f·k − (f−1)·(k−a) = f·a + (k−a)
        let total = factor.checked_mul(whole(active)).map_err(&out)?;
        let total = total.checked_add(whole(rewarded.saturating_sub(active))).map_err(&out)?;
        let standby = Decimal256::one().checked_div(total).map_err(out_of_range("work"))?;
        Ok(Self { active: standby.checked_mul(factor).map_err(&out)?, standby })
    }

    /// Share of one node.
    pub const fn of(&self, active: bool) -> Decimal256 {
        if active {
            self.active
        } else {
            self.standby
        }
    }
}

/// A whole number as a decimal.
pub(crate) fn whole(number: u32) -> Decimal256 {
    Decimal256::from_ratio(number, 1u32)
}
