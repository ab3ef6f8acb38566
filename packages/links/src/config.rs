//! The parts of a configuration that mix nodes and gateways share: `[mixnet]` and `[topology]`.

use std::net::SocketAddr;
use std::time::Duration;

use nym_daemon::config::ConfigError;
use nym_daemon::ByteSize;
use serde::{Deserialize, Serialize};

use crate::node::Limits;

/// Most packets that a queue may be told to hold.
const MAX_QUEUE: usize = 1_000_000;

/// `[mixnet]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MixnetConfig {
    /// Where to listen for other nodes.
    pub listen: SocketAddr,
    /// The address that is bonded: an IP literal and the port that others dial. Unset: `listen`.
    pub announce: Option<SocketAddr>,
    /// Connections from other nodes.
    pub max_connections: usize,
    /// Connections from one IPv4 address or IPv6 /64.
    pub max_connections_per_ip: usize,
    /// A handshake has to be complete within this.
    #[serde(with = "nym_daemon::units::duration")]
    pub handshake_timeout: Duration,
    /// A write that makes no progress for this long ends the link.
    #[serde(with = "nym_daemon::units::duration")]
    pub write_timeout: Duration,
    /// Longest pause between two dials of one node.
    #[serde(with = "nym_daemon::units::duration")]
    pub reconnect_max: Duration,
    /// Packets that wait for one node.
    pub egress_queue: usize,
    /// Packets that wait to be unwrapped.
    pub ingress_queue: usize,
    /// Packets of one link that wait to be unwrapped.
    pub ingress_queue_per_link: usize,
    /// Size of the packets that wait for their time.
    pub delay_queue: ByteSize,
    /// Packets that the replay table remembers.
    pub replay_capacity: usize,
    /// Longest delay that is honoured; the network's own limit holds when it is shorter.
    #[serde(with = "nym_daemon::units::duration")]
    pub max_delay: Duration,
    /// The replay log is on the disk at most this late.
    #[serde(with = "nym_daemon::units::duration")]
    pub replay_sync: Duration,
}

/// `[topology]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopologyConfig {
    /// How often the chain is asked whether a new epoch is current.
    #[serde(with = "nym_daemon::units::duration")]
    pub poll_interval: Duration,
}

/// `[faults]`: for tests of a network, never for a network that people use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultsConfig {
    /// Share of the packets that is dropped before the encryption of each outgoing link, 0 to 1.
    pub link_loss: f64,
}

impl FaultsConfig {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        if (0.0..=1.0).contains(&self.link_loss) {
            return Ok(());
        }
        Err(ConfigError::rule("faults.link_loss", self.link_loss, "a share is from 0 to 1"))
    }
}

impl Default for MixnetConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            listen: ([0, 0, 0, 0], 1789).into(),
            announce: None,
            max_connections: limits.max_connections,
            max_connections_per_ip: limits.max_connections_per_ip,
            handshake_timeout: limits.handshake_timeout,
            write_timeout: limits.write_timeout,
            reconnect_max: limits.reconnect_max,
            egress_queue: limits.egress_queue,
            ingress_queue: limits.ingress_queue,
            ingress_queue_per_link: limits.ingress_queue_per_link,
            delay_queue: ByteSize(limits.delay_queue_bytes as u64),
            replay_capacity: limits.replay_capacity,
            max_delay: Duration::from_secs(10),
            replay_sync: limits.replay_sync,
        }
    }
}

impl Default for TopologyConfig {
    fn default() -> Self {
        Self { poll_interval: Duration::from_secs(5) }
    }
}

impl MixnetConfig {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (key, value) in [
            ("mixnet.max_connections", self.max_connections),
            ("mixnet.max_connections_per_ip", self.max_connections_per_ip),
            ("mixnet.egress_queue", self.egress_queue),
            ("mixnet.ingress_queue", self.ingress_queue),
            ("mixnet.ingress_queue_per_link", self.ingress_queue_per_link),
            ("mixnet.replay_capacity", self.replay_capacity),
        ] {
            if value == 0 {
                return Err(ConfigError::rule(key, value, "at least 1 is required"));
            }
        }
        for (key, value) in [
            ("mixnet.egress_queue", self.egress_queue),
            ("mixnet.ingress_queue", self.ingress_queue),
            ("mixnet.ingress_queue_per_link", self.ingress_queue_per_link),
        ] {
            if value > MAX_QUEUE {
                return Err(ConfigError::rule(key, value, "at most 1,000,000 packets, 2.4 GB of them, may wait"));
            }
        }
        if self.replay_sync.is_zero() {
            return Err(ConfigError::rule("mixnet.replay_sync", "0s", "must be longer than nothing"));
        }
        if self.replay_sync > Duration::from_secs(1) {
            let given = format!("{:?}", self.replay_sync);
            return Err(ConfigError::rule("mixnet.replay_sync", given, "a power loss may forget at most one second"));
        }
        match self.announce {
            Some(announce) if announce.ip().is_unspecified() => {
                Err(ConfigError::rule("mixnet.announce", announce, "others have to be able to dial it"))
            }
            _ => Ok(()),
        }
    }

    /// The address to bond.
    pub fn announced(&self) -> SocketAddr {
        self.announce.unwrap_or(self.listen)
    }

    /// The bounds of the mix side, without own cover and faults.
    pub fn limits(&self) -> Limits {
        Limits {
            max_connections: self.max_connections,
            max_connections_per_ip: self.max_connections_per_ip,
            handshake_timeout: self.handshake_timeout,
            write_timeout: self.write_timeout,
            reconnect_max: self.reconnect_max,
            egress_queue: self.egress_queue,
            ingress_queue: self.ingress_queue,
            ingress_queue_per_link: self.ingress_queue_per_link,
            delay_queue_bytes: usize::try_from(self.delay_queue.bytes()).unwrap_or(usize::MAX),
            replay_capacity: self.replay_capacity,
            replay_sync: self.replay_sync,
            loop_interval: Duration::ZERO,
            link_loss: 0.0,
        }
    }
}

impl TopologyConfig {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.poll_interval < Duration::from_millis(100) {
            let given = format!("{:?}", self.poll_interval);
            return Err(ConfigError::rule("topology.poll_interval", given, "the chain is asked at most every 100ms"));
        }
        Ok(())
    }
}
