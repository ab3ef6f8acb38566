//! The routes. Each reads memory, or the local database for measurements; none asks the chain.

use super::extract::{Path, Query};
use super::{error::HttpError, views, State};
use crate::contract_cache::Snapshot;
use crate::topology::Published;
use axum::extract::State as Extract;
use axum::http::{header, HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::Json;
use nym_validator_api_client::types::{ErrorBody, GatewayView, MeasurementView, NetworkView, NodeView, Page};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const DEFAULT_PAGE: u32 = 50;
const MAX_PAGE: u32 = 100;

/// Where a page of a list starts and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PageQuery {
    /// Entries on the page, at most 100; 50 if not given.
    limit: Option<u32>,
    /// The `next_page` of the page before.
    page_token: Option<String>,
}

impl PageQuery {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE) as usize
    }

    fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, HttpError> {
        let parse = |token: &String| {
            token.parse().map_err(|_| HttpError::bad_request("page_token is not one that this list gave out"))
        };
        self.page_token.as_ref().map(parse).transpose()
    }
}

/// A topology document and this authority's signature over its hash.
#[derive(Serialize, ToSchema)]
#[allow(dead_code)]
pub struct SignedTopology {
    /// The canonical JSON of the document, to be hashed as it is.
    document: String,
    /// Ed25519 key of the authority, base58.
    authority: String,
    /// Ed25519 signature over `nym-topology-signature-v1` and the hash, base58.
    signature: String,
}

fn snapshot(state: &State) -> Result<Arc<Snapshot>, HttpError> {
    state.latest.borrow().clone().ok_or_else(|| HttpError::not_ready("contract state has not been read yet"))
}

/// The network at a glance
#[utoipa::path(get, path = "/v1/network", responses((status = 200, body = NetworkView), (status = 503, body = ErrorBody)))]
pub async fn network(Extract(state): Extract<State>) -> Result<Json<NetworkView>, HttpError> {
    Ok(Json(views::network(&*snapshot(&state)?, &state.network)))
}

/// The signed topology of the current epoch
#[utoipa::path(get, path = "/v1/topology/current", responses((status = 200, body = SignedTopology), (status = 304), (status = 503, body = ErrorBody)))]
pub async fn current_topology(Extract(state): Extract<State>, headers: HeaderMap) -> Result<Response, HttpError> {
    let published = state.documents.current().ok_or_else(|| HttpError::not_ready("no topology has been signed yet"))?;
    Ok(topology(&published, &headers))
}

/// The signed topology of a recent epoch
#[utoipa::path(get, path = "/v1/topology/{epoch}", params(("epoch" = u32, Path, description = "Absolute number of the epoch")),
    responses((status = 200, body = SignedTopology), (status = 304), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn topology_of_epoch(
    Extract(state): Extract<State>,
    Path(epoch): Path<u32>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let published = state
        .documents
        .of_epoch(epoch)
        .ok_or_else(|| HttpError::not_found(format!("no topology of epoch {epoch} is kept")))?;
    Ok(topology(&published, &headers))
}

fn topology(published: &Published, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", published.tag);
    let cache = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "public, max-age=1".to_owned())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    (cache, Json(&published.signed)).into_response()
}

/// Bonded mix nodes in order of their numbers
#[utoipa::path(get, path = "/v1/nodes", params(PageQuery), responses((status = 200, body = Page<NodeView>), (status = 400, body = ErrorBody)))]
pub async fn nodes(
    Extract(state): Extract<State>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<NodeView>>, HttpError> {
    let snapshot = snapshot(&state)?;
    let after = page.after::<u32>()?.unwrap_or(0);
    let mut rest = snapshot.nodes.iter().filter(|node| node.bond_information.mix_id > after).peekable();
    let mut items = Vec::new();
    for details in rest.by_ref().take(page.limit()) {
        let score = state.store.last_score(details.bond_information.mix_id).map_err(HttpError::internal)?;
        items.push(views::node(&snapshot, details, score));
    }
    let next_page = rest.peek().and_then(|_| items.last()).map(|last| last.node_id.to_string());
    Ok(Json(Page { items, next_page }))
}

/// One mix node
#[utoipa::path(get, path = "/v1/nodes/{node_id}", params(("node_id" = u32, Path, description = "Number of the bond")),
    responses((status = 200, body = NodeView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn node(Extract(state): Extract<State>, Path(node_id): Path<u32>) -> Result<Json<NodeView>, HttpError> {
    let snapshot = snapshot(&state)?;
    let details = snapshot.nodes.iter().find(|node| node.bond_information.mix_id == node_id);
    let details = details.ok_or_else(|| HttpError::not_found(format!("no mix node {node_id} is bonded")))?;
    let score = state.store.last_score(node_id).map_err(HttpError::internal)?;
    Ok(Json(views::node(&snapshot, details, score)))
}

/// Probes that were led through a node, newest first: which of them cost which point
#[utoipa::path(get, path = "/v1/nodes/{node_id}/measurements", params(("node_id" = u32, Path, description = "Number of the bond"), PageQuery),
    responses((status = 200, body = Page<MeasurementView>), (status = 400, body = ErrorBody)))]
pub async fn measurements(
    Extract(state): Extract<State>,
    Path(node_id): Path<u32>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<MeasurementView>>, HttpError> {
    let before = page.after::<i64>()?.unwrap_or(i64::MAX);
    let limit = page.limit();
    let mut found = state.store.measurements(node_id, before, limit as u32 + 1).map_err(HttpError::internal)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next_page = found.last().filter(|_| more).map(|(id, _)| id.to_string());
    let items = found.into_iter().map(|(id, measurement)| views::measurement(id, measurement)).collect();
    Ok(Json(Page { items, next_page }))
}

/// Bonded gateways in order of their identity keys
#[utoipa::path(get, path = "/v1/gateways", params(PageQuery), responses((status = 200, body = Page<GatewayView>), (status = 400, body = ErrorBody)))]
pub async fn gateways(
    Extract(state): Extract<State>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<GatewayView>>, HttpError> {
    let snapshot = snapshot(&state)?;
    let after = page.after::<String>()?;
    let mut sorted: Vec<_> = snapshot.gateways.iter().collect();
    sorted.sort_by(|a, b| a.gateway.identity_key.cmp(&b.gateway.identity_key));
    let mut rest = sorted
        .into_iter()
        .filter(|bond| after.as_ref().is_none_or(|after| bond.gateway.identity_key > *after))
        .peekable();
    let items: Vec<_> = rest.by_ref().take(page.limit()).map(views::gateway).collect();
    let next_page = rest.peek().and_then(|_| items.last()).map(|last| last.identity.clone());
    Ok(Json(Page { items, next_page }))
}
