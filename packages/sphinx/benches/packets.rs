//! Creating and processing a packet, ours and the reference's in the same run, with their ratio.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/sphinx/stations.rs"]
mod stations;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, Criterion};
use nym_sphinx::{build_packet, process, HopKey, PayloadSize, Surb};
use sphinx_packet::packet::builder::SphinxPacketBuilder;
use sphinx_packet::SphinxPacket;
use stations::{rng, text, Stations};

const SIZE: PayloadSize = PayloadSize::Regular;

fn reference_packet(stations: &Stations, plaintext: &[u8]) -> SphinxPacket {
    SphinxPacketBuilder::new()
        .with_payload_size(SIZE.payload_len())
        .build_packet(
            plaintext,
            &stations.reference_route(),
            &stations.reference_destination(),
            &stations.reference_delays(),
        )
        .unwrap()
}

fn microseconds(run: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e6
}

/// Runs both in turn, so that whatever else the machine does hits both, and compares the fastest tenths.
fn compare(what: &str, mut ours: impl FnMut(), mut theirs: impl FnMut()) {
    let (mut our_times, mut their_times): (Vec<f64>, Vec<f64>) =
        (0..501).map(|_| (microseconds(&mut ours), microseconds(&mut theirs))).unzip();
    our_times.sort_by(f64::total_cmp);
    their_times.sort_by(f64::total_cmp);
    let (ours, theirs) = (our_times[50], their_times[50]);
    println!("{what:<20} {ours:8.1} µs   sphinx-packet {theirs:8.1} µs   ratio {:.2}", theirs / ours);
}

fn ratios() {
    let rng = &mut rng(1);
    let plaintext = text(SIZE.plaintext_capacity(), rng);
    for hops in [3, 4, 5] {
        let stations = Stations::new(hops, rng);
        compare(
            &format!("create, {hops} hops"),
            || {
                black_box(build_packet(&stations.route, &stations.destination, SIZE, &plaintext, rng).unwrap());
            },
            || {
                black_box(reference_packet(&stations, &plaintext).to_bytes());
            },
        );
    }
    let stations = Stations::new(4, rng);
    let packet = reference_packet(&stations, &plaintext).to_bytes();
    let (secret, reference_secret) = (stations.secret(0), stations.reference_secret(0));
    compare(
        "process, one hop",
        || {
            let mut packet = packet.clone();
            process(&secret, &mut packet).unwrap();
            black_box(packet);
        },
        || {
            let packet = SphinxPacket::from_bytes(&packet).unwrap().process(&reference_secret).unwrap();
            black_box(packet);
        },
    );
}

fn details(criterion: &mut Criterion) {
    let mut rng = rng(2);
    let stations = Stations::new(5, &mut rng);
    let plaintext = text(SIZE.plaintext_capacity(), &mut rng);
    let four = &stations.route[..4];
    criterion.bench_function("create/4_hops", |bench| {
        bench.iter(|| build_packet(four, &stations.destination, SIZE, &plaintext, &mut rng).unwrap());
    });
    criterion.bench_function("create/hop_key", |bench| {
        bench.iter(|| HopKey::from_bytes(black_box(four[0].key.as_bytes())).unwrap());
    });
    let packet = build_packet(four, &stations.destination, SIZE, &plaintext, &mut rng).unwrap();
    let secret = stations.secret(0);
    criterion.bench_function("process/forward", |bench| {
        let process = |mut packet: Vec<u8>| process(&secret, &mut packet).map(|_| packet).unwrap();
        bench.iter_batched(|| packet.clone(), process, BatchSize::SmallInput);
    });
    criterion.bench_function("surb/create_5_hops", |bench| {
        bench.iter(|| Surb::create(&stations.route, &stations.destination, &mut rng).unwrap());
    });
    let (surb, _) = Surb::create(&stations.route, &stations.destination, &mut rng).unwrap();
    criterion.bench_function("surb/use", |bench| {
        bench.iter_batched(|| surb.clone(), |surb| surb.into_packet(SIZE, &plaintext).unwrap(), BatchSize::SmallInput);
    });
}

fn main() {
    ratios();
    let mut criterion = Criterion::default().configure_from_args();
    details(&mut criterion);
    criterion.final_summary();
}
