//! One endpoint's CometBFT RPC: a request, its answer, and what it means when there is none.
//!
//! Requests and answers are those of `tendermint-rpc`; the way between is the programs' own HTTP, with bounded answers.

use cosmrs::tendermint::{block::Height, Hash};
use tendermint_rpc::endpoint::{abci_query, block, broadcast, status, tx};
use tendermint_rpc::{Response as _, ResponseError, SimpleRequest};

use nym_http::{header, Client, HttpError, Url};

/// The largest block that CometBFT 0.38's defaults allow has 21 MiB, a third more in base64. A chain that allows larger ones needs more here.
const MAX_ANSWER: usize = 32 << 20;

/// Why there is no answer to a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    /// There was no connection: the endpoint has not seen the request.
    #[error("{0}")]
    NotSent(String),
    /// The endpoint's own refusal, by JSON-RPC.
    #[error("{0}")]
    Refused(String),
    /// It may have seen the request, but what it said is no answer.
    #[error("{0}")]
    Failed(String),
}

impl From<HttpError> for RpcError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotConnected(reason) => Self::NotSent(reason),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// A client of one endpoint. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    http: Client,
    url: Url,
}

impl Rpc {
    pub fn new(url: &str, http: Client) -> Result<Self, HttpError> {
        Ok(Self { url: nym_http::url(url)?, http })
    }

    pub async fn status(&self) -> Result<status::Response, RpcError> {
        self.ask(status::Request).await
    }

    /// The block at this height, or the latest.
    pub async fn block(&self, height: Option<Height>) -> Result<block::Response, RpcError> {
        self.ask(block::Request { height }).await
    }

    pub async fn tx(&self, hash: Hash) -> Result<tx::Response, RpcError> {
        self.ask(tx::Request::new(hash, false)).await
    }

    pub async fn query(
        &self,
        path: &str,
        data: Vec<u8>,
        height: Option<Height>,
    ) -> Result<abci_query::AbciQuery, RpcError> {
        let request = abci_query::Request::new(Some(path.to_owned()), data, height, false);
        Ok(self.ask(request).await?.response)
    }

    pub async fn broadcast(&self, tx: Vec<u8>) -> Result<broadcast::tx_sync::Response, RpcError> {
        self.ask(broadcast::tx_sync::Request::new(tx)).await
    }

    async fn ask<R: SimpleRequest>(&self, request: R) -> Result<R::Output, RpcError> {
        let post = self.http.post(self.url.clone()).header(header::CONTENT_TYPE, "application/json");
        let answer = nym_http::answer(post.body(request.into_json()), MAX_ANSWER).await?;
        let unreadable = match R::Response::from_string(&answer.body) {
            Ok(response) if answer.status.is_success() => return Ok(response.into()),
            Ok(_) => None,
            Err(error) => Some(flat(error.detail())),
        };
        // CometBFT refuses with any status and, what it could not read, without the number that the library asks for.
        if let Ok(ErrorReply { error }) = serde_json::from_slice(&answer.body) {
            return Err(RpcError::Refused(flat(&error)));
        }
        Err(RpcError::Failed(match unreadable {
            Some(reason) if answer.status.is_success() => reason,
            _ => format!("it answers with HTTP status {}", answer.status),
        }))
    }
}

/// The part of a refusal by JSON-RPC that tells why.
#[derive(serde::Deserialize)]
struct ErrorReply {
    error: ResponseError,
}

/// One line: an endpoint's words may be several.
fn flat(error: &impl ToString) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use axum::{http::StatusCode, routing::post, Router};

    use super::*;

    const REFUSAL: &str =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error","data":"tx (AB) not found"}}"#;

    /// What a client makes of this answer to its broadcast.
    async fn heard(status: u16, body: &'static str) -> Result<broadcast::tx_sync::Response, RpcError> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = move || async move { (StatusCode::from_u16(status).unwrap(), body) };
        let app = Router::new().route("/", post(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Rpc::new(&url, nym_http::client(Duration::from_secs(10)).unwrap()).unwrap().broadcast(vec![1]).await
    }

    #[tokio::test]
    async fn a_refusal_is_one_with_any_status() {
        for status in [200, 400, 500] {
            let heard = heard(status, REFUSAL).await;
            assert!(
                matches!(&heard, Err(RpcError::Refused(reason)) if reason.contains("not found") && !reason.contains('\n')),
                "{status}: {heard:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_refusal_of_what_could_not_be_read_has_no_number() {
        let body = r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"error reading request body: http: request body too large"}}"#;
        for status in [200, 400] {
            let heard = heard(status, body).await;
            assert!(matches!(&heard, Err(RpcError::Refused(reason)) if reason.contains("body too large")), "{heard:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_with_another_status_than_success_is_none() {
        let taken = r#"{"jsonrpc":"2.0","id":1,"result":{"code":0,"data":"","log":"","codespace":"","hash":"00"}}"#;
        for (status, body) in [(502, "<html>Bad gateway</html>"), (500, ""), (301, ""), (404, taken)] {
            let heard = heard(status, body).await;
            let expected = format!("HTTP status {status}");
            assert!(matches!(&heard, Err(RpcError::Failed(reason)) if reason.contains(&expected)), "{heard:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_to_the_request_is_none() {
        for body in
            ["", "{}", "[]", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, r#"{"jsonrpc":"1.0","id":1,"result":{}}"#]
        {
            let heard = heard(200, body).await;
            assert!(matches!(&heard, Err(RpcError::Failed(reason)) if !reason.contains('\n')), "{body}: {heard:?}");
        }
    }
}
