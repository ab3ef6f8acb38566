//! Documents: one spelling, k of m signatures, routes over neighbours only.
#![allow(clippy::unwrap_used)]

use nym_keys::{identity, x25519};
use nym_topology::*;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

const CONTRACT: &str = "n14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sjyvg3g";

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn document(nodes_per_layer: u32, gateways: usize, seed: u64) -> TopologyDocument {
    let rng = &mut rng(seed);
    let mut key = || x25519::SecretKey::generate(rng).public_key();
    let keys: Vec<_> = (0..2 * (3 * nodes_per_layer as usize + gateways)).map(|_| key()).collect();
    let mut keys = keys.into_iter();
    let rng = &mut self::rng(seed ^ 1);
    let mut identity = || identity::SecretKey::generate(rng).public_key();
    let mix_nodes = (0..3 * nodes_per_layer)
        .map(|index| MixNodeEntry {
            node_id: index + 1,
            layer: Layer::new((index % 3 + 1) as u8).unwrap(),
            identity: identity(),
            sphinx_key: keys.next().unwrap(),
            link_key: keys.next().unwrap(),
            address: format!("192.0.2.{}:1789", index + 1).parse().unwrap(),
        })
        .collect();
    let gateways = (0..gateways)
        .map(|index| GatewayEntry {
            identity: identity(),
            sphinx_key: keys.next().unwrap(),
            link_key: keys.next().unwrap(),
            address: format!("198.51.100.{}:1789", index + 1).parse().unwrap(),
            clients_address: format!("198.51.100.{}:9000", index + 1).parse().unwrap(),
            payee: "n1payee".into(),
        })
        .collect();
    let mut document = TopologyDocument {
        version: 1,
        chain_id: "nym-test-1".into(),
        mixnet_contract: CONTRACT.into(),
        epoch: 7,
        height: 1234,
        starts_at: 1_700_000_000,
        epoch_length: 3600,
        parameters: Parameters { payload_size: 2048, mean_hop_delay_ms: 50, max_hop_delay_ms: 500 },
        bootstrap_seed: true,
        mix_nodes,
        gateways,
    };
    document.sort();
    document
}

fn authorities(count: u64) -> Vec<identity::SecretKey> {
    (0..count).map(|seed| identity::SecretKey::generate(&mut rng(1000 + seed))).collect()
}

fn network(keys: &[identity::SecretKey], threshold: usize) -> NetworkFile {
    NetworkFile {
        chain_id: "nym-test-1".into(),
        address_prefix: "n".into(),
        gas_price: "0.025".into(),
        allow_loopback: false,
        denoms: Denoms { stake: "unym".into(), fee: "unyx".into() },
        contracts: Contracts { mixnet: CONTRACT.into() },
        rpc: Rpc { endpoints: vec!["http://192.0.2.1:26657".into()] },
        topology: Threshold { threshold },
        authorities: keys
            .iter()
            .map(|key| Authority { key: key.public_key(), url: "http://192.0.2.1:8080".into() })
            .collect(),
    }
}

#[test]
fn a_document_signed_by_enough_authorities_is_accepted() {
    let keys = authorities(3);
    let document = document(2, 2, 1);
    let signed: Vec<_> = keys[..2].iter().map(|key| SignedDocument::sign(&document, key)).collect();
    assert_eq!(verify_threshold(&signed, &network(&keys, 2)).unwrap(), document);
}

#[test]
fn signatures_that_do_not_count_do_not_count() {
    let keys = authorities(3);
    let stranger = identity::SecretKey::generate(&mut rng(5));
    let (good, other) = (document(2, 2, 1), document(2, 2, 2));
    let one = SignedDocument::sign(&good, &keys[0]);
    let mut forged = SignedDocument::sign(&good, &stranger);
    forged.authority = keys[1].public_key();
    let mut moved = SignedDocument::sign(&other, &keys[1]);
    moved.document.clone_from(&one.document);
    for (case, second) in [
        ("the same authority twice", one.clone()),
        ("a stranger", SignedDocument::sign(&good, &stranger)),
        ("a forged signature", forged),
        ("a signature over another document", moved),
        ("another document", SignedDocument::sign(&other, &keys[1])),
    ] {
        let error = verify_threshold(&[one.clone(), second], &network(&keys, 2)).unwrap_err();
        assert_eq!(error, TopologyError::TooFewSignatures { agreeing: 1, authorities: 3, required: 2 }, "{case}");
    }
}

#[test]
fn documents_of_another_network_are_refused() {
    let keys = authorities(1);
    let mut other_chain = document(1, 1, 1);
    other_chain.chain_id = "other".into();
    let mut other_contract = document(1, 1, 1);
    other_contract.mixnet_contract = "n1other".into();
    let mut loopback = document(1, 1, 1);
    loopback.gateways[0].clients_address = "127.0.0.1:9000".parse().unwrap();
    for document in [other_chain, other_contract, loopback] {
        let signed = [SignedDocument::sign(&document, &keys[0])];
        let error = verify_threshold(&signed, &network(&keys, 1)).unwrap_err();
        assert!(matches!(error, TopologyError::OtherNetwork { .. } | TopologyError::Inconsistent { .. }), "{error}");
    }
}

