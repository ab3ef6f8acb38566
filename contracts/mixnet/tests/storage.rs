//! Namespaces of the contract's records, and the one spelling of each.

use cosmwasm_std::Addr;
use nym_mixnet_contract::costs::Ranges;
use nym_mixnet_contract::delegations::state::StoredDelegation;
use nym_mixnet_contract::epochs::clock::{Transition, TRANSITION};
use nym_mixnet_contract::gateways::state::GATEWAYS;
use nym_mixnet_contract::mixnodes::state::{Bond, NodeStake, UnitReward, BONDS, STAKES};
use nym_mixnet_contract::packed::{Packed, Reader, Write};
use nym_mixnet_contract::state::{Account, Bonded, Core, Holder, Told, CORE, TOLD};
use nym_mixnet_contract::{beacon, delegations, epochs, gateways, mixnodes, rewards, rotation, state};

use crate::suite::Suite;

#[test]
fn storage_keys_are_unique() {
    let mut names = vec![
        state::CORE.namespace().as_bytes().to_vec(),
        state::TOLD.namespace().as_bytes().to_vec(),
        state::REWARDING.namespace().as_bytes().to_vec(),
        state::ACCOUNTS.namespace().as_bytes().to_vec(),
        state::OLD_ACCOUNTS.namespace().as_bytes().to_vec(),
        state::IDENTITIES.namespace().as_bytes().to_vec(),
        mixnodes::state::BONDS.namespace().as_bytes().to_vec(),
        mixnodes::state::STAKES.namespace().as_bytes().to_vec(),
        mixnodes::state::LEFT_STAKES.namespace().as_bytes().to_vec(),
        mixnodes::state::UNBONDED.namespace().as_bytes().to_vec(),
        mixnodes::state::UNIT_REWARDS.namespace().as_bytes().to_vec(),
        gateways::state::GATEWAYS.namespace().as_bytes().to_vec(),
        delegations::state::DELEGATIONS.namespace().as_bytes().to_vec(),
        delegations::state::BY_OWNER.namespace().as_bytes().to_vec(),
        epochs::clock::TRANSITION.namespace().as_bytes().to_vec(),
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

#[test]
fn numbers_and_amounts_have_one_spelling() {
    let numbers =
        [0, 1, 9, 10, 127, 128, 16_383, 16_384, u128::from(u64::MAX), 10u128.pow(26), u128::MAX - 1, u128::MAX];
    for value in numbers {
        let number = Vec::new().number(value);
        assert_eq!(Reader(&number).number(), Some(value));
        let amount = Vec::new().amount(value);
        assert_eq!(Reader(&amount).amount(), Some(value));
        assert_eq!(Reader(&number).number::<u64>(), u64::try_from(value).ok());
        for end in 0..number.len() {
            assert_eq!(Reader(&number[..end]).number::<u128>(), None, "{value} cut to {end}");
        }
    }
    assert_eq!(Vec::new().amount(10u128.pow(26)), [0x41, 26]);
    assert_eq!(Vec::new().amount(63u8), [63]);
    assert_eq!(Vec::new().amount(64u8), [0x80, 1]);
    let max = [vec![0xff; 18], vec![3]].concat();
    assert_eq!(Reader(&max).number(), Some(u128::MAX));

    let too_large = [vec![0xff; 18], vec![4]].concat();
    let too_long = [vec![0x80; 19], vec![1]].concat();
    // A group of zeros at the end, bits beyond 128, and groups beyond the last.
    for wrong in [&[0x80, 0][..], &[0x81, 0x80, 0], &too_large, &too_long, &[0x80; 40], &[]] {
        assert_eq!(Reader(wrong).number::<u128>(), None, "{wrong:?}");
    }
    // A zero that is left, zeros of nothing, more than fits, and half of it.
    for wrong in [
        &[10][..],
        &[0x4a, 1],
        &[0x40, 1],
        &[0x41, 0],
        &[0x44, 38],
        &[0x41, 39],
        &[0x41, 255],
        &[0x41],
        &[0x81, 0],
        &[],
    ] {
        assert_eq!(Reader(wrong).amount::<u128>(), None, "{wrong:?}");
    }
}

#[test]
fn addresses_have_one_spelling() {
    let long = "n1".repeat(400);
    for text in [
        "n1fsgzj6t7udv8zhf6zj32mkqhcjcpv52yph5qsd",
        "n1q",
        "n1",
        "a1b1qp",
        "1qp",
        "alice",
        "n1UP",
        "n1b",
        "",
        "ä1qq",
        &long,
    ] {
        let address = Addr::unchecked(text);
        let bytes = Vec::new().address(&address);
        assert_eq!(Reader(&bytes).address(), Some(address), "{text}");
        for end in 0..bytes.len() {
            assert_eq!(Reader(&bytes[..end]).address(), None, "{text} cut to {end}");
        }
    }
    let packed = Vec::new().address(&Addr::unchecked("n1fsgzj6t7udv8zhf6zj32mkqhcjcpv52yph5qsd"));
    assert_eq!(packed.len(), 27);
    // A text that has the short form, bits that say nothing, a prefix that is none.
    for wrong in [&[0, 3, b'n', b'1', b'q'][..], &[1, b'n', 1, 1], &[1, 0xff, 0]] {
        assert_eq!(Reader(wrong).address(), None, "{wrong:?}");
    }
}

/// Neither longer nor shorter nor with another first byte it is the same kind of record.
fn check<T: Packed + PartialEq + std::fmt::Debug>(record: &T) {
    let bytes = record.pack();
    assert_eq!(T::from_stored(&bytes).ok().as_ref(), Some(record), "{}", T::NAME);
    for end in 0..bytes.len() {
        if let Ok(shorter) = T::from_stored(&bytes[..end]) {
            assert_eq!(shorter.pack(), &bytes[..end], "{} cut to {end} of {} bytes", T::NAME, bytes.len());
        }
    }
    let longer = [&bytes[..], &[0]].concat();
    if let Ok(longer_record) = T::from_stored(&longer) {
        panic!("{}: {longer_record:?}", T::NAME);
    }
    let wrong = [&[0xff], &bytes[1..]].concat();
    assert!(T::from_stored(&wrong).is_err(), "{}", T::NAME);
}

#[test]
fn records_that_are_cut_or_longer_are_none() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(2);
    let gateway = net.account("gateway");
    let identity = net.bond_gateway(&gateway, 9);
    let stake: NodeStake = STAKES.load(&net.store, 1).unwrap();
    let bond: Bond = BONDS.load(&net.store, 1).unwrap();
    let core: Core = CORE.load(&net.store).unwrap();
    let told: Told = TOLD.load(&net.store).unwrap();
    let transition: Transition = TRANSITION.load(&net.store).unwrap();

    check(&stake);
    check(&bond);
    check(&GATEWAYS.load(&net.store, &identity).unwrap());
    check(&core);
    check(&Core { minimum_delegation: Some(7), owed: u128::MAX, has_ranges: true, ..core });
    check(&told);
    for profit_margin in [None, Some((0, 10u64.pow(18)))] {
        for operating_cost in [None, Some((7, 10u128.pow(18)))] {
            check(&Told { ranges: Ranges { profit_margin, operating_cost }, ..told.clone() });
        }
    }
    let empty = Ranges { profit_margin: Some((2, 1)), operating_cost: None };
    assert!(Told::from_stored(&Told { ranges: empty, ..told.clone() }.pack()).is_err());
    check(&Told { owner: Addr::unchecked("n1".repeat(200)), ..told });
    check(&transition);
    for bonded in [None, Some(Bonded::Mixnode(70_000)), Some(Bonded::Gateway([7; 32]))] {
        check(&Account { nonce: 300, bonded });
    }
    let delegation = StoredDelegation { amount: 5, unit_reward: 77, height: 9, pending_turn: 0, pending: 0 };
    check(&delegation);
    check(&StoredDelegation { pending: 12, pending_turn: 3, ..delegation });
    for id in [1, 127, 128, 1 << 21, u32::MAX] {
        let holder = Holder::Mixnode(id);
        assert_eq!(Holder::from_stored(&holder.pack()).unwrap(), holder);
    }
}

#[test]
fn stakes_keep_unit_rewards_of_two_turns_at_most_in_order_and_with_users() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(1);
    let stake = NodeStake { delegations: 3, unit_reward: 100, ..STAKES.load(&net.store, 1).unwrap() };
    let with = |begun: &[(u32, u128, u32)]| {
        let begun = begun.iter().map(|&(turn, value, users)| (turn, UnitReward { value, users })).collect();
        NodeStake { begun, ..stake.clone() }
    };

    for right in [&[(4, 0, 1)][..], &[(4, 60, 1), (5, 100, u32::MAX)], &[]] {
        check(&with(right));
    }
    for wrong in
        [&[(4, 0, 1), (5, 0, 1), (6, 0, 1)][..], &[(5, 0, 1), (4, 0, 1)], &[(4, 0, 1), (4, 0, 1)], &[(4, 0, 0)]]
    {
        assert!(NodeStake::from_stored(&with(wrong).pack()).is_err(), "{wrong:?}");
    }
    // More than the node has earned since it began.
    let more = stake.pack().number(4u32).number(101u32).number(1u32);
    assert!(NodeStake::from_stored(&more).is_err());
}
