//! Poisonous records: whatever numbers a node has, the epoch ends, the node is named, and what was staked comes back.

use cosmwasm_std::coins;
use nym_contract_types::mixnet::{
    CandidatesResponse, ExecuteMsg, MixNodeDetails, PagedMixnodesDetailsResponse, ParkedNode, ParkedNodesResponse,
    QueryMsg,
};
use nym_contract_types::NodeId;
use nym_mixnet_contract::delegations::state::DELEGATIONS;
use nym_mixnet_contract::mixnodes::state::{NodeStake, PendingCosts, SCALE, STAKES};

use crate::suite::{attribute, Suite, DENOM, NYM, PLEDGE};

const NODES: u32 = 6;
const DELEGATED: u128 = 5_000 * NYM;
const MORE: u128 = 7 * NYM;

/// Six nodes in the set, each with two delegations, of which one has grown, and a pending pledge.
fn network() -> Suite {
    let mut net = Suite::with_monitors(1);
    net.bond_many(NODES);
    for name in ["alice", "bob"] {
        for mix_id in 1..=NODES {
            net.delegate(&net.account(name), mix_id, DELEGATED).unwrap();
        }
    }
    net.turn();
    net.turn_with(1, &scores());
    for mix_id in 1..=NODES {
        net.delegate(&net.account("alice"), mix_id, MORE).unwrap();
        let operator = net.operator(mix_id);
        net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(MORE, DENOM)).unwrap();
    }
    net.next_block();
    net
}

fn scores() -> Vec<(NodeId, u64)> {
    (1..=NODES).map(|id| (id, 100)).collect()
}

/// Changes a record.
type Poison = fn(&mut NodeStake);

/// What a record may come to hold that no message could have put there.
fn poisons() -> Vec<(&'static str, Poison)> {
    vec![
        ("operator", |stake| stake.operator = u128::MAX),
        ("operator, less one", |stake| stake.operator = u128::MAX - stake.delegates),
        ("delegates", |stake| stake.delegates = u128::MAX),
        ("both", |stake| (stake.operator, stake.delegates) = (u128::MAX, u128::MAX)),
        ("unit reward", |stake| stake.unit_reward = u128::MAX),
        ("cost", |stake| stake.operating_cost = u128::MAX),
        ("margin", |stake| stake.profit_margin = u64::MAX),
        ("pending pledge", |stake| stake.pending.as_mut().unwrap().pledged = u128::MAX),
        ("pending delegations", |stake| stake.pending.as_mut().unwrap().delegated = u128::MAX),
        ("number of delegations", |stake| stake.delegations = u32::MAX),
        ("pending costs", |stake| {
            stake.pending_costs =
                Some(PendingCosts { interval: 0, profit_margin: u64::MAX, operating_cost: u128::MAX });
        }),
        ("everything", |stake| {
            (stake.operator, stake.delegates, stake.unit_reward) = (u128::MAX, u128::MAX, u128::MAX);
            (stake.profit_margin, stake.operating_cost, stake.last_rewarded) = (u64::MAX, u128::MAX, u32::MAX);
        }),
    ]
}

fn poison(net: &mut Suite, mix_id: NodeId, change: Poison) -> NodeStake {
    let before = STAKES.load(&net.store, mix_id).unwrap();
    let mut stake = before.clone();
    change(&mut stake);
    STAKES.save(&mut net.store, mix_id, &stake);
    before
}

fn parked(net: &Suite) -> Vec<ParkedNode> {
    net.query::<ParkedNodesResponse>(QueryMsg::GetParkedNodes { limit: None, start_after: None }).nodes
}

fn candidates(net: &Suite) -> Vec<NodeId> {
    let found: CandidatesResponse = net.query(QueryMsg::GetCandidates { limit: None, start_after: None });
    found.candidates.into_iter().map(|candidate| candidate.node_id).collect()
}

fn listed(net: &Suite) -> Vec<MixNodeDetails> {
    net.query::<PagedMixnodesDetailsResponse>(QueryMsg::GetMixNodesDetailed { limit: None, start_after: None }).nodes
}

