//! Rewards through the contract: the vectors, withdrawals, parameters that wait for their time.

use std::str::FromStr;

use cosmwasm_std::{coin, coins, Decimal, Decimal256, Uint128};
use nym_contract_types::mixnet::{
    EstimatedCurrentEpochRewardResponse, ExecuteMsg, MixNodeCostParams, MixnodeRewardingDetailsResponse, NodeRewarding,
    PendingParams, PendingRewardResponse, PoolChangeResponse, QueryMsg, RewardingParams, RewardingParamsUpdate,
};
use nym_contract_types::{NodeId, Percent};
use nym_mixnet_contract::epochs::state::{RewardedSet, REWARDED_SETS};
use nym_mixnet_contract::ContractError;
use serde_json::Value;

use crate::assert_refused;
use crate::suite::{attribute, Announced, Identity, Suite, DENOM, NYM, PLEDGE};

/// Pledge of the node under test in the vectors.
const OWN: u128 = 10_000 * NYM;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../packages/rewarding/tests/vectors/rewards.json")).unwrap()
}

fn case(name: &str) -> Value {
    vectors()["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
}

#[track_caller]
fn assert_close(actual: impl Into<Decimal256>, expected: &Value, what: &str) {
    let (actual, expected) = (actual.into(), Decimal256::from_str(expected.as_str().unwrap()).unwrap());
    let tolerance = Decimal256::from_str("0.000000000001").unwrap();
    // Relative 10^-12, and what a stake of 18 digits rounds off.
    assert!(actual.abs_diff(expected) <= expected * tolerance + tolerance, "{what}: {actual} is not {expected}");
}

fn stakes(net: &Suite, mix_id: NodeId) -> NodeRewarding {
    let reply: MixnodeRewardingDetailsResponse = net.query(QueryMsg::GetMixnodeRewardingDetails { mix_id });
    reply.rewarding_details.unwrap()
}

/// Node 1 with a pledge among three that earn nothing; epoch 1 runs.
fn network(pledge: u128) -> Suite {
    let mut net = Suite::with_monitors(1);
    let owner = net.operator(1);
    net.bond_with(&owner, 1, pledge).unwrap();
    for number in 2..=4 {
        let owner = net.operator(number);
        net.bond(&owner, number);
    }
    net.next_block();
    net
}

/// Ends an epoch in which node 1 performed so well. Returns what it earned: operator, delegates.
fn epoch(net: &mut Suite, percent: u64) -> (Decimal256, Decimal256) {
    // Delegations made in the epoch that ends count afterwards and are no reward.
    let before = stakes(net, 1);
    let msg = QueryMsg::GetMixnodeDetails { mix_id: 1 };
    let details: nym_contract_types::mixnet::MixnodeDetailsResponse = net.query(msg);
    let pending = details.mixnode_details.unwrap().pending_changes;
    net.turn_with(1, &[(1, percent), (2, 0), (3, 0), (4, 0)]);
    let after = stakes(net, 1);
    let whole = |units: Uint128| Decimal256::from_ratio(units, 1u32);
    (
        Decimal256::from(after.operator) - Decimal256::from(before.operator) - whole(pending.pledge_increase),
        Decimal256::from(after.delegates) - Decimal256::from(before.delegates) - whole(pending.delegations),
    )
}

#[test]
fn vectors_of_single_epochs() {
    for (name, pledge, delegated, percent) in [
        ("active node, no delegation", OWN, 0, 100),
        ("active node, one delegation of 18000 NYM", OWN, 18_000 * NYM, 100),
        ("active node at performance 0.9, one delegation of 18000 NYM", OWN, 18_000 * NYM, 90),
        ("pledge of 100 NYM, below operating cost", PLEDGE, 0, 100),
    ] {
        let mut net = network(pledge);
        let delegator = net.account("delegator");
        if delegated > 0 {
            net.delegate(&delegator, 1, delegated).unwrap();
        }
        net.turn();

        let (operator, delegates) = epoch(&mut net, percent);

        let expected = case(name);
        assert_close(operator, &expected["operator"], name);
        assert_close(delegates, &expected["delegates"], name);
        let change: PoolChangeResponse = net.query(QueryMsg::GetPoolChange {});
        assert_close(change.removed, &expected["total"], name);
    }
}

/// Makes nodes of the current set active or puts them on standby, as no draw can be asked to.
fn seat(net: &mut Suite, active: impl Fn(NodeId) -> bool) {
    let epoch = net.epoch();
    let mut set = RewardedSet::load(&net.store, epoch).unwrap();
    for seat in &mut set.seats {
        seat.layer_or_zero = u8::from(active(seat.node));
    }
    REWARDED_SETS.save(&mut net.store, epoch % 2, &set);
}

#[test]
fn vector_of_a_standby_node() {
    let name = "standby node, one delegation of 18000 NYM";
    let mut net = network(OWN);
    let delegator = net.account("delegator");
    net.delegate(&delegator, 1, 18_000 * NYM).unwrap();
    net.turn();
    seat(&mut net, |node| node != 1);

    let (operator, delegates) = epoch(&mut net, 100);

    assert_close(operator, &case(name)["operator"], "operator");
    assert_close(delegates, &case(name)["delegates"], "delegates");
}

#[test]
fn vector_of_ten_nodes_through_an_interval() {
    let vectors = vectors();
    let interval = &vectors["ten_nodes_one_interval"];
    let nodes = interval["nodes"].as_array().unwrap();
    let units = |value: &Value| value.as_str().unwrap().parse::<u128>().unwrap();
    let mut net = Suite::build(1, |msg| {
        msg.epochs.epochs_in_interval = 1;
        msg.initial_rewarding_params.rewarded_set_size = 10;
        msg.initial_rewarding_params.active_set_size = 6;
    });
    for (number, node) in (1..).zip(nodes) {
        let (owner, identity) = (net.operator(number), Identity::of(number));
        let costs = MixNodeCostParams {
            profit_margin_percent: node["profit_margin"].as_str().unwrap().parse().unwrap(),
            interval_operating_cost: coin(units(&node["interval_operating_cost"]), DENOM),
        };
        let funds = coins(units(&node["pledge"]), DENOM);
        let msg = net.mixnode_bonding(&owner, &identity, Announced::mix_node(&identity), costs, &funds);
        net.execute(&owner, msg, &funds).unwrap();
        let delegator = net.account("delegator");
        net.delegate(&delegator, number, units(&node["delegation"])).unwrap();
    }
    net.turn();
    seat(&mut net, |node| nodes[node as usize - 1]["active"].as_bool().unwrap());

    let scores: Vec<_> = (1..)
        .zip(nodes)
        .map(|(id, node)| (id, node["performance"].as_str().unwrap().parse::<Percent>().unwrap().basis_points() / 100))
        .map(|(id, percent)| (id, u64::from(percent)))
        .collect();
    net.turn_with(1, &scores);

    for (id, node) in (1..).zip(nodes) {
        let after = stakes(&net, id);
        assert_close(after.operator, &node["operator_after"], &format!("operator {id}"));
        assert_close(after.delegates, &node["delegates_after"], &format!("delegates {id}"));
    }
    let params: RewardingParams = net.query(QueryMsg::GetRewardingParams {});
    assert_close(params.interval.reward_pool, &interval["reward_pool_after"], "pool");
    assert_close(params.interval.staking_supply, &interval["staking_supply_after"], "supply");
}

#[test]
fn vector_of_a_delegation_over_two_epochs() {
    let expected = case("epoch 1 alone; delegate 18000 NYM; two epochs; undelegate");
    let mut net = network(OWN);
    let delegator = net.account("delegator");
    net.turn();
    net.delegate(&delegator, 1, 18_000 * NYM).unwrap();

    for rewards in expected["epochs"].as_array().unwrap() {
        let (operator, delegates) = epoch(&mut net, 100);
        assert_close(operator, &rewards[0], "operator");
        assert_close(delegates, &rewards[1], "delegates");
    }
    let msg = QueryMsg::GetPendingDelegatorReward { address: delegator.to_string(), mix_id: 1 };
    let pending: PendingRewardResponse = net.query(msg);
    assert_close(pending.amount_earned_detailed.unwrap(), &expected["delegation_reward"], "pending");
    net.next_block();
    net.undelegate(&delegator, 1).unwrap();

    assert_eq!(net.received(&delegator).to_string(), expected["paid_out"].as_str().unwrap());
}

#[test]
fn vectors_of_withdrawals() {
    let mut net = network(OWN);
    let (first, second) = (net.account("first"), net.account("second"));
    net.delegate(&first, 1, 18_000 * NYM).unwrap();
    net.delegate(&second, 1, 4_000 * NYM).unwrap();
    net.turn();
    let expected = case("delegations of 18000 and 4000 NYM; the operator withdraws after epoch 1");
    let one = epoch(&mut net, 100);
    let operator = net.operator(1);
    let response = net.send(&operator, ExecuteMsg::WithdrawOperatorReward {}).unwrap();
    assert_eq!(attribute(&response, "amount"), format!("{}unym", expected["withdrawn"].as_str().unwrap()));
    let two = epoch(&mut net, 100);
    for (rewards, expected) in [one, two].iter().zip(expected["epochs"].as_array().unwrap()) {
        assert_close(rewards.0, &expected[0], "operator");
        assert_close(rewards.1, &expected[1], "delegates");
    }

    let mut net = network(OWN);
    net.delegate(&first, 1, 18_000 * NYM).unwrap();
    net.delegate(&second, 1, 4_000 * NYM).unwrap();
    net.turn();
    let expected = case("delegations of 18000 and 4000 NYM; the first delegator withdraws after epoch 1");
    epoch(&mut net, 100);
    net.send(&first, ExecuteMsg::WithdrawDelegatorReward { mix_id: 1 }).unwrap();
    assert_eq!(net.received(&first).to_string(), expected["withdrawn"].as_str().unwrap());
    let (operator, delegates) = epoch(&mut net, 100);
    assert_close(operator, &expected["epoch_2"][0], "operator");
    assert_close(delegates, &expected["epoch_2"][1], "delegates");
    for (who, expected) in [&first, &second].iter().zip(expected["pending"].as_array().unwrap()) {
        let msg = QueryMsg::GetPendingDelegatorReward { address: who.to_string(), mix_id: 1 };
        let pending: PendingRewardResponse = net.query(msg);
        assert_close(pending.amount_earned_detailed.unwrap(), expected, "pending");
    }
}

#[test]
fn an_estimate_is_what_the_epoch_then_pays() {
    let mut net = network(OWN);
    let delegator = net.account("delegator");
    net.delegate(&delegator, 1, 18_000 * NYM).unwrap();
    net.turn();
    let estimated_performance = Percent::from_percentage(90).unwrap();
    let operator: EstimatedCurrentEpochRewardResponse =
        net.query(QueryMsg::GetEstimatedCurrentEpochOperatorReward { mix_id: 1, estimated_performance });
    let address = delegator.to_string();
    let delegates: EstimatedCurrentEpochRewardResponse =
        net.query(QueryMsg::GetEstimatedCurrentEpochDelegatorReward { address, mix_id: 1, estimated_performance });

    let paid = epoch(&mut net, 90);

    assert_eq!(Decimal256::from(operator.detailed_estimation_amount.unwrap()), paid.0);
    assert_eq!(Decimal256::from(delegates.detailed_estimation_amount.unwrap()), paid.1);
}

#[test]
fn a_node_outside_the_set_unknown_or_idle_earns_nothing() {
    let mut net = network(OWN);
    net.turn();

    // Never reported: it counts half in the lottery, but is paid nothing.
    net.turn();
    assert_eq!(stakes(&net, 1).operator.to_string(), OWN.to_string());
    let (operator, _) = epoch(&mut net, 0);
    assert!(operator.is_zero());
    // Node 5 bonds in an epoch and is in no set in it.
    let owner = net.operator(5);
    net.bond(&owner, 5);
    net.turn_with(1, &[(1, 100), (2, 100), (3, 100), (4, 100), (5, 100)]);
    assert_eq!(stakes(&net, 5).operator.to_string(), PLEDGE.to_string());
}

#[test]
fn a_pledge_grows_from_the_next_epoch_and_shrinks_at_once_but_not_below_the_minimum() {
    let mut net = network(PLEDGE);
    let operator = net.operator(1);
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(50, DENOM)).unwrap();
    assert_eq!(stakes(&net, 1).operator.to_string(), PLEDGE.to_string());
    net.send(&operator, ExecuteMsg::CancelPledgeMore {}).unwrap();
    assert_eq!(net.received(&operator), 50);
    assert_refused!(net.send(&operator, ExecuteMsg::CancelPledgeMore {}), ContractError::NothingPending { .. });

    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(70, DENOM)).unwrap();
    net.turn();
    assert_eq!(stakes(&net, 1).operator.to_string(), (PLEDGE + 70).to_string());
    assert_refused!(net.send(&operator, ExecuteMsg::CancelPledgeMore {}), ContractError::NothingPending { .. });
    let decrease = |amount| ExecuteMsg::DecreasePledge { decrease_by: coin(amount, DENOM) };
    assert_refused!(net.send(&operator, decrease(71)), ContractError::PledgeTooSmall { .. });
    assert_refused!(net.send(&operator, decrease(0)), ContractError::OneCoinNeeded { .. });
    net.send(&operator, decrease(30)).unwrap();
    assert_eq!((net.received(&operator), stakes(&net, 1).operator.to_string()), (80, (PLEDGE + 40).to_string()));

    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(5, DENOM)).unwrap();
    assert_refused!(net.send(&operator, decrease(1)), ContractError::StakeLocked { .. });
    net.next_block();
    net.unbond(&operator).unwrap();
    assert_eq!(net.received(&operator), 80 + PLEDGE + 40 + 5);
}

