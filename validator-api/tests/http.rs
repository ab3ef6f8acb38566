//! Every route, right and wrong requests.

use crate::chain::Network;
use nym_chain_client::mixnet::MixnetMessages as _;
use serde_json::Value;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn what_it_shows_is_what_the_contract_holds() {
    let network = Network::start().await;

    let overview = network.json("/v1/network").await;
    assert_eq!(overview["chain_id"], network.network.chain_id);
    assert_eq!(overview["mixnet_contract"], network.network.contracts.mixnet);
    assert_eq!((&overview["mix_nodes"], &overview["gateways"]), (&4.into(), &1.into()));
    assert_eq!(overview["epoch"]["epoch"], 1);
    let layers: u64 = overview["layers"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(layers, 4, "{overview}");

    let node = network.json("/v1/nodes/3").await;
    assert_eq!((&node["node_id"], &node["status"]), (&3.into(), &"active".into()));
    assert_eq!(node["pledge"]["amount"], "100000000");
    assert_eq!(node["address"], "127.0.0.1:1792");
    assert!(node["score"].is_null(), "nothing was measured: {node}");
    assert_eq!(network.json("/v1/nodes/3/measurements").await["items"], Value::Array(vec![]));
    let gateways = network.json("/v1/gateways").await;
    assert_eq!(gateways["items"][0]["clients_address"], "127.0.0.1:9000");
    assert!(gateways["next_page"].is_null());
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_join_up_to_the_whole_list() {
    let network = Network::start().await;
    for limit in [1, 2, 3, 4, 100] {
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = network.json(&format!("/v1/nodes?limit={limit}{token}")).await;
            let items = page["items"].as_array().unwrap();
            assert!(!items.is_empty() && items.len() <= limit);
            seen.extend(items.iter().map(|node| node["node_id"].as_u64().unwrap()));
            match page["next_page"].as_str() {
                Some(next) => token = format!("&page_token={next}"),
                None => break,
            }
        }
        assert_eq!(seen, [1, 2, 3, 4], "pages of {limit}");
    }
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topology_is_signed_and_its_tag_saves_a_second_reading() {
    let network = Network::start().await;

    let document = nym_validator_api_client::fetch_topology(&network.network).await.unwrap();
    assert_eq!((document.epoch, document.mix_nodes.len(), document.gateways.len()), (1, 4, 1));

    let first = network.get("/v1/topology/current").await;
    let tag = first.headers()["etag"].clone();
    let again = reqwest::Client::new().get(network.url("/v1/topology/1")).header("if-none-match", tag).send();
    assert_eq!(again.await.unwrap().status(), 304);

    let mut stranger = network.network.clone();
    stranger.authorities[0].key = nym_keys::identity::SecretKey::from_secret_bytes(&[9; 32]).unwrap().public_key();
    nym_validator_api_client::fetch_topology(&stranger).await.unwrap_err();
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_answered_with_what_is_wrong() {
    let network = Network::start().await;
    for (path, status, code) in [
        ("/v1/nodes/99", 404, "not_found"),
        ("/v1/topology/7", 404, "not_found"),
        ("/v1/nothing", 404, "not_found"),
        ("/v1/nodes?page_token=x", 400, "bad_request"),
        ("/v1/nodes/1/measurements?page_token=x", 400, "bad_request"),
        ("/v1/nodes?limit=x", 400, "bad_request"),
        ("/v1/nodes?limit=-1", 400, "bad_request"),
        ("/v1/gateways?limit=1&limit=2", 400, "bad_request"),
        ("/v1/nodes/x", 400, "bad_request"),
        ("/v1/nodes/-1", 400, "bad_request"),
        ("/v1/nodes/99999999999", 400, "bad_request"),
        ("/v1/nodes/%ff", 400, "bad_request"),
        ("/v1/topology/x", 400, "bad_request"),
    ] {
        let response = network.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error_code"], code, "{path}");
        assert!(!body["message"].as_str().unwrap().is_empty() && body["request_id"].is_string());
    }
    for path in ["/v1/network", "/healthy", "/ready"] {
        let method = reqwest::Client::new().post(network.url(path)).send().await.unwrap();
        assert_eq!(method.status(), 405, "{path}");
        assert_eq!(method.json::<Value>().await.unwrap()["error_code"], "method_not_allowed", "{path}");
    }
    let large = reqwest::Client::new().post(network.url("/v1/network")).body(vec![0; 1 << 20]).send().await;
    assert!(large.is_err() || [405, 413].contains(&large.unwrap().status().as_u16()));
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_its_burst_and_then_its_rate() {
    let network = Network::with(|config| {
        config.http.burst = 20;
        config.http.requests_per_second = 1;
    })
    .await;

    let began = Instant::now();
    let (mut answered, mut refused) = (0, 0);
    // A slow machine needs more than forty requests to be too fast.
    while answered + refused < 40 || refused == 0 {
        assert!(began.elapsed() < Duration::from_secs(120), "nothing is refused of {answered} requests");
        let response = network.get("/v1/network").await;
        if response.status() == 429 {
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error_code"], "too_many_requests");
            refused += 1;
        } else {
            assert_eq!(response.status(), 200);
            answered += 1;
        }
        let most = 20 + began.elapsed().as_secs();
        assert!(answered <= most, "{answered} were answered, {most} is what is allowed");
    }
    assert!(answered >= 20, "{refused} were refused, {answered} answered");
    assert_eq!(network.get("/healthy").await.status(), 200, "health is asked by supervisors, without a limit");
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_on_the_chain_are_shown_at_one_height() {
    let network = Network::start().await;
    let account = network.client.account(network.owner.clone());
    let contract = network.client.contract(network.network.contracts.mixnet.clone());

    let tx = contract.delegate(2, cosmwasm_std::coin(5_000_000, "unym")).unwrap();
    let sent = account.send(&tx).await.unwrap().into_result().unwrap();

    let started = Instant::now();
    while network.json("/v1/network").await["height"].as_u64().unwrap() < sent.height {
        assert!(started.elapsed() < Duration::from_secs(60), "the cache does not move on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    network.stop().await;
}
