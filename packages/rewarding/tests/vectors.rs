//! Exact-rational values of an independent implementation. Relative tolerance 10^-12; payouts exactly.
#![allow(clippy::unwrap_used)]

use std::str::FromStr;

use cosmwasm_std::{Decimal256, Uint128, Uint256};
use nym_rewarding::{delegation, node_reward, Costs, Params, Reward, Stake, Work};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/rewards.json")).unwrap()
}

fn decimal(value: &Value) -> Decimal256 {
    Decimal256::from_str(value.as_str().unwrap()).unwrap()
}

fn int(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

#[track_caller]
fn assert_close(actual: Decimal256, expected: &Value, what: &str) {
    let expected = decimal(expected);
    let difference = actual.abs_diff(expected);
    // The vectors have 12 decimals: half of the last is allowed on top.
    let allowed =
        expected * Decimal256::from_str("0.000000000001").unwrap() + Decimal256::from_str("0.000000000001").unwrap();
    assert!(difference <= allowed, "{what}: {actual} is not {expected}");
}

/// A node through several epochs, with delegations.
struct Node {
    params: Params,
    work: Work,
    costs: Costs,
    operator: u128,
    delegates: u128,
    unit_reward: u128,
}

fn atomics(value: Decimal256) -> u128 {
    Uint128::try_from(value.atomics()).unwrap().u128()
}

fn from_atomics(value: u128) -> Decimal256 {
    Decimal256::new(Uint256::from(value))
}

impl Node {
    fn new(setup: &Value, pledge: Decimal256) -> Self {
        let mut params = Params {
            reward_pool: decimal(&setup["reward_pool"]),
            staking_supply: decimal(&setup["staking_supply"]),
            supply_scale_factor: decimal(&setup["staking_supply_scale_factor"]),
            pool_emission: decimal(&setup["interval_pool_emission"]),
            sybil_resistance: decimal(&setup["sybil_resistance"]),
            rewarded_set_size: int(&setup["rewarded_set_size"]),
            epochs_in_interval: int(&setup["epochs_in_interval"]),
            epoch_budget: Decimal256::zero(),
            saturation_point: Decimal256::zero(),
        };
        params.derive().unwrap();
        let work = Work::new(
            decimal(&setup["active_set_work_factor"]),
            params.rewarded_set_size,
            int(&setup["active_set_size"]),
        )
        .unwrap();
        let costs = Costs {
            profit_margin: decimal(&setup["profit_margin"]),
            interval_operating_cost: decimal(&setup["interval_operating_cost"]),
        };
        Self { params, work, costs, operator: atomics(pledge), delegates: 0, unit_reward: 0 }
    }

    fn delegate(&mut self, units: u128) -> (u128, u128) {
        self.delegates += units * delegation::SCALE;
        (units * delegation::SCALE, self.unit_reward)
    }

    fn epoch(&mut self, performance: &str, active: bool) -> Reward {
        let stake = Stake { operator: from_atomics(self.operator), delegates: from_atomics(self.delegates) };
        let performance = Decimal256::from_str(performance).unwrap();
        let reward = node_reward(&self.params, &self.work, &stake, &self.costs, performance, active).unwrap();
        let delegates = atomics(reward.delegates);
        self.unit_reward = delegation::unit_reward_after(self.unit_reward, self.delegates, delegates).unwrap();
        self.operator += atomics(reward.operator);
        self.delegates += delegates;
        reward
    }

    fn value(&self, (amount, then): (u128, u128)) -> u128 {
        delegation::value(amount, then, self.unit_reward).unwrap()
    }
}

fn case<'a>(vectors: &'a Value, name: &str) -> &'a Value {
    vectors["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap()
}

#[test]
fn derived_parameters() {
    let vectors = vectors();
    let node = Node::new(&vectors["setup"], decimal(&vectors["setup"]["pledge"]));

    assert_close(node.params.epoch_budget, &vectors["derived"]["epoch_reward_budget"], "budget");
    assert_close(node.params.saturation_point, &vectors["derived"]["stake_saturation_point"], "saturation");
    assert_close(node.work.active, &vectors["derived"]["active_work"], "active work");
    assert_close(node.work.standby, &vectors["derived"]["standby_work"], "standby work");
}

#[test]
fn single_epochs() {
    let vectors = vectors();
    let setup = &vectors["setup"];
    let pledge = decimal(&setup["pledge"]);
    let poor = Decimal256::from_str("100000000").unwrap();
    for (name, pledge, delegated, performance, active) in [
        ("active node, no delegation", pledge, 0, "1", true),
        ("active node, one delegation of 18000 NYM", pledge, 18_000_000_000, "1", true),
        ("standby node, one delegation of 18000 NYM", pledge, 18_000_000_000, "1", false),
        ("active node at performance 0.9, one delegation of 18000 NYM", pledge, 18_000_000_000, "0.9", true),
        ("pledge of 100 NYM, below operating cost", poor, 0, "1", true),
    ] {
        let mut node = Node::new(setup, pledge);
        if delegated > 0 {
            node.delegate(delegated);
        }
        let reward = node.epoch(performance, active);

        let expected = case(&vectors, name);
        assert_close(reward.operator, &expected["operator"], name);
        assert_close(reward.delegates, &expected["delegates"], name);
        assert_close(reward.total().unwrap(), &expected["total"], name);
    }
}

