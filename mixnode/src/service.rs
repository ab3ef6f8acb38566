//! The node as a service: start, addresses, shutdown.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use nym_daemon::admin::{self, AdminError};
use nym_daemon::exit::{ErrorKind, Explain};
use nym_daemon::shutdown::{Late, DEADLINE};
use nym_daemon::{CheckStatus, Readiness, Registry, Running, Shutdown};
use nym_keys::identity;
use nym_links::engine::NoClients;
use nym_links::source::{follow, TopologySource};
use nym_links::{metrics, node, Directory, MixSide, MixSideConfig, NodeKeys, StartError, Stats, StatsReport};
use nym_wire::noise::Network;

use crate::config::Config;

/// How old the last word of the topology source may be before the node says that it is not ready.
const TOPOLOGY_AGE: Duration = Duration::from_secs(300);

/// What a node needs beside its configuration.
pub struct Deps {
    /// The node's keys.
    pub keys: NodeKeys,
    /// Chain and contract of the network.
    pub network: Network,
    /// Where topology documents come from.
    pub topology: Arc<dyn TopologySource>,
    /// The home folder: the replay log is kept there.
    pub home: PathBuf,
}

/// Where a running node is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For other nodes.
    pub mixnet: SocketAddr,
    /// For the operator, if it is on.
    pub admin: Option<SocketAddr>,
}

/// Why a node could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The home folder cannot be made.
    #[error("could not make the home folder {}", path.display())]
    Home {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The mix side.
    #[error(transparent)]
    Mixnet(#[from] StartError),
    /// The administration listener.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

impl Explain for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Home { .. } => ErrorKind::Failed,
            Self::Mixnet(error) => error.kind(),
            Self::Admin(error) => error.kind(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Home { .. } => Some("name a folder that this user may write with --home".into()),
            Self::Mixnet(error) => error.help(),
            Self::Admin(error) => error.help(),
        }
    }
}

/// A running mix node.
pub struct Service {
    mix: MixSide,
    addresses: Addresses,
    registry: Registry,
    shutdown: Shutdown,
}

impl Service {
    /// Starts a node. Ports may be 0.
    pub async fn start(config: Config, deps: Deps) -> Result<Self, ServiceError> {
        let Deps { keys, network, topology, home } = deps;
        std::fs::create_dir_all(&home).map_err(|source| ServiceError::Home { path: home.clone(), source })?;
        let (registry, shutdown, directory) =
            (Registry::new(), Shutdown::new(), Directory::new(keys.identity.public_key(), config.mixnet.max_delay));
        let stats = Stats::register(&registry, metrics::MIXNODE);
        let own = keys.identity.public_key();

        let mix = MixSideConfig {
            listen: config.mixnet.listen,
            network,
            keys,
            directory: directory.clone(),
            limits: config.limits(),
            replay_log: home.join("replay-0.log"),
        };
        let mix = MixSide::start(mix, stats.clone(), &shutdown, |_| NoClients).await?;
        let readiness = readiness(&directory, own);
        let reported = directory.clone();
        let report = move || {
            let stats = node::report(&stats, &reported, &own);
            async move { Json(stats) }
        };
        let extra = Router::new().route("/v1/stats", get(report));
        let admin = admin::serve(&config.admin, registry.clone(), readiness, extra, &shutdown).await;
        let admin = match admin {
            Ok(address) => address,
            Err(error) => {
                // What has been started must not go on without an owner.
                let _ = shutdown.finish(DEADLINE).await;
                return Err(error.into());
            }
        };
        follow(topology, directory, config.topology.poll_interval, &shutdown);
        let addresses = Addresses { mixnet: mix.address(), admin };
        tracing::info!(identity = %own, mixnet = %addresses.mixnet, "mix node serves");
        Ok(Self { mix, addresses, registry, shutdown })
    }

    /// Where the node is reached.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The present numbers.
    pub fn stats(&self) -> StatsReport {
        self.mix.report()
    }

    /// The documents in force.
    pub fn directory(&self) -> &Directory {
        self.mix.directory()
    }

    /// Every metric of this node.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Completes when the service stops by itself, which it does only after a defect.
    pub async fn stopped(&self) {
        self.shutdown.requested().await;
    }

    /// Stops within ten seconds.
    pub async fn shutdown(self) -> Result<(), Late> {
        self.shutdown.finish(DEADLINE).await
    }
}

impl Running for Service {
    async fn stopped(&self) {
        self.stopped().await;
    }

    async fn shutdown(self) -> Result<(), Late> {
        self.shutdown().await
    }
}

fn readiness(directory: &Directory, own: identity::PublicKey) -> Readiness {
    let readiness = Readiness::new();
    let fresh = directory.clone();
    readiness.check("topology", move || match fresh.age() {
        Some(age) => CheckStatus::age(age, TOPOLOGY_AGE),
        None => CheckStatus::failed("no topology document yet"),
    });
    let placed = directory.clone();
    readiness.check("in_the_set", move || match placed.position(&own) {
        Some(_) => CheckStatus::ok(),
        None => {
            CheckStatus::failed("this identity is in no topology document: not bonded, or not drawn for this epoch")
        }
    });
    readiness
}
