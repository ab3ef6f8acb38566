//! A session's handshake with any of its messages altered: it completes if and only if nothing was.
#![no_main]

#[path = "support/altered.rs"]
mod altered;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nym_keys::{identity, x25519};
use nym_wire::noise::{HandshakeError, Network, PERIOD_NONE};
use nym_wire::session::{ClientHandshake, GatewayFrame, SessionHello, Unauthenticated, Welcome, UNLIMITED};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

struct Parties {
    network: Network,
    client: identity::SecretKey,
    gateway: identity::PublicKey,
    link: x25519::SecretKey,
}

static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    Parties {
        network: Network { chain_id: "fuzz-1".into(), mixnet_contract: "n1contract".into() },
        client: identity::SecretKey::generate(rng),
        gateway: identity::SecretKey::generate(rng).public_key(),
        link: x25519::SecretKey::generate(rng),
    }
});

/// Hello, response, proof, welcome.
static HONEST: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let Parties { client, gateway, .. } = &*PARTIES;
    let (started, hello) = dial();
    let (unauthenticated, response) = answer(&hello).expect("an honest hello");
    let (_, proof) = started.finish(&response, gateway, client).expect("an honest response");
    let mut authenticated = unauthenticated.authenticate(gateway, &mut proof.clone()).expect("an honest proof");
    let welcome = Welcome {
        packets_per_second: 50,
        unconfirmed_rows: 256,
        inbox_rows: 10_000,
        inbox_bytes: 64 << 20,
        inbox_seconds: 604_800,
        balance: UNLIMITED,
    };
    let welcome = authenticated.session.sender.seal([GatewayFrame::Welcome(welcome)]).expect("fits");
    [hello, response, proof, welcome]
});

fn dial() -> (ClientHandshake, Vec<u8>) {
    let Parties { network, link, .. } = &*PARTIES;
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    ClientHandshake::start(network, &link.public_key(), PERIOD_NONE, rng).expect("the key is honest")
}

fn answer(hello: &[u8]) -> Result<(Unauthenticated, Vec<u8>), HandshakeError> {
    let Parties { network, link, .. } = &*PARTIES;
    SessionHello::parse(hello)?.respond(network, link, &mut ChaCha20Rng::seed_from_u64(3))
}

fuzz_target!(|data: &[u8]| {
    let Some((which, change)) = data.split_first() else { return };
    let which = usize::from(*which) % HONEST.len();
    let mut message = altered::altered(&HONEST[which], change);
    let unaltered = message == HONEST[which];
    let Parties { client, gateway, .. } = &*PARTIES;
    let completes = match which {
        0 => answer(&message).is_ok(),
        1 => dial().0.finish(&message, gateway, client).is_ok(),
        2 => {
            let (unauthenticated, _) = answer(&HONEST[0]).expect("an honest hello");
            unauthenticated.authenticate(gateway, &mut message).is_ok()
        }
        _ => {
            let (mut session, _) = dial().0.finish(&HONEST[1], gateway, client).expect("an honest response");
            session.welcome(&mut message).is_ok()
        }
    };
    // Another period in the hello is another prologue: the gateway cannot know, the client's finish fails.
    assert_eq!(completes, unaltered);
});
