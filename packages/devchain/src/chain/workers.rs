//! Threads with deep stacks for work that runs contracts.
//!
//! Contracts may call contracts a hundred levels deep and each level is a few frames of the
//! virtual machine; the runtime's own threads are too shallow for that.

use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Queries and checks that run at once; more of them wait.
pub(crate) const THREADS: usize = 4;
/// Jobs that wait for a thread; more are refused.
const QUEUE: usize = 256;
/// Stack of each thread: 64 MiB of addresses, touched only as far as used.
const STACK: usize = 64 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// A pool of threads; dropping it ends them.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    jobs: SyncSender<Job>,
}

impl Workers {
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for i in 0..threads {
            let queue = queue.clone();
            std::thread::Builder::new().name(format!("devchain-{i}")).stack_size(STACK).spawn(move || work(&queue))?;
        }
        Ok(Workers { jobs })
    }

    /// Runs `job`; `None` when the pool is overloaded or the job panicked.
    pub(crate) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move || {
            // The asker may have gone.
            let _ = answer.send(job());
        });
        self.jobs.try_send(job).ok()?;
        wait.await.ok()
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else {
            return;
        };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("a job panicked; its request is answered with an error");
        }
    }
}
