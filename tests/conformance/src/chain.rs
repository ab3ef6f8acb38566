//! The chain as the Rust client reaches it: `tendermint-rpc` over HTTP, and plain HTTP where the
//! raw bytes of an answer matter.

use std::time::{Duration, Instant};

use anyhow::{bail, Context, Result};
use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmrs::tendermint::Hash;
use prost::Message;
use serde_json::{json, Value};
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::endpoint::{abci_query::AbciQuery, tx};
use tendermint_rpc::{Client, HttpClient, HttpClientUrl};

/// How long a transaction may take to get into a block.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the chain is asked for a transaction or a height.
const POLL: Duration = Duration::from_millis(50);

/// A chain behind a CometBFT RPC address.
pub struct Chain {
    /// `http://host:port`.
    pub url: String,
    /// The typed client.
    pub rpc: HttpClient,
    /// What the chain calls itself.
    pub id: String,
    http: reqwest::Client,
}

/// An account as the chain knows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountState {
    /// The number signatures cover.
    pub number: u64,
    /// The next sequence.
    pub sequence: u64,
}

impl Chain {
    /// Connects as any user of `tendermint-rpc` does: asks for the version, chooses the dialect.
    pub async fn connect(url: &str) -> Result<Self> {
        let parsed: HttpClientUrl = url.parse().with_context(|| format!("'{url}' is no URL"))?;
        let probe = HttpClient::builder(parsed.clone()).build()?;
        let status = probe.status().await.with_context(|| format!("no chain answers at {url}"))?;
        let mode = CompatMode::from_version(status.node_info.version)?;
        let rpc = HttpClient::builder(parsed).compat_mode(mode).build()?;
        Ok(Self {
            url: url.trim_end_matches('/').to_string(),
            rpc,
            id: status.node_info.network.to_string(),
            http: reqwest::Client::new(),
        })
    }

    /// The newest height.
    pub async fn height(&self) -> Result<u64> {
        Ok(self.rpc.status().await?.sync_info.latest_block_height.value())
    }

    /// Waits until the chain reached a height.
    pub async fn wait_for_height(&self, height: u64) -> Result<()> {
        let deadline = Instant::now() + COMMIT_TIMEOUT;
        while self.height().await? < height {
            if Instant::now() > deadline {
                bail!("the chain did not reach height {height} within {COMMIT_TIMEOUT:?}");
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// An account's number and sequence; zeros for one that the chain does not know.
    pub async fn account(&self, address: &str) -> Result<AccountState> {
        let request = QueryAccountRequest { address: address.to_string() };
        let answer = self.query("/cosmos.auth.v1beta1.Query/Account", request.encode_to_vec(), None).await?;
        let account = QueryAccountResponse::decode(answer.value.as_slice())?.account;
        let Some(account) = account else {
            return Ok(AccountState::default());
        };
        let account = BaseAccount::decode(account.value.as_slice())?;
        Ok(AccountState { number: account.account_number, sequence: account.sequence })
    }

    /// One ABCI query.
    pub async fn query(&self, path: &str, data: Vec<u8>, height: Option<u32>) -> Result<AbciQuery> {
        let height = height.map(Into::into);
        Ok(self.rpc.abci_query(Some(path.to_string()), data, height, false).await?)
    }

    /// The transaction of this hash once it is in a block.
    pub async fn committed(&self, hash: Hash) -> Result<tx::Response> {
        let deadline = Instant::now() + COMMIT_TIMEOUT;
        loop {
            match self.rpc.tx(hash, false).await {
                Ok(found) => return Ok(found),
                Err(error) if Instant::now() > deadline => {
                    bail!("transaction {hash} is in no block after {COMMIT_TIMEOUT:?}: {error}")
                }
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// A JSON-RPC call by POST; the whole answer, whatever it is.
    pub async fn post(&self, method: &str, params: Value) -> Result<Value> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.post_text(body.to_string()).await
    }

    /// A POST of any text.
    pub async fn post_text(&self, body: String) -> Result<Value> {
        let request = self.http.post(&self.url).header("content-type", "application/json");
        http_answer(request.body(body).send().await?).await
    }

    /// A GET, such as `block?height=1`.
    pub async fn get(&self, path_and_query: &str) -> Result<Value> {
        http_answer(self.http.get(format!("{}/{path_and_query}", self.url)).send().await?).await
    }
}

/// The HTTP status beside the body, parsed when it is JSON.
async fn http_answer(response: reqwest::Response) -> Result<Value> {
    let status = response.status().as_u16();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(json!({"http": status, "body": body}))
}
