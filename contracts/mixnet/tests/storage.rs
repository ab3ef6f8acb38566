//! Namespaces of the contract's records.

use nym_mixnet_contract::{beacon, delegations, epochs, gateways, mixnodes, rewards, rotation, state};

#[test]
fn storage_keys_are_unique() {
    let mut names = vec![
        state::CORE.namespace().as_bytes().to_vec(),
        state::TOLD.namespace().as_bytes().to_vec(),
        state::REWARDING.namespace().as_bytes().to_vec(),
        state::ACCOUNTS.namespace().as_bytes().to_vec(),
        state::IDENTITIES.namespace().as_bytes().to_vec(),
        mixnodes::state::BONDS.namespace().as_bytes().to_vec(),
        mixnodes::state::STAKES.namespace().as_bytes().to_vec(),
        mixnodes::state::LEFT_STAKES.namespace().as_bytes().to_vec(),
        mixnodes::state::UNBONDED.namespace().as_bytes().to_vec(),
        mixnodes::state::UNIT_REWARDS.namespace().as_bytes().to_vec(),
        gateways::state::GATEWAYS.namespace().as_bytes().to_vec(),
        delegations::state::DELEGATIONS.namespace().as_bytes().to_vec(),
        delegations::state::BY_OWNER.namespace().as_bytes().to_vec(),
        epochs::state::TRANSITION.namespace().as_bytes().to_vec(),
        epochs::state::MONITORS.namespace().as_bytes().to_vec(),
        epochs::state::LAST_MONITOR_ID.namespace().as_bytes().to_vec(),
        epochs::state::REPORTED.namespace().as_bytes().to_vec(),
        epochs::state::REPORTS.namespace().as_bytes().to_vec(),
        epochs::state::SCORES.namespace().as_bytes().to_vec(),
        epochs::state::CANDIDATES.namespace().as_bytes().to_vec(),
        epochs::state::REWARDED_SETS.namespace().as_bytes().to_vec(),
        epochs::state::LOTTERY.namespace().as_bytes().to_vec(),
        epochs::state::LAST_SEED.namespace().as_bytes().to_vec(),
        epochs::state::RACE.namespace().as_bytes().to_vec(),
        beacon::state::BEACON.namespace().as_bytes().to_vec(),
        beacon::state::MEMBERS.namespace().as_bytes().to_vec(),
        beacon::state::SHARES.namespace().as_bytes().to_vec(),
        beacon::state::NEXT_SEED.namespace().as_bytes().to_vec(),
        rewards::state::POOL_CHANGE.namespace().as_bytes().to_vec(),
        rewards::state::PENDING_PARAMS.namespace().as_bytes().to_vec(),
        mixnodes::state::UNBONDED_BY_OWNER.namespace().as_bytes().to_vec(),
        mixnodes::state::UNBONDED_BY_IDENTITY.namespace().as_bytes().to_vec(),
        mixnodes::state::PARKED.namespace().as_bytes().to_vec(),
        rotation::state::KEYS.namespace().as_bytes().to_vec(),
        // of cw2, and of networks that were taken over from 0.1.0
        b"contract_info".to_vec(),
        state::NONCES.namespace().as_bytes().to_vec(),
        b"nic".to_vec(),
        b"owed".to_vec(),
    ];
    let count = names.len();

    names.sort();
    names.dedup();

    // Keys of maps begin with the length of their namespace, so that none can begin another's.
    assert_eq!(names.len(), count);
}
