//! The gateway as a service: start, addresses, shutdown.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use nym_daemon::admin::{self, AdminError};
use nym_daemon::exit::{ErrorKind, Explain};
use nym_daemon::shutdown::{Late, DEADLINE};
use nym_daemon::{CheckStatus, Readiness, Registry, Running, Shutdown};
use nym_keys::identity;
use nym_links::source::{follow, TopologySource};
use nym_links::{metrics as mix_metrics, node, Directory, MixSide, MixSideConfig, NodeKeys, StartError, Stats};
use nym_wire::noise::Network;

use crate::clients::listener::{ClientContext, Listener};
use crate::clients::registry::Sessions;
use crate::config::Config;
use crate::inbox::{Inbox, InboxError, Writer};
use crate::metrics::{GatewayReport, GatewayStats};
use crate::terminus::{AfterCommit, Clients};

/// How often the length of the inbox's queue is looked at.
const MEASURE: Duration = Duration::from_secs(1);
/// How old the last word of the topology source may be before the gateway says that it is not ready.
const TOPOLOGY_AGE: Duration = Duration::from_secs(300);

/// What a gateway needs beside its configuration.
pub struct Deps {
    /// The gateway's keys.
    pub keys: NodeKeys,
    /// Chain and contract of the network.
    pub network: Network,
    /// Where topology documents come from.
    pub topology: Arc<dyn TopologySource>,
    /// The home folder: replay log and inboxes are kept there.
    pub home: PathBuf,
}

/// Where a running gateway is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For other nodes.
    pub mixnet: SocketAddr,
    /// For clients.
    pub clients: SocketAddr,
    /// For the operator, if it is on.
    pub admin: Option<SocketAddr>,
}

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The home folder cannot be made.
    #[error("could not make the home folder {}", path.display())]
    Home {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The inboxes.
    #[error("could not open the inboxes")]
    Inbox(#[from] InboxError),
    /// The mix side.
    #[error(transparent)]
    Mixnet(#[from] StartError),
    /// The clients' address is taken or may not be used.
    #[error("could not listen on {address} for clients")]
    Clients {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The administration listener.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

impl Explain for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Admin(error) => error.kind(),
            _ => ErrorKind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Home { .. } => Some("name a folder that this user may write with --home".into()),
            Self::Inbox(InboxError::Version { .. }) => Some("run the version that wrote it, or a newer one".into()),
            Self::Inbox(_) => Some("make the home folder writable for this user; free some disk space".into()),
            Self::Mixnet(error) => error.help(),
            Self::Clients { .. } => {
                Some("stop the process that uses the port, or set clients.listen to another one".into())
            }
            Self::Admin(error) => error.help(),
        }
    }
}

/// A running gateway.
pub struct Service {
    mix: MixSide,
    inbox: Inbox,
    writer: Option<Writer>,
    gateway: GatewayStats,
    addresses: Addresses,
    registry: Registry,
    shutdown: Shutdown,
}

impl Service {
    /// Starts a gateway. Ports may be 0.
    pub async fn start(config: Config, deps: Deps) -> Result<Self, ServiceError> {
        let shutdown = Shutdown::new();
        let started = Self::start_parts(config, deps, &shutdown).await;
        if started.is_err() {
            // What has been started must not go on without an owner.
            let _ = shutdown.finish(DEADLINE).await;
        }
        started
    }

    async fn start_parts(config: Config, deps: Deps, shutdown: &Shutdown) -> Result<Self, ServiceError> {
        let Deps { keys, network, topology, home } = deps;
        std::fs::create_dir_all(&home).map_err(|source| ServiceError::Home { path: home.clone(), source })?;
        let own = keys.identity.public_key();
        let directory = Directory::new(own, config.mixnet.max_delay);
        let registry = Registry::new();
        let stats = Stats::register(&registry, mix_metrics::GATEWAY);
        let gateway = GatewayStats::register(&registry);
        let sessions = Sessions::new(gateway.sessions.clone());

        // The inbox tells the links about acknowledgements, the links tell the inbox about packets.
        let egress = Arc::new(OnceLock::new());
        let after_commit = AfterCommit {
            sessions: sessions.clone(),
            stats: stats.clone(),
            gateway: gateway.clone(),
            egress: Arc::clone(&egress),
        };
        let (inbox, writer) = Inbox::open(&home.join("inbox.sqlite"), config.inbox.limits(), after_commit)?;
        let (measured, queue) = (inbox.clone(), gateway.inbox_queue.clone());
        shutdown.spawn_until_shutdown("inbox queue length", async move {
            loop {
                queue.set(measured.waiting() as u64);
                tokio::time::sleep(MEASURE).await;
            }
        });
        let clients = Clients { directory: directory.clone(), inbox: inbox.clone(), sessions: sessions.clone() };
        let mix = MixSideConfig {
            listen: config.mixnet.listen,
            network: network.clone(),
            keys: keys.clone(),
            directory: directory.clone(),
            limits: config.limits(),
            replay_log: home.join("replay-0.log"),
        };
        let mix = MixSide::start(mix, stats.clone(), shutdown, |sending| {
            let _ = egress.set(sending.clone());
            clients
        })
        .await?;

        let context = ClientContext {
            keys,
            network,
            directory: directory.clone(),
            egress: mix.egress().clone(),
            inbox: inbox.clone(),
            sessions,
            stats: gateway.clone(),
            config: config.clients.clone(),
            shutdown: shutdown.clone(),
        };
        let clients = Listener::start(context)
            .await
            .map_err(|source| ServiceError::Clients { address: config.clients.listen, source })?;

        let readiness = readiness(&directory, own);
        let extra = Router::new().route("/v1/stats", {
            let (stats, gateway, directory, inbox) = (stats, gateway.clone(), directory.clone(), inbox.clone());
            get(move || {
                let report = gateway.report(node::report(&stats, &directory, &own), inbox.clients(), inbox.kept());
                async move { Json(report) }
            })
        });
        let admin = admin::serve(&config.admin, registry.clone(), readiness, extra, shutdown).await?;
        follow(topology, directory, config.topology.poll_interval, shutdown);
        let addresses = Addresses { mixnet: mix.address(), clients, admin };
        tracing::info!(identity = %own, mixnet = %addresses.mixnet, clients = %addresses.clients, "gateway serves");
        Ok(Self { mix, inbox, writer: Some(writer), gateway, addresses, registry, shutdown: shutdown.clone() })
    }

    /// Where the gateway is reached.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The present numbers.
    pub fn stats(&self) -> GatewayReport {
        self.gateway.report(self.mix.report(), self.inbox.clients(), self.inbox.kept())
    }

    /// The documents in force.
    pub fn directory(&self) -> &Directory {
        self.mix.directory()
    }

    /// Every metric of this gateway.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Completes when the service stops by itself, which it does only after a defect.
    pub async fn stopped(&self) {
        self.shutdown.requested().await;
    }

    /// Stops within ten seconds; what was accepted for an inbox is on disk afterwards.
    pub async fn shutdown(mut self) -> Result<(), Late> {
        let ended = self.shutdown.finish(DEADLINE).await;
        if let Some(writer) = self.writer.take() {
            // Joins a thread whose queue is short.
            let _ = tokio::task::spawn_blocking(move || writer.finish()).await;
        }
        ended
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
    readiness.check("in_the_topology", move || match placed.position(&own) {
        Some(_) => CheckStatus::ok(),
        None => CheckStatus::failed("this identity is in no topology document: not bonded, or bonded in this epoch"),
    });
    readiness
}
