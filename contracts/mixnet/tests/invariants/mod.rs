//! Random sequences of messages, and what holds after each of them. I1 … I9 are those of the README.
//!
//! `PROPTEST_CASES` sets the number of sequences of 200 steps, 256 if unset.

mod check;
mod exact;
mod order;

use cosmwasm_std::{coin, coins, Addr};
use nym_contract_types::mixnet::{
    EpochState, ExecuteMsg, KeyRotationIdResponse, NodeReport, QueryMsg, RewardingParamsUpdate,
};
use nym_contract_types::mixnet::{EpochStatusResponse, PendingRewardResponse};
use nym_contract_types::{NodeId, Percent};
use proptest::prelude::*;

use crate::suite::{Announced, Identity, Suite, DENOM, NYM, PLEDGE};
use check::Watch;

/// One step. Numbers name accounts and nodes, which may or may not be there.
#[derive(Clone, Debug)]
enum Step {
    Bond(u32, u128),
    Unbond(u32),
    PledgeMore(u32, u128),
    CancelPledge(u32),
    DecreasePledge(u32, u128),
    Costs(u32, u16, u64),
    BondGateway(u32),
    UnbondGateway(u32),
    Delegate(u32, NodeId, u128),
    Undelegate(u32, NodeId),
    CancelDelegation(u32, NodeId),
    WithdrawOperator(u32),
    WithdrawDelegator(u32, NodeId),
    WithdrawMany(u32, Vec<NodeId>),
    Fund(u128),
    Report(usize, Vec<u16>),
    EndEpoch,
    Begin,
    Advance(u32),
    /// The honest driver: to the next epoch.
    Turn(Vec<u16>),
    ActiveSize(u32),
    RewardedSize(u32, u16),
    /// New keys of an operator's node for the current or the coming period.
    Keys(u32, bool),
    Block,
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1u128..10, 1u128..1_000_000, NYM..10_000_000 * NYM]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let operator = 0u32..7;
    let delegator = 0u32..5;
    let node = 1u32..12;
    let scores = || prop::collection::vec(0u16..=10_000, 12);
    let step = prop_oneof![
        6 => (operator.clone(), prop_oneof![Just(PLEDGE), PLEDGE..3_000_000 * NYM]).prop_map(|(o, a)| Step::Bond(o, a)),
        1 => operator.clone().prop_map(Step::Unbond),
        2 => (operator.clone(), amount()).prop_map(|(o, a)| Step::PledgeMore(o, a)),
        1 => operator.clone().prop_map(Step::CancelPledge),
        2 => (operator.clone(), amount()).prop_map(|(o, a)| Step::DecreasePledge(o, a)),
        1 => (operator.clone(), 0u16..=10_000, 0u64..100_000_000_000).prop_map(|(o, m, c)| Step::Costs(o, m, c)),
        1 => (0u32..2).prop_map(Step::BondGateway),
        1 => (0u32..2).prop_map(Step::UnbondGateway),
        10 => (delegator.clone(), node.clone(), amount()).prop_map(|(d, n, a)| Step::Delegate(d, n, a)),
        4 => (delegator.clone(), node.clone()).prop_map(|(d, n)| Step::Undelegate(d, n)),
        2 => (delegator.clone(), node.clone()).prop_map(|(d, n)| Step::CancelDelegation(d, n)),
        2 => operator.prop_map(Step::WithdrawOperator),
        4 => (delegator.clone(), node.clone()).prop_map(|(d, n)| Step::WithdrawDelegator(d, n)),
        1 => (delegator, prop::collection::vec(node, 0..4)).prop_map(|(d, n)| Step::WithdrawMany(d, n)),
        1 => amount().prop_map(Step::Fund),
        3 => (0usize..3, scores()).prop_map(|(m, s)| Step::Report(m, s)),
        3 => Just(Step::EndEpoch),
        3 => Just(Step::Begin),
        5 => (1u32..5).prop_map(Step::Advance),
        8 => scores().prop_map(Step::Turn),
        1 => (2u32..8).prop_map(Step::ActiveSize),
        1 => (2u32..10, 1u16..=10_000).prop_map(|(k, e)| Step::RewardedSize(k, e)),
        6 => (0u32..7, any::<bool>()).prop_map(|(o, coming)| Step::Keys(o, coming)),
        4 => Just(Step::Block),
    ];
    prop::collection::vec(step, 200)
}

