//! Documents of an epoch and authorities' signatures over them, as a validator API gives them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_keys::identity;
use nym_topology::{
    verify_threshold, Authority, Contracts, Denoms, NetworkFile, Position, Rpc, SignedDocument, Threshold, Topology,
    TopologyDocument, TopologyError,
};
use std::sync::LazyLock;

static AUTHORITY: LazyLock<identity::SecretKey> =
    LazyLock::new(|| identity::SecretKey::from_secret_bytes(&[7; 32]).expect("32 bytes are a key"));

fn network(chain_id: &str, contract: &str) -> NetworkFile {
    NetworkFile {
        chain_id: chain_id.to_owned(),
        address_prefix: "n".into(),
        gas_price: "0.025".into(),
        allow_loopback: false,
        denoms: Denoms { stake: "unym".into(), fee: "unyx".into() },
        contracts: Contracts { mixnet: contract.to_owned() },
        rpc: Rpc { endpoints: vec!["http://127.0.0.1:1".into()] },
        topology: Threshold { threshold: 1 },
        authorities: vec![Authority { key: AUTHORITY.public_key(), url: "http://127.0.0.1:2".into() }],
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(document) = TopologyDocument::from_canonical_bytes(data) {
        assert_eq!(document.canonical_bytes(), data, "a document has one spelling");
        let topology = Topology::new(document.clone());
        for node in &document.mix_nodes {
            assert_eq!(topology.position(&node.identity), Some(Position::Layer(node.layer)));
            assert_eq!(topology.sphinx_key(&node.identity), Some(node.sphinx_key));
        }
        for gateway in &document.gateways {
            assert_eq!(topology.position(&gateway.identity), Some(Position::Gateway));
            assert_eq!(topology.gateway(&gateway.identity), Some(gateway));
        }
        let signed = SignedDocument::sign(&document, &AUTHORITY);
        match verify_threshold(&[signed], &network(&document.chain_id, &document.mixnet_contract)) {
            Ok(accepted) => assert_eq!(accepted, document),
            Err(error) => assert!(matches!(error, TopologyError::Inconsistent { .. }), "{error}"),
        }
    }
    if let Ok(signed) = serde_json::from_slice::<SignedDocument>(data) {
        let again = serde_json::to_vec(&signed).expect("text becomes JSON");
        assert_eq!(serde_json::from_slice::<SignedDocument>(&again).expect("it was written just now"), signed);
        if let Ok(accepted) = verify_threshold(std::slice::from_ref(&signed), &network("fuzz", "n1fuzz")) {
            assert_eq!(accepted.canonical_bytes(), signed.document.as_bytes());
            assert_eq!(signed.authority, AUTHORITY.public_key());
        }
    }
});
