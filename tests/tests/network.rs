//! The path of the README's first command, and what happens to it when parts fail.

use nym_localnet::{ping, quiet_ping, PacketWay, State};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How many of the packets went over each mix node, by the number of its bond.
fn packets_by_node<'a>(ways: impl IntoIterator<Item = &'a PacketWay>) -> BTreeMap<String, u64> {
    let mut packets = BTreeMap::new();
    for hop in ways.into_iter().flat_map(|way| &way.hops) {
        if let Some(node) = hop.mix_id {
            *packets.entry(node.to_string()).or_default() += 1;
        }
    }
    packets
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_its_anonymous_reply_cross_bonded_nodes() {
    // Nobody else says anything in this network: every packet that moves is one of these two clients.
    let mut network = nym_tests::start(|options| (options.quiet, options.epoch_seconds) = (true, 600)).await.unwrap();
    let before = network.counters("mixnode", "forwarded").await.unwrap();

    let (report, all) = quiet_ping(network.net().network(), &|line| println!("{line}")).await.unwrap();

    assert_ne!(report.from_gateway, report.to_gateway);
    // Three mix nodes and the gateway of whom each packet is for.
    for (ways, gateway) in
        [(&report.message_packets, &report.to_gateway), (&report.reply_packets, &report.from_gateway)]
    {
        assert!(!ways.is_empty());
        for way in ways {
            let layers: Vec<_> = way.hops.iter().map(|hop| hop.layer).collect();
            assert_eq!(layers, [Some(1), Some(2), Some(3), None]);
            assert_eq!(&way.hops[3].identity, gateway);
        }
    }
    // Each node has forwarded what it was on the way of, those on the printed path that many, and nothing else.
    let printed = packets_by_node(report.message_packets.iter().chain(&report.reply_packets));
    let expected = packets_by_node(&all);
    let nodes: BTreeMap<String, String> =
        network.net().state().processes.iter().map(|process| (process.name.clone(), process.node.clone())).collect();
    assert_eq!(before.len(), 6);
    let known: BTreeSet<_> = before.iter().map(|(name, _)| &nodes[name]).collect();
    assert!(printed.keys().all(|node| known.contains(node)), "{printed:?} of {known:?}");
    let mut rose = BTreeMap::new();
    for patience in (0..600).rev() {
        let after = network.counters("mixnode", "forwarded").await.unwrap();
        let grown = before.iter().zip(&after).map(|((name, before), (_, after))| (nodes[name].clone(), after - before));
        rose = grown.filter(|(_, packets)| *packets > 0).collect();
        // The last acknowledgement may still be on its way; one packet too many is never right.
        if rose == expected || patience == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(rose, expected, "packets that each mix node has forwarded, and the ways that the clients chose");
    for (node, packets) in printed {
        assert!(
            rose[&node] >= packets,
            "node {node} was on the way of {packets} packets and forwarded {}",
            rose[&node]
        );
    }
    // And nothing follows.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = network.counters("mixnode", "forwarded").await.unwrap();
    let total = |counters: &[(String, u64)]| counters.iter().map(|(_, packets)| packets).sum::<u64>();
    assert_eq!(total(&after) - total(&before), expected.values().sum::<u64>());

    let processes = network.net().state().processes.clone();
    let stopping = Instant::now();
    network.net.take().unwrap().down();
    assert!(stopping.elapsed() < Duration::from_secs(10), "stopping took {:?}", stopping.elapsed());
    for process in &processes {
        assert!(!State::is_running(process), "{} is still running", process.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_advance_and_messages_arrive_although_an_operator_is_killed() {
    let mut network = nym_tests::start(|options| options.epoch_seconds = 12).await.unwrap();
    network.net().process("api-1").unwrap().kill().unwrap();
    let file = network.net().network().clone();

    let started = Instant::now();
    let epoch = loop {
        assert!(started.elapsed() < Duration::from_secs(180), "no epoch is ended");
        match nym_validator_api_client::fetch_topology(&file).await {
            Ok(document) if document.epoch >= 3 => break document.epoch,
            _ => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    };

    let report = ping(&file, &|line| println!("{line}")).await.unwrap();
    assert!(report.epoch >= epoch);
}
