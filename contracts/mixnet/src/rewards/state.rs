//! The reward pool's change within an interval, and parameters that wait for their time.

use cosmwasm_std::{Decimal, Decimal256, Storage, Uint128};
use nym_contract_types::mixnet::{PendingParams, RewardingParams};
use nym_rewarding::Params;

use crate::packed::{json_records, Packed, PackedItem, Reader, Write};
use crate::ContractError;

/// What the interval has paid and what was added. Written by `rewards`.
pub const POOL_CHANGE: PackedItem<PoolChange> = PackedItem::new("prp");

/// Changes of parameters that were announced. Written by `admin::execute` and [`super::close_epoch`].
pub const PENDING_PARAMS: PackedItem<PendingParams> = PackedItem::new("pp");

json_records!(PendingParams => "announced parameters");

/// How the pool changes at the interval's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolChange {
    /// Rewards so far, in 10^-18 of the denom's unit.
    pub removed: u128,
    /// Added, in the denom's unit.
    pub added: u128,
}

impl PoolChange {
    /// The change so far.
    pub fn load(storage: &dyn Storage) -> Result<Self, ContractError> {
        Ok(POOL_CHANGE.may_load(storage)?.unwrap_or_default())
    }
}

impl Packed for PoolChange {
    const NAME: &'static str = "pool change";

    fn pack(&self) -> Vec<u8> {
        Vec::with_capacity(32).put(&self.removed.to_be_bytes()).put(&self.added.to_be_bytes())
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        Some(Self { removed: bytes.u128()?, added: bytes.u128()? })
    }
}

/// Puts what the model derived back into the stored parameters.
pub fn store_model(params: &mut RewardingParams, model: &Params) -> Result<(), ContractError> {
    params.interval.reward_pool = narrow(model.reward_pool)?;
    params.interval.staking_supply = narrow(model.staking_supply)?;
    params.interval.epoch_reward_budget = narrow(model.epoch_budget)?;
    params.interval.stake_saturation_point = narrow(model.saturation_point)?;
    Ok(())
}

/// A decimal in 128 bits.
pub fn narrow(value: Decimal256) -> Result<Decimal, ContractError> {
    Ok(Decimal::new(Uint128::new(atomics(value)?)))
}

/// A decimal in units of 10^-18, in 128 bits.
pub fn atomics(value: Decimal256) -> Result<u128, ContractError> {
    let atomics = Uint128::try_from(value.atomics()).map_err(|_| ContractError::OutOfRange { what: "amount" })?;
    Ok(atomics.u128())
}
