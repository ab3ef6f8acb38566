//! The invariants themselves, from the contract's records.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Uint256};
use nym_contract_types::mixnet::{
    ContractState, LayerDistributionResponse, PoolChangeResponse, QueryMsg, RewardingParams, SolvencyResponse,
};
use nym_contract_types::NodeId;
use nym_mixnet_contract::delegations::state::{StoredDelegation, BY_OWNER, DELEGATIONS};
use nym_mixnet_contract::epochs::clock::{Epoch, Outcome, Phase, EPOCH};
use nym_mixnet_contract::epochs::state::{RewardedSet, PAGE_NODES, SCORES};
use nym_mixnet_contract::gateways::state::{Bond as GatewayBond, GATEWAYS};
use nym_mixnet_contract::mixnodes::state::{Clock, NodeStake, BONDS, LEFT_STAKES, SCALE, STAKES, UNIT_REWARDS};
use nym_mixnet_contract::packed::Reader;
use nym_mixnet_contract::rewards::state::POOL_CHANGE;
use nym_mixnet_contract::rotation::state::KEYS;
use nym_mixnet_contract::state::{account_key, Bonded, Holder, ACCOUNTS, CORE, IDENTITIES, OLD_ACCOUNTS};

use super::exact::{reward, Exact, Inputs};
use super::model::Ranges;
use super::world::World;
use crate::suite::{records_of, Suite};

/// What was before a step.
pub struct Watch {
    payouts: u128,
    operations: u128,
    stakes: BTreeMap<NodeId, NodeStake>,
    epoch: Epoch,
    held: u128,
    params: RewardingParams,
    state: ContractState,
    paid_in_epoch: u128,
    pool: Uint256,
}

/// What the pool holds, with what the interval has paid and was given, in 10^-18.
fn pool(net: &Suite) -> Uint256 {
    let params: RewardingParams = net.query(QueryMsg::GetRewardingParams {});
    let change: PoolChangeResponse = net.query(QueryMsg::GetPoolChange {});
    let added = Uint256::from(change.added.u128()) * Uint256::from(SCALE);
    Uint256::from(params.interval.reward_pool.atomics()) + added - Uint256::from(change.removed.atomics())
}

fn delegations(net: &Suite) -> Vec<((NodeId, Addr), StoredDelegation)> {
    records_of(&net.store, &DELEGATIONS)
}

/// What accounts have bonded, those that have bonded something.
fn bonded(net: &Suite) -> BTreeMap<Addr, Bonded> {
    let accounts = records_of(&net.store, &ACCOUNTS);
    let owner = |key: Vec<u8>| Reader(&key).address().unwrap();
    let signed = accounts.into_iter().filter_map(|(key, account)| Some((owner(key), account.bonded?)));
    let before = records_of(&net.store, &OLD_ACCOUNTS);
    for (owner, _) in &before {
        assert!(!ACCOUNTS.has(&net.store, &account_key(owner)), "{owner} is in two places");
    }
    signed.chain(before).collect()
}

fn epoch(net: &Suite) -> Epoch {
    EPOCH.load(&net.store).unwrap()
}

impl Watch {
    pub fn new(world: &World) -> Self {
        let net = &world.net;
        Self {
            payouts: 0,
            operations: 0,
            stakes: world.stakes(),
            epoch: epoch(net),
            held: net.held(),
            params: net.query(QueryMsg::GetRewardingParams {}),
            state: net.query(QueryMsg::GetState {}),
            paid_in_epoch: 0,
            pool: pool(net),
        }
    }

    /// Of a network with a past: so many messages, of which so many paid something, and rewards of the epoch so far in 10^-18.
    pub fn under_way(world: &World, operations: u128, payouts: u128, paid_in_epoch: u128) -> Self {
        Self { operations, payouts, paid_in_epoch, ..Self::new(world) }
    }

    pub fn before(&mut self, world: &World) {
        let net = &world.net;
        self.stakes = world.stakes();
        self.epoch = epoch(net);
        self.held = net.held();
        self.params = net.query(QueryMsg::GetRewardingParams {});
        self.state = net.query(QueryMsg::GetState {});
        self.pool = pool(net);
    }

