//! Routes whose secrets the test holds, in our types and in the reference's.

use std::time::Duration;

use nym_sphinx::{Destination, Hop, PublicKey, StaticSecret};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use sphinx_packet::header::delays::Delay;
use sphinx_packet::route::{self, DestinationAddressBytes, Node, NodeAddressBytes};

/// Hops 1 to n with their secrets.
pub struct Stations {
    pub secrets: Vec<[u8; 32]>,
    pub route: Vec<Hop>,
    pub destination: Destination,
}

impl Stations {
    pub fn new(hops: usize, rng: &mut impl RngCore) -> Self {
        let secrets: Vec<[u8; 32]> = (0..hops).map(|_| rng.gen()).collect();
        let route = secrets
            .iter()
            .map(|secret| {
                let public = PublicKey::from(&StaticSecret::from(*secret));
                Hop::new(rng.gen(), &public, Duration::from_nanos(rng.gen())).unwrap()
            })
            .collect();
        Self { secrets, route, destination: Destination { address: rng.gen(), identifier: rng.gen() } }
    }

    pub fn secret(&self, hop: usize) -> StaticSecret {
        StaticSecret::from(self.secrets[hop])
    }

    pub fn reference_secret(&self, hop: usize) -> sphinx_packet::crypto::PrivateKey {
        self.secrets[hop].into()
    }

    pub fn reference_route(&self) -> Vec<Node> {
        self.route
            .iter()
            .map(|hop| Node::new(NodeAddressBytes::from_bytes(hop.address), (*hop.key.as_bytes()).into()))
            .collect()
    }

    pub fn reference_delays(&self) -> Vec<Delay> {
        self.route.iter().map(|hop| Delay::new_from_nanos(hop.delay.as_nanos().try_into().unwrap())).collect()
    }

    pub fn reference_destination(&self) -> route::Destination {
        let address = DestinationAddressBytes::from_bytes(self.destination.address);
        route::Destination::new(address, self.destination.identifier)
    }
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn text(len: usize, rng: &mut impl RngCore) -> Vec<u8> {
    let mut text = vec![0; len];
    rng.fill_bytes(&mut text);
    text
}
