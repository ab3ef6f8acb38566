//! One validator's API over HTTP.

use crate::types::{ErrorBody, GatewayView, MeasurementView, NetworkView, NodeView, Page};
use futures::{stream, Stream, StreamExt as _, TryStreamExt as _};
use nym_http::{Answer, Client, HttpError, Url};
use nym_topology::SignedDocument;
use serde::de::DeserializeOwned;
use std::time::Duration;
use thiserror::Error;

/// A healthy API answers from memory.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A signed document of a thousand nodes and a thousand gateways, with room to grow.
const MAX_REPLY: usize = 6 << 20;
/// Pages followed before a list is taken to be endless.
const MAX_PAGES: usize = 10_000;

/// Why an API gave no usable answer.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The address is not a URL.
    #[error("'{0}' is not an http or https URL")]
    BadUrl(String),
    /// No answer.
    #[error("validator API {url} does not answer")]
    Unreachable {
        /// The request.
        url: String,
        /// Why not.
        source: HttpError,
    },
    /// An answer that refuses.
    #[error("validator API {url} answers {status}: {message}")]
    Refused {
        /// The request.
        url: String,
        /// HTTP status.
        status: u16,
        /// The API's words.
        message: String,
    },
    /// An answer that is not of the agreed form.
    #[error("validator API {url} answers something else than agreed: {reason}")]
    Malformed {
        /// The request.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A client of one validator's API; cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiClient {
    base: Url,
    http: Client,
}

impl ApiClient {
    /// A client of the API at this URL.
    pub fn new(url: &str) -> Result<Self, ApiError> {
        let base = nym_http::url(url).map_err(|_| ApiError::BadUrl(url.to_owned()))?;
        let http = nym_http::client(TIMEOUT).map_err(|source| ApiError::Unreachable { url: url.to_owned(), source })?;
        Ok(Self { base, http })
    }

    /// Where the API is.
    pub fn url(&self) -> &str {
        self.base.as_str()
    }

    /// The signed topology of the current epoch.
    pub async fn topology(&self) -> Result<SignedDocument, ApiError> {
        self.get("v1/topology/current", &[]).await
    }

    /// The signed topology of a recent epoch.
    pub async fn topology_of_epoch(&self, epoch: u32) -> Result<SignedDocument, ApiError> {
        self.get(&format!("v1/topology/{epoch}"), &[]).await
    }

    /// The network at a glance.
    pub async fn network(&self) -> Result<NetworkView, ApiError> {
        self.get("v1/network", &[]).await
    }

    /// One mix node.
    pub async fn node(&self, node_id: u32) -> Result<NodeView, ApiError> {
        self.get(&format!("v1/nodes/{node_id}"), &[]).await
    }

    /// All bonded mix nodes.
    pub fn nodes(&self) -> impl Stream<Item = Result<NodeView, ApiError>> + Send + '_ {
        self.list("v1/nodes".into())
    }

    /// All bonded gateways.
    pub fn gateways(&self) -> impl Stream<Item = Result<GatewayView, ApiError>> + Send + '_ {
        self.list("v1/gateways".into())
    }

    /// Probes that were led through a node, newest first.
    pub fn measurements(&self, node_id: u32) -> impl Stream<Item = Result<MeasurementView, ApiError>> + Send + '_ {
        self.list(format!("v1/nodes/{node_id}/measurements"))
    }

    fn list<T: DeserializeOwned + Send + 'static>(
        &self,
        path: String,
    ) -> impl Stream<Item = Result<T, ApiError>> + Send + '_ {
        let pages = stream::try_unfold(Some(None::<String>), move |token| {
            let path = path.clone();
            async move {
                let Some(token) = token else { return Ok::<_, ApiError>(None) };
                let query: Vec<_> = token.iter().map(|token| ("page_token", token.as_str())).collect();
                let page: Page<T> = self.get(&path, &query).await?;
                let next = page.next_page.map(Some);
                Ok(Some((stream::iter(page.items.into_iter().map(Ok)), next)))
            }
        });
        pages.take(MAX_PAGES).try_flatten()
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, ApiError> {
        let url = self.base.join(path).map_err(|_| ApiError::BadUrl(format!("{}{path}", self.base)))?;
        let malformed = |reason: String| ApiError::Malformed { url: url.to_string(), reason };
        let reply = nym_http::answer(self.http.get(url.clone()).query(query), MAX_REPLY).await;
        let Answer { status, body } = reply.map_err(|error| match error {
            HttpError::TooLong(_) => malformed(error.to_string()),
            source => ApiError::Unreachable { url: url.to_string(), source },
        })?;
        if !status.is_success() {
            let message = match serde_json::from_slice::<ErrorBody>(&body) {
                Ok(error) => error.message,
                Err(_) => status.canonical_reason().unwrap_or("no reason given").to_owned(),
            };
            return Err(ApiError::Refused { url: url.to_string(), status: status.as_u16(), message });
        }
        serde_json::from_slice(&body).map_err(|error| malformed(error.to_string()))
    }
}
