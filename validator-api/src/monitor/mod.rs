//! The network monitor: leads real packets through the nodes and counts which come back.
//!
//! One session at a time with a gateway of the current document, Poisson sending, a bounded table of probes
//! that are under way. What comes back, and what does not, is kept by [`store`]; [`score`] makes scores of it.

mod probe;
pub mod score;
pub mod store;

use crate::config::MonitorConfig;
use crate::topology::Documents;
use nym_client_core::engine::{ClientKeys, Delivery, Outgoing};
use nym_client_core::gateway::{FromGateway, GatewayConnector as _, GatewaySession, ToGateway, WebsocketConnector};
use nym_client_core::{schedule, MessageId};
use nym_keys::identity;
use nym_topology::Topology;
use rand::seq::SliceRandom as _;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};
use store::{Measurement, Store};

/// Probes under way at most: at the shortest sensible interval of 10 ms, a minute and a half of them.
const MAX_UNDER_WAY: usize = 10_000;
/// Measurements are written together this often.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// After a gateway could not be reached.
const RECONNECT: Duration = Duration::from_secs(1);
/// A gateway is changed for another after this many probes, so that none is judged alone.
const PROBES_PER_SESSION: u32 = 40;

struct UnderWay {
    measurement: Measurement,
    sent: Instant,
    delay: Duration,
}

/// Measures until the service ends.
pub async fn run(config: MonitorConfig, documents: Documents, store: Store) {
    let mut monitor =
        Monitor { config, store, under_way: HashMap::new(), deadlines: VecDeque::new(), finished: Vec::new() };
    let mut keys = (0, ClientKeys::generate(&mut rand::thread_rng()));
    loop {
        let Some(published) = documents.current() else {
            tokio::time::sleep(RECONNECT).await;
            continue;
        };
        let topology = Topology::new(published.document.clone());
        if keys.0 != topology.epoch() {
            keys = (topology.epoch(), ClientKeys::generate(&mut rand::thread_rng()));
        }
        let gateway = topology.document().gateways.choose(&mut rand::thread_rng()).map(|gateway| gateway.identity);
        if let Some(gateway) = gateway.filter(|_| !topology.document().mix_nodes.is_empty()) {
            if let Err(error) = monitor.session(&topology, &gateway, &keys.1).await {
                tracing::debug!(%error, "a session of the monitor ended early");
            }
        }
        monitor.expire(Instant::now());
        monitor.write();
        tokio::time::sleep(RECONNECT).await;
    }
}

struct Monitor {
    config: MonitorConfig,
    store: Store,
    under_way: HashMap<MessageId, UnderWay>,
    deadlines: VecDeque<(Instant, MessageId)>,
    finished: Vec<Measurement>,
}

impl Monitor {
    /// Sends some probes through one gateway and waits for the last of them.
    async fn session(
        &mut self,
        topology: &Topology,
        gateway: &identity::PublicKey,
        keys: &ClientKeys,
    ) -> anyhow::Result<()> {
        let entry = topology.gateway(gateway).ok_or_else(|| anyhow::anyhow!("the gateway has left"))?;
        let mut session = WebsocketConnector::default().connect(entry, topology, keys).await?;
        let mut left = PROBES_PER_SESSION;
        let mut next = tokio::time::Instant::now();
        let mut write = tokio::time::interval(WRITE_EVERY);
        while left > 0 || !self.under_way.is_empty() {
            tokio::select! {
                () = tokio::time::sleep_until(next), if left > 0 => {
                    left -= 1;
                    next += schedule::gap(self.config.probe_interval, &mut rand::thread_rng());
                    self.send(&session, topology, gateway, keys).await?;
                }
                said = session.incoming.recv() => match said {
                    Some(FromGateway::Delivery(delivery)) => self.delivered(&session, keys, delivery).await?,
                    Some(FromGateway::Balance(_)) => {}
                    Some(FromGateway::Refused(reason)) => anyhow::bail!("the gateway refuses: {reason}"),
                    Some(FromGateway::Replaced) => anyhow::bail!("another session has replaced this one"),
                    None => anyhow::bail!("the gateway ended the session"),
                },
                _ = write.tick() => {
                    self.expire(Instant::now());
                    self.write();
                }
            }
        }
        Ok(())
    }

    async fn send(
        &mut self,
        session: &GatewaySession,
        topology: &Topology,
        gateway: &identity::PublicKey,
        keys: &ClientKeys,
    ) -> anyhow::Result<()> {
        if self.under_way.len() >= MAX_UNDER_WAY {
            return Ok(());
        }
        let built = probe::build(topology, gateway, keys, &mut rand::rngs::OsRng)?;
        let outgoing = Outgoing { first_hop: built.first_hop, packet: built.packet };
        session.outgoing.send(ToGateway::Send(outgoing)).await?;
        let sent = Instant::now();
        let measurement = Measurement {
            epoch: topology.epoch(),
            sent_at: time::OffsetDateTime::now_utc().unix_timestamp(),
            path: built.path,
            gateway: gateway.to_string(),
            overhead_ms: None,
        };
        self.deadlines.push_back((sent + built.delay + self.config.patience, built.id));
        self.under_way.insert(built.id, UnderWay { measurement, sent, delay: built.delay });
        Ok(())
    }

    async fn delivered(
        &mut self,
        session: &GatewaySession,
        keys: &ClientKeys,
        delivery: Delivery,
    ) -> anyhow::Result<()> {
        let (row, bytes) = match delivery {
            Delivery::Sealed { row, bytes } => (row, bytes),
            Delivery::Reply { row, .. } => return Ok(session.outgoing.send(ToGateway::Confirm(vec![row])).await?),
            Delivery::Ack(_) => return Ok(()),
        };
        if let Ok(fragment) = nym_wire::payload::open(&keys.encryption, &bytes) {
            if let Some(mut probe) = self.under_way.remove(&fragment.id) {
                let overhead = probe.sent.elapsed().saturating_sub(probe.delay).as_millis();
                probe.measurement.overhead_ms = Some(u32::try_from(overhead).unwrap_or(u32::MAX));
                self.finished.push(probe.measurement);
            }
        }
        Ok(session.outgoing.send(ToGateway::Confirm(vec![row])).await?)
    }

    /// Probes whose time is over are lost. Deadlines are not in order, so all of them are looked at.
    fn expire(&mut self, now: Instant) {
        let (over, waiting): (Vec<_>, Vec<_>) = self.deadlines.drain(..).partition(|(deadline, _)| *deadline <= now);
        self.deadlines = waiting.into();
        let lost = over.into_iter().filter_map(|(_, id)| self.under_way.remove(&id));
        self.finished.extend(lost.map(|probe| probe.measurement));
        self.deadlines.retain(|(_, id)| self.under_way.contains_key(id));
    }

    fn write(&mut self) {
        let finished = std::mem::take(&mut self.finished);
        if let Err(error) = self.store.add(&finished) {
            tracing::error!(%error, lost = finished.len(), "measurements cannot be written");
        }
    }
}
