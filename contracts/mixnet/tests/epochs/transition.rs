//! Beginning, advancing, ending: by anyone, in bounded steps, twice without harm.

use cosmwasm_std::Addr;
use nym_contract_types::mixnet::{
    CandidatesResponse, CurrentIntervalResponse, DrawOutcome, EpochState, ExecuteMsg, LayerDistributionResponse,
    QueryMsg, RewardedNodeStatus, RewardedSetResponse,
};
use nym_mixnet_contract::ContractError;

use crate::assert_refused;
use crate::suite::{attribute, Suite, EPOCH, NYM};

#[test]
fn a_network_starts_in_epoch_zero_with_nobody_in_the_rewarded_set() {
    let net = Suite::with_monitors(3);

    let status = net.status();
    assert_eq!((status.epoch, status.state, status.draw), (0, EpochState::InProgress, DrawOutcome::None));
    assert_eq!(status.height, net.env.block.height);
    assert_eq!(status.previous_height, None);
    assert_eq!(status.ends_at, status.starts_at + EPOCH);
    assert!(net.rewarded_set().is_empty());
}

#[test]
fn a_transition_needs_the_epochs_end() {
    let mut net = Suite::with_monitors(3);
    let ends_at = net.status().ends_at;

    assert_refused!(net.begin(), ContractError::EpochNotOver { epoch: 0, ends_at: end, .. } if end == ends_at);
    assert_refused!(net.advance(None), ContractError::TransitionNotBegun { epoch: 0 });

    net.end_epoch();
    let begun = net.begin().unwrap();
    assert_eq!(attribute(&begun, "action"), "begin_epoch_transition");
    assert_eq!(attribute(&begun, "state"), "rewarding");
}

#[test]
fn the_first_set_needs_no_reports_and_every_layer_gets_nodes() {
    let mut net = Suite::with_monitors(3);
    net.bond_many(7);

    net.end_epoch();
    net.begin().unwrap();
    let done = net.advance(None).unwrap();

    assert_eq!(attribute(&done, "draw"), "drawn");
    assert_eq!(attribute(&done, "rewarded_set"), "7");
    let status = net.status();
    assert_eq!((status.epoch, status.draw), (1, DrawOutcome::Drawn));
    assert_eq!(status.height, net.env.block.height);
    let layers = net.query::<LayerDistributionResponse>(QueryMsg::GetLayerDistribution {});
    assert_eq!(layers, LayerDistributionResponse { layer1: 3, layer2: 2, layer3: 2 });
    assert!(net.rewarded_set().iter().all(|node| node.status == RewardedNodeStatus::Active));
}

#[test]
fn only_the_first_by_the_draw_are_active() {
    let mut net = Suite::build(1, |msg| {
        msg.initial_rewarding_params.rewarded_set_size = 10;
        msg.initial_rewarding_params.active_set_size = 4;
    });
    net.bond_many(20);

    net.turn();

    let set = net.rewarded_set();
    assert_eq!(set.len(), 10);
    let active: Vec<_> = set.iter().filter(|node| node.status == RewardedNodeStatus::Active).collect();
    assert_eq!(active.len(), 4);
    assert!(active.iter().all(|node| node.layer.is_some()));
    assert!(set.iter().filter(|node| node.status == RewardedNodeStatus::Standby).all(|node| node.layer.is_none()));
}

#[test]
fn with_fewer_than_three_candidates_the_set_stays_and_says_so() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(2);

    net.turn();
    assert_eq!(net.status().draw, DrawOutcome::KeptTooFewCandidates);
    assert!(net.rewarded_set().is_empty());

    let third = net.account("third");
    net.bond(&third, 3);
    net.turn();
    assert_eq!(net.status().draw, DrawOutcome::Drawn);
    let drawn = net.rewarded_set();

    net.unbond(&third).unwrap();
    net.turn();
    assert_eq!(net.status().draw, DrawOutcome::KeptTooFewCandidates);
    assert_eq!(net.rewarded_set(), drawn);
}

