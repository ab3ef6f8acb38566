//! A node's stakes as messages work with them: loaded, with everything of earlier turns counted, and written back.

use cosmwasm_std::Storage;
use nym_contract_types::NodeId;

use super::state::{Clock, NodeStake, KEPT_TURNS, LEFT_STAKES, STAKES, UNIT_REWARDS};
use crate::state::Core;
use crate::ContractError;

/// A node's stakes, with everything of earlier turns counted.
pub struct Staked {
    /// Number of the node.
    pub mix_id: NodeId,
    /// Its stakes.
    pub stake: NodeStake,
    /// Whether it is bonded; else it has left and only delegations remain.
    pub bonded: bool,
    /// What was owed for it when it was loaded.
    pub owed: u128,
}

impl Staked {
    /// Loads a bonded node or one that left with delegations, and lets pending changes of earlier turns count.
    pub fn may_load(storage: &dyn Storage, mix_id: NodeId, clock: Clock) -> Result<Option<Self>, ContractError> {
        let found = Self::find(storage, mix_id)?;
        found.map(|(stake, bonded)| Self::of(mix_id, stake, bonded, clock)).transpose()
    }

    /// The stakes of a node as they are stored, and whether it is bonded.
    pub fn find(storage: &dyn Storage, mix_id: NodeId) -> Result<Option<(NodeStake, bool)>, ContractError> {
        Ok(match STAKES.may_load(storage, mix_id)? {
            Some(stake) => Some((stake, true)),
            None => LEFT_STAKES.may_load(storage, mix_id)?.map(|stake| (stake, false)),
        })
    }

    /// Lets pending changes of earlier turns count in stored stakes.
    pub fn of(mix_id: NodeId, stake: NodeStake, bonded: bool, clock: Clock) -> Result<Self, ContractError> {
        let owed = stake.owed()?;
        let mut staked = Self { owed, ..Self::unbooked(mix_id, stake, bonded) };
        staked.fold(clock)?;
        Ok(staked)
    }

    /// Stakes as they are stored, to be written with [`store`](Self::store): what is owed for them is noted elsewhere.
    pub const fn unbooked(mix_id: NodeId, stake: NodeStake, bonded: bool) -> Self {
        Self { mix_id, stake, bonded, owed: 0 }
    }

    /// Loads a bonded node the same way as [`may_load`](Self::may_load).
    pub fn load_bonded(storage: &dyn Storage, mix_id: NodeId, clock: Clock) -> Result<Self, ContractError> {
        Self::of(mix_id, Self::bonded_stake(storage, mix_id)?, true, clock)
    }

    /// Loads a bonded node as it is stored: pending changes of earlier turns do not count yet.
    pub fn load_unfolded(storage: &dyn Storage, mix_id: NodeId) -> Result<Self, ContractError> {
        let stake = Self::bonded_stake(storage, mix_id)?;
        Ok(Self { owed: stake.owed()?, ..Self::unbooked(mix_id, stake, true) })
    }

    fn bonded_stake(storage: &dyn Storage, mix_id: NodeId) -> Result<NodeStake, ContractError> {
        STAKES.may_load(storage, mix_id)?.ok_or(ContractError::MixnodeNotBonded { mix_id })
    }

    /// Lets pending changes count whose time has come.
    pub fn fold(&mut self, clock: Clock) -> Result<(), ContractError> {
        self.stake.count_earlier(clock)
    }

    /// Gives unit rewards of more turns than are kept with the stakes records of their own.
    pub fn spill(&mut self, storage: &mut dyn Storage) {
        let more = self.stake.begun.len().saturating_sub(KEPT_TURNS);
        for (turn, reward) in self.stake.begun.drain(..more) {
            UNIT_REWARDS.save(storage, (self.mix_id, turn), &reward);
        }
    }

    /// Writes the stakes back and notes what is owed for them, which is to be saved; those of a node that has left and has no
    /// delegations any more are deleted.
    pub fn save(self, storage: &mut dyn Storage, core: &mut Core) -> Result<(), ContractError> {
        // What rounding leaves of a node that has left stays in the contract and is owed to nobody.
        let gone = !self.bonded && self.stake.delegations == 0;
        let now = if gone { 0 } else { self.stake.owed()? };
        core.owe(self.owed, now)?;
        self.store(storage);
        Ok(())
    }

    /// Writes the stakes back; what is owed for them has not changed or is noted elsewhere.
    /// Returns them as they are written.
    pub fn store(mut self, storage: &mut dyn Storage) -> NodeStake {
        self.spill(storage);
        match (self.bonded, self.stake.delegations) {
            (true, _) => STAKES.save(storage, self.mix_id, &self.stake),
            (false, 0) => LEFT_STAKES.remove(storage, self.mix_id),
            (false, _) => LEFT_STAKES.save(storage, self.mix_id, &self.stake),
        }
        self.stake
    }
}
