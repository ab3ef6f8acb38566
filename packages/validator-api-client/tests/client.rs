//! The client against a server that answers as agreed, or not.
#![allow(clippy::unwrap_used)]

use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures::TryStreamExt as _;
use nym_keys::identity;
use nym_topology::*;
use nym_validator_api_client::{fetch_topology, types::*, ApiClient, ApiError, FetchError};
use std::collections::HashMap;

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

fn gateway(identity: &str) -> GatewayView {
    let pledge = Amount { denom: "unym".into(), amount: "100".into() };
    let text = || "x".to_owned();
    GatewayView {
        identity: identity.into(),
        owner: text(),
        address: text(),
        clients_address: text(),
        location: text(),
        version: text(),
        pledge,
    }
}

#[tokio::test]
async fn every_page_is_fetched() {
    let page = |Query(query): Query<HashMap<String, String>>| async move {
        let at: u32 = query.get("page_token").map_or(0, |token| token.parse().unwrap());
        Json(Page { items: vec![gateway(&at.to_string())], next_page: (at < 4).then(|| (at + 1).to_string()) })
    };
    let url = serve(Router::new().route("/v1/gateways", get(page))).await;

    let gateways: Vec<_> = ApiClient::new(&url).unwrap().gateways().try_collect().await.unwrap();

    assert_eq!(gateways.len(), 5);
}

#[tokio::test]
async fn refusals_and_nonsense_are_told_apart() {
    let error = Json(ErrorBody { request_id: "1".into(), error_code: "gone".into(), message: "no such node".into() });
    let router = Router::new()
        .route("/v1/nodes/1", get(|| async { (StatusCode::NOT_FOUND, error) }))
        .route("/v1/nodes/2", get(|| async { "nonsense" }))
        .route("/v1/nodes/3", get(|| async { vec![b' '; 8 << 20] }));
    let api = ApiClient::new(&serve(router).await).unwrap();

    assert!(
        matches!(api.node(1).await, Err(ApiError::Refused { status: 404, message, .. }) if message == "no such node")
    );
    assert!(matches!(api.node(2).await, Err(ApiError::Malformed { .. })));
    assert!(matches!(api.node(3).await, Err(ApiError::Malformed { .. })));
    for url in ["", "ftp://example.org/", "mailto:x", "127.0.0.1:1"] {
        assert!(matches!(ApiClient::new(url), Err(ApiError::BadUrl(_))), "{url}");
    }
}

fn document(epoch: u32) -> TopologyDocument {
    TopologyDocument {
        version: 1,
        chain_id: "nym-test-1".into(),
        mixnet_contract: "n1contract".into(),
        epoch,
        height: 9,
        starts_at: 0,
        epoch_length: 60,
        parameters: Parameters { payload_size: 2048, mean_hop_delay_ms: 50, max_hop_delay_ms: 500 },
        bootstrap_seed: true,
        mix_nodes: vec![],
        gateways: vec![],
    }
}

async fn authority(word: Option<SignedDocument>) -> String {
    let answer = move || async move { word.map(Json).ok_or(StatusCode::SERVICE_UNAVAILABLE) };
    serve(Router::new().route("/v1/topology/current", get(answer))).await
}

#[tokio::test]
async fn two_of_three_authorities_make_a_topology_and_one_does_not() {
    let keys: Vec<_> = (0..3).map(|_| identity::SecretKey::generate(&mut rand::thread_rng())).collect();
    let good = document(5);
    let words = [Some(SignedDocument::sign(&good, &keys[0])), Some(SignedDocument::sign(&good, &keys[1])), None];
    let mut authorities = Vec::new();
    for (key, word) in keys.iter().zip(words) {
        authorities.push(Authority { key: key.public_key(), url: authority(word).await });
    }
    let mut network = NetworkFile {
        chain_id: "nym-test-1".into(),
        address_prefix: "n".into(),
        gas_price: "0.025".into(),
        allow_loopback: true,
        denoms: Denoms { stake: "unym".into(), fee: "unyx".into() },
        contracts: Contracts { mixnet: "n1contract".into() },
        rpc: Rpc { endpoints: vec!["http://127.0.0.1:1".into()] },
        topology: Threshold { threshold: 2 },
        authorities,
    };

    assert_eq!(fetch_topology(&network).await.unwrap(), good);

    network.authorities[1].url = authority(Some(SignedDocument::sign(&document(6), &keys[1]))).await;
    let error = fetch_topology(&network).await.unwrap_err();
    assert!(matches!(error, FetchError::NoAgreement { ref unreachable, .. } if unreachable.len() == 1), "{error}");
}
