//! Reports: who, when, how many of them make a score, and how long a score serves.

use cosmwasm_std::Uint128;
use nym_contract_types::mixnet::{
    CandidatesResponse, ExecuteMsg, InstantiateMsg, MonitorsResponse, NodePerformanceResponse, NodeReport,
    PerformanceReportsResponse, QueryMsg,
};
use nym_contract_types::{NodeId, Percent};
use nym_mixnet_contract::ContractError;

use crate::assert_refused;
use crate::suite::{Suite, PLEDGE};

fn performance(net: &Suite, node_id: NodeId) -> Option<(String, u32, bool)> {
    let reply: NodePerformanceResponse = net.query(QueryMsg::GetNodePerformance { mix_id: node_id });
    reply.last_known.map(|known| (known.value.to_string(), known.epoch, reply.stale))
}

fn weights(net: &Suite) -> Vec<u64> {
    let reply: CandidatesResponse = net.query(QueryMsg::GetCandidates { limit: None, start_after: None });
    reply.candidates.iter().map(|candidate| candidate.weight.u64()).collect()
}

/// Weights are then pledges times scores.
fn without_rewards(msg: &mut InstantiateMsg) {
    msg.initial_rewarding_params.initial_reward_pool = Uint128::zero();
}

/// A network in epoch 1, where reports are due.
fn active(monitors: usize, nodes: u32) -> Suite {
    let mut net = Suite::build(monitors, without_rewards);
    net.bond_many(nodes);
    net.turn();
    net
}

#[test]
fn only_monitors_report_and_only_the_epoch_that_has_ended() {
    let mut net = active(2, 3);
    let report = |epoch| ExecuteMsg::SubmitPerformance { epoch, reports: vec![], more_follows: false };
    let monitor = net.monitor(0);

    assert_refused!(net.send(&monitor, report(1)), ContractError::EpochNotOver { epoch: 1, .. });
    net.end_epoch();
    let stranger = net.stranger();
    assert_refused!(net.send(&stranger, report(1)), ContractError::NotMonitor { .. });
    assert_refused!(net.send(&monitor, report(0)), ContractError::WrongEpoch { given: 0, current: 1 });
    assert_refused!(net.send(&monitor, report(2)), ContractError::WrongEpoch { given: 2, current: 1 });
    net.send(&monitor, report(1)).unwrap();

    net.report(1, &[]).unwrap();
    net.begin().unwrap();
    assert_refused!(net.send(&monitor, report(1)), ContractError::ReportsClosed { epoch: 1 });
}

#[test]
fn the_transition_waits_for_all_monitors_or_for_the_grace_period() {
    let mut net = active(3, 3);
    net.end_epoch();
    net.report(0, &[(1, 100)]).unwrap();
    net.report(1, &[(1, 100)]).unwrap();

    assert_refused!(net.begin(), ContractError::ReportsMissing { epoch: 1, reported: 2, monitors: 3, .. });
    let mut patient = active(3, 3);
    patient.end_epoch();
    patient.advance_seconds(299);
    assert_refused!(patient.begin(), ContractError::ReportsMissing { reported: 0, .. });
    patient.advance_seconds(1);
    patient.begin().unwrap();

    net.report(2, &[(1, 100)]).unwrap();
    net.begin().unwrap();
}

#[test]
fn a_monitor_that_announces_more_has_not_reported_yet() {
    let mut net = active(1, 3);
    net.end_epoch();
    let monitor = net.monitor(0);
    let part = |node_id, more_follows| ExecuteMsg::SubmitPerformance {
        epoch: 1,
        reports: vec![NodeReport { node_id, performance: Percent::hundred() }],
        more_follows,
    };

    net.send(&monitor, part(1, true)).unwrap();
    assert_refused!(net.begin(), ContractError::ReportsMissing { reported: 0, .. });
    net.send(&monitor, part(2, false)).unwrap();
    let listed: MonitorsResponse = net.query(QueryMsg::GetMonitors {});
    assert_eq!(listed.monitors, [(monitor.clone(), true)]);
    let msg = QueryMsg::GetPerformanceReports { monitor: monitor.to_string(), limit: None, start_after: None };
    let listed: PerformanceReportsResponse = net.query(msg);
    assert_eq!(listed.reports.iter().map(|report| report.node_id).collect::<Vec<_>>(), [1, 2]);

    net.begin().unwrap();
}

