//! What a gateway counts beside its mix side. No label holds a client.

use nym_daemon::{Counter, Gauge, Registry};
use nym_links::StatsReport;
use serde::{Deserialize, Serialize};

/// The counters of the clients' side. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GatewayStats {
    /// Packets that clients sent and that were queued for layer 1.
    pub from_clients: Counter,
    /// Packets of clients that were refused: first hop, rate, or full link.
    pub refused_from_clients: Counter,
    /// Rows that are on disk.
    pub stored: Counter,
    /// Rows that were sent to clients.
    pub delivered: Counter,
    /// Acknowledgements that were injected after the row was on disk.
    pub acks_sent: Counter,
    /// Acknowledgements that were handed to clients.
    pub acks_delivered: Counter,
    /// Open sessions.
    pub sessions: Gauge,
    /// Commands that wait for the inbox's writing thread.
    pub inbox_queue: Gauge,
    /// Connections of clients that were refused because a cap was reached.
    pub connections_refused: Counter,
    /// Handshakes of clients that failed.
    pub handshake_failures: Counter,
    /// Sessions that were ended because of bytes that are none.
    pub bad_sessions: Counter,
}

/// The numbers of a gateway as `/v1/stats` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayReport {
    /// The mix side.
    #[serde(flatten)]
    pub mix: StatsReport,
    /// Packets that clients sent and that were passed on.
    pub from_clients: u64,
    /// Packets of clients that were refused.
    pub refused_from_clients: u64,
    /// Rows that were stored.
    pub stored: u64,
    /// Rows that were sent to clients.
    pub delivered: u64,
    /// Acknowledgements injected.
    pub acks_sent: u64,
    /// Acknowledgements handed to clients.
    pub acks_delivered: u64,
    /// Open sessions.
    pub sessions: u64,
    /// Registered clients.
    pub clients: u64,
    /// Rows kept for all clients.
    pub inbox_rows: u64,
    /// Bytes kept for all clients.
    pub inbox_bytes: u64,
}

impl GatewayStats {
    /// Registers everything.
    pub fn register(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        let event = |kind| {
            registry.counter(
                "nym_gateway_client_events_total",
                "Things that happened to connections of clients.",
                &[("kind", kind)],
            )
        };
        Self {
            from_clients: counter("nym_gateway_packets_from_clients_total", "Packets of clients that were passed on."),
            refused_from_clients: counter(
                "nym_gateway_packets_from_clients_refused_total",
                "Packets of clients that were refused: first hop, rate or full link.",
            ),
            stored: counter("nym_gateway_inbox_stored_total", "Messages and replies that are on disk."),
            delivered: counter("nym_gateway_inbox_delivered_total", "Messages and replies that were sent to clients."),
            acks_sent: counter(
                "nym_gateway_acks_sent_total",
                "Acknowledgements injected after the message was on disk.",
            ),
            acks_delivered: counter("nym_gateway_acks_delivered_total", "Acknowledgements handed to clients."),
            sessions: registry.gauge("nym_gateway_sessions", "Open sessions of clients.", &[]),
            inbox_queue: registry.gauge("nym_gateway_inbox_queue_length", "Commands that wait for the inbox.", &[]),
            connections_refused: event("refused"),
            handshake_failures: event("handshake_failed"),
            bad_sessions: event("bad_bytes"),
        }
    }

    /// The present numbers.
    pub fn report(&self, mix: StatsReport, clients: usize, kept: (u64, u64)) -> GatewayReport {
        GatewayReport {
            mix,
            from_clients: self.from_clients.get(),
            refused_from_clients: self.refused_from_clients.get(),
            stored: self.stored.get(),
            delivered: self.delivered.get(),
            acks_sent: self.acks_sent.get(),
            acks_delivered: self.acks_delivered.get(),
            sessions: u64::try_from(self.sessions.get()).unwrap_or(0),
            clients: clients as u64,
            inbox_rows: kept.0,
            inbox_bytes: kept.1,
        }
    }
}
