//! The local interface, through a real websocket, over a network in this process.

use futures::{SinkExt as _, StreamExt as _};
use nym_client::{Config, Deps, Service};
use nym_client_core::store::Store;
use nym_client_core::test_util::FakeNetwork;
use nym_client_core::topology::InjectedTopology;
use nym_client_core::{ClientKeys, RateClass};
use rand::SeedableRng as _;
use serde_json::{json, Value};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{connect_async, MaybeTlsStream, WebSocketStream};

/// A client with its interface, over a network in this process.
pub struct Running {
    service: Service,
    home: TempDir,
}

impl Running {
    pub async fn start(network: &FakeNetwork, number: u64, change: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let keys = ClientKeys::generate(&mut rand::rngs::StdRng::seed_from_u64(1_000 + number));
        let store = Store::open(&home.path().join("client.sqlite"), &keys.identity.public_key().to_string()).unwrap();
        let client = nym_client_core::Deps {
            keys,
            gateway: Some(network.gateway(number as usize)),
            store,
            topology: Arc::new(InjectedTopology::new(network.topology())),
            connector: Arc::new(network.clone()),
        };
        let mut config = Config::default();
        config.api.listen.set_port(0);
        config.traffic.rate = RateClass::Packets50;
        change(&mut config);
        let service = Service::start(config, Deps { client, home: home.path().to_owned() }).await.unwrap();
        service.client().connected().await.unwrap();
        Self { service, home }
    }

    pub fn token(&self) -> String {
        std::fs::read_to_string(self.home.path().join("api-token")).unwrap()
    }

    pub fn url(&self) -> String {
        let address = std::fs::read_to_string(self.home.path().join("api-address")).unwrap();
        format!("ws://{}/v1/ws", address.trim())
    }

    pub fn address(&self) -> String {
        self.service.client().address().to_string()
    }

    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Received messages that nobody has confirmed.
    pub fn waiting(&self) -> usize {
        self.service.client().status().load.received_messages
    }

    async fn connect(&self) -> Socket {
        let mut request = self.url().into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token()).parse().unwrap());
        let mut socket = Socket(connect_async(request).await.unwrap().0);
        assert_eq!(socket.next().await["type"], "ready");
        assert_eq!(socket.next().await, json!({"type": "connection", "state": "connected"}));
        socket
    }

    async fn refused(&self, headers: &[(&'static str, &str)]) -> StatusCode {
        let mut request = self.url().into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Err(Error::Http(response)) => response.status(),
            other => panic!("not refused: {other:?}"),
        }
    }
}

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        match self.0.next().await.unwrap().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?} is no text frame"),
        }
    }

    /// The client's status; no message may be offered before it comes.
    async fn status(&mut self) -> Value {
        self.say(json!({"type": "status"})).await;
        loop {
            let frame = self.next().await;
            assert_ne!(frame["type"], "received");
            if frame["type"] == "status" {
                return frame["status"].clone();
            }
        }
    }

    async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}

