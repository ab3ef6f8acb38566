//! The administration listener: `/healthy`, `/ready`, `/metrics`, and what a service adds.
//!
//! Loopback only: numbers of a node help whoever wants to find its users, so a remote collector has to
//! come through a tunnel or a proxy that the operator sets up on purpose. Off unless `admin.listen` is set.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::exit::{ErrorKind, Explain};
use crate::health::Readiness;
use crate::http::{self, HttpLimits};
use crate::metrics::Registry;
use crate::shutdown::Shutdown;

/// `[admin]` of every service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdminConfig {
    /// Loopback address of the administration listener; off when unset.
    pub listen: Option<SocketAddr>,
    /// `/metrics` changes at most this often: exact times of packets are nobody's business.
    #[serde(with = "crate::units::duration")]
    pub metrics_interval: Duration,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { listen: None, metrics_interval: Duration::from_secs(10) }
    }
}

/// Why the administration listener could not start.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address is reachable from elsewhere.
    #[error("admin.listen is {0}, but the administration listener serves loopback addresses only")]
    NotLoopback(SocketAddr),
    /// The address is taken or may not be used.
    #[error("could not listen on {address} for administration")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

impl Explain for AdminError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotLoopback(_) => ErrorKind::Usage,
            Self::Bind { .. } => ErrorKind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotLoopback(address) => {
                format!("set admin.listen to 127.0.0.1:{} and reach it through a tunnel", address.port())
            }
            Self::Bind { .. } => "stop the process that uses the port or change admin.listen".into(),
        })
    }
}

#[derive(Clone)]
struct AdminState {
    registry: Registry,
    readiness: Readiness,
    metrics_interval: Duration,
    published: Arc<Mutex<Option<(Instant, String)>>>,
}

/// `/healthy`, `/ready` and `/metrics` as a router, for services that serve HTTP anyway.
pub fn router(registry: Registry, readiness: Readiness, metrics_interval: Duration) -> Router {
    Router::new()
        .route("/healthy", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(AdminState { registry, readiness, metrics_interval, published: Arc::default() })
}

/// Serves [`router`] and `extra` on the configured address; gives the bound address, or `None` when off.
pub async fn serve(
    config: &AdminConfig,
    registry: Registry,
    readiness: Readiness,
    extra: Router,
    shutdown: &Shutdown,
) -> Result<Option<SocketAddr>, AdminError> {
    let Some(address) = config.listen else { return Ok(None) };
    if !address.ip().is_loopback() {
        return Err(AdminError::NotLoopback(address));
    }
    let bind = |source| AdminError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    let router = router(registry, readiness, config.metrics_interval).merge(extra);
    // Requests here are short; those still open at shutdown are cut.
    shutdown.spawn_until_shutdown("admin", http::serve(listener, router, HttpLimits::default()));
    Ok(Some(bound))
}

impl AdminState {
    fn metrics(&self) -> String {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        match &*published {
            Some((at, text)) if at.elapsed() < self.metrics_interval => text.clone(),
            _ => {
                let text = self.registry.render();
                *published = Some((Instant::now(), text.clone()));
                text
            }
        }
    }
}

async fn ready(State(state): State<AdminState>) -> Response {
    let report = state.readiness.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn metrics(State(state): State<AdminState>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics()).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::{serve, AdminConfig, AdminError, Duration, Readiness, Registry, Router, Shutdown, SocketAddr};
    use crate::health::CheckStatus;
    use crate::shutdown::DEADLINE;

    async fn fetch(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn health_readiness_and_metrics_are_served() {
        let (registry, readiness, shutdown) = (Registry::new(), Readiness::new(), Shutdown::new());
        let counter = registry.counter("nym_test_total", "A test.", &[]);
        counter.add(7);
        readiness.check("topology", || CheckStatus::failed("none yet"));
        // Longer than the test takes on any machine.
        let metrics_interval = Duration::from_secs(3_600);
        let config = AdminConfig { listen: Some(([127, 0, 0, 1], 0).into()), metrics_interval };

        let address = serve(&config, registry, readiness, Router::new(), &shutdown).await.unwrap().unwrap();

        assert!(fetch(address, "/healthy").await.starts_with("HTTP/1.1 200"));
        let ready = fetch(address, "/ready").await;
        assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("none yet"));
        assert!(fetch(address, "/metrics").await.contains("nym_test_total 7"));
        counter.add(1);
        assert!(fetch(address, "/metrics").await.contains("nym_test_total 7"), "published in steps");
        shutdown.finish(DEADLINE).await.unwrap();
    }

    #[tokio::test]
    async fn a_public_address_is_refused_and_a_taken_one_named() {
        let shutdown = Shutdown::new();
        let public = AdminConfig { listen: Some(([0, 0, 0, 0], 0).into()), ..AdminConfig::default() };
        let error = serve(&public, Registry::new(), Readiness::new(), Router::new(), &shutdown).await.unwrap_err();
        assert!(matches!(error, AdminError::NotLoopback(_)));

        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let config = AdminConfig { listen: Some(taken.local_addr().unwrap()), ..AdminConfig::default() };
        let error = serve(&config, Registry::new(), Readiness::new(), Router::new(), &shutdown).await.unwrap_err();
        assert!(matches!(error, AdminError::Bind { .. }));
    }
}
