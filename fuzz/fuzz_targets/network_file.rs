//! `network.toml`: what is accepted keeps its rules and is read back when it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_topology::NetworkFile;

fuzz_target!(|text: &str| {
    let Ok(network) = NetworkFile::parse(text, "network.toml") else { return };
    assert!(!network.rpc.endpoints.is_empty() && !network.chain_id.is_empty());
    assert!(network.authorities.is_empty() || network.topology.threshold * 2 > network.authorities.len());
    let written = toml::to_string_pretty(&network).expect("a network file can be written");
    assert_eq!(NetworkFile::parse(&written, "network.toml").expect("it was written just now"), network);
});
