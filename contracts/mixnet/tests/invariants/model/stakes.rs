//! Bonds, pledges and delegations: what goes in and what must come out.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Addr;
use nym_contract_types::mixnet::MixNodeCostParams;
use nym_contract_types::NodeId;

use super::{units, Call, Due, Model, Refusal};
use crate::invariants::exact::Sum;
use crate::invariants::ledger::{Bond, Node, ATOMICS};

/// Whether a reward, in 10^-18, is paid: from one unit on. Where that is within the tolerance, the contract has decided.
fn is_paid(earned: u128, tolerance: u128, by_the_contract: bool) -> bool {
    if earned + tolerance < ATOMICS {
        return false;
    }
    earned.saturating_sub(tolerance) >= ATOMICS || by_the_contract
}

/// Margin, in 10^-18, and cost that are announced.
fn announced(costs: &MixNodeCostParams) -> (u128, u128) {
    (costs.profit_margin_percent.atomics().u128(), units(&costs.interval_operating_cost))
}

impl Model {
    pub(super) fn bond(&mut self, call: &Call<'_>, identity: &str, costs: &MixNodeCostParams) -> Result<Due, Refusal> {
        if self.account(call.sender).bond.is_some() {
            return Err("AlreadyBonded");
        }
        if call.sent < self.minimum_pledge {
            return Err("PledgeTooSmall");
        }
        let costs = announced(costs);
        self.ranges.admit(costs)?;
        if !self.identities.insert(identity.to_owned()) {
            return Err("IdentityTaken");
        }
        self.last_node += 1;
        let turn = self.turn();
        let mut node = Node {
            owner: call.sender.clone(),
            identity: identity.to_owned(),
            bonded: true,
            pledge: call.sent,
            operator: Sum::units(call.sent),
            pending: 0,
            turn,
            height: call.height,
            costs,
            coming_costs: None,
            bonded_in: turn,
            last_rewarded: 0,
            parked: false,
            keys: (turn + 1).checked_div(self.key_period).into_iter().collect(),
            delegations: BTreeMap::new(),
            peak: 0,
        };
        node.note_peak();
        let id = self.last_node;
        self.nodes.insert(id, node);
        let account = self.account(call.sender);
        account.bond = Some(Bond::Mixnode(id));
        account.sent += call.sent;
        Ok(Due::default())
    }

    pub(super) fn unbond(&mut self, call: &Call<'_>) -> Result<Due, Refusal> {
        self.stakes_may_change()?;
        let id = self.node_of(call.sender).ok_or("NoMixnode")?;
        let (turn, interval) = (self.turn(), self.interval);
        let node = self.nodes.get_mut(&id).unwrap();
        if node.height == call.height {
            return Err("StakeLocked");
        }
        node.fold(turn, interval);
        let due = Due::about(&node.of_operator(), node.tolerance());
        (node.operator, node.pledge, node.pending, node.bonded) = (Sum::default(), 0, 0, false);
        let identity = node.identity.clone();
        self.identities.remove(&identity);
        self.forget_if_gone(id);
        self.account(call.sender).bond = None;
        self.pay(call, 1);
        Ok(due)
    }

    pub(super) fn pledge_more(&mut self, call: &Call<'_>) -> Result<Due, Refusal> {
        self.stakes_may_change()?;
        let id = self.node_of(call.sender).ok_or("NoMixnode")?;
        let (turn, interval) = (self.turn(), self.interval);
        let node = self.nodes.get_mut(&id).unwrap();
        node.fold(turn, interval);
        node.pending += call.sent;
        (node.turn, node.height) = (turn, call.height);
        node.note_peak();
        self.account(call.sender).sent += call.sent;
        Ok(Due::default())
    }

    pub(super) fn cancel_pledge(&mut self, call: &Call<'_>) -> Result<Due, Refusal> {
        self.stakes_may_change()?;
        let id = self.node_of(call.sender).ok_or("NoMixnode")?;
        let (turn, interval) = (self.turn(), self.interval);
        let node = self.nodes.get_mut(&id).unwrap();
        node.fold(turn, interval);
        if node.pending == 0 {
            return Err("NothingPending");
        }
        let due = Due::exactly(std::mem::take(&mut node.pending));
        self.pay(call, 0);
        Ok(due)
    }