#[test]
fn costs_change_with_the_next_interval() {
    let mut net = Suite::build(1, |msg| msg.epochs.epochs_in_interval = 2);
    net.bond_many(3);
    let operator = net.operator(1);
    let mut new_costs = crate::suite::Announced::costs();
    new_costs.profit_margin_percent = Percent::from_percentage(20).unwrap();

    net.send(&operator, ExecuteMsg::UpdateMixnodeCostParams { new_costs: new_costs.clone() }).unwrap();
    let seen: Vec<_> = (0..3)
        .map(|_| {
            let seen = stakes(&net, 1).cost_params == new_costs;
            net.turn();
            seen
        })
        .collect();

    assert_eq!(seen, [false, false, true]);
}

#[test]
fn a_cancelled_delegation_leaves_what_counts() {
    let mut net = network(PLEDGE);
    let alice = net.account("alice");
    net.delegate(&alice, 1, 100).unwrap();
    net.turn();
    net.delegate(&alice, 1, 30).unwrap();

    net.send(&alice, ExecuteMsg::CancelPendingDelegation { mix_id: 1 }).unwrap();
    assert_eq!(net.received(&alice), 30);
    let again = net.send(&alice, ExecuteMsg::CancelPendingDelegation { mix_id: 1 });
    assert_refused!(again, ContractError::NothingPending { .. });
    net.next_block();
    net.turn();
    net.undelegate(&alice, 1).unwrap();
    assert_eq!(net.received(&alice), 130);
}

