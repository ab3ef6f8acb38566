//! The contract's stored records: bytes are a record in its one spelling, or none.
#![no_main]

use cosmwasm_std::{Addr, Binary};
use libfuzzer_sys::fuzz_target;
use nym_contract_types::mixnet::{
    BeaconMember, ContractState, Cw2VersionResponse, LotteryResponse, PendingParams, RewardingParams, UnbondedMixnode,
};
use nym_mixnet_contract::packed::{Packed, Present, FORM};
use nym_mixnet_contract::{beacon, delegations, epochs, gateways, mixnodes, rewards, rotation, state};

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

/// A record that is read in two forms: that of 0.1.0, and its own, which begins with [`FORM`] and has one spelling.
fn either<T: Packed + PartialEq + std::fmt::Debug>(bytes: &[u8], without_meaning: impl Fn(&mut T)) {
    if let Ok(mut record) = T::from_stored(bytes) {
        let written = record.pack();
        let again = T::from_stored(&written).unwrap_or_else(|error| panic!("{} is not read back: {error}", T::NAME));
        assert_eq!(again.pack(), written);
        if bytes[0] >= FORM {
            assert_eq!(written, bytes, "a {} has one spelling", T::NAME);
        } else {
            without_meaning(&mut record);
        }
        assert_eq!(again, record);
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 31 {
        0 => binary::<u32>(bytes),
        1 => binary::<u64>(bytes),
        2 => binary::<u128>(bytes),
        3 => binary::<Present>(bytes),
        4 => {
            binary::<state::Account>(bytes);
            binary::<state::Bonded>(bytes);
        }
        5 => either::<delegations::state::StoredDelegation>(bytes, |delegation| {
            // Where nothing is pending, nobody asks since when.
            if delegation.pending == 0 {
                delegation.pending_turn = 0;
            }
        }),
        6 => binary::<rewards::state::PoolChange>(bytes),
        7 => either::<mixnodes::state::NodeStake>(bytes, |_| ()),
        8 => binary::<mixnodes::state::UnitReward>(bytes),
        9 => binary::<epochs::clock::Transition>(bytes),
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
        20 => either::<mixnodes::state::Bond>(bytes, |_| ()),
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
        27 => binary::<state::Core>(bytes),
        28 => binary::<state::Told>(bytes),
        29 => holder(bytes),
        _ => either::<gateways::state::Bond>(bytes, |_| ()),
    }
});

/// Four bytes below [`FORM`] are a number as 0.1.0 wrote it.
fn holder(bytes: &[u8]) {
    if let Ok(record) = state::Holder::from_stored(bytes) {
        assert_eq!(state::Holder::from_stored(&record.pack()).ok(), Some(record));
        let old = bytes.len() == 4 && bytes[0] < FORM;
        assert!(old || record.pack() == bytes, "a holder has one spelling");
    }
}
