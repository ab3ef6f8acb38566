//! What operators keep of rewards, as records have it, and the ranges that the owner sets for it.

use cosmwasm_std::{Decimal, Storage, Uint128};
use nym_contract_types::mixnet::{MixNodeCostParams, OperatingCostRange, ProfitMarginRange};
use nym_contract_types::Percent;
use nym_rewarding::nearest;

use crate::mixnodes::state::SCALE;
use crate::packed::{Reader, Write};
use crate::state::{units, Core, TOLD};
use crate::ContractError;

/// What an operator keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Share of the profit, in 10^-18.
    pub profit_margin: u64,
    /// Cost of an interval, in the denom's unit.
    pub operating_cost: u128,
}

impl Kept {
    /// Checks what an operator announces. The ranges are read only where there are any.
    pub fn announced(storage: &dyn Storage, core: &Core, costs: &MixNodeCostParams) -> Result<Self, ContractError> {
        let kept = Self { operating_cost: operating_cost(costs, &core.denom)?, profit_margin: profit_margin(costs)? };
        if core.has_ranges {
            TOLD.load(storage)?.ranges.check(&kept, core)?;
        }
        Ok(kept)
    }
}

fn operating_cost(costs: &MixNodeCostParams, denom: &str) -> Result<u128, ContractError> {
    let cost = &costs.interval_operating_cost;
    if cost.denom != denom {
        return Err(ContractError::Parameter {
            name: "interval_operating_cost",
            value: cost.denom.chars().take(64).collect(),
            rule: "in the staking denom",
        });
    }
    let amount = Uint128::try_from(cost.amount).map_err(|_| ContractError::OutOfRange { what: "operating cost" })?;
    if amount.u128() > u128::MAX / SCALE {
        return Err(ContractError::OutOfRange { what: "operating cost" });
    }
    Ok(amount.u128())
}

fn profit_margin(costs: &MixNodeCostParams) -> Result<u64, ContractError> {
    u64::try_from(costs.profit_margin_percent.atomics().u128())
        .map_err(|_| ContractError::OutOfRange { what: "profit margin" })
}

/// Ranges of what operators keep: minimum and maximum, in the units of [`Kept`]. None: all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// Of margins.
    pub profit_margin: Option<(u64, u64)>,
    /// Of costs.
    pub operating_cost: Option<(u128, u128)>,
}

impl Ranges {
    /// Ranges as messages and replies have them. They were checked: amounts are of the denom, and at most 10^18.
    pub fn of(margins: Option<&ProfitMarginRange>, costs: Option<&OperatingCostRange>) -> Self {
        let atomics = |share: Percent| u64::try_from(share.atomics().u128()).unwrap_or(u64::MAX);
        Self {
            profit_margin: margins.map(|range| (atomics(range.minimum), atomics(range.maximum))),
            operating_cost: costs.map(|range| (units(range.minimum.amount), units(range.maximum.amount))),
        }
    }

    /// The range of margins as replies have it.
    pub fn of_margins(&self) -> Option<ProfitMarginRange> {
        self.profit_margin
            .map(|(minimum, maximum)| ProfitMarginRange { minimum: share(minimum), maximum: share(maximum) })
    }

    /// The range of costs as replies have it.
    pub fn of_costs(&self, core: &Core) -> Option<OperatingCostRange> {
        self.operating_cost
            .map(|(minimum, maximum)| OperatingCostRange { minimum: core.coin(minimum), maximum: core.coin(maximum) })
    }

    /// The nearest that is in the ranges.
    pub fn nearest(&self, kept: Kept) -> Kept {
        Kept {
            profit_margin: nearest(kept.profit_margin, self.profit_margin),
            operating_cost: nearest(kept.operating_cost, self.operating_cost),
        }
    }

    /// Checks that what is announced is in the ranges.
    fn check(&self, kept: &Kept, core: &Core) -> Result<(), ContractError> {
        let nearest = self.nearest(*kept);
        match (self.of_margins(), self.of_costs(core)) {
            (Some(ProfitMarginRange { minimum, maximum }), _) if nearest.profit_margin != kept.profit_margin => {
                Err(ContractError::ProfitMargin { margin: share(kept.profit_margin), minimum, maximum })
            }
            (_, Some(range)) if nearest.operating_cost != kept.operating_cost => {
                Err(ContractError::OperatingCost { cost: core.coin(kept.operating_cost), range: Box::new(range) })
            }
            _ => Ok(()),
        }
    }

    /// Which of the ranges there are, in two bits.
    pub fn flags(&self) -> u8 {
        u8::from(self.profit_margin.is_some()) | u8::from(self.operating_cost.is_some()) << 1
    }

    /// Appends those that there are.
    pub fn write(&self, bytes: Vec<u8>) -> Vec<u8> {
        let bytes = match self.profit_margin {
            Some((minimum, maximum)) => bytes.amount(minimum).amount(maximum),
            None => bytes,
        };
        match self.operating_cost {
            Some((minimum, maximum)) => bytes.amount(minimum).amount(maximum),
            None => bytes,
        }
    }

    /// Reads those that there are.
    pub fn read(bytes: &mut Reader<'_>, flags: u8) -> Option<Self> {
        Some(Self {
            profit_margin: if flags & 1 != 0 { Some(range(bytes)?) } else { None },
            operating_cost: if flags & 2 != 0 { Some(range(bytes)?) } else { None },
        })
    }
}

fn range<T: Ord + TryFrom<u128>>(bytes: &mut Reader<'_>) -> Option<(T, T)> {
    let (minimum, maximum): (T, T) = (bytes.amount()?, bytes.amount()?);
    (minimum <= maximum).then_some((minimum, maximum))
}

/// A share in 10^-18 as replies have it. More than everything, which no message brings, is everything.
pub fn share(atomics: u64) -> Percent {
    Percent::try_from(Decimal::new(Uint128::from(atomics))).unwrap_or(Percent::hundred())
}
