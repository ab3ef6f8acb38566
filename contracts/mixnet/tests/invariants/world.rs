//! The network and its model, side by side: each message goes to both, and what they make of it is compared.

use std::collections::BTreeMap;

use cosmwasm_std::{coins, Addr};
use nym_contract_types::mixnet::{
    CandidatesResponse, EpochState, ExecuteMsg, NodeDelegationResponse, PendingRewardResponse, QueryMsg,
};
use nym_contract_types::NodeId;
use nym_mixnet_contract::epochs::clock::EPOCH;
use nym_mixnet_contract::epochs::state::RewardedSet;
use nym_mixnet_contract::mixnodes::state::{NodeStake, PendingStake, LEFT_STAKES, PARKED, STAKES};
use nym_mixnet_contract::rewards::state::POOL_CHANGE;
use nym_mixnet_contract::state::REWARDING;
use nym_mixnet_contract::ContractError;

use super::exact::{Exact, Sum};
use super::ledger::ATOMICS;
use super::model::{Call, Model, Ranges};
use super::{delegator, message, operator, Step};
use crate::suite::{records_of, Group, Suite, DENOM};

pub struct World {
    pub net: Suite,
    pub model: Model,
    /// Records of nodes as they were before they were damaged.
    pub damaged: BTreeMap<NodeId, NodeStake>,
    /// Who signs seeds, if that is not the hash chain.
    groups: Vec<Group>,
}