    /// After a step that gave so much to the pool.
    pub fn after(&mut self, world: &World, accepted: bool, funded: u128) {
        let net = &world.net;
        self.operations += 1;
        if net.held() < self.held {
            // Withdrawals in a batch round each part; five is the most of one step here.
            self.payouts += 5;
        }
        self.i1_solvency(world);
        let worths = self.i2_delegations(world);
        self.i3_rewards_are_the_models(world, accepted);
        self.i5_phases(world);
        self.i6_uniqueness(world);
        self.i7_sets(net);
        self.i11_keys(world);
        // I12: the pool grows by what is given to it and by nothing else.
        let given = Uint256::from(funded) * Uint256::from(SCALE);
        assert!(pool(net) <= self.pool + given, "the pool grew from {} by more than {given}", self.pool);
        world.compare(&worths);
    }

    /// I1: what is held is stakes, pool and pledges of gateways, and at most a unit of dust for each payout.
    fn i1_solvency(&self, world: &World) {
        let net = &world.net;
        let mut owed = Uint256::zero();
        let atomics = |units: u128| Uint256::from(units) * Uint256::from(SCALE);
        for stake in world.stakes().values().chain(world.left_stakes().values()) {
            owed += Uint256::from(stake.operator) + Uint256::from(stake.delegates);
            if let Some(pending) = &stake.pending {
                owed += atomics(pending.delegated) + atomics(pending.pledged);
            }
        }
        for (_, bond) in records_of(&net.store, &GATEWAYS) {
            owed += atomics(bond.pledge);
        }
        let booked = CORE.load(&net.store).unwrap().owed;
        assert_eq!(Uint256::from(booked), owed, "the sum that is kept is the sum of all");
        let solvency: SolvencyResponse = net.query(QueryMsg::GetSolvency {});
        assert!(solvency.solvent);
        owed += pool(net);

        let held = atomics(net.held());
        assert!(held >= owed, "held {held}, owed {owed}");
        let dust = held - owed;
        // Rounding dust of the last delegation of a node that left stays too, far below a unit a step.
        let allowed = atomics(self.payouts) + Uint256::from(self.operations * 1_000_000_000_000);
        assert!(dust <= allowed, "dust {dust} after {} payouts", self.payouts);
    }

    /// I2: a node holds what its delegations are worth, and counts them rightly. Returns what each is worth, with its pending part.
    fn i2_delegations(&self, world: &World) -> BTreeMap<(NodeId, Addr), u128> {
        let net = &world.net;
        let clock = epoch(net).clock();
        let (bonded, left) = (world.stakes(), world.left_stakes());
        let node = |id: NodeId| bonded.get(&id).or_else(|| left.get(&id)).expect("a delegation's node is there");
        let mut worths = BTreeMap::new();
        let mut worth: BTreeMap<NodeId, (u128, u32, u128, u32)> = BTreeMap::new();
        let mut users: BTreeMap<(NodeId, u32), u32> = BTreeMap::new();
        let all = delegations(net);
        for ((id, owner), delegation) in &all {
            assert!(BY_OWNER.has(&net.store, (owner, *id)));
            let raw = node(*id);
            let mut stake = raw.clone();
            stake.count_earlier(clock).unwrap();
            let mut delegation = delegation.clone();
            if delegation.has_begun(clock.turn)
                && raw.pending.as_ref().is_none_or(|p| p.turn != delegation.pending_turn)
            {
                *users.entry((*id, delegation.pending_turn)).or_default() += 1;
            }
            delegation.count_earlier(&net.store, *id, clock.turn, &stake).unwrap();
            let entry = worth.entry(*id).or_default();
            let value = delegation.value_at(stake.unit_reward).unwrap();
            worths.insert((*id, owner.clone()), value + delegation.pending * SCALE);
            entry.0 += value;
            entry.1 += 1;
            entry.2 += delegation.pending;
            entry.3 += u32::from(delegation.pending > 0);
        }
        assert_eq!(records_of(&net.store, &BY_OWNER).len(), all.len());

        for (id, mut stake) in bonded.into_iter().chain(left) {
            stake.count_earlier(clock).unwrap();
            let (value, count, pending, pending_count) = worth.remove(&id).unwrap_or_default();
            assert_eq!(stake.delegations, count, "delegations of node {id}");
            let stored = stake.pending.as_ref().map_or((0, 0), |pending| (pending.delegated, pending.delegations));
            assert_eq!(stored, (pending, pending_count), "pending delegations of node {id}");
            assert!(stake.delegates >= value, "node {id} holds {} for {value}", stake.delegates);
            let dust = stake.delegates - value;
            assert!(dust <= self.operations * 1_000_000_000_000, "dust of node {id}: {dust}");
        }
        assert!(worth.is_empty(), "delegations to nodes that are not there");

        let mut stored: BTreeMap<_, _> =
            records_of(&net.store, &UNIT_REWARDS).into_iter().map(|(key, reward)| (key, reward.users)).collect();
        for (id, stake) in world.stakes().into_iter().chain(world.left_stakes()) {
            for (turn, reward) in stake.begun {
                let twice = stored.insert((id, turn), reward.users);
                assert_eq!(twice, None, "a past unit reward is kept in one place");
            }
        }
        assert_eq!(stored, users, "past unit rewards are kept while somebody needs them");
        worths
    }

