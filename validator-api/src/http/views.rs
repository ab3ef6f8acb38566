//! Contract state as the API shows it.

use crate::contract_cache::Snapshot;
use crate::monitor::score::Score;
use crate::monitor::store::Measurement;
use nym_contract_types::mixnet::{
    DrawOutcome, EpochState, GatewayBond, MixNodeDetails, RewardedNodeStatus, SeedSource,
};
use nym_validator_api_client::types::{
    Amount, EpochView, GatewayView, MeasurementView, NetworkView, NodeView, ScoreView,
};
use std::net::SocketAddr;
use time::format_description::well_known::Rfc3339;

fn rfc3339(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

fn timestamp(seconds: u64) -> String {
    i64::try_from(seconds).map(rfc3339).unwrap_or_default()
}

fn address(host: &str, port: u16) -> String {
    host.parse().map(|host| SocketAddr::new(host, port).to_string()).unwrap_or_else(|_| format!("{host}:{port}"))
}

/// The network at a glance.
pub fn network(snapshot: &Snapshot, (chain_id, mixnet_contract): &(String, String)) -> NetworkView {
    let mut layers = [0; 3];
    for layer in snapshot.rewarded.values().filter_map(|node| node.layer) {
        if let Some(count) = usize::from(layer).checked_sub(1).and_then(|index| layers.get_mut(index)) {
            *count += 1;
        }
    }
    NetworkView {
        chain_id: chain_id.clone(),
        mixnet_contract: mixnet_contract.clone(),
        height: snapshot.height,
        epoch: epoch(snapshot),
        mix_nodes: u32::try_from(snapshot.nodes.len()).unwrap_or(u32::MAX),
        layers,
        gateways: u32::try_from(snapshot.gateways.len()).unwrap_or(u32::MAX),
    }
}

fn epoch(snapshot: &Snapshot) -> EpochView {
    let status = &snapshot.status;
    let state = match status.state {
        EpochState::InProgress => "in_progress",
        EpochState::Rewarding { .. } => "rewarding",
        EpochState::AdvancingEpoch => "advancing_epoch",
    };
    let draw = match status.draw {
        DrawOutcome::None => "none",
        DrawOutcome::Drawn => "drawn",
        DrawOutcome::KeptTooFewCandidates => "kept_too_few_candidates",
        DrawOutcome::KeptNoSeed => "kept_no_seed",
    };
    EpochView {
        epoch: status.epoch,
        state: state.into(),
        starts_at: timestamp(status.starts_at),
        ends_at: timestamp(status.ends_at),
        height: status.height,
        reports: status.reports,
        monitors: status.monitors,
        draw: draw.into(),
        bootstrap_seed: status.seed_source == SeedSource::Bootstrap,
    }
}

/// A bonded node.
pub fn node(snapshot: &Snapshot, details: &MixNodeDetails, score: Option<(u32, Score)>) -> NodeView {
    let bond = &details.bond_information;
    let rewarded = snapshot.rewarded.get(&bond.mix_id);
    let status = match rewarded.map(|node| &node.status) {
        Some(RewardedNodeStatus::Active) => "active",
        Some(RewardedNodeStatus::Standby) => "standby",
        None => "inactive",
    };
    let denom = &bond.original_pledge.denom;
    NodeView {
        node_id: bond.mix_id,
        identity: bond.mix_node.identity_key.clone(),
        owner: bond.owner.to_string(),
        address: address(&bond.mix_node.host, bond.mix_node.mix_port),
        version: bond.mix_node.version.clone(),
        status: status.into(),
        layer: rewarded.and_then(|node| node.layer),
        pledge: Amount { denom: denom.clone(), amount: bond.original_pledge.amount.to_string() },
        delegated: Amount {
            denom: denom.clone(),
            amount: details.rewarding_details.delegates.to_uint_floor().to_string(),
        },
        score: score.map(|(epoch, score)| ScoreView {
            epoch,
            performance: score.performance,
            low: score.low,
            high: score.high,
            probes: score.probes,
            returned: score.returned,
        }),
    }
}

/// A bonded gateway.
pub fn gateway(bond: &GatewayBond) -> GatewayView {
    let gateway = &bond.gateway;
    GatewayView {
        identity: gateway.identity_key.clone(),
        owner: bond.owner.to_string(),
        address: address(&gateway.host, gateway.mix_port),
        clients_address: address(&gateway.host, gateway.clients_port),
        location: gateway.location.clone(),
        version: gateway.version.clone(),
        pledge: Amount { denom: bond.pledge_amount.denom.clone(), amount: bond.pledge_amount.amount.to_string() },
    }
}

/// A probe.
pub fn measurement(id: i64, measurement: Measurement) -> MeasurementView {
    MeasurementView {
        id: u64::try_from(id).unwrap_or_default(),
        epoch: measurement.epoch,
        sent_at: rfc3339(measurement.sent_at),
        path: measurement.path.to_vec(),
        gateway: measurement.gateway,
        overhead_ms: measurement.overhead_ms,
    }
}
