//! Who owns what by the reference model: each operator's and delegator's stake for itself, in numbers without rounding.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Addr;
use nym_contract_types::{EpochId, NodeId};

use super::exact::Sum;

/// Units of 10^-18 in one unit of the denom.
pub const ATOMICS: u128 = 1_000_000_000_000_000_000;

/// What a delegator has on a node.
#[derive(Clone, Debug, Default)]
pub struct Delegation {
    /// What counts, with all that it has earned.
    pub worth: Sum,
    /// What that was when something last began to count or was withdrawn. What is above it is reward.
    pub base: Sum,
    /// What does not count yet, and the turn in which it was added.
    pub pending: u128,
    pub turn: EpochId,
    /// Height of the last addition.
    pub height: u64,
}

impl Delegation {
    pub fn fold(&mut self, turn: EpochId) {
        if self.pending > 0 && self.turn < turn {
            self.worth += &Sum::units(std::mem::take(&mut self.pending));
            self.base = self.worth.clone();
        }
    }

    /// All of it, pending too.
    pub fn all(&self) -> Sum {
        let mut all = Sum::units(self.pending);
        all += &self.worth;
        all
    }

    /// What it has earned since [`Self::base`].
    pub fn earned(&self) -> Sum {
        let mut earned = self.worth.clone();
        earned -= &self.base;
        earned
    }
}

/// A mix node, also one that left while delegations remain.
#[derive(Clone, Debug)]
pub struct Node {
    pub owner: Addr,
    pub identity: String,
    pub bonded: bool,
    /// The pledge that counts, in whole units.
    pub pledge: u128,
    /// Pledge and rewards of the operator.
    pub operator: Sum,
    /// What was pledged and does not count yet, and the turn in which it was.
    pub pending: u128,
    pub turn: EpochId,
    /// Height at which the owner last pledged.
    pub height: u64,
    /// Share of the profit, in 10^-18, and cost of an interval in whole units, as announced.
    pub costs: (u128, u128),
    /// The same from the interval after this one on.
    pub coming_costs: Option<(u32, u128, u128)>,
    pub bonded_in: EpochId,
    pub last_rewarded: EpochId,
    /// Whether the last transition passed over it.
    pub parked: bool,
    /// Periods for which it has keys.
    pub keys: BTreeSet<u32>,
    pub delegations: BTreeMap<Addr, Delegation>,
    /// The most that was ever on it, in 10^-18.
    pub peak: u128,
}

impl Node {
    /// Lets count what was added in earlier turns and announced in earlier intervals.
    pub fn fold(&mut self, turn: EpochId, interval: u32) {
        if let Some((_, margin, cost)) = self.coming_costs.take_if(|(announced, ..)| *announced < interval) {
            self.costs = (margin, cost);
        }
        if self.turn < turn {
            let begun = std::mem::take(&mut self.pending);
            self.pledge += begun;
            self.operator += &Sum::units(begun);
        }
        for delegation in self.delegations.values_mut() {
            delegation.fold(turn);
        }
    }

    /// What counts of the delegators' stakes.
    pub fn delegates(&self) -> Sum {
        let mut sum = Sum::default();
        for delegation in self.delegations.values() {
            sum += &delegation.worth;
        }
        sum
    }

    /// All of the operator's, pending too.
    pub fn of_operator(&self) -> Sum {
        let mut all = Sum::units(self.pending);
        all += &self.operator;
        all
    }

    /// All of the delegators', pending too.
    pub fn of_delegators(&self) -> Sum {
        let mut sum = Sum::default();
        for delegation in self.delegations.values() {
            sum += &delegation.all();
        }
        sum
    }

    /// Pays a reward out to the ledger. Returns what each delegator got.
    pub fn credit(&mut self, operator: &Sum, delegates: &Sum) -> Vec<(Addr, Sum)> {
        self.operator += operator;
        let whole = self.delegates();
        let mut paid = Vec::new();
        for (who, delegation) in &mut self.delegations {
            if whole > Sum::default() {
                let part = delegates.shared(&delegation.worth, &whole);
                delegation.worth += &part;
                paid.push((who.clone(), part));
            }
        }
        paid
    }

    pub fn note_peak(&mut self) {
        self.peak = self.peak.max(self.of_operator().atomics() + self.of_delegators().atomics());
    }

    /// How far the contract may be off, in 10^-18: it keeps 18 digits of a share of work or saturation, which are multiplied with the stake,
    /// and a millionth of a unit for everything else.
    pub fn tolerance(&self) -> u128 {
        ATOMICS / 1_000_000 + self.peak / 100_000_000_000_000
    }
}

/// What an account has bonded.
#[derive(Clone, Debug, PartialEq)]
pub enum Bond {
    Mixnode(NodeId),
    Gateway { identity: String, pledge: u128 },
}

/// What went between an account and the contract, and what the account is entitled to.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub bond: Option<Bond>,
    /// Pledged and delegated.
    pub sent: u128,
    pub received: u128,
    /// Rewards by the model.
    pub earned: Sum,
    /// Amounts that were rounded down to whole units.
    pub payouts: u128,
    /// How far the contract's rewards may be off, in 10^-18.
    pub slack: u128,
}

impl Account {
    /// What the account was entitled to over time, in 10^-18, and how far the contract may be off.
    pub fn entitled(&self) -> (u128, u128) {
        (self.sent * ATOMICS + self.earned.atomics(), self.slack + ATOMICS / 1_000)
    }
}
