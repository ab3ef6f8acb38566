//! Epoch, rewarded set, lottery and reports as services read them.

use cosmwasm_std::{Deps, Env, Uint64};
use nym_contract_types::mixnet::{
    Candidate, CandidatesResponse, CurrentIntervalResponse, DurationReply, EpochState, EpochStatusResponse, Interval,
    LayerDistributionResponse, LotteryResponse, MonitorsResponse, NodePerformanceResponse, NodeReport, ParkedNode,
    ParkedNodesResponse, Performance, PerformanceReportsResponse, RewardedNode, RewardedNodeStatus,
    RewardedSetResponse,
};
use nym_contract_types::{page, EpochId, NodeId, Percent};

use super::clock::{Epoch, Phase, EPOCH};
use super::draw::seed_source;
use super::performance;
use super::state::{
    RewardedSet, Score, ScorePage, CANDIDATES, LOTTERY, MONITORS, NO_REPORT, PAGE_NODES, REPORTED, REPORTS, SCORES,
};
use crate::mixnodes::state::{Parked, PARKED};
use crate::state::STATE;
use crate::ContractError;

/// Default and largest page of every list here.
const PAGE: (u32, u32) = (500, 1_000);

/// The current epoch.
pub fn status(deps: Deps<'_>, env: Env) -> Result<EpochStatusResponse, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    let monitors = MONITORS.load(deps.storage)?;
    let reports = performance::reported(deps.storage, &monitors, epoch.id)?;
    let set = RewardedSet::load(deps.storage, epoch.id)?;

    let now = env.block.time.seconds();
    let begin_at = epoch.ends_at().saturating_add(state.epochs.report_grace);
    let monitors = monitors.len() as u32;
    let over = now >= epoch.ends_at();
    let can_begin =
        epoch.phase != Phase::Running || over && (set.seats.is_empty() || reports >= monitors || now >= begin_at);
    Ok(EpochStatusResponse {
        epoch: epoch.id,
        state: phase(&epoch),
        starts_at: epoch.starts_at,
        ends_at: epoch.ends_at(),
        epoch_length: epoch.length,
        height: epoch.height,
        previous_height: (epoch.previous_height > 0).then_some(epoch.previous_height),
        draw: epoch.outcome.into(),
        seed_source: seed_source(&state),
        reports,
        monitors,
        begin_without_all_reports_at: begin_at,
        current_blocktime: now,
        can_begin,
    })
}

fn phase(epoch: &Epoch) -> EpochState {
    match epoch.phase {
        Phase::Running => EpochState::InProgress,
        Phase::Settling => EpochState::Rewarding { last_rewarded: epoch.cursor, final_node_id: epoch.final_node },
        Phase::Drawing => EpochState::AdvancingEpoch,
    }
}

/// The current interval.
pub fn interval(deps: Deps<'_>, env: Env) -> Result<CurrentIntervalResponse, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?;
    let now = env.block.time.seconds();
    let is_current_epoch_over = now >= epoch.ends_at();
    // Between the last rewards of an interval and the next epoch, the interval is still the one that ends.
    let (id, current_epoch_id, is_last) = match epoch.id.checked_sub(epoch.interval_start) {
        Some(elapsed) => (epoch.interval, elapsed, epoch.is_last_of_interval(&state)),
        None => (epoch.interval.saturating_sub(1), state.epochs.epochs_in_interval.saturating_sub(1), true),
    };
    Ok(CurrentIntervalResponse {
        interval: Interval {
            id,
            epochs_in_interval: state.epochs.epochs_in_interval,
            current_epoch_start: rfc3339(epoch.starts_at),
            current_epoch_id,
            epoch_length: DurationReply { secs: state.epochs.epoch_length, nanos: 0 },
            total_elapsed_epochs: epoch.id,
        },
        current_blocktime: now,
        is_current_interval_over: is_last && is_current_epoch_over,
        is_current_epoch_over,
    })
}

