//! Where a client's topology comes from.

use futures::future::BoxFuture;
use futures::FutureExt as _;
use nym_topology::{NetworkFile, Topology};

/// Why no topology could be had now; the client goes on with the one it has while it serves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TopologyUnavailable(pub String);

/// A source of topologies. Everybody must use the same document in an epoch: an implementation that
/// invents its own makes its user recognisable.
pub trait TopologySource: Send + Sync + 'static {
    /// The topology of the current epoch.
    fn latest(&self) -> BoxFuture<'_, Result<Topology, TopologyUnavailable>>;
}

/// The document that enough of the network's authorities have signed, over their APIs.
#[derive(Debug, Clone)]
pub struct SignedTopology {
    network: NetworkFile,
}

impl SignedTopology {
    /// Asks the authorities of a network.
    pub fn new(network: NetworkFile) -> Self {
        Self { network }
    }
}

impl TopologySource for SignedTopology {
    fn latest(&self) -> BoxFuture<'_, Result<Topology, TopologyUnavailable>> {
        async move {
            nym_validator_api_client::fetch_topology(&self.network)
                .await
                .map(Topology::new)
                .map_err(|error| TopologyUnavailable(error.to_string()))
        }
        .boxed()
    }
}

/// One topology, or whatever was set last: for tests and simulations.
#[derive(Debug, Clone)]
pub struct InjectedTopology(std::sync::Arc<std::sync::Mutex<Option<Topology>>>);

impl InjectedTopology {
    /// Starts with a topology.
    pub fn new(topology: Topology) -> Self {
        Self(std::sync::Arc::new(std::sync::Mutex::new(Some(topology))))
    }

    /// Replaces it; `None` makes it unavailable.
    pub fn set(&self, topology: Option<Topology>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = topology;
    }
}

impl TopologySource for InjectedTopology {
    fn latest(&self) -> BoxFuture<'_, Result<Topology, TopologyUnavailable>> {
        let topology = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        async move { topology.ok_or_else(|| TopologyUnavailable("no topology was injected".into())) }.boxed()
    }
}
