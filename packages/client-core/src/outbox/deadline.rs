//! Fragments in the order in which their time is up.

use super::FragmentId;
use std::collections::BTreeSet;
use std::time::Duration;

/// At most one entry per fragment on its way, so bounded by the outbox.
#[derive(Debug, Default)]
pub(super) struct Deadlines(BTreeSet<(Duration, FragmentId)>);

impl Deadlines {
    pub(super) fn insert(&mut self, deadline: Duration, fragment: FragmentId) {
        self.0.insert((deadline, fragment));
    }

    pub(super) fn remove(&mut self, deadline: Duration, fragment: FragmentId) {
        self.0.remove(&(deadline, fragment));
    }

    pub(super) fn first(&self) -> Option<Duration> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    pub(super) fn pop_due(&mut self, now: Duration) -> Option<FragmentId> {
        let (deadline, fragment) = self.0.first().copied()?;
        if deadline > now {
            return None;
        }
        self.0.remove(&(deadline, fragment));
        Some(fragment)
    }
}
