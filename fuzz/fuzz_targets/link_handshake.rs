//! A link's handshake with any of its messages altered: it completes if and only if nothing was.
#![no_main]

#[path = "support/altered.rs"]
mod altered;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nym_keys::{identity, x25519};
use nym_wire::link::{Hello, Link, LinkInitiator, LinkResponder, Peer, Unconfirmed};
use nym_wire::noise::{HandshakeError, Network, PERIOD_NONE};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

struct Parties {
    network: Network,
    dialling: (identity::PublicKey, x25519::SecretKey),
    answering: (identity::PublicKey, x25519::SecretKey),
}

static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut node = || (identity::SecretKey::generate(&mut rng).public_key(), x25519::SecretKey::generate(&mut rng));
    let network = Network { chain_id: "fuzz-1".into(), mixnet_contract: "n1contract".into() };
    Parties { network, dialling: node(), answering: node() }
});

static HONEST: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let (initiator, hello) = dial();
    let (_, response) = answer(&hello).expect("an honest hello");
    let (_, confirmation) = initiator.finish(&response).expect("an honest response");
    [hello, response, confirmation]
});

fn dial() -> (LinkInitiator, Vec<u8>) {
    let Parties { network, dialling, answering } = &*PARTIES;
    let peer = Peer { identity: answering.0, link_key: answering.1.public_key() };
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    LinkInitiator::start(network, &dialling.0, &dialling.1, peer, PERIOD_NONE, rng).expect("keys are honest")
}

fn answer(hello: &[u8]) -> Result<(Unconfirmed, Vec<u8>), HandshakeError> {
    let Parties { network, dialling, answering } = &*PARTIES;
    let hello = Hello::parse(hello)?;
    let known = |peer: &Peer| peer.identity == dialling.0 && peer.link_key == dialling.1.public_key();
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    LinkResponder::respond(network, &answering.0, &answering.1, &hello, known, rng)
}

fn confirm(confirmation: &[u8]) -> Result<Link, HandshakeError> {
    answer(&HONEST[0]).expect("an honest hello").0.confirm(confirmation)
}

fuzz_target!(|data: &[u8]| {
    let Some((which, change)) = data.split_first() else { return };
    let which = usize::from(*which) % HONEST.len();
    let message = altered::altered(&HONEST[which], change);
    let completes = match which {
        0 => answer(&message).is_ok(),
        1 => dial().0.finish(&message).is_ok(),
        _ => confirm(&message).is_ok(),
    };
    assert_eq!(completes, message == HONEST[which]);
});
