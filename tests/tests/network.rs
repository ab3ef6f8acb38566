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

/// What each gateway, by its identity, has passed on for clients, acknowledged and stored.
async fn gateway_counters(network: &mut nym_tests::Network) -> BTreeMap<String, [u64; 3]> {
    let processes = network.net().state().processes.clone();
    let mut counters = BTreeMap::new();
    for (index, counter) in ["from_clients", "acks_sent", "stored"].into_iter().enumerate() {
        for (name, value) in network.counters("gateway", counter).await.unwrap() {
            let process = processes.iter().find(|process| process.name == name).unwrap();
            counters.entry(process.node.clone()).or_insert([0; 3])[index] = value;
        }
    }
    counters
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_its_anonymous_reply_cross_bonded_nodes() {
    // Nobody else says anything in this network: every packet that moves is one of these two clients.
    let mut network = nym_tests::start(|options| (options.quiet, options.epoch_seconds) = (true, 600)).await.unwrap();
    let before = network.counters("mixnode", "forwarded").await.unwrap();
    let at_gateways = gateway_counters(&mut network).await;

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

    // Each of these packets has come from a client or is what a gateway acknowledged with, and each end has stored what was for it.
    let now = gateway_counters(&mut network).await;
    let grown = |gateway: &str| -> [u64; 3] {
        std::array::from_fn(|counter| now[gateway][counter] - at_gateways[gateway][counter])
    };
    let [near_sent, near_acknowledged, near_stored] = grown(&report.from_gateway);
    let [far_sent, far_acknowledged, far_stored] = grown(&report.to_gateway);
    assert_eq!(near_sent + far_sent + near_acknowledged + far_acknowledged, all.len() as u64);
    let (message, reply) = (report.message_packets.len() as u64, report.reply_packets.len() as u64);
    assert!(near_sent >= message && far_stored >= message, "{near_sent} sent and {far_stored} stored of {message}");
    assert!(far_sent >= reply && near_stored >= reply, "{far_sent} sent and {near_stored} stored of {reply}");

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
