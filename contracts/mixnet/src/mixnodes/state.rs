//! Bonds and stakes of mix nodes.
//!
//! A node has two records. What it announces is read rarely. Its stakes are read and written by every reward, delegation and lottery
//! and are kept small.

use cosmwasm_std::Addr;
use nym_contract_runtime::json;
use nym_contract_types::mixnet::{MixNode, UnbondedMixnode};
use nym_contract_types::{EpochId, NodeId};

use crate::announced::{self, Announced};
use crate::packed::{json_records, Packed, PackedMap, Present, Reader, Write, FORM};
use crate::rotation::state::Keyed;
use crate::ContractError;

/// What bonded nodes announce. Written by `mixnodes::execute`. Invariant: the same ids as in [`STAKES`].
pub const BONDS: PackedMap<NodeId, Bond> = PackedMap::new("mnn");

/// Stakes of bonded nodes. Written by [`super::staked::Staked`], `mixnodes::execute`, `epochs::settle` and `rotation::execute`.
pub const STAKES: PackedMap<NodeId, NodeStake> = PackedMap::new("mnr");

/// Stakes of nodes that have left but still have delegations. Written by [`super::staked::Staked`] and `mixnodes::execute`.
pub const LEFT_STAKES: PackedMap<NodeId, NodeStake> = PackedMap::new("mnl");

/// Nodes that have left. Written by `mixnodes::execute`.
pub const UNBONDED: PackedMap<NodeId, UnbondedMixnode> = PackedMap::new("ubm");

/// Unit reward of a node when the delegations of an earlier turn began to count, while any of them still refers to it and newer ones have
/// taken its place in [`NodeStake::begun`]. Written by [`super::staked::Staked`] and `delegations::state`.
pub const UNIT_REWARDS: PackedMap<(NodeId, EpochId), UnitReward> = PackedMap::new("ur");

// Stakes are kept to 18 digits in 128 bits: up to 3.4·10^20 units of the denom, far above any supply. Products are computed in
// 256 bits, and what does not fit is refused.
pub use nym_rewarding::delegation::{SCALE, UNIT as UNIT_DELEGATION};

/// What time it is for stakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Additions made in an earlier turn count.
    pub turn: EpochId,
    /// Costs announced in an earlier interval hold.
    pub interval: u32,
}

/// What a node announces, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// Account that bonded it.
    pub owner: Addr,
    /// Height of the block that bonded it.
    pub height: u64,
    /// The node.
    pub node: Announced<3>,
}

/// The same as 0.1.0 stored it.
#[derive(json::Read)]
struct OldBond {
    owner: Addr,
    height: u64,
    node: MixNode,
}

/// Numbers of the nodes that left, by who had bonded them. Written by `mixnodes::execute`.
pub const UNBONDED_BY_OWNER: PackedMap<(&Addr, NodeId), Present> = PackedMap::new("ubo");

/// The same by identity key. Written by `mixnodes::execute`.
pub const UNBONDED_BY_IDENTITY: PackedMap<(&[u8], NodeId), Present> = PackedMap::new("ubi");

/// Nodes that the last transition passed over, and why. Written by `epochs::settle` and `mixnodes::execute`.
pub const PARKED: PackedMap<NodeId, Parked> = PackedMap::new("park");

/// Why a node is passed over.
#[derive(json::Read, json::Write)]
pub struct Parked {
    /// First epoch at whose end it was.
    pub since: EpochId,
    /// What went wrong then.
    pub reason: String,
}

json_records!(Parked => "parked node", UnbondedMixnode => "node that left");

