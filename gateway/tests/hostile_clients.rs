//! Clients that are not as they should be.

use std::time::{Duration, Instant};

use futures::SinkExt as _;
use nym_links::test_util::{eventually, keys};
use nym_wire::session::ErrorCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{binary, config, hello, person, Net, Said, TestClient};

#[tokio::test(flavor = "multi_thread")]
async fn packets_for_other_first_hops_than_layer_one_are_refused() {
    let net = Net::start().await;
    let (alice, bob) = (person(), person());
    let mut at_alice = TestClient::open(&net.gateways[0], &alice).await;
    let message = net.message(&alice.public_key(), &bob.public_key(), 1);

    for first_hop in [&net.mix_keys[1], &net.mix_keys[2], &net.gateways[0].keys, &net.gateways[1].keys, &keys()] {
        at_alice.send(&first_hop.identity.public_key().to_bytes(), &message).await;
    }

    assert_eq!(at_alice.next().await, Said::Error(ErrorCode::BadFirstHop));
    assert!(at_alice.hears_nothing().await, "told once, not five times");
    let stats = net.gateways[0].service.stats();
    assert_eq!((stats.refused_from_clients, stats.from_clients), (5, 0));
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_more_than_agreed_is_slowed_by_refusals() {
    let mut config = config();
    config.clients.max_packets_per_second = 1;
    let net = Net::start_with(config).await;
    let bob = person();
    let before = Instant::now();
    let mut at_bob = TestClient::open(&net.gateways[1], &bob).await;
    assert_eq!(at_bob.welcome.packets_per_second, 1);
    // To nobody, so that nothing comes back but what is said of the packets.
    let message = net.message(&bob.public_key(), &person().public_key(), 1);

    for _ in 0..20 {
        at_bob.send(&net.first_hop(), &message).await;
    }

    assert_eq!(at_bob.next().await, Said::Error(ErrorCode::TooFast));
    eventually("each is decided on", || {
        let stats = net.bobs_stats();
        stats.refused_from_clients + stats.from_clients == 20
    })
    .await;
    // One at once and one for each second.
    let (let_in, most) = (net.bobs_stats().from_clients, 1 + before.elapsed().as_secs());
    assert!(let_in <= most, "{let_in} of 20 were let in, {most} is what was agreed");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_proofs_are_refused_without_an_answer() {
    let net = Net::start().await;
    let [alices, bobs] = &net.gateways;
    let address = alices.service.addresses().clients;

    // For another gateway's key: its response does not come.
    let (mut socket, _) = hello(address, &bobs.keys).await;
    assert_eq!(binary(&mut socket).await, None);

    // A proof that was made for another session, taken over byte by byte.
    let (mut first, started) = hello(address, &alices.keys).await;
    let own = alices.keys.identity.public_key();
    let (_, proof) = started.finish(&binary(&mut first).await.unwrap(), &own, &person()).unwrap();
    let (mut second, _) = hello(address, &alices.keys).await;
    binary(&mut second).await.unwrap();
    second.send(Message::binary(proof)).await.unwrap();
    assert_eq!(binary(&mut second).await, None);

    // Bytes instead of a proof.
    let (mut third, _) = hello(address, &alices.keys).await;
    binary(&mut third).await.unwrap();
    third.send(Message::binary(vec![0; 115])).await.unwrap();
    assert_eq!(binary(&mut third).await, None);

    eventually("all are counted", || alices.service.registry().render().contains("{kind=\"handshake_failed\"} 3"))
        .await;
    assert_eq!(alices.service.stats().clients, 0, "nobody became a client");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_frames_end_the_session() {
    let net = Net::start().await;
    let bob = person();
    for message in [Message::binary(vec![1; 100]), Message::text("hello"), Message::binary(vec![0; 100_000])] {
        let mut client = TestClient::open(&net.gateways[1], &bob).await;

        // The gateway may hang up before it has read the longest of them.
        let _ = client.socket.send(message).await;

        assert_eq!(client.next().await, Said::Closed);
    }
    let mut client = TestClient::open(&net.gateways[1], &bob).await;
    assert!(client.hears_nothing().await, "the next session is served as ever");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_or_too_much_before_the_handshake_is_cut() {
    let mut config = config();
    config.clients.handshake_timeout = Duration::from_secs(5);
    let idle = config.clients.idle_timeout;
    let net = Net::start_with(config).await;
    let address = net.gateways[1].service.addresses().clients;
    let (silent, started) = (TcpStream::connect(address).await.unwrap(), Instant::now());
    let (mut stuck, _) = hello(address, &net.gateways[1].keys).await;
    binary(&mut stuck).await.unwrap();
    let mut bomb = TcpStream::connect(address).await.unwrap();
    let _ = bomb.write_all(format!("GET / HTTP/1.1\r\nx: {}\r\n", "a".repeat(1 << 20)).as_bytes()).await;
    let mut noise = TcpStream::connect(address).await.unwrap();
    let _ = noise.write_all(&[0xff; 4_000]).await;

    for mut stream in [silent, bomb, noise] {
        // What comes, if anything, is an HTTP error; then the end.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    assert_eq!(binary(&mut stuck).await, None);

    assert!(started.elapsed() < idle, "cut at the handshake's deadline, not for silence in a session");
    TestClient::open(&net.gateways[1], &person()).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_cap_are_closed_and_the_others_go_on() {
    let mut config = config();
    config.clients.max_connections_per_ip = 3;
    let net = Net::start_with(config).await;
    let address = net.gateways[1].service.addresses().clients;
    let mut first = TestClient::open(&net.gateways[1], &person()).await;
    let _second = TestClient::open(&net.gateways[1], &person()).await;
    let third = TestClient::open(&net.gateways[1], &person()).await;

    let mut refused = TcpStream::connect(address).await.unwrap();
    let _ = refused.write_all(b"GET / HTTP/1.1\r\n").await;
    assert!(matches!(refused.read(&mut [0; 1]).await, Ok(0) | Err(_)));

    assert!(first.hears_nothing().await);
    drop(third);
    eventually("the session ends", || net.bobs_stats().sessions == 2).await;
    // The seat is left a moment after the session.
    TestClient::open_when_let_in(&net.gateways[1], &person()).await;
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_has_all_its_clients_says_so() {
    let mut config = config();
    config.inbox.max_clients = 1;
    let net = Net::start_with(config).await;
    let bob = person();
    drop(TestClient::open(&net.gateways[1], &bob).await);

    let (mut socket, started) = hello(net.gateways[1].service.addresses().clients, &net.gateways[1].keys).await;
    let gateway = net.gateways[1].keys.identity.public_key();
    let (mut session, proof) = started.finish(&binary(&mut socket).await.unwrap(), &gateway, &person()).unwrap();
    socket.send(Message::binary(proof)).await.unwrap();
    let refusal = session.welcome(&mut binary(&mut socket).await.unwrap()).unwrap_err();

    assert!(refusal.to_string().contains("takes no more clients"), "{refusal}");
    TestClient::open(&net.gateways[1], &bob).await;
    net.stop().await;
}
