//! Documents handed in by a test or an embedding program.

use std::time::Duration;

use async_trait::async_trait;
use nym_topology::TopologyDocument;
use tokio::sync::watch;

use super::{Known, SourceError, TopologySource};

/// Gives whatever document was last put in; the node learns of it at once.
#[derive(Debug)]
pub struct InjectedSource {
    documents: watch::Receiver<Option<TopologyDocument>>,
}

impl InjectedSource {
    /// A source and the sender that feeds it.
    pub fn new(document: Option<TopologyDocument>) -> (watch::Sender<Option<TopologyDocument>>, Self) {
        let (sender, documents) = watch::channel(document);
        (sender, Self { documents })
    }

    /// A source that follows an existing sender.
    pub fn following(sender: &watch::Sender<Option<TopologyDocument>>) -> Self {
        Self { documents: sender.subscribe() }
    }
}

#[async_trait]
impl TopologySource for InjectedSource {
    async fn fetch(&self, newer_than: Option<u32>) -> Result<Option<Known>, SourceError> {
        let document = self.documents.borrow().clone();
        let current = document.ok_or_else(|| SourceError::NotYet("none was handed in".into()))?;
        if newer_than.is_some_and(|epoch| current.epoch <= epoch) {
            return Ok(None);
        }
        Ok(Some(Known { current, previous: None }))
    }

    async fn wait(&self, _interval: Duration) {
        // A fresh receiver sees the change that happens from now on; one that has happened since `fetch` is
        // caught by the short timeout.
        let mut documents = self.documents.clone();
        let _ = tokio::time::timeout(Duration::from_millis(20), documents.changed()).await;
    }
}
