//! Random sequences of messages, and what holds after each of them. I1 … I14 are those of the README.
//!
//! `world` sends each message to the contract and to `model`, which knows by itself what must be refused, paid and owed; `check` goes over
//! the contract's records. `PROPTEST_CASES` sets the number of sequences of 200 steps, 256 if unset. `migrated` does the same from recorded states.

mod check;
mod exact;
mod ledger;
mod migrated;
mod model;
mod order;
mod split;
mod world;

use cosmwasm_std::{coin, coins, Addr, Decimal, Uint128};
use nym_contract_types::mixnet::{
    ContractStateParams, EpochState, EpochStatusResponse, ExecuteMsg, InstantiateMsg, KeyRotationIdResponse,
    MixNodeCostParams, NodeReport, OperatingCostRange, ProfitMarginRange, QueryMsg, RewardingParamsUpdate,
};
use nym_contract_types::{NodeId, Percent};
use nym_mixnet_contract::mixnodes::state::STAKES;
use proptest::prelude::*;

use crate::suite::{Announced, Identity, Suite, DENOM, NYM, PLEDGE};
use check::Watch;
use world::World;

/// One step. Numbers name accounts and nodes, which may or may not be there.
#[derive(Clone, Debug)]
pub enum Step {
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
    /// The honest driver: ends the epoch with everybody's reports and begins the transition, or takes its next step.
    Turn(Vec<u16>),
    ActiveSize(u32),
    RewardedSize(u32, u16),
    /// Supply, its scale and α in ten-thousandths, f in tenths: what the next interval computes rewards from.
    Rules {
        supply: Option<u128>,
        scale: Option<u16>,
        alpha: Option<u16>,
        factor: Option<u32>,
    },
    /// Epochs in an interval, seconds in an epoch, and whether at once.
    Clock(u32, u64, bool),
    /// Who reports from now on.
    Monitors(Vec<usize>),
    /// Least pledges of mix nodes and gateways, least delegation, and the ranges of margins, in ten-thousandths, and of costs.
    Params {
        pledges: (u128, u128),
        delegation: Option<u128>,
        margins: Option<(u16, u16)>,
        costs: Option<(u128, u128)>,
    },
    /// Damages the record of one of the bonded nodes.
    Poison(usize, u8),
    /// Puts the damaged records back.
    Heal,
    /// New keys of an operator's node for the current or the coming period.
    Keys(u32, bool),
    Block,
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1u128..10, 1u128..1_000_000, NYM..10_000_000 * NYM]
}

/// Parameters of the reward model, some of which are refused.
fn rules() -> impl Strategy<Value = Step> {
    let supply = prop::option::of(prop_oneof![1 => Just(0), 9 => 50_000_000 * NYM..1_000_000_000 * NYM]);
    let share = || prop::option::of(0u16..=10_000);
    (supply, share(), share(), prop::option::of(5u32..200)).prop_map(|(supply, scale, alpha, factor)| Step::Rules {
        supply,
        scale,
        alpha,
        factor,
    })
}

fn clock() -> impl Strategy<Value = Step> {
    let length = prop_oneof![1 => Just(0), 5 => 60u64..7_200];
    (0u32..6, length, prop::bool::weighted(0.2)).prop_map(|(epochs, length, now)| Step::Clock(epochs, length, now))
}

/// Ranges are empty now and then, which is refused. Most have the costs that nodes bond with.
fn params() -> impl Strategy<Value = Step> {
    let pledges = (least_pledge(), least_pledge());
    let delegation = prop::option::of(0u128..100_000);
    let margins = prop::option::of((0u16..1_500, 500u16..=10_000));
    let dearest = prop_oneof![20 * NYM..80 * NYM, NYM..100_000 * NYM];
    let costs = prop::option::of((0..60 * NYM, dearest));
    (pledges, delegation, margins, costs).prop_map(|(pledges, delegation, margins, costs)| Step::Params {
        pledges,
        delegation,
        margins,
        costs,
    })
}

fn least_pledge() -> impl Strategy<Value = u128> {
    prop_oneof![1 => Just(0), 3 => NYM..PLEDGE, 3 => Just(PLEDGE), 1 => PLEDGE..3 * PLEDGE]
}

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
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
        1 => rules(),
        1 => clock(),
        1 => prop::collection::vec(0usize..3, 0..4).prop_map(Step::Monitors),
        2 => params(),
        1 => (0usize..7, 0u8..3).prop_map(|(place, kind)| Step::Poison(place, kind)),
        2 => Just(Step::Heal),
        6 => (0u32..7, any::<bool>()).prop_map(|(o, coming)| Step::Keys(o, coming)),
        4 => Just(Step::Block),
    ];
    prop::collection::vec(step, count)
}

/// A network whose keys serve for `key_period` epochs, or do not expire.
fn network(key_period: u32) -> Suite {
    network_told(key_period, |_| ())
}

