//! Sealed payloads over real Sphinx packets: forward, acknowledgement, reply; what is altered is opened by nobody.

use super::support::{flipped, node, other_lengths, rng};
use nym_keys::{x25519, ClientAddress};
use nym_sphinx::{build_packet, read_reply_header, Destination, Hop, PayloadSize, Processed, StaticSecret, Surb};
use nym_wire::bytes::ParseError;
use nym_wire::fragment::{Fragment, Route};
use nym_wire::ids::MessageId;
use nym_wire::message::Kind;
use nym_wire::payload::{ack_plaintext, forward_plaintext, open, read_ack, seal, ForwardPlaintext, PayloadError};
use nym_wire::sizes::{ACK_PACKET, PACKET, PLAINTEXT, SEALED};
use std::time::Duration;

fn fragment() -> Fragment {
    Fragment::cut(MessageId::from_bytes([1; 16]), 0, Kind::Message, b"hello", Route::Forward).unwrap()
}

fn secrets(hops: u8) -> Vec<StaticSecret> {
    (1..=hops).map(|hop| StaticSecret::from([hop; 32])).collect()
}

fn route(secrets: &[StaticSecret]) -> Vec<Hop> {
    let hop = |(index, secret): (usize, &StaticSecret)| {
        Hop::new([index as u8 + 1; 32], &nym_sphinx::PublicKey::from(secret), Duration::from_millis(50)).unwrap()
    };
    secrets.iter().enumerate().map(hop).collect()
}

/// Runs a packet through its hops; what the last one reads.
fn arrive(mut packet: Vec<u8>, secrets: &[StaticSecret]) -> Vec<u8> {
    for secret in secrets {
        if let Processed::Final { plaintext, destination } = nym_sphinx::process(secret, &mut packet).unwrap() {
            assert_eq!(destination, Destination::NONE);
            return packet[plaintext].to_vec();
        }
    }
    panic!("the packet did not end")
}

#[test]
fn a_message_and_its_acknowledgement_arrive_over_four_hops() {
    let (sender, recipient, gateway) = (node(1), node(2), node(3));
    let address =
        ClientAddress::new(recipient.identity.public_key(), recipient.link.public_key(), gateway.identity.public_key());
    let rng = &mut rng(1);
    let hops = secrets(4);

    let ack = ack_plaintext(&sender.identity.public_key(), &[6; 16]);
    let ack = build_packet(&route(&hops), &Destination::NONE, PayloadSize::Ack, &ack, rng).unwrap();
    assert_eq!(ack.len(), ACK_PACKET);
    let plaintext = forward_plaintext(&address, &[1; 32], &ack, &fragment(), rng).unwrap();
    assert_eq!(plaintext.len(), PLAINTEXT);
    let packet = build_packet(&route(&hops), &Destination::NONE, PayloadSize::Regular, &plaintext, rng).unwrap();
    assert_eq!(packet.len(), PACKET);

    let arrived = arrive(packet, &hops);
    let read = ForwardPlaintext::parse(&arrived).unwrap();
    assert_eq!(read.recipient, address.identity().as_bytes());
    assert_eq!(read.ack_first_hop, &[1; 32]);
    assert_eq!(open(&recipient.link, read.sealed), Ok(fragment()));

    let ack = arrive(read.ack_packet.to_vec(), &hops);
    assert_eq!(read_ack(&ack), Ok((sender.identity.public_key().as_bytes(), &[6; 16])));
}

#[test]
fn a_reply_arrives_over_a_reply_block_as_a_bare_fragment() {
    let rng = &mut rng(2);
    let hops = secrets(5);
    let named = Destination { identifier: [3; 16], ..Destination::NONE };
    let (surb, keys) = Surb::create(&route(&hops), &named, rng).unwrap();

    let reply = fragment().to_bytes(Route::Reply);
    let mut packet = surb.into_packet(PayloadSize::Regular, &reply).unwrap();
    for secret in &hops[..4] {
        assert!(matches!(nym_sphinx::process(secret, &mut packet).unwrap(), Processed::Forward { .. }));
    }
    assert_eq!(read_reply_header(&hops[4], &packet).unwrap().destination, named);
    let mut altered = packet.clone();
    let plaintext = keys.recover(&mut packet).unwrap();
    assert_eq!(Fragment::from_bytes(&packet[plaintext], Route::Reply), Ok(fragment()));

    altered[1_000] ^= 1;
    assert!(keys.recover(&mut altered).is_err(), "a flipped bit is garbage for the creator");
}