#[tokio::test]
async fn a_message_and_its_reply_cross_the_network() {
    let network = FakeNetwork::new(1, 1);
    let (alice, bob) = (Running::start(&network, 1, |_| {}).await, Running::start(&network, 2, |_| {}).await);
    let (mut from_alice, mut from_bob) = (alice.connect().await, bob.connect().await);

    let send =
        json!({"type": "send", "request_id": "a", "recipient": bob.address(), "text": "hello", "reply_surbs": 3});
    from_alice.say(send).await;
    let accepted = from_alice.next_of("accepted").await;
    assert_eq!(accepted["request_id"], "a");
    assert_eq!(from_alice.next_of("delivered").await["id"], accepted["id"]);

    let received = from_bob.next_of("received").await;
    assert_eq!((&received["id"], &received["data"]), (&accepted["id"], &json!("aGVsbG8=")));
    from_bob.say(json!({"type": "confirm", "request_id": "b", "id": received["id"]})).await;
    assert_eq!(from_bob.next_of("confirmed").await["request_id"], "b");
    from_bob.say(json!({"type": "reply", "sender_tag": received["sender_tag"], "data": "YmFjaw=="})).await;

    let reply = from_alice.next_of("received").await;
    assert_eq!((&reply["data"], &reply["reply_from"]), (&json!("YmFjaw=="), &json!(bob.address())));
    from_bob.next_of("delivered").await;
    alice.service.shutdown().await.unwrap();
    bob.service.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_message_is_offered_to_every_program_until_one_confirms_it() {
    let network = FakeNetwork::new(2, 1);
    let alice = Running::start(&network, 1, |_| {}).await;
    let mut first = alice.connect().await;
    first.say(json!({"type": "send", "recipient": alice.address(), "text": "note to myself"})).await;
    let id = first.next_of("received").await["id"].clone();
    drop(first);

    let mut second = alice.connect().await;
    assert_eq!(second.next_of("received").await["id"], id);
    second.say(json!({"type": "confirm", "id": id})).await;
    second.next_of("confirmed").await;
    second.say(json!({"type": "confirm", "id": id})).await;
    assert_eq!(second.next_of("error").await["error_code"], "unknown_message");

    let mut third = alice.connect().await;
    assert_eq!(third.status().await["received_messages"], 0);
}

#[tokio::test]
async fn a_program_that_confirms_nothing_is_offered_a_window_and_no_more() {
    let network = FakeNetwork::new(3, 0);
    let alice = Running::start(&network, 1, |_| {}).await;
    let mut socket = alice.connect().await;
    for number in 0..40 {
        socket.say(json!({"type": "send", "recipient": alice.address(), "text": number.to_string()})).await;
    }
    let mut offered = Vec::new();
    while offered.len() < 32 {
        offered.push(socket.next_of("received").await["id"].clone());
    }
    while alice.service.client().status().load.received_messages < 40 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    socket.status().await;

    socket.say(json!({"type": "confirm", "id": offered[0]})).await;
    socket.next_of("received").await;
}

#[tokio::test]
async fn binary_frames_carry_the_same() {
    let network = FakeNetwork::new(4, 1);
    let alice = Running::start(&network, 1, |_| {}).await;
    let (mut socket, _) = connect_async(format!("{}?format=binary", alice.url())).await.unwrap();
    let authenticate = json!({"type": "authenticate", "token": alice.token(), "format": "binary"});
    socket.send(Message::text(authenticate.to_string())).await.unwrap();
    let mut send = vec![1, 0, 0, 0, 9];
    send.extend_from_slice(&alice.service.client().address().to_bytes());
    send.extend_from_slice(&[0, 2]);
    send.extend_from_slice(b"bits");
    socket.send(Message::binary(send)).await.unwrap();

    let (mut accepted, mut received) = (None, None);
    while accepted.is_none() || received.is_none() {
        match socket.next().await.unwrap().unwrap() {
            Message::Binary(frame) if frame[0] == 129 => accepted = Some(frame[5..21].to_vec()),
            Message::Binary(frame) if frame[0] == 131 => received = Some(frame),
            _ => {}
        }
    }

    let received = received.unwrap();
    assert_eq!(Some(received[1..17].to_vec()), accepted);
    assert_eq!(received[25], 1, "a tag and no replier");
    assert_eq!(&received[42..], b"bits");
}

#[tokio::test]
async fn nobody_gets_in_without_the_token_and_no_page_by_surprise() {
    let network = FakeNetwork::new(5, 1);
    let allowed = "https://wallet.example";
    let alice = Running::start(&network, 1, |config| {
        config.api.allowed_origins = vec![allowed.to_owned()];
        config.api.max_connections = 2;
    })
    .await;
    let bearer = format!("Bearer {}", alice.token());

    assert_eq!(alice.refused(&[("authorization", "Bearer wrong")]).await, StatusCode::UNAUTHORIZED);
    let foreign = [("authorization", bearer.as_str()), ("origin", "https://evil.example")];
    assert_eq!(alice.refused(&foreign).await, StatusCode::FORBIDDEN);
    let rebound = [("authorization", bearer.as_str()), ("host", "evil.example:1977")];
    assert_eq!(alice.refused(&rebound).await, StatusCode::FORBIDDEN);

    let (mut socket, _) = connect_async(alice.url()).await.unwrap();
    socket.send(Message::text("{\"type\":\"status\"}")).await.unwrap();
    let mut socket = Socket(socket);
    assert_eq!(socket.next().await["error_code"], "unauthenticated");
    assert!(matches!(socket.0.next().await, Some(Ok(Message::Close(_)))));
    drop(socket);

    let _first = alice.connect().await;
    let _second = alice.connect().await;
    assert_eq!(alice.refused(&[("authorization", bearer.as_str())]).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn requests_that_cannot_be_carried_out_say_why() {
    let network = FakeNetwork::new(6, 1);
    let alice = Running::start(&network, 1, |_| {}).await;
    let elsewhere = FakeNetwork::new(7, 1);
    let stranger = Running::start(&elsewhere, 2, |_| {}).await;
    let mut socket = alice.connect().await;
    let tag = "00000000000000000000000000000000";

    for (request, code) in [
        (json!({"type": "send", "recipient": stranger.address(), "text": "x"}), "unknown_gateway"),
        (json!({"type": "reply", "sender_tag": tag, "text": "x"}), "unknown_sender"),
        (json!({"type": "confirm", "id": tag}), "unknown_message"),
        (json!({"type": "nonsense"}), "bad_request"),
        (json!({"type": "send", "recipient": alice.address(), "text": "x".repeat(10 * 1024 * 1024 + 1)}), "too_large"),
    ] {
        socket.say(request).await;
        assert_eq!(socket.next_of("error").await["error_code"], code);
    }
}

#[tokio::test]
async fn two_processes_with_the_same_keys_and_the_older_is_told() {
    let network = FakeNetwork::new(8, 1);
    let older = Running::start(&network, 1, |_| {}).await;
    let mut socket = older.connect().await;

    let newer = Running::start(&network, 1, |_| {}).await;

    assert_eq!(socket.next_of("connection").await["state"], "replaced");
    assert!(older.service.stopped().await.unwrap_err().to_string().contains("another session"));
    socket.say(json!({"type": "send", "recipient": newer.address(), "text": "x"})).await;
    assert_eq!(socket.next_of("error").await["error_code"], "replaced");
    newer.connect().await;
}
