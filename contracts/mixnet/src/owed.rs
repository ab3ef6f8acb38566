//! What the contract owes for stakes, as one sum that every change of a stake keeps, so that solvency is a query.

use cosmwasm_std::{Coin, ContractResult, Decimal256, Deps, Env, Storage, SystemResult, Uint256};
use nym_contract_runtime::json;
use nym_contract_types::mixnet::SolvencyResponse;

use crate::mixnodes::state::SCALE;
use crate::packed::PackedItem;
use crate::rewards::state::PoolChange;
use crate::state::{REWARDING, STATE};
use crate::ContractError;

/// Stakes of nodes and pledges of gateways, what is pending too, in 10^-18 of the denom's unit. Written here.
pub const OWED: PackedItem<u128> = PackedItem::new("owed");

/// Books that something for which `before` was owed is now `after`.
pub fn change(storage: &mut dyn Storage, before: u128, after: u128) -> Result<(), ContractError> {
    if before == after {
        return Ok(());
    }
    let out_of_range = || ContractError::OutOfRange { what: "sum of stakes" };
    let owed = OWED.may_load(storage)?.unwrap_or_default();
    let owed = owed.checked_add(after).and_then(|owed| owed.checked_sub(before)).ok_or_else(out_of_range)?;
    OWED.save(storage, &owed);
    Ok(())
}

/// The same in the denom's unit.
pub fn change_units(storage: &mut dyn Storage, before: u128, after: u128) -> Result<(), ContractError> {
    let atomics = |units: u128| units.checked_mul(SCALE).ok_or(ContractError::OutOfRange { what: "pledge" });
    change(storage, atomics(before)?, atomics(after)?)
}

/// What the contract holds and what it owes.
pub fn solvency(deps: Deps<'_>, env: Env) -> Result<SolvencyResponse, ContractError> {
    let denom = STATE.load(deps.storage)?.rewarding_denom;
    let request =
        ["{\"bank\":{\"balance\":{\"address\":\"", env.contract.address.as_str(), "\",\"denom\":\"", &denom, "\"}}}"];
    let reply = deps.querier.raw_query(request.concat().as_bytes());
    let SystemResult::Ok(ContractResult::Ok(reply)) = reply else {
        return Err(ContractError::Corrupt { what: "answer of the bank" });
    };
    let balance = json::from_slice::<Balance>(&reply)?.amount.amount;

    let atomics = |units: Uint256| units.checked_mul(Uint256::from(SCALE));
    let out_of_range = |_| ContractError::OutOfRange { what: "balance" };
    let change = PoolChange::load(deps.storage)?;
    let pool = Uint256::from(REWARDING.load(deps.storage)?.interval.reward_pool.atomics());
    let pool = atomics(Uint256::from(change.added)).and_then(|added| pool.checked_add(added)).map_err(out_of_range)?;
    let pool = pool.checked_sub(Uint256::from(change.removed)).map_err(out_of_range)?;
    let stakes = Uint256::from(OWED.may_load(deps.storage)?.unwrap_or_default());
    let owed = pool.checked_add(stakes).map_err(out_of_range)?;
    let held = atomics(balance).map_err(out_of_range)?;
    Ok(SolvencyResponse {
        balance: Coin { denom, amount: balance },
        stakes: Decimal256::new(stakes),
        pool: Decimal256::new(pool),
        surplus: Decimal256::new(held.saturating_sub(owed)),
        solvent: held >= owed,
    })
}

/// The bank's answer.
#[derive(json::Read)]
struct Balance {
    amount: Coin,
}
