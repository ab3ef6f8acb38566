//! The order of independent users' messages within an epoch does not matter.

use cosmwasm_std::coins;
use proptest::prelude::*;

use super::{amount, delegator, message, network, operator, Step};
use crate::suite::{Suite, DENOM, NYM};

/// Delegators, and operators of nodes 1 to 5.
const DELEGATORS: u32 = 5;
const OPERATORS: std::ops::RangeInclusive<u32> = 1..=5;
const SCORES: [(u32, u64); 5] = [(1, 100), (2, 90), (3, 80), (4, 70), (5, 60)];

/// What one user does within an epoch. Bonds are left out: the number that a node gets depends on who was first, and the draw on the number.
fn user(number: u32) -> impl Strategy<Value = Vec<Step>> {
    let node = || 1u32..=3;
    let of_delegator = prop_oneof![
        3 => (node(), amount()).prop_map(move |(n, a)| Step::Delegate(number, n, a)),
        2 => node().prop_map(move |n| Step::Undelegate(number, n)),
        1 => node().prop_map(move |n| Step::CancelDelegation(number, n)),
        2 => node().prop_map(move |n| Step::WithdrawDelegator(number, n)),
        1 => prop::collection::vec(node(), 0..3).prop_map(move |ids| Step::WithdrawMany(number, ids)),
    ];
    let o = number.saturating_sub(DELEGATORS) + 1;
    let of_operator = prop_oneof![
        2 => amount().prop_map(move |a| Step::PledgeMore(o, a)),
        1 => Just(Step::CancelPledge(o)),
        2 => amount().prop_map(move |a| Step::DecreasePledge(o, a)),
        2 => Just(Step::WithdrawOperator(o)),
        1 => (0u16..=10_000, 0u64..100_000_000_000).prop_map(move |(m, c)| Step::Costs(o, m, c)),
    ];
    if number < DELEGATORS {
        prop::collection::vec(of_delegator, 0..4).boxed()
    } else {
        prop::collection::vec(of_operator, 0..4).boxed()
    }
}

/// Messages of several users, and two orders of all of them in which each user's own keep theirs: users by number, whose next message comes.
pub fn users() -> impl Strategy<Value = (Vec<Vec<Step>>, Vec<usize>, Vec<usize>)> {
    let users: Vec<_> = (0..DELEGATORS + 5).map(user).collect();
    users.prop_flat_map(|users| {
        let turns: Vec<usize> =
            users.iter().enumerate().flat_map(|(number, steps)| vec![number; steps.len()]).collect();
        (Just(users), Just(turns.clone()).prop_shuffle(), Just(turns).prop_shuffle())
    })
}

/// What everybody has received.
pub fn received(net: &Suite) -> Vec<u128> {
    let everybody = (0..DELEGATORS).map(|d| delegator(net, d)).chain(OPERATORS.map(|o| operator(net, o)));
    everybody.map(|who| net.received(&who)).collect()
}

/// Whether two orders had the same messages accepted, by user, and brought everybody the same.
pub fn assert_same(one: &(Vec<Vec<bool>>, Vec<u128>), other: &(Vec<Vec<bool>>, Vec<u128>)) {
    assert_eq!(one.0, other.0, "whether a message is accepted depends on others'");
    for (now, then) in one.1.iter().zip(&other.1) {
        assert!(now.abs_diff(*then) <= 1, "{:?} {:?}", one.1, other.1);
    }
}

/// Whether each message was accepted, by user, and what everybody has in the end.
fn play(users: &[Vec<Step>], order: &[usize]) -> (Vec<Vec<bool>>, Vec<u128>) {
    let mut net: Suite = network(0);
    net.bond_many(5);
    net.turn();
    for d in 0..DELEGATORS {
        let sender = delegator(&net, d);
        net.delegate(&sender, 1 + d % 3, u128::from(d + 1) * 1_000 * NYM).unwrap();
    }
    net.turn();
    net.turn_with(3, &SCORES);
    net.next_block();

    let mut accepted = vec![Vec::new(); users.len()];
    for number in order {
        let step = &users[*number][accepted[*number].len()];
        let (sender, msg, sent) = message(&net, step).expect("users send messages");
        let funds = if sent > 0 { coins(sent, DENOM) } else { Vec::new() };
        accepted[*number].push(net.execute(&sender, msg, &funds).is_ok());
    }

    net.turn_with(3, &SCORES);
    net.next_block();
    for d in 0..DELEGATORS {
        for mix_id in 1..=3 {
            let sender = delegator(&net, d);
            let _ = net.undelegate(&sender, mix_id);
        }
    }
    for o in OPERATORS {
        let sender = operator(&net, o);
        net.unbond(&sender).unwrap();
    }
    (accepted, received(&net))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn permuting_messages_of_different_users_changes_nobodys_money((users, one, other) in users()) {
        assert_same(&play(&users, &one), &play(&users, &other));
    }
}
