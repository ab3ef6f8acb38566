//! This authority's signed topology documents: the current epoch's and the ones just before.

use crate::contract_cache::Latest;
use nym_chain_client::{ChainClient, ChainError, Contract};
use nym_keys::identity;
use nym_topology::{SignedDocument, TopologyDocument};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Documents kept: clients may ask for the epochs before while packets of them are under way.
const KEPT: usize = 4;
/// A document that could not be read is tried again after this.
const RETRY: Duration = Duration::from_millis(500);

/// A document with this authority's word for it.
#[derive(Debug)]
pub struct Published {
    /// The document.
    pub document: TopologyDocument,
    /// Its signed form.
    pub signed: SignedDocument,
    /// Its hash, in hex: the entity tag.
    pub tag: String,
}

/// Published documents by epoch; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Documents(Arc<RwLock<BTreeMap<u32, Arc<Published>>>>);

impl Documents {
    /// The latest one.
    pub fn current(&self) -> Option<Arc<Published>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().next_back().cloned()
    }

    /// That of a recent epoch.
    pub fn of_epoch(&self, epoch: u32) -> Option<Arc<Published>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&epoch).cloned()
    }

    fn publish(&self, document: TopologyDocument, authority: &identity::SecretKey) {
        let tag = document.hash().iter().map(|byte| format!("{byte:02x}")).collect();
        let signed = SignedDocument::sign(&document, authority);
        let mut documents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        documents.insert(document.epoch, Arc::new(Published { document, signed, tag }));
        while documents.len() > KEPT {
            documents.pop_first();
        }
    }
}

/// Derives and signs a document whenever an epoch becomes current.
pub async fn publish(
    contract: Contract<ChainClient>,
    chain_id: String,
    authority: identity::SecretKey,
    mut latest: Latest,
    documents: Documents,
) {
    loop {
        let status = latest.borrow_and_update().as_ref().map(|snapshot| snapshot.status.clone());
        if let Some(status) = status {
            let before = status.epoch.checked_sub(1).zip(status.previous_height);
            for (epoch, height) in before.into_iter().chain([(status.epoch, status.height)]) {
                if documents.of_epoch(epoch).is_some() {
                    continue;
                }
                match document(&contract, &chain_id, height).await {
                    Ok(document) => {
                        tracing::info!(
                            epoch = document.epoch,
                            height,
                            nodes = document.mix_nodes.len(),
                            "topology signed"
                        );
                        documents.publish(document, &authority);
                    }
                    // The epoch before may be older than what the chain's node keeps.
                    Err(error) if epoch < status.epoch => tracing::debug!(%error, epoch, "no topology of that epoch"),
                    Err(error) => {
                        tracing::warn!(%error, epoch, "the topology cannot be read; trying again");
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
        }
        if latest.changed().await.is_err() {
            return;
        }
    }
}

async fn document(
    contract: &Contract<ChainClient>,
    chain_id: &str,
    height: u64,
) -> Result<TopologyDocument, ChainError> {
    nym_chain_client::topology::at_height(contract, chain_id, height).await
}