/// The same, and what it was told.
fn network_told(key_period: u32, tell: impl FnOnce(&InstantiateMsg)) -> Suite {
    Suite::build(3, |msg| {
        msg.epochs.key_period = key_period;
        msg.initial_rewarding_params.rewarded_set_size = 5;
        msg.initial_rewarding_params.active_set_size = 4;
        msg.epochs.epochs_in_interval = 4;
        msg.epochs.stale_epochs = 2;
        tell(msg);
    })
}

fn operator(net: &Suite, number: u32) -> Addr {
    net.account(&format!("operator {number}"))
}

/// Delegators and owners of gateways are those who have something in recorded states, and one more.
fn delegator(net: &Suite, number: u32) -> Addr {
    net.account(["alice", "bob", "carol", "dave", "erin"][number as usize])
}

fn gateway(net: &Suite, number: u32) -> Addr {
    net.account(["gateway one", "gateway three"][number as usize])
}

fn percent(points: u16) -> Percent {
    Percent::from_basis_points(points).unwrap()
}

/// The message that a step is, who sends it, and what is attached; none if it is something else.
fn message(net: &Suite, step: &Step) -> Option<(Addr, ExecuteMsg, u128)> {
    let free = |sender: Addr, msg: ExecuteMsg| Some((sender, msg, 0));
    match step {
        Step::Bond(o, pledge) => {
            let (sender, identity, funds) = (operator(net, *o), Identity::of(*o), coins(*pledge, DENOM));
            let node = Announced::mix_node(&identity);
            let msg = net.mixnode_bonding(&sender, &identity, node, Announced::costs(), &funds);
            Some((sender, msg, *pledge))
        }
        Step::Unbond(o) => free(operator(net, *o), ExecuteMsg::UnbondMixnode {}),
        Step::PledgeMore(o, a) => Some((operator(net, *o), ExecuteMsg::PledgeMore {}, *a)),
        Step::CancelPledge(o) => free(operator(net, *o), ExecuteMsg::CancelPledgeMore {}),
        Step::DecreasePledge(o, a) => {
            free(operator(net, *o), ExecuteMsg::DecreasePledge { decrease_by: coin(*a, DENOM) })
        }
        Step::Costs(o, margin, cost) => {
            let new_costs = MixNodeCostParams {
                profit_margin_percent: percent(*margin),
                interval_operating_cost: coin(u128::from(*cost), DENOM),
            };
            free(operator(net, *o), ExecuteMsg::UpdateMixnodeCostParams { new_costs })
        }
        Step::BondGateway(g) => {
            let (sender, identity, funds) = (gateway(net, *g), Identity::of(100 + g), coins(PLEDGE, DENOM));
            let msg = net.gateway_bonding(&sender, &identity, Announced::gateway(&identity), &funds);
            Some((sender, msg, PLEDGE))
        }
        Step::UnbondGateway(g) => free(gateway(net, *g), ExecuteMsg::UnbondGateway {}),
        Step::Delegate(d, n, a) => Some((delegator(net, *d), ExecuteMsg::DelegateToMixnode { mix_id: *n }, *a)),
        Step::Undelegate(d, n) => free(delegator(net, *d), ExecuteMsg::UndelegateFromMixnode { mix_id: *n }),
        Step::CancelDelegation(d, n) => free(delegator(net, *d), ExecuteMsg::CancelPendingDelegation { mix_id: *n }),
        Step::WithdrawOperator(o) => free(operator(net, *o), ExecuteMsg::WithdrawOperatorReward {}),
        Step::WithdrawDelegator(d, n) => free(delegator(net, *d), ExecuteMsg::WithdrawDelegatorReward { mix_id: *n }),
        Step::WithdrawMany(d, ids) => {
            free(delegator(net, *d), ExecuteMsg::WithdrawRewards { mix_ids: ids.clone(), operator: false })
        }
        Step::Fund(a) => Some((net.account("donor"), ExecuteMsg::FundRewardPool {}, *a)),
        Step::Report(monitor, scores) => {
            let report = |(node_id, points): (NodeId, &u16)| NodeReport { node_id, performance: percent(*points) };
            let reports = (1..).zip(scores).map(report).collect();
            let msg = ExecuteMsg::SubmitPerformance { epoch: net.epoch(), reports, more_follows: false };
            free(net.monitor(*monitor), msg)
        }
        Step::Begin => free(net.account("anyone"), ExecuteMsg::BeginEpochTransition { epoch: None }),
        Step::Advance(limit) => {
            free(net.account("anyone"), ExecuteMsg::AdvanceEpoch { epoch: None, limit: Some(*limit) })
        }
        Step::Keys(o, coming) => {
            let sender = operator(net, *o);
            let rotation: KeyRotationIdResponse = net.query(QueryMsg::GetKeyRotationId {});
            let new = Suite::keys_of(rotation.rotation_id + u32::from(*coming), 50);
            let msg = net.key_update(&sender, &Identity::of(*o), new);
            free(sender, msg)
        }
        _ => Some((net.owner(), owners_message(net, step)?, 0)),
    }
}

