//! The local interface: a websocket on loopback for the programs of this machine.
//!
//! `docs/client-api.md` is its reference. [`guard`] decides who gets in, [`connection`] serves one
//! application, [`json`] and [`binary`] spell the frames.

pub mod binary;
mod connection;
pub mod frames;
mod guard;
pub mod json;

pub use guard::{Guard, Token, TokenError};

use crate::config::ApiConfig;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use connection::Connection;
use frames::Format;
use nym_client_core::{Client, MessageId};
use nym_daemon::{CheckStatus, HttpLimits, Readiness, Shutdown};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, Semaphore};

/// A message of 10 MiB in base64, and the rest of its frame.
const MAX_FRAME: usize = 15 << 20;
/// Connections beyond those of applications: for health checks, and to tell an application that there are too many.
const SPARE_CONNECTIONS: usize = 16;
/// Confirmations that a connection may be behind in hearing of; its window then opens a little later.
const CONFIRMATIONS: usize = 1_024;

/// What connections share.
#[derive(Clone)]
pub(crate) struct Shared {
    client: Client,
    guard: Arc<Guard>,
    readiness: Readiness,
    /// Messages that any application has confirmed: every connection's window opens.
    confirmed: broadcast::Sender<MessageId>,
    connections: Arc<Semaphore>,
    shutdown: Shutdown,
}

/// Serves the interface on a bound listener until shutdown.
pub(crate) fn serve(listener: TcpListener, config: &ApiConfig, token: Token, client: Client, shutdown: &Shutdown) {
    let readiness = Readiness::new();
    let asked = client.clone();
    readiness.check("gateway", move || match asked.status() {
        status if status.replaced => CheckStatus::failed("another process runs the same client"),
        status if status.connected => CheckStatus::ok(),
        _ => CheckStatus::failed("no session with the gateway"),
    });
    let shared = Shared {
        client,
        guard: Arc::new(Guard::new(token, &config.allowed_origins)),
        readiness,
        confirmed: broadcast::channel(CONFIRMATIONS).0,
        connections: Arc::new(Semaphore::new(config.max_connections)),
        shutdown: shutdown.clone(),
    };
    let router = Router::new()
        .route("/v1/ws", get(websocket))
        .route("/healthy", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .layer(middleware::from_fn_with_state(shared.clone(), guard::check_origin))
        .with_state(shared);
    // Everyone is local: one source. Those above the applications' own limit learn that there are too many.
    let connections = config.max_connections.saturating_add(SPARE_CONNECTIONS);
    let limits = HttpLimits { connections, connections_per_source: connections, ..HttpLimits::default() };
    shutdown.spawn_until_shutdown("api", nym_daemon::http::serve(listener, router, limits));
}

#[derive(serde::Deserialize)]
struct Parameters {
    #[serde(default)]
    format: Format,
}

async fn websocket(
    State(shared): State<Shared>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(let_in) = shared.guard.check_header(&headers) else {
        return (StatusCode::UNAUTHORIZED, "the token in the Authorization header is wrong\n").into_response();
    };
    let Ok(permit) = shared.connections.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many applications are connected\n").into_response();
    };
    let name = "api connection";
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| async move {
        let shutdown = shared.shutdown.clone();
        let connection = Connection::new(shared, parameters.format);
        let served = shutdown.spawn(name, async move {
            let _permit = permit;
            connection.serve(socket, let_in).await;
        });
        let _ = served.await;
    })
}

async fn ready(State(shared): State<Shared>) -> Response {
    let report = shared.readiness.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}