    /// I3: each node of the rewarded set is paid once, what the model says; nobody else is; the budget is kept.
    fn i3_rewards_are_the_models(&mut self, world: &World, accepted: bool) {
        let net = &world.net;
        let after = epoch(net);
        let settled = self.epoch.phase == Phase::Settling || self.epoch.phase == Phase::Running;
        let mut paid = 0u128;
        if accepted && settled && after.begun_at > 0 || after.id > self.epoch.id {
            let set = RewardedSet::load(&net.store, self.epoch.id).unwrap();
            for (id, now) in world.stakes() {
                let Some(before) = self.stakes.get(&id) else { continue };
                if now.last_rewarded != self.epoch.id || before.last_rewarded == self.epoch.id || self.epoch.id == 0 {
                    continue;
                }
                paid += self.check_reward(net, &set, id, before.clone(), &now);
            }
        }
        self.paid_in_epoch += paid;
        // Only while it pays: the end of an interval changes the budget of the epochs after it.
        if paid > 0 {
            let budget = self.params.interval.epoch_reward_budget.atomics().u128();
            assert!(self.paid_in_epoch <= budget, "{} of {budget}", self.paid_in_epoch);
        }
        if after.id > self.epoch.id {
            self.paid_in_epoch = 0;
            self.i3_all_were_paid(world);
        }
    }

    /// The other half of I3: whoever was in the set of the epoch that is over, and performed at all, was paid for it.
    fn i3_all_were_paid(&self, world: &World) {
        let (net, now) = (&world.net, world.stakes());
        let set = RewardedSet::load(&net.store, self.epoch.id).unwrap();
        for seat in &set.seats {
            // Whoever left while the set was drawn has taken the reward along; whose record is damaged is passed over.
            let Some(stake) = now.get(&seat.node).filter(|stake| !stake.parked) else { continue };
            if world.damaged.contains_key(&seat.node) {
                continue;
            }
            let page = SCORES.may_load(&net.store, seat.node / PAGE_NODES).unwrap();
            let score = page.map(|page| page.0[(seat.node % PAGE_NODES) as usize]).unwrap_or_default();
            let known = score.serving(self.epoch.id, self.state.epochs.stale_epochs);
            if known.is_some_and(|points| points > 0) {
                assert_eq!(stake.last_rewarded, self.epoch.id, "node {} was not paid", seat.node);
            }
        }
    }