/// The rewarded set of the current epoch or the one before.
pub fn rewarded_set(
    deps: Deps<'_>,
    wanted: Option<EpochId>,
    limit: Option<u32>,
    start_after: Option<NodeId>,
) -> Result<RewardedSetResponse, ContractError> {
    let current = EPOCH.load(deps.storage)?.id;
    let epoch = wanted.unwrap_or(current);
    if epoch != current && Some(epoch) != current.checked_sub(1) {
        return Err(ContractError::WrongEpoch { given: epoch, current });
    }
    let set = RewardedSet::load(deps.storage, epoch)?;
    let nodes = set.seats.iter().filter(|seat| start_after.is_none_or(|after| seat.node > after)).map(|seat| {
        let layer = seat.layer();
        let status = if layer.is_some() { RewardedNodeStatus::Active } else { RewardedNodeStatus::Standby };
        (seat.node, RewardedNode { mix_id: seat.node, status, layer })
    });
    let (nodes, start_next_after) = cut(nodes, page::limit(limit, PAGE.0, PAGE.1));
    Ok(RewardedSetResponse { epoch, nodes, start_next_after })
}

/// How many active nodes each layer has.
pub fn layers(deps: Deps<'_>) -> Result<LayerDistributionResponse, ContractError> {
    let set = RewardedSet::load(deps.storage, EPOCH.load(deps.storage)?.id)?;
    let count = |layer: u8| set.seats.iter().filter(|seat| seat.layer_or_zero == layer).count() as u32;
    Ok(LayerDistributionResponse { layer1: count(1), layer2: count(2), layer3: count(3) })
}

/// What the current rewarded set was drawn from.
pub fn lottery(deps: Deps<'_>) -> Result<LotteryResponse, ContractError> {
    LOTTERY.load(deps.storage)
}