/// Name of an error, as its type has it.
fn name_of(error: &ContractError) -> String {
    format!("{error:?}").chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

/// How a node's record is damaged: out of range as no message could make it, or no record at all.
fn damage(net: &mut Suite, id: NodeId, kind: u8) -> NodeStake {
    let before = STAKES.load(&net.store, id).unwrap();
    let mut stake = before.clone();
    match kind {
        0 => (stake.operator, stake.delegates) = (u128::MAX, u128::MAX),
        1 => stake.pending = Some(PendingStake { turn: 0, delegated: u128::MAX, delegations: 0, pledged: 0 }),
        _ => {
            let key = [b"\0\x03mnr".as_slice(), &id.to_be_bytes()].concat();
            assert!(net.store.records_mut().insert(key, vec![255; 40]).is_some());
            return before;
        }
    }
    STAKES.save(&mut net.store, id, &stake);
    before
}

impl World {
    pub fn new(key_period: u32) -> Self {
        let mut told = None;
        let net = super::network_told(key_period, |msg| told = Some(msg.clone()));
        let model = Model::new(&told.unwrap(), net.owner(), net.env.block.time.seconds());
        Self::under_way(net, model, Vec::new())
    }

    /// A network with a past, and the model that knows it.
    pub fn under_way(net: Suite, model: Model, groups: Vec<Group>) -> Self {
        Self { net, model, damaged: BTreeMap::new(), groups }
    }

    /// Sends a message to both. Returns whether it was accepted, by both: what is refused is refused for the same reason, and what is paid
    /// is what the model says, to the sender and to nobody else.
    pub fn send(&mut self, sender: &Addr, msg: ExecuteMsg, sent: u128) -> bool {
        let funds = if sent > 0 { coins(sent, DENOM) } else { Vec::new() };
        let (had, held) = (self.net.received(sender), self.net.held());
        let (time, height) = (self.net.env.block.time.seconds(), self.net.env.block.height);

        let result = self.net.execute(sender, msg.clone(), &funds);

        let paid = self.net.received(sender) - had;
        let expected = self.model.execute(&Call { sender, msg: &msg, sent, time, height }, paid);
        let name = msg.name();
        match (&result, expected) {
            (Ok(_), Ok(due)) => {
                assert!(due.least <= paid && paid <= due.most, "{name} paid {paid}, the model {due:?}");
                assert_eq!(self.net.held() + paid, held + sent, "{name} paid somebody else");
                self.model.note_payment(sender, paid);
            }
            (Err(error), Err(expected)) => assert_eq!(name_of(error), expected, "{name}: {error}"),
            (Err(error), Ok(_)) => panic!("{name} was refused: {error}"),
            (Ok(_), Err(expected)) => panic!("{name} was accepted instead of {expected}"),
        }
        if self.model.drawn {
            self.compare_candidates();
            self.model.show_set(RewardedSet::load(&self.net.store, self.model.epoch).unwrap());
        }
        result.is_ok()
    }

    /// I7: whoever could be drawn is whom the model says, with that weight.
    fn compare_candidates(&self) {
        let reply: CandidatesResponse = self.net.query(QueryMsg::GetCandidates { limit: None, start_after: None });
        assert_eq!(reply.epoch, self.model.epoch);
        let all = reply.candidates.iter().map(|candidate| (candidate.node_id, candidate.weight.u64()));
        // Those without weight are listed and never drawn.
        let drawable: BTreeMap<NodeId, u64> = all.filter(|(_, weight)| *weight > 0).collect();
        let expected = &self.model.candidates;
        assert!(drawable.keys().eq(expected.keys()), "candidates {drawable:?}, by the model {expected:?}");
        for ((id, weight), expected) in drawable.iter().zip(expected.values()) {
            assert!(expected.contains(weight), "candidate {id} weighs {weight}, by the model {expected:?}");
        }
    }

    /// Takes one step. Returns whether it was accepted.
    pub fn take(&mut self, step: &Step) -> bool {
        if matches!(step, Step::Advance(_)) {
            self.bring_seed();
        }
        match step {
            Step::EndEpoch => {
                self.net.end_epoch();
                true
            }
            Step::Block => {
                self.net.next_block();
                true
            }
            Step::Turn(scores) => {
                if self.net.status().state == EpochState::InProgress {
                    self.net.end_epoch();
                    for monitor in 0..3 {
                        self.take(&Step::Report(monitor, scores.clone()));
                    }
                    assert!(self.take(&Step::Begin));
                }
                // The last step is watched like any other; here it need not be the last of the transition.
                self.take(&Step::Advance(3))
            }
            Step::Poison(place, kind) => {
                self.poison(*place, *kind);
                false
            }
            Step::Heal => {
                self.heal();
                false
            }
            // Those who staked on a damaged node wait; what they get meanwhile is what `parking.rs` is about.
            _ if self.concerns(step).iter().any(|id| self.model.waits(*id)) => false,
            Step::Undelegate(d, n) => self.undelegate(*d, *n),
            _ => {
                let (sender, msg, sent) = message(&self.net, step).expect("all other steps are messages");
                self.send(&sender, msg, sent)
            }
        }
    }

    /// Brings the seed if the network asks for one.
    fn bring_seed(&mut self) {
        let asked = self.net.beacon();
        if !asked.open || asked.seed.is_some() {
            return;
        }
        let group = self.groups.iter().find(|group| asked.key == Some(group.key(&self.net)));
        let signature = group.expect("the secrets of a group in force are known").seed(&self.net);
        let anyone = self.net.account("anyone");
        assert!(self.send(&anyone, ExecuteMsg::SubmitSeed { epoch: asked.epoch, signature }, 0));
    }

    /// The nodes that a step touches.
    fn concerns(&self, step: &Step) -> Vec<NodeId> {
        match step {
            Step::Unbond(o)
            | Step::PledgeMore(o, _)
            | Step::CancelPledge(o)
            | Step::DecreasePledge(o, _)
            | Step::Costs(o, ..)
            | Step::WithdrawOperator(o)
            | Step::Keys(o, _) => self.model.node_of(&operator(&self.net, *o)).into_iter().collect(),
            Step::Delegate(_, n, _)
            | Step::Undelegate(_, n)
            | Step::CancelDelegation(_, n)
            | Step::WithdrawDelegator(_, n) => vec![*n],
            Step::WithdrawMany(_, ids) => ids.clone(),
            _ => Vec::new(),
        }
    }

    /// I4: what comes back is the whole delegation with its reward, rounded down, as the query said.
    fn undelegate(&mut self, d: u32, n: NodeId) -> bool {
        let sender = delegator(&self.net, d);
        let msg = QueryMsg::GetPendingDelegatorReward { address: sender.to_string(), mix_id: n };
        let pending: PendingRewardResponse = self.net.query(msg);
        let shown: NodeDelegationResponse =
            self.net.query(QueryMsg::GetDelegationDetails { mix_id: n, delegator: sender.to_string() });
        let before = self.net.received(&sender);
        if !self.send(&sender, ExecuteMsg::UndelegateFromMixnode { mix_id: n }, 0) {
            return false;
        }
        let paid = self.net.received(&sender) - before;
        let shown = shown.delegation.unwrap();
        let least = shown.amount.amount.to_string().parse::<u128>().unwrap()
            + pending.amount_earned.unwrap().amount.to_string().parse::<u128>().unwrap();
        // Two parts that were rounded down alone may make one unit more together.
        assert!(paid == least || paid == least + 1, "{paid} instead of {least}");
        true
    }

    fn poison(&mut self, place: usize, kind: u8) {
        let bonded = self.model.nodes.iter().filter(|(id, node)| node.bonded && !self.model.waits(**id));
        let ids: Vec<NodeId> = bonded.map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[place % ids.len()];
        let before = damage(&mut self.net, id, kind);
        self.damaged.insert(id, before);
        self.model.damaged.insert(id);
    }

    /// Puts the records back. A node that was parked stays so until the next transition takes it in again.
    pub fn heal(&mut self) {
        for (id, before) in std::mem::take(&mut self.damaged) {
            let parked = PARKED.has(&self.net.store, id);
            STAKES.save(&mut self.net.store, id, &NodeStake { parked, ..before });
            self.model.damaged.remove(&id);
        }
    }

    /// To the next epoch, from wherever it is.
    pub fn drive(&mut self) {
        let epoch = self.model.epoch;
        if self.net.status().state == EpochState::InProgress {
            self.net.end_epoch();
            self.net.advance_seconds(300);
            assert!(self.take(&Step::Begin));
        }
        while self.model.epoch == epoch {
            assert!(self.take(&Step::Advance(4)));
        }
    }

    /// Stakes of bonded nodes; those of damaged ones as they were before.
    pub fn stakes(&self) -> BTreeMap<NodeId, NodeStake> {
        let records = STAKES.page_each(&self.net.store, None, usize::MAX).unwrap();
        let whole = |id: NodeId, record: Result<NodeStake, ContractError>| match self.damaged.get(&id) {
            Some(before) => before.clone(),
            None => record.unwrap(),
        };
        records.into_iter().map(|(id, record)| (id, whole(id, record))).collect()
    }

    /// Stakes of nodes that have left.
    pub fn left_stakes(&self) -> BTreeMap<NodeId, NodeStake> {
        records_of(&self.net.store, &LEFT_STAKES).into_iter().collect()
    }

    /// Compares the contract's records with the model: clock, money and every stake. `worths` is what each delegation is worth by the records,
    /// with its pending part, in 10^-18.
    pub fn compare(&self, worths: &BTreeMap<(NodeId, Addr), u128>) {
        self.compare_clock();
        self.compare_pool();
        let (bonded, left) = (self.stakes(), self.left_stakes());
        let stored: BTreeMap<NodeId, (&NodeStake, bool)> = bonded
            .iter()
            .map(|(id, stake)| (*id, (stake, true)))
            .chain(left.iter().map(|(id, stake)| (*id, (stake, false))))
            .collect();
        let known: Vec<NodeId> = self.model.nodes.keys().copied().collect();
        assert_eq!(stored.keys().copied().collect::<Vec<_>>(), known);
        let mut delegations = 0;
        for ((id, (stake, is_bonded)), node) in stored.into_iter().zip(self.model.nodes.values()) {
            let tolerance = node.tolerance();
            let close = |stored: u128, exact: u128| stored.abs_diff(exact) <= tolerance;
            let (pledged, delegated) =
                stake.pending.as_ref().map_or((0, 0), |pending| (pending.pledged, pending.delegated));
            assert_eq!(is_bonded, node.bonded, "node {id}");
            assert_eq!(stake.pledge + pledged, node.pledge + node.pending, "pledge of node {id}");
            assert_eq!(stake.delegations as usize, node.delegations.len(), "delegations of node {id}");
            assert_eq!(stake.last_rewarded, node.last_rewarded, "last reward of node {id}");
            assert_eq!(PARKED.has(&self.net.store, id), node.parked, "whether node {id} is parked");
            let (stored, exact) = (stake.operator + pledged * ATOMICS, node.of_operator().atomics());
            assert!(close(stored, exact), "operator of node {id}: {stored}, exactly {exact}");
            let (stored, exact) = (stake.delegates + delegated * ATOMICS, node.of_delegators().atomics());
            assert!(close(stored, exact), "delegators of node {id}: {stored}, exactly {exact}");
            for (who, delegation) in &node.delegations {
                let (stored, exact) = (worths[&(id, who.clone())], delegation.all().atomics());
                assert!(close(stored, exact), "delegation of {who} to node {id}: {stored}, exactly {exact}");
                delegations += 1;
            }
        }
        assert_eq!(worths.len(), delegations);
        self.nobody_has_more_than_is_theirs();
    }

    fn compare_clock(&self) {
        let (model, stored) = (&self.model, EPOCH.load(&self.net.store).unwrap());
        assert_eq!(
            (stored.id, stored.phase, stored.interval, stored.interval_start, stored.starts_at, stored.length),
            (model.epoch, model.phase, model.interval, model.interval_start, model.starts_at, model.length)
        );
    }

    /// I12: the pool loses what was paid and gains what was given, at an interval's end; what follows from it is as the formula says.
    fn compare_pool(&self) {
        let (model, rules) = (&self.model, &self.model.rules);
        let params = REWARDING.load(&self.net.store).unwrap();
        let change = POOL_CHANGE.may_load(&self.net.store).unwrap().unwrap_or_default();
        let close = |what, stored: u128, exact: u128| {
            let tolerance = ATOMICS / 1_000_000 + exact / 100_000_000_000_000;
            assert!(stored.abs_diff(exact) <= tolerance, "{what}: {stored}, exactly {exact}");
        };
        let interval = &params.interval;
        let ranges = Ranges::of(interval.profit_margin.as_ref(), interval.interval_operating_cost.as_ref());
        assert_eq!(ranges, rules.ranges);
        assert_eq!((params.rewarded_set_size, params.active_set_size), (rules.rewarded_size, rules.active_size));
        assert_eq!(change.added, model.added);
        let (pool, supply) = (model.pool.atomics(), model.supply.atomics());
        close("paid in the interval", change.removed, model.paid.atomics());
        close("pool", interval.reward_pool.atomics().u128(), pool);
        close("supply", interval.staking_supply.atomics().u128(), supply);
        let saturation = supply / u128::from(rules.rewarded_size);
        close("saturation", interval.stake_saturation_point.atomics().u128(), saturation);
        let budget = model.pool.exact() * Exact::atomics(rules.emission) / Exact::whole(rules.epochs_in_interval);
        close("budget", interval.epoch_reward_budget.atomics().u128(), Sum::of(&budget).atomics());
    }

    /// I13: no account has received more than it sent and earned by the model.
    fn nobody_has_more_than_is_theirs(&self) {
        for (who, account) in &self.model.accounts {
            let (entitled, slack) = account.entitled();
            let received = account.received * ATOMICS;
            assert!(received <= entitled + slack, "{who} received {received} of {entitled}");
        }
    }

    /// I13 when everyone has left: each account has what it sent and earned, but for less than a unit for each amount that was rounded down.
    pub fn everyone_has_what_is_theirs(&self) {
        assert!(self.model.nodes.is_empty(), "{:?} are left", self.model.nodes.keys());
        self.nobody_has_more_than_is_theirs();
        for (who, account) in &self.model.accounts {
            let (entitled, slack) = account.entitled();
            let received = (account.received + account.payouts) * ATOMICS;
            assert!(received + slack >= entitled, "{who} received {received} of {entitled}");
        }
    }
}
