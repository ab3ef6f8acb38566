//! The order of independent users' messages within an epoch does not matter.

use proptest::prelude::*;

use super::{delegator, network, take, Step};
use crate::suite::{Suite, NYM};

fn play(order: &[usize], steps: &[Step]) -> Vec<u128> {
    let mut net: Suite = network(0);
    net.bond_many(5);
    net.turn();
    for d in 0..5 {
        let sender = delegator(&net, d);
        net.delegate(&sender, 1 + d % 3, u128::from(d + 1) * 1_000 * NYM).unwrap();
    }
    net.turn();
    net.turn_with(3, &[(1, 100), (2, 90), (3, 80), (4, 70), (5, 60)]);
    for index in order {
        assert!(take(&mut net, &steps[*index]), "{:?}", steps[*index]);
    }
    net.turn_with(3, &[(1, 100), (2, 90), (3, 80), (4, 70), (5, 60)]);
    (0..5)
        .map(|d| {
            for mix_id in 1..=3 {
                let sender = delegator(&net, d);
                let _ = net.undelegate(&sender, mix_id);
            }
            net.received(&delegator(&net, d))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn permuting_messages_of_different_users_changes_nobodys_money(order in Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle()) {
        let steps = [
            Step::Undelegate(0, 1),
            Step::Delegate(1, 2, 7_777 * NYM),
            Step::WithdrawDelegator(2, 3),
            Step::Delegate(3, 1, 123_456),
            Step::Delegate(4, 3, 99 * NYM),
        ];

        let permuted = play(&order, &steps);

        let straight = play(&[0, 1, 2, 3, 4], &steps);
        for (one, other) in permuted.iter().zip(&straight) {
            prop_assert!(one.abs_diff(*other) <= 1, "{permuted:?} {straight:?}");
        }
    }
}
