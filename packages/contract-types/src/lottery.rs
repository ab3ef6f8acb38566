//! The lottery: who is drawn for an epoch, and into which layer. A function of the seed and the frozen candidates alone.
//!
//! The contract computes it in bounded steps with [`Race`]; anyone else computes it at once with [`draw`]. The algorithm, why it
//! is weighted sampling without replacement, and vectors of an independent implementation are in `docs/protocol/lottery.md`.

use std::collections::BinaryHeap;

use sha2::{Digest, Sha256};

use crate::{order, EpochId, NodeId};

/// Fewest candidates of a draw: each of the three layers needs a node.
pub const MIN_CANDIDATES: u32 = 3;

/// Number of layers.
pub const LAYERS: usize = 3;

/// The seed that precedes the first one of a network: `SHA-256("nym-seed-v1" ‖ chain id ‖ contract)`, texts prefixed with their length as u32.
pub fn first_seed(chain_id: &str, contract: &str) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"nym-seed-v1");
    field(&mut hash, chain_id.as_bytes());
    field(&mut hash, contract.as_bytes());
    hash.finalize().into()
}

/// The next link of the bootstrap hash chain: `SHA-256("nym-bootstrap-seed-v1" ‖ chain id ‖ contract ‖ epoch u32 ‖ last seed)`.
pub fn bootstrap_seed(chain_id: &str, contract: &str, epoch: EpochId, last_seed: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"nym-bootstrap-seed-v1");
    field(&mut hash, chain_id.as_bytes());
    field(&mut hash, contract.as_bytes());
    hash.update(epoch.to_be_bytes());
    field(&mut hash, last_seed);
    hash.finalize().into()
}

/// When a candidate crosses the finish: first by time, then by number. The earliest are drawn, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finish {
    /// `⌊−log2(U) · 2^120 / weight⌋`, with U uniform in (0, 1) from the seed.
    pub time: u128,
    /// Number of the node.
    pub node_id: NodeId,
}

/// The finish of one candidate; `None` for weight 0, which never arrives.
pub fn finish(seed: &[u8], epoch: EpochId, node_id: NodeId, weight: u64) -> Option<Finish> {
    if weight == 0 {
        return None;
    }
    let exponential = minus_log2(uniform(b"nym-lottery-v1", seed, epoch, node_id));
    // At most 2^71 · 2^56, so the shift loses nothing.
    Some(Finish { time: (exponential << 56) / u128::from(weight), node_id })
}

/// Layers of the active nodes, which `actives` names in any order: shuffled by the seed, then dealt 1, 2, 3, 1, …
pub fn layers(seed: &[u8], epoch: EpochId, actives: &[NodeId]) -> Vec<(NodeId, u8)> {
    let mut shuffled: Vec<_> = actives.iter().map(|&id| (uniform(b"nym-layers-v1", seed, epoch, id), id)).collect();
    order::sort(&mut shuffled);
    shuffled.iter().zip([1u8, 2, 3].into_iter().cycle()).map(|(&(_, id), layer)| (id, layer)).collect()
}

/// The candidates that finished first so far: a draw in bounded steps.
#[derive(Clone, Debug)]
pub struct Race {
    places: usize,
    /// Largest finish on top. At most `places` entries, which the contract limits to 1,000.
    best: BinaryHeap<Finish>,
}

impl Race {
    /// A race with this many places, of which `best` are taken so far.
    pub fn new(places: usize, best: Vec<Finish>) -> Self {
        Self { places, best: best.into() }
    }

    /// Lets one more candidate finish.
    pub fn offer(&mut self, finish: Finish) {
        if self.best.len() < self.places {
            self.best.push(finish);
        } else if self.best.peek().is_some_and(|last| finish < *last) {
            self.best.pop();
            self.best.push(finish);
        }
    }

    /// Those who hold a place, in the order of their finish.
    pub fn into_order(self) -> Vec<Finish> {
        let mut order = self.best.into_vec();
        order::sort(&mut order);
        order
    }
}

/// A drawn node: its layer if it is active, none if it is on standby.
pub type Drawn = (NodeId, Option<u8>);

/// The rewarded set, by node: the whole draw at once, from nothing but the seed and the candidates.
///
/// `None`: fewer than [`MIN_CANDIDATES`] candidates have any weight, so there is no draw and the previous set stays.
pub fn draw(
    seed: &[u8],
    epoch: EpochId,
    candidates: &[(NodeId, u64)],
    rewarded: usize,
    active: usize,
) -> Option<Vec<Drawn>> {
    let mut order: Vec<_> = candidates.iter().filter_map(|&(id, weight)| finish(seed, epoch, id, weight)).collect();
    if order.len() < MIN_CANDIDATES as usize {
        return None;
    }
    order::sort(&mut order);
    order.truncate(rewarded);
    Some(seat(seed, epoch, &order, active))
}

/// Makes the first `active` of the drawn active, gives them layers, and sorts all by node.
pub fn seat(seed: &[u8], epoch: EpochId, order: &[Finish], active: usize) -> Vec<Drawn> {
    let (actives, standby) = order.split_at(active.min(order.len()));
    let ids: Vec<_> = actives.iter().map(|finish| finish.node_id).collect();
    let mut set: Vec<Drawn> = layers(seed, epoch, &ids).into_iter().map(|(id, layer)| (id, Some(layer))).collect();
    set.extend(standby.iter().map(|finish| (finish.node_id, None)));
    order::sort(&mut set);
    set
}

/// First 16 bytes of `SHA-256(label ‖ seed ‖ epoch u32 ‖ node u32)` as a number; the seed is prefixed with its length.
fn uniform(label: &[u8], seed: &[u8], epoch: EpochId, node_id: NodeId) -> u128 {
    let mut hash = Sha256::new_with_prefix(label);
    field(&mut hash, seed);
    hash.update(epoch.to_be_bytes());
    hash.update(node_id.to_be_bytes());
    let digest = hash.finalize();
    digest.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

/// `−log2(max(u, 1) / 2^128) · 2^64`, rounded up to the next integer; between 1 and 2^71.
fn minus_log2(u: u128) -> u128 {
    let u = u.max(1);
    let exponent = 127 - u.leading_zeros();
    // The mantissa in [1, 2) with 127 fraction bits. Each squaring brings out one bit of its logarithm.
    let mut mantissa = u << (127 - exponent);
    let mut log2 = u128::from(exponent);
    for _ in 0..64 {
        let (high, low) = square(mantissa);
        log2 <<= 1;
        if high >> 127 == 1 {
            log2 |= 1;
            mantissa = high;
        } else {
            mantissa = (high << 1) | (low >> 127);
        }
    }
    (128u128 << 64) - log2
}

/// The 256-bit square of a number, as its high and low half.
fn square(a: u128) -> (u128, u128) {
    let (high, low) = (a >> 64, a & u128::from(u64::MAX));
    let middle = high * low;
    let (low_half, carry) = (low * low).overflowing_add(middle << 65);
    (high * high + (middle >> 63) + u128::from(carry), low_half)
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    // Bounded: chain ids, addresses and seeds are far below 4 GiB.
    hash.update((bytes.len() as u32).to_be_bytes());
    hash.update(bytes);
}