#[test]
fn any_step_size_leads_to_the_same_set() {
    let outcomes: Vec<_> = [1, 7, 128, 300, 5_000]
        .into_iter()
        .map(|limit| {
            let mut net = Suite::build(1, |msg| {
                msg.initial_rewarding_params.rewarded_set_size = 40;
                msg.initial_rewarding_params.active_set_size = 20;
            });
            net.bond_many(300);
            net.end_epoch();
            net.begin().unwrap();
            let steps = net.finish(Some(limit));
            // One pass over the nodes and one over the candidates, each in whole steps, and one more to see the end.
            assert!(steps <= 2 * 300 / limit.min(300) + 3, "{steps} steps of {limit}");
            net.rewarded_set()
        })
        .collect();

    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn whoever_is_late_with_a_step_does_no_harm() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(5);
    net.end_epoch();
    let late = |net: &mut Suite, msg| {
        let anyone = net.stranger();
        let before = net.store.records().clone();
        let response = net.send(&anyone, msg).unwrap();
        assert_eq!(attribute(&response, "nothing_to_do"), "true");
        assert_eq!(&before, net.store.records());
    };

    net.begin().unwrap();
    late(&mut net, ExecuteMsg::BeginEpochTransition { epoch: Some(0) });
    late(&mut net, ExecuteMsg::BeginEpochTransition { epoch: None });
    net.finish(None);
    late(&mut net, ExecuteMsg::BeginEpochTransition { epoch: Some(0) });
    late(&mut net, ExecuteMsg::AdvanceEpoch { epoch: Some(0), limit: None });

    let anyone = net.stranger();
    let early = net.send(&anyone, ExecuteMsg::AdvanceEpoch { epoch: Some(2), limit: None });
    assert_refused!(early, ContractError::WrongEpoch { given: 2, current: 1 });
}

#[test]
fn late_epochs_catch_up_one_by_one_without_drift() {
    let mut net = Suite::with_monitors(2);
    net.bond_many(4);
    let start = net.status().starts_at;
    net.advance_seconds(5 * EPOCH + 1_000);

    for epoch in 1..=5 {
        net.begin().unwrap();
        net.finish(None);
        let status = net.status();
        assert_eq!((status.epoch, status.starts_at), (epoch, start + u64::from(epoch) * EPOCH));
        net.next_block();
    }
    assert_refused!(net.begin(), ContractError::EpochNotOver { epoch: 5, .. });
}

#[test]
fn a_first_epoch_without_length_ends_at_once_and_starts_the_clock() {
    let mut net = Suite::build(3, |msg| msg.first_epoch_length = Some(0));
    net.bond_many(6);
    net.advance_seconds(77);

    net.begin().unwrap();
    net.finish(None);

    let status = net.status();
    assert_eq!((status.epoch, status.starts_at), (1, net.env.block.time.seconds()));
    assert_eq!(status.ends_at, status.starts_at + EPOCH);
}

#[test]
fn heights_of_the_current_and_the_previous_epoch_are_recorded() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    net.turn();
    let first = net.status();
    net.advance_seconds(10);
    net.turn();
    let second = net.status();

    assert_eq!(second.previous_height, Some(first.height));
    assert_eq!(second.height, net.env.block.height);
}

#[test]
fn the_set_before_can_be_asked_for_and_no_other() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    net.turn();
    let first = net.rewarded_set();
    net.bond(&net.account("fourth"), 4);
    net.turn();

    let ask = |epoch| QueryMsg::GetRewardedSet { epoch: Some(epoch), limit: None, start_after: None };
    assert_eq!(net.query::<RewardedSetResponse>(ask(1)).nodes, first);
    assert_eq!(net.query::<RewardedSetResponse>(ask(2)).nodes.len(), 4);
    assert_refused!(net.try_query::<RewardedSetResponse>(ask(0)), ContractError::WrongEpoch { given: 0, current: 2 });
    assert_refused!(net.try_query::<RewardedSetResponse>(ask(3)), ContractError::WrongEpoch { given: 3, current: 2 });
}

