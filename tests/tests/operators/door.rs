//! Doors between operators and their chain: each lets everything through, until the transaction comes that a test waits for.

use crate::transactions::asked;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use axum::Router;
use base64::prelude::{Engine as _, BASE64_STANDARD};
use nym_chain_client::mixnet::MixnetQueries as _;
use nym_chain_client::{tx_hash, ChainClient, Contract};
use nym_contract_types::mixnet::EpochState;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, Mutex};

const PATIENCE: Duration = Duration::from_secs(120);

/// How far a transaction has come when its operator is killed. What became of it the operator has not been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It is signed, and nobody else has it.
    Signed,
    /// The chain has it.
    Sent,
    /// It is in a block.
    Committed,
}

/// A transaction that is held at its operator's door.
pub(crate) struct Caught {
    /// Number of the operator.
    pub operator: usize,
    /// Hash of the transaction.
    pub hash: String,
}

struct Wanted {
    place: EpochState,
    moment: Moment,
    told: oneshot::Sender<Caught>,
}

struct Doors {
    rpc: String,
    http: reqwest::Client,
    contract: Contract<ChainClient>,
    wanted: Mutex<Option<Wanted>>,
}

/// The doors to one chain.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Doors>);

impl Gate {
    /// Doors to the chain with this RPC.
    pub fn new(rpc: String, contract: Contract<ChainClient>) -> Self {
        Self(Arc::new(Doors { rpc, http: reqwest::Client::new(), contract, wanted: Mutex::default() }))
    }

    /// Opens the door of an operator; returns the RPC that it is to use.
    pub async fn open(&self, operator: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rpc = format!("http://{}", listener.local_addr().unwrap());
        let doors = self.0.clone();
        let pass = move |request: Bytes| {
            let doors = doors.clone();
            async move { doors.pass(operator, request).await }
        };
        let router = Router::new().route("/", post(pass));
        tokio::spawn(async move { axum::serve(listener, router).await });
        rpc
    }

    /// Waits for a transaction that an operator sends because a turn stands at `place`, lets it come as far as `moment`
    /// says, except into a block, and never answers.
    pub async fn catch(&self, place: &EpochState, moment: Moment) -> Caught {
        let (told, caught) = oneshot::channel();
        *self.0.wanted.lock().await = Some(Wanted { place: place.clone(), moment, told });
        tokio::time::timeout(PATIENCE, caught).await.expect("no operator goes on from there").unwrap()
    }
}

impl Doors {
    async fn pass(&self, operator: usize, request: Bytes) -> (StatusCode, Bytes) {
        let Some((epoch, hash)) = step(&request) else { return self.forward(request).await };
        let mut wanted = self.wanted.lock().await;
        let status = self.contract.epoch_status().await.unwrap();
        let Some(caught) = wanted.take_if(|wanted| status.epoch == epoch && status.state == wanted.place) else {
            drop(wanted);
            return self.forward(request).await;
        };
        if caught.moment != Moment::Signed {
            let answer = self.forward(request).await;
            if !is_taken(&answer.1) {
                *wanted = Some(caught);
                return answer;
            }
        }
        // Nobody listens any more when the test has failed.
        let _ = caught.told.send(Caught { operator, hash });
        drop(wanted);
        std::future::pending().await
    }

    async fn forward(&self, request: Bytes) -> (StatusCode, Bytes) {
        let answer = async {
            let answer = self.http.post(&self.rpc).body(request).send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
        };
        answer.await.unwrap_or((StatusCode::BAD_GATEWAY, Bytes::new()))
    }
}

/// Epoch and hash of a transaction with steps of a transition, if the request hands one over.
fn step(request: &[u8]) -> Option<(u32, String)> {
    let request: Value = serde_json::from_slice(request).ok()?;
    let request = Some(request).filter(|request| request["method"] == "broadcast_tx_sync")?;
    let transaction = BASE64_STANDARD.decode(request["params"]["tx"].as_str()?).ok()?;
    let message: Value = serde_json::from_str(asked(&transaction).first()?).ok()?;
    let epoch = message.as_object()?.values().next()?["epoch"].as_u64()?;
    Some((epoch.try_into().ok()?, tx_hash(&transaction)))
}

/// Whether the chain lets a transaction wait for a block.
fn is_taken(answer: &[u8]) -> bool {
    serde_json::from_slice(answer).is_ok_and(|answer: Value| answer["result"]["code"] == 0)
}