/// Ends the epoch in steps of one node; returns the numbers that its events named.
fn turn(net: &mut Suite, mix_id: NodeId) -> Vec<String> {
    net.end_epoch();
    net.report(0, &scores()).unwrap();
    net.begin().unwrap();
    let epoch = net.epoch();
    let mut named = Vec::new();
    while net.epoch() == epoch {
        let response = net.advance(Some(1)).unwrap_or_else(|error| panic!("node {mix_id}: {error}"));
        let event = response.events.first().unwrap();
        named.extend(event.attributes.iter().filter(|found| found.key == "parked").map(|found| found.value.clone()));
    }
    named
}

#[test]
fn an_epoch_with_a_poisonous_node_at_every_position_ends_and_the_others_are_paid() {
    for (what, change) in poisons() {
        for mix_id in 1..=NODES {
            let mut net = network();
            poison(&mut net, mix_id, change);
            let before = net.epoch();

            let named = turn(&mut net, mix_id);

            assert_eq!(net.epoch(), before + 1, "{what} of node {mix_id}");
            let others: Vec<NodeId> = (1..=NODES).filter(|id| *id != mix_id).collect();
            for id in &others {
                assert_eq!(STAKES.load(&net.store, *id).unwrap().last_rewarded, before, "{what} of node {mix_id}");
                assert!(candidates(&net).contains(id));
            }
            assert_eq!(listed(&net).len(), NODES as usize, "lists stay readable: {what} of node {mix_id}");
            // Either the numbers still mean something, or the node is named and is no candidate.
            let parked = parked(&net);
            if parked.is_empty() {
                assert!(named.is_empty() && candidates(&net).contains(&mix_id), "{what} of node {mix_id}");
            } else {
                assert_eq!(named, [mix_id.to_string()]);
                assert_eq!((parked[0].mix_id, parked[0].since), (mix_id, before));
                assert!(parked[0].reason.contains("out of range"), "{}", parked[0].reason);
                assert!(!candidates(&net).contains(&mix_id));
            }
        }
    }
}

#[test]
fn what_was_staked_on_a_parked_node_comes_back_and_the_others_are_whole() {
    let mut count = 0;
    for (what, change) in poisons() {
        for mix_id in [1, NODES] {
            let mut net = network();
            let before = poison(&mut net, mix_id, change);
            turn(&mut net, mix_id);
            if parked(&net).is_empty() {
                continue;
            }
            count += 1;
            net.next_block();
            for (name, least) in [("alice", DELEGATED + MORE), ("bob", DELEGATED)] {
                let who = net.account(name);
                net.undelegate(&who, mix_id).unwrap_or_else(|error| panic!("{what}, {name}: {error}"));
                assert_eq!(net.received(&who), least, "{what}, {name}");
            }
            if !what.starts_with("pending pledge") {
                let operator = net.operator(mix_id);
                net.unbond(&operator).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(net.received(&operator), before.pledge + MORE, "{what}");
                assert!(parked(&net).is_empty());
            }
            // A node that is not parked pays its rewards.
            let other = 3;
            for name in ["alice", "bob"] {
                let who = net.account(name);
                let had = net.received(&who);
                net.undelegate(&who, other).unwrap();
                assert!(net.received(&who) - had > DELEGATED, "{what}");
            }
            let operator = net.operator(other);
            net.unbond(&operator).unwrap();
            assert!(net.received(&operator) > PLEDGE + MORE);
        }
    }
    assert!(count >= 8, "{count} poisonous records were parked");
}

#[test]
fn who_is_refunded_after_the_operator_left_gets_the_same() {
    let mut net = network();
    poison(&mut net, 2, |stake| stake.operator = u128::MAX);
    turn(&mut net, 2);
    let operator = net.operator(2);
    net.unbond(&operator).unwrap();
    for (name, paid) in [("alice", DELEGATED + MORE), ("bob", DELEGATED)] {
        let who = net.account(name);
        let response = net.undelegate(&who, 2).unwrap();
        assert_eq!(attribute(&response, "amount"), format!("{paid}{DENOM}"));
    }
    assert!(net.store.records().keys().all(|key| !key.starts_with(b"\0\x03mnl")), "nothing of it is left");
}

