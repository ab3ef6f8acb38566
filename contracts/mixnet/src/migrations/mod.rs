//! Taking over the state of an earlier version.

pub mod v0_1_0;

use cosmwasm_std::{DepsMut, Response, Storage};
use nym_contract_types::mixnet::Cw2VersionResponse;

use crate::packed::{json_records, PackedItem};
use crate::state::CORE;
use crate::ContractError;

/// Name of the contract, as cw2 records it.
pub const NAME: &str = "nym-mixnet-contract";
/// Version of this code and of the state it writes: raised with every release that changes a message or record.
pub const VERSION: &str = "0.2.0";

/// Name and version of the code that last wrote the state, where and as cw2 has it. Written here.
pub const CONTRACT_INFO: PackedItem<Cw2VersionResponse> = PackedItem::new("contract_info");

json_records!(Cw2VersionResponse => "contract version");

/// Records the version of this code.
pub fn record_version(storage: &mut dyn Storage) {
    CONTRACT_INFO.save(storage, &Cw2VersionResponse { contract: NAME.to_owned(), version: VERSION.to_owned() });
}

/// Checks that the state is of this contract and not newer than this code, then brings it up to date. See [`v0_1_0`] for what that means
/// for each record: six records change, however many nodes there are.
pub fn migrate(deps: DepsMut<'_>) -> Result<Response, ContractError> {
    let stored = CONTRACT_INFO.load(deps.storage)?;
    let older_or_same = parse(&stored.version).zip(parse(VERSION)).is_some_and(|(from, to)| from <= to);
    if stored.contract != NAME || !older_or_same {
        return Err(ContractError::Migration { contract: stored.contract, version: stored.version, to: VERSION });
    }
    if CORE.may_load(deps.storage)?.is_none() {
        v0_1_0::take_over(deps.storage)?;
    }
    record_version(deps.storage);
    Ok(Response::new())
}

/// The three numbers of a version.
fn parse(version: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    let parsed = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(parsed)
}
