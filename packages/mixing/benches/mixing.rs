//! What a packet costs a node: the whole path, the replay table alone, the delay queue alone.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/mixing/network.rs"]
#[allow(dead_code)]
mod network;

use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Duration;

use criterion::{criterion_group, criterion_main, BatchSize, Criterion, Throughput};
use network::{rng, Network, LAYER_1, NOW};
use nym_mixing::replay::{FingerprintKey, ReplayTable};
use nym_mixing::{DelayQueue, Packet};
use nym_sphinx::{build_packet, Destination, PayloadSize};
use rand::Rng;

const BATCH: usize = 32;

fn path(criterion: &mut Criterion) {
    let network = Network::new(1);
    let rng = &mut rng(2);
    let route = [network.hop(LAYER_1, Duration::from_millis(50)), network.hop(network::LAYER_2, Duration::ZERO)];
    let mut batch = || {
        let packet = || {
            let bytes = build_packet(&route, &Destination::NONE, PayloadSize::Regular, b"", rng).unwrap();
            Packet { previous: network.before(LAYER_1), bytes }
        };
        std::iter::repeat_with(packet).take(BATCH).collect::<Vec<_>>()
    };
    let table = network.table(LAYER_1);
    let mut mixing = network.mixing(LAYER_1);

    let mut group = criterion.benchmark_group("path");
    group.throughput(Throughput::Elements(BATCH as u64)).sample_size(20);
    group.bench_function("forward", |bench| {
        let process = |mut batch: Vec<Packet>| black_box(mixing.process(&mut batch, NOW, &table).len());
        bench.iter_batched(&mut batch, process, BatchSize::SmallInput);
    });
    let seen = batch();
    mixing.process(&mut seen.clone(), NOW, &table);
    group.bench_function("replayed", |bench| {
        let process = |mut batch: Vec<Packet>| black_box(mixing.process(&mut batch, NOW, &table).len());
        bench.iter_batched(|| seen.clone(), process, BatchSize::SmallInput);
    });
    group.finish();
}

fn replay(criterion: &mut Criterion) {
    let mut rng = rng(3);
    let mut table = ReplayTable::new(FingerprintKey::new([1; 16]), usize::MAX);
    while table.len() < 2_000_000 {
        table.insert(table.fingerprint(&rng.gen()));
    }
    criterion.bench_function("replay/insert_at_2_million", |bench| {
        let mut tag: [u8; 32] = rng.gen();
        bench.iter(|| {
            for (i, byte) in tag.iter_mut().take(8).enumerate() {
                *byte = byte.wrapping_add(1 + i as u8);
            }
            table.insert(table.fingerprint(&tag))
        });
    });
    println!("replay table: {} tags, {:.1} bytes each", table.len(), table.memory() as f64 / table.len() as f64);
}

/// One packet in and one out, with 5,000 waiting.
fn delay(criterion: &mut Criterion) {
    let step = Duration::from_micros(10);
    let mut rng = rng(4);
    let mut delays = std::iter::repeat_with(move || Duration::from_nanos(rng.gen_range(0..100_000_000)));
    let delays: Vec<Duration> = delays.by_ref().take(65_536).collect();

    criterion.bench_function("delay/wheel", |bench| {
        let mut now = NOW;
        let mut queue = DelayQueue::new(usize::MAX, now);
        let mut draw = delays.iter().cycle();
        bench.iter(|| {
            now += step;
            queue.push(now + *draw.next().unwrap(), 2_396, 0u64).unwrap();
            queue.release(now, |item| {
                black_box(item);
            });
        });
    });
    criterion.bench_function("delay/binary_heap", |bench| {
        let mut now = NOW;
        let mut queue = BinaryHeap::new();
        let mut draw = delays.iter().cycle();
        bench.iter(|| {
            now += step;
            queue.push(std::cmp::Reverse((now + *draw.next().unwrap(), 0u64)));
            while queue.peek().is_some_and(|std::cmp::Reverse((due, _))| *due <= now) {
                black_box(queue.pop());
            }
        });
    });
}

criterion_group!(benches, path, replay, delay);
criterion_main!(benches);
