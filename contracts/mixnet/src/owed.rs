//! What the contract owes, beside what it holds: solvency is a query. The sum of stakes is `Core::owed`, which every change of a stake keeps.

use cosmwasm_std::{Coin, ContractResult, Decimal256, Deps, Env, SystemResult, Uint256};
use nym_contract_runtime::json;
use nym_contract_types::mixnet::SolvencyResponse;

use crate::mixnodes::state::SCALE;
use crate::rewards::state::PoolChange;
use crate::state::{CORE, REWARDING};
use crate::ContractError;

/// What the contract holds and what it owes.
pub fn solvency(deps: Deps<'_>, env: Env) -> Result<SolvencyResponse, ContractError> {
    let core = CORE.load(deps.storage)?;
    let denom = core.denom;
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
    let stakes = Uint256::from(core.owed);
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