    fn check_reward(&self, net: &Suite, set: &RewardedSet, id: NodeId, mut before: NodeStake, now: &NodeStake) -> u128 {
        let seat = set.get(id).unwrap_or_else(|| panic!("node {id} was paid outside the set"));
        let interval = self.epoch.interval;
        before.count_earlier(Clock { turn: self.epoch.id, interval }).unwrap();
        let page = SCORES.may_load(&net.store, id / PAGE_NODES).unwrap().unwrap();
        let score = page.0[(id % PAGE_NODES) as usize];
        let points = score.serving(self.epoch.id, self.state.epochs.stale_epochs).unwrap();
        let model = &self.params.interval;
        let ranges = Ranges::of(model.profit_margin.as_ref(), model.interval_operating_cost.as_ref());
        let (margin, cost) = ranges.paid((u128::from(before.profit_margin), before.operating_cost));
        let (operator, delegates) = reward(Inputs {
            pool: Exact::atomics(model.reward_pool.atomics().u128()),
            supply: Exact::atomics(model.staking_supply.atomics().u128()),
            emission: Exact::atomics(model.interval_pool_emission.atomics().u128()),
            alpha: Exact::atomics(model.sybil_resistance.atomics().u128()),
            factor: Exact::atomics(model.active_set_work_factor.atomics().u128()),
            epochs: self.state.epochs.epochs_in_interval,
            rewarded: set.rewarded_size,
            active_seats: set.active_size,
            saturation_size: self.params.rewarded_set_size,
            operator: Exact::atomics(before.operator),
            delegates: Exact::atomics(before.delegates),
            margin: Exact::atomics(margin),
            cost: Exact::whole(cost),
            performance: Exact::ratio(points, 10_000u32),
            active: seat.layer().is_some(),
        });
        // What was added in the epoch counts only now.
        let mut unpaid = before.clone();
        unpaid.count_earlier(Clock { turn: self.epoch.id + 1, interval }).unwrap();
        let got = (now.operator - unpaid.operator, now.delegates - unpaid.delegates);
        let close = |got: u128, exact: &Exact| Exact::atomics(got).is_close(exact);
        assert!(
            close(got.0, &operator) && close(got.1, &delegates),
            "node {id}: {got:?}, exactly {operator:?} {delegates:?}"
        );
        let all = Exact::atomics(got.0 + got.1);
        assert!(!(operator + delegates).less(&all), "node {id} was paid more than it earned");
        got.0 + got.1
    }

    /// I5: phases follow each other, and stakes do not move by messages while nodes are gone through.
    fn i5_phases(&self, world: &World) {
        let net = &world.net;
        let after = epoch(net);
        let order = |epoch: &Epoch| {
            let phase = match epoch.phase {
                Phase::Running => 0,
                Phase::Settling => 1,
                Phase::Drawing => 2,
            };
            3 * epoch.id + phase
        };
        let (from, to) = (order(&self.epoch), order(&after));
        assert!(to >= from && to <= from + 3, "{:?} to {after:?}", self.epoch);
        assert!(after.id <= self.epoch.id + 1);
        if after.id > self.epoch.id {
            assert_eq!(after.starts_at, self.epoch.ends_at());
            assert_eq!((after.height, after.previous_height), (net.env.block.height, self.epoch.height));
        }
        if self.epoch.phase == Phase::Settling && after == self.epoch {
            let mut now = world.stakes();
            // Whoever bonds meanwhile waits for the next lottery.
            now.retain(|id, _| *id <= after.final_node);
            let mut before = self.stakes.clone();
            before.retain(|id, _| *id <= after.final_node);
            // A record that was put back says that its node is parked.
            now.values_mut().chain(before.values_mut()).for_each(|stake| stake.parked = false);
            assert_eq!(now, before);
        }
    }

