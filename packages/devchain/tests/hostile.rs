//! What nobody should send: the chain refuses it and goes on.

use crate::support::{send, Net, Wallet};
use futures::{SinkExt as _, StreamExt as _};
use nym_daemon::ByteSize;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{json, Value};
use std::time::Duration;
use tendermint_rpc::Client as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

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

#[tokio::test]
async fn a_connection_above_the_limit_waits_until_another_ends() {
    let net = Net::with(|config| config.max_connections = 2).await;
    let address = net.chain.address();
    let request = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut first = [0u8; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        open.push(stream);
    }

    let mut third = tokio::net::TcpStream::connect(address).await.unwrap();
    third.write_all(request).await.unwrap();
    let mut first = [0u8; 12];
    let early = tokio::time::timeout(Duration::from_millis(300), third.read_exact(&mut first)).await;
    assert!(early.is_err(), "a third connection was served");

    open.pop();
    tokio::time::timeout(Duration::from_secs(60), third.read_exact(&mut first)).await.unwrap().unwrap();
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