#[test]
fn stakes_stand_still_while_nodes_are_gone_through_and_move_again_before_the_draw() {
    let mut net = Suite::build(1, |msg| msg.epochs.bootstrap_seed = false);
    let ids = net.bond_many(3);
    let delegator = net.account("delegator");
    net.delegate(&delegator, ids[0], NYM).unwrap();
    net.end_epoch();
    net.begin().unwrap();
    net.advance(Some(1)).unwrap();

    assert_refused!(net.delegate(&delegator, ids[0], NYM), ContractError::TransitionUnderWay { epoch: 0 });
    assert_refused!(net.undelegate(&delegator, ids[0]), ContractError::TransitionUnderWay { epoch: 0 });
    assert_refused!(net.unbond(&net.operator(1)), ContractError::TransitionUnderWay { epoch: 0 });

    net.advance(None).unwrap();
    assert_eq!(net.status().state, EpochState::AdvancingEpoch);
    net.delegate(&delegator, ids[0], NYM).unwrap();
    net.unbond(&net.operator(2)).unwrap();
}

#[test]
fn without_a_seed_the_set_stays_after_the_grace_and_says_so() {
    let mut net = Suite::build(1, |msg| msg.epochs.bootstrap_seed = false);
    net.bond_many(4);
    net.end_epoch();
    net.begin().unwrap();
    net.advance(None).unwrap();

    assert_refused!(net.advance(None), ContractError::SeedMissing { epoch: 1, .. });
    net.advance_seconds(600);
    net.advance(None).unwrap();

    assert_eq!((net.epoch(), net.status().draw), (1, DrawOutcome::KeptNoSeed));
    assert!(net.rewarded_set().is_empty());
}

#[test]
fn candidates_are_the_nodes_bonded_before_the_transition_that_can_be_linked_to() {
    let mut net = Suite::build(1, |msg| msg.epochs.bootstrap_seed = false);
    net.bond_many(3);
    let without_link_key = {
        let owner = net.account("no link key");
        let identity = crate::suite::Identity::of(50);
        let mut node = crate::suite::Announced::mix_node(&identity);
        node.noise_key = None;
        let funds = cosmwasm_std::coins(100 * NYM, "unym");
        let msg = net.mixnode_bonding(&owner, &identity, node, crate::suite::Announced::costs(), &funds);
        net.execute(&owner, msg, &funds).unwrap();
        4
    };
    net.end_epoch();
    net.begin().unwrap();
    let late: Addr = net.account("late");
    let late = net.bond(&late, 60);
    net.advance(None).unwrap();

    let listed = net.query::<CandidatesResponse>(QueryMsg::GetCandidates { limit: None, start_after: None });
    let ids: Vec<_> = listed.candidates.iter().map(|candidate| candidate.node_id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(!ids.contains(&without_link_key) && !ids.contains(&late));
}

#[test]
fn intervals_count_their_epochs() {
    let mut net = Suite::build(1, |msg| msg.epochs.epochs_in_interval = 3);
    net.bond_many(3);
    let details = |net: &Suite| {
        let reply: CurrentIntervalResponse = net.query(QueryMsg::GetCurrentIntervalDetails {});
        (reply.interval.id, reply.interval.current_epoch_id, reply.interval.total_elapsed_epochs)
    };

    let seen: Vec<_> = (0..7)
        .map(|_| {
            let seen = details(&net);
            net.turn();
            seen
        })
        .collect();

    assert_eq!(seen, [(0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 0, 3), (1, 1, 4), (1, 2, 5), (2, 0, 6)]);
}

#[test]
fn a_transition_ends_although_its_last_node_has_left_and_many_have_bonded_since() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(5);
    let last = net.operator(5);
    net.unbond(&last).unwrap();
    net.end_epoch();
    net.begin().unwrap();
    for number in 6..=12 {
        let owner = net.operator(number);
        net.bond(&owner, number);
    }

    // Steps as small as they get: each finds more new nodes than it may handle.
    let steps = net.finish(Some(1));

    assert!(steps <= 6 + 5, "{steps} steps");
    assert_eq!(net.rewarded_set().iter().map(|node| node.mix_id).collect::<Vec<_>>(), [1, 2, 3, 4]);
}
