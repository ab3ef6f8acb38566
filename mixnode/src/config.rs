//! Configuration of a mix node; `mixnode.example.toml` explains every key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nym_daemon::admin::AdminConfig;
use nym_daemon::config::ConfigError;
use nym_daemon::logging::LoggingConfig;
use nym_links::config::{FaultsConfig, MixnetConfig, TopologyConfig};
use nym_links::Limits;
use serde::{Deserialize, Serialize};

/// Everything a mix node can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The network file; a relative path starts at the home folder.
    pub network_file: PathBuf,
    /// The side that other nodes see.
    pub mixnet: MixnetConfig,
    /// Where the topology comes from.
    pub topology: TopologyConfig,
    /// The node's own cover traffic.
    pub cover: CoverConfig,
    /// Faults on purpose, for tests.
    pub faults: FaultsConfig,
    /// The administration listener.
    pub admin: AdminConfig,
    /// Logs.
    pub logging: LoggingConfig,
}

/// `[cover]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoverConfig {
    /// Mean time between two of the node's own loops; `"0s"` sends none.
    #[serde(with = "nym_daemon::units::duration")]
    pub loop_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            network_file: "network.toml".into(),
            mixnet: MixnetConfig::default(),
            topology: TopologyConfig::default(),
            cover: CoverConfig::default(),
            faults: FaultsConfig::default(),
            admin: AdminConfig::default(),
            logging: LoggingConfig::default(),
        }
    }
}

impl Default for CoverConfig {
    fn default() -> Self {
        Self { loop_interval: Limits::default().loop_interval }
    }
}

impl Config {
    /// Checks rules that the types cannot express.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.mixnet.check()?;
        self.faults.check()?;
        self.topology.check()
    }

    /// The bounds of the mix side.
    pub fn limits(&self) -> Limits {
        Limits { loop_interval: self.cover.loop_interval, link_loss: self.faults.link_loss, ..self.mixnet.limits() }
    }

    /// The network file, resolved against the home folder.
    pub fn network_file_in(&self, home: &Path) -> PathBuf {
        home.join(&self.network_file)
    }
}
