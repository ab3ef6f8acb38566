//! Many messages of all sizes over lossy links: each arrives once, whole.

use futures::future::BoxFuture;
use futures::FutureExt as _;
use nym_client_core::engine::Delivery;
use nym_client_core::gateway::{
    ConnectError, FromGateway, GatewayConnector, GatewaySession, ToGateway, WebsocketConnector, FROM_GATEWAY,
    TO_GATEWAY,
};
use nym_client_core::{Client, ClientConfig, ClientKeys, Deps, RateClass, SendOptions, MAX_MESSAGE};
use nym_topology::{GatewayEntry, NetworkFile, Topology};
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The long form sends this many: `NYM_TEST_MESSAGES=1000 scripts/test -p nym-tests messages`.
const SHORT_FORM: usize = 25;
/// Share of the packets that every link loses.
const LOSS: f64 = 0.02;
/// After the last acknowledgement nothing is sent again; what is on its way by then has arrived within this.
const STRAGGLERS: Duration = Duration::from_secs(5);

/// Packets of one direction of a client's link, and how many of them were lost.
#[derive(Default)]
struct Direction {
    packets: AtomicU64,
    lost: AtomicU64,
}

impl Direction {
    fn loses(&self) -> bool {
        self.packets.fetch_add(1, Ordering::Relaxed);
        let lost = rand::thread_rng().gen_bool(LOSS);
        if lost {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        lost
    }

    fn assert_lossy(&self, name: &str) -> u64 {
        let (packets, lost) = (self.packets.load(Ordering::Relaxed), self.lost.load(Ordering::Relaxed));
        assert_near_the_share(name, lost, packets);
        lost
    }
}

/// Losses of a share of independent packets: six standard deviations are exceeded once in 10^9 tests.
fn assert_near_the_share(name: &str, lost: u64, packets: u64) {
    let (lost, packets) = (lost as f64, packets as f64);
    let (mean, deviation) = (packets * LOSS, (packets * LOSS * (1.0 - LOSS)).sqrt());
    assert!(packets >= 500.0, "{name}: {packets} packets say nothing about their losses");
    assert!((lost - mean).abs() <= 6.0 * deviation, "{name}: {lost} of {packets} lost, not {mean:.0} ± {deviation:.1}");
}

/// The client's link to its gateway, which loses packets before they are encrypted, and acknowledgements after they
/// were. What the gateway has in its inbox is no packet: it is sent until the client has confirmed it.
struct LossyConnector {
    there: Arc<Direction>,
    back: Arc<Direction>,
}

impl GatewayConnector for LossyConnector {
    fn connect<'a>(
        &'a self,
        gateway: &'a GatewayEntry,
        topology: &'a Topology,
        keys: &'a ClientKeys,
    ) -> BoxFuture<'a, Result<GatewaySession, ConnectError>> {
        async move {
            let session = WebsocketConnector::default().connect(gateway, topology, keys).await?;
            let (to_gateway, mut from_gateway) = (session.outgoing, session.incoming);
            let (outgoing, mut said) = mpsc::channel(TO_GATEWAY);
            let (heard, incoming) = mpsc::channel(FROM_GATEWAY);
            let (there, back) = (Arc::clone(&self.there), Arc::clone(&self.back));
            tokio::spawn(async move {
                while let Some(frame) = said.recv().await {
                    let lost = matches!(frame, ToGateway::Send(_)) && there.loses();
                    if !lost && to_gateway.send(frame).await.is_err() {
                        break;
                    }
                }
            });
            tokio::spawn(async move {
                while let Some(frame) = from_gateway.recv().await {
                    let lost = matches!(frame, FromGateway::Delivery(Delivery::Ack(_))) && back.loses();
                    if !lost && heard.send(frame).await.is_err() {
                        break;
                    }
                }
            });
            Ok(GatewaySession { outgoing, incoming })
        }
        .boxed()
    }
}

/// A client and what its link to the gateway has lost.
struct Lossy {
    client: Client,
    there: Arc<Direction>,
    back: Arc<Direction>,
}

