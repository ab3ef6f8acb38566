//! Links between nodes.

use nym_wire::link::{
    Hello, Link, LinkError, LinkFrame, LinkInitiator, LinkResponder, Peer, Unconfirmed, CONFIRM_LENGTH, HELLO_LENGTH,
    RESPONSE_LENGTH,
};
use nym_wire::noise::{CipherError, HandshakeError, Network, MAX_MESSAGE, PERIOD_NONE, REKEY_AFTER};
use nym_wire::sizes::{ACK_PACKET, PACKET};

use crate::support::{flipped, network, node, other_lengths, rng, Node};

fn peer(node: &Node) -> Peer {
    Peer { identity: node.identity.public_key(), link_key: node.link.public_key() }
}

fn dial(from: &Node, to: &Node) -> (LinkInitiator, Vec<u8>) {
    let own = from.identity.public_key();
    LinkInitiator::start(&network(), &own, &from.link, peer(to), PERIOD_NONE, &mut rng(3)).unwrap()
}

fn answer(network: &Network, node: &Node, hello: &[u8]) -> Result<(Unconfirmed, Vec<u8>), HandshakeError> {
    let hello = Hello::parse(hello)?;
    LinkResponder::respond(network, &node.identity.public_key(), &node.link, &hello, |_| true, &mut rng(4))
}

fn link(from: &Node, to: &Node) -> (Link, Link) {
    let (initiator, hello) = dial(from, to);
    let (unconfirmed, response) = answer(&network(), to, &hello).unwrap();
    let (dialled, confirmation) = initiator.finish(&response).unwrap();
    assert_eq!((hello.len(), response.len(), confirmation.len()), (HELLO_LENGTH, RESPONSE_LENGTH, CONFIRM_LENGTH));
    (dialled, unconfirmed.confirm(&confirmation).unwrap())
}

#[test]
fn both_sides_know_each_other_and_batches_arrive_in_order_however_tcp_cuts_them() {
    let (alice, bob) = (node(1), node(2));
    let (mut from, mut to) = link(&alice, &bob);
    assert_eq!((from.peer, to.peer), (peer(&bob), peer(&alice)));
    let packets: Vec<[u8; PACKET]> = (0..60).map(|number| [number; PACKET]).collect();
    let ack = [7; ACK_PACKET];

    let mut bytes = Vec::new();
    let frames = packets.iter().map(LinkFrame::Packet).chain([LinkFrame::Ack(&ack), LinkFrame::Ping(9)]);
    from.sender.seal(frames, &mut bytes).unwrap();
    let mut seen = Vec::new();
    for piece in bytes.chunks(997) {
        to.receiver.push(piece);
        while let Some(frames) = to.receiver.next_frames().unwrap() {
            seen.extend(frames.map(|frame| match frame {
                LinkFrame::Packet(packet) => u64::from(packet[0]),
                LinkFrame::Ack(ack) => 100 + u64::from(ack[0]),
                LinkFrame::Ping(number) => 1_000 + number,
                other => panic!("{other:?}"),
            }));
        }
    }

    let expected: Vec<u64> = (0..60).chain([107, 1_009]).collect();
    assert_eq!(seen, expected);
}

#[test]
fn every_flipped_bit_and_every_other_length_of_the_handshake_is_refused() {
    let (alice, bob) = (node(1), node(2));
    let (_, hello) = dial(&alice, &bob);
    for (position, altered) in flipped(&hello) {
        assert!(answer(&network(), &bob, &altered).is_err(), "hello, byte {position}");
    }
    for altered in other_lengths(&hello) {
        assert!(answer(&network(), &bob, &altered).is_err(), "hello of {} bytes", altered.len());
    }

    let (_, response) = answer(&network(), &bob, &hello).unwrap();
    for altered in flipped(&response).map(|(_, altered)| altered).chain(other_lengths(&response)) {
        assert!(dial(&alice, &bob).0.finish(&altered).is_err(), "response of {} bytes", altered.len());
    }

    let (dialled, confirmation) = dial(&alice, &bob).0.finish(&response).unwrap();
    drop(dialled);
    for altered in flipped(&confirmation).map(|(_, altered)| altered).chain(other_lengths(&confirmation)) {
        let (unconfirmed, _) = answer(&network(), &bob, &hello).unwrap();
        assert!(unconfirmed.confirm(&altered).is_err(), "confirmation of {} bytes", altered.len());
    }
}

