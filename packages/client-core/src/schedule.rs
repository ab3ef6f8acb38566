//! When the next packet leaves: a Poisson clock.
//!
//! The departure times are drawn before anyone knows whether a real packet or cover will fill them, so
//! a busy client and an idle one leave the same trace. No clock and no randomness of its own: both are
//! arguments.

use rand::Rng;
use std::time::Duration;

/// How far behind its schedule a clock may fall before it starts anew instead of catching up.
///
/// Catching up keeps the rate over a scheduler hiccup; after a longer stop (suspended laptop, lost
/// session) a burst of the missed packets would only tell when the stop ended.
const LONGEST_LAG: Duration = Duration::from_secs(1);

/// Departure times of one stream of packets, with exponential gaps of a given mean.
#[derive(Debug, Clone)]
pub struct PoissonClock {
    mean: Duration,
    next: Duration,
}

impl PoissonClock {
    /// Starts a clock whose first departure is one drawn gap after `now`.
    pub fn new(mean: Duration, now: Duration, rng: &mut impl Rng) -> Self {
        Self { mean, next: now.saturating_add(gap(mean, rng)) }
    }

    /// When the next packet leaves.
    pub fn next(&self) -> Duration {
        self.next
    }

    /// Takes one departure if it is due, and draws the one after it.
    pub fn tick(&mut self, now: Duration, rng: &mut impl Rng) -> bool {
        if now < self.next {
            return false;
        }
        let base = if now - self.next > LONGEST_LAG { now } else { self.next };
        self.next = base.saturating_add(gap(self.mean, rng));
        true
    }

    /// Draws the next departure from `now` on, as after a pause.
    pub fn restart(&mut self, now: Duration, rng: &mut impl Rng) {
        self.next = now.saturating_add(gap(self.mean, rng));
    }
}

/// An exponentially distributed duration.
pub fn gap(mean: Duration, rng: &mut impl Rng) -> Duration {
    // 1 - [0, 1) is never zero, so the logarithm is finite; 53 random bits end the tail at 37 means.
    let uniform: f64 = 1.0 - rng.gen::<f64>();
    mean.mul_f64(-uniform.ln())
}
