//! Whole clients over a whole network, in one process, with time that is moved.

use nym_client_core::store::Store;
use nym_client_core::test_util::{FakeNetwork, Faults};
use nym_client_core::topology::InjectedTopology;
use nym_client_core::{Client, ClientConfig, ClientKeys, Deps, Event, RateClass, SendOptions};
use nym_links::test_util::eventually;
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::sync::Arc;
use std::time::Duration;

async fn client(network: &FakeNetwork, number: u64) -> Client {
    let config = ClientConfig { rate: RateClass::Packets50, ..ClientConfig::default() };
    client_with(config, network, number).await
}

async fn client_with(config: ClientConfig, network: &FakeNetwork, number: u64) -> Client {
    let keys = ClientKeys::generate(&mut ChaCha20Rng::seed_from_u64(1_000 + number));
    let store = Store::in_memory(&keys.identity.public_key().to_string()).unwrap();
    let deps = Deps {
        keys,
        gateway: Some(network.gateway(number as usize)),
        store,
        topology: Arc::new(InjectedTopology::new(network.topology())),
        connector: Arc::new(network.clone()),
    };
    let client = Client::start(config, deps).await.unwrap();
    client.connected().await.unwrap();
    client
}

fn message(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

#[tokio::test]
async fn a_message_arrives_and_its_delivery_is_told() {
    let network = FakeNetwork::new(1, 1);
    let (alice, bob) = (client(&network, 1).await, client(&network, 2).await);
    let mut events = alice.events();

    let id = alice.send(bob.address(), b"hello".to_vec(), SendOptions::default()).await.unwrap();
    let received = bob.receive().recv().await.unwrap();
    bob.confirm(received.id).await.unwrap();

    assert_eq!((received.id, received.bytes.as_slice(), received.sender_tag), (id, b"hello".as_slice(), None));
    while events.recv().await.unwrap() != Event::Delivered(id) {}
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
}

#[tokio::test]
async fn messages_of_many_sizes_cross_lossy_links_once_and_whole() {
    let network = FakeNetwork::new(2, 1);
    let (alice, bob) = (client(&network, 1).await, client(&network, 2).await);
    network.set_faults(Faults { loss: 0.02, duplicate: 0.02, jitter: Duration::from_millis(5) });

    let mut expected = std::collections::BTreeMap::new();
    for (seed, size) in [0, 1, 1_482, 1_483, 1_484, 2_966, 20_000, 100_000].into_iter().enumerate() {
        let bytes = message(seed as u64, size);
        let id = alice.send(bob.address(), bytes.clone(), SendOptions::default()).await.unwrap();
        expected.insert(id, bytes);
    }
    let mut inbox = bob.receive();
    let mut received = std::collections::BTreeMap::new();
    while received.len() < expected.len() {
        let message = inbox.recv().await.unwrap();
        bob.confirm(message.id).await.unwrap();
        assert!(received.insert(message.id, message.bytes).is_none(), "a message came twice");
    }

    assert_eq!(received, expected);
    assert!(network.counters().lost > 0);
}

#[tokio::test]
async fn a_reply_returns_over_reply_blocks_larger_than_those_enclosed() {
    let network = FakeNetwork::new(3, 1);
    let (alice, bob) = (client(&network, 1).await, client(&network, 2).await);
    network.set_faults(Faults { loss: 0.01, ..Faults::default() });
    let mut events = bob.events();

    alice.send(bob.address(), b"question".to_vec(), SendOptions::with_reply_surbs(10)).await.unwrap();
    let question = bob.receive().recv().await.unwrap();
    let answer = message(9, 60_000);
    let id = bob.reply(question.sender_tag.unwrap(), answer.clone()).await.unwrap();
    let end = async {
        let received = alice.receive().recv().await.unwrap();
        assert_eq!(received.id, id);
        assert_eq!(received.bytes, answer);
        assert_eq!(received.reply_from, Some(bob.address()));
        loop {
            match events.recv().await.unwrap() {
                Event::Delivered(delivered) if delivered == id => break,
                Event::Failed(failed, reason) => panic!("{failed}: {reason}"),
                _ => {}
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(180), end).await;
    assert!(ended.is_ok(), "alice {:?}\nbob {:?}\n{:?}", alice.status(), bob.status(), network.counters());
}

#[tokio::test]
async fn a_trace_tells_the_ways_that_packets_really_took() {
    let network = FakeNetwork::new(7, 5);
    let config = ClientConfig { trace: true, quiet: true, ..ClientConfig::default() };
    let (alice, bob) = (client_with(config, &network, 1).await, client(&network, 2).await);

    // Ten reply blocks and the text are three packets; the reply is two.
    let id = alice.send(bob.address(), b"question".to_vec(), SendOptions::with_reply_surbs(10)).await.unwrap();
    let question = bob.receive().recv().await.unwrap();
    let reply = bob.reply(question.sender_tag.unwrap(), message(1, 2_000)).await.unwrap();
    let answer = alice.receive().recv().await.unwrap();

    assert_eq!(answer.id, reply);
    for (id, to, pieces) in [(id, bob.address(), 3), (reply, alice.address(), 2)] {
        let traces = alice.trace(id).await.unwrap();
        let fragments: std::collections::BTreeSet<u16> = traces.iter().map(|trace| trace.fragment).collect();
        assert_eq!(fragments, (0..pieces).collect());
        for trace in traces {
            let way: Vec<_> = trace.hops.iter().map(|hop| (hop.identity.to_bytes(), hop.delay)).collect();
            let layers: Vec<_> = trace.hops.iter().map(|hop| hop.mix_node.map(|(_, layer)| layer.number())).collect();
            assert_eq!(layers, [Some(1), Some(2), Some(3), None]);
            assert_eq!(way[3], (to.gateway().to_bytes(), Duration::ZERO));
            // One that was sent again because its acknowledgement was late may still be on its way.
            eventually(&format!("a packet goes over {way:?}"), || network.ways().contains(&way)).await;
        }
    }
    // Three packets of hers with an acknowledgement each, the reply's two, and what tells Bob that these came.
    let all = alice.traces().await.unwrap();
    assert!(all.len() >= 8, "{} ways", all.len());
    assert!(bob.traces().await.unwrap().is_empty(), "nothing is remembered unless it is asked for");
    assert!(bob.trace(id).await.unwrap().is_empty(), "nothing is remembered unless it is asked for");
    assert!(bob.trace(reply).await.unwrap().is_empty());
}
