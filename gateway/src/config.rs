//! Configuration of a gateway; `gateway.example.toml` explains every key.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nym_daemon::admin::AdminConfig;
use nym_daemon::config::ConfigError;
use nym_daemon::logging::LoggingConfig;
use nym_daemon::ByteSize;
use nym_links::config::{FaultsConfig, MixnetConfig, TopologyConfig};
use nym_links::Limits;
use serde::{Deserialize, Serialize};

use crate::inbox::InboxLimits;

/// Everything a gateway can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The network file; a relative path starts at the home folder.
    pub network_file: PathBuf,
    /// The side that other nodes see.
    pub mixnet: MixnetConfig,
    /// Where the topology comes from.
    pub topology: TopologyConfig,
    /// The side that clients see.
    pub clients: ClientsConfig,
    /// What is kept for clients.
    pub inbox: InboxConfig,
    /// Faults on purpose, for tests.
    pub faults: FaultsConfig,
    /// The administration listener.
    pub admin: AdminConfig,
    /// Logs.
    pub logging: LoggingConfig,
}

/// Who may become a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Admission {
    /// Anybody who proves an identity, without payment.
    #[default]
    Open,
}

/// `[clients]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientsConfig {
    /// Where to listen for clients.
    pub listen: SocketAddr,
    /// The port that clients dial at the announced host. Unset: the port of `listen`.
    pub announce_port: Option<u16>,
    /// Who may become a client.
    pub admission: Admission,
    /// Connections of clients.
    pub max_connections: usize,
    /// Connections of clients from one IPv4 address or IPv6 /64.
    pub max_connections_per_ip: usize,
    /// Websocket and session handshake have to be complete within this.
    #[serde(with = "nym_daemon::units::duration")]
    pub handshake_timeout: Duration,
    /// A client that is silent for this long is asked for a sign of life, and cut after twice as long.
    #[serde(with = "nym_daemon::units::duration")]
    pub idle_timeout: Duration,
    /// A client that reads nothing for this long is cut.
    #[serde(with = "nym_daemon::units::duration")]
    pub write_timeout: Duration,
    /// Packets a second that one client may send.
    pub max_packets_per_second: u32,
    /// Rows that are sent to a client before it has confirmed the first of them.
    pub unconfirmed_rows: usize,
}

/// `[inbox]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InboxConfig {
    /// Clients that can be registered.
    pub max_clients: usize,
    /// Messages kept for one client.
    pub max_messages_per_client: u64,
    /// Size of what is kept for one client.
    pub max_size_per_client: ByteSize,
    /// Size of what is kept for all clients.
    pub max_size: ByteSize,
    /// Largest size of the database file; unset: what the disk has.
    pub max_file_size: Option<ByteSize>,
    /// Messages that nobody fetched are deleted after this long, to the hour.
    #[serde(with = "nym_daemon::units::duration")]
    pub ttl: Duration,
    /// Longest wait of a message for the write to the disk that others share with it.
    #[serde(with = "nym_daemon::units::duration")]
    pub commit_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            network_file: "network.toml".into(),
            mixnet: MixnetConfig { listen: ([0, 0, 0, 0], 1789).into(), ..MixnetConfig::default() },
            topology: TopologyConfig::default(),
            clients: ClientsConfig::default(),
            inbox: InboxConfig::default(),
            faults: FaultsConfig::default(),
            admin: AdminConfig::default(),
            logging: LoggingConfig::default(),
        }
    }
}

impl Default for ClientsConfig {
    fn default() -> Self {
        Self {
            listen: ([0, 0, 0, 0], 9000).into(),
            announce_port: None,
            admission: Admission::Open,
            max_connections: 10_000,
            max_connections_per_ip: 256,
            handshake_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
            max_packets_per_second: 2_000,
            unconfirmed_rows: 512,
        }
    }
}

impl Default for InboxConfig {
    fn default() -> Self {
        Self {
            max_clients: 100_000,
            max_messages_per_client: 30_000,
            max_size_per_client: ByteSize::mib(64),
            max_size: ByteSize::gib(16),
            max_file_size: None,
            ttl: Duration::from_secs(7 * 24 * 3_600),
            commit_interval: Duration::from_millis(5),
        }
    }
}

impl Config {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.mixnet.check()?;
        self.faults.check()?;
        self.topology.check()?;
        for (key, value) in [
            ("clients.max_connections", self.clients.max_connections),
            ("clients.max_connections_per_ip", self.clients.max_connections_per_ip),
            ("clients.unconfirmed_rows", self.clients.unconfirmed_rows),
            ("inbox.max_clients", self.inbox.max_clients),
        ] {
            if value == 0 {
                return Err(ConfigError::rule(key, value, "at least 1 is required"));
            }
        }
        if self.clients.max_packets_per_second == 0 {
            return Err(ConfigError::rule("clients.max_packets_per_second", 0, "at least 1 is required"));
        }
        if self.inbox.commit_interval > Duration::from_millis(10) {
            let given = format!("{:?}", self.inbox.commit_interval);
            return Err(ConfigError::rule("inbox.commit_interval", given, "senders wait at most 10ms for the disk"));
        }
        Ok(())
    }

    /// The bounds of the mix side.
    pub fn limits(&self) -> Limits {
        Limits { link_loss: self.faults.link_loss, ..self.mixnet.limits() }
    }

    /// The network file, resolved against the home folder.
    pub fn network_file_in(&self, home: &Path) -> PathBuf {
        home.join(&self.network_file)
    }

    /// The port that clients dial.
    pub fn announced_clients_port(&self) -> u16 {
        self.clients.announce_port.unwrap_or(self.clients.listen.port())
    }
}

impl InboxConfig {
    /// The bounds of the inboxes.
    pub fn limits(&self) -> InboxLimits {
        InboxLimits {
            max_clients: self.max_clients,
            max_rows_per_client: self.max_messages_per_client,
            max_bytes_per_client: self.max_size_per_client.bytes(),
            max_bytes: self.max_size.bytes(),
            max_file_bytes: self.max_file_size.map(ByteSize::bytes),
            ttl: self.ttl,
            commit_interval: self.commit_interval,
        }
    }
}