/// The message of the owner that a step is.
fn owners_message(net: &Suite, step: &Step) -> Option<ExecuteMsg> {
    Some(match step {
        Step::ActiveSize(active_set_size) => {
            ExecuteMsg::UpdateActiveSetSize { active_set_size: *active_set_size, force_immediately: false }
        }
        Step::RewardedSize(size, emission) => {
            let updated_params = RewardingParamsUpdate {
                rewarded_set_size: Some(*size),
                interval_pool_emission: Some(percent(*emission)),
                ..RewardingParamsUpdate::default()
            };
            ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false }
        }
        Step::Rules { supply, scale, alpha, factor } => {
            let updated_params = RewardingParamsUpdate {
                staking_supply: supply.map(Uint128::new),
                staking_supply_scale_factor: scale.map(percent),
                sybil_resistance_percent: alpha.map(percent),
                active_set_work_factor: factor.map(|tenths| Decimal::from_ratio(tenths, 10u32)),
                ..RewardingParamsUpdate::default()
            };
            ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false }
        }
        Step::Clock(epochs_in_interval, epoch_duration_secs, force_immediately) => ExecuteMsg::UpdateIntervalConfig {
            epochs_in_interval: *epochs_in_interval,
            epoch_duration_secs: *epoch_duration_secs,
            force_immediately: *force_immediately,
        },
        Step::Monitors(listed) => ExecuteMsg::UpdateMonitors {
            monitors: listed.iter().map(|monitor| net.monitor(*monitor).to_string()).collect(),
        },
        Step::Params { pledges: (mixnode, gateway), delegation, margins, costs } => {
            let margins = margins.map(|(least, most)| (percent(least), percent(most)));
            let costs = costs.map(|(least, most)| (coin(least, DENOM), coin(most, DENOM)));
            ExecuteMsg::UpdateContractStateParams {
                updated_parameters: ContractStateParams {
                    minimum_mixnode_pledge: coin(*mixnode, DENOM),
                    minimum_gateway_pledge: coin(*gateway, DENOM),
                    minimum_mixnode_delegation: delegation.map(|least| coin(least, DENOM)),
                    profit_margin: margins.map(|(minimum, maximum)| ProfitMarginRange { minimum, maximum }),
                    interval_operating_cost: costs.map(|(minimum, maximum)| OperatingCostRange { minimum, maximum }),
                },
            }
        }
        _ => return None,
    })
}

/// I8: from wherever it is, the honest driver reaches the next epoch, in a number of transactions that the number of nodes bounds.
fn reaches_the_next_epoch(net: &Suite) {
    let mut net = net.fork();
    let nodes = STAKES.page_each(&net.store, None, usize::MAX).unwrap().len() as u32;
    let status: EpochStatusResponse = net.status();
    if status.state == EpochState::InProgress {
        net.end_epoch();
        net.advance_seconds(300);
        net.begin().unwrap();
    }
    // Where a group makes the seeds, it may be silent until its time is over.
    net.advance_seconds(600);
    let steps = net.finish(Some(4));
    assert!(steps <= nodes.div_ceil(4) + 1, "{steps} steps for {nodes} nodes");
}

/// Whoever may leave, in recorded states too.
fn everyone() -> Vec<Step> {
    let operators = (0..9).map(Step::Unbond);
    let gateways = (0..2).map(Step::UnbondGateway);
    let delegators = (0..5).flat_map(|d| (1..12).map(move |n| Step::Undelegate(d, n)));
    operators.chain(gateways).chain(delegators).collect()
}

/// The same in any order.
fn leavers() -> impl Strategy<Value = Vec<Step>> {
    Just(everyone()).prop_shuffle()
}

/// Takes the steps and checks after each; in the end everyone leaves.
fn live(mut world: World, mut watch: Watch, steps: &[Step], leavers: &[Step]) {
    for step in steps {
        watch.before(&world);
        let accepted = world.take(step);
        let funded = if let Step::Fund(amount) = step { *amount } else { 0 };
        watch.after(&world, accepted, funded);
        if matches!(step, Step::Turn(_) | Step::Poison(..)) {
            reaches_the_next_epoch(&world.net);
        }
    }
    // Damaged nodes are taken in again by the next transition that begins.
    world.heal();
    world.drive();
    world.drive();
    watch.before(&world);
    watch.after(&world, true, 0);
    world.net.next_block();

    for step in leavers {
        world.take(step);
    }
    watch.everyone_left(&world);
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_every_message_and_everyone_can_leave(
        steps in steps(200),
        key_period in prop_oneof![Just(0), 2u32..5],
        leavers in leavers(),
    ) {
        let world = World::new(key_period);
        let watch = Watch::new(&world);
        live(world, watch, &steps, &leavers);
    }
}