#[test]
fn several_rewards_come_in_one_payment() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let operator = net.operator(1);
    for mix_id in 1..=3 {
        net.delegate(&operator, mix_id, 50_000 * NYM).unwrap();
    }
    net.turn();
    net.turn_with(1, &[(1, 100), (2, 100), (3, 100)]);
    let withdraw = |mix_ids, operator| ExecuteMsg::WithdrawRewards { mix_ids, operator };

    let duplicate = net.send(&operator, withdraw(vec![1, 1], false));
    assert_refused!(duplicate, ContractError::Duplicate { what: "node", .. });
    let many = net.send(&operator, withdraw((1..=51).collect(), false));
    assert_refused!(many, ContractError::TooMany { what: "nodes", .. });
    let response = net.send(&operator, withdraw(vec![1, 2, 3], true)).unwrap();
    assert_eq!(response.messages.len(), 1);
    let first = net.received(&operator);
    assert!(first > 0);
    let response = net.send(&operator, withdraw(vec![1, 2, 3], true)).unwrap();
    assert!(response.messages.is_empty());
    assert_eq!(net.received(&operator), first);
}

#[test]
fn a_withdrawal_of_less_than_a_unit_pays_nothing_and_takes_nothing() {
    // A pool so small that an epoch earns a small part of a unit.
    let mut net = Suite::build(1, |msg| {
        msg.initial_rewarding_params.initial_reward_pool = Uint128::new(1_000 * NYM);
        msg.initial_rewarding_params.interval_pool_emission = "0.00002".parse().unwrap();
        msg.epochs.epochs_in_interval = 1;
    });
    net.bond_many(4);
    let (operator, delegator) = (net.operator(1), net.account("delegator"));
    let mut new_costs = Announced::costs();
    new_costs.interval_operating_cost = coin(0, DENOM);
    net.send(&operator, ExecuteMsg::UpdateMixnodeCostParams { new_costs }).unwrap();
    net.delegate(&delegator, 1, 50 * NYM).unwrap();
    net.turn();
    for _ in 0..3 {
        net.turn_with(1, &[(1, 100), (2, 0), (3, 0), (4, 0)]);
    }
    let msg = QueryMsg::GetPendingDelegatorReward { address: delegator.to_string(), mix_id: 1 };
    let pending: PendingRewardResponse = net.query(msg.clone());
    let earned = pending.amount_earned_detailed.unwrap();
    assert!(!earned.is_zero() && earned < Decimal::one(), "{earned}");
    let before = stakes(&net, 1);
    assert!(before.operator > before.operator.floor(), "{}", before.operator);

    net.send(&operator, ExecuteMsg::WithdrawOperatorReward {}).unwrap();
    net.send(&delegator, ExecuteMsg::WithdrawDelegatorReward { mix_id: 1 }).unwrap();
    net.send(&delegator, ExecuteMsg::WithdrawRewards { mix_ids: vec![1], operator: false }).unwrap();

    assert_eq!((net.received(&operator), net.received(&delegator)), (0, 0));
    assert_eq!(stakes(&net, 1), before);
    assert_eq!(net.query::<PendingRewardResponse>(msg).amount_earned_detailed.unwrap(), earned);
}