    pub(super) fn decrease_pledge(&mut self, call: &Call<'_>, by: u128) -> Result<Due, Refusal> {
        self.stakes_may_change()?;
        let id = self.node_of(call.sender).ok_or("NoMixnode")?;
        let (turn, interval, minimum) = (self.turn(), self.interval, self.minimum_pledge);
        let node = self.nodes.get_mut(&id).unwrap();
        node.fold(turn, interval);
        if node.height == call.height {
            return Err("StakeLocked");
        }
        if node.pledge.saturating_sub(by) < minimum {
            return Err("PledgeTooSmall");
        }
        node.pledge -= by;
        node.operator -= &Sum::units(by);
        self.pay(call, 0);
        Ok(Due::exactly(by))
    }

    pub(super) fn update_costs(&mut self, call: &Call<'_>, costs: &MixNodeCostParams) -> Result<Due, Refusal> {
        self.stakes_may_change()?;
        let id = self.node_of(call.sender).ok_or("NoMixnode")?;
        let (margin, cost) = announced(costs);
        self.ranges.admit((margin, cost))?;
        let (turn, interval) = (self.turn(), self.interval);
        let node = self.nodes.get_mut(&id).unwrap();
        node.fold(turn, interval);
        node.coming_costs = Some((interval, margin, cost));
        Ok(Due::default())
    }

    pub(super) fn update_keys(&mut self, call: &Call<'_>, period: u32) -> Result<Due, Refusal> {
        let current = self.epoch.checked_div(self.key_period).ok_or("KeysNotAccepted")?;
        self.stakes_may_change()?;
        if self.account(call.sender).bond.is_none() {
            return Err("NothingBonded");
        }
        let Some(id) = self.node_of(call.sender) else { return Ok(Due::default()) };
        let keys: &mut BTreeSet<u32> = &mut self.nodes.get_mut(&id).unwrap().keys;
        if period != current && period != current + 1 || period == current && keys.contains(&period) {
            return Err("KeysNotAccepted");
        }
        keys.retain(|kept| *kept >= current);
        keys.insert(period);
        Ok(Due::default())
    }

    pub(super) fn bond_gateway(&mut self, call: &Call<'_>, identity: &str) -> Result<Due, Refusal> {
        if self.account(call.sender).bond.is_some() {
            return Err("AlreadyBonded");
        }
        if call.sent < self.minimum_gateway_pledge {
            return Err("PledgeTooSmall");
        }
        if !self.identities.insert(identity.to_owned()) {
            return Err("IdentityTaken");
        }
        let account = self.account(call.sender);
        account.bond = Some(Bond::Gateway { identity: identity.to_owned(), pledge: call.sent });
        account.sent += call.sent;
        Ok(Due::default())
    }

    pub(super) fn unbond_gateway(&mut self, call: &Call<'_>) -> Result<Due, Refusal> {
        let Some(Bond::Gateway { identity, pledge }) = self.account(call.sender).bond.clone() else {
            return Err("NoGateway");
        };
        self.identities.remove(&identity);
        self.account(call.sender).bond = None;
        self.pay(call, 0);
        Ok(Due::exactly(pledge))
    }

    pub(super) fn delegate(&mut self, call: &Call<'_>, id: NodeId) -> Result<Due, Refusal> {
        self.stakes_may_change()?;
        if self.minimum_delegation.is_some_and(|minimum| call.sent < minimum) {
            return Err("DelegationTooSmall");
        }
        let (turn, interval) = (self.turn(), self.interval);
        let node = self.nodes.get_mut(&id).filter(|node| node.bonded).ok_or("MixnodeNotBonded")?;
        node.fold(turn, interval);
        let delegation = node.delegations.entry(call.sender.clone()).or_default();
        delegation.pending += call.sent;
        (delegation.turn, delegation.height) = (turn, call.height);
        node.note_peak();
        self.account(call.sender).sent += call.sent;
        Ok(Due::default())
    }

