//! What nobody should send: the chain refuses it and goes on.

use crate::support::{send, Net, Wallet};
use futures::{SinkExt as _, StreamExt as _};
use nym_daemon::ByteSize;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{json, Value};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tendermint_rpc::Client as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// For what happens at once, on a machine as slow as it may be.
const PATIENCE: Duration = Duration::from_secs(60);

fn call(method: &str, params: Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into_bytes()
}

#[tokio::test]
async fn malformed_calls_are_answered_and_nothing_panics() {
    let net = Net::start().await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    let good = alice.sign(&client.account(&alice).await, vec![send(&alice, &bob, 1)], 100_000);
    let base64 = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };

    let huge = "9".repeat(400);
    for params in [
        json!({ "height": "-1" }),
        json!({ "height": "0" }),
        json!({ "height": huge }),
        json!({ "height": {} }),
        json!([[], {}]),
        json!({ "hash": "zz", "path": 5, "data": "xyz", "tx": "%%%", "query": "((((" }),
        json!({ "path": "/cosmwasm.wasm.v1.Query/SmartContractState", "data": "0aff" }),
        json!({ "path": "/cosmos.bank.v1beta1.Query/AllBalances", "data": "ffffffff" }),
        json!({ "page": "0", "per_page": "-5", "query": "tx.height>-1" }),
        json!({ "minHeight": "9223372036854775807", "maxHeight": "1" }),
        json!({ "chunk": "99" }),
    ] {
        for method in [
            "status",
            "abci_info",
            "abci_query",
            "block",
            "block_by_hash",
            "block_results",
            "block_search",
            "blockchain",
            "broadcast_tx_async",
            "broadcast_tx_sync",
            "check_tx",
            "commit",
            "consensus_params",
            "genesis_chunked",
            "header",
            "header_by_hash",
            "tx",
            "tx_search",
            "unconfirmed_txs",
            "validators",
        ] {
            let (_, answer) = client.post(call(method, params.clone())).await;
            assert!(answer["result"].is_object() || answer["error"].is_object(), "{method} {params}: {answer}");
        }
    }

    let mut runner = TestRunner::deterministic();
    let flips = (0..good.len() * 8, 0..good.len());
    for _ in 0..300 {
        let (bit, cut) = flips.new_tree(&mut runner).unwrap().current();
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        for tx in [flipped, good[..cut].to_vec()] {
            let (_, answer) = client.post(call("check_tx", json!({ "tx": base64(&tx) }))).await;
            let code = answer["result"]["code"].as_u64();
            assert!(answer["error"].is_object() || code != Some(0), "{answer}");
        }
    }
    let done = client.rpc.broadcast_tx_commit(good).await.unwrap();
    assert!(done.tx_result.code.is_ok(), "{}", done.tx_result.log);
    net.chain.shutdown().await;
}

#[tokio::test]
async fn bodies_have_a_largest_size_and_a_deepest_nesting() {
    let net = Net::with(|config| config.max_body = ByteSize::kib(10)).await;

    let (status, answer) = net.client.post(call("abci_query", json!({ "data": "a".repeat(20_000) }))).await;
    assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32600)));

    let deep = format!(r#"{{"id":1,"method":"status","params":{}1{}}}"#, "[".repeat(4_000), "]".repeat(4_000));
    let (status, answer) = net.client.post(deep.into_bytes()).await;
    assert_eq!((status, answer["error"]["code"].as_i64()), (500, Some(-32700)));
    net.chain.shutdown().await;
}

/// Whether a new connection gets an answer; one without a seat is closed.
async fn is_answered(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    serves(&mut stream).await
}

/// Whether a connection is served.
async fn serves(stream: &mut TcpStream) -> bool {
    let sent = stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut first = [0u8; 12];
    let read =
        tokio::time::timeout(PATIENCE, stream.read_exact(&mut first)).await.expect("neither answered nor closed");
    sent.is_ok() && read.is_ok() && &first == b"HTTP/1.1 200"
}

async fn a_seat_is_free_again(address: SocketAddr) {
    let began = Instant::now();
    while !is_answered(address).await {
        assert!(began.elapsed() < PATIENCE, "the seat does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_above_the_limit_is_closed_until_another_ends() {
    let net = Net::with(|config| {
        config.max_connections = 2;
        // Those that have been served stay, however slow the machine is.
        config.header_timeout = Duration::from_secs(600);
    })
    .await;
    let address = net.chain.address();
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert!(serves(&mut stream).await);
        open.push(stream);
    }

    assert!(!is_answered(address).await, "a third connection was served");

    open.pop();
    a_seat_is_free_again(address).await;
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_and_its_seat_comes_back() {
    let net = Net::with(|config| {
        config.max_connections = 2;
        config.header_timeout = Duration::from_secs(1);
    })
    .await;
    let address = net.chain.address();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /health HTTP/1.1\r\nhost:").await.unwrap();

    for stream in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the connection is never closed");
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
    a_seat_is_free_again(address).await;
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_websocket_outlives_the_time_of_a_header_and_keeps_its_seat_until_it_ends() {
    let net = Net::with(|config| {
        config.max_connections = 1;
        config.header_timeout = Duration::from_secs(2);
    })
    .await;
    let address = net.chain.address();
    let (mut socket, _) = tokio_tungstenite::connect_async(net.chain.websocket_url()).await.unwrap();

    tokio::time::sleep(Duration::from_secs(3)).await;

    assert!(!is_answered(address).await, "a websocket has no seat");
    let health = json!({ "id": 1, "method": "health" }).to_string();
    socket.send(Message::Text(health.into())).await.unwrap();
    loop {
        let received = tokio::time::timeout(PATIENCE, socket.next()).await.expect("the websocket is silent");
        if let Message::Text(text) = received.unwrap().unwrap() {
            assert!(text.contains("result"), "{text}");
            break;
        }
    }
    drop(socket);
    a_seat_is_free_again(address).await;
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_socket_has_so_many_subscriptions_and_survives_nonsense() {
    let net = Net::with(|config| config.max_subscriptions = 2).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(net.chain.websocket_url()).await.unwrap();
    let mut ask = async |text: String| -> Value {
        socket.send(Message::Text(text.into())).await.unwrap();
        loop {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    };
    let subscribe = |query: &str| {
        json!({ "jsonrpc": "2.0", "id": 7, "method": "subscribe", "params": { "query": query } }).to_string()
    };

    assert!(ask("{".to_owned()).await["error"].is_object());
    assert!(ask(subscribe("nonsense")).await["error"].is_object());
    assert!(ask(subscribe("tm.event='Tx'")).await["result"].is_object());
    assert!(ask(subscribe("tm.event='Tx'")).await["error"].is_object());
    assert!(ask(subscribe("tm.event='Tx' AND a.b='c'")).await["result"].is_object());
    let third = ask(subscribe("tm.event='Tx' AND a.b='d'")).await;
    assert!(third["error"]["data"].as_str().unwrap().contains("max_subscriptions_per_client"), "{third}");
    let health = json!({ "id": 1, "method": "health" }).to_string();
    assert!(ask(health).await["result"].is_object());
    net.chain.shutdown().await;
}
