//! What holds for all stakes, costs and performances.
#![allow(clippy::unwrap_used)]

use cosmwasm_std::{Decimal256, Uint256};
use nym_rewarding::{delegation, nearest, node_reward, Costs, Params, Stake, Work};
use proptest::prelude::*;

fn units(units: u128) -> Decimal256 {
    Decimal256::from_ratio(Uint256::from(units), 1u32)
}

fn points(points: u32) -> Decimal256 {
    Decimal256::from_ratio(points, 10_000u32)
}

prop_compose! {
    fn params()(pool in 0u128..1_000_000_000_000_000_000, supply in 1u128..1_000_000_000_000_000_000, k in 3u32..1_000,
        epochs in 1u32..2_000, emission in 0u32..=10_000, alpha in 0u32..=10_000, beta in 0u32..=10_000) -> Params {
        let mut params = Params {
            reward_pool: units(pool), staking_supply: units(supply), supply_scale_factor: points(beta),
            pool_emission: points(emission), sybil_resistance: points(alpha), rewarded_set_size: k,
            epochs_in_interval: epochs, epoch_budget: Decimal256::zero(), saturation_point: Decimal256::zero(),
        };
        params.derive().unwrap();
        params
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn all_nodes_together_earn_no_more_than_the_budget(
        params in params(), active_share in 0u32..=10_000, factor in 1u32..1_000,
        nodes in prop::collection::vec((0u128..1_000_000_000_000_000_000, 0u128..1_000_000_000_000_000_000, 0u32..=10_000, 0u32..=10_000, 0u128..1_000_000_000_000), 1..50),
    ) {
        let active = (3 + u64::from(params.rewarded_set_size - 3) * u64::from(active_share) / 10_000) as u32;
        let work = Work::new(Decimal256::from_ratio(factor, 1u32), params.rewarded_set_size, active).unwrap();
        let mut sum = Decimal256::zero();
        for (index, (operator, delegates, performance, margin, cost)) in nodes.iter().take(params.rewarded_set_size as usize).enumerate() {
            let stake = Stake { operator: units(*operator), delegates: units(*delegates) };
            let costs = Costs { profit_margin: points(*margin), interval_operating_cost: units(*cost) };
            let reward = node_reward(&params, &work, &stake, &costs, points(*performance), index < active as usize).unwrap();
            if delegates == &0 {
                prop_assert!(reward.delegates.is_zero());
            }
            sum += reward.total().unwrap();
        }
        prop_assert!(sum <= params.epoch_budget, "{sum} of {}", params.epoch_budget);
    }

    #[test]
    fn the_nearest_is_in_the_range_and_nothing_in_it_is_nearer(value in 0u32..100, minimum in 0u32..100, length in 0u32..100) {
        let maximum = minimum + length;

        let found = nearest(value, Some((minimum, maximum)));

        prop_assert!((minimum..=maximum).contains(&found));
        prop_assert!((minimum..=maximum).all(|other| found.abs_diff(value) <= other.abs_diff(value)));
        prop_assert_eq!(nearest(value, None), value);
    }

    #[test]
    fn delegations_are_never_worth_more_than_the_node_holds_for_them(
        steps in prop::collection::vec((0u8..3, 1u128..10_000_000_000_000, 0usize..8), 1..60),
    ) {
        let (mut total, mut unit, mut most) = (0u128, 0u128, 0u128);
        let mut held: Vec<(u128, u128)> = Vec::new();
        for (step, amount, which) in &steps {
            match step {
                0 => {
                    held.push((amount * delegation::SCALE, unit));
                    total += amount * delegation::SCALE;
                }
                1 if !held.is_empty() => {
                    // A ten-thousandth of the stake at most, as the model gives.
                    let reward = (total / 10_000).min(amount * delegation::SCALE);
                    unit = delegation::unit_reward_after(unit, total, reward).unwrap();
                    total += reward;
                }
                2 if !held.is_empty() => {
                    let (amount, then) = held.swap_remove(which % held.len());
                    total = total.checked_sub(delegation::value(amount, then, unit).unwrap()).expect("enough is held");
                }
                _ => {}
            }
            most = most.max(total);
            let worth: u128 = held.iter().map(|(amount, then)| delegation::value(*amount, *then, unit).unwrap()).sum();
            prop_assert!(worth <= total);
            // One unit reward that was rounded down costs a delegation at most amount/U of its smallest unit.
            let dust = steps.len() as u128 * (2 + most / delegation::UNIT) * 2;
            prop_assert!(total - worth <= dust, "{} left of {total}", total - worth);
        }
    }
}
