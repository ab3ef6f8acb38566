//! What a node counts on its mix side: names, help texts, and the numbers of `/v1/stats`.
//!
//! `{service}` is `mixnode` or `gateway`; no label holds an address, a peer or a next hop.

use std::collections::BTreeMap;

use nym_daemon::{Counter, Gauge, Registry};
use nym_mixing::DropReason;
use serde::{Deserialize, Serialize};

/// Names of one service's metrics.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    received: &'static str,
    forwarded: &'static str,
    sent: &'static str,
    dropped: &'static str,
    arrived: &'static str,
    loops_sent: &'static str,
    loops_returned: &'static str,
    links: &'static str,
    link_events: &'static str,
    delayed: &'static str,
    ingress: &'static str,
    egress: &'static str,
    epoch: &'static str,
}

macro_rules! names {
    ($service:literal) => {
        Names {
            received: concat!("nym_", $service, "_packets_received_total"),
            forwarded: concat!("nym_", $service, "_packets_forwarded_total"),
            sent: concat!("nym_", $service, "_packets_sent_total"),
            dropped: concat!("nym_", $service, "_packets_dropped_total"),
            arrived: concat!("nym_", $service, "_packets_arrived_total"),
            loops_sent: concat!("nym_", $service, "_loops_sent_total"),
            loops_returned: concat!("nym_", $service, "_loops_returned_total"),
            links: concat!("nym_", $service, "_links"),
            link_events: concat!("nym_", $service, "_link_events_total"),
            delayed: concat!("nym_", $service, "_delay_queue_length"),
            ingress: concat!("nym_", $service, "_ingress_queue_length"),
            egress: concat!("nym_", $service, "_egress_queue_length"),
            epoch: concat!("nym_", $service, "_epoch"),
        }
    };
}

/// Metrics of a mix node.
pub const MIXNODE: Names = names!("mixnode");
/// Metrics of a gateway.
pub const GATEWAY: Names = names!("gateway");

/// The counters of one node's mix side. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stats {
    /// Packets that came in over links, before anything was checked.
    pub received: Counter,
    /// Packets that were unwrapped, held and queued for the next node.
    pub forwarded: Counter,
    /// Packets that were written to a link.
    pub sent: Counter,
    /// Packets that ended here as they should: loops, and at a gateway what was for its clients.
    pub arrived: Counter,
    /// Own cover loops that were sent.
    pub loops_sent: Counter,
    /// Own cover loops that came back.
    pub loops_returned: Counter,
    /// Links that neighbours opened to this node.
    pub links_in: Gauge,
    /// Links that this node opened to neighbours.
    pub links_out: Gauge,
    /// Packets that wait for their time.
    pub delayed: Gauge,
    /// Packets that wait to be unwrapped.
    pub ingress: Gauge,
    /// Packets that wait for a link, of all neighbours.
    pub egress: Gauge,
    /// Epoch of the current document.
    pub epoch: Gauge,
    /// Packets that were lost with a link after they had been queued.
    pub dropped_link: Counter,
    /// Connections that were refused because a cap was reached.
    pub links_refused: Counter,
    /// Handshakes that failed.
    pub handshake_failures: Counter,
    /// Links that were closed because of bytes that are none.
    pub bad_links: Counter,
    /// Dials that failed.
    pub dial_failures: Counter,
    /// Connections that the system could not accept.
    pub accept_failures: Counter,
    /// In the order of [`DropReason::index`].
    dropped: Vec<Counter>,
}

/// The numbers of a node as `/v1/stats` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsReport {
    /// Version of the software.
    pub version: String,
    /// Epoch of the current document; none before the first.
    pub epoch: Option<u32>,
    /// Where this node stands in it: `"layer 1"`, `"gateway"`; none if it is not in the set.
    pub position: Option<String>,
    /// Packets that came in over links.
    pub received: u64,
    /// Packets that were passed on to the next node.
    pub forwarded: u64,
    /// Packets that were written to links.
    pub sent: u64,
    /// Packets that ended here as they should.
    pub arrived: u64,
    /// Dropped packets by reason; every reason is listed.
    pub dropped: BTreeMap<String, u64>,
    /// Own cover loops sent.
    pub loops_sent: u64,
    /// Own cover loops that came back.
    pub loops_returned: u64,
    /// Open links.
    pub links: LinkCounts,
    /// Packets that wait for their time.
    pub delayed: u64,
}

