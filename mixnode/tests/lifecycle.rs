//! Start, stop, and what the operator sees.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nym_daemon::exit::Failure;
use nym_links::source::InjectedSource;
use nym_links::test_util::{eventually, keys, network};
use nym_links::StatsReport;
use nym_mixnode::{Deps, Service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{config, Net, LOOPBACK};

async fn get(address: std::net::SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_statistics_and_metrics_are_served() {
    let mut config = config();
    config.admin.listen = Some(LOOPBACK);
    let net = Net::start_with(config).await;
    let admin = net.nodes[1].addresses().admin.unwrap();
    net.enter().await.send(&[net.packet(Duration::ZERO, b"x")]).await;
    net.next().await;
    // A packet is counted when it is queued, which its arrival may overtake.
    eventually("the packet is counted", || net.nodes[1].stats().forwarded == 1).await;

    let (_, stats) = get(admin, "/v1/stats").await;
    let stats: StatsReport = serde_json::from_str(&stats).unwrap();
    assert_eq!((stats.forwarded, stats.epoch, stats.position.as_deref()), (1, Some(1), Some("layer 2")));
    assert!(get(admin, "/healthy").await.0.starts_with("HTTP/1.1 200"));
    assert!(get(admin, "/ready").await.0.starts_with("HTTP/1.1 200"));
    let (_, metrics) = get(admin, "/metrics").await;
    assert!(metrics.contains("nym_mixnode_packets_forwarded_total 1"), "{metrics}");
    net.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_three_lines() {
    let taken = std::net::TcpListener::bind(LOOPBACK).unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.mixnet.listen = address;
    let (_sender, source) = InjectedSource::new(None);
    let deps = Deps { keys: keys(), network: network(), topology: Arc::new(source), home: folder.path().into() };

    let error = Service::start(config, deps).await.err().unwrap();

    let text = Failure::explained(&error).to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], format!("error: could not listen on {address} for other nodes"));
    assert!(lines[1].starts_with("  cause: Address already in use"), "{text}");
    assert_eq!(lines[2], "  help:  stop the process that uses the port, or set mixnet.listen to another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_node_stops_within_ten_seconds() {
    let mut net = Net::start().await;
    let mut peer = net.enter().await;
    let packets: Vec<_> = (0..100).map(|_| net.packet(Duration::from_secs(4), b"waits")).collect();
    peer.send(&packets).await;
    eventually("packets wait", || net.nodes[0].stats().delayed > 0).await;

    let loaded = net.nodes.remove(0);
    let stopping = Instant::now();
    loaded.shutdown().await.unwrap();

    assert!(stopping.elapsed() < Duration::from_secs(10));
    net.stop().await;
}
