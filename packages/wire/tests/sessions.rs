//! Sessions between a client and its gateway.

use nym_keys::{identity, x25519};
use nym_wire::noise::{HandshakeError, Network, PERIOD_NONE};
use nym_wire::session::{
    Authenticated, ClientFrame, ClientFrames, ClientHandshake, ClientSession, DeliveryKind, ErrorCode, GatewayFrame,
    GatewayFrames, GatewaySender, SessionError, SessionHello, Unauthenticated, Welcome, CONFIRM_MAX, HELLO_LENGTH,
    RESPONSE_LENGTH, UNLIMITED,
};
use nym_wire::sizes::{ACK_ID, PACKET, SEALED};
use proptest::prelude::*;

use crate::support::{flipped, network, node, other_lengths, rng};

const WELCOME: Welcome = Welcome {
    packets_per_second: 2_000,
    unconfirmed_rows: 512,
    inbox_rows: 30_000,
    inbox_bytes: 64 << 20,
    inbox_seconds: 604_800,
    balance: UNLIMITED,
};

/// The identity of the gateway that is dialled.
fn dialled() -> identity::PublicKey {
    node(2).identity.public_key()
}

fn start(gateway: &x25519::SecretKey, seed: u64) -> (ClientHandshake, Vec<u8>) {
    ClientHandshake::start(&network(), &gateway.public_key(), PERIOD_NONE, &mut rng(seed)).unwrap()
}

fn answer(
    network: &Network,
    gateway: &x25519::SecretKey,
    hello: &[u8],
    seed: u64,
) -> Result<(Unauthenticated, Vec<u8>), HandshakeError> {
    SessionHello::parse(hello)?.respond(network, gateway, &mut rng(seed))
}

fn open(client: &identity::SecretKey, gateway: &x25519::SecretKey) -> (ClientSession, Authenticated) {
    let (started, hello) = start(gateway, 1);
    let (unauthenticated, response) = answer(&network(), gateway, &hello, 2).unwrap();
    assert_eq!((hello.len(), response.len()), (HELLO_LENGTH, RESPONSE_LENGTH));
    let (session, mut proof) = started.finish(&response, &dialled(), client).unwrap();
    (session, unauthenticated.authenticate(&dialled(), &mut proof).unwrap())
}

#[test]
fn the_gateway_knows_the_client_and_frames_go_both_ways() {
    let (client, gateway) = (node(1).identity, node(2).link);
    let (mut at_client, Authenticated { client: proven, session: mut at_gateway }) = open(&client, &gateway);
    assert_eq!(proven, client.public_key());

    let mut welcome = at_gateway.sender.seal([GatewayFrame::Welcome(WELCOME)]).unwrap();
    assert_eq!(at_client.welcome(&mut welcome).unwrap(), WELCOME);

    let packet = [8; PACKET];
    let mut message = at_client.sender.send(&[3; 32], &packet).unwrap();
    let frames: Vec<_> = at_gateway.receiver.open(&mut message).unwrap().collect();
    assert_eq!(frames, [ClientFrame::Send { first_hop: &[3; 32], packet: &packet }]);

    let mut message = at_client.sender.confirm(&[1, u64::MAX]).unwrap();
    let rows = at_gateway.receiver.open(&mut message).unwrap().next();
    let Some(ClientFrame::Confirm(rows)) = rows else { panic!("{rows:?}") };
    assert_eq!(rows.iter().collect::<Vec<_>>(), [1, u64::MAX]);

    let ack = [5; ACK_ID];
    let frames = [
        GatewayFrame::Delivered { row: 7, kind: DeliveryKind::Message, content: &[1; SEALED] },
        GatewayFrame::Delivered { row: 8, kind: DeliveryKind::Reply, content: &[2; PACKET] },
        GatewayFrame::Delivered { row: 0, kind: DeliveryKind::Ack, content: &ack },
        GatewayFrame::Balance(12),
        GatewayFrame::Error(ErrorCode::TooFast),
        GatewayFrame::Pong(3),
    ];
    let mut message = at_gateway.sender.seal(frames).unwrap();
    assert_eq!(at_client.receiver.open(&mut message).unwrap().collect::<Vec<_>>(), frames);
}

