//! What holds for every route, plaintext and byte string.

use std::time::Duration;

use nym_sphinx::{
    build_packet, build_packet_into, is_canonical, process, read_reply_header, Destination, HopKey, HopKeys,
    PayloadSize, Processed, Surb, SurbKeys, MAX_HOPS,
};
use proptest::prelude::*;

use crate::stations::{rng, text, Stations};

fn sizes() -> impl Strategy<Value = PayloadSize> {
    prop::sample::select(&PayloadSize::ALL[..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_built_arrives(seed: u64, hops in 1..=MAX_HOPS, size in sizes(), fill in 0.0..=1.0f64) {
        let rng = &mut rng(seed);
        let stations = Stations::new(hops, rng);
        let plaintext = text((size.plaintext_capacity() as f64 * fill) as usize, rng);
        let mut packet = build_packet(&stations.route, &stations.destination, size, &plaintext, rng).unwrap();

        for i in 0..hops - 1 {
            let forward = Processed::Forward { next: stations.route[i + 1].address, delay: stations.route[i].delay };
            prop_assert_eq!(process(&stations.secret(i), &mut packet), Ok(forward));
        }
        let Ok(Processed::Final { destination, plaintext: found }) = process(&stations.secret(hops - 1), &mut packet)
        else { return Err(TestCaseError::fail("the last hop is final")) };

        prop_assert_eq!(destination, stations.destination);
        prop_assert_eq!(&packet[found], plaintext);
    }

    #[test]
    fn a_reply_is_read_by_its_creator_and_by_nobody_on_the_way(
        seed: u64, hops in 1..=MAX_HOPS, size in sizes(), fill in 0.0..=1.0f64,
    ) {
        let rng = &mut rng(seed);
        let stations = Stations::new(hops, rng);
        let plaintext = text((size.plaintext_capacity() as f64 * fill) as usize, rng);
        let (surb, keys) = Surb::create(&stations.route, &stations.destination, rng).unwrap();
        let kept = SurbKeys::from_bytes(&keys.to_secret_bytes()).unwrap();
        prop_assert_eq!(&kept, &keys);
        let surb = Surb::from_bytes(&surb.to_bytes()).unwrap();
        prop_assert_eq!(surb.first_hop(), &stations.route[0].address);

        let mut packet = surb.into_packet(size, &plaintext).unwrap();
        for i in 0..hops - 1 {
            let forward = Processed::Forward { next: stations.route[i + 1].address, delay: stations.route[i].delay };
            prop_assert_eq!(process(&stations.secret(i), &mut packet), Ok(forward));
            if plaintext.len() > 16 {
                prop_assert!(!packet.windows(plaintext.len()).any(|window| window == plaintext));
            }
        }
        let header = read_reply_header(&stations.secret(hops - 1), &packet).unwrap();
        prop_assert_eq!(header.destination, stations.destination);
        let found = kept.recover(&mut packet).unwrap();
        prop_assert_eq!(&packet[found], plaintext);
    }

    #[test]
    fn the_same_seed_gives_the_same_packet_into_a_buffer_and_anew(seed: u64, size in sizes()) {
        let stations = Stations::new(4, &mut rng(seed));
        let route = &stations.route;
        let fresh = build_packet(route, &Destination::NONE, size, b"hello", &mut rng(!seed)).unwrap();
        let mut buffer = vec![0xa5; size.packet_len()];
        build_packet_into(&mut buffer, route, &Destination::NONE, b"hello", &mut rng(!seed)).unwrap();
        prop_assert_eq!(&buffer, &fresh);

        let other = build_packet(route, &Destination::NONE, size, b"hello", &mut rng(seed ^ 1)).unwrap();
        let equal = other.iter().zip(&fresh).filter(|(a, b)| a == b).count();
        prop_assert!(equal < size.packet_len() / 16, "{equal} bytes are equal");
    }

    #[test]
    fn tags_are_the_same_for_copies_and_differ_between_hops_and_packets(seed: u64) {
        let rng = &mut rng(seed);
        let stations = Stations::new(MAX_HOPS, rng);
        let mut tags = std::collections::HashSet::new();
        for _ in 0..2 {
            let mut packet =
                build_packet(&stations.route, &Destination::NONE, PayloadSize::Ack, b"x", rng).unwrap();
            for i in 0..MAX_HOPS {
                let tag = *HopKeys::agree(&stations.secret(i), &packet).unwrap().replay_tag();
                let mut copy = packet.clone();
                *copy.last_mut().unwrap() ^= 1;
                prop_assert_eq!(*HopKeys::agree(&stations.secret(i), &copy).unwrap().replay_tag(), tag);
                prop_assert!(tags.insert(tag));
                process(&stations.secret(i), &mut packet).unwrap();
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), seed: u64) {
        let secret = Stations::new(1, &mut rng(seed)).secret(0);
        let mut packet = bytes.clone();
        prop_assert!(process(&secret, &mut packet).is_err());
        packet.resize(PayloadSize::Ack.packet_len(), 7);
        prop_assert!(process(&secret, &mut packet).is_err());
        prop_assert!(read_reply_header(&secret, &packet).is_err());
        if let Ok(surb) = Surb::from_bytes(&bytes) {
            prop_assert_eq!(surb.to_bytes().to_vec(), bytes.clone());
        }
        if let Ok(keys) = SurbKeys::from_bytes(&bytes) {
            prop_assert_eq!(keys.to_secret_bytes(), bytes);
        }
    }

    #[test]
    fn a_key_is_accepted_in_one_spelling_only(bytes: [u8; 32]) {
        if HopKey::from_bytes(&bytes).is_ok() {
            prop_assert!(is_canonical(&bytes));
            prop_assert_eq!(*HopKey::from_bytes(&bytes).unwrap().as_bytes(), bytes);
            let mut other = bytes;
            other[31] |= 0x80;
            prop_assert!(HopKey::from_bytes(&other).is_err());
        }
    }
}

#[test]
fn a_delay_beyond_the_wires_range_is_sent_as_the_longest_there_is() {
    let rng = &mut rng(7);
    for (asked, sent) in [
        (Duration::ZERO, Duration::ZERO),
        (Duration::from_nanos(u64::MAX), Duration::from_nanos(u64::MAX)),
        (Duration::from_nanos(u64::MAX) + Duration::from_nanos(1), Duration::from_nanos(u64::MAX)),
        (Duration::MAX, Duration::from_nanos(u64::MAX)),
    ] {
        let mut stations = Stations::new(2, rng);
        stations.route[0].delay = asked;
        let mut packet = build_packet(&stations.route, &Destination::NONE, PayloadSize::Ack, b"", rng).unwrap();
        let next = stations.route[1].address;
        assert_eq!(process(&stations.secret(0), &mut packet), Ok(Processed::Forward { next, delay: sent }));
    }
}

#[test]
fn every_size_is_found_by_its_lengths_and_nothing_else_is() {
    for size in PayloadSize::ALL {
        assert_eq!(PayloadSize::from_payload_len(size.payload_len()), Some(size));
        assert_eq!(PayloadSize::from_packet_len(size.packet_len()), Some(size));
        assert_eq!(PayloadSize::from_packet_len(size.packet_len() - 1), None);
        assert_eq!(PayloadSize::from_payload_len(size.payload_len() + 1), None);
    }
    assert_eq!(PayloadSize::Regular.packet_len(), 2_396);
    assert_eq!(PayloadSize::Ack.packet_len(), 413);
    assert_eq!(PayloadSize::Regular.plaintext_capacity(), 2_031);
    assert_eq!(PayloadSize::Ack.plaintext_capacity(), 48);
    assert_eq!(nym_sphinx::SURB_LEN, 396);
}
