//! Delegations, and how one is worth more as its node earns.

use cosmwasm_std::{Addr, Storage};
use nym_contract_types::{EpochId, NodeId};
use nym_rewarding::delegation;

use crate::mixnodes::staked::Staked;
use crate::mixnodes::state::{NodeStake, UnitReward, SCALE, UNIT_REWARDS};
use crate::packed::{Packed, PackedMap, Present, Reader, Write, FORM};
use crate::ContractError;

/// Delegations by node and owner. Written by `delegations::execute` and `rewards::execute`.
/// Invariant: for each there is an entry in [`BY_OWNER`], and their number per node is `NodeStake::delegations`.
pub const DELEGATIONS: PackedMap<(NodeId, &Addr), StoredDelegation> = PackedMap::new("dl");

/// Which nodes an account delegates to. Written by `delegations::execute`.
pub const BY_OWNER: PackedMap<(&Addr, NodeId), Present> = PackedMap::new("dlo");

/// A delegation as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelegation {
    /// What counts, in 10^-18 of the denom's unit.
    pub amount: u128,
    /// The node's unit reward when the amount began to count or was last paid.
    pub unit_reward: u128,
    /// Height of the owner's last change.
    pub height: u64,
    /// Turn in which the pending part was added.
    pub pending_turn: EpochId,
    /// What does not count yet, in the denom's unit.
    pub pending: u128,
}

impl StoredDelegation {
    /// A delegation of nothing yet.
    pub const fn empty() -> Self {
        Self { amount: 0, unit_reward: 0, height: 0, pending_turn: 0, pending: 0 }
    }

    /// What the counting part is worth when the node's unit reward is `unit_reward`: `A·(r + U)/(r₀ + U)`, rounded down.
    pub fn value_at(&self, unit_reward: u128) -> Result<u128, ContractError> {
        Ok(delegation::value(self.amount, self.unit_reward, unit_reward)?)
    }

    /// What the counting part has earned at a unit reward.
    pub fn reward_at(&self, unit_reward: u128) -> Result<u128, ContractError> {
        Ok(self.value_at(unit_reward)?.saturating_sub(self.amount))
    }

    /// Whether the pending part has begun to count.
    pub fn has_begun(&self, turn: EpochId) -> bool {
        self.pending > 0 && self.pending_turn < turn
    }

    /// Joins a pending part that has begun to count, at the unit reward of then.
    pub fn count_earlier(
        &mut self,
        storage: &dyn Storage,
        mix_id: NodeId,
        turn: EpochId,
        stake: &NodeStake,
    ) -> Result<(), ContractError> {
        if !self.has_begun(turn) {
            return Ok(());
        }
        let then = match stake.begun_in(self.pending_turn) {
            Some(then) => then.value,
            // A node that nobody touched since has its unit reward of then still.
            None => {
                UNIT_REWARDS.may_load(storage, (mix_id, self.pending_turn))?.map_or(stake.unit_reward, |it| it.value)
            }
        };
        self.count_from(then)
    }

    /// The same, and forgets one use of that unit reward. The node was folded before.
    pub fn settle_earlier(
        &mut self,
        storage: &mut dyn Storage,
        node: &mut Staked,
        turn: EpochId,
    ) -> Result<(), ContractError> {
        if !self.has_begun(turn) {
            return Ok(());
        }
        let then = self.take_unit_reward(storage, node.mix_id, &mut node.stake)?;
        self.count_from(then)
    }

    /// The unit reward at which the pending part began to count, which it has. One use of it is forgotten, and the reward with its last use.
    pub fn take_unit_reward(
        &self,
        storage: &mut dyn Storage,
        mix_id: NodeId,
        stake: &mut NodeStake,
    ) -> Result<u128, ContractError> {
        let turn = self.pending_turn;
        if let Some(value) = stake.begun_in(turn).map(|then| then.value) {
            stake.forget_begun(turn);
            return Ok(value);
        }
        let key = (mix_id, turn);
        Ok(match UNIT_REWARDS.may_load(storage, key)? {
            Some(UnitReward { value, users }) if users > 1 => {
                UNIT_REWARDS.save(storage, key, &UnitReward { value, users: users - 1 });
                value
            }
            Some(UnitReward { value, .. }) => {
                UNIT_REWARDS.remove(storage, key);
                value
            }
            None => stake.unit_reward,
        })
    }

    fn count_from(&mut self, then: u128) -> Result<(), ContractError> {
        let added = self.pending.checked_mul(SCALE).ok_or_else(out_of_range)?;
        self.amount = self.value_at(then)?.checked_add(added).ok_or_else(out_of_range)?;
        self.unit_reward = then;
        self.pending = 0;
        Ok(())
    }
}

fn out_of_range() -> ContractError {
    ContractError::OutOfRange { what: "delegation" }
}

impl Packed for StoredDelegation {
    const NAME: &'static str = "delegation";

    fn pack(&self) -> Vec<u8> {
        let bytes =
            Vec::with_capacity(64).put(&[FORM]).amount(self.amount).number(self.unit_reward).number(self.height);
        if self.pending == 0 {
            return bytes;
        }
        bytes.number(self.pending_turn).amount(self.pending)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        // Delegations that nothing has touched since 0.1.0: their amounts come first and are smaller than that, with all bytes.
        if *bytes.0.first()? < FORM {
            let (amount, unit_reward, height) = (bytes.u128()?, bytes.u128()?, bytes.u64()?);
            let (pending_turn, pending) = if bytes.is_empty() { (0, 0) } else { (bytes.u32()?, bytes.u128()?) };
            return Some(Self { amount, unit_reward, height, pending_turn, pending });
        }
        bytes.u8().filter(|form| *form == FORM)?;
        let (amount, unit_reward, height) = (bytes.amount()?, bytes.number()?, bytes.number()?);
        let (pending_turn, pending) =
            if bytes.is_empty() { (0, 0) } else { (bytes.number()?, bytes.amount().filter(|pending| *pending > 0)?) };
        Some(Self { amount, unit_reward, height, pending_turn, pending })
    }
}
