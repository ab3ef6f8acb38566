//! The end of a service: one token that everyone watches, tasks that are counted, one deadline.
//!
//! Tasks are spawned through [`Shutdown::spawn`] under a name; [`Shutdown::finish`] cancels the token
//! and waits. A task that ends by a panic is logged as an error and counted, never hidden.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A service is told to stop and has this long until it is left behind.
pub const DEADLINE: Duration = Duration::from_secs(8);

/// The tasks of one service and the token that ends them.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
    names: Arc<Mutex<HashMap<&'static str, usize>>>,
    panics: Arc<AtomicU64>,
}

/// Tasks that were still running at the deadline.
#[derive(Debug, thiserror::Error)]
#[error("still running after {deadline:?}: {}", names.join(", "))]
pub struct Late {
    /// How long was waited.
    pub deadline: Duration,
    /// Names of the tasks that did not end.
    pub names: Vec<&'static str>,
}

struct Named {
    name: &'static str,
    names: Arc<Mutex<HashMap<&'static str, usize>>>,
    panics: Arc<AtomicU64>,
}

impl Named {
    fn change(&self, by: isize) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let count = names.entry(self.name).or_default();
        *count = count.saturating_add_signed(by);
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(task = self.name, "a task panicked; this is a defect, please report it");
        }
        self.change(-1);
    }
}

impl Shutdown {
    /// A service that is running and has no tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The token that is cancelled when the service has to stop.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Completes when the service has to stop.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Whether the service has to stop.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Tells everyone to stop, without waiting.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Number of tasks that ended by a panic.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Runs `task` until it ends by itself; it has to watch [`Shutdown::token`].
    pub fn spawn<F>(&self, name: &'static str, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let named = Named { name, names: Arc::clone(&self.names), panics: Arc::clone(&self.panics) };
        named.change(1);
        self.tasks.spawn(async move {
            let _named = named;
            task.await
        })
    }

    /// Runs `task` and drops it where it waits as soon as the service has to stop.
    pub fn spawn_until_shutdown<F>(&self, name: &'static str, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let token = self.token();
        self.spawn(name, async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = task => {}
            }
        })
    }

    /// Tells everyone to stop and waits until all tasks have ended, at most `deadline`.
    pub async fn finish(&self, deadline: Duration) -> Result<(), Late> {
        self.token.cancel();
        self.tasks.close();
        if tokio::time::timeout(deadline, self.tasks.wait()).await.is_ok() {
            return Ok(());
        }
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = names.iter().filter(|(_, count)| **count > 0).map(|(name, _)| *name).collect();
        names.sort_unstable();
        Err(Late { deadline, names })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Duration, Shutdown};

    #[tokio::test(start_paused = true)]
    async fn tasks_that_watch_the_token_end_before_the_deadline() {
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        shutdown.spawn("watcher", async move { token.cancelled().await });
        shutdown.spawn_until_shutdown("sleeper", tokio::time::sleep(Duration::from_secs(3_600)));

        shutdown.finish(Duration::from_secs(1)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_end_is_named() {
        let shutdown = Shutdown::new();
        shutdown.spawn("stubborn", std::future::pending::<()>());

        let late = shutdown.finish(Duration::from_secs(1)).await.unwrap_err();

        assert_eq!(late.names, ["stubborn"]);
    }

    #[tokio::test]
    async fn a_panic_in_a_task_is_counted() {
        let shutdown = Shutdown::new();
        let task = shutdown.spawn("broken", async { assert!(std::env::args().count() == 0, "on purpose") });

        task.await.unwrap_err();

        assert_eq!(shutdown.panics(), 1);
    }
}
