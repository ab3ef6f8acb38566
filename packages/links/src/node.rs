//! The mix side of a node put together: keys, limits, listener, engine, links, cover.
//!
//! [`MixSide::start`] is what a mix node is and what a gateway has beside its clients. Nothing is read from
//! files here except the replay log; the binaries do that and hand everything in.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nym_daemon::exit::{ErrorKind, Explain};
use nym_daemon::Shutdown;
use nym_keys::files::{KeyDir, KeyFileError};
use nym_keys::{identity, x25519};
use nym_mixing::replay::LogError;
use nym_wire::noise::Network;
use tokio::net::TcpListener;

use crate::cover::{self, LoopsUnderWay};
use crate::directory::Directory;
use crate::egress::Egress;
use crate::engine::{self, Terminus};
use crate::ingress::Listener;
use crate::metrics::{Stats, StatsReport};

/// The secret keys of a node.
#[derive(Debug, Clone)]
pub struct NodeKeys {
    /// Who it is. Never rotates.
    pub identity: identity::SecretKey,
    /// Unwraps packets.
    pub sphinx: x25519::SecretKey,
    /// Opens links and sessions.
    pub link: x25519::SecretKey,
}

impl NodeKeys {
    /// Draws keys that are kept nowhere; for tests.
    pub fn generate(rng: &mut (impl rand::RngCore + rand::CryptoRng)) -> Self {
        Self {
            identity: identity::SecretKey::generate(rng),
            sphinx: x25519::SecretKey::generate(rng),
            link: x25519::SecretKey::generate(rng),
        }
    }

    /// Reads the keys of a home folder, or draws and stores them.
    pub fn load_or_create(home: &Path) -> Result<Self, KeyFileError> {
        let rng = &mut rand::rngs::OsRng;
        let keys = KeyDir::open(home.join("keys"))?;
        Ok(Self {
            identity: keys.identity("identity", rng)?,
            sphinx: keys.x25519("sphinx", rng)?,
            link: keys.x25519("link", rng)?,
        })
    }

    /// Whether a home folder has an identity.
    pub fn exist(home: &Path) -> bool {
        home.join("keys").join("identity.key").exists()
    }
}

/// The bounds of the mix side; `[mixnet]` of the configuration sets them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections from neighbours, in total. Beyond that new ones are closed at once.
    pub max_connections: usize,
    /// The same for one IPv4 address or IPv6 /64.
    pub max_connections_per_ip: usize,
    /// A handshake has to be complete within this.
    pub handshake_timeout: Duration,
    /// A write that makes no progress for this long ends the link.
    pub write_timeout: Duration,
    /// Longest pause between two dials of one neighbour.
    pub reconnect_max: Duration,
    /// Packets that wait for one neighbour; about a second of a busy link.
    pub egress_queue: usize,
    /// Packets that wait for the engine, all links together. Beyond that they are dropped before any cryptography.
    pub ingress_queue: usize,
    /// Packets of one link that may wait for the engine, so that one neighbour cannot crowd out the others.
    pub ingress_queue_per_link: usize,
    /// Bytes of packets that wait for their time.
    pub delay_queue_bytes: usize,
    /// Packets that the replay table remembers, at 11 to 21 bytes each; when it is full, nothing new passes.
    pub replay_capacity: usize,
    /// The replay log is synced to the disk at least this often.
    pub replay_sync: Duration,
    /// Mean time between two of the node's own cover loops; zero sends none.
    pub loop_interval: Duration,
    /// Share of outgoing packets that is dropped on purpose, for tests of a network.
    pub link_loss: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1_024,
            max_connections_per_ip: 64,
            handshake_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            reconnect_max: Duration::from_secs(10),
            egress_queue: 4_096,
            ingress_queue: 16_384,
            ingress_queue_per_link: 4_096,
            delay_queue_bytes: 128 << 20,
            replay_capacity: 100_000_000,
            replay_sync: Duration::from_millis(500),
            loop_interval: Duration::from_secs(1),
            link_loss: 0.0,
        }
    }
}

/// What the tasks of the mix side share.
pub(crate) struct LinkContext {
    pub(crate) network: Network,
    pub(crate) keys: NodeKeys,
    pub(crate) directory: Directory,
    pub(crate) limits: Limits,
    pub(crate) stats: Stats,
    pub(crate) shutdown: Shutdown,
}

