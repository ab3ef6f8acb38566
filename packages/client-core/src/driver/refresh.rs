//! Keeps the topology current: a new one soon after each epoch's end, the old one while it serves.

use super::unix_now;
use crate::event::Event;
use crate::topology::TopologySource;
use nym_topology::Topology;
use rand::Rng as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Shortest wait between two questions.
const SHORTEST: Duration = Duration::from_secs(1);
/// Longest wait: an epoch may be ended early, and a laptop may have slept.
const LONGEST: Duration = Duration::from_secs(600);

/// How long after its beginning an epoch's topology is used: by then every node has it. Nodes ask every five
/// seconds and drop what goes over a document that they do not know; the one before serves an epoch longer.
const SETTLED: Duration = Duration::from_secs(8);

/// Asks the source again and again and publishes what it says.
pub(crate) async fn refresh_topology(
    source: Arc<dyn TopologySource>,
    topologies: watch::Sender<Option<Topology>>,
    events: broadcast::Sender<Event>,
    stop: CancellationToken,
) {
    let mut failures = 0u32;
    loop {
        let answer = tokio::select! {
            () = stop.cancelled() => return,
            answer = source.latest() => answer,
        };
        let wait = match answer {
            Ok(topology) => {
                failures = 0;
                let early = topologies
                    .borrow()
                    .as_ref()
                    .map_or(Duration::ZERO, |current| early(current, &topology, unix_now()));
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(early) => {}
                }
                let wait = until_next(&topology);
                // A document is not replaced by an older one, whoever signed it.
                topologies.send_if_modified(|current| {
                    let newer = current.as_ref().is_none_or(|current| current.epoch() < topology.epoch());
                    if newer {
                        *current = Some(topology);
                    }
                    newer
                });
                wait
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::debug!(%error, "no new topology");
                let serves =
                    topologies.borrow().as_ref().is_some_and(|current| current.document().serves_until() > unix_now());
                if !serves {
                    let _ = events.send(Event::NoTopology(error.to_string()));
                }
                SHORTEST * 2u32.pow(failures.min(5))
            }
        };
        // Spread, so that the clients of a network do not ask at the same moment.
        let wait = wait.mul_f64(rand::thread_rng().gen_range(1.0..1.3));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// How long to wait before asking for the successor.
fn until_next(topology: &Topology) -> Duration {
    let document = topology.document();
    let end = document.starts_at.saturating_add(document.epoch_length);
    let left = end.saturating_sub(unix_now());
    // Overdue: ask often enough to notice the successor early in its epoch.
    let overdue = Duration::from_secs(document.epoch_length) / 20;
    let wait = if left > 0 { Duration::from_secs(left) } else { overdue };
    wait.clamp(SHORTEST, LONGEST)
}

/// How long to go on with the topology in use although its successor is there.
fn early(current: &Topology, successor: &Topology, unix: u64) -> Duration {
    let document = successor.document();
    if successor.epoch() != current.epoch().saturating_add(1) {
        return Duration::ZERO;
    }
    // Nothing else is known to be right about the clocks of this machine and of the chain.
    let longest = SETTLED.min(Duration::from_secs(document.epoch_length) / 4);
    let settled = document.starts_at.saturating_add(longest.as_secs());
    Duration::from_secs(settled.saturating_sub(unix)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nym_topology::{Parameters, TopologyDocument};

    const START: u64 = 1_700_000_000;

    fn topology(epoch: u32, epoch_length: u64) -> Topology {
        Topology::new(TopologyDocument {
            version: 1,
            chain_id: "test".into(),
            mixnet_contract: "n1contract".into(),
            epoch,
            height: 1,
            starts_at: START,
            epoch_length,
            parameters: Parameters { payload_size: 2_048, mean_hop_delay_ms: 50, max_hop_delay_ms: 10_000 },
            bootstrap_seed: true,
            mix_nodes: Vec::new(),
            gateways: Vec::new(),
        })
    }

    #[test]
    fn a_successor_is_used_when_every_node_has_had_the_time_to_learn_it() {
        let seconds = Duration::from_secs;
        let (current, next) = (topology(4, 3_600), topology(5, 3_600));

        assert_eq!(early(&current, &next, START), SETTLED);
        assert_eq!(early(&current, &next, START + 5), seconds(3));
        assert_eq!(early(&current, &next, START + 8), Duration::ZERO);
        // A clock that is behind does not keep the old one for longer.
        assert_eq!(early(&current, &next, START - 1_000), SETTLED);
    }

    #[test]
    fn a_topology_that_is_two_epochs_old_is_replaced_at_once() {
        assert_eq!(early(&topology(3, 3_600), &topology(5, 3_600), START), Duration::ZERO);
    }

    #[test]
    fn short_epochs_wait_for_a_quarter_of_their_length() {
        assert_eq!(early(&topology(4, 12), &topology(5, 12), START), Duration::from_secs(3));
    }
}
