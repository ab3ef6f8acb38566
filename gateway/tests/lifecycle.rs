//! Start, stop, and what the operator sees.

use std::time::Duration;

use nym_gateway::GatewayReport;
use nym_wire::session::ErrorCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{config, person, Net, Said, TestClient, LOOPBACK};

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_with_sessions_stops_within_ten_seconds_and_tells_its_clients() {
    let net = Net::start().await;
    let mut client = TestClient::open(&net.gateways[1], &person()).await;
    // Served, not only welcome.
    assert!(client.hears_nothing().await);

    let (said, slowest) = tokio::join!(client.next(), net.stop());

    assert_eq!(said, Said::Error(ErrorCode::ShuttingDown));
    assert!(slowest < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_served_and_hold_no_client() {
    let mut config = config();
    config.admin.listen = Some(LOOPBACK);
    let net = Net::start_with(config).await;
    let bob = person();
    let _client = TestClient::open(&net.gateways[1], &bob).await;
    let admin = net.gateways[1].service.addresses().admin.unwrap();

    let mut answers = String::new();
    for path in ["/v1/stats", "/metrics", "/ready"] {
        let mut stream = TcpStream::connect(admin).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_string(&mut answers).await.unwrap();
    }

    let json = answers.split("\r\n\r\n").nth(1).unwrap().split("HTTP/1.1").next().unwrap();
    let report: GatewayReport = serde_json::from_str(json).unwrap();
    assert_eq!((report.sessions, report.clients, report.mix.position.as_deref()), (1, 1, Some("gateway")));
    assert!(answers.contains("nym_gateway_sessions 1"));
    assert!(!answers.contains(&bob.public_key().to_string()));
    net.stop().await;
}