#[test]
fn an_interval_takes_what_it_paid_out_of_the_pool_and_what_was_added_into_it() {
    let mut net = Suite::build(1, |msg| msg.epochs.epochs_in_interval = 2);
    net.bond_many(3);
    net.turn();
    let donor = net.account("donor");
    net.execute(&donor, ExecuteMsg::FundRewardPool {}, &coins(777, DENOM)).unwrap();
    let before: RewardingParams = net.query(QueryMsg::GetRewardingParams {});
    net.turn_with(1, &[(1, 100), (2, 100), (3, 100)]);

    // Epoch 1 was the last of interval 0.
    let after: RewardingParams = net.query(QueryMsg::GetRewardingParams {});
    let change: PoolChangeResponse = net.query(QueryMsg::GetPoolChange {});
    assert!(change.removed.is_zero() && change.added.is_zero());
    let earned: Decimal256 =
        (1..=3).map(|id| Decimal256::from(stakes(&net, id).operator)).fold(Decimal256::zero(), |a, b| a + b)
            - Decimal256::from_ratio(3 * PLEDGE, 1u32);
    assert!(!earned.is_zero());
    let added = Decimal256::from_ratio(777u32, 1u32);
    let pool = Decimal256::from(before.interval.reward_pool);
    assert_eq!(Decimal256::from(after.interval.reward_pool), pool + added - earned);
    assert_eq!(
        Decimal256::from(after.interval.staking_supply),
        Decimal256::from(before.interval.staking_supply) + earned
    );
}