    /// I6: one bond to an owner, one owner to an identity, and the records of a node belong together.
    fn i6_uniqueness(&self, world: &World) {
        let net = &world.net;
        let bonds = records_of(&net.store, &BONDS);
        let gateways: Vec<_> = records_of(&net.store, &GATEWAYS).into_iter().map(|(_, bond)| bond).collect();
        let mut owners: Vec<_> = bonds.iter().map(|(_, bond)| bond.owner.clone()).collect();
        owners.extend(gateways.iter().map(|bond| bond.owner.clone()));
        let mut identities: Vec<_> = bonds.iter().map(|(_, bond)| bond.node.identity).collect();
        identities.extend(gateways.iter().map(|bond| bond.node.identity));
        let count = owners.len();
        identities.sort();
        identities.dedup();
        assert_eq!(identities.len(), count);
        owners.sort();
        owners.dedup();
        assert_eq!(owners.len(), count);
        let known = bonded(net);
        assert_eq!(known.len(), count);
        // Those of gateways that bonded with 0.1.0 are not recorded.
        let bonded_before = |bond: &GatewayBond| OLD_ACCOUNTS.has(&net.store, &bond.owner);
        let unrecorded = gateways.iter().filter(|bond| bonded_before(bond)).count();
        assert_eq!(records_of(&net.store, &IDENTITIES).len(), count - unrecorded);
        for (id, bond) in &bonds {
            assert_eq!(known.get(&bond.owner), Some(&Bonded::Mixnode(*id)));
            let holder = IDENTITIES.load(&net.store, &bond.node.identity).unwrap();
            assert_eq!(holder, Holder::Mixnode(*id));
        }
        for bond in &gateways {
            assert_eq!(known.get(&bond.owner), Some(&Bonded::Gateway(bond.node.identity)));
            let holder = IDENTITIES.may_load(&net.store, &bond.node.identity).unwrap();
            assert_eq!(holder, (!bonded_before(bond)).then_some(Holder::Gateway));
        }
        let ids: Vec<_> = bonds.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, world.stakes().into_keys().collect::<Vec<_>>());
    }

    /// I7: a drawn set names no node twice, keeps its sizes, leaves no layer empty, and layers are counted as they are. That it has all
    /// the candidates for whom there are seats is in [`super::model::Model::show_set`].
    fn i7_sets(&self, net: &Suite) {
        let set = RewardedSet::load(&net.store, epoch(net).id).unwrap();
        assert!(set.seats.windows(2).all(|pair| pair[0].node < pair[1].node));
        assert!(set.seats.len() <= set.rewarded_size as usize || set.seats.is_empty());
        let active = set.seats.iter().filter(|seat| seat.layer().is_some()).count();
        assert_eq!(active, set.seats.len().min(set.active_size as usize));
        let shown: LayerDistributionResponse = net.query(QueryMsg::GetLayerDistribution {});
        for (layer, shown) in (1..).zip([shown.layer1, shown.layer2, shown.layer3]) {
            let count = set.seats.iter().filter(|seat| seat.layer() == Some(layer)).count();
            assert_eq!(shown as usize, count, "nodes in layer {layer}");
            assert!(count > 0 || set.seats.is_empty(), "layer {layer} is empty");
            // Nodes are dealt to the layers in turn.
            assert!((active / 3..=active.div_ceil(3)).contains(&count), "{count} of {active} in layer {layer}");
        }
    }

    /// I11: a node's stakes say what its keys are, of two periods at most; whoever is drawn has those of the epoch's period.
    fn i11_keys(&self, world: &World) {
        let net = &world.net;
        let now = epoch(net);
        let params = CORE.load(&net.store).unwrap();
        let mut known = 0;
        let stakes = world.stakes();
        for (id, stake) in &stakes {
            let identity = BONDS.load(&net.store, *id).unwrap().node.identity;
            let kept = KEYS.may_load(&net.store, &identity).unwrap();
            known += usize::from(kept.is_some());
            assert_eq!(stake.keyed, kept.and_then(|kept| kept.keyed()), "node {id}");
        }
        let gateways = records_of(&net.store, &GATEWAYS).len();
        let expected = if params.key_period == 0 { 0 } else { known + gateways };
        assert_eq!(records_of(&net.store, &KEYS).len(), expected);
        if now.id > self.epoch.id && now.outcome == Outcome::Drawn {
            let period = params.period_of(now.id);
            for seat in &RewardedSet::load(&net.store, now.id).unwrap().seats {
                assert!(stakes.get(&seat.node).is_none_or(|stake| stake.has_keys_for(period)), "node {}", seat.node);
            }
        }
    }

    /// I9: when all have left, pool and dust remain, and no record of any stake.
    pub fn everyone_left(&self, world: &World) {
        let net = &world.net;
        assert!(records_of(&net.store, &STAKES).is_empty());
        assert!(records_of(&net.store, &LEFT_STAKES).is_empty());
        assert!(delegations(net).is_empty());
        assert!(records_of(&net.store, &BY_OWNER).is_empty());
        assert!(records_of(&net.store, &UNIT_REWARDS).is_empty());
        assert!(bonded(net).is_empty());
        assert!(records_of(&net.store, &IDENTITIES).is_empty());
        assert!(POOL_CHANGE.may_load(&net.store).is_ok());
        let mut last = Self { payouts: self.payouts + 1_000, ..Self::new(world) };
        last.operations = self.operations + 1_000;
        last.i1_solvency(world);
        world.everyone_has_what_is_theirs();
    }
}