#[test]
fn malformed_documents_are_refused_by_name() {
    let good = document(2, 2, 1);
    let text = String::from_utf8(good.canonical_bytes()).unwrap();
    let swapped = {
        let mut d = good.clone();
        d.mix_nodes.swap(0, 1);
        d
    };
    let twice = {
        let mut d = good.clone();
        d.mix_nodes[1].identity = d.mix_nodes[0].identity;
        d
    };
    let version = {
        let mut d = good.clone();
        d.version = 2;
        d
    };
    let gateways = {
        let mut d = good.clone();
        d.gateways.swap(0, 1);
        d
    };
    for (case, bytes) in [
        ("empty", vec![]),
        ("truncated", text.as_bytes()[..text.len() - 1].to_vec()),
        ("white space", text.replace(":7,", ": 7,").into_bytes()),
        ("unknown field", text.replacen('{', "{\"x\":1,", 1).into_bytes()),
        ("layer 4", text.replace("\"layer\":3", "\"layer\":4").into_bytes()),
        ("layer 0", text.replace("\"layer\":3", "\"layer\":0").into_bytes()),
        ("host name for an address", text.replace("192.0.2.1:", "example.org:").into_bytes()),
        ("nodes out of order", swapped.canonical_bytes()),
        ("gateways out of order", gateways.canonical_bytes()),
        ("an identity twice", twice.canonical_bytes()),
        ("version 2", version.canonical_bytes()),
        ("too large", vec![b' '; 5 << 20]),
    ] {
        assert!(TopologyDocument::from_canonical_bytes(&bytes).is_err(), "{case}");
    }
}

#[test]
fn a_route_through_an_empty_layer_is_an_error() {
    let mut document = document(1, 1, 1);
    document.mix_nodes.retain(|node| node.layer.number() != 2);
    let topology = Topology::new(document);
    let gateway = topology.document().gateways[0].identity;
    assert_eq!(topology.forward_route(&gateway, &mut rng(1)), Err(TopologyError::EmptyLayer(2)));
}

#[test]
fn every_node_of_a_layer_is_drawn_equally_often() {
    let topology = Topology::new(document(5, 1, 3));
    let gateway = topology.document().gateways[0].identity;
    let rng = &mut rng(9);
    let mut counts = std::collections::HashMap::new();
    for _ in 0..10_000 {
        let route = topology.forward_route(&gateway, rng).unwrap();
        *counts.entry(route[1].identity).or_insert(0u32) += 1;
    }
    // Chi-square with 4 degrees of freedom: 23.5 has probability 10^-4.
    let chi: f64 = counts.values().map(|seen| (f64::from(*seen) - 2000.0).powi(2) / 2000.0).sum();
    assert!(counts.len() == 5 && chi < 23.5, "chi-square {chi}");
}

#[test]
fn network_files_are_checked() {
    let keys = authorities(3);
    network(&keys, 2).check().unwrap();
    for (case, change) in [
        ("threshold 0", Box::new(|n: &mut NetworkFile| n.topology.threshold = 0) as Box<dyn Fn(&mut NetworkFile)>),
        ("threshold of a minority", Box::new(|n| n.topology.threshold = 1)),
        ("threshold above members", Box::new(|n| n.topology.threshold = 4)),
        ("two equal keys", Box::new(|n| n.authorities[1] = n.authorities[0].clone())),
        ("no endpoint", Box::new(|n| n.rpc.endpoints.clear())),
        ("negative gas price", Box::new(|n| n.gas_price = "-1".into())),
        ("gas price no number", Box::new(|n| n.gas_price = "NaN".into())),
        ("no chain id", Box::new(|n| n.chain_id.clear())),
    ] {
        let mut file = network(&keys, 2);
        change(&mut file);
        assert!(file.check().is_err(), "{case}");
    }
}

#[test]
fn a_network_file_survives_saving() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("network.toml");
    let file = network(&authorities(3), 2);
    file.save(&path).unwrap();
    assert_eq!(NetworkFile::load(&path).unwrap(), file);
    std::fs::write(&path, "chain_id = 1").unwrap();
    assert!(matches!(NetworkFile::load(&path), Err(NetworkFileError::Malformed { .. })));
}

proptest! {
    #[test]
    fn a_document_has_one_spelling(per_layer in 0u32..4, gateways in 0usize..4, seed: u64) {
        let document = document(per_layer, gateways, seed);
        let bytes = document.canonical_bytes();
        prop_assert_eq!(TopologyDocument::from_canonical_bytes(&bytes).unwrap(), document);
    }

    #[test]
    fn every_route_leads_over_neighbours(per_layer in 1u32..5, gateways in 1usize..4, seed: u64) {
        let topology = Topology::new(document(per_layer, gateways, seed));
        let rng = &mut rng(seed);
        let from = topology.document().gateways[0].identity;
        let to = topology.document().gateways[gateways - 1].identity;
        let route = topology.forward_route(&to, rng).unwrap();
        let identities: Vec<_> = std::iter::once(from).chain(route.iter().map(|hop| hop.identity)).collect();
        prop_assert!(identities.windows(2).all(|pair| topology.are_neighbours(&pair[0], &pair[1])));

        for node in &topology.document().mix_nodes {
            let route = topology.node_loop(&node.identity, rng).unwrap();
            let identities: Vec<_> = std::iter::once(node.identity).chain(route.iter().map(|hop| hop.identity)).collect();
            prop_assert!(identities.windows(2).all(|pair| topology.are_neighbours(&pair[0], &pair[1])));
            prop_assert_eq!(identities[4], node.identity);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = TopologyDocument::from_canonical_bytes(&bytes);
    }
}
