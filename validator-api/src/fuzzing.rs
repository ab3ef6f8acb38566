//! Entry points of the fuzz targets: requests from anybody, and what the monitor reads back from its database. Not
//! part of the interface.

use crate::config::HttpConfig;
use crate::contract_cache::Snapshot;
use crate::http::{self, State};
use crate::monitor::score::{self, Score};
use crate::monitor::store::{Measurement, Store};
use crate::topology::Documents;
use axum::body::{to_bytes, Body};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, Uri};
use axum::{Extension, Router};
use nym_contract_types::mixnet::{GatewayBond, MixNodeDetails};
use nym_daemon::Readiness;
use nym_validator_api_client::types::{ErrorBody, GatewayView, MeasurementView, NodeView, Page};
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// Bonded nodes of the state that is served; gateways are as many.
const NODES: u32 = 7;
/// Longest answer that is looked at.
const MAX_ANSWER: usize = 1 << 20;

/// An API over a fixed state.
pub struct Target {
    router: Router,
    store: Store,
    runtime: tokio::runtime::Runtime,
}

impl Target {
    /// An API with some measurements of its own.
    pub fn measured() -> anyhow::Result<Self> {
        let target = Self::empty()?;
        let measurement = |number: u32| Measurement {
            epoch: 1 + number / 10,
            sent_at: 1_800_000_000 + i64::from(number),
            path: [1 + number % 2, 3 + number % 2, 5 + number % 2],
            gateway: "g".into(),
            overhead_ms: (!number.is_multiple_of(3)).then_some(number),
        };
        target.store.add(&(0..30).map(measurement).collect::<Vec<_>>())?;
        let score = Score { performance: 0.5, low: 0.25, high: 0.75, probes: 30, returned: 15 };
        target.store.close_epoch(1, &[(1, score), (2, score)], 0)?;
        Ok(target)
    }

