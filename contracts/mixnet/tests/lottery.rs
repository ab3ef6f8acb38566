//! Anyone can draw again: from the frozen candidates and the seed, by the independent function.

use nym_contract_types::lottery;
use nym_contract_types::mixnet::{CandidatesResponse, LotteryResponse, QueryMsg, SeedSource};
use nym_contract_types::NodeId;
use proptest::prelude::*;

use crate::suite::Suite;

fn candidates(net: &Suite) -> Vec<(NodeId, u64)> {
    let mut all = Vec::new();
    let mut start_after = None;
    loop {
        let page: CandidatesResponse = net.query(QueryMsg::GetCandidates { limit: Some(100), start_after });
        all.extend(page.candidates.iter().map(|candidate| (candidate.node_id, candidate.weight.u64())));
        start_after = page.start_next_after;
        if start_after.is_none() {
            return all;
        }
    }
}

fn drawn(net: &Suite) -> Vec<lottery::Drawn> {
    net.rewarded_set().into_iter().map(|node| (node.mix_id, node.layer)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_contracts_draw_is_the_one_that_anyone_computes(
        stakes in prop::collection::vec(1u128..1_000, 3..150),
        rewarded in 3u32..60,
        share in 0.0f64..1.0,
        limit in 1u32..400,
    ) {
        let active = 3 + ((f64::from(rewarded) - 3.0) * share) as u32;
        let mut net = Suite::build(1, |msg| {
            msg.initial_rewarding_params.rewarded_set_size = rewarded;
            msg.initial_rewarding_params.active_set_size = active;
        });
        for (number, stake) in (1u32..).zip(&stakes) {
            let owner = net.operator(number);
            net.bond_with(&owner, number, stake * 100_000_000).unwrap();
        }
        net.end_epoch();
        net.begin().unwrap();
        net.finish(Some(limit));

        let record: LotteryResponse = net.query(QueryMsg::GetLottery {});
        prop_assert!(record.candidates_available);
        prop_assert_eq!(record.seed_source, SeedSource::Bootstrap);
        let candidates = candidates(&net);
        prop_assert_eq!(candidates.len(), record.candidates as usize);
        let again = lottery::draw(
            record.seed.as_slice(),
            record.epoch,
            &candidates,
            record.rewarded_set_size as usize,
            record.active_set_size as usize,
        );
        prop_assert_eq!(again, Some(drawn(&net)));
    }
}

#[test]
fn seeds_follow_the_hash_chain_from_the_networks_name() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let (chain, contract) = (net.env.block.chain_id.clone(), net.env.contract.address.to_string());
    let mut seed = lottery::first_seed(&chain, &contract).to_vec();
    for epoch in 1..=3 {
        net.turn();
        seed = lottery::bootstrap_seed(&chain, &contract, epoch, &seed).to_vec();
        assert_eq!(net.query::<LotteryResponse>(QueryMsg::GetLottery {}).seed.to_vec(), seed);
    }
}

#[test]
fn once_the_next_transition_has_begun_the_candidates_are_no_longer_those_of_this_set() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    net.turn();
    net.end_epoch();
    net.advance_seconds(300);
    net.begin().unwrap();

    assert!(!net.query::<LotteryResponse>(QueryMsg::GetLottery {}).candidates_available);
}
