//! Configuration of a client; `nym-client.example.toml` explains every key.

use nym_client_core::{ClientConfig, Limits, RateClass};
use nym_daemon::config::ConfigError;
use nym_daemon::logging::LoggingConfig;
use nym_daemon::ByteSize;
use nym_keys::identity;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Everything a client can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The network file; a relative path starts at the home folder.
    pub network_file: PathBuf,
    /// The gateway to use. Unset: the one used before, or one chosen at random.
    pub gateway: Option<identity::PublicKey>,
    /// The local interface.
    pub api: ApiConfig,
    /// What goes over the wire, whatever there is to say.
    pub traffic: TrafficConfig,
    /// Bounds of queues.
    pub limits: LimitsConfig,
    /// Logs.
    pub logging: LoggingConfig,
}

/// `[api]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiConfig {
    /// Loopback address of the local interface.
    pub listen: SocketAddr,
    /// Where the token is kept; a relative path starts at the home folder.
    pub token_file: PathBuf,
    /// Web origins whose pages may connect, with the token.
    pub allowed_origins: Vec<String>,
    /// Applications connected at once.
    pub max_connections: usize,
}

/// `[traffic]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrafficConfig {
    /// Packets per second: 50, 200, 400 or 800.
    pub rate: RateClass,
    /// Mean time between two loops of the second stream.
    #[serde(with = "nym_daemon::units::duration")]
    pub loop_cover: Duration,
    /// Mean delay per mix node. Unset: the network's.
    #[serde(with = "nym_daemon::units::duration")]
    pub mean_hop_delay: Option<Duration>,
}

/// `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitsConfig {
    /// Messages accepted and not delivered.
    pub outgoing_messages: usize,
    /// Their size.
    pub outgoing_size: ByteSize,
    /// Received messages that wait for an application.
    pub inbox_messages: usize,
    /// Their size.
    pub inbox_size: ByteSize,
    /// Size of messages that have arrived in part.
    pub incomplete_size: ByteSize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            network_file: "network.toml".into(),
            gateway: None,
            api: ApiConfig::default(),
            traffic: TrafficConfig::default(),
            limits: LimitsConfig::default(),
            logging: LoggingConfig::default(),
        }
    }
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 1977).into(),
            token_file: "api-token".into(),
            allowed_origins: Vec::new(),
            max_connections: 16,
        }
    }
}

impl Default for TrafficConfig {
    fn default() -> Self {
        let config = ClientConfig::default();
        Self { rate: config.rate, loop_cover: config.loop_cover, mean_hop_delay: config.mean_hop_delay }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            outgoing_messages: limits.outbox.messages,
            outgoing_size: ByteSize(limits.outbox.bytes as u64),
            inbox_messages: limits.inbox_messages,
            inbox_size: ByteSize(limits.inbox_bytes as u64),
            incomplete_size: ByteSize(limits.reassembly.bytes as u64),
        }
    }
}

impl Config {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.api.listen.ip().is_loopback() {
            let rule = "the local interface serves loopback addresses only";
            return Err(ConfigError::rule("api.listen", self.api.listen, rule));
        }
        for (key, value) in [
            ("api.max_connections", self.api.max_connections),
            ("limits.outgoing_messages", self.limits.outgoing_messages),
            ("limits.inbox_messages", self.limits.inbox_messages),
        ] {
            if value == 0 {
                return Err(ConfigError::rule(key, value, "at least 1 is required"));
            }
        }
        if self.api.max_connections > Semaphore::MAX_PERMITS {
            let rule = format!("at most {} can be counted", Semaphore::MAX_PERMITS);
            return Err(ConfigError::rule("api.max_connections", self.api.max_connections, &rule));
        }
        for (key, size) in [
            ("limits.outgoing_size", self.limits.outgoing_size),
            ("limits.inbox_size", self.limits.inbox_size),
            ("limits.incomplete_size", self.limits.incomplete_size),
        ] {
            if size < ByteSize::mib(16) {
                return Err(ConfigError::rule(
                    key,
                    size,
                    "at least 16 MiB are required, for one of the largest messages",
                ));
            }
        }
        let (shortest, longest) = (Duration::from_millis(10), Duration::from_secs(60));
        if !(shortest..=longest).contains(&self.traffic.loop_cover) {
            let given = format!("{:?}", self.traffic.loop_cover);
            return Err(ConfigError::rule("traffic.loop_cover", given, "it must be from 10ms to 60s"));
        }
        Ok(())
    }

    /// The settings of the client itself.
    pub fn client(&self) -> ClientConfig {
        let bytes = |size: ByteSize| usize::try_from(size.bytes()).unwrap_or(usize::MAX);
        let mut limits = Limits::default();
        limits.outbox.messages = self.limits.outgoing_messages;
        limits.outbox.bytes = bytes(self.limits.outgoing_size);
        limits.inbox_messages = self.limits.inbox_messages;
        limits.inbox_bytes = bytes(self.limits.inbox_size);
        limits.reassembly.bytes = bytes(self.limits.incomplete_size);
        ClientConfig {
            rate: self.traffic.rate,
            loop_cover: self.traffic.loop_cover,
            mean_hop_delay: self.traffic.mean_hop_delay,
            limits,
            ..ClientConfig::default()
        }
    }

    /// The network file, resolved against the home folder.
    pub fn network_file_in(&self, home: &Path) -> PathBuf {
        home.join(&self.network_file)
    }
}