#[test]
fn parameters_change_when_their_time_has_come_and_never_at_once() {
    let mut net = Suite::build(1, |msg| msg.epochs.epochs_in_interval = 3);
    net.bond_many(12);
    let owner = net.owner();
    let now = |force_immediately| ExecuteMsg::UpdateActiveSetSize { active_set_size: 6, force_immediately };
    assert_refused!(net.send(&owner, now(true)), ContractError::NotImmediately { .. });
    net.send(&owner, now(false)).unwrap();
    let updated_params = RewardingParamsUpdate { rewarded_set_size: Some(9), ..RewardingParamsUpdate::default() };
    net.send(&owner, ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false }).unwrap();
    let clock =
        ExecuteMsg::UpdateIntervalConfig { epochs_in_interval: 5, epoch_duration_secs: 60, force_immediately: false };
    net.send(&owner, clock).unwrap();

    let sizes = |net: &Suite| {
        let set = net.rewarded_set();
        (set.len(), set.iter().filter(|node| node.layer.is_some()).count(), net.status().epoch_length)
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        net.turn();
        seen.push(sizes(&net));
    }

    assert_eq!(seen, [(12, 6, 3_600), (12, 6, 3_600), (9, 6, 60), (9, 6, 60)]);
    assert_eq!(net.query::<PendingParams>(QueryMsg::GetPendingParams {}), PendingParams::default());
    for size in [2, 10] {
        let msg = ExecuteMsg::UpdateActiveSetSize { active_set_size: size, force_immediately: false };
        assert_refused!(net.send(&owner, msg), ContractError::Parameter { name: "active_set_size", .. });
    }
}