#[test]
fn a_replayed_hello_opens_no_link() {
    let (alice, bob) = (node(1), node(2));
    let (initiator, hello) = dial(&alice, &bob);
    let (unconfirmed, response) = answer(&network(), &bob, &hello).unwrap();
    let (_, confirmation) = initiator.finish(&response).unwrap();
    unconfirmed.confirm(&confirmation).unwrap();

    // The same hello and confirmation, a responder with other randomness.
    let hello = Hello::parse(&hello).unwrap();
    let own = bob.identity.public_key();
    let (again, _) = LinkResponder::respond(&network(), &own, &bob.link, &hello, |_| true, &mut rng(5)).unwrap();

    assert!(again.confirm(&confirmation).is_err());
}

#[test]
fn another_network_period_identity_or_link_key_is_refused() {
    let (alice, bob, carol) = (node(1), node(2), node(3));
    let (_, hello) = dial(&alice, &bob);
    for other in [
        Network { chain_id: "test-2".into(), ..network() },
        Network { mixnet_contract: "n1other".into(), ..network() },
        // Fields are prefixed with their lengths: moving a byte from one to the other is another network.
        Network { chain_id: "test-".into(), mixnet_contract: "1n1contract".into() },
    ] {
        assert!(answer(&other, &bob, &hello).is_err(), "{other:?}");
    }
    let mut other_period = hello.clone();
    other_period[3] = 1;
    assert!(answer(&network(), &bob, &other_period).is_err(), "the period is in the prologue");

    let same_key = Node { identity: node(9).identity, link: bob.link.clone() };
    assert!(matches!(answer(&network(), &same_key, &hello), Err(HandshakeError::WrongIdentity { .. })));
    assert!(answer(&network(), &carol, &hello).is_err());
}

#[test]
fn who_is_not_known_gets_no_answer() {
    let (alice, bob) = (node(1), node(2));
    let (_, hello) = dial(&alice, &bob);
    let hello = Hello::parse(&hello).unwrap();
    let mut asked = None;

    let refused = LinkResponder::respond(
        &network(),
        &bob.identity.public_key(),
        &bob.link,
        &hello,
        |peer| {
            asked = Some(*peer);
            false
        },
        &mut rng(4),
    );

    assert!(matches!(refused, Err(HandshakeError::UnknownPeer { .. })));
    assert_eq!(asked, Some(peer(&alice)), "asked with the key that was proven");
}

#[test]
fn an_altered_repeated_or_missing_message_ends_the_link() {
    let ping = |link: &mut Link, number| {
        let mut bytes = Vec::new();
        link.sender.seal([LinkFrame::Ping(number)], &mut bytes).unwrap();
        bytes
    };
    let (mut from, mut to) = link(&node(1), &node(2));
    let mut altered = ping(&mut from, 1);
    altered[10] ^= 1;
    to.receiver.push(&altered);
    assert!(matches!(to.receiver.next_frames(), Err(LinkError::Cipher(CipherError::Forged(_)))));

    let (mut from, mut to) = link(&node(1), &node(2));
    let first = ping(&mut from, 1);
    to.receiver.push(&first);
    assert!(to.receiver.next_frames().unwrap().is_some());
    to.receiver.push(&first);
    assert!(to.receiver.next_frames().is_err(), "repeated");

    let (mut from, mut to) = link(&node(1), &node(2));
    let _lost = ping(&mut from, 1);
    to.receiver.push(&ping(&mut from, 2));
    assert!(to.receiver.next_frames().is_err(), "one is missing");
}

#[test]
fn keys_change_on_the_way_and_nothing_is_lost() {
    let (mut from, mut to) = link(&node(1), &node(2));
    let mut bytes = Vec::new();
    for number in 0..REKEY_AFTER + 10 {
        bytes.clear();
        from.sender.seal([LinkFrame::Ping(number)], &mut bytes).unwrap();
        to.receiver.push(&bytes);
        let frames: Vec<_> = to.receiver.next_frames().unwrap().unwrap().collect();
        assert_eq!(frames, [LinkFrame::Ping(number)]);
    }
}

#[test]
fn random_bytes_are_no_handshake_and_no_messages() {
    use rand_chacha::rand_core::RngCore as _;
    let (bob, rng) = (node(2), &mut rng(6));
    for length in (0..HELLO_LENGTH + 40).chain([1_000]) {
        let mut bytes = vec![0; length];
        rng.fill_bytes(&mut bytes);
        assert!(answer(&network(), &bob, &bytes).is_err());
    }
    for _ in 0..50 {
        let (_, mut to) = link(&node(1), &node(2));
        let mut bytes = vec![0; 2 * MAX_MESSAGE];
        rng.fill_bytes(&mut bytes);
        to.receiver.push(&bytes);
        assert!(to.receiver.next_frames().is_err());
    }
}
