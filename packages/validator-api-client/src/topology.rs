//! The topology on which enough authorities agree.

use crate::{ApiClient, ApiError};
use futures::stream::{FuturesUnordered, StreamExt as _};
use nym_topology::{verify_threshold, NetworkFile, SignedDocument, TopologyDocument, TopologyError};
use thiserror::Error;

/// Why no topology could be had.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The network file names no authorities.
    #[error("the network file names no authorities whose topology could be trusted")]
    NoAuthorities,
    /// Too few authorities agree, and this is what the others said.
    #[error("{disagreement}{}", unreachable.first().map(|error| format!("; {} did not answer usably, first: {error}", unreachable.len())).unwrap_or_default())]
    NoAgreement {
        /// What was counted.
        disagreement: TopologyError,
        /// Authorities that gave no answer.
        unreachable: Vec<ApiError>,
    },
}

/// Asks every authority at once and returns as soon as enough of them agree on the current topology.
pub async fn fetch_topology(network: &NetworkFile) -> Result<TopologyDocument, FetchError> {
    fetch(network, None).await
}

/// The same for a recent epoch.
pub async fn fetch_topology_of_epoch(network: &NetworkFile, epoch: u32) -> Result<TopologyDocument, FetchError> {
    fetch(network, Some(epoch)).await
}

async fn fetch(network: &NetworkFile, epoch: Option<u32>) -> Result<TopologyDocument, FetchError> {
    let mut words: Vec<SignedDocument> = Vec::new();
    let mut unreachable = Vec::new();
    let mut disagreement = None;
    let mut asked: FuturesUnordered<_> =
        network.authorities.iter().map(|authority| ask(authority.url.clone(), epoch)).collect();
    while let Some(answer) = asked.next().await {
        match answer {
            Ok(word) => words.push(word),
            Err(error) => {
                tracing::debug!(%error, "an authority gave no topology");
                unreachable.push(error);
                continue;
            }
        }
        match verify_threshold(&words, network) {
            Ok(document) if epoch.is_none_or(|epoch| epoch == document.epoch) => return Ok(document),
            Ok(document) => {
                disagreement = Some(TopologyError::Inconsistent {
                    epoch: document.epoch,
                    rule: format!("epoch {} was asked for", epoch.unwrap_or_default()),
                })
            }
            Err(error) => disagreement = Some(error),
        }
    }
    if network.authorities.is_empty() {
        return Err(FetchError::NoAuthorities);
    }
    let disagreement = disagreement.unwrap_or(TopologyError::TooFewSignatures {
        agreeing: 0,
        authorities: network.authorities.len(),
        required: network.topology.threshold,
    });
    Err(FetchError::NoAgreement { disagreement, unreachable })
}

async fn ask(url: String, epoch: Option<u32>) -> Result<SignedDocument, ApiError> {
    let client = ApiClient::new(&url)?;
    match epoch {
        None => client.topology().await,
        Some(epoch) => client.topology_of_epoch(epoch).await,
    }
}
