//! Finds what is wrong in a batch: a check of many at once, halved as long as it fails.

use core::ops::Range;

/// The shows of a batch that must be refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("items {bad:?} of the batch are invalid")]
pub struct BatchError {
    /// Their places, ascending, from 0.
    pub bad: Vec<usize>,
}

/// The places for which `valid` fails. `valid` draws fresh weights each time it is asked.
///
/// One bad item of n costs 2·log₂ n checks. When the whole batch passed before, nothing is asked again.
pub(crate) fn find(count: usize, valid: &mut dyn FnMut(Range<usize>) -> bool) -> Vec<usize> {
    let mut bad = Vec::new();
    let mut open: Vec<Range<usize>> = Vec::new();
    open.push(0..count);
    while let Some(range) = open.pop() {
        if range.is_empty() || valid(range.clone()) {
            continue;
        }
        if range.len() == 1 {
            bad.push(range.start);
            continue;
        }
        let middle = range.start + range.len() / 2;
        open.push(middle..range.end);
        open.push(range.start..middle);
    }
    bad
}