/// Links of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCounts {
    /// Opened by neighbours.
    pub incoming: u64,
    /// Opened by this node.
    pub outgoing: u64,
    /// Connections refused, handshakes failed and links closed for their bytes, together.
    pub failures: u64,
}

impl Stats {
    /// Registers everything under a service's names.
    pub fn register(registry: &Registry, names: Names) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        let event =
            |kind| registry.counter(names.link_events, "Things that happened to links, by kind.", &[("kind", kind)]);
        let link = |direction| registry.gauge(names.links, "Open links between nodes.", &[("direction", direction)]);
        let dropped = |reason: &DropReason| {
            let help = "Packets that were dropped, by reason.";
            registry.counter(names.dropped, help, &[("reason", reason.as_str())])
        };
        let dropped: Vec<_> = DropReason::ALL.iter().map(dropped).collect();
        let dropped_link = dropped.get(DropReason::LinkLost.index()).cloned().unwrap_or_default();
        Self {
            received: counter(names.received, "Packets that came in over links."),
            forwarded: counter(names.forwarded, "Packets that were unwrapped and queued for the next node."),
            sent: counter(names.sent, "Packets that were written to links."),
            arrived: counter(names.arrived, "Packets that ended here as they should."),
            loops_sent: counter(names.loops_sent, "Cover loops that were sent."),
            loops_returned: counter(names.loops_returned, "Cover loops that came back."),
            links_in: link("in"),
            links_out: link("out"),
            delayed: registry.gauge(names.delayed, "Packets that wait for their time.", &[]),
            ingress: registry.gauge(names.ingress, "Packets that wait to be unwrapped.", &[]),
            egress: registry.gauge(names.egress, "Packets that wait for a link, of all neighbours.", &[]),
            epoch: registry.gauge(names.epoch, "Epoch of the current topology document.", &[]),
            dropped_link,
            links_refused: event("refused"),
            handshake_failures: event("handshake_failed"),
            bad_links: event("bad_bytes"),
            dial_failures: event("dial_failed"),
            accept_failures: event("accept_failed"),
            dropped,
        }
    }

    /// Counts a dropped packet.
    pub fn drop(&self, reason: DropReason) {
        self.drop_many(reason, 1);
    }

    /// Counts dropped packets.
    pub fn drop_many(&self, reason: DropReason, count: u64) {
        if let Some(counter) = self.dropped.get(reason.index()) {
            counter.add(count);
        }
    }

    /// Packets dropped for a reason so far.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped.get(reason.index()).map_or(0, Counter::get)
    }

    /// The present numbers.
    pub fn report(&self, epoch: Option<u32>, position: Option<String>) -> StatsReport {
        let gauge = |gauge: &Gauge| u64::try_from(gauge.get()).unwrap_or(0);
        StatsReport {
            version: nym_daemon::VERSION.into(),
            epoch,
            position,
            received: self.received.get(),
            forwarded: self.forwarded.get(),
            sent: self.sent.get(),
            arrived: self.arrived.get(),
            dropped: DropReason::ALL.iter().map(|reason| (reason.as_str().into(), self.dropped(*reason))).collect(),
            loops_sent: self.loops_sent.get(),
            loops_returned: self.loops_returned.get(),
            links: LinkCounts {
                incoming: gauge(&self.links_in),
                outgoing: gauge(&self.links_out),
                failures: self.links_refused.get() + self.handshake_failures.get() + self.bad_links.get(),
            },
            delayed: gauge(&self.delayed),
        }
    }
}