#[test]
fn a_score_is_the_median_of_a_quorum() {
    let mut net = active(4, 4);
    net.end_epoch();
    // Node 1: all four. Node 2: three of four are a quorum. Node 3: two are none. Node 4: one lies.
    net.report(0, &[(1, 10), (2, 40), (3, 90), (4, 100)]).unwrap();
    net.report(1, &[(1, 20), (2, 60), (3, 90), (4, 100)]).unwrap();
    net.report(2, &[(1, 30), (2, 50), (4, 100)]).unwrap();
    net.report(3, &[(1, 40), (4, 0)]).unwrap();
    net.begin().unwrap();
    net.finish(None);

    assert_eq!(performance(&net, 1), Some(("0.2".to_owned(), 1, false)));
    assert_eq!(performance(&net, 2), Some(("0.5".to_owned(), 1, false)));
    assert_eq!(performance(&net, 3), None);
    assert_eq!(performance(&net, 4), Some(("1".to_owned(), 1, false)));
    let pledge = u64::try_from(PLEDGE).unwrap();
    assert_eq!(weights(&net), [pledge / 5, pledge / 2, pledge / 2, pledge]);
}

#[test]
fn a_later_report_of_the_same_monitor_replaces_its_earlier_one() {
    let mut net = active(1, 3);
    net.end_epoch();
    net.report(0, &[(1, 10), (2, 100)]).unwrap();
    net.report(0, &[(1, 80)]).unwrap();
    net.begin().unwrap();
    net.finish(None);

    assert_eq!(performance(&net, 1), Some(("0.8".to_owned(), 1, false)));
    assert_eq!(performance(&net, 2), Some(("1".to_owned(), 1, false)));
}

#[test]
fn a_node_named_twice_in_one_report_is_refused() {
    let mut net = active(1, 3);
    net.end_epoch();

    assert_refused!(net.report(0, &[(1, 10), (1, 10)]), ContractError::Duplicate { what: "node", .. });
    let many: Vec<_> = (1..=1_001).map(|id| (id, 100)).collect();
    assert_refused!(net.report(0, &many), ContractError::TooMany { what: "reports", count: 1_001, maximum: 1_000 });
}

#[test]
fn the_last_known_score_serves_until_it_is_stale_and_then_the_node_counts_as_never_measured() {
    let mut net = Suite::build(1, |msg| {
        msg.epochs.stale_epochs = 2;
        without_rewards(msg);
    });
    net.bond_many(3);
    net.turn();
    net.turn_with(1, &[(1, 90), (2, 90), (3, 90)]);
    let pledge = u64::try_from(PLEDGE).unwrap();
    assert_eq!(weights(&net), [pledge / 10 * 9; 3]);

    net.turn();
    net.turn();
    assert_eq!(weights(&net), [pledge / 10 * 9; 3]);
    net.turn();
    assert_eq!(weights(&net), [pledge / 2; 3]);
    assert_eq!(performance(&net, 1), Some(("0.9".to_owned(), 1, true)));
}

#[test]
fn a_node_with_no_performance_is_not_drawn() {
    let mut net = active(1, 5);
    net.turn_with(1, &[(1, 100), (2, 0), (3, 100), (4, 100), (5, 100)]);

    let drawn: Vec<_> = net.rewarded_set().iter().map(|node| node.mix_id).collect();

    assert_eq!(drawn, [1, 3, 4, 5]);
}

#[test]
fn reports_of_a_dismissed_monitor_do_not_count_even_in_the_place_of_its_successor() {
    let mut net = active(1, 3);
    net.end_epoch();
    net.report(0, &[(1, 0), (2, 0), (3, 0)]).unwrap();
    let (owner, successor) = (net.owner(), net.account("successor"));
    net.send(&owner, ExecuteMsg::UpdateMonitors { monitors: vec![successor.to_string()] }).unwrap();
    net.advance_seconds(300);
    net.begin().unwrap();
    net.finish(None);

    assert_eq!(performance(&net, 1), None);
}

#[test]
fn monitors_stay_the_same_while_scores_are_counted() {
    let mut net = active(1, 3);
    net.end_epoch();
    net.advance_seconds(300);
    net.begin().unwrap();
    let owner = net.owner();

    let refused = net.send(&owner, ExecuteMsg::UpdateMonitors { monitors: vec![] });

    assert_refused!(refused, ContractError::TransitionUnderWay { epoch: 1 });
}
