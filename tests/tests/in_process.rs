//! The whole network as services in one process: what a test of one part starts to have the others around it.

use nym_chain_client::mixnet::MixnetQueries as _;
use nym_chain_client::ChainClient;
use nym_client_core::{Client, ClientConfig, Deps, SendOptions};
use nym_contract_types::Percent;
use nym_localnet::InProcess;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

async fn client(net: &InProcess, gateway: usize) -> Client {
    let gateway = net.gateways()[gateway].directory().current().unwrap().document().gateways[gateway].identity;
    let deps = Deps::ephemeral(net.network(), Some(gateway)).unwrap();
    let client = Client::start(ClientConfig::default(), deps).await.unwrap();
    tokio::time::timeout(PATIENCE, client.connected()).await.unwrap().unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_crosses_three_hops_and_the_reply_returns() {
    let _turn = nym_tests::turn().await;
    let dir = tempfile::tempdir().unwrap();
    let net = InProcess::start(&nym_tests::options(&dir).unwrap()).await.unwrap();
    let (alice, bob) = (client(&net, 0).await, client(&net, 1).await);

    alice.send(bob.address(), b"hello".to_vec(), SendOptions::with_reply_surbs(3)).await.unwrap();
    let hello = tokio::time::timeout(PATIENCE, bob.receive().recv()).await.unwrap().unwrap();
    bob.reply(hello.sender_tag.unwrap(), b"hello yourself".to_vec()).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, alice.receive().recv()).await.unwrap().unwrap();

    assert_eq!((hello.bytes.as_slice(), answer.bytes.as_slice()), (b"hello".as_slice(), b"hello yourself".as_slice()));
    assert_eq!((net.mix_nodes().len(), net.gateways().len(), net.apis().len()), (6, 2, 3));
    nym_tests::eventually("packets and cover go over every node", || async {
        net.mix_nodes().iter().all(|node| node.stats().forwarded > 0)
    })
    .await;
    alice.shutdown().await.unwrap();
    bob.shutdown().await.unwrap();
    net.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_report_on_chain_which_node_drops_packets() {
    let _turn = nym_tests::turn().await;
    let dir = tempfile::tempdir().unwrap();
    let mut options = nym_tests::options(&dir).unwrap();
    options.epoch_seconds = 15;
    let mut net = InProcess::start(&options).await.unwrap();
    let contract = ChainClient::of_network(net.network()).unwrap().contract(net.network().contracts.mixnet.clone());
    // The first node of a fresh network has number 1.
    net.stop_mix_node(0).await.unwrap();

    let started = Instant::now();
    let scores = loop {
        assert!(started.elapsed() < PATIENCE, "the monitors have not told the nodes apart");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut scores = Vec::new();
        for mix_id in 1..=6 {
            scores.push(contract.performance(mix_id).await.unwrap().last_known.map(|known| known.value));
        }
        let dropping = scores[0].is_some_and(|score| score < Percent::from_percentage(20).unwrap());
        if dropping && scores.iter().all(Option::is_some) {
            break scores;
        }
    };

    for (mix_id, score) in (1..).zip(scores).skip(1) {
        assert!(score > Some(Percent::from_percentage(80).unwrap()), "node {mix_id}, which works, has {score:?}");
    }
    net.shutdown().await.unwrap();
}