/// Stakes on a node. Amounts are in 10^-18 of the denom's unit unless they are pledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStake {
    /// The owner's pledge, in the denom's unit, without what is pending.
    pub pledge: u128,
    /// Pledge and unclaimed rewards of the operator.
    pub operator: u128,
    /// Delegations that count, and their unclaimed rewards.
    pub delegates: u128,
    /// What the notional first delegation has earned.
    pub unit_reward: u128,
    /// Share of the profit that the operator keeps, in 10^-18.
    pub profit_margin: u64,
    /// Cost of an interval, in the denom's unit.
    pub operating_cost: u128,
    /// Number of delegations, pending ones too.
    pub delegations: u32,
    /// Turn in which it was bonded: it is a candidate once that turn is over.
    pub bonded_in: EpochId,
    /// Last epoch for which it was rewarded.
    pub last_rewarded: EpochId,
    /// Height at which the owner last pledged.
    pub pledged_at: u64,
    /// Whether its bond has a link key, without which it is no candidate where keys do not expire.
    pub has_link_key: bool,
    /// For which periods it has keys, where they do.
    pub keyed: Option<Keyed>,
    /// Whether transitions pass over it, see [`PARKED`].
    pub parked: bool,
    /// Additions that do not count yet.
    pub pending: Option<PendingStake>,
    /// Costs that do not hold yet.
    pub pending_costs: Option<PendingCosts>,
    /// Unit rewards at which delegations of the newest turns began to count, oldest first, for those that have not learned it yet.
    /// [`KEPT_TURNS`] at most when stored; those of older turns are in [`UNIT_REWARDS`].
    pub begun: Vec<(EpochId, UnitReward)>,
}

/// Turns of which unit rewards are kept with the stakes: written with them, they cost a tenth of a record of their own.
pub(super) const KEPT_TURNS: usize = 2;

/// Costs that hold when the interval in which they were announced is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCosts {
    /// That interval.
    pub interval: u32,
    /// Share of the profit that the operator keeps, in 10^-18.
    pub profit_margin: u64,
    /// Cost of an interval, in the denom's unit.
    pub operating_cost: u128,
}

/// Additions to a node's stake that count when their turn is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingStake {
    /// Turn in which they were made.
    pub turn: EpochId,
    /// Delegated, in the denom's unit.
    pub delegated: u128,
    /// Number of delegations with a pending part.
    pub delegations: u32,
    /// Pledged, in the denom's unit.
    pub pledged: u128,
}

/// A unit reward of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitReward {
    /// Its value.
    pub value: u128,
    /// Delegations that refer to it.
    pub users: u32,
}

impl NodeStake {
    /// Whether it has neither earned nor been delegated to: then its record leaves out what follows from that.
    fn is_fresh(&self) -> bool {
        let zeros = [self.delegates, self.unit_reward, u128::from(self.delegations), u128::from(self.last_rewarded)];
        zeros == [0; 4] && self.pledge.checked_mul(SCALE) == Some(self.operator)
    }

    /// Whether it has the keys to serve in a period; `None` where keys do not expire.
    pub fn has_keys_for(&self, period: Option<u32>) -> bool {
        match period {
            None => self.has_link_key,
            Some(period) => self.keyed.is_some_and(|keyed| keyed.serves(period)),
        }
    }

    /// All that counts at a time: stakes, and what is pending from an earlier turn.
    pub fn counted_in(&self, clock: Clock) -> Result<u128, ContractError> {
        let mut stake = self.clone();
        stake.count_earlier(clock)?;
        stake.operator.checked_add(stake.delegates).ok_or(ContractError::OutOfRange { what: "stake" })
    }

    /// Lets pending changes of earlier turns count.
    pub fn count_earlier(&mut self, clock: Clock) -> Result<(), ContractError> {
        if let Some(costs) = self.pending_costs.take_if(|costs| costs.interval < clock.interval) {
            self.profit_margin = costs.profit_margin;
            self.operating_cost = costs.operating_cost;
        }
        let Some(pending) = self.pending.take_if(|pending| pending.turn < clock.turn) else {
            return Ok(());
        };
        let add = |to: u128, units: u128| {
            units
                .checked_mul(SCALE)
                .and_then(|amount| to.checked_add(amount))
                .ok_or(ContractError::OutOfRange { what: "stake" })
        };
        self.delegates = add(self.delegates, pending.delegated)?;
        self.operator = add(self.operator, pending.pledged)?;
        self.pledge = self.pledge.checked_add(pending.pledged).ok_or(ContractError::OutOfRange { what: "pledge" })?;

        if pending.delegations > 0 {
            self.begun.push((pending.turn, UnitReward { value: self.unit_reward, users: pending.delegations }));
        }
        Ok(())
    }

