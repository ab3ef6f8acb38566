//! Every malformed input, by name.

use std::time::Duration;

use nym_sphinx::{
    build_packet, build_packet_into, process, read_reply_header, BuildError, Destination, Hop, HopKey, HopKeys,
    PayloadSize, ProcessError, Processed, PublicKey, StaticSecret, Surb, SurbError, SurbKeys, HEADER_LEN, MAX_HOPS,
};
use rand::Rng;
use sphinx_packet::packet::builder::SphinxPacketBuilder;
use sphinx_packet::version::{
    Version, INITIAL_LEGACY_VERSION, PAYLOAD_KEYS_SEEDS_VERSION, UPDATED_LEGACY_VERSION,
    X25519_WITH_EXPLICIT_PAYLOAD_KEYS_VERSION,
};

use crate::forge;
use crate::stations::{rng, text, Stations};

/// u-coordinates of small order, as RFC 7748 and <https://cr.yp.to/ecdh.html> name them, below p.
const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The same points and others in spellings that X25519 would take as well.
const LOW_ORDER_NOT_CANONICAL: [&str; 7] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
    "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
    "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn point(hex: &str) -> [u8; 32] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn ack(stations: &Stations, seed: u64) -> Vec<u8> {
    build_packet(&stations.route, &stations.destination, PayloadSize::Ack, b"text", &mut rng(seed)).unwrap()
}

#[test]
fn a_flipped_bit_anywhere_in_the_header_dies_at_that_hop() {
    let stations = Stations::new(3, &mut rng(20));
    let mut packet = ack(&stations, 21);
    for hop in 0..3 {
        for bit in 0..HEADER_LEN * 8 {
            let mut flipped = packet.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let expected = match bit {
                255 => ProcessError::NonCanonicalAlpha,
                _ => ProcessError::BadMac,
            };
            assert_eq!(process(&stations.secret(hop), &mut flipped), Err(expected), "hop {hop}, bit {bit}");
        }
        process(&stations.secret(hop), &mut packet).unwrap();
    }
}

#[test]
fn a_refused_header_leaves_the_packet_as_it_was() {
    let stations = Stations::new(2, &mut rng(22));
    let mut packet = ack(&stations, 23);
    packet[100] ^= 1;
    let before = packet.clone();
    assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::BadMac));
    assert_eq!(packet, before);
}

#[test]
fn a_flipped_payload_bit_arrives_as_noise_and_is_refused_at_the_end() {
    let rng = &mut rng(24);
    let stations = Stations::new(3, rng);
    for size in [PayloadSize::Ack, PayloadSize::Regular] {
        for _ in 0..100 {
            let flipped_at = rng.gen_range(0..3);
            let bit = rng.gen_range(HEADER_LEN * 8..size.packet_len() * 8);
            let text = text(size.plaintext_capacity(), rng);
            let mut packet = build_packet(&stations.route, &Destination::NONE, size, &text, rng).unwrap();
            for hop in 0..3 {
                if hop == flipped_at {
                    packet[bit / 8] ^= 1 << (bit % 8);
                }
                let result = process(&stations.secret(hop), &mut packet);
                if hop < 2 {
                    assert!(matches!(result, Ok(Processed::Forward { .. })), "no hop before the last can tell");
                } else {
                    assert_eq!(result, Err(ProcessError::BadPayload), "bit {bit} flipped before hop {flipped_at}");
                }
            }
            assert!(!packet.windows(16).any(|window| text.windows(16).next() == Some(window)));
        }
    }
}

#[test]
fn truncated_and_trailing_bytes_are_refused() {
    let stations = Stations::new(1, &mut rng(25));
    for size in PayloadSize::ALL {
        let packet = build_packet(&stations.route, &Destination::NONE, size, b"", &mut rng(26)).unwrap();
        for len in [0, 1, 31, 32, HEADER_LEN - 1, HEADER_LEN, HEADER_LEN + 1, packet.len() - 1, packet.len() + 1] {
            let mut wrong = packet.clone();
            wrong.resize(len, 0);
            assert_eq!(process(&stations.secret(0), &mut wrong), Err(ProcessError::WrongLength { len }));
        }
    }
}

#[test]
fn every_other_version_of_the_reference_is_refused() {
    let stations = Stations::new(2, &mut rng(27));
    for version in [
        INITIAL_LEGACY_VERSION,
        UPDATED_LEGACY_VERSION,
        X25519_WITH_EXPLICIT_PAYLOAD_KEYS_VERSION,
        PAYLOAD_KEYS_SEEDS_VERSION,
        Version::new(261),
    ] {
        let mut packet = SphinxPacketBuilder::new()
            .with_version(version)
            .with_payload_size(PayloadSize::Regular.payload_len())
            .build_packet(
                b"text",
                &stations.reference_route(),
                &stations.reference_destination(),
                &stations.reference_delays(),
            )
            .unwrap()
            .to_bytes();
        let found = version.value().into();
        assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::WrongVersion { found }));
    }
}

