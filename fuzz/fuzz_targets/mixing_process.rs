//! The packet path of a gateway under batches of honest, mangled, replayed, cut and foreign packets.
//!
//! Each byte pair of the input picks a packet of a pool and a change. Whatever comes, no packet passes
//! twice, and table, log and counters tell the same story.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use nym_mixing::replay::{FingerprintKey, ReplayTable, RECORD_BYTES};
use nym_mixing::{Action, DropReason, Mixing, Neighbours, Packet, PayloadSize, RoutingTable};
use nym_sphinx::{build_packet, Destination, Hop, PublicKey, StaticSecret};
use nym_topology::{Layer, Position};
use rand::SeedableRng;

const SECRET: [u8; 32] = [0x17; 32];
const LAYER_ONE: [u8; 32] = [1; 32];
const LAYER_TWO: [u8; 32] = [2; 32];
const LAYER_THREE: [u8; 32] = [3; 32];
const CLIENT: [u8; 32] = [4; 32];
const STRANGER: [u8; 32] = [5; 32];
const MAX_DELAY: Duration = Duration::from_secs(1);
const TABLE: usize = 12;
const PACKETS: usize = 3;

/// Packets that pass: delivered, forwarded, kept for a client. Then packets that do not.
static POOL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(3);
    let hop = |address, secret: [u8; 32], delay| {
        Hop::new(address, &PublicKey::from(&StaticSecret::from(secret)), delay).expect("the key is honest")
    };
    let mut build = |next: Option<[u8; 32]>, delay, own| {
        let mut route = vec![hop([0; 32], own, delay)];
        route.extend(next.map(|next| hop(next, [0x55; 32], Duration::ZERO)));
        build_packet(&route, &Destination::NONE, PayloadSize::Ack, b"text", &mut rng).expect("at most two hops")
    };
    let mut pool = Vec::new();
    for _ in 0..4 {
        pool.push(build(None, Duration::ZERO, SECRET));
        pool.push(build(Some(LAYER_ONE), Duration::from_millis(7), SECRET));
        pool.push(build(Some(CLIENT), Duration::ZERO, SECRET));
    }
    pool.push(build(Some(LAYER_TWO), Duration::ZERO, SECRET));
    pool.push(build(Some(STRANGER), Duration::ZERO, SECRET));
    pool.push(build(Some(LAYER_ONE), Duration::MAX, SECRET));
    pool.push(build(None, Duration::ZERO, [0x18; 32]));
    pool
});
const HONEST: usize = 12;

static ROUTING: LazyLock<RoutingTable> = LazyLock::new(|| {
    let at = |layer| Position::Layer(Layer::new(layer).expect("1 to 3"));
    let nodes = [(LAYER_ONE, at(1)), (LAYER_TWO, at(2)), (LAYER_THREE, at(3))];
    RoutingTable::new(Some(Neighbours::new(Position::Gateway, nodes)), None, MAX_DELAY)
});

fuzz_target!(|data: &[u8]| {
    let mut mixing: Mixing<Vec<u8>> = Mixing::new([PayloadSize::Ack]);
    let seen = ReplayTable::new(FingerprintKey::new([1; 16]), TABLE);
    mixing.begin_period(1, StaticSecret::from(SECRET), seen, Vec::new()).expect("the first period");
    let routing = ROUTING.with_clients(|address| *address == CLIENT);

    let mut passed = HashSet::new();
    let mut dropped = 0;
    // A change of 255 also ends a batch. Few packets, since each costs two ladders: a packet, its copy and its
    // mangled copy in any order and any batches are what there is to find.
    for batch in data[..data.len().min(2 * PACKETS)].as_chunks::<2>().0.chunk_by(|[_, change], _| *change != 255) {
        let indices: Vec<usize> = batch.iter().map(|[index, _]| usize::from(*index) % POOL.len()).collect();
        let mut packets: Vec<Packet> =
            batch.iter().zip(&indices).map(|([index, change], at)| packet(*at, *index, *change)).collect();
        let given = packets.clone();
        let actions = mixing.process(&mut packets, Duration::from_secs(1), &routing);
        assert_eq!(actions.len(), given.len());
        for ((action, packet), index) in actions.iter().zip(&given).zip(&indices) {
            match action {
                Action::Drop(reason) => {
                    dropped += 1;
                    assert!(*reason != DropReason::ReplayLogFailed && *reason != DropReason::ReplayTableFull);
                }
                action => {
                    assert!(*index < HONEST, "{action:?}");
                    assert_eq!(packet.bytes[..nym_sphinx::HEADER_LEN], POOL[*index][..nym_sphinx::HEADER_LEN]);
                    assert!(passed.insert(*index), "packet {index} passed twice");
                }
            }
        }
        assert_eq!(mixing.drops().total(), dropped);
        assert_eq!(mixing.seen(1).map(ReplayTable::len), Some(passed.len()));
        assert_eq!(mixing.log(1).map(|log| log.len()), Some(passed.len() * RECORD_BYTES));
    }
});

/// A packet of the pool with a change: none, another sender, a flipped byte, another length.
fn packet(index: usize, choice: u8, change: u8) -> Packet {
    let mut bytes = POOL[index].clone();
    let mut previous = LAYER_THREE;
    match change {
        0..64 | 255 => {}
        64..80 => previous = LAYER_ONE,
        80..96 => bytes.truncate(usize::from(change) * 4),
        _ => {
            let at = (usize::from(change) * 7 + usize::from(choice) * 3) % bytes.len();
            bytes[at] ^= choice | 1;
        }
    }
    Packet { previous, bytes }
}
