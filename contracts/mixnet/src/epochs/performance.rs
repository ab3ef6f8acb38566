//! Reports of monitors, and what several of them together say about a node.

use cosmwasm_std::{Addr, DepsMut, Env, Event, Response, Storage};
use nym_contract_types::mixnet::{events, limits::MAX_REPORTS, NodeReport};
use nym_contract_types::{order, EpochId};

use super::clock::{Phase, EPOCH};
use super::state::{MonitorId, ReportPage, MONITORS, NO_REPORT, PAGE_NODES, REPORTED, REPORTS};
use crate::ContractError;

/// Stores a monitor's scores of the epoch that has ended.
pub fn submit(
    deps: DepsMut<'_>,
    env: Env,
    sender: Addr,
    epoch: EpochId,
    reports: Vec<NodeReport>,
    more_follows: bool,
) -> Result<Response, ContractError> {
    let monitors = MONITORS.load(deps.storage)?;
    let monitor = monitors.iter().find(|(_, monitor)| *monitor == sender).map(|(id, _)| *id);
    let monitor = monitor.ok_or(ContractError::NotMonitor { sender: sender.clone() })?;

    let current = EPOCH.load(deps.storage)?;
    if epoch != current.id {
        return Err(ContractError::WrongEpoch { given: epoch, current: current.id });
    }
    if current.phase != Phase::Running {
        return Err(ContractError::ReportsClosed { epoch });
    }
    let now = env.block.time.seconds();
    if now < current.ends_at() {
        return Err(ContractError::EpochNotOver { epoch, ends_at: current.ends_at(), now });
    }
    if reports.len() > MAX_REPORTS {
        return Err(ContractError::TooMany { what: "reports", count: reports.len(), maximum: MAX_REPORTS });
    }

    let mut scores: Vec<_> = reports.iter().map(|report| (report.node_id, report.performance.basis_points())).collect();
    order::sort(&mut scores);
    if let Some([(twice, _), _]) = scores.array_windows().find(|[(one, _), (next, _)]| one == next) {
        return Err(ContractError::Duplicate { what: "node", value: twice.to_string() });
    }
    for scores in scores.chunk_by(|(one, _), (next, _)| one / PAGE_NODES == next / PAGE_NODES) {
        let number = scores.first().map_or(0, |(node, _)| node / PAGE_NODES);
        let stored = REPORTS.may_load(deps.storage, (number, monitor))?.filter(|page| page.epoch == epoch);
        let mut page = stored.unwrap_or_else(|| ReportPage::empty(epoch));
        for (node, score) in scores {
            if let Some(entry) = page.scores.get_mut((node % PAGE_NODES) as usize) {
                *entry = *score;
            }
        }
        REPORTS.save(deps.storage, (number, monitor), &page);
    }
    if more_follows {
        REPORTED.remove(deps.storage, monitor);
    } else {
        REPORTED.save(deps.storage, monitor, &epoch);
    }

    let event = Event::new(events::MIXNET)
        .add_attribute(events::ATTR_ACTION, "submit_performance")
        .add_attribute(events::ATTR_MONITOR, &sender)
        .add_attribute(events::ATTR_EPOCH, epoch.to_string())
        .add_attribute(events::ATTR_COUNT, reports.len().to_string());
    Ok(Response::new().add_event(event))
}

/// How many of the monitors have reported all of an epoch.
pub fn reported(storage: &dyn Storage, monitors: &[(MonitorId, Addr)], epoch: EpochId) -> Result<u32, ContractError> {
    let mut reported = 0;
    for (monitor, _) in monitors {
        if REPORTED.may_load(storage, *monitor)? == Some(epoch) {
            reported += 1;
        }
    }
    Ok(reported)
}

/// Reports on a node that make its performance known: ⌈2m/3⌉ of m monitors, and at least one.
pub fn quorum(monitors: usize) -> usize {
    (2 * monitors).div_ceil(3).max(1)
}

/// The median of the reports on a node, the lower of the two middle ones when their number is even; `None` without a quorum.
pub fn median(scores: &mut Vec<u16>, monitors: usize) -> Option<u16> {
    scores.retain(|score| *score != NO_REPORT);
    if scores.len() < quorum(monitors) {
        return None;
    }
    order::sort(scores);
    scores.get((scores.len() - 1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::{median, quorum, NO_REPORT};

    #[test]
    fn the_quorum_is_two_thirds_rounded_up() {
        let quorums: Vec<_> = (0..=7).map(quorum).collect();

        assert_eq!(quorums, [1, 1, 2, 2, 3, 4, 4, 5]);
    }

    #[test]
    fn the_median_is_the_lower_middle_of_a_quorum() {
        assert_eq!(median(&mut vec![9_000, 1_000, 5_000], 3), Some(5_000));
        assert_eq!(median(&mut vec![9_000, NO_REPORT, 5_000], 3), Some(5_000));
        assert_eq!(median(&mut vec![9_000, NO_REPORT, NO_REPORT], 3), None);
        assert_eq!(median(&mut vec![1, 2, 3, 4], 4), Some(2));
        assert_eq!(median(&mut Vec::new(), 0), None);
    }
}
