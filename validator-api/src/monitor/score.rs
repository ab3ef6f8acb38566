//! From probes to scores: which node of a path was it that lost the packet?
//!
//! A probe passes four nodes in a row and comes back only if all of them forward it. The estimate is the
//! maximum likelihood one of a series system whose failing part is masked, found by expectation-maximisation
//! (Dempster, Laird and Rubin 1977; for masked series systems Usher and Hodgson 1988): a lost probe is
//! attributed to the nodes of its path in proportion to how likely each of them was to lose it.

use std::collections::HashMap;

/// Rounds of the iteration; it gains about a digit in five.
const ROUNDS: usize = 60;
/// Quantile of the normal distribution for a 95 % interval.
const Z: f64 = 1.96;

/// One probe: the parts that it passed, and whether it came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe<K> {
    /// The parts.
    pub path: Vec<K>,
    /// Whether it came back.
    pub returned: bool,
}

/// An estimate with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Estimated share of packets that the part forwards.
    pub performance: f64,
    /// Lower end of the 95 % interval (Wilson).
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Probes that passed the part.
    pub probes: u32,
    /// Of these, how many came back.
    pub returned: u32,
}

/// Estimates every part that occurs in a path.
pub fn estimate<K: Copy + Eq + std::hash::Hash>(probes: &[Probe<K>]) -> HashMap<K, Score> {
    let mut counts: HashMap<K, (u32, u32)> = HashMap::new();
    for probe in probes {
        for part in &probe.path {
            let (seen, returned) = counts.entry(*part).or_default();
            *seen += 1;
            *returned += u32::from(probe.returned);
        }
    }
    let mut forwards: HashMap<K, f64> = counts.keys().map(|part| (*part, 0.9)).collect();
    for _ in 0..ROUNDS {
        let mut blame: HashMap<K, f64> = HashMap::new();
        for probe in probes.iter().filter(|probe| !probe.returned) {
            let passes: f64 = probe.path.iter().map(|part| forwards.get(part).copied().unwrap_or_default()).product();
            for part in &probe.path {
                let own = forwards.get(part).copied().unwrap_or_default();
                let share = (1.0 - own) / (1.0 - passes).max(f64::MIN_POSITIVE);
                *blame.entry(*part).or_default() += share.min(1.0);
            }
        }
        for (part, value) in &mut forwards {
            let lost = blame.get(part).copied().unwrap_or(0.0);
            let seen = counts.get(part).map_or(1.0, |(seen, _)| f64::from(*seen));
            *value = (1.0 - lost / seen).clamp(0.0, 1.0);
        }
    }
    counts
        .into_iter()
        .map(|(part, (probes, returned))| {
            let performance = forwards.get(&part).copied().unwrap_or_default();
            let (low, high) = wilson(performance, f64::from(probes));
            (part, Score { performance, low, high, probes, returned })
        })
        .collect()
}

/// Wilson's score interval of a share `p` observed in `n` trials.
fn wilson(p: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let centre = p + z2 / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha20Rng;

    /// Three layers of `width` nodes; node `bad` forwards `share` of what it gets.
    fn simulate(width: u32, bad: u32, share: f64, count: usize, seed: u64) -> Vec<Probe<u32>> {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        (0..count)
            .map(|_| {
                let path: Vec<u32> = (0..3).map(|layer| layer * width + rng.gen_range(0..width)).collect();
                let returned = !path.contains(&bad) || rng.gen_bool(share);
                Probe { path, returned }
            })
            .collect()
    }

    #[test]
    fn a_dead_node_is_found_and_its_neighbours_are_not_blamed() {
        let scores = estimate(&simulate(2, 3, 0.0, 300, 1));

        assert!(scores[&3].performance < 0.01, "{:?}", scores[&3]);
        for node in [0, 1, 2, 4, 5] {
            assert!(scores[&node].performance > 0.97, "node {node}: {:?}", scores[&node]);
        }
    }

    #[test]
    fn a_node_that_drops_a_third_gets_about_two_thirds() {
        let scores = estimate(&simulate(3, 4, 0.667, 3000, 2));

        assert!((scores[&4].performance - 0.667).abs() < 0.05, "{:?}", scores[&4]);
        assert!(scores[&0].performance > 0.97);
    }

    #[test]
    fn without_probes_there_is_no_score() {
        assert!(estimate::<u32>(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn scores_are_shares_within_their_interval(
            probes in proptest::collection::vec((proptest::collection::vec(0u32..6, 1..4), any::<bool>()), 0..60)
        ) {
            let probes: Vec<_> = probes.into_iter().map(|(path, returned)| Probe { path, returned }).collect();
            for (_, score) in estimate(&probes) {
                prop_assert!((0.0..=1.0).contains(&score.performance));
                prop_assert!(score.low <= score.performance + 1e-9 && score.performance <= score.high + 1e-9);
                prop_assert!(score.returned <= score.probes);
            }
        }
    }
}
