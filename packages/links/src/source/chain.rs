//! The topology as the contract has it: asked at the height that the contract recorded for the epoch.
//!
//! One cheap query tells whether a new epoch is current; only then is the whole state read, all of it at
//! one height. Endpoints that fail are passed over by the client underneath.

use async_trait::async_trait;
use nym_chain_client::{topology, ChainClient, ChainError, MixnetQueries as _};
use nym_topology::{NetworkFile, TopologyDocument};

use super::{Known, SourceError, TopologySource};

/// Reads documents from contract state over CometBFT RPC.
pub struct ChainSource {
    client: ChainClient,
    network: NetworkFile,
}

impl ChainSource {
    /// A source for the network of a network file. Asks nothing yet: the chain may come up later.
    pub fn new(network: NetworkFile) -> Result<Self, ChainError> {
        Ok(Self { client: ChainClient::of_network(&network)?, network })
    }

    async fn document_at(&self, height: u64) -> Result<TopologyDocument, SourceError> {
        let contract = self.client.contract(&self.network.contracts.mixnet);
        let document = topology::at_height(&contract, &self.network.chain_id, height).await?;
        self.network.check_document(&document).map_err(|error| SourceError::Content(error.to_string()))?;
        Ok(document)
    }
}

#[async_trait]
impl TopologySource for ChainSource {
    async fn fetch(&self, newer_than: Option<u32>) -> Result<Option<Known>, SourceError> {
        let status = self.client.contract(&self.network.contracts.mixnet).epoch_status().await?;
        if newer_than.is_some_and(|epoch| status.epoch <= epoch) {
            return Ok(None);
        }
        let current = self.document_at(status.height).await?;
        // Who has just started or missed an epoch lacks the document before. The chain may have pruned it: then it is gone for everybody.
        let lacking = newer_than.and_then(|epoch| epoch.checked_add(1)) != Some(status.epoch);
        let previous = match status.previous_height {
            Some(height) if lacking => self.document_at(height).await.ok(),
            _ => None,
        };
        Ok(Some(Known { current, previous }))
    }
}
