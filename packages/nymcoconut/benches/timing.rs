//! Whether time depends on secrets: `cargo bench -p nym-coconut --bench timing` (`-- short` for a tenth of the samples, `-- NAME` for
//! the operations whose names contain it, `-- same` with random secrets in both classes, where nothing may be found).
//!
//! After Reparaz, Balasch and Verbauwhede ("dude, is my code constant time?", DATE 2017): each sample is of one of two classes, drawn at
//! random, a fixed secret or a random one; Welch's t of the two means, also after cropping the slow tail where other programs interfere.
//! An operation passes with |t| < 4.5 in one of at most three measurements, so a leak that is seen in two of three only would pass. Four planted leaks,
//! each measured once, must be found, or the measurement is blind and says nothing. Exit code 1 otherwise.
#![allow(clippy::unwrap_used)]
// One backend has some operations as methods of its own, the other as methods of traits.
#![cfg_attr(not(feature = "blst"), allow(unused_imports))]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use nym_coconut::algebra::{sign, unblind};
use nym_coconut::backend::{
    affine_g1, random_scalar, sum_of_multiples, CombG1, Field, FixedG1, FixedG2, G1Affine, Group, Scalar, G1, G2, NAME,
};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

const LIMIT: f64 = 4.5;

/// Count, mean and sum of squared deviations, updated sample by sample (Welford).
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    fn error(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Welch's t of the samples that are at most `most`.
fn welch(samples: &[(bool, f64)], most: f64) -> f64 {
    let mut classes = [Moments::default(); 2];
    samples.iter().filter(|(_, time)| *time <= most).for_each(|(class, time)| classes[usize::from(*class)].add(*time));
    let [fixed, random] = classes;
    if fixed.count < 100.0 || random.count < 100.0 {
        return 0.0;
    }
    let error = (fixed.error() + random.error()).sqrt();
    if error == 0.0 {
        0.0
    } else {
        (fixed.mean - random.mean) / error
    }
}

/// The t that is largest in size over all samples and the fastest 95, 90, 75 and 50 per cent.
fn t(samples: &[(bool, f64)]) -> f64 {
    let mut sorted: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    [1.0, 0.95, 0.9, 0.75, 0.5]
        .iter()
        .map(|part| welch(samples, sorted[((sorted.len() - 1) as f64 * part) as usize]))
        .max_by(|a, b| a.abs().total_cmp(&b.abs()))
        .unwrap_or(0.0)
}

/// Secrets are made in chunks before the clock runs, so that nothing right before a sample depends on its class. Without a fixed secret both classes
/// are random.
fn measure(
    rng: &mut ChaCha20Rng,
    samples: usize,
    count: usize,
    fixed: Option<Scalar>,
    run: &mut dyn FnMut(&[Scalar]),
) -> f64 {
    const CHUNK: usize = 250;
    let mut all = Vec::with_capacity(samples);
    let mut secrets = vec![Scalar::ZERO; count];
    // The first chunk warms caches up.
    for chunk in 0..=samples / CHUNK {
        let classes: Vec<bool> = (0..CHUNK).map(|_| rng.next_u32() & 1 == 1).collect();
        let mut inputs = Vec::with_capacity(CHUNK * count);
        for random in &classes {
            for _ in 0..count {
                let drawn = random_scalar(rng);
                inputs.push(if *random { drawn } else { fixed.unwrap_or(drawn) });
            }
        }
        for (class, input) in classes.iter().zip(inputs.chunks_exact(count)) {
            secrets.copy_from_slice(input);
            let start = Instant::now();
            run(black_box(&secrets));
            let time = start.elapsed().as_nanos() as f64;
            if chunk > 0 {
                all.push((*class, time));
            }
        }
    }
    t(&all)
}

/// Double and add that skips the zero bits: what must not be done, and must be seen.
fn double_and_add(point: &G1, scalar: &Scalar) -> G1 {
    nym_coconut::backend::encode_scalar(scalar)
        .iter()
        .rev()
        .flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1))
        .fold(G1::identity(), |sum, bit| if bit == 1 { sum.double() + point } else { sum.double() })
}

