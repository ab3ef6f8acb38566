//! Several RPC endpoints behind one call: the preferred one first, the others when it fails.
//!
//! Owns which endpoint is preferred and whether each has shown the right chain id. Knows nothing of
//! transactions: whether a call may be repeated is the caller's decision, so [`Endpoints::each`]
//! tries every endpoint once and [`Endpoints::call`] adds rounds with growing, jittered pauses.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};

use futures::FutureExt;
use rand::Rng;
use tokio::sync::OnceCell;

use crate::error::ChainError;
use crate::rpc::{Rpc, RpcError};

/// Rounds over all endpoints before a query gives up: with the pauses between them about five seconds.
const ROUNDS: u32 = 4;

/// Most endpoints a client takes; more would only make an outage slower to notice.
const MAX_ENDPOINTS: usize = 16;

/// A call's failure, as far as failover is concerned.
pub(crate) enum CallError {
    /// The endpoint did not answer sensibly: another one may.
    Endpoint(String),
    /// The answer is final.
    Final(ChainError),
}

/// Every failure of the transport or of the RPC layer may be this endpoint's alone.
impl From<RpcError> for CallError {
    fn from(error: RpcError) -> Self {
        CallError::Endpoint(error.to_string())
    }
}

impl From<ChainError> for CallError {
    fn from(error: ChainError) -> Self {
        CallError::Final(error)
    }
}

struct Endpoint {
    url: String,
    rpc: Rpc,
    /// Set once the endpoint has reported the chain id that we expect.
    checked: OnceCell<()>,
}

pub(crate) struct Endpoints {
    /// Never empty.
    list: Vec<Endpoint>,
    preferred: AtomicUsize,
    chain_id: OnceCell<String>,
}

impl Endpoints {
    /// Prepares clients for the addresses; `chain_id: None` accepts the first endpoint's chain.
    pub fn new(urls: &[String], chain_id: Option<String>, timeout: Duration) -> Result<Arc<Self>, ChainError> {
        if urls.is_empty() {
            return Err(ChainError::invalid("list of chain endpoints", "it is empty"));
        }
        if urls.len() > MAX_ENDPOINTS {
            return Err(ChainError::invalid("list of chain endpoints", format!("it has more than {MAX_ENDPOINTS}")));
        }
        let http = nym_http::client(timeout)
            .map_err(|error| ChainError::Network { endpoints: urls.len(), reason: error.to_string() })?;
        let list = urls
            .iter()
            .map(|url| {
                let rpc = Rpc::new(url, http.clone())
                    .map_err(|error| ChainError::invalid(format!("chain endpoint '{url}'"), error.to_string()))?;
                Ok(Endpoint { url: url.clone(), rpc, checked: OnceCell::new() })
            })
            .collect::<Result<Vec<_>, ChainError>>()?;
        Ok(Arc::new(Endpoints { list, preferred: AtomicUsize::new(0), chain_id: OnceCell::new_with(chain_id) }))
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|endpoint| endpoint.url.as_str())
    }

    /// The chain's id, asked for once.
    pub async fn chain_id(&self) -> Result<String, ChainError> {
        if let Some(id) = self.chain_id.get() {
            return Ok(id.clone());
        }
        self.call(|_| async { Ok(()) }).await?;
        self.chain_id.get().cloned().ok_or_else(|| ChainError::malformed("chain id", "no endpoint reported it"))
    }

    /// Runs a call on the preferred endpoint, then on the others, in rounds with pauses.
    pub async fn call<T, F, Fut>(&self, call: F) -> Result<T, ChainError>
    where
        F: Fn(Rpc) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let mut round = 0;
        loop {
            match self.each(&call).await {
                Err(CallError::Endpoint(reason)) => {
                    round += 1;
                    if round == ROUNDS {
                        return Err(ChainError::Network { endpoints: self.list.len(), reason });
                    }
                    pause(round).await;
                }
                Err(CallError::Final(error)) => return Err(error),
                Ok(value) => return Ok(value),
            }
        }
    }

    /// Runs a call on each endpoint until one answers. The one that does is preferred from then on.
    pub async fn each<T, F, Fut>(&self, call: &F) -> Result<T, CallError>
    where
        F: Fn(Rpc) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = String::new();
        let mut wrong_chain = None;
        for step in 0..self.list.len() {
            let index = (first + step) % self.list.len();
            match self.one(index, call).await {
                Ok(value) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(value);
                }
                Err(CallError::Endpoint(reason)) => {
                    tracing::debug!(endpoint = %self.list[index].url, %reason, "chain endpoint failed");
                    last = format!("{}: {reason}", self.list[index].url);
                }
                Err(CallError::Final(error @ ChainError::WrongChain { .. })) => {
                    tracing::warn!(%error, "chain endpoint ignored");
                    wrong_chain = Some(error);
                }
                Err(CallError::Final(error)) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Err(CallError::Final(error));
                }
            }
        }
        match wrong_chain {
            // Only when all the others are silent too is the wrong chain the thing to report.
            Some(error) if last.is_empty() => Err(CallError::Final(error)),
            _ => Err(CallError::Endpoint(last)),
        }
    }

    /// Runs a call on one endpoint, after making sure that it serves the right chain.
    pub async fn one<T, F, Fut>(&self, index: usize, call: &F) -> Result<T, CallError>
    where
        F: Fn(Rpc) -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let endpoint = &self.list[index % self.list.len()];
        let answer = async {
            endpoint.checked.get_or_try_init(|| self.check(endpoint)).await?;
            call(endpoint.rpc.clone()).await
        };
        // Libraries parse what an endpoint says, and the one for base64 (subtle-encoding 0.5.1) panics at padding in odd
        // places. No endpoint may end more than its own call.
        let unreadable = |_| Err(CallError::Endpoint("its answer cannot be read".to_owned()));
        AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(unreadable)
    }

    async fn check(&self, endpoint: &Endpoint) -> Result<(), CallError> {
        let status = endpoint.rpc.status().await?;
        let got = status.node_info.network.to_string();
        let expected = self.chain_id.get_or_init(|| async { got.clone() }).await;
        if *expected != got {
            return Err(CallError::Final(ChainError::WrongChain {
                endpoint: endpoint.url.clone(),
                expected: expected.clone(),
                got,
            }));
        }
        Ok(())
    }
}

/// A pause that doubles with each attempt, up to four seconds, with jitter so that many clients of a
/// chain that comes back do not come back in step.
pub(crate) async fn pause(attempt: u32) {
    let full = Duration::from_millis(250 << attempt.min(4));
    let jitter = rand::thread_rng().gen_range(0.5..1.0);
    tokio::time::sleep(full.mul_f64(jitter)).await;
}
