//! Records as 0.1.0 wrote them.
//!
//! Those of which there is one are rewritten at once: clock, terms and sums. Those of nodes, accounts and delegations are read in either
//! form and written in the new one when they are next touched, since nobody can rewrite ten thousand in a transaction; a new form begins
//! with a bit that an old one has not, holders of identities are told apart by their length too, and accounts have moved. Networks of 0.1.0 have keys that do not expire, so that no node has any of a period.

use cosmwasm_std::Storage;
use nym_contract_types::mixnet::ContractState;
use nym_contract_types::NodeId;

use crate::epochs::clock::{Epoch, Outcome, Phase, EPOCH};
use crate::packed::{json_records, Packed, PackedItem, Reader, FORM};
use crate::state::{Core, CORE, STATE};
use crate::ContractError;

/// What the contract was told, all of it. Its key is in use again.
const OLD_STATE: PackedItem<ContractState> = PackedItem::new("state");
/// The current epoch, all of it. Its key is in use again.
const OLD_EPOCH: PackedItem<OldEpoch> = PackedItem::new("ces");
/// Last node number given away.
const LAST_NODE_ID: PackedItem<u32> = PackedItem::new("nic");
/// The sum of stakes.
const OWED: PackedItem<u128> = PackedItem::new("owed");

json_records!(ContractState => "state of 0.1.0");

/// Rewrites the records of which there is one.
pub fn take_over(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let (state, epoch) = (OLD_STATE.load(storage)?, OLD_EPOCH.load(storage)?.0);
    let (last_node_id, owed) = (LAST_NODE_ID.load(storage)?, OWED.may_load(storage)?.unwrap_or_default());
    // Then no number of a node and no amount, which are part of the sum, begins with the bit of new forms.
    if last_node_id >= NodeId::from(FORM) << 24 || owed >= u128::from(FORM) << 120 {
        return Err(ContractError::OutOfRange { what: "state of 0.1.0" });
    }
    CORE.save(storage, &Core { last_node_id, owed, taken_over: true, ..Core::new(String::new()) });
    STATE.save(storage, &state)?;
    EPOCH.save(storage, &epoch)?;
    LAST_NODE_ID.remove(storage);
    OWED.remove(storage);
    Ok(())
}

/// The epoch with all bytes of its numbers.
pub struct OldEpoch(Epoch);

impl Packed for OldEpoch {
    const NAME: &'static str = "epoch of 0.1.0";

    /// Never written: in the new form, this is two records.
    fn pack(&self) -> Vec<u8> {
        Vec::new()
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let (phase, outcome) = (Phase::of(bytes.u8()?)?, Outcome::of(bytes.u8()?)?);
        Some(Self(Epoch {
            phase,
            outcome,
            id: bytes.u32()?,
            starts_at: bytes.u64()?,
            length: bytes.u64()?,
            height: bytes.u64()?,
            previous_height: bytes.u64()?,
            interval: bytes.u32()?,
            interval_start: bytes.u32()?,
            begun_at: bytes.u64()?,
            cursor: bytes.u32()?,
            final_node: bytes.u32()?,
            candidates: bytes.u32()?,
        }))
    }
}