/// A network whose keys serve for `key_period` epochs, or do not expire.
fn network(key_period: u32) -> Suite {
    Suite::build(3, |msg| {
        msg.epochs.key_period = key_period;
        msg.initial_rewarding_params.rewarded_set_size = 5;
        msg.initial_rewarding_params.active_set_size = 4;
        msg.epochs.epochs_in_interval = 4;
        msg.epochs.stale_epochs = 2;
    })
}

fn operator(net: &Suite, number: u32) -> Addr {
    net.account(&format!("operator {number}"))
}

fn delegator(net: &Suite, number: u32) -> Addr {
    net.account(&format!("delegator {number}"))
}

fn report(net: &mut Suite, monitor: usize, scores: &[u16]) -> bool {
    let reports = (1..)
        .zip(scores)
        .map(|(node_id, points)| NodeReport { node_id, performance: Percent::from_basis_points(*points).unwrap() })
        .collect();
    let epoch = net.epoch();
    let monitor = net.monitor(monitor);
    net.send(&monitor, ExecuteMsg::SubmitPerformance { epoch, reports, more_follows: false }).is_ok()
}

/// Takes one step. Returns whether it was accepted.
fn take(net: &mut Suite, step: &Step) -> bool {
    let owner = net.owner();
    match step {
        Step::Bond(o, pledge) => {
            let sender = operator(net, *o);
            net.bond_with(&sender, *o + 1, *pledge).is_ok()
        }
        Step::Unbond(o) => {
            let sender = operator(net, *o);
            net.unbond(&sender).is_ok()
        }
        Step::PledgeMore(o, a) => {
            let sender = operator(net, *o);
            net.execute(&sender, ExecuteMsg::PledgeMore {}, &coins(*a, DENOM)).is_ok()
        }
        Step::CancelPledge(o) => {
            let sender = operator(net, *o);
            net.send(&sender, ExecuteMsg::CancelPledgeMore {}).is_ok()
        }
        Step::DecreasePledge(o, a) => {
            let sender = operator(net, *o);
            net.send(&sender, ExecuteMsg::DecreasePledge { decrease_by: coin(*a, DENOM) }).is_ok()
        }
        Step::Costs(o, margin, cost) => {
            let sender = operator(net, *o);
            let mut new_costs = Announced::costs();
            new_costs.profit_margin_percent = Percent::from_basis_points(*margin).unwrap();
            new_costs.interval_operating_cost = coin(u128::from(*cost), DENOM);
            net.send(&sender, ExecuteMsg::UpdateMixnodeCostParams { new_costs }).is_ok()
        }
        Step::BondGateway(g) => {
            let sender = net.account(&format!("gateway {g}"));
            let identity = Identity::of(100 + g);
            let funds = coins(PLEDGE, DENOM);
            let msg = net.gateway_bonding(&sender, &identity, Announced::gateway(&identity), &funds);
            net.execute(&sender, msg, &funds).is_ok()
        }
        Step::UnbondGateway(g) => {
            let sender = net.account(&format!("gateway {g}"));
            net.send(&sender, ExecuteMsg::UnbondGateway {}).is_ok()
        }
        Step::Delegate(d, n, a) => {
            let sender = delegator(net, *d);
            net.delegate(&sender, *n, *a).is_ok()
        }
        Step::Undelegate(d, n) => undelegate(net, *d, *n),
        Step::CancelDelegation(d, n) => {
            let sender = delegator(net, *d);
            net.send(&sender, ExecuteMsg::CancelPendingDelegation { mix_id: *n }).is_ok()
        }
        Step::WithdrawOperator(o) => {
            let sender = operator(net, *o);
            net.send(&sender, ExecuteMsg::WithdrawOperatorReward {}).is_ok()
        }
        Step::WithdrawDelegator(d, n) => {
            let sender = delegator(net, *d);
            net.send(&sender, ExecuteMsg::WithdrawDelegatorReward { mix_id: *n }).is_ok()
        }
        Step::WithdrawMany(d, mix_ids) => {
            let sender = delegator(net, *d);
            net.send(&sender, ExecuteMsg::WithdrawRewards { mix_ids: mix_ids.clone(), operator: false }).is_ok()
        }
        Step::Fund(a) => {
            let sender = net.account("donor");
            net.execute(&sender, ExecuteMsg::FundRewardPool {}, &coins(*a, DENOM)).is_ok()
        }
        Step::Report(monitor, scores) => report(net, *monitor, scores),
        Step::EndEpoch => {
            net.end_epoch();
            true
        }
        Step::Begin => net.begin().is_ok(),
        Step::Advance(limit) => net.advance(Some(*limit)).is_ok(),
        Step::Turn(scores) => {
            if net.status().state == EpochState::InProgress {
                net.end_epoch();
                for monitor in 0..3 {
                    report(net, monitor, scores);
                }
                net.begin().unwrap();
            }
            // The last step is watched like any other; here it need not be the last of the transition.
            net.advance(Some(3)).is_ok()
        }
        Step::ActiveSize(active_set_size) => {
            let msg = ExecuteMsg::UpdateActiveSetSize { active_set_size: *active_set_size, force_immediately: false };
            net.send(&owner, msg).is_ok()
        }
        Step::RewardedSize(size, emission) => {
            let updated_params = RewardingParamsUpdate {
                rewarded_set_size: Some(*size),
                interval_pool_emission: Some(Percent::from_basis_points(*emission).unwrap()),
                ..RewardingParamsUpdate::default()
            };
            let msg = ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false };
            net.send(&owner, msg).is_ok()
        }
        Step::Keys(o, coming) => {
            let sender = operator(net, *o);
            let rotation: KeyRotationIdResponse = net.query(QueryMsg::GetKeyRotationId {});
            let new = Suite::keys_of(rotation.rotation_id + u32::from(*coming), 50);
            let msg = net.key_update(&sender, &Identity::of(*o + 1), new);
            net.send(&sender, msg).is_ok()
        }
        Step::Block => {
            net.next_block();
            true
        }
    }
}

