//! A network of one gateway and one node per layer, and packets that cross it.

use std::time::Duration;

use nym_mixing::replay::{FingerprintKey, ReplayTable};
use nym_mixing::{Address, Mixing, Neighbours, Packet, RoutingTable};
use nym_sphinx::{build_packet, Destination, Hop, PayloadSize, PublicKey, StaticSecret};
use nym_topology::{Layer, Position};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

pub const MAX_DELAY: Duration = Duration::from_secs(2);
pub const PERIOD: u32 = 7;
pub const NOW: Duration = Duration::from_secs(100);

/// Place on a forward route.
pub const LAYER_1: usize = 0;
pub const LAYER_2: usize = 1;
pub const LAYER_3: usize = 2;
pub const GATEWAY: usize = 3;

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn position(place: usize) -> Position {
    Layer::ALL.get(place).map_or(Position::Gateway, |layer| Position::Layer(*layer))
}

pub struct Network {
    pub secrets: Vec<StaticSecret>,
    pub addresses: Vec<Address>,
    pub client: Address,
}

impl Network {
    pub fn new(seed: u64) -> Self {
        let rng = &mut rng(seed);
        Self {
            secrets: (0..4).map(|_| StaticSecret::random_from_rng(&mut *rng)).collect(),
            addresses: (0..4).map(|_| rng.gen()).collect(),
            client: rng.gen(),
        }
    }

    /// The document as the node at `place` sees it.
    pub fn neighbours(&self, place: usize) -> Neighbours {
        let nodes = self.addresses.iter().enumerate().map(|(i, address)| (*address, position(i)));
        Neighbours::new(position(place), nodes)
    }

    pub fn table(&self, place: usize) -> RoutingTable {
        RoutingTable::new(Some(self.neighbours(place)), None, MAX_DELAY)
    }

    /// The packet path of the node at `place`, with a log in memory.
    pub fn mixing(&self, place: usize) -> Mixing<Vec<u8>> {
        self.mixing_with(place, 1_000_000, Vec::new())
    }

    pub fn mixing_with<W: std::io::Write>(&self, place: usize, capacity: usize, log: W) -> Mixing<W> {
        let mut mixing = Mixing::new([PayloadSize::Ack, PayloadSize::Regular]);
        let seen = ReplayTable::new(FingerprintKey::new([9; 16]), capacity);
        mixing.begin_period(PERIOD, self.secrets[place].clone(), seen, log).unwrap();
        mixing
    }

    pub fn hop(&self, place: usize, delay: Duration) -> Hop {
        Hop::new(self.addresses[place], &PublicKey::from(&self.secrets[place]), delay).unwrap()
    }

    /// Who hands packets to the node at `place`.
    pub fn before(&self, place: usize) -> Address {
        self.addresses[(place + 3) % 4]
    }

    /// A packet for the rest of a forward route from `place` on.
    pub fn packet_from(&self, place: usize, delay: Duration, rng: &mut ChaCha20Rng) -> Packet {
        let route: Vec<Hop> = (place..4).map(|place| self.hop(place, delay)).collect();
        self.packet(place, &route, rng)
    }

    /// A packet over `route`, handed to the node at `place` by the right neighbour.
    pub fn packet(&self, place: usize, route: &[Hop], rng: &mut ChaCha20Rng) -> Packet {
        let bytes = build_packet(route, &Destination::NONE, PayloadSize::Ack, b"to whom it concerns", rng).unwrap();
        Packet { previous: self.before(place), bytes }
    }

    /// A packet that goes on from `place` to any address.
    pub fn packet_to(&self, place: usize, next: Address, delay: Duration, rng: &mut impl RngCore) -> Packet {
        let nobody = PublicKey::from(&StaticSecret::from(rng.gen::<[u8; 32]>()));
        let route = [self.hop(place, delay), Hop::new(next, &nobody, Duration::ZERO).unwrap()];
        let rng = &mut ChaCha20Rng::seed_from_u64(rng.gen());
        self.packet(place, &route, rng)
    }
}
