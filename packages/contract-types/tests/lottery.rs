//! The lottery against an independent implementation, and against the probabilities that it promises.
#![allow(clippy::unwrap_used)]

use nym_contract_types::lottery::{bootstrap_seed, draw, finish, first_seed, layers, Race};
use proptest::prelude::*;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/lottery.json")).unwrap()
}

fn int(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn seeds_finishes_and_draws_are_those_of_the_vectors() {
    let vectors = vectors();
    let (chain, contract) = (vectors["chain_id"].as_str().unwrap(), vectors["contract"].as_str().unwrap());
    let first = first_seed(chain, contract);
    assert_eq!(hex::encode(first), vectors["first_seed"].as_str().unwrap());
    let seed = bootstrap_seed(chain, contract, 1, &first);
    assert_eq!(hex::encode(seed), vectors["bootstrap_seed_of_epoch_1"].as_str().unwrap());

    for case in vectors["finishes"].as_array().unwrap() {
        let weight = case["weight"].as_str().unwrap().parse().unwrap();
        let finish = finish(&seed, 1, int(&case["node"]), weight).unwrap();
        assert_eq!(finish.time.to_string(), case["time"].as_str().unwrap());
    }
    for case in vectors["draws"].as_array().unwrap() {
        let seed = hex::decode(case["seed"].as_str().unwrap()).unwrap();
        let candidates: Vec<_> = case["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (int(&entry[0]), entry[1].as_str().unwrap().parse().unwrap()))
            .collect();
        let drawn = draw(
            &seed,
            int(&case["epoch"]),
            &candidates,
            int(&case["rewarded_set_size"]) as usize,
            int(&case["active_set_size"]) as usize,
        );
        let expected = case["drawn"].as_array().map(|drawn| {
            drawn.iter().map(|entry| (int(&entry[0]), entry[1].as_u64().map(|layer| layer as u8))).collect::<Vec<_>>()
        });
        assert_eq!(drawn, expected);
    }
}

#[test]
fn the_first_place_goes_by_weight() {
    // 40,000 draws: three standard deviations of the rarest node's share are 0.5 %.
    let candidates = [(1, 1u64), (2, 2), (3, 3), (4, 4)];
    let mut firsts = [0u32; 4];
    for epoch in 0..40_000 {
        let first = candidates.iter().filter_map(|&(id, weight)| finish(b"seed", epoch, id, weight)).min().unwrap();
        firsts[(first.node_id - 1) as usize] += 1;
    }
    for (count, (_, weight)) in firsts.iter().zip(candidates) {
        let (share, expected) = (f64::from(*count) / 40_000.0, weight as f64 / 10.0);
        assert!((share - expected).abs() < 0.0075, "{share} instead of {expected}");
    }
}

#[test]
fn the_second_place_goes_by_weight_among_the_others() {
    // Successive sampling: P(first 1, second 2) = 0.1 · 2/9.
    let candidates = [(1, 1u64), (2, 2), (3, 3), (4, 4)];
    let mut seen = 0u32;
    for epoch in 0..40_000 {
        let mut order: Vec<_> =
            candidates.iter().filter_map(|&(id, weight)| finish(b"another", epoch, id, weight)).collect();
        order.sort_unstable();
        seen += u32::from(order[0].node_id == 4 && order[1].node_id == 3);
    }
    let (share, expected) = (f64::from(seen) / 40_000.0, 0.4 * 3.0 / 6.0);
    assert!((share - expected).abs() < 0.0065, "{share} instead of {expected}");
}

#[test]
fn layers_are_filled_evenly_and_every_node_gets_each_layer_in_turn() {
    let ids: Vec<u32> = (1..=7).collect();
    let mut counts = [[0u32; 3]; 7];
    for epoch in 0..9_000 {
        let dealt = layers(b"seed", epoch, &ids);
        let in_layer = |layer| dealt.iter().filter(|(_, one)| *one == layer).count();
        assert_eq!([in_layer(1), in_layer(2), in_layer(3)], [3, 2, 2]);
        for (id, layer) in dealt {
            counts[(id - 1) as usize][usize::from(layer - 1)] += 1;
        }
    }
    for count in counts {
        for (layer, expected) in count.iter().zip([3.0 / 7.0, 2.0 / 7.0, 2.0 / 7.0]) {
            assert!((f64::from(*layer) / 9_000.0 - expected).abs() < 0.02, "{count:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_race_in_steps_is_the_draw_at_once(
        weights in prop::collection::vec(any::<u64>(), 0..200), places in 1usize..50, step in 1usize..40, seed in any::<[u8; 32]>(),
    ) {
        let finishes: Vec<_> = (1u32..).zip(&weights).filter_map(|(id, weight)| finish(&seed, 3, id, *weight)).collect();
        let mut best = Vec::new();
        for part in finishes.chunks(step) {
            let mut race = Race::new(places, std::mem::take(&mut best));
            for finish in part {
                race.offer(*finish);
            }
            best = race.into_order();
        }
        let mut straight = finishes;
        straight.sort_unstable();
        straight.truncate(places);
        prop_assert_eq!(best, straight);
    }

    #[test]
    fn the_order_of_candidates_does_not_matter(
        weights in prop::collection::vec(1u64..1_000_000, 3..40), k in 3usize..30, a in 3usize..30,
    ) {
        let mut candidates: Vec<_> = (1u32..).zip(weights).collect();
        let straight = draw(b"seed", 1, &candidates, k, a.min(k));
        candidates.reverse();
        prop_assert_eq!(draw(b"seed", 1, &candidates, k, a.min(k)), straight);
    }
}