#[test]
fn every_flipped_bit_and_every_other_length_of_a_sealed_payload_is_refused() {
    let secret = x25519::SecretKey::generate(&mut rng(3));
    let sealed = seal(&secret.public_key(), &fragment(), &mut rng(4)).unwrap();

    assert_eq!(sealed.len(), SEALED);
    for (position, altered) in flipped(&sealed) {
        assert!(open(&secret, &altered).is_err(), "byte {position}");
    }
    for other in other_lengths(&sealed) {
        assert!(matches!(open(&secret, &other), Err(PayloadError::Malformed(ParseError::WrongLength { .. }))));
    }
}

#[test]
fn another_key_opens_nothing() {
    let (secret, other) = (x25519::SecretKey::generate(&mut rng(5)), x25519::SecretKey::generate(&mut rng(6)));
    let sealed = seal(&secret.public_key(), &fragment(), &mut rng(7)).unwrap();

    assert_eq!(open(&other, &sealed), Err(PayloadError::Forged));
}

#[test]
fn two_copies_of_a_fragment_have_nothing_in_common() {
    let recipient = x25519::SecretKey::generate(&mut rng(8)).public_key();
    let rng = &mut rng(9);
    let (one, two) = (seal(&recipient, &fragment(), rng).unwrap(), seal(&recipient, &fragment(), rng).unwrap());

    let same = one.iter().zip(&two).filter(|(a, b)| a == b).count();
    assert!(same < 40, "{same} of {SEALED} bytes are the same; about six by chance");
}

/// RFC 7748, section 6.1 and the list that implementations test with: points of order 1, 2, 4 and 8, canonical.
pub const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The same points and others in a second spelling: p, p + 1, and a set top bit.
pub const NOT_CANONICAL: [&str; 4] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0900000000000000000000000000000000000000000000000000000000000080",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn ephemeral_keys_of_small_order_or_in_a_second_spelling_are_refused() {
    let secret = x25519::SecretKey::generate(&mut rng(10));
    let sealed = seal(&secret.public_key(), &fragment(), &mut rng(11)).unwrap();

    for key in LOW_ORDER.iter().chain(&NOT_CANONICAL) {
        let altered = [hex::decode(key).unwrap(), sealed[32..].to_vec()].concat();
        assert!(matches!(open(&secret, &altered), Err(PayloadError::Key(_))), "{key}");
    }
}

#[test]
fn nothing_is_sealed_for_a_key_of_small_order() {
    for key in LOW_ORDER {
        let key = x25519::PublicKey::from_bytes(&hex::decode(key).unwrap()).unwrap();
        assert!(matches!(seal(&key, &fragment(), &mut rng(12)), Err(PayloadError::Key(_))));
    }
}

#[test]
fn plaintexts_of_other_lengths_are_refused() {
    for length in [0, 48, PLAINTEXT - 1, PLAINTEXT + 1] {
        assert!(ForwardPlaintext::parse(&vec![0; length]).is_err(), "{length}");
    }
    for length in [0, 47, 49, PLAINTEXT] {
        assert!(read_ack(&vec![0; length]).is_err(), "{length}");
    }
    let address =
        ClientAddress::new(node(1).identity.public_key(), node(1).link.public_key(), node(2).identity.public_key());
    for length in [0, ACK_PACKET - 1, ACK_PACKET + 1, PACKET] {
        let ack = vec![0; length];
        assert!(forward_plaintext(&address, &[1; 32], &ack, &fragment(), &mut rng(1)).is_err(), "{length}");
    }
}