#[test]
fn a_delegation_over_two_epochs() {
    let vectors = vectors();
    let expected = case(&vectors, "epoch 1 alone; delegate 18000 NYM; two epochs; undelegate");
    let mut node = Node::new(&vectors["setup"], decimal(&vectors["setup"]["pledge"]));

    let mut rewards = vec![node.epoch("1", true)];
    let delegation = node.delegate(18_000_000_000);
    rewards.extend([node.epoch("1", true), node.epoch("1", true)]);

    for (reward, expected) in rewards.iter().zip(expected["epochs"].as_array().unwrap()) {
        assert_close(reward.operator, &expected[0], "operator");
        assert_close(reward.delegates, &expected[1], "delegates");
    }
    let value = node.value(delegation);
    assert_close(from_atomics(value - delegation.0), &expected["delegation_reward"], "delegation's reward");
    assert_eq!((value / delegation::SCALE).to_string(), expected["paid_out"].as_str().unwrap());
}

#[test]
fn withdrawals_between_epochs() {
    let vectors = vectors();
    let expected = case(&vectors, "delegations of 18000 and 4000 NYM; the operator withdraws after epoch 1");
    let pledge = decimal(&vectors["setup"]["pledge"]);
    let mut node = Node::new(&vectors["setup"], pledge);
    node.delegate(18_000_000_000);
    node.delegate(4_000_000_000);
    let first = node.epoch("1", true);
    assert_eq!(first.operator.floor().to_string(), expected["withdrawn"].as_str().unwrap());
    node.operator = atomics(pledge);
    let second = node.epoch("1", true);
    for (reward, expected) in [first, second].iter().zip(expected["epochs"].as_array().unwrap()) {
        assert_close(reward.operator, &expected[0], "operator");
        assert_close(reward.delegates, &expected[1], "delegates");
    }

    let expected = case(&vectors, "delegations of 18000 and 4000 NYM; the first delegator withdraws after epoch 1");
    let mut node = Node::new(&vectors["setup"], pledge);
    let first = node.delegate(18_000_000_000);
    let second = node.delegate(4_000_000_000);
    node.epoch("1", true);
    let earned = node.value(first) - first.0;
    assert_close(from_atomics(earned), &expected["withdrawn_exact"], "withdrawn");
    assert_eq!((earned / delegation::SCALE).to_string(), expected["withdrawn"].as_str().unwrap());
    node.delegates -= earned;
    let first = (first.0, node.unit_reward);
    let reward = node.epoch("1", true);
    assert_close(reward.operator, &expected["epoch_2"][0], "operator");
    assert_close(reward.delegates, &expected["epoch_2"][1], "delegates");
    assert_close(from_atomics(node.value(first) - first.0), &expected["pending"][0], "pending of the first");
    // The second never withdrew: what it has pending is of both epochs.
    assert_close(from_atomics(node.value(second) - second.0), &expected["pending"][1], "pending of the second");
}

#[test]
fn ten_nodes_through_an_interval_of_one_epoch() {
    let vectors = vectors();
    let mut setup = vectors["setup"].clone();
    let interval = &vectors["ten_nodes_one_interval"];
    for (key, value) in interval["setup"].as_object().unwrap() {
        setup[key] = value.clone();
    }
    let mut paid = Decimal256::zero();
    for (index, expected) in interval["nodes"].as_array().unwrap().iter().enumerate() {
        let mut own = setup.clone();
        own["profit_margin"] = expected["profit_margin"].clone();
        own["interval_operating_cost"] = expected["interval_operating_cost"].clone();
        let mut node = Node::new(&own, decimal(&expected["pledge"]));
        node.delegate(expected["delegation"].as_str().unwrap().parse().unwrap());

        let reward = node.epoch(expected["performance"].as_str().unwrap(), expected["active"].as_bool().unwrap());

        paid += reward.total().unwrap();
        assert_close(from_atomics(node.operator), &expected["operator_after"], &format!("operator {index}"));
        assert_close(from_atomics(node.delegates), &expected["delegates_after"], &format!("delegates {index}"));
    }
    let mut params = Node::new(&setup, Decimal256::zero()).params;
    params.end_interval(paid, Decimal256::zero()).unwrap();
    assert_close(params.reward_pool, &interval["reward_pool_after"], "pool");
    assert_close(params.staking_supply, &interval["staking_supply_after"], "supply");
}
