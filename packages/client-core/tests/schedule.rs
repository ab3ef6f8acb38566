//! Departures are Poisson, and the same whether there is something to say or not.

use nym_client_core::schedule::PoissonClock;
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::time::Duration;

/// The two-sample Kolmogorov-Smirnov distance.
pub fn distance(left: &[f64], right: &[f64]) -> f64 {
    let sorted = |sample: &[f64]| {
        let mut sample = sample.to_vec();
        sample.sort_by(f64::total_cmp);
        sample
    };
    let (left, right) = (sorted(left), sorted(right));
    let (mut i, mut j, mut worst) = (0, 0, 0.0f64);
    while i < left.len() && j < right.len() {
        if left[i] <= right[j] {
            i += 1;
        } else {
            j += 1;
        }
        let difference = i as f64 / left.len() as f64 - j as f64 / right.len() as f64;
        worst = worst.max(difference.abs());
    }
    worst
}

/// The distance that two samples of the same distribution exceed with a probability of one percent.
pub fn one_percent_limit(left: usize, right: usize) -> f64 {
    let (left, right) = (left as f64, right as f64);
    1.628 * ((left + right) / (left * right)).sqrt()
}

fn gaps(seed: u64, count: usize, mut between: impl FnMut(&mut ChaCha20Rng)) -> Vec<f64> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut clock = PoissonClock::new(Duration::from_millis(20), Duration::ZERO, &mut rng);
    let mut last = Duration::ZERO;
    (0..count)
        .map(|_| {
            let now = clock.next();
            assert!(!clock.tick(now - Duration::from_nanos(1), &mut rng));
            assert!(clock.tick(now, &mut rng));
            between(&mut rng);
            (now - std::mem::replace(&mut last, now)).as_secs_f64()
        })
        .collect()
}

#[test]
fn gaps_are_exponential_with_the_mean_of_the_class() {
    let gaps = gaps(1, 100_000, |_| {});

    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    assert!((mean - 0.020).abs() < 0.0003, "{mean}");
    // Against exact quantiles of the exponential distribution.
    let exact: Vec<f64> = (0..100_000).map(|i| -0.020 * (1.0 - (f64::from(i) + 0.5) / 100_000.0).ln()).collect();
    assert!(distance(&gaps, &exact) < one_percent_limit(gaps.len(), exact.len()));
}

#[test]
fn what_is_drawn_between_departures_does_not_change_their_distribution() {
    let idle = gaps(2, 100_000, |_| {});
    let busy = gaps(3, 100_000, |rng| {
        for _ in 0..rng.next_u32() % 40 {
            rng.next_u64();
        }
    });

    assert!(distance(&idle, &busy) < one_percent_limit(idle.len(), busy.len()));
}

#[test]
fn a_clock_catches_up_after_a_hiccup_and_starts_anew_after_a_pause() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut clock = PoissonClock::new(Duration::from_millis(20), Duration::ZERO, &mut rng);
    let ticks = |clock: &mut PoissonClock, now, rng: &mut ChaCha20Rng| {
        let mut ticks = 0;
        while clock.tick(now, rng) {
            ticks += 1;
        }
        ticks
    };

    assert!((10..=45).contains(&ticks(&mut clock, Duration::from_millis(500), &mut rng)));
    assert!(ticks(&mut clock, Duration::from_secs(3_600), &mut rng) <= 1);
}
