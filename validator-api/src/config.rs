//! Configuration of a validator API; `validator-api.example.toml` explains every key.

use nym_contract_types::mixnet::limits::MAX_NODES_PER_STEP;
use nym_daemon::admin::AdminConfig;
use nym_daemon::config::ConfigError;
use nym_daemon::logging::LoggingConfig;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything a validator API can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The network file; a relative path starts at the home folder.
    pub network_file: PathBuf,
    /// The file with the mnemonic of the account that reports and turns epochs.
    pub mnemonic_file: PathBuf,
    /// The public HTTP side.
    pub http: HttpConfig,
    /// The cache of contract state.
    pub cache: CacheConfig,
    /// The network monitor.
    pub monitor: MonitorConfig,
    /// The epoch operator.
    pub operator: OperatorConfig,
    /// The administration listener.
    pub admin: AdminConfig,
    /// Logs.
    pub logging: LoggingConfig,
}

/// `[http]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Requests a second from one address, on average.
    pub requests_per_second: u32,
    /// Requests that one address may send at once.
    pub burst: u32,
    /// Open connections.
    pub max_connections: usize,
    /// Open connections from one IPv4 address or IPv6 /64.
    pub max_connections_per_ip: usize,
    /// Longest time for the header of a request, and for one answer.
    #[serde(with = "nym_daemon::units::duration")]
    pub timeout: Duration,
}

/// `[cache]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheConfig {
    /// How often contract state is read.
    #[serde(with = "nym_daemon::units::duration")]
    pub poll_interval: Duration,
    /// A cache older than this is not ready.
    #[serde(with = "nym_daemon::units::duration")]
    pub max_age: Duration,
}

/// `[monitor]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MonitorConfig {
    /// Whether nodes are measured and reported.
    pub enabled: bool,
    /// Mean time between two probes.
    #[serde(with = "nym_daemon::units::duration")]
    pub probe_interval: Duration,
    /// A probe that is not back after its own delays and this is lost.
    #[serde(with = "nym_daemon::units::duration")]
    pub patience: Duration,
    /// Probes of a node below which it is not reported.
    pub min_probes: u32,
    /// Epochs for which single measurements are kept; scores are kept for ever.
    pub keep_epochs: u32,
}

/// `[operator]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorConfig {
    /// Whether this API turns epochs.
    pub enabled: bool,
    /// How long each of the APIs before this one in the epoch's order is given before this one acts.
    #[serde(with = "nym_daemon::units::duration")]
    pub takeover: Duration,
    /// Nodes that one transaction of a transition goes through.
    pub nodes_per_step: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            network_file: "network.toml".into(),
            mnemonic_file: "operator.mnemonic".into(),
            http: HttpConfig::default(),
            cache: CacheConfig::default(),
            monitor: MonitorConfig::default(),
            operator: OperatorConfig::default(),
            admin: AdminConfig::default(),
            logging: LoggingConfig::default(),
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8080).into(),
            requests_per_second: 50,
            burst: 200,
            max_connections: 1_024,
            max_connections_per_ip: 256,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { poll_interval: Duration::from_secs(5), max_age: Duration::from_secs(120) }
    }
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            probe_interval: Duration::from_millis(500),
            patience: Duration::from_secs(5),
            min_probes: 5,
            keep_epochs: 48,
        }
    }
}

impl Default for OperatorConfig {
    fn default() -> Self {
        Self { enabled: true, takeover: Duration::from_secs(20), nodes_per_step: 300 }
    }
}

impl Config {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        let positive = |key: &str, value: Duration| {
            if value.is_zero() {
                return Err(ConfigError::rule(key, "0s", "must be longer than nothing"));
            }
            Ok(())
        };
        positive("http.timeout", self.http.timeout)?;
        positive("cache.poll_interval", self.cache.poll_interval)?;
        positive("monitor.probe_interval", self.monitor.probe_interval)?;
        for (key, value) in [
            ("http.requests_per_second", self.http.requests_per_second as usize),
            ("http.burst", self.http.burst as usize),
            ("http.max_connections", self.http.max_connections),
            ("http.max_connections_per_ip", self.http.max_connections_per_ip),
        ] {
            if value == 0 {
                return Err(ConfigError::rule(key, value, "must be at least 1"));
            }
        }
        let nodes = self.operator.nodes_per_step;
        if !(1..=MAX_NODES_PER_STEP).contains(&nodes) {
            let rule = format!("must be between 1 and {MAX_NODES_PER_STEP}");
            return Err(ConfigError::rule("operator.nodes_per_step", nodes, &rule));
        }
        Ok(())
    }

    /// The network file, resolved against the home folder.
    pub fn network_file_in(&self, home: &Path) -> PathBuf {
        home.join(&self.network_file)
    }

    /// The mnemonic file, resolved against the home folder.
    pub fn mnemonic_file_in(&self, home: &Path) -> PathBuf {
        home.join(&self.mnemonic_file)
    }
}
