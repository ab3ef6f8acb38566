//! The session with the gateway, as the driver sees it.
//!
//! [`GatewayConnector`] opens a session; two bounded channels carry what is said in it. The product's
//! connector is [`WebsocketConnector`]; tests and simulations put their own network behind the trait.

mod websocket;

pub use websocket::WebsocketConnector;

use crate::engine::{ClientKeys, Delivery, Outgoing};
use futures::future::BoxFuture;
use nym_topology::{GatewayEntry, Topology};
use tokio::sync::mpsc;

/// Frames on their way to the gateway; when they back up, departures are skipped, not queued.
pub const TO_GATEWAY: usize = 64;
/// Deliveries not yet taken: a second of the fastest class.
pub const FROM_GATEWAY: usize = 1_024;

/// What the client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToGateway {
    /// Forward a packet.
    Send(Outgoing),
    /// These rows are on the client's disk (or were cover): delete them.
    Confirm(Vec<u64>),
}

/// What the gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromGateway {
    /// Something for the client.
    Delivery(Delivery),
    /// How many bytes it will still forward.
    Balance(u64),
    /// It refuses something: one of a handful of reasons.
    Refused(String),
    /// A newer session of this client has begun; this one is over.
    Replaced,
}

/// Why no session could be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The gateway cannot be reached.
    #[error("cannot reach gateway {gateway}: {reason}")]
    Unreachable {
        /// The gateway's identity.
        gateway: String,
        /// What the network said.
        reason: String,
    },
    /// The handshake failed: it is another gateway, or it speaks another protocol.
    #[error("gateway {gateway} did not prove who it is: {reason}")]
    Handshake {
        /// The gateway's identity.
        gateway: String,
        /// What failed.
        reason: String,
    },
    /// The gateway does not want this client.
    #[error("gateway {gateway} refuses the session: {reason}")]
    Refused {
        /// The gateway's identity.
        gateway: String,
        /// Its words.
        reason: String,
    },
}

/// An open session. It is over when either channel is closed.
pub struct GatewaySession {
    /// What the client says.
    pub outgoing: mpsc::Sender<ToGateway>,
    /// What the gateway says.
    pub incoming: mpsc::Receiver<FromGateway>,
}

/// Opens sessions with a gateway.
pub trait GatewayConnector: Send + Sync + 'static {
    /// Opens one with this gateway for this client.
    fn connect<'a>(
        &'a self,
        gateway: &'a GatewayEntry,
        topology: &'a Topology,
        keys: &'a ClientKeys,
    ) -> BoxFuture<'a, Result<GatewaySession, ConnectError>>;
}
