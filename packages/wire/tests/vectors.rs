//! The vectors of `docs/protocol`: byte for byte what the code produces, and each explained in its page.
//!
//! `UPDATE_VECTORS=1 cargo test -p nym-wire vectors` writes the files anew; the test then compares again.

use super::support::{network, node, rng};
use nym_keys::{x25519, ClientAddress};
use nym_wire::fragment::{reply_ack_id, Fragment, Route};
use nym_wire::ids::{MessageId, SenderTag};
use nym_wire::link::{self, Hello, LinkFrame, LinkInitiator, LinkResponder, Peer};
use nym_wire::message::{whole, Body, Kind, SurbBatch};
use nym_wire::noise::PERIOD_NONE;
use nym_wire::payload::{ack_plaintext, open, seal};
use nym_wire::session::{
    ClientHandshake, DeliveryKind, ErrorCode, GatewayFrame, SessionHello, Welcome, AUTH_LABEL, UNLIMITED,
};
use serde_json::{json, Value};
use std::path::PathBuf;

fn docs() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/protocol")
}

/// Compares with the file beside the page, and looks for the name of every vector in the page itself.
fn check(page: &str, vectors: Value) {
    let path = docs().join("vectors").join(format!("{page}.json"));
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written, vectors, "{} is not what the code produces", path.display());

    let text = std::fs::read_to_string(docs().join(format!("{page}.md"))).unwrap();
    for name in vectors.as_object().unwrap().keys() {
        assert!(text.contains(&format!("`{name}`")), "{page}.md does not explain the vector {name}");
    }
}

fn bytes(bytes: impl AsRef<[u8]>) -> Value {
    hex::encode(bytes).into()
}

#[test]
fn packets() {
    let secret = x25519::SecretKey::generate(&mut rng(1));
    let id = MessageId::from_bytes(*b"0123456789abcdef");
    let message = whole(Kind::Message, b"hello").unwrap();
    let fragment = Fragment::cut(id, 0, Kind::Message, &message, Route::Forward).unwrap();
    let sealed = seal(&secret.public_key(), &fragment, &mut rng(2)).unwrap();
    assert_eq!(open(&secret, &sealed), Ok(fragment.clone()));
    let batch = SurbBatch { tag: SenderTag::from_bytes([7; 16]), expires: 1_700_000_000, surbs: vec![] };
    let fragment = fragment.to_bytes(Route::Forward);
    let used = 23 + message.len();
    assert!(fragment[used..].iter().all(|byte| *byte == 0));

    check(
        "packets",
        json!({
            "message_id": bytes(id.to_bytes()),
            "message_body": bytes(b"hello"),
            "message_whole": bytes(&message),
            "fragment_without_padding": bytes(&fragment[..used]),
            "seal_recipient_secret": bytes(secret.to_secret_bytes().as_slice()),
            "seal_recipient_public": bytes(secret.public_key().to_bytes()),
            "sealed": bytes(&sealed),
            "surbs_body_of_none": bytes(Body::surbs(&batch)),
            "surb_request_of_60": bytes(Body::surb_request(60)),
            "reply_ack_id_of_fragment_3": bytes(reply_ack_id(id, 3)),
            "ack_plaintext": bytes(ack_plaintext(&node(1).identity.public_key(), &[9; 16])),
        }),
    );
}

#[test]
fn addresses() {
    let (client, gateway) = (node(1), node(2));
    let address =
        ClientAddress::new(client.identity.public_key(), client.link.public_key(), gateway.identity.public_key());

    check("addresses", json!({ "address_text": address.to_string(), "address_bytes": bytes(address.to_bytes()) }));
}

#[test]
fn links() {
    let (dialling, answering) = (node(1), node(2));
    let peer = Peer { identity: answering.identity.public_key(), link_key: answering.link.public_key() };
    let own = dialling.identity.public_key();
    let (initiator, hello) =
        LinkInitiator::start(&network(), &own, &dialling.link, peer, PERIOD_NONE, &mut rng(3)).unwrap();
    let parsed = Hello::parse(&hello).unwrap();
    let (unconfirmed, response) =
        LinkResponder::respond(&network(), &peer.identity, &answering.link, &parsed, |_| true, &mut rng(4)).unwrap();
    let (mut link, confirmation) = initiator.finish(&response).unwrap();
    unconfirmed.confirm(&confirmation).unwrap();
    let mut message = Vec::new();
    link.sender.seal([LinkFrame::Ping(1), LinkFrame::Padding(2)], &mut message).unwrap();

    check(
        "links",
        json!({
            "prologue": bytes(network().prologue(link::LABEL, PERIOD_NONE)),
            "initiator_identity": bytes(own.to_bytes()),
            "initiator_link_secret": bytes(dialling.link.to_secret_bytes().as_slice()),
            "responder_identity": bytes(peer.identity.to_bytes()),
            "responder_link_secret": bytes(answering.link.to_secret_bytes().as_slice()),
            "responder_link_public": bytes(peer.link_key.to_bytes()),
            "hello": bytes(&hello),
            "response": bytes(&response),
            "confirmation": bytes(&confirmation),
            "ping_1_and_two_bytes_of_padding": bytes(&message),
        }),
    );
}

#[test]
fn sessions() {
    let (client, gateway) = (node(1), node(2));
    let own = gateway.identity.public_key();
    let (started, hello) =
        ClientHandshake::start(&network(), &gateway.link.public_key(), PERIOD_NONE, &mut rng(3)).unwrap();
    let (unauthenticated, response) =
        SessionHello::parse(&hello).unwrap().respond(&network(), &gateway.link, &mut rng(4)).unwrap();
    let (mut at_client, proof) = started.finish(&response, &own, &client.identity).unwrap();
    let mut at_gateway = unauthenticated.authenticate(&own, &mut proof.clone()).unwrap().session;
    let limits = Welcome {
        packets_per_second: 50,
        unconfirmed_rows: 256,
        inbox_rows: 10_000,
        inbox_bytes: 67_108_864,
        inbox_seconds: 604_800,
        balance: UNLIMITED,
    };
    let welcome = at_gateway.sender.seal([GatewayFrame::Welcome(limits)]).unwrap();
    let confirm = at_client.sender.confirm(&[1, 2]).unwrap();
    let ack = GatewayFrame::Delivered { row: 0, kind: DeliveryKind::Ack, content: &[9; 16] };
    let errors = [GatewayFrame::Error(ErrorCode::Replaced), GatewayFrame::Balance(7), GatewayFrame::Pong(3)];
    let delivered = at_gateway.sender.seal([ack]).unwrap();

    check(
        "sessions",
        json!({
            "prologue": bytes(network().prologue(nym_wire::session::LABEL, PERIOD_NONE)),
            "auth_label": bytes(AUTH_LABEL),
            "client_identity_secret": bytes(client.identity.to_secret_bytes().as_slice()),
            "gateway_identity": bytes(own.to_bytes()),
            "gateway_link_secret": bytes(gateway.link.to_secret_bytes().as_slice()),
            "hello": bytes(&hello),
            "response": bytes(&response),
            "proof": bytes(&proof),
            "welcome": bytes(&welcome),
            "confirm_rows_1_and_2": bytes(&confirm),
            "delivered_ack": bytes(&delivered),
            "replaced_balance_7_pong_3": bytes(at_gateway.sender.seal(errors).unwrap()),
        }),
    );
}
