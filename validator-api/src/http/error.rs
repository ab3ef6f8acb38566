//! Errors as every route answers them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::Json;
use nym_validator_api_client::types::ErrorBody;
use std::sync::atomic::{AtomicU64, Ordering};

/// A refused request.
#[derive(Debug)]
pub struct HttpError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

static REQUESTS: AtomicU64 = AtomicU64::new(1);

impl HttpError {
    /// The thing does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "not_found", message: message.into() }
    }

    /// A parameter breaks a rule.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "bad_request", message: message.into() }
    }

    /// The route answers other methods.
    pub fn method_not_allowed() -> Self {
        let message = "the API is read with GET".into();
        Self { status: StatusCode::METHOD_NOT_ALLOWED, code: "method_not_allowed", message }
    }

    /// Nothing is known yet.
    pub fn not_ready(message: impl Into<String>) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, code: "not_ready", message: message.into() }
    }

    /// Too many requests from one address.
    pub fn too_many() -> Self {
        let message = "too many requests from this address; slow down".into();
        Self { status: StatusCode::TOO_MANY_REQUESTS, code: "too_many_requests", message }
    }

    /// A defect or a full disk; the log says more.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            message: "the request failed; see the service's log".into(),
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let request_id = format!("{:08x}", REQUESTS.fetch_add(1, Ordering::Relaxed));
        let body = ErrorBody { request_id, error_code: self.code.into(), message: self.message };
        (self.status, Json(body)).into_response()
    }
}