#[test]
fn deliveries_of_every_kind_have_one_size_and_as_many_as_announced_fit_a_message() {
    let (_, mut gateway) = open(&node(1).identity, &node(2).link);
    let mut sizes = Vec::new();
    for kind in [DeliveryKind::Message, DeliveryKind::Reply, DeliveryKind::Ack] {
        let content = vec![1; kind.content_length()];
        let delivery = GatewayFrame::Delivered { row: 1, kind, content: &content };
        sizes.push(gateway.session.sender.seal([delivery]).unwrap().len());
        gateway.session.sender.seal(vec![delivery; GatewaySender::FRAMES]).unwrap();
        assert!(gateway.session.sender.seal(vec![delivery; GatewaySender::FRAMES + 1]).is_err());
        let wrong = GatewayFrame::Delivered { row: 1, kind, content: &content[1..] };
        assert!(gateway.session.sender.seal([wrong]).is_err(), "content of another length");
    }
    assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
}

#[test]
fn every_flipped_bit_and_every_other_length_of_the_handshake_is_refused() {
    let (client, gateway) = (node(1).identity, node(2).link);
    let (started, hello) = start(&gateway, 1);
    for altered in flipped(&hello).map(|(_, altered)| altered).chain(other_lengths(&hello)) {
        // A flipped ephemeral key may still decrypt nothing: the message has no payload but its tag.
        assert!(answer(&network(), &gateway, &altered, 2).is_err(), "hello of {} bytes", altered.len());
    }

    let (_, response) = answer(&network(), &gateway, &hello, 2).unwrap();
    for altered in flipped(&response).map(|(_, altered)| altered).chain(other_lengths(&response)) {
        assert!(start(&gateway, 1).0.finish(&altered, &dialled(), &client).is_err());
    }

    let (_, proof) = started.finish(&response, &dialled(), &client).unwrap();
    for mut altered in flipped(&proof).map(|(_, altered)| altered).chain(other_lengths(&proof)) {
        let (unauthenticated, _) = answer(&network(), &gateway, &hello, 2).unwrap();
        assert!(unauthenticated.authenticate(&dialled(), &mut altered).is_err());
    }
}

#[test]
fn a_recorded_proof_is_worth_nothing_to_the_same_or_another_gateway() {
    let (client, gateway, other) = (node(1).identity, node(2).link, node(3).link);
    let (started, hello) = start(&gateway, 1);
    let (_, response) = answer(&network(), &gateway, &hello, 2).unwrap();
    let (_, proof) = started.finish(&response, &dialled(), &client).unwrap();

    let (same, _) = answer(&network(), &gateway, &hello, 2).unwrap();
    let copied_key = node(4).identity.public_key();
    assert!(same.authenticate(&copied_key, &mut proof.clone()).is_err(), "a gateway that copied the link key");
    let (again, _) = answer(&network(), &gateway, &hello, 9).unwrap();
    assert!(again.authenticate(&dialled(), &mut proof.clone()).is_err(), "the same gateway, another session");
    assert!(answer(&network(), &other, &hello, 2).is_err(), "the hello is for one gateway");
}

#[test]
fn a_client_cannot_prove_another_ones_identity() {
    // The signature covers this handshake's hash; a signature made for another handshake does not fit.
    let (victim, gateway) = (node(1).identity, node(2).link);
    let (first, hello) = start(&gateway, 1);
    let (_, response) = answer(&network(), &gateway, &hello, 2).unwrap();
    let (_, of_victim) = first.finish(&response, &dialled(), &victim).unwrap();
    let (second, hello) = start(&gateway, 5);
    let (unauthenticated, response) = answer(&network(), &gateway, &hello, 6).unwrap();
    second.finish(&response, &dialled(), &node(9).identity).unwrap();

    assert!(unauthenticated.authenticate(&dialled(), &mut of_victim.clone()).is_err());
}

