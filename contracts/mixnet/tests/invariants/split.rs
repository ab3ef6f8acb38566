//! What a delegator gets does not depend on how the delegation is cut up, in amounts or in withdrawals.

use nym_contract_types::mixnet::ExecuteMsg;
use proptest::prelude::*;

use super::{amount, network};
use crate::suite::Suite;

/// Three nodes, on the first of which accounts have these delegations, after so many epochs with these scores of that node. Everyone else's
/// stakes are the same in each.
fn play(delegations: &[(&str, u128)], scores: &[u64]) -> Suite {
    let mut net = network(0);
    net.bond_many(4);
    net.delegate(&net.account("somebody else"), 1, 1_234_567).unwrap();
    for (name, amount) in delegations {
        net.delegate(&net.account(name), 1, *amount).unwrap();
    }
    net.turn();
    for score in scores {
        net.turn_with(3, &[(1, *score), (2, 90), (3, 80), (4, 70)]);
    }
    net.next_block();
    net
}

/// What an account has received when it has left node 1.
fn leave(net: &mut Suite, name: &str) -> u128 {
    let who = net.account(name);
    net.undelegate(&who, 1).unwrap();
    net.received(&who)
}

fn withdraw(net: &mut Suite, name: &str) {
    let who = net.account(name);
    net.send(&who, ExecuteMsg::WithdrawDelegatorReward { mix_id: 1 }).unwrap();
}

fn scores() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0u64..=100, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn several_delegations_earn_no_more_than_one_of_the_same_amount(
        parts in prop::collection::vec(amount(), 2..5),
        scores in scores(),
    ) {
        let names = ["bob", "carol", "dave", "erin"];
        let one = [("alice", parts.iter().sum::<u128>())];
        let several: Vec<_> = names.into_iter().zip(parts.iter().copied()).collect();
        let (mut whole, mut split) = (play(&one, &scores), play(&several, &scores));

        let together = leave(&mut whole, "alice");

        let apart: u128 = several.iter().map(|(name, _)| leave(&mut split, name)).sum();
        prop_assert!(apart <= together, "{apart} apart, {together} together");
        // Each part is rounded down to whole units for itself.
        prop_assert!(together - apart <= parts.len() as u128, "{apart} apart, {together} together");
    }

    #[test]
    fn withdrawing_before_leaving_is_the_same_as_leaving(amount in amount(), scores in scores()) {
        let net = play(&[("alice", amount)], &scores);
        let (mut at_once, mut in_two) = (net.fork(), net.fork());

        let left = leave(&mut at_once, "alice");

        withdraw(&mut in_two, "alice");
        withdraw(&mut in_two, "alice");
        in_two.next_block();
        let both = leave(&mut in_two, "alice");
        prop_assert!(both.abs_diff(left) <= 1, "{both} in two, {left} at once");
    }

    #[test]
    fn withdrawing_on_the_way_pays_no_more_than_staying(amount in amount(), scores in scores()) {
        let (mut stayed, mut withdrawn) = (play(&[("alice", amount)], &scores), play(&[("alice", amount)], &[]));
        for score in &scores {
            withdrawn.turn_with(3, &[(1, *score), (2, 90), (3, 80), (4, 70)]);
            withdraw(&mut withdrawn, "alice");
        }
        withdrawn.next_block();

        let (most, got) = (leave(&mut stayed, "alice"), leave(&mut withdrawn, "alice"));

        prop_assert!(got >= amount, "{got} of {amount}");
        prop_assert!(got <= most + 1, "{got} with withdrawals, {most} without");
    }
}