    /// The unit reward at which delegations of a turn began to count, if it is kept here.
    pub fn begun_in(&self, turn: EpochId) -> Option<&UnitReward> {
        self.begun.iter().find(|(begun, _)| *begun == turn).map(|(_, reward)| reward)
    }

    /// Forgets one use of such a unit reward, and the reward with its last use.
    pub fn forget_begun(&mut self, turn: EpochId) {
        self.begun.retain_mut(|(begun, reward)| {
            if *begun == turn {
                reward.users = reward.users.saturating_sub(1);
            }
            reward.users > 0
        });
    }

    /// All that is owed for it: stakes and what is pending, in 10^-18.
    pub fn owed(&self) -> Result<u128, ContractError> {
        let out_of_range = || ContractError::OutOfRange { what: "stake" };
        let pending = self.pending.as_ref().map_or(Some(0), |pending| pending.delegated.checked_add(pending.pledged));
        let pending = pending.and_then(|units| units.checked_mul(SCALE)).ok_or_else(out_of_range)?;
        let stakes = self.operator.checked_add(self.delegates).ok_or_else(out_of_range)?;
        stakes.checked_add(pending).ok_or_else(out_of_range)
    }

    /// Forgets pending changes that are none any more.
    pub fn drop_empty_pending(&mut self) {
        self.pending.take_if(|pending| pending.delegated == 0 && pending.pledged == 0);
    }

    /// The pending changes of this turn, to be added to. Earlier ones have been folded.
    pub fn pending_of(&mut self, turn: EpochId) -> &mut PendingStake {
        self.pending.get_or_insert(PendingStake { turn, delegated: 0, delegations: 0, pledged: 0 })
    }
}

impl Packed for Bond {
    const NAME: &'static str = "bond of a mix node";

    fn pack(&self) -> Vec<u8> {
        let bytes = Vec::with_capacity(224).put(&[FORM | self.node.flags()]).address(&self.owner).number(self.height);
        self.node.write(bytes)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        if bytes.0.first() == Some(&b'{') {
            let old: OldBond = json::from_slice(bytes.rest()).ok()?;
            let node = announced::mix_node(&old.node, true).ok()?;
            return Some(Self { owner: old.owner, height: old.height, node });
        }
        let flags = bytes.u8()?.checked_sub(FORM).filter(|flags| *flags < 4)?;
        let (owner, height) = (bytes.address()?, bytes.number()?);
        Some(Self { owner, height, node: Announced::read(bytes, flags)? })
    }
}

impl Packed for NodeStake {
    const NAME: &'static str = "stake of a node";

