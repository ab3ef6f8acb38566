//! The wire format, pinned: `tests/vectors/packets.json`, written by `examples/vectors.rs`.

use nym_sphinx::{
    build_packet, process, Destination, Hop, HopKeys, PayloadSize, Processed, PublicKey, StaticSecret, Surb,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::stations::rng;

#[derive(Deserialize)]
struct File {
    packets: Vec<Packet>,
    reply_blocks: Vec<ReplyBlock>,
}

#[derive(Deserialize)]
struct Station {
    secret: String,
    address: String,
    delay_nanos: u64,
}

#[derive(Deserialize)]
struct Packet {
    made_by: String,
    seed: Option<u64>,
    payload_len: usize,
    route: Vec<Station>,
    destination: String,
    identifier: String,
    plaintext: String,
    packet: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    replay_tag: String,
    packet_sha256: Option<String>,
}

#[derive(Deserialize)]
struct ReplyBlock {
    seed: u64,
    route: Vec<Station>,
    destination: String,
    identifier: String,
    surb: String,
    keys: String,
    plaintext: String,
    reply: String,
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn route(stations: &[Station]) -> Vec<Hop> {
    let hop = |station: &Station| {
        let key = PublicKey::from(&StaticSecret::from(bytes(&station.secret)));
        Hop::new(bytes(&station.address), &key, std::time::Duration::from_nanos(station.delay_nanos)).unwrap()
    };
    stations.iter().map(hop).collect()
}

fn file() -> File {
    serde_json::from_str(include_str!("../vectors/packets.json")).unwrap()
}

#[test]
fn packets_of_the_vectors_are_built_and_walk_as_written() {
    let packets = file().packets;
    assert!(packets.iter().any(|packet| packet.made_by == "nym-sphinx"));
    assert!(packets.iter().any(|packet| packet.made_by.starts_with("sphinx-packet")));
    for vector in packets {
        let destination = Destination { address: bytes(&vector.destination), identifier: bytes(&vector.identifier) };
        let plaintext = hex::decode(&vector.plaintext).unwrap();
        let route = route(&vector.route);
        let mut packet = hex::decode(&vector.packet).unwrap();
        if let Some(seed) = vector.seed {
            let size = PayloadSize::from_payload_len(vector.payload_len).unwrap();
            let built = build_packet(&route, &destination, size, &plaintext, &mut rng(seed)).unwrap();
            assert_eq!(hex::encode(built), vector.packet);
        }

        for (i, step) in vector.steps.iter().enumerate() {
            let secret = StaticSecret::from(bytes(&vector.route[i].secret));
            let tag = *HopKeys::agree(&secret, &packet).unwrap().replay_tag();
            assert_eq!(hex::encode(tag), step.replay_tag);
            match process(&secret, &mut packet).unwrap() {
                Processed::Forward { next, delay } => {
                    assert_eq!((next, delay), (route[i + 1].address, route[i].delay));
                    assert_eq!(Some(hex::encode(Sha256::digest(&packet))), step.packet_sha256);
                }
                Processed::Final { destination: found, plaintext: range } => {
                    assert_eq!(i + 1, route.len());
                    assert_eq!(found, destination);
                    assert_eq!(packet[range], plaintext);
                }
            }
        }
    }
}

#[test]
fn reply_blocks_of_the_vectors_are_created_used_and_read_as_written() {
    for vector in file().reply_blocks {
        let destination = Destination { address: bytes(&vector.destination), identifier: bytes(&vector.identifier) };
        let (surb, keys) = Surb::create(&route(&vector.route), &destination, &mut rng(vector.seed)).unwrap();
        assert_eq!(hex::encode(surb.to_bytes()), vector.surb);
        assert_eq!(hex::encode(keys.to_secret_bytes()), vector.keys);

        let plaintext = hex::decode(&vector.plaintext).unwrap();
        let mut reply = surb.into_packet(PayloadSize::Ack, &plaintext).unwrap();
        assert_eq!(hex::encode(&reply), vector.reply);
        for station in &vector.route[..vector.route.len() - 1] {
            process(&StaticSecret::from(bytes(&station.secret)), &mut reply).unwrap();
        }
        let range = keys.recover(&mut reply).unwrap();
        assert_eq!(reply[range], plaintext);
    }
}
