//! Readiness: named conditions, each of which says why it does not hold.
//!
//! `/healthy` only says that the process serves; `/ready` evaluates every condition registered here.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;

use crate::shutdown::Shutdown;

/// What one condition says at the moment it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckStatus {
    /// Whether the condition holds.
    pub ok: bool,
    /// What does not hold, for a human.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How old the thing is that was looked at, for example `"7m"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// How old it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

impl CheckStatus {
    /// The condition holds.
    pub fn ok() -> Self {
        Self { ok: true, reason: None, age: None, limit: None }
    }

    /// The condition does not hold, for this reason.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self { ok: false, reason: Some(reason.into()), age: None, limit: None }
    }

    /// Holds while `age` is at most `limit`.
    pub fn age(age: Duration, limit: Duration) -> Self {
        Self { ok: age <= limit, reason: None, age: Some(coarse(age)), limit: Some(coarse(limit)) }
    }
}

fn coarse(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3_600),
    }
}

/// The body of `/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadyReport {
    /// Whether every condition holds.
    pub ready: bool,
    /// Every condition.
    pub checks: Vec<NamedCheck>,
}

/// One condition of [`ReadyReport`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedCheck {
    /// Name of the condition, stable.
    pub name: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub status: CheckStatus,
}

type Check = Arc<dyn Fn() -> CheckStatus + Send + Sync>;

/// The conditions under which a service can do its work.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Arc<RwLock<Vec<(&'static str, Check)>>>,
}

impl Readiness {
    /// No conditions yet: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition. It is evaluated on each request and must not block.
    pub fn check(&self, name: &'static str, check: impl Fn() -> CheckStatus + Send + Sync + 'static) {
        self.checks.write().unwrap_or_else(PoisonError::into_inner).push((name, Arc::new(check)));
    }

    /// Adds the condition that no task has panicked: what it did is not done any longer.
    pub fn check_tasks(&self, shutdown: &Shutdown) {
        let shutdown = shutdown.clone();
        self.check("tasks", move || match shutdown.panics() {
            0 => CheckStatus::ok(),
            panics => {
                CheckStatus::failed(format!("{panics} tasks panicked; restart the service and report the defect"))
            }
        });
    }

    /// Evaluates every condition.
    pub fn report(&self) -> ReadyReport {
        let checks = self.checks.read().unwrap_or_else(PoisonError::into_inner);
        let checks: Vec<_> = checks.iter().map(|(name, check)| NamedCheck { name, status: check() }).collect();
        ReadyReport { ready: checks.iter().all(|check| check.status.ok), checks }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CheckStatus, Duration, Readiness, Shutdown};

    #[tokio::test]
    async fn a_service_one_of_whose_tasks_panicked_is_not_ready() {
        let (readiness, shutdown) = (Readiness::new(), Shutdown::new());
        readiness.check_tasks(&shutdown);
        assert!(readiness.report().ready);

        let task = shutdown.spawn("broken", async { assert!(std::env::args().count() == 0, "on purpose") });
        task.await.unwrap_err();

        assert!(!readiness.report().ready);
    }

    #[test]
    fn one_failed_condition_makes_the_service_unready_and_says_why() {
        let readiness = Readiness::new();
        readiness.check("always", CheckStatus::ok);
        readiness.check("cache", || CheckStatus::age(Duration::from_secs(420), Duration::from_secs(300)));

        let report = readiness.report();

        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"ready":false,"checks":[{"name":"always","ok":true},{"name":"cache","ok":false,"age":"7m","limit":"5m"}]}"#
        );
    }
}
