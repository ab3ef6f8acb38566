//! The service: its tasks, what they share, and its end.

use crate::config::Config;
use crate::contract_cache::{self, Latest};
use crate::http::{self, State};
use crate::monitor::{self, store::Store};
use crate::operator::Operator;
use crate::topology::{self, Documents};
use nym_chain_client::{ChainClient, ChainError, Wallet};
use nym_daemon::exit::{ErrorKind, Explain};
use nym_daemon::shutdown::{Late, DEADLINE};
use nym_daemon::{admin, CheckStatus, HttpLimits, Readiness, Registry, Shutdown};
use nym_keys::identity;
use nym_topology::NetworkFile;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::watch;

/// What the service cannot make itself.
pub struct Deps {
    /// The network.
    pub network: NetworkFile,
    /// The key that signs topologies.
    pub authority: identity::SecretKey,
    /// The account that reports and turns epochs.
    pub wallet: Wallet,
    /// The folder of the database.
    pub home: PathBuf,
}

/// Where the service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The public HTTP side.
    pub http: SocketAddr,
    /// The administration listener, if it is on.
    pub admin: Option<SocketAddr>,
}

/// Why the service could not start.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The address is taken or may not be used.
    #[error("could not listen on {address} for HTTP")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The network file's chain cannot be used.
    #[error("could not use the network file's chain")]
    Chain(#[from] ChainError),
    /// The database cannot be opened.
    #[error("could not open the database {path}")]
    Store {
        /// The file.
        path: String,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The administration listener could not start.
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
}

impl Explain for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Chain(_) => ErrorKind::Usage,
            Self::Admin(error) => error.kind(),
            _ => ErrorKind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Bind { .. } => Some("stop the process that uses the port or change http.listen".into()),
            Self::Chain(_) => Some("correct [rpc], chain_id and gas_price in the network file".into()),
            Self::Store { .. } => Some("check the folder's permissions and free space".into()),
            Self::Admin(error) => error.help(),
        }
    }
}

/// A running validator API.
pub struct Service {
    addresses: Addresses,
    shutdown: Shutdown,
    latest: Latest,
}

impl Service {
    /// Starts every part; returns when the listeners are open.
    pub async fn start(config: Config, deps: Deps) -> Result<Self, ServiceError> {
        let Deps { network, authority, wallet, home } = deps;
        let shutdown = Shutdown::new();
        let registry = Registry::new();
        let client = ChainClient::of_network(&network)?;
        let contract = client.contract(network.contracts.mixnet.clone());
        let path = home.join("measurements.sqlite");
        let store =
            Store::open(&path).map_err(|source| ServiceError::Store { path: path.display().to_string(), source })?;

        let bind = |source| ServiceError::Bind { address: config.http.listen, source };
        let listener = tokio::net::TcpListener::bind(config.http.listen).await.map_err(bind)?;
        let http = listener.local_addr().map_err(bind)?;

        let (publish, latest) = watch::channel(None);
        let documents = Documents::default();
        let readiness = readiness(&config, &latest, &documents, &shutdown);
        let epoch = registry.gauge("nym_validator_api_epoch", "Epoch of the cached contract state.", &[]);
        let mut changes = latest.clone();
        shutdown.spawn_until_shutdown("metrics", async move {
            while changes.changed().await.is_ok() {
                if let Some(snapshot) = &*changes.borrow_and_update() {
                    epoch.set(u64::from(snapshot.status.epoch));
                }
            }
        });
        shutdown.spawn_until_shutdown(
            "contract cache",
            contract_cache::keep(contract.clone(), config.cache.poll_interval, publish),
        );
        shutdown.spawn_until_shutdown(
            "topology",
            topology::publish(contract.clone(), network.chain_id.clone(), authority, latest.clone(), documents.clone()),
        );
        if config.monitor.enabled {
            shutdown.spawn_until_shutdown(
                "monitor",
                monitor::run(config.monitor.clone(), documents.clone(), store.clone()),
            );
        }
        if config.monitor.enabled || config.operator.enabled {
            let account = client.account(wallet);
            let operator = Operator::new(
                account,
                contract,
                store.clone(),
                config.monitor.clone(),
                config.operator.clone(),
                &registry,
            );
            shutdown.spawn_until_shutdown("operator", operator.run(latest.clone()));
        }
        let state = State {
            latest: latest.clone(),
            documents,
            store,
            network: Arc::new((network.chain_id, network.contracts.mixnet)),
        };
        let router = http::router(&config.http, state, readiness.clone());
        let limits = HttpLimits {
            connections: config.http.max_connections,
            connections_per_source: config.http.max_connections_per_ip,
            header_timeout: config.http.timeout,
            ..HttpLimits::default()
        };
        shutdown.spawn_until_shutdown("http", nym_daemon::http::serve(listener, router, limits));
        let admin = admin::serve(&config.admin, registry, readiness, axum::Router::new(), &shutdown).await?;
        Ok(Self { addresses: Addresses { http, admin }, shutdown, latest })
    }

    /// Where it is reached.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The epoch of the cached contract state, once it was read.
    pub fn epoch(&self) -> Option<u32> {
        self.latest.borrow().as_ref().map(|snapshot| snapshot.status.epoch)
    }

    /// Ends every part.
    pub async fn shutdown(&self) -> Result<(), Late> {
        self.shutdown.finish(DEADLINE).await
    }
}

fn readiness(config: &Config, latest: &Latest, documents: &Documents, shutdown: &Shutdown) -> Readiness {
    let readiness = Readiness::new();
    readiness.check_tasks(shutdown);
    let (latest, documents, max_age) = (latest.clone(), documents.clone(), config.cache.max_age);
    readiness.check("contract_cache", move || match &*latest.borrow() {
        Some(snapshot) => CheckStatus::age(snapshot.read_at.elapsed(), max_age),
        None => CheckStatus::failed("contract state has not been read yet"),
    });
    readiness.check("topology", move || match documents.current() {
        Some(_) => CheckStatus::ok(),
        None => CheckStatus::failed("no topology has been signed yet"),
    });
    readiness
}
