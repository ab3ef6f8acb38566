//! The contract's stored records: bytes are a record in its one spelling, or none.
#![no_main]

use cosmwasm_std::{Addr, Binary};
use libfuzzer_sys::fuzz_target;
use nym_contract_types::mixnet::{
    BeaconMember, ContractState, Cw2VersionResponse, GatewayBond, LotteryResponse, PendingParams, RewardingParams,
    UnbondedMixnode,
};
use nym_mixnet_contract::packed::{Packed, Present};
use nym_mixnet_contract::state::Bonded;
use nym_mixnet_contract::{beacon, delegations, epochs, mixnodes, rewards, rotation};

/// A binary record writes back the bytes it was read from.
fn binary<T: Packed>(bytes: &[u8]) {
    if let Ok(record) = T::from_stored(bytes) {
        assert_eq!(record.pack(), bytes, "a {} has one spelling", T::NAME);
    }
}

/// A record of JSON is read from any spelling and written in one.
fn text<T: Packed>(bytes: &[u8]) {
    if let Ok(record) = T::from_stored(bytes) {
        let written = record.pack();
        let again = T::from_stored(&written).unwrap_or_else(|error| panic!("{} is not read back: {error}", T::NAME));
        assert_eq!(again.pack(), written);
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 28 {
        0 => binary::<u32>(bytes),
        1 => binary::<u64>(bytes),
        2 => binary::<u128>(bytes),
        3 => binary::<Present>(bytes),
        4 => binary::<Bonded>(bytes),
        5 => stored_delegation(bytes),
        6 => binary::<rewards::state::PoolChange>(bytes),
        7 => binary::<mixnodes::state::NodeStake>(bytes),
        8 => binary::<mixnodes::state::UnitReward>(bytes),
        9 => binary::<epochs::state::Epoch>(bytes),
        10 => binary::<epochs::state::ReportPage>(bytes),
        11 => binary::<epochs::state::ScorePage>(bytes),
        12 => binary::<epochs::state::CandidatePage>(bytes),
        13 => binary::<epochs::state::RewardedSet>(bytes),
        14 => binary::<epochs::state::RaceState>(bytes),
        15 => binary::<beacon::state::Signed>(bytes),
        16 => text::<ContractState>(bytes),
        17 => text::<RewardingParams>(bytes),
        18 => text::<PendingParams>(bytes),
        19 => text::<Cw2VersionResponse>(bytes),
        20 => text::<mixnodes::state::Bond>(bytes),
        21 => text::<UnbondedMixnode>(bytes),
        22 => text::<Vec<(u32, Addr)>>(bytes),
        23 => {
            text::<LotteryResponse>(bytes);
            text::<Binary>(bytes);
        }
        24 => {
            text::<beacon::state::Beacon>(bytes);
            text::<Vec<BeaconMember>>(bytes);
        }
        25 => binary::<rotation::state::KeptKeys>(bytes),
        26 => text::<mixnodes::state::Parked>(bytes),
        _ => text::<GatewayBond>(bytes),
    }
});

/// What is pending is left out when there is nothing; nothing else may be spelled in two ways.
fn stored_delegation(bytes: &[u8]) {
    if let Ok(record) = delegations::state::StoredDelegation::from_stored(bytes) {
        let written = record.pack();
        assert!(written == bytes || (record.pending == 0 && bytes.starts_with(&written)));
    }
}