    fn pack(&self) -> Vec<u8> {
        let flags = u8::from(self.has_link_key)
            | u8::from(self.pending.is_some()) << 1
            | u8::from(self.pending_costs.is_some()) << 2
            | u8::from(self.keyed.is_some()) << 3
            | u8::from(self.keyed.is_some_and(|keyed| keyed.before)) << 4
            | u8::from(self.parked) << 5
            | u8::from(self.is_fresh()) << 6;
        let mut bytes = Vec::with_capacity(128)
            .put(&[FORM | flags])
            .amount(self.pledge)
            .amount(self.profit_margin)
            .amount(self.operating_cost)
            .number(self.bonded_in)
            .number(self.pledged_at);
        if !self.is_fresh() {
            bytes = bytes
                .amount(self.operator)
                .amount(self.delegates)
                .number(self.unit_reward)
                .number(self.delegations)
                .number(self.last_rewarded);
        }
        if let Some(pending) = &self.pending {
            bytes = bytes
                .number(pending.turn)
                .amount(pending.delegated)
                .number(pending.delegations)
                .amount(pending.pledged);
        }
        if let Some(costs) = &self.pending_costs {
            bytes = bytes.number(costs.interval).amount(costs.profit_margin).amount(costs.operating_cost);
        }
        if let Some(keyed) = &self.keyed {
            bytes = bytes.number(keyed.last);
        }
        // What was earned since is the smaller number.
        self.begun.iter().fold(bytes, |bytes, (turn, reward)| {
            bytes.number(*turn).number(self.unit_reward.saturating_sub(reward.value)).number(reward.users)
        })
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        // Records of nodes that nothing has touched since 0.1.0 have no such bit, and all bytes of their numbers.
        if bytes.0.first().is_some_and(|first| *first & FORM == 0) {
            return unpack_old(bytes);
        }
        let flags = bytes.u8()?;
        if flags & 24 == 16 {
            return None;
        }
        let mut stake = Self {
            has_link_key: flags & 1 != 0,
            pledge: bytes.amount()?,
            operator: 0,
            delegates: 0,
            unit_reward: 0,
            profit_margin: bytes.amount()?,
            operating_cost: bytes.amount()?,
            delegations: 0,
            bonded_in: bytes.number()?,
            last_rewarded: 0,
            pledged_at: bytes.number()?,
            parked: flags & 32 != 0,
            pending: None,
            pending_costs: None,
            keyed: None,
            begun: Vec::new(),
        };
        let fresh = flags & 64 != 0;
        if fresh {
            stake.operator = stake.pledge.checked_mul(SCALE)?;
        } else {
            stake.operator = bytes.amount()?;
            stake.delegates = bytes.amount()?;
            stake.unit_reward = bytes.number()?;
            stake.delegations = bytes.number()?;
            stake.last_rewarded = bytes.number()?;
        }
        if flags & 2 != 0 {
            stake.pending = Some(PendingStake {
                turn: bytes.number()?,
                delegated: bytes.amount()?,
                delegations: bytes.number()?,
                pledged: bytes.amount()?,
            });
        }
        if flags & 4 != 0 {
            stake.pending_costs = Some(PendingCosts {
                interval: bytes.number()?,
                profit_margin: bytes.amount()?,
                operating_cost: bytes.amount()?,
            });
        }
        if flags & 8 != 0 {
            stake.keyed = Some(Keyed { last: bytes.number()?, before: flags & 16 != 0 });
        }
        while !bytes.is_empty() {
            let turn = bytes.number()?;
            let value = stake.unit_reward.checked_sub(bytes.number()?)?;
            stake.begun.push((turn, UnitReward { value, users: bytes.number().filter(|users| *users > 0)? }));
        }
        let in_order = stake.begun.is_sorted_by(|(turn, _), (later, _)| turn < later);
        let kept = in_order && stake.begun.len() <= KEPT_TURNS;
        (kept && stake.is_fresh() == fresh).then_some(stake)
    }
}

/// The same as 0.1.0 wrote it.
fn unpack_old(bytes: &mut Reader<'_>) -> Option<NodeStake> {
    let flags = bytes.u8().filter(|flags| *flags < 64 && *flags & 24 != 16)?;
    let mut stake = NodeStake {
        has_link_key: flags & 1 != 0,
        pledge: bytes.u128()?,
        operator: bytes.u128()?,
        delegates: bytes.u128()?,
        unit_reward: bytes.u128()?,
        profit_margin: bytes.u64()?,
        operating_cost: bytes.u128()?,
        delegations: bytes.u32()?,
        bonded_in: bytes.u32()?,
        last_rewarded: bytes.u32()?,
        pledged_at: bytes.u64()?,
        parked: flags & 32 != 0,
        pending: None,
        pending_costs: None,
        keyed: None,
        begun: Vec::new(),
    };
    if flags & 2 != 0 {
        stake.pending = Some(PendingStake {
            turn: bytes.u32()?,
            delegated: bytes.u128()?,
            delegations: bytes.u32()?,
            pledged: bytes.u128()?,
        });
    }
    if flags & 4 != 0 {
        stake.pending_costs =
            Some(PendingCosts { interval: bytes.u32()?, profit_margin: bytes.u64()?, operating_cost: bytes.u128()? });
    }
    if flags & 8 != 0 {
        stake.keyed = Some(Keyed { last: bytes.u32()?, before: flags & 16 != 0 });
    }
    Some(stake)
}

impl Packed for UnitReward {
    const NAME: &'static str = "unit reward";

    fn pack(&self) -> Vec<u8> {
        Vec::with_capacity(20).put(&self.value.to_be_bytes()).put(&self.users.to_be_bytes())
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        Some(Self { value: bytes.u128()?, users: bytes.u32()? })
    }
}