/// Everything the mix side needs from outside.
pub struct MixSideConfig {
    /// Where to listen for neighbours.
    pub listen: SocketAddr,
    /// Which network this is.
    pub network: Network,
    /// The node's keys.
    pub keys: NodeKeys,
    /// The documents in force; somebody else keeps them up to date.
    pub directory: Directory,
    /// Bounds.
    pub limits: Limits,
    /// Where the replay log is kept.
    pub replay_log: PathBuf,
}

/// Why the mix side could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or may not be used.
    #[error("could not listen on {address} for other nodes")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The replay log cannot be read or written.
    #[error("could not open the replay log")]
    ReplayLog(#[source] LogError),
    /// The engine's thread could not be started.
    #[error("could not start the engine")]
    Thread(#[source] io::Error),
}

impl Explain for StartError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "stop the process that uses the port, or set mixnet.listen to another one".into()
            }
            Self::Bind { .. } => "set mixnet.listen to an address of this machine and a port above 1023".into(),
            Self::ReplayLog(LogError::InUse { .. }) => {
                "another process runs with this home folder: stop it, or give each its own".into()
            }
            Self::ReplayLog(LogError::TooManyTags { .. }) => "raise mixnet.replay_capacity".into(),
            Self::ReplayLog(LogError::Io { .. } | LogError::Read(_)) => {
                "make the home folder writable for this user; free some disk space".into()
            }
            Self::ReplayLog(_) => {
                "restore the file from a copy; without it packets that were forwarded before would be forwarded again"
                    .into()
            }
            Self::Thread(_) => "raise the limit on threads of this user".into(),
        })
    }
}

/// A running mix side.
pub struct MixSide {
    context: Arc<LinkContext>,
    egress: Egress,
    address: SocketAddr,
}

impl MixSide {
    /// Binds, opens the replay log and starts the tasks; they end with `shutdown`.
    ///
    /// `terminus` gets what ends at this node; it is made with the sending side, which it may need.
    pub async fn start<T: Terminus>(
        config: MixSideConfig,
        stats: Stats,
        shutdown: &Shutdown,
        terminus: impl FnOnce(&Egress) -> T,
    ) -> Result<Self, StartError> {
        let MixSideConfig { listen, network, keys, directory, limits, replay_log } = config;
        if limits.link_loss > 0.0 {
            tracing::warn!(share = limits.link_loss, "faults.link_loss is set: packets are dropped on purpose");
        }
        let bind = |source| StartError::Bind { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let context = Arc::new(LinkContext { network, keys, directory, limits, stats, shutdown: shutdown.clone() });
        let egress = Egress::new(Arc::clone(&context));
        let terminus = terminus(&egress);
        let loops = LoopsUnderWay::new();
        let inlet = engine::start(Arc::clone(&context), egress.clone(), terminus, loops.clone(), replay_log)?;
        if !context.limits.loop_interval.is_zero() {
            shutdown.spawn_until_shutdown("cover", cover::run(Arc::clone(&context), egress.clone(), loops));
        }
        shutdown.spawn_until_shutdown("link-listener", Listener::new(Arc::clone(&context), inlet).run(listener));
        Ok(Self { context, egress, address })
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The sending side.
    pub fn egress(&self) -> &Egress {
        &self.egress
    }

    /// The documents in force.
    pub fn directory(&self) -> &Directory {
        &self.context.directory
    }

    /// The present numbers.
    pub fn report(&self) -> StatsReport {
        report(&self.context.stats, &self.context.directory, &self.context.keys.identity.public_key())
    }

    /// The counters.
    pub fn stats(&self) -> &Stats {
        &self.context.stats
    }
}

/// The present numbers of a node.
pub fn report(stats: &Stats, directory: &Directory, own: &identity::PublicKey) -> StatsReport {
    let current = directory.current();
    let position = current.as_ref().and_then(|topology| topology.position(own)).map(|position| match position {
        nym_topology::Position::Layer(layer) => format!("layer {}", layer.number()),
        nym_topology::Position::Gateway => "gateway".into(),
    });
    stats.report(current.map(|topology| topology.epoch()), position)
}
