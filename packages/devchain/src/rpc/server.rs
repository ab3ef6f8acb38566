//! Routes of the RPC: HTTP with limits on bodies and batches, and the way to the websocket.

use super::call::{answer, parse, Calls, RpcError};
use super::methods::{Api, METHODS};
use super::params::Params;
use crate::faucet::Faucet;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State, WebSocketUpgrade};
use axum::http::{header, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::Router;
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::timeout::TimeoutLayer;

/// Limits of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub body: usize,
    pub subscriptions: usize,
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub api: Api,
    pub faucet: Option<Arc<Faucet>>,
    pub limits: Limits,
    pub stop: CancellationToken,
}

/// A request that takes longer than this is answered with an error; the longest method waits
/// ten seconds for a block.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// All routes.
pub(crate) fn router(shared: Shared) -> Router {
    let limit = shared.limits.body;
    let calls = Router::new()
        .route("/", get(index).post(post_call))
        .route("/faucet/credit", post(credit))
        .route("/faucet/status", get(faucet_status))
        .route("/{method}", get(get_call))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT));
    Router::new()
        .route("/websocket", get(websocket))
        .merge(calls)
        .layer(CatchPanicLayer::new())
        .layer(CorsLayer::permissive())
        .layer(DefaultBodyLimit::max(limit))
        .with_state(shared)
}

/// The list of methods that CometBFT shows to a browser.
async fn index(headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    // The host comes from the asker and goes into the page.
    let plain = |c: &char| c.is_ascii_alphanumeric() || ".:-[]".contains(*c);
    let host: String = host.unwrap_or_default().chars().filter(plain).collect();
    let mut page = String::from("<html><body><br>Available endpoints:<br><br>Endpoints that require arguments:<br>");
    for (method, names) in METHODS {
        let query: Vec<String> = names.iter().map(|name| format!("{name}=_")).collect();
        let mark = if names.is_empty() { "" } else { "?" };
        let link = format!("//{host}/{method}{mark}{}", query.join("&"));
        page.push_str(&format!("<a href=\"{link}\">{link}</a></br>"));
    }
    page.push_str("</body></html>");
    let kind = [(header::CONTENT_TYPE, "text/html")];
    (kind, page).into_response()
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}

async fn post_call(State(shared): State<Shared>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let Ok(body) = body else {
        let error = RpcError::request("error reading request body: http: request body too large");
        return reply(StatusCode::BAD_REQUEST, &answer(&Value::Null, Err(error)));
    };
    if body.is_empty() {
        return index(headers).await;
    }
    match run_body(&shared.api, &body).await {
        Some((status, value)) => reply(status, &value),
        None => StatusCode::OK.into_response(),
    }
}

/// Runs the calls of a body; `None` when all of them were notifications.
pub(crate) async fn run_body(api: &Api, body: &[u8]) -> Option<(StatusCode, Value)> {
    match parse(body) {
        Err(error) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Some((status, answer(&Value::Null, Err(error))))
        }
        Ok(Calls::One(Err((id, error)))) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Some((status, answer(&id, Err(error))))
        }
        Ok(Calls::One(Ok(call))) => {
            let result = api.call(&call.method, Params::json(call.params)).await;
            Some((StatusCode::OK, answer(&call.id, result)))
        }
        Ok(Calls::Batch(calls)) => {
            let mut answers = Vec::new();
            for call in calls {
                answers.push(match call {
                    Ok(call) => {
                        let result = api.call(&call.method, Params::json(call.params)).await;
                        answer(&call.id, result)
                    }
                    Err((id, error)) => answer(&id, Err(error)),
                });
            }
            match answers.len() {
                0 => None,
                1 => answers.pop().map(|one| (StatusCode::OK, one)),
                _ => Some((StatusCode::OK, answers.into())),
            }
        }
    }
}

async fn get_call(
    State(shared): State<Shared>,
    Path(method): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let fields: Map<String, Value> = query.into_iter().map(|(k, v)| (k, v.into())).collect();
    let result = shared.api.call(&method, Params::uri(fields)).await;
    let status = match &result {
        Ok(_) => StatusCode::OK,
        Err(error) if *error == RpcError::method() => {
            return (StatusCode::NOT_FOUND, "404 page not found\n").into_response();
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    // CometBFT answers calls by address with the number -1.
    reply(status, &answer(&json!(-1), result))
}

async fn websocket(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(shared.limits.body)
        .max_frame_size(shared.limits.body)
        .on_upgrade(move |socket| super::socket::serve(shared, socket))
}

async fn credit(State(shared): State<Shared>, body: Bytes) -> Response {
    let Some(faucet) = &shared.faucet else {
        let body = json!({ "error": "the faucet is off: start the chain with --faucet" });
        return reply(StatusCode::NOT_FOUND, &body);
    };
    match faucet.credit(&shared.api, &body).await {
        Ok(answer) => reply(StatusCode::OK, &answer),
        Err(why) => reply(StatusCode::BAD_REQUEST, &json!({ "error": why })),
    }
}

async fn faucet_status(State(shared): State<Shared>) -> Response {
    match &shared.faucet {
        Some(faucet) => reply(StatusCode::OK, &faucet.status(&shared.api)),
        None => reply(StatusCode::NOT_FOUND, &json!({ "error": "the faucet is off" })),
    }
}
