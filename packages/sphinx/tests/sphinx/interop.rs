//! Both ways against crate `sphinx-packet` 0.8, for every payload size and route length.

use nym_sphinx::{
    build_packet, process, read_reply_header, HopKeys, PayloadSize, Processed, StaticSecret, Surb, SurbKeys, MAX_HOPS,
    SURB_LEN,
};
use rand::{CryptoRng, RngCore};
use sphinx_packet::packet::builder::SphinxPacketBuilder;
use sphinx_packet::packet::ProcessedPacketData;
use sphinx_packet::surb::{SURBMaterial, SurbReplyRecovery, SURB};
use sphinx_packet::version::SINGLE_SEED_SURB_VERSION;
use sphinx_packet::SphinxPacket;

use crate::forge;
use crate::stations::{rng, text, Stations};

fn cases() -> impl Iterator<Item = (PayloadSize, usize)> {
    PayloadSize::ALL.into_iter().flat_map(|size| (1..=MAX_HOPS).map(move |hops| (size, hops)))
}

fn reference_packet(stations: &Stations, size: PayloadSize, secret: [u8; 32], plaintext: &[u8]) -> Vec<u8> {
    SphinxPacketBuilder::new()
        .with_version(SINGLE_SEED_SURB_VERSION)
        .with_payload_size(size.payload_len())
        .with_initial_secret(&secret.into())
        .build_packet(
            plaintext,
            &stations.reference_route(),
            &stations.reference_destination(),
            &stations.reference_delays(),
        )
        .unwrap()
        .to_bytes()
}

/// Sends a packet along the route through both implementations, which must agree on everything
/// at every hop; gives the plaintext that came out.
#[track_caller]
fn walk_both(stations: &Stations, mut packet: Vec<u8>) -> Vec<u8> {
    for (i, expected) in stations.route.iter().skip(1).enumerate() {
        let theirs = SphinxPacket::from_bytes(&packet).unwrap();
        let their_keys = theirs.header.compute_expanded_shared_secret(&stations.reference_secret(i));
        let our_keys = HopKeys::agree(&stations.secret(i), &packet).unwrap();
        assert_eq!(their_keys.replay_tag(), our_keys.replay_tag());

        let theirs = theirs.process(&stations.reference_secret(i)).unwrap();
        assert_eq!(theirs.version.value(), nym_sphinx::VERSION);
        let ProcessedPacketData::ForwardHop { next_hop_packet, next_hop_address, delay } = theirs.data else {
            panic!("hop {i} is not the last");
        };
        let ours = process(&stations.secret(i), &mut packet).unwrap();

        assert_eq!(ours, Processed::Forward { next: expected.address, delay: stations.route[i].delay });
        assert_eq!(next_hop_address.to_bytes(), expected.address);
        assert_eq!(delay.to_duration(), stations.route[i].delay);
        assert_eq!(next_hop_packet.to_bytes(), packet);
    }

    let last = stations.route.len() - 1;
    let theirs = SphinxPacket::from_bytes(&packet).unwrap().process(&stations.reference_secret(last)).unwrap();
    let ProcessedPacketData::FinalHop { destination, identifier, payload } = theirs.data else {
        panic!("hop {last} is the last");
    };
    let Processed::Final { destination: ours, plaintext } = process(&stations.secret(last), &mut packet).unwrap()
    else {
        panic!("hop {last} is the last");
    };
    assert_eq!(ours, stations.destination);
    assert_eq!((destination.as_bytes(), identifier), (ours.address, ours.identifier));
    assert_eq!(payload.recover_plaintext().unwrap(), packet[plaintext.clone()]);
    packet[plaintext].to_vec()
}

#[test]
fn both_implementations_read_our_packets_alike() {
    let rng = &mut rng(1);
    for (size, hops) in cases() {
        for len in [0, 1, size.plaintext_capacity()] {
            let stations = Stations::new(hops, rng);
            let plaintext = text(len, rng);
            let packet = build_packet(&stations.route, &stations.destination, size, &plaintext, rng).unwrap();
            assert_eq!(packet.len(), size.packet_len());
            assert_eq!(walk_both(&stations, packet), plaintext, "{size:?}, {hops} hops, {len} bytes");
        }
    }
}

#[test]
fn both_implementations_read_the_references_packets_alike() {
    let rng = &mut rng(2);
    for (size, hops) in cases() {
        let stations = Stations::new(hops, rng);
        let plaintext = text(size.plaintext_capacity(), rng);
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        let packet = reference_packet(&stations, size, secret, &plaintext);
        assert_eq!(walk_both(&stations, packet), plaintext, "{size:?}, {hops} hops");
    }
}

/// Gives out prepared bytes, as the builder draws them: the packet's secret, then the padding.
struct Script(std::collections::VecDeque<u8>);

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        rand_chacha::rand_core::impls::next_u32_via_fill(self)
    }
    fn next_u64(&mut self) -> u64 {
        rand_chacha::rand_core::impls::next_u64_via_fill(self)
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for byte in dest {
            *byte = self.0.pop_front().expect("the builder drew more than it needs");
        }
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}
impl CryptoRng for Script {}