    pub(super) fn undelegate(&mut self, call: &Call<'_>, id: NodeId) -> Result<Due, Refusal> {
        let (turn, interval) = (self.turn(), self.interval);
        self.ensure_free(call.sender, id)?;
        let node = self.nodes.get_mut(&id).unwrap();
        let delegation = &node.delegations[call.sender];
        if delegation.height == call.height && (delegation.pending == 0 || delegation.turn < turn) {
            return Err("StakeLocked");
        }
        node.fold(turn, interval);
        let all = node.delegations.remove(call.sender).unwrap().all();
        let due = Due::about(&all, node.tolerance());
        self.forget_if_gone(id);
        self.pay(call, 1);
        Ok(due)
    }

    pub(super) fn cancel_delegation(&mut self, call: &Call<'_>, id: NodeId) -> Result<Due, Refusal> {
        let turn = self.turn();
        let found = self.nodes.get(&id).and_then(|node| node.delegations.get(call.sender));
        let delegation = found.ok_or("NoDelegation")?;
        if delegation.pending == 0 || delegation.turn < turn {
            return Err("NothingPending");
        }
        self.ensure_free(call.sender, id)?;
        let node = self.nodes.get_mut(&id).unwrap();
        let delegation = node.delegations.get_mut(call.sender).unwrap();
        let due = Due::exactly(std::mem::take(&mut delegation.pending));
        if delegation.base == Sum::default() {
            node.delegations.remove(call.sender);
        }
        self.forget_if_gone(id);
        self.pay(call, 0);
        Ok(due)
    }

    /// Rewards of several delegations, and of the sender's own node: all or nothing, each rounded down for itself.
    pub(super) fn withdraw(
        &mut self,
        call: &Call<'_>,
        ids: &[NodeId],
        operator: bool,
        paid: u128,
    ) -> Result<Due, Refusal> {
        if (1..ids.len()).any(|place| ids[..place].contains(&ids[place])) {
            return Err("Duplicate");
        }
        let (turn, interval) = (self.turn(), self.interval);
        let mut due = Due::default();
        let own = if operator {
            self.stakes_may_change()?;
            let id = self.node_of(call.sender).ok_or("NoMixnode")?;
            let node = &self.nodes[&id];
            due = due.and(Due::about(&Self::earned_by_operator(node), node.tolerance()));
            Some(id)
        } else {
            None
        };
        for id in ids {
            self.ensure_free(call.sender, *id)?;
            let node = self.nodes.get_mut(id).unwrap();
            node.fold(turn, interval);
            due = due.and(Due::about(&node.delegations[call.sender].earned(), node.tolerance()));
        }

        // Where rounding decides whether there is a whole unit, the contract has decided.
        let more_than_least = paid > due.least;
        let mut rounded = 0;
        if let Some(id) = own {
            let node = self.nodes.get_mut(&id).unwrap();
            if is_paid(Self::earned_by_operator(node).atomics(), node.tolerance(), more_than_least) {
                node.operator = Sum::units(node.pledge);
                rounded += 1;
            }
        }
        for id in ids {
            let node = self.nodes.get_mut(id).unwrap();
            let tolerance = node.tolerance();
            let delegation = node.delegations.get_mut(call.sender).unwrap();
            if is_paid(delegation.earned().atomics(), tolerance, more_than_least) {
                delegation.worth = delegation.base.clone();
                rounded += 1;
            }
        }
        self.pay(call, rounded);
        Ok(due)
    }

    fn earned_by_operator(node: &Node) -> Sum {
        let mut earned = node.operator.clone();
        earned -= &Sum::units(node.pledge);
        earned
    }

    /// Checks that there is such a delegation and that it may be touched now: that of a node that has left always may.
    fn ensure_free(&self, delegator: &Addr, id: NodeId) -> Result<(), Refusal> {
        let node = self.nodes.get(&id).filter(|node| node.delegations.contains_key(delegator));
        if node.ok_or("NoDelegation")?.bonded {
            self.stakes_may_change()?;
        }
        Ok(())
    }

    fn forget_if_gone(&mut self, id: NodeId) {
        if self.nodes.get(&id).is_some_and(|node| !node.bonded && node.delegations.is_empty()) {
            self.nodes.remove(&id);
        }
    }

    /// Notes that a payment was due of which so many parts were rounded down.
    fn pay(&mut self, call: &Call<'_>, rounded: u128) {
        self.account(call.sender).payouts += rounded;
    }
}