#[test]
fn no_unit_reward_is_left_of_a_parked_node_whose_delegations_began_in_many_turns() {
    let mut net = network();
    let owners = ["alice", "bob", "carol", "dave", "erin"].map(|name| net.account(name));
    for owner in &owners[2..] {
        net.delegate(owner, 2, DELEGATED).unwrap();
        net.turn_with(1, &scores());
    }
    let unit_rewards = |net: &Suite| net.store.records().keys().filter(|key| key.starts_with(b"\0\x02ur")).count();
    assert_eq!(unit_rewards(&net), 2, "of four turns, two are not in the node's own record");
    poison(&mut net, 2, |stake| stake.operator = u128::MAX);
    assert_eq!(turn(&mut net, 2), ["2"]);

    net.next_block();
    for owner in &owners {
        net.undelegate(owner, 2).unwrap();
    }

    assert_eq!(unit_rewards(&net), 0);
}

#[test]
fn a_refund_of_what_has_begun_to_count_is_taken_out_of_the_nodes_stakes() {
    let mut net = network();
    let carol = net.account("carol");
    net.delegate(&carol, 2, DELEGATED).unwrap();
    net.turn_with(1, &scores());
    poison(&mut net, 2, |stake| stake.operator = u128::MAX);
    assert_eq!(turn(&mut net, 2), ["2"]);
    let before = STAKES.load(&net.store, 2).unwrap();
    assert_eq!(before.pending, None);

    net.next_block();
    net.undelegate(&carol, 2).unwrap();

    assert_eq!(net.received(&carol), DELEGATED);
    let after = STAKES.load(&net.store, 2).unwrap();
    assert_eq!(before.delegates - after.delegates, DELEGATED * SCALE);
}

#[test]
fn a_parked_node_is_tried_again_and_earns_when_its_numbers_are_right() {
    let mut net = network();
    let before = poison(&mut net, 4, |stake| stake.operator = u128::MAX);
    assert_eq!(turn(&mut net, 4), ["4"]);
    assert_eq!(turn(&mut net, 4), ["4"], "it is named each time");
    assert_eq!(parked(&net)[0].since, 2, "since the first");

    let mut healed = STAKES.load(&net.store, 4).unwrap();
    healed.operator = before.operator;
    STAKES.save(&mut net.store, 4, &healed);
    assert!(turn(&mut net, 4).is_empty());

    assert!(parked(&net).is_empty() && candidates(&net).contains(&4));
    assert!(!STAKES.load(&net.store, 4).unwrap().parked);
    net.next_block();
    let bob = net.account("bob");
    net.undelegate(&bob, 4).unwrap();
    assert!(net.received(&bob) > DELEGATED, "with the rewards of before");
}

#[test]
fn a_record_that_does_not_parse_stops_nothing_at_any_position() {
    for mix_id in 1..=NODES {
        for bytes in [vec![0], vec![255; 40], vec![7; 200]] {
            let mut net = network();
            let key = [b"\0\x03mnr".as_slice(), &mix_id.to_be_bytes()].concat();
            assert!(net.store.records_mut().insert(key, bytes).is_some());

            let named = turn(&mut net, mix_id);

            assert_eq!(named, [mix_id.to_string()]);
            assert_eq!(parked(&net)[0].reason, "the stored stake of a node does not parse");
            assert_eq!(listed(&net).len(), NODES as usize - 1);
            assert_eq!(turn(&mut net, mix_id), [mix_id.to_string()]);
        }
    }
}

#[test]
fn a_poisonous_delegation_is_nobody_elses_business() {
    for mix_id in [1, 3, NODES] {
        for poison in [0, 1, 2] {
            let mut net = network();
            let (alice, bob) = (net.account("alice"), net.account("bob"));
            let mut delegation = DELEGATIONS.load(&net.store, (mix_id, &alice)).unwrap();
            match poison {
                0 => delegation.amount = u128::MAX,
                1 => delegation.unit_reward = u128::MAX,
                _ => delegation.pending = u128::MAX,
            }
            DELEGATIONS.save(&mut net.store, (mix_id, &alice), &delegation);

            assert!(turn(&mut net, mix_id).is_empty());

            assert!(parked(&net).is_empty());
            net.next_block();
            net.undelegate(&bob, mix_id).unwrap();
            assert!(net.received(&bob) > DELEGATED);
            for id in (1..=NODES).filter(|id| *id != mix_id) {
                net.undelegate(&alice, id).unwrap();
            }
        }
    }
}