#[test]
fn the_contract_changes_hands_in_two_steps() {
    let mut net = Suite::with_monitors(1);
    let (owner, next, other) = (net.owner(), net.account("next"), net.account("other"));
    let offer = |to: &cosmwasm_std::Addr| ExecuteMsg::UpdateAdmin { admin: to.to_string() };

    assert_refused!(net.send(&next, ExecuteMsg::AcceptAdmin {}), ContractError::NotOffered { .. });
    net.send(&owner, offer(&next)).unwrap();
    assert_refused!(net.send(&other, ExecuteMsg::AcceptAdmin {}), ContractError::NotOffered { .. });
    net.send(&owner, offer(&owner)).unwrap();
    assert_refused!(net.send(&next, ExecuteMsg::AcceptAdmin {}), ContractError::NotOffered { .. });
    net.send(&owner, offer(&next)).unwrap();
    net.send(&next, ExecuteMsg::AcceptAdmin {}).unwrap();

    assert_eq!(net.query::<Option<cosmwasm_std::Addr>>(QueryMsg::Admin {}), Some(next.clone()));
    assert_refused!(net.send(&owner, offer(&owner)), ContractError::NotOwner { .. });
    assert_refused!(net.send(&next, ExecuteMsg::AcceptAdmin {}), ContractError::NotOffered { .. });
}