async fn start(network: &NetworkFile, gateway: usize, rate: RateClass, lossy: bool) -> Lossy {
    let document = nym_validator_api_client::fetch_topology(network).await.unwrap();
    let gateway = document.gateways[gateway].identity;
    let (there, back) = (Arc::<Direction>::default(), Arc::<Direction>::default());
    let mut deps = Deps::ephemeral(network, Some(gateway)).unwrap();
    if lossy {
        deps.connector = Arc::new(LossyConnector { there: Arc::clone(&there), back: Arc::clone(&back) });
    }
    let client = Client::start(ClientConfig { rate, ..ClientConfig::default() }, deps).await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), client.connected()).await.unwrap().unwrap();
    Lossy { client, there, back }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_arrives_once_and_whole_over_links_that_lose_packets() {
    let count = std::env::var("NYM_TEST_MESSAGES").map_or(SHORT_FORM, |count| count.parse().unwrap());
    let mut network = nym_tests::start(|options| options.link_loss = LOSS).await.unwrap();
    let file = network.net().network().clone();
    let ends = [start(&file, 0, RateClass::Packets400, true).await, start(&file, 1, RateClass::Packets400, true).await];
    let [alice, bob] = [&ends[0].client, &ends[1].client];
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    // Sizes are log-uniform from 1 B to 100 KB.
    let messages: Vec<Vec<u8>> = (0..count)
        .map(|_| {
            let size = (rng.gen_range(0.0..=100_000f64.ln())).exp() as usize;
            let mut bytes = vec![0; size.clamp(1, 100_000)];
            rng.fill_bytes(&mut bytes);
            bytes
        })
        .collect();
    let mut expected: HashMap<[u8; 32], u32> = HashMap::new();
    for message in &messages {
        *expected.entry(hash(message)).or_default() += 1;
    }

    let began = Instant::now();
    let mut inbox = bob.receive();
    let receiving = async {
        let mut left = messages.len();
        let mut seen: HashMap<[u8; 32], u32> = HashMap::new();
        while left > 0 {
            let received = tokio::time::timeout(Duration::from_secs(180), inbox.recv())
                .await
                .unwrap_or_else(|_| panic!("{left} messages are missing"))
                .unwrap();
            bob.confirm(received.id).await.unwrap();
            *seen.entry(hash(&received.bytes)).or_default() += 1;
            left -= 1;
        }
        seen
    };
    let sending = async {
        for message in &messages {
            // The outbox is bounded: a full one says so and is tried again.
            while alice.send(bob.address(), message.clone(), SendOptions::default()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    };
    let (seen, ()) = tokio::join!(receiving, sending);
    let elapsed = began.elapsed();
    assert_eq!(seen, expected);

    // Alice repeats fragments whose acknowledgements were lost. Until she has nothing left to repeat, and the last
    // repetition had its time, nothing may come a second time.
    let done = async {
        nym_tests::eventually("everything is acknowledged or given up", || async {
            alice.status().load.outgoing_messages == 0
        })
        .await;
        tokio::time::sleep(STRAGGLERS).await;
    };
    tokio::select! {
        () = done => {}
        again = inbox.recv() => panic!("{} came once more", again.unwrap().id),
    }

    let mut lost = 0;
    for (name, stats) in network.all_stats().await.unwrap() {
        let injected = stats["dropped"]["injected"].as_u64().unwrap();
        // What the links lose is lost before it is sent.
        let sent = stats["sent"].as_u64().unwrap();
        assert_near_the_share(&name, injected, sent + injected);
        lost += injected;
    }
    for (who, end) in ["alice", "bob"].iter().zip(&ends) {
        lost += end.there.assert_lossy(&format!("{who} to the gateway"));
        lost += end.back.assert_lossy(&format!("the gateway to {who}"));
    }
    let bytes: usize = messages.iter().map(Vec::len).sum();
    println!(
        "{count} messages, {bytes} bytes, in {elapsed:?}, and until {:?} none twice; the links have lost {lost} packets on purpose",
        began.elapsed()
    );
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "seven thousand packets: scripts/test-long runs it"]
async fn the_largest_message_crosses_whole() {
    let mut network = nym_tests::start(|options| options.epoch_seconds = 600).await.unwrap();
    let file = network.net().network().clone();
    let [alice, bob] =
        [start(&file, 0, RateClass::Packets800, false).await, start(&file, 1, RateClass::Packets50, false).await];
    let mut message = vec![0; MAX_MESSAGE];
    ChaCha20Rng::seed_from_u64(8).fill_bytes(&mut message);
    assert_eq!(message.len(), 10 * 1024 * 1024);

    let began = Instant::now();
    alice.client.send(bob.client.address(), message.clone(), SendOptions::default()).await.unwrap();
    let received = tokio::time::timeout(Duration::from_secs(600), bob.client.receive().recv()).await;
    let received = received.expect("the message does not arrive within ten minutes").unwrap();

    assert_eq!(hash(&received.bytes), hash(&message));
    println!("{} bytes in {:?}", received.bytes.len(), began.elapsed());
    bob.client.confirm(received.id).await.unwrap();
    nym_tests::eventually("everything is acknowledged", || async { alice.client.status().load.outgoing_messages == 0 })
        .await;
    alice.client.shutdown().await.unwrap();
    bob.client.shutdown().await.unwrap();
}