    /// An API whose database takes any value.
    pub fn empty() -> anyhow::Result<Self> {
        let store = Store::damaged()?;
        let (_, latest) = watch::channel(Some(Arc::new(snapshot()?)));
        let network = Arc::new(("nym-fuzz-1".to_owned(), "n1contract".to_owned()));
        let state = State { latest, documents: Documents::default(), store: store.clone(), network };
        let config = HttpConfig { requests_per_second: 1_000_000, burst: 1_000_000, ..HttpConfig::default() };
        let peer = ConnectInfo(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 1));
        let router = http::router(&config, state, Readiness::new()).layer(Extension(peer));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { router, store, runtime })
    }

    /// Asks for a path and query; then, if it was a page of a list, for the one after it.
    pub fn request(&self, text: &str) {
        let Ok(uri) = text.parse::<Uri>() else { return };
        let path = uri.path().to_owned();
        let Some((status, body)) = self.get(uri) else { return };
        assert!(status.as_u16() < 500 || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
        if status.is_client_error() {
            if path.starts_with("/v1/") {
                assert!(!read::<ErrorBody>(&body).message.is_empty());
            }
            return;
        }
        let part: Vec<&str> = path.split('/').collect();
        match part[..] {
            ["", "v1", "nodes"] => self.next(&path, &body, |a: &NodeView, b| a.node_id < b.node_id),
            ["", "v1", "gateways"] => self.next(&path, &body, |a: &GatewayView, b| a.identity < b.identity),
            ["", "v1", "nodes", _, "measurements"] => self.next(&path, &body, |a: &MeasurementView, b| a.id > b.id),
            _ => {}
        }
    }

    /// A page is in order, and the next one goes on where it ends.
    fn next<T: DeserializeOwned>(&self, path: &str, body: &[u8], before: impl Fn(&T, &T) -> bool) {
        let mut page = read::<Page<T>>(body);
        assert!(page.items.len() <= 100);
        if let Some(token) = page.next_page {
            let uri = format!("{path}?page_token={token}").parse().expect("tokens go into a query as they are");
            let (status, body) = self.get(uri).expect("a path that was asked for before");
            assert_eq!(status, StatusCode::OK, "a token that was given out");
            let next = read::<Page<T>>(&body);
            assert!(!next.items.is_empty(), "there is more behind a token");
            page.items.extend(next.items);
        }
        assert!(page.items.windows(2).all(|pair| before(&pair[0], &pair[1])));
    }

    fn get(&self, uri: Uri) -> Option<(StatusCode, Vec<u8>)> {
        let request = Request::builder().method(Method::GET).uri(uri).body(Body::empty()).ok()?;
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let status = answer.status();
            let body = to_bytes(answer.into_body(), MAX_ANSWER).await.map(Vec::from).unwrap_or_default();
            Some((status, body))
        })
    }

    /// Fills the database, each row with the values of its columns in their order, scores what can be read and serves it.
    /// A row whose number is taken is passed over.
    pub fn rows(&self, probes: &[Vec<Value>], scores: &[Vec<Value>]) -> Result<(), rusqlite::Error> {
        {
            let connection = self.store.lock();
            connection.execute_batch("DELETE FROM probe; DELETE FROM score;")?;
            for probe in probes {
                let mut insert =
                    connection.prepare_cached("INSERT OR IGNORE INTO probe VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?;
                insert.execute(params_from_iter(probe))?;
            }
            for score in scores {
                let mut insert =
                    connection.prepare_cached("INSERT OR IGNORE INTO score VALUES (?, ?, ?, ?, ?, ?, ?)")?;
                insert.execute(params_from_iter(score))?;
            }
        }
        for epoch in 0..3 {
            for score in score::estimate(&self.store.probes(epoch)?).values() {
                assert!((0.0..=1.0).contains(&score.performance) && score.low <= score.high);
            }
        }
        self.request("/v1/nodes");
        for node in 0..4 {
            for limit in [1, 2, 100] {
                self.request(&format!("/v1/nodes/{node}/measurements?limit={limit}"));
            }
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).expect("answers are JSON that the API's clients read")
}

fn snapshot() -> serde_json::Result<Snapshot> {
    let coin = json!({ "denom": "unym", "amount": "100000000" });
    let node = |number: u32| -> serde_json::Result<MixNodeDetails> {
        serde_json::from_value(json!({
            "bond_information": {
                "mix_id": number, "owner": "n1owner", "original_pledge": coin, "layer": null, "bonding_height": 1, "is_unbonding": false,
                "mix_node": {
                    "host": "127.0.0.1", "mix_port": 1789, "verloc_port": 0, "http_api_port": 0,
                    "sphinx_key": "s", "identity_key": format!("node{number}"), "version": "0.1.0",
                },
            },
            "rewarding_details": {
                "cost_params": { "profit_margin_percent": "0.1", "interval_operating_cost": coin },
                "operator": "100000000", "delegates": "5", "total_unit_reward": "0", "unit_delegation": "1",
                "last_rewarded_epoch": 0, "unique_delegations": 1,
            },
            "pending_changes": { "pledge_increase": "0", "delegations": "0" },
        }))
    };
    let gateway = |number: u32| -> serde_json::Result<GatewayBond> {
        serde_json::from_value(json!({
            "pledge_amount": coin, "owner": "n1owner", "block_height": 1,
            "gateway": {
                "host": "gateway.example", "mix_port": 1789, "clients_port": 9000, "location": "", "sphinx_key": "s",
                "identity_key": format!("gateway{number}"), "version": "0.1.0",
            },
        }))
    };
    Ok(Snapshot {
        height: 10,
        status: serde_json::from_value(json!({
            "epoch": 3, "state": "in_progress", "starts_at": 1_800_000_000, "ends_at": 1_800_000_060, "epoch_length": 60,
            "height": 9, "previous_height": 5, "draw": "drawn", "seed_source": "bootstrap", "reports": 0, "monitors": 0,
            "begin_without_all_reports_at": 0, "current_blocktime": 1_800_000_001, "can_begin": false,
        }))?,
        rewarded: HashMap::new(),
        nodes: (1..=NODES).map(node).collect::<Result<_, _>>()?,
        gateways: (1..=NODES).map(gateway).collect::<Result<_, _>>()?,
        monitors: serde_json::from_value(json!({ "epoch": 3, "monitors": [], "quorum": 0 }))?,
        read_at: Instant::now().checked_sub(Duration::from_secs(1)).unwrap_or_else(Instant::now),
    })
}
