//! Keeps a session with the gateway open: connects, waits longer after each failure, connects again.

use crate::engine::ClientKeys;
use crate::gateway::{FromGateway, GatewayConnector, GatewaySession, ToGateway, FROM_GATEWAY};
use nym_keys::identity;
use nym_topology::Topology;
use rand::Rng as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// First wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait: a gateway that comes back finds its clients within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// A session that lasted this long was a good one: waiting starts at the bottom again.
const GOOD_SESSION: Duration = Duration::from_secs(30);
/// How long a connection may take, handshake included.
const CONNECT: Duration = Duration::from_secs(15);

/// What is needed to open sessions.
#[derive(Clone)]
pub(crate) struct LinkConfig {
    pub(crate) connector: Arc<dyn GatewayConnector>,
    pub(crate) gateway: identity::PublicKey,
    pub(crate) keys: ClientKeys,
}

/// What happens with the session.
pub(crate) enum LinkEvent {
    Up(mpsc::Sender<ToGateway>),
    Down(String),
    Said(FromGateway),
}

/// The running task.
pub(crate) struct Link {
    pub(crate) events: mpsc::Receiver<LinkEvent>,
}

impl Link {
    pub(crate) fn start(
        config: LinkConfig,
        topologies: watch::Receiver<Option<Topology>>,
        stop: CancellationToken,
    ) -> Self {
        let (events, receiver) = mpsc::channel(FROM_GATEWAY);
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = keep_open(config, topologies, events) => {}
            }
        });
        Self { events: receiver }
    }
}

async fn keep_open(
    config: LinkConfig,
    mut topologies: watch::Receiver<Option<Topology>>,
    events: mpsc::Sender<LinkEvent>,
) {
    let mut failures = 0u32;
    loop {
        let topology = match topologies.wait_for(Option::is_some).await {
            Ok(topology) => topology.clone(),
            Err(_) => return,
        };
        let Some(topology) = topology else { continue };
        let opened = tokio::time::Instant::now();
        let reason = match open(&config, &topology).await {
            Ok(session) => {
                if events.send(LinkEvent::Up(session.outgoing)).await.is_err() {
                    return;
                }
                match relay(session.incoming, &events).await {
                    Ended::Closed => "the connection was lost".to_owned(),
                    Ended::Replaced => return std::future::pending().await,
                    Ended::Stopped => return,
                }
            }
            Err(reason) => reason,
        };
        failures = if opened.elapsed() >= GOOD_SESSION { 0 } else { failures.saturating_add(1) };
        tracing::debug!(reason, failures, "no session with the gateway");
        if events.send(LinkEvent::Down(reason)).await.is_err() {
            return;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << failures.min(8)).min(LONGEST_WAIT);
        // Spread, so that the clients of a gateway that restarts do not come back at the same moment.
        let wait = wait.mul_f64(rand::thread_rng().gen_range(0.5..1.0));
        tokio::time::sleep(wait).await;
    }
}

async fn open(config: &LinkConfig, topology: &Topology) -> Result<GatewaySession, String> {
    let entry = topology
        .gateway(&config.gateway)
        .ok_or_else(|| format!("gateway {} is not in the topology of epoch {}", config.gateway, topology.epoch()))?;
    match tokio::time::timeout(CONNECT, config.connector.connect(entry, topology, &config.keys)).await {
        Ok(Ok(session)) => Ok(session),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("gateway {} did not answer within {} s", config.gateway, CONNECT.as_secs())),
    }
}

enum Ended {
    Closed,
    Replaced,
    Stopped,
}

async fn relay(mut incoming: mpsc::Receiver<FromGateway>, events: &mpsc::Sender<LinkEvent>) -> Ended {
    while let Some(said) = incoming.recv().await {
        let replaced = said == FromGateway::Replaced;
        if events.send(LinkEvent::Said(said)).await.is_err() {
            return Ended::Stopped;
        }
        if replaced {
            let _ = events.send(LinkEvent::Down("a newer session of this client has begun".into())).await;
            return Ended::Replaced;
        }
    }
    Ended::Closed
}