#[test]
fn another_network_or_period_is_refused() {
    let gateway = node(2).link;
    let (_, hello) = start(&gateway, 1);
    let other = Network { chain_id: "test-2".into(), ..network() };
    assert!(answer(&other, &gateway, &hello, 2).is_err());
    let mut later = hello;
    later[3] = 1;
    assert!(answer(&network(), &gateway, &later, 2).is_err());
}

#[test]
fn the_first_frame_has_to_be_the_proof_and_the_welcome() {
    let (client, gateway) = (node(1).identity, node(2).link);
    let (mut at_client, mut at_gateway) = open(&client, &gateway);
    let mut refusal = at_gateway.session.sender.seal([GatewayFrame::Error(ErrorCode::Full)]).unwrap();
    let error = at_client.welcome(&mut refusal).unwrap_err();
    assert!(error.to_string().contains("takes no more clients"), "{error}");

    let (mut at_client, mut at_gateway) = open(&client, &gateway);
    let mut two = at_gateway.session.sender.seal([GatewayFrame::Welcome(WELCOME), GatewayFrame::Pong(1)]).unwrap();
    assert!(at_client.welcome(&mut two).is_err());
}

/// A frame as it stands in a message.
fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

#[test]
fn malformed_frames_are_refused_by_name() {
    let too_many = vec![0; (CONFIRM_MAX + 1) * 8];
    for (name, message) in [
        ("unknown type", frame(99, &[])),
        ("a gateway's frame from a client", frame(19, &[0; 8])),
        ("send without a packet", frame(1, &[0; 32])),
        ("send with a byte more", frame(1, &[0; 32 + PACKET + 1])),
        ("empty confirmation", frame(2, &[])),
        ("half a row id", frame(2, &[0; 12])),
        ("too many rows", frame(2, &too_many)),
        ("short ping", frame(3, &[0; 7])),
        ("short proof", frame(4, &[0; 95])),
        ("a length beyond the message", vec![3, 0, 9, 0, 0]),
        ("half a header", vec![3, 0]),
        ("garbage after a frame", [frame(3, &[0; 8]), vec![3]].concat()),
    ] {
        assert!(ClientFrames::parse(&message).is_err(), "{name}");
    }
    let mut dirty = vec![0; 9 + PACKET];
    dirty[8] = DeliveryKind::Ack as u8;
    *dirty.last_mut().unwrap() = 1;
    for (name, message) in [
        ("unknown type", frame(1, &[])),
        ("short welcome", frame(17, &[0; 39])),
        ("long welcome", frame(17, &[0; 41])),
        ("delivery of another size", frame(18, &[1; 100])),
        ("delivery of an unknown kind", frame(18, &[9; 9 + PACKET])),
        ("padding that is not zero", frame(18, &dirty)),
        ("unknown error", frame(20, &[200])),
        ("empty error", frame(20, &[])),
    ] {
        assert!(GatewayFrames::parse(&message).is_err(), "{name}");
    }
}

#[test]
fn an_altered_or_repeated_message_is_refused() {
    let (mut client, mut gateway) = open(&node(1).identity, &node(2).link);
    let message = client.sender.ping(1).unwrap();
    for (_, mut altered) in flipped(&message) {
        assert!(matches!(gateway.session.receiver.open(&mut altered), Err(SessionError::Cipher(_))));
    }
    assert!(gateway.session.receiver.open(&mut message.clone()).is_ok());
    assert!(gateway.session.receiver.open(&mut message.clone()).is_err(), "a second time");
}

proptest! {
    #[test]
    fn parsers_never_panic_and_iterate_what_they_accepted(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(frames) = ClientFrames::parse(&bytes) {
            prop_assert!(frames.count() * 3 <= bytes.len());
        }
        if let Ok(frames) = GatewayFrames::parse(&bytes) {
            prop_assert!(frames.count() * 3 <= bytes.len());
        }
        let _ = SessionHello::parse(&bytes);
    }
}
