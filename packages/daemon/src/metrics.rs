//! Counters and gauges of one service, and their text form for Prometheus.
//!
//! A registry belongs to a service, not to the process: ten nodes in one test do not share numbers,
//! and a service reads its own counters for its statistics. Label values are `&'static str`, so no
//! address, client or next hop can become one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A number that only grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `count`.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The present value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Sets the value; beyond 2⁶³ − 1 it stays there.
    pub fn set(&self, value: u64) {
        self.0.store(i64::try_from(value).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Adds one.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one away.
    pub fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// The present value.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Debug)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
}

#[derive(Debug)]
struct Family {
    help: &'static str,
    series: BTreeMap<Vec<(&'static str, &'static str)>, Series>,
}

/// Every metric of one service.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    families: Arc<Mutex<BTreeMap<&'static str, Family>>>,
}

impl Registry {
    /// No metrics yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counter of that name and those labels; made at the first call.
    ///
    /// A name that is already a gauge gives a counter that is not exported.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &'static str)]) -> Counter {
        match self.series(name, help, labels, || Series::Counter(Counter::default())) {
            Series::Counter(counter) => counter,
            Series::Gauge(_) => Counter::default(),
        }
    }

    /// The gauge of that name and those labels; made at the first call.
    ///
    /// A name that is already a counter gives a gauge that is not exported.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &'static str)]) -> Gauge {
        match self.series(name, help, labels, || Series::Gauge(Gauge::default())) {
            Series::Gauge(gauge) => gauge,
            Series::Counter(_) => Gauge::default(),
        }
    }

    fn series(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &'static str)],
        make: impl FnOnce() -> Series,
    ) -> Series {
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
        family.series.entry(labels.to_vec()).or_insert_with(make).clone()
    }

    /// Names, kinds and help texts, for the documentation.
    pub fn describe(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        families.iter().map(|(name, family)| (*name, family.kind(), family.help)).collect()
    }

    /// The text exposition format of Prometheus, version 0.0.4.
    pub fn render(&self) -> String {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, family) in families.iter() {
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {}", family.help, family.kind());
            for (labels, series) in &family.series {
                let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
                let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
                let _ = match series {
                    Series::Counter(counter) => writeln!(text, "{name}{labels} {}", counter.get()),
                    Series::Gauge(gauge) => writeln!(text, "{name}{labels} {}", gauge.get()),
                };
            }
        }
        text
    }
}

impl Family {
    fn kind(&self) -> &'static str {
        match self.series.values().next() {
            Some(Series::Gauge(_)) => "gauge",
            _ => "counter",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn metrics_are_exported_with_help_kind_and_labels() {
        let registry = Registry::new();
        registry.counter("nym_x_dropped_total", "Packets dropped.", &[("reason", "replay")]).add(3);
        registry.counter("nym_x_dropped_total", "Packets dropped.", &[("reason", "replay")]).increment();
        registry.gauge("nym_x_links", "Open links.", &[]).set(2);

        assert_eq!(
            registry.render(),
            "# HELP nym_x_dropped_total Packets dropped.\n# TYPE nym_x_dropped_total counter\n\
             nym_x_dropped_total{reason=\"replay\"} 4\n\
             # HELP nym_x_links Open links.\n# TYPE nym_x_links gauge\nnym_x_links 2\n"
        );
    }
}
