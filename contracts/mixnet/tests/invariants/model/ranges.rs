//! Ranges of margins and costs: outside of them nothing may be announced, and what was announced before is paid by the nearest in them.

use nym_contract_types::mixnet::{OperatingCostRange, ProfitMarginRange};

use super::owner::LARGEST;
use super::{units, Refusal};

/// Least and most, both among them. None: any.
type Range = Option<(u128, u128)>;

/// Ranges of shares of the profit, in 10^-18, and of costs of an interval, in whole units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    margin: Range,
    cost: Range,
}

impl Ranges {
    pub fn of(margins: Option<&ProfitMarginRange>, costs: Option<&OperatingCostRange>) -> Self {
        Self {
            margin: margins.map(|range| (range.minimum.atomics().u128(), range.maximum.atomics().u128())),
            cost: costs.map(|range| (units(&range.minimum), units(&range.maximum))),
        }
    }

    /// Whether the owner may set them.
    pub fn may_be_set(&self) -> bool {
        let has_values = |range: Range| range.is_none_or(|(least, most)| least <= most);
        has_values(self.margin) && has_values(self.cost) && self.cost.is_none_or(|(_, most)| most <= LARGEST)
    }

    /// Checks that a margin and a cost may be announced.
    pub fn admit(&self, (margin, cost): (u128, u128)) -> Result<(), Refusal> {
        let is_outside = |value: u128, range: Range| range.is_some_and(|(least, most)| value < least || value > most);
        if is_outside(margin, self.margin) {
            return Err("ProfitMargin");
        }
        if is_outside(cost, self.cost) {
            return Err("OperatingCost");
        }
        Ok(())
    }

    /// The margin and the cost that are paid where these were announced.
    pub fn paid(&self, (margin, cost): (u128, u128)) -> (u128, u128) {
        let nearest = |value: u128, range: Range| range.map_or(value, |(least, most)| value.clamp(least, most));
        (nearest(margin, self.margin), nearest(cost, self.cost))
    }
}
