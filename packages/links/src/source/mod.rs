//! Where topology documents come from, and the task that follows them.
//!
//! Nodes read the chain ([`ChainSource`]); tests hand documents in ([`InjectedSource`]).

mod chain;
mod injected;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use nym_daemon::Shutdown;
use nym_topology::TopologyDocument;
use tokio::time::sleep;

pub use chain::ChainSource;
pub use injected::InjectedSource;

use crate::directory::Directory;

/// Why a source has no document to give.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The chain cannot be asked.
    #[error("could not read the topology from the chain")]
    Chain(#[from] nym_chain_client::ChainError),
    /// What the chain holds is no topology.
    #[error("the contract's state is no topology: {0}")]
    Content(String),
    /// There is none yet.
    #[error("there is no topology yet: {0}")]
    NotYet(String),
}

/// The documents that a source knows at the moment it is asked.
#[derive(Debug, Clone)]
pub struct Known {
    /// The document of the current epoch.
    pub current: TopologyDocument,
    /// The one before it; only needed by who has not seen it.
    pub previous: Option<TopologyDocument>,
}

/// Where topology documents come from.
#[async_trait]
pub trait TopologySource: Send + Sync + 'static {
    /// The current document if its epoch is newer than `newer_than`; with the one before it unless `newer_than` is that.
    async fn fetch(&self, newer_than: Option<u32>) -> Result<Option<Known>, SourceError>;

    /// Waits until asking again makes sense: some time, or a signal.
    async fn wait(&self, interval: Duration) {
        sleep(interval).await;
    }
}

/// Keeps the directory at the source's newest document until shutdown.
pub fn follow(source: Arc<dyn TopologySource>, directory: Directory, interval: Duration, shutdown: &Shutdown) {
    shutdown.spawn_until_shutdown("topology", async move {
        let mut failing = false;
        loop {
            directory.expire(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
            let newer_than = directory.current().map(|topology| topology.epoch());
            match source.fetch(newer_than).await {
                Ok(known) => {
                    if std::mem::take(&mut failing) {
                        tracing::info!("the topology source answers again");
                    }
                    match known {
                        Some(known) => take_over(&directory, known),
                        None => directory.confirm(),
                    }
                }
                Err(SourceError::NotYet(reason)) => tracing::debug!(reason, "no topology yet"),
                // Once per outage: a chain that is down for an hour is one event, not a thousand.
                Err(error) if !failing => {
                    failing = true;
                    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    tracing::warn!(%error, cause, "going on with the topology that is known");
                }
                Err(_) => {}
            }
            source.wait(interval).await;
        }
    });
}

fn take_over(directory: &Directory, known: Known) {
    let (epoch, nodes, gateways) = (known.current.epoch, known.current.mix_nodes.len(), known.current.gateways.len());
    if directory.advance(known.current) {
        tracing::info!(epoch, nodes, gateways, "a new epoch is current");
    }
    if let Some(previous) = known.previous {
        directory.set_previous(previous);
    }
}