#[test]
fn the_zero_byte_before_the_version_must_be_zero() {
    let stations = Stations::new(2, &mut rng(28));
    let mut packet = ack(&stations, 29);
    forge::rewrite(&stations.secret(0), &mut packet, |beta| beta[1] = 1);
    let found = (1 << 16) + 260;
    assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::WrongVersion { found }));
}

#[test]
fn an_authenticated_header_with_an_unknown_flag_is_refused() {
    let stations = Stations::new(2, &mut rng(30));
    for found in (0..=255).filter(|flag| ![1, 2].contains(flag)) {
        let mut packet = ack(&stations, 31);
        forge::rewrite(&stations.secret(0), &mut packet, |beta| beta[0] = found);
        assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::UnknownFlag { found }));
    }
}

#[test]
fn a_forwarding_hop_turned_final_finds_no_payload() {
    let stations = Stations::new(2, &mut rng(32));
    let mut packet = ack(&stations, 33);
    forge::rewrite(&stations.secret(0), &mut packet, |beta| beta[0] = 2);
    assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::BadPayload));
}

#[test]
fn group_elements_of_low_order_are_refused() {
    let stations = Stations::new(1, &mut rng(34));
    for alpha in LOW_ORDER {
        let mut packet = ack(&stations, 35);
        packet[..32].copy_from_slice(&point(alpha));
        assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::LowOrderAlpha), "{alpha}");
    }
}

#[test]
fn group_elements_that_are_not_canonical_are_refused() {
    let stations = Stations::new(1, &mut rng(36));
    let honest = ack(&stations, 37);
    let mut honest_with_top_bit: [u8; 32] = honest[..32].try_into().unwrap();
    honest_with_top_bit[31] |= 0x80;
    let p_and_above = (0xed..=0xff).map(|first| {
        let mut alpha = [0xff; 32];
        (alpha[0], alpha[31]) = (first, 0x7f);
        alpha
    });
    let all = LOW_ORDER_NOT_CANONICAL.map(point).into_iter().chain(p_and_above).chain([honest_with_top_bit]);
    for alpha in all {
        let mut packet = honest.clone();
        packet[..32].copy_from_slice(&alpha);
        assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::NonCanonicalAlpha));
        assert_eq!(HopKeys::agree(&stations.secret(0), &packet).unwrap_err(), ProcessError::NonCanonicalAlpha);
    }
}

#[test]
fn an_all_zero_shared_secret_is_refused_from_a_batch_too() {
    assert_eq!(HopKeys::from_shared_secret(&[0; 32]).unwrap_err(), ProcessError::LowOrderAlpha);
}

#[test]
fn a_packet_for_another_key_is_refused() {
    let stations = Stations::new(2, &mut rng(38));
    let mut packet = ack(&stations, 39);
    assert_eq!(process(&stations.secret(1), &mut packet), Err(ProcessError::BadMac));
}

#[test]
fn a_hop_opens_a_packet_once() {
    let stations = Stations::new(2, &mut rng(40));
    let mut packet = ack(&stations, 41);
    process(&stations.secret(0), &mut packet).unwrap();
    assert_eq!(process(&stations.secret(0), &mut packet), Err(ProcessError::BadMac));
}

#[test]
fn hop_keys_of_low_order_are_refused() {
    for key in LOW_ORDER {
        // 0 and −1 have no counterpart on the Edwards curve's usual map, but they are no keys either.
        assert_eq!(HopKey::from_bytes(&point(key)), Err(BuildError::LowOrderKey), "{key}");
    }
}

#[test]
fn hop_keys_that_are_not_canonical_are_refused() {
    for key in LOW_ORDER_NOT_CANONICAL {
        assert_eq!(HopKey::from_bytes(&point(key)), Err(BuildError::NonCanonicalKey), "{key}");
    }
    let key = PublicKey::from(point(LOW_ORDER_NOT_CANONICAL[0]));
    assert_eq!(Hop::new([0; 32], &key, Duration::ZERO), Err(BuildError::NonCanonicalKey));
}

#[test]
fn hop_keys_on_the_twist_are_refused() {
    let off_curve = (2..=255u8)
        .filter(|first| {
            let mut key = [0; 32];
            key[0] = *first;
            HopKey::from_bytes(&key) == Err(BuildError::KeyOffCurve)
        })
        .count();
    // Half of all coordinates belong to the curve, half to its twist.
    assert!((100..160).contains(&off_curve), "{off_curve}");
    let mut base = [0; 32];
    base[0] = 9;
    assert!(HopKey::from_bytes(&base).is_ok());
}

