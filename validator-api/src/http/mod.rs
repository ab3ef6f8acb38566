//! The public HTTP side: routes, limits, and the OpenAPI document that is made from the routes.

mod error;
mod extract;
mod limit;
mod routes;
mod views;

use crate::config::HttpConfig;
use crate::contract_cache::Latest;
use crate::monitor::store::Store;
use crate::topology::Documents;
use axum::http::{header, HeaderValue, StatusCode};
use axum::routing::get;
use axum::{middleware, Json, Router};
use error::HttpError;
use nym_daemon::Readiness;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

/// Requests have no body worth the name.
const MAX_BODY: usize = 64 << 10;

/// What routes read.
#[derive(Clone)]
pub struct State {
    /// Contract state.
    pub latest: Latest,
    /// Signed documents.
    pub documents: Documents,
    /// Measurements.
    pub store: Store,
    /// Chain id and contract address.
    pub network: Arc<(String, String)>,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Validator API",
    description = "Contract state, signed topology and measurements of the mixnet. Lists are pages: pass `next_page` as `page_token`.",
    license(name = "MIT OR Apache-2.0")
))]
struct Description;

fn described() -> (Router<State>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::network))
        .routes(routes!(routes::current_topology))
        .routes(routes!(routes::topology_of_epoch))
        .routes(routes!(routes::nodes))
        .routes(routes!(routes::node))
        .routes(routes!(routes::measurements))
        .routes(routes!(routes::gateways))
        .split_for_parts()
}

/// The OpenAPI document of the routes, as pretty JSON with a final line feed.
pub fn openapi_document() -> String {
    let (_, document) = described();
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The whole public router.
pub fn router(config: &HttpConfig, state: State, readiness: Readiness) -> Router {
    let (routes, document) = described();
    let limiter = limit::Limiter::new(config.requests_per_second, config.burst);
    let ready = move || {
        let report = readiness.report();
        let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        async move { (status, Json(report)) }
    };
    routes
        .with_state(state)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .route("/", get(|| async { axum::response::Redirect::temporary("/docs/") }))
        .fallback(|| async { HttpError::not_found("no such route; /docs/ lists them") })
        .method_not_allowed_fallback(|| async { HttpError::method_not_allowed() })
        .layer(middleware::from_fn_with_state(limiter, limit::check))
        .route("/healthy", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .method_not_allowed_fallback(|| async { HttpError::method_not_allowed() })
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, config.timeout))
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
}