/// I4: what comes back is the whole delegation with its reward, rounded down, as the query said.
fn undelegate(net: &mut Suite, d: u32, n: NodeId) -> bool {
    let sender = delegator(net, d);
    let msg = QueryMsg::GetPendingDelegatorReward { address: sender.to_string(), mix_id: n };
    let pending: PendingRewardResponse = net.query(msg);
    let shown: nym_contract_types::mixnet::NodeDelegationResponse =
        net.query(QueryMsg::GetDelegationDetails { mix_id: n, delegator: sender.to_string() });
    let before = net.received(&sender);
    if net.undelegate(&sender, n).is_err() {
        return false;
    }
    let paid = net.received(&sender) - before;
    let shown = shown.delegation.unwrap();
    let least = shown.amount.amount.to_string().parse::<u128>().unwrap()
        + pending.amount_earned.unwrap().amount.to_string().parse::<u128>().unwrap();
    // Two parts that were rounded down alone may make one unit more together.
    assert!(paid == least || paid == least + 1, "{paid} instead of {least}");
    true
}

/// I8: from wherever it is, the honest driver reaches the next epoch.
fn drive(net: &mut Suite) {
    let status: EpochStatusResponse = net.status();
    if status.state == EpochState::InProgress {
        net.end_epoch();
        net.advance_seconds(300);
        net.begin().unwrap();
    }
    net.finish(Some(4));
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_every_message_and_everyone_can_leave(steps in steps(), key_period in prop_oneof![Just(0), 2u32..5]) {
        let mut net = network(key_period);
        let mut watch = Watch::new(&net);
        for step in &steps {
            watch.before(&net);
            let accepted = take(&mut net, step);
            watch.after(&net, accepted);
        }
        drive(&mut net);
        watch.before(&net);
        watch.after(&net, true);
        net.next_block();

        for o in 0..7 {
            let sender = operator(&net, o);
            let _ = net.unbond(&sender);
        }
        for d in 0..5 {
            for n in 1..300 {
                let sender = delegator(&net, d);
                let _ = net.undelegate(&sender, n);
            }
        }
        for g in 0..2 {
            let sender = net.account(&format!("gateway {g}"));
            let _ = net.send(&sender, ExecuteMsg::UnbondGateway {});
        }
        watch.everyone_left(&net);
    }
}
