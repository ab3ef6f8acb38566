//! What a step costs here and with the peers of the crate registry, on one core in one run: `scripts/peers`.
#![allow(missing_docs)]

mod dock;
mod ecash;
mod ours;

use std::hint::black_box;
use std::time::Instant;

/// Signers of which all answer, and attributes: two hidden, two public.
pub const SIGNERS: u16 = 7;

/// What was measured, in microseconds. Steps that a scheme lacks are missing.
pub struct Figures {
    pub name: &'static str,
    pub request: f64,
    pub sign: f64,
    pub aggregate: f64,
    pub prove: f64,
    pub verify: f64,
}

/// The fastest third's mean of enough runs for a second: the machine is shared, and interference only adds.
pub fn measure<R>(mut run: impl FnMut() -> R) -> f64 {
    black_box(run());
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 9 || start.elapsed().as_secs_f64() < 1.0 {
        let one = Instant::now();
        black_box(run());
        times.push(one.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let third = &times[..times.len() / 3];
    third.iter().sum::<f64>() / third.len() as f64
}

fn main() {
    println!("one core, mean of the fastest third; {SIGNERS} signers, all answer; every message is decoded by whoever gets it\n");
    // In turn, three times, and each step's best: a busy moment does not fall on one scheme alone.
    let rounds: Vec<[Figures; 3]> = (0..3).map(|_| [ours::figures(), ecash::figures(), dock::figures()]).collect();
    // With each its goal, as the times that the faster peer takes: times themselves say more about the machine.
    let steps: [(&str, f64, fn(&Figures) -> f64); 5] = [
        ("request", 2.3 / 0.5, |f| f.request),
        ("sign: decode, check, sign", 2.3 / 1.0, |f| f.sign),
        ("aggregate 7: unblind, verify", 5.6 / 1.6, |f| f.aggregate),
        ("show: prove", 3.2 / 0.9, |f| f.prove),
        ("show: decode, verify", 4.6 / 2.0, |f| f.verify),
    ];
    let best = |scheme: usize, step: fn(&Figures) -> f64| {
        rounds.iter().map(|round| step(&round[scheme])).fold(f64::INFINITY, f64::min)
    };
    print!("| step, µs |");
    rounds[0].iter().for_each(|scheme| print!(" {} |", scheme.name));
    println!(" ratios | goal |\n|---|---:|---:|---:|---:|---:|");
    for (name, goal, step) in steps {
        let times: Vec<f64> = (0..3).map(|scheme| best(scheme, step)).collect();
        print!("| {name} |");
        times.iter().for_each(|time| print!(" {time:.0} |"));
        let ratios = [times[1] / times[0], times[2] / times[0]];
        let met = if ratios[0].min(ratios[1]) >= goal { "met" } else { "MISSED" };
        println!(" {:.1}, {:.1} | {goal:.1} {met} |", ratios[0], ratios[1]);
    }
}