/// The random bytes behind the destination, read at the final hop.
fn padding(stations: &Stations, mut packet: Vec<u8>) -> Vec<u8> {
    let last = stations.route.len() - 1;
    for i in 0..last {
        process(&stations.secret(i), &mut packet).unwrap();
    }
    forge::decrypt_beta(&stations.secret(last), &packet)[52..300 - 60 * last].to_vec()
}

#[test]
fn the_same_randomness_gives_the_same_packet_in_both_implementations() {
    let rng = &mut rng(3);
    for (size, hops) in cases() {
        let stations = Stations::new(hops, rng);
        let plaintext = text(40, rng);
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        let theirs = reference_packet(&stations, size, secret, &plaintext);

        let drawn = secret.into_iter().chain(padding(&stations, theirs.clone())).collect();
        let mut script = Script(drawn);
        let ours = build_packet(&stations.route, &stations.destination, size, &plaintext, &mut script).unwrap();

        assert_eq!(ours, theirs, "{size:?}, {hops} hops");
        assert!(script.0.is_empty(), "everything was drawn");
    }
}

/// Carries a reply to the last hop, through both implementations up to there.
fn carry(stations: &Stations, mut packet: Vec<u8>) -> Vec<u8> {
    for i in 0..stations.route.len() - 1 {
        let theirs = SphinxPacket::from_bytes(&packet).unwrap().process(&stations.reference_secret(i)).unwrap();
        let ProcessedPacketData::ForwardHop { next_hop_packet, .. } = theirs.data else {
            panic!("hop {i} is not the last");
        };
        assert!(matches!(process(&stations.secret(i), &mut packet), Ok(Processed::Forward { .. })));
        assert_eq!(next_hop_packet.to_bytes(), packet);
    }
    packet
}

/// Reads a reply at its last hop with both implementations and the same kept keys.
#[track_caller]
fn read_both(stations: &Stations, packet: Vec<u8>, keys: &SurbKeys, recovery: &SurbReplyRecovery) -> Vec<u8> {
    let last = stations.route.len() - 1;
    let theirs = SphinxPacket::from_bytes(&packet).unwrap().process(&stations.reference_secret(last)).unwrap();
    let ProcessedPacketData::FinalHop { identifier, payload, .. } = theirs.data else {
        panic!("hop {last} is the last");
    };
    assert_eq!(&identifier, recovery.identifier());
    let theirs = recovery.recover_plaintext(payload).unwrap();

    let mut packet = packet;
    let header = read_reply_header(&stations.secret(last), &packet).unwrap();
    assert_eq!(header.destination, stations.destination);
    assert_eq!(&header.destination.identifier, keys.identifier());
    let plaintext = keys.recover(&mut packet).unwrap();
    assert_eq!(packet[plaintext], theirs);
    theirs
}

#[test]
fn both_implementations_use_and_read_our_reply_blocks() {
    let rng = &mut rng(4);
    for (size, hops) in cases() {
        let stations = Stations::new(hops, rng);
        let plaintext = text(size.plaintext_capacity(), rng);
        let (surb, keys) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
        let recovery = SurbReplyRecovery::from_bytes(&keys.to_secret_bytes()).unwrap();

        let theirs = SURB::from_bytes(&surb.to_bytes()).unwrap();
        assert_eq!(theirs.materials_count(), 1);
        let (their_packet, first) = theirs.use_surb(&plaintext, size.payload_len()).unwrap();
        assert_eq!(&first.to_bytes(), surb.first_hop());
        let packet = surb.into_packet(size, &plaintext).unwrap();
        assert_eq!(packet, their_packet.to_bytes());

        let arrived = carry(&stations, packet);
        assert_eq!(read_both(&stations, arrived, &keys, &recovery), plaintext, "{size:?}, {hops} hops");
    }
}

#[test]
fn both_implementations_use_and_read_the_references_reply_blocks() {
    let rng = &mut rng(5);
    for (size, hops) in cases() {
        let stations = Stations::new(hops, rng);
        let plaintext = text(size.plaintext_capacity() / 2, rng);
        let material = SURBMaterial::new(
            stations.reference_route(),
            stations.reference_delays(),
            stations.reference_destination(),
            SINGLE_SEED_SURB_VERSION,
        );
        let (theirs, recovery) = material.construct_recoverable_SURB().unwrap();
        let bytes = theirs.to_bytes();
        assert_eq!(bytes.len(), SURB_LEN);
        let surb = Surb::from_bytes(&bytes).unwrap();
        assert_eq!(surb.to_bytes().as_slice(), bytes);
        let keys = SurbKeys::from_bytes(&recovery.to_bytes()).unwrap();

        let packet = surb.into_packet(size, &plaintext).unwrap();
        assert_eq!(packet, theirs.use_surb(&plaintext, size.payload_len()).unwrap().0.to_bytes());
        let arrived = carry(&stations, packet);
        assert_eq!(read_both(&stations, arrived, &keys, &recovery), plaintext, "{size:?}, {hops} hops");
    }
}

#[test]
fn a_hop_key_given_as_bytes_is_the_key_of_its_secret() {
    let stations = Stations::new(1, &mut rng(6));
    let public = x25519_dalek::PublicKey::from(&StaticSecret::from(stations.secrets[0]));
    assert_eq!(stations.route[0].key.as_bytes(), public.as_bytes());
}