#[test]
fn routes_that_fit_no_header_are_refused() {
    let rng = &mut rng(42);
    for hops in [0, MAX_HOPS + 1] {
        let stations = Stations::new(hops, rng);
        let error = Err(BuildError::RouteLength { hops });
        assert_eq!(build_packet(&stations.route, &Destination::NONE, PayloadSize::Ack, b"", rng), error);
        assert_eq!(Surb::create(&stations.route, &stations.destination, rng).err(), error.err());
    }
}

#[test]
fn plaintexts_that_do_not_fit_are_refused() {
    let rng = &mut rng(43);
    let stations = Stations::new(2, rng);
    for size in PayloadSize::ALL {
        let capacity = size.plaintext_capacity();
        let text = vec![1; capacity + 1];
        let error = BuildError::PlaintextTooLong { len: capacity + 1, capacity };
        assert_eq!(build_packet(&stations.route, &Destination::NONE, size, &text, rng), Err(error));
        let (surb, _) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
        assert_eq!(surb.into_packet(size, &text), Err(error));
    }
}

#[test]
fn buffers_of_no_packet_size_are_refused() {
    let rng = &mut rng(44);
    let stations = Stations::new(2, rng);
    for len in [0, 412, 414, 2_048] {
        let result = build_packet_into(&mut vec![0; len], &stations.route, &Destination::NONE, b"", rng);
        assert_eq!(result, Err(BuildError::BufferLength { len }));
    }
}

#[test]
fn reply_blocks_without_an_identifier_are_refused() {
    let rng = &mut rng(45);
    let stations = Stations::new(2, rng);
    let nameless = Destination { address: [1; 32], identifier: [0; 16] };
    assert_eq!(Surb::create(&stations.route, &nameless, rng).err(), Some(BuildError::ZeroIdentifier));
}

#[test]
fn bytes_that_are_no_reply_block_are_refused() {
    let rng = &mut rng(46);
    let stations = Stations::new(2, rng);
    let (surb, keys) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
    let bytes = surb.to_bytes();
    assert_eq!(Surb::from_bytes(&bytes[..395]), Err(SurbError::WrongLength { len: 395 }));
    assert_eq!(Surb::from_bytes(&[&bytes[..], &[0]].concat()), Err(SurbError::WrongLength { len: 397 }));
    // A reply block with two seeds, as version 259 had them.
    assert_eq!(Surb::from_bytes(&[&bytes[..], &[0; 16]].concat()), Err(SurbError::WrongLength { len: 412 }));
    let mut not_canonical = bytes;
    not_canonical[31] |= 0x80;
    assert_eq!(Surb::from_bytes(&not_canonical), Err(SurbError::NonCanonicalAlpha));

    let bytes = keys.to_secret_bytes();
    for len in [0, 15, 16, 31, 33, 47, 16 + 16 * 6] {
        let mut wrong = bytes.clone();
        wrong.resize(len, 9);
        assert_eq!(SurbKeys::from_bytes(&wrong).err(), Some(SurbError::WrongKeysLength { len }));
    }
}

#[test]
fn a_reply_that_was_changed_or_is_read_with_other_keys_is_refused() {
    let rng = &mut rng(47);
    let stations = Stations::new(3, rng);
    let (surb, keys) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
    let (_, other_keys) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
    let mut packet = surb.into_packet(PayloadSize::Regular, b"reply").unwrap();
    for hop in 0..2 {
        process(&stations.secret(hop), &mut packet).unwrap();
    }
    let bad = Err(SurbError::Packet(ProcessError::BadPayload));
    assert_eq!(other_keys.recover(&mut packet.clone()), bad);
    for byte in [HEADER_LEN, HEADER_LEN + 40, packet.len() - 1] {
        let mut changed = packet.clone();
        changed[byte] ^= 1;
        assert_eq!(keys.recover(&mut changed), bad);
    }
    let mut short = packet[..packet.len() - 1].to_vec();
    let wrong_length = ProcessError::WrongLength { len: short.len() };
    assert_eq!(keys.recover(&mut short), Err(wrong_length.into()));
    assert!(keys.recover(&mut packet).is_ok());
}

#[test]
fn a_reply_is_no_message_and_a_forward_header_is_no_reply() {
    let rng = &mut rng(48);
    let stations = Stations::new(2, rng);
    let (surb, _) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
    let mut reply = surb.into_packet(PayloadSize::Regular, b"reply").unwrap();
    assert_eq!(read_reply_header(&stations.secret(0), &reply), Err(SurbError::NotFinal));
    process(&stations.secret(0), &mut reply).unwrap();
    assert_eq!(process(&stations.secret(1), &mut reply), Err(ProcessError::BadPayload));
}

#[test]
fn secrets_print_nothing_of_themselves() {
    let rng = &mut rng(49);
    let stations = Stations::new(2, rng);
    let (surb, keys) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
    let hop = HopKeys::agree(&StaticSecret::from(stations.secrets[0]), &ack(&stations, 50)).unwrap();
    assert_eq!(format!("{surb:?} {keys:?} {hop:?}"), "Surb(..) SurbKeys(..) HopKeys(..)");
}