/// Frozen candidates by node.
pub fn candidates(
    deps: Deps<'_>,
    limit: Option<u32>,
    start_after: Option<NodeId>,
) -> Result<CandidatesResponse, ContractError> {
    let limit = page::limit(limit, PAGE.0, PAGE.1);
    let epoch = EPOCH.load(deps.storage)?;
    let drawn_for = if epoch.phase == Phase::Running { epoch.id } else { epoch.next_id()? };
    let after = start_after.unwrap_or(0);

    // Pages are in order of the nodes: the first to read is found by halving, at most 25 reads of one page each.
    let pages = epoch.candidates.div_ceil(PAGE_NODES);
    let (mut low, mut high) = (0, pages);
    while low < high {
        let middle = low + (high - low) / 2;
        let page = CANDIDATES.may_load(deps.storage, middle)?.unwrap_or_default();
        if page.0.last().is_some_and(|(id, _)| *id > after) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    let mut found = Vec::new();
    while low < pages && found.len() <= limit {
        let page = CANDIDATES.may_load(deps.storage, low)?.unwrap_or_default();
        found.extend(page.0.into_iter().filter(|(id, _)| *id > after));
        low += 1;
    }
    let found =
        found.into_iter().map(|(node_id, weight)| (node_id, Candidate { node_id, weight: Uint64::new(weight) }));
    let (candidates, start_next_after) = cut(found, limit);
    Ok(CandidatesResponse { epoch: drawn_for, candidates, start_next_after })
}

/// Monitors and whether they have reported.
pub fn monitors(deps: Deps<'_>) -> Result<MonitorsResponse, ContractError> {
    let epoch = EPOCH.load(deps.storage)?.id;
    let monitors = MONITORS.load(deps.storage)?;
    let quorum = performance::quorum(monitors.len()) as u32;
    let monitors = monitors
        .into_iter()
        .map(|(id, monitor)| Ok((monitor, REPORTED.may_load(deps.storage, id)? == Some(epoch))))
        .collect::<Result<_, ContractError>>()?;
    Ok(MonitorsResponse { epoch, monitors, quorum })
}

/// What one monitor reported of the current epoch.
pub fn reports(
    deps: Deps<'_>,
    monitor: String,
    limit: Option<u32>,
    start_after: Option<NodeId>,
) -> Result<PerformanceReportsResponse, ContractError> {
    let limit = page::limit(limit, PAGE.0, PAGE.1);
    let sender = deps.api.addr_validate(&monitor)?;
    let epoch = EPOCH.load(deps.storage)?.id;
    let monitors = MONITORS.load(deps.storage)?;
    let Some((id, _)) = monitors.into_iter().find(|(_, known)| *known == sender) else {
        return Err(ContractError::NotMonitor { sender });
    };

    let last_node = crate::state::CORE.load(deps.storage)?.last_node_id;
    let first = start_after.map_or(0, |after| after.saturating_add(1));
    let mut found = Vec::new();
    let mut number = first / PAGE_NODES;
    // At most as many pages as a full answer needs, and then as many again without any report.
    let pages = 2 * limit.div_ceil(PAGE_NODES as usize) + 2;
    for _ in 0..pages {
        if number > last_node / PAGE_NODES || found.len() > limit {
            break;
        }
        if let Some(page) = REPORTS.may_load(deps.storage, (number, id))?.filter(|page| page.epoch == epoch) {
            let start = number * PAGE_NODES;
            let scores = (start..).zip(page.scores).filter(|(id, score)| *id >= first && *score != NO_REPORT);
            for (node_id, points) in scores {
                found.push((node_id, NodeReport { node_id, performance: Percent::from_basis_points(points)? }));
            }
        }
        number += 1;
    }
    let unread = number <= last_node / PAGE_NODES;
    let (reports, mut start_next_after) = cut(found.into_iter(), limit);
    if start_next_after.is_none() && unread {
        start_next_after = Some(number * PAGE_NODES - 1);
    }
    Ok(PerformanceReportsResponse { epoch, reports, start_next_after })
}

/// What is known of a node's performance.
pub fn performance_of(deps: Deps<'_>, node_id: NodeId) -> Result<NodePerformanceResponse, ContractError> {
    let state = STATE.load(deps.storage)?;
    let epoch = EPOCH.load(deps.storage)?.id;
    let page = SCORES.may_load(deps.storage, node_id / PAGE_NODES)?.unwrap_or_else(ScorePage::empty);
    let score: Score = page.0.get((node_id % PAGE_NODES) as usize).copied().unwrap_or_default();
    let last_known = score
        .epoch()
        .map(|known| {
            Ok::<_, ContractError>(Performance { value: Percent::from_basis_points(score.points)?, epoch: known })
        })
        .transpose()?;
    let stale = last_known.is_some() && score.serving(epoch, state.epochs.stale_epochs).is_none();
    Ok(NodePerformanceResponse { node_id, last_known, stale })
}

/// Nodes that were passed over.
pub fn parked(
    deps: Deps<'_>,
    limit: Option<u32>,
    start_after: Option<NodeId>,
) -> Result<ParkedNodesResponse, ContractError> {
    let limit = page::limit(limit, 250, 300);
    let (found, start_next_after) = PARKED.list(deps.storage, start_after, limit)?;
    let show = |(mix_id, Parked { since, reason })| ParkedNode { mix_id, since, reason };
    let nodes = found.into_iter().map(show).collect();
    Ok(ParkedNodesResponse { nodes, start_next_after })
}

/// The first `limit` entries, and the number of the last of them if there are more.
fn cut<T>(mut entries: impl Iterator<Item = (NodeId, T)>, limit: usize) -> (Vec<T>, Option<NodeId>) {
    let mut last = None;
    let page = entries
        .by_ref()
        .take(limit)
        .map(|(id, entry)| {
            last = Some(id);
            entry
        })
        .collect();
    (page, last.filter(|_| entries.next().is_some()))
}

/// A time in seconds since 1970 as RFC 3339 in UTC.
fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days to a date of the Gregorian calendar, in eras of 400 years that begin on 1 March.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_written_as_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
