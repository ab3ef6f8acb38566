//! Keys of small order and second spellings of keys in every place of both handshakes: never a secret that all know.

use super::payloads::{LOW_ORDER, NOT_CANONICAL};
use super::support::{network, node, rng};
use nym_keys::x25519;
use nym_wire::link::{Hello, LinkInitiator, LinkResponder, Peer};
use nym_wire::noise::{HandshakeError, PERIOD_NONE};
use nym_wire::session::{ClientHandshake, SessionHello};

fn keys() -> impl Iterator<Item = [u8; 32]> {
    LOW_ORDER.iter().chain(&NOT_CANONICAL).map(|key| hex::decode(key).unwrap().try_into().unwrap())
}

#[test]
fn a_link_with_such_an_ephemeral_key_is_refused_by_both_sides() {
    let (dialling, answering) = (node(1), node(2));
    let peer = Peer { identity: answering.identity.public_key(), link_key: answering.link.public_key() };
    let start = || {
        let identity = dialling.identity.public_key();
        LinkInitiator::start(&network(), &identity, &dialling.link, peer, PERIOD_NONE, &mut rng(3)).unwrap()
    };
    let answer = |hello: &[u8]| {
        let hello = Hello::parse(hello).unwrap();
        let identity = answering.identity.public_key();
        LinkResponder::respond(&network(), &identity, &answering.link, &hello, |_| true, &mut rng(4))
    };
    let (_, hello) = start();
    let (_, response) = answer(&hello).unwrap();

    for key in keys() {
        let mut altered = hello.clone();
        altered[6..38].copy_from_slice(&key);
        assert!(matches!(answer(&altered), Err(HandshakeError::Noise(_))), "hello with {}", hex::encode(key));
        let mut altered = response.clone();
        altered[2..34].copy_from_slice(&key);
        assert!(
            matches!(start().0.finish(&altered), Err(HandshakeError::Noise(_))),
            "response with {}",
            hex::encode(key)
        );
    }
}

#[test]
fn a_session_with_such_an_ephemeral_key_is_refused_by_both_sides() {
    let (client, gateway) = (node(1), node(2));
    let start = || ClientHandshake::start(&network(), &gateway.link.public_key(), PERIOD_NONE, &mut rng(3)).unwrap();
    let answer = |hello: &[u8]| SessionHello::parse(hello).unwrap().respond(&network(), &gateway.link, &mut rng(4));
    let (_, hello) = start();
    let (_, response) = answer(&hello).unwrap();

    for key in keys() {
        let mut altered = hello.clone();
        altered[4..36].copy_from_slice(&key);
        assert!(matches!(answer(&altered), Err(HandshakeError::Noise(_))), "hello with {}", hex::encode(key));
        let mut altered = response.clone();
        altered[..32].copy_from_slice(&key);
        let finished = start().0.finish(&altered, &gateway.identity.public_key(), &client.identity);
        assert!(matches!(finished, Err(HandshakeError::Noise(_))), "response with {}", hex::encode(key));
    }
}

#[test]
fn nobody_dials_a_link_key_of_small_order() {
    let own = node(1);
    for key in LOW_ORDER {
        let link_key = x25519::PublicKey::from_bytes(&hex::decode(key).unwrap()).unwrap();
        let peer = Peer { identity: node(2).identity.public_key(), link_key };
        let identity = own.identity.public_key();
        assert!(LinkInitiator::start(&network(), &identity, &own.link, peer, PERIOD_NONE, &mut rng(3)).is_err());
        assert!(ClientHandshake::start(&network(), &link_key, PERIOD_NONE, &mut rng(3)).is_err());
    }
}
