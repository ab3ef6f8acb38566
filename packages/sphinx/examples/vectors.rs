//! Writes the test vectors to stdout: `cargo run -p nym-sphinx --example vectors > tests/vectors/packets.json`.
//!
//! Every step is computed by crate `sphinx-packet`; of this crate's own only the packets marked so.
#![allow(clippy::unwrap_used)]

#[path = "../tests/sphinx/stations.rs"]
mod stations;

use nym_sphinx::{build_packet, PayloadSize, Surb};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use sphinx_packet::packet::builder::SphinxPacketBuilder;
use sphinx_packet::packet::ProcessedPacketData;
use sphinx_packet::surb::SURB;
use sphinx_packet::SphinxPacket;
use stations::{rng, text, Stations};

fn route(stations: &Stations) -> Value {
    let hops = stations.route.iter().enumerate();
    hops.map(|(i, hop)| {
        json!({
            "secret": hex::encode(stations.secret(i).to_bytes()),
            "address": hex::encode(hop.address),
            "delay_nanos": u64::try_from(hop.delay.as_nanos()).unwrap(),
        })
    })
    .collect()
}

fn steps(stations: &Stations, packet: &[u8]) -> Vec<Value> {
    let mut packet = packet.to_vec();
    let mut steps = Vec::new();
    for i in 0..stations.route.len() {
        let sphinx = SphinxPacket::from_bytes(&packet).unwrap();
        let keys = sphinx.header.compute_expanded_shared_secret(&stations.reference_secret(i));
        let replay_tag = hex::encode(keys.replay_tag());
        let hash = match sphinx.process(&stations.reference_secret(i)).unwrap().data {
            ProcessedPacketData::ForwardHop { next_hop_packet, .. } => {
                packet = next_hop_packet.to_bytes();
                Some(hex::encode(Sha256::digest(&packet)))
            }
            ProcessedPacketData::FinalHop { .. } => None,
        };
        steps.push(json!({ "replay_tag": replay_tag, "packet_sha256": hash }));
    }
    steps
}

fn packet(made_by: &str, seed: Option<u64>, stations: &Stations, plaintext: &[u8], packet: &[u8]) -> Value {
    json!({
        "made_by": made_by,
        "seed": seed,
        "payload_len": packet.len() - nym_sphinx::HEADER_LEN,
        "route": route(stations),
        "destination": hex::encode(stations.destination.address),
        "identifier": hex::encode(stations.destination.identifier),
        "plaintext": hex::encode(plaintext),
        "packet": hex::encode(packet),
        "steps": steps(stations, packet),
    })
}

fn main() {
    let (mut packets, mut reply_blocks) = (Vec::new(), Vec::new());
    let sizes = [(PayloadSize::Ack, 1..=5), (PayloadSize::Regular, 4..=4)];
    for (seed, (size, hops)) in (1_000..).zip(sizes.into_iter().flat_map(|(size, all)| all.map(move |n| (size, n)))) {
        let stations = Stations::new(hops, &mut rng(seed));
        let plaintext = text(size.plaintext_capacity(), &mut rng(!seed));

        let ours = build_packet(&stations.route, &stations.destination, size, &plaintext, &mut rng(seed)).unwrap();
        packets.push(packet("nym-sphinx", Some(seed), &stations, &plaintext, &ours));

        let theirs = SphinxPacketBuilder::new()
            .with_payload_size(size.payload_len())
            .build_packet(
                &plaintext,
                &stations.reference_route(),
                &stations.reference_destination(),
                &stations.reference_delays(),
            )
            .unwrap()
            .to_bytes();
        packets.push(packet("sphinx-packet 0.8.0", None, &stations, &plaintext, &theirs));
    }
    for (seed, hops) in (2_000..).zip(1..=5) {
        let stations = Stations::new(hops, &mut rng(seed));
        let plaintext = text(20, &mut rng(!seed));
        let (surb, keys) = Surb::create(&stations.route, &stations.destination, &mut rng(seed)).unwrap();
        let payload_len = PayloadSize::Ack.payload_len();
        let (reply, _) = SURB::from_bytes(&surb.to_bytes()).unwrap().use_surb(&plaintext, payload_len).unwrap();
        reply_blocks.push(json!({
            "seed": seed,
            "route": route(&stations),
            "destination": hex::encode(stations.destination.address),
            "identifier": hex::encode(stations.destination.identifier),
            "surb": hex::encode(surb.to_bytes()),
            "keys": hex::encode(keys.to_secret_bytes()),
            "plaintext": hex::encode(plaintext),
            "reply": hex::encode(reply.to_bytes()),
        }));
    }
    let file = json!({
        "origin": "examples/vectors.rs: steps and replies by crate sphinx-packet 0.8.0; packets as marked; seeds are ChaCha20Rng::seed_from_u64",
        "packets": packets,
        "reply_blocks": reply_blocks,
    });
    println!("{}", serde_json::to_string_pretty(&file).unwrap());
}
