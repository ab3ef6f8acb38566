//! The thread that writes: SQLite blocks, and the driver must not.

use super::{InboxRow, Store, StoreError, StoreOp};
use tokio::sync::{mpsc, oneshot};

/// One transaction in work and one waiting: the driver collects the next while the last is synced.
const QUEUE: usize = 2;
/// Readers of received messages, each with one question at a time; more than these wait their turn.
const READS: usize = 64;

/// A transaction was committed, or could not be.
pub(crate) struct Committed {
    /// Which one, as the driver numbered it.
    pub number: u64,
    /// How it went.
    pub result: Result<(), StoreError>,
}

enum Request {
    Write(u64, Vec<StoreOp>),
    NextReceived(i64, oneshot::Sender<Result<Option<InboxRow>, StoreError>>),
}

/// A handle to the writing thread; the thread ends when the last handle is gone.
#[derive(Clone)]
pub(crate) struct Worker {
    writes: mpsc::Sender<Request>,
    reads: mpsc::Sender<Request>,
}

impl Worker {
    /// Starts the thread. Results of writes arrive on `committed` in order.
    pub(crate) fn start(store: Store, committed: mpsc::Sender<Committed>) -> std::io::Result<Self> {
        let (writes, write_requests) = mpsc::channel(QUEUE);
        let (reads, read_requests) = mpsc::channel(READS);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        std::thread::Builder::new()
            .name("client-store".into())
            .spawn(move || runtime.block_on(serve(store, write_requests, read_requests, committed)))?;
        Ok(Self { writes, reads })
    }

    /// Hands over a transaction; waits while one is in work and one is queued.
    pub(crate) async fn write(&self, number: u64, operations: Vec<StoreOp>) -> Result<(), StoreError> {
        self.writes.send(Request::Write(number, operations)).await.map_err(|_| StoreError::Closed)
    }

    /// The oldest unconfirmed received message after a position.
    pub(crate) async fn next_received(&self, after: i64) -> Result<Option<InboxRow>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.reads.send(Request::NextReceived(after, answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

async fn serve(
    mut store: Store,
    mut writes: mpsc::Receiver<Request>,
    mut reads: mpsc::Receiver<Request>,
    committed: mpsc::Sender<Committed>,
) {
    loop {
        let request = tokio::select! {
            biased;
            request = writes.recv() => request,
            Some(request) = reads.recv() => Some(request),
        };
        match request {
            None => break,
            Some(Request::Write(number, operations)) => {
                let result = store.apply(&operations);
                if committed.send(Committed { number, result }).await.is_err() {
                    break;
                }
            }
            Some(Request::NextReceived(after, answer)) => drop(answer.send(store.next_received(after))),
        }
    }
}