fn is_odd(scalar: &Scalar) -> bool {
    nym_coconut::backend::encode_scalar(scalar)[0] & 1 == 1
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let (short, same) = (args.iter().any(|arg| arg == "short"), args.iter().any(|arg| arg == "same"));
    let names: Vec<&String> = args.iter().filter(|arg| !["short", "same"].contains(&arg.as_str())).collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let samples = if short { 5_000 } else { 50_000 };
    let rng = &mut ChaCha20Rng::from_seed([9; 32]);
    println!("backend {NAME}, {samples} samples each, |t| below {LIMIT} passes, planted leaks must be above");

    let points: Vec<G1> = (0..3).map(|_| G1::generator() * random_scalar(rng)).collect();
    let affine = affine_g1(&points);
    let (h, blinded): (G1Affine, &[G1Affine]) = (affine[0], &affine[1..]);
    let public = [Scalar::from(1_000), Scalar::from(20_417)];
    let tables: Vec<FixedG1> = points[..2].iter().map(FixedG1::new).collect();
    let (g1, g2, comb) = (&tables[0], FixedG2::new(&G2::generator()), CombG1::new(&points[0]));

    // Fixed classes: sparse, all zero and all one digits, where a table or a carry would show itself; these are even, and recoding treats odd ones
    // in another way.
    let sparse = Scalar::from(1 << 40);
    let minus_one = -Scalar::ONE;
    let odd = random_scalar(rng);
    let odd = if is_odd(&odd) { odd } else { odd + Scalar::ONE };
    let mut failed = false;
    let mut report = |name: &str, leak: bool, t: f64| {
        let ok = (t.abs() > LIMIT) == leak;
        failed |= !ok;
        println!(
            "{name:<58} t = {t:>8.2}  {}",
            match (leak, ok) {
                (false, true) => "ok",
                (false, false) => "LEAKS",
                (true, true) => "found, as it must be",
                (true, false) => "NOT FOUND: the measurement is blind",
            }
        );
    };
    // A deviation by chance or by a neighbour does not come again: an operation leaks when it is seen leaking three times.
    let mut checked = 0;
    let mut check = |name: &str, count: usize, fixed: Scalar, run: &mut dyn FnMut(&[Scalar])| {
        if !wanted(name) {
            return;
        }
        checked += 1;
        let mut least = f64::INFINITY;
        for _ in 0..3 {
            let t = measure(rng, samples, count, (!same).then_some(fixed), run);
            if t.abs() < least.abs() {
                least = t;
            }
            if least.abs() < LIMIT {
                break;
            }
        }
        report(name, false, least);
    };
    for (which, fixed) in [("sparse", sparse), ("zero", Scalar::ZERO), ("-1", minus_one), ("odd", odd)] {
        check(&format!("sign, 5 secrets, fixed {which}"), 5, fixed, &mut |s| {
            black_box(sign(&h, blinded, &public, &s[0], &s[1..]));
        });
        check(&format!("unblind, 2 secrets, fixed {which}"), 2, fixed, &mut |s| {
            black_box(unblind(&points[2], s, &tables));
        });
        check(&format!("table of G1, fixed {which}"), 1, fixed, &mut |s| {
            black_box(g1.mul(&s[0]));
        });
        check(&format!("table of G2, fixed {which}"), 1, fixed, &mut |s| {
            black_box(g2.mul(&s[0]));
        });
        check(&format!("comb, fixed {which}"), 1, fixed, &mut |s| {
            black_box(comb.mul(&s[0]));
        });
        check(&format!("sum of multiples, fixed {which}"), 3, fixed, &mut |s| {
            black_box(sum_of_multiples(&affine, s));
        });
        // blst multiplies by zero on another path; a nonce, a randomiser or a key is never zero, and attributes go through tables and combs.
        if fixed != Scalar::ZERO {
            check(&format!("multiple of any point, fixed {which}"), 1, fixed, &mut |s| {
                black_box(points[0] * s[0]);
            });
        }
    }
    if checked == 0 {
        eprintln!("error: no operation is named {names:?}");
        return ExitCode::from(2);
    }
    // Beside the two operations of the protocol, the smallest leaks: an addition for each of the secrets that is odd, in signing below a
    // hundredth of the time.
    let small = measure(rng, samples, 5, Some(sparse), &mut |s| {
        let signature = sign(&h, blinded, &public, &s[0], &s[1..]);
        black_box(s.iter().filter(|s| is_odd(s)).fold(signature, |sum, _| sum + points[2]));
    });
    report("planted: sign, with an addition for every odd secret", true, small);
    let unblinded = measure(rng, samples, 2, Some(sparse), &mut |s| {
        let credential = unblind(&points[2], s, &tables);
        black_box(s.iter().filter(|s| is_odd(s)).fold(credential, |sum, _| sum + points[2]));
    });
    report("planted: unblind, with an addition for every odd secret", true, unblinded);
    let double = measure(rng, samples / 5, 1, Some(sparse), &mut |s| {
        black_box(double_and_add(&points[0], &s[0]));
    });
    report("planted: double and add", true, double);
    let sum = measure(rng, samples / 5, 2, Some(sparse), &mut |s| {
        black_box(nym_coconut::backend::msm_g1(&affine[..2], s));
    });
    report("planted: the sum for public scalars, given a sparse one", true, sum);
    ExitCode::from(u8::from(failed))
}
