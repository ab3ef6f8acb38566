//! Parameters of a request. A wrong one is answered in the same form as every other error.

use super::error::HttpError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// The query string.
pub struct Query<T>(pub T);

/// The parts of the path that have names.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let found = axum::extract::Query::from_request_parts(parts, state).await;
        found.map(|axum::extract::Query(found)| Self(found)).map_err(|wrong| refused(wrong.status(), wrong.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let found = axum::extract::Path::from_request_parts(parts, state).await;
        found.map(|axum::extract::Path(found)| Self(found)).map_err(|wrong| refused(wrong.status(), wrong.body_text()))
    }
}

/// What is wrong with a request, or with the route that read it.
fn refused(status: StatusCode, text: String) -> HttpError {
    if status.is_client_error() {
        HttpError::bad_request(text)
    } else {
        HttpError::internal(text)
    }
}
