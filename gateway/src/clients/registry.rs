//! Who is connected: one session per client, the newest.
//!
//! A session is known by its own number, not by its client's identity: an old one that ends late cannot
//! remove the one that replaced it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nym_daemon::Gauge;
use tokio::sync::{mpsc, Notify};
use tokio_util::sync::CancellationToken;

use crate::inbox::ClientId;

/// Acknowledgements that wait for one client: seconds at the highest rate. Beyond that they are dropped, as for a
/// client that is not there, and the sender tries again.
const ACKS: usize = 1_024;

/// Bytes of an acknowledgement's id.
pub(crate) const ACK_ID: usize = 16;

/// What others know of a session.
#[derive(Debug)]
struct Handle {
    id: u64,
    new_rows: Arc<Notify>,
    acks: mpsc::Sender<[u8; ACK_ID]>,
    replaced: CancellationToken,
}

/// What a session knows of itself. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Session {
    id: u64,
    of: Sessions,
    pub(crate) client: ClientId,
    /// Rows of this client were stored.
    pub(crate) new_rows: Arc<Notify>,
    /// Acknowledgements for this client.
    pub(crate) acks: mpsc::Receiver<[u8; ACK_ID]>,
    /// A newer session of this client began.
    pub(crate) replaced: CancellationToken,
}

#[derive(Debug)]
struct Connected {
    sessions: HashMap<ClientId, Handle>,
    last_id: u64,
    number: Gauge,
}

/// All sessions. Bounded by `clients.max_connections`. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sessions(Arc<Mutex<Connected>>);

impl Sessions {
    /// No sessions yet; `number` always shows how many there are.
    pub(crate) fn new(number: Gauge) -> Self {
        Self(Arc::new(Mutex::new(Connected { sessions: HashMap::new(), last_id: 0, number })))
    }

    /// Begins a session; an older one of the same client is told to end.
    pub(crate) fn open(&self, client: ClientId) -> Session {
        let (sender, acks) = mpsc::channel(ACKS);
        let (new_rows, replaced) = (Arc::new(Notify::new()), CancellationToken::new());
        let mut connected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connected.last_id += 1;
        let id = connected.last_id;
        let handle = Handle { id, new_rows: Arc::clone(&new_rows), acks: sender, replaced: replaced.clone() };
        if let Some(older) = connected.sessions.insert(client, handle) {
            older.replaced.cancel();
        }
        connected.number.set(connected.sessions.len() as u64);
        Session { id, of: self.clone(), client, new_rows, acks, replaced }
    }

    /// Tells a client's session, if there is one, that rows were stored.
    pub(crate) fn rows_stored(&self, client: &ClientId) {
        if let Some(handle) = self.0.lock().unwrap_or_else(PoisonError::into_inner).sessions.get(client) {
            handle.new_rows.notify_one();
        }
    }

    /// Hands an acknowledgement to a client's session; `false` when there is none or it is behind.
    pub(crate) fn acknowledge(&self, client: &ClientId, ack: [u8; ACK_ID]) -> bool {
        let connected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connected.sessions.get(client).is_some_and(|handle| handle.acks.try_send(ack).is_ok())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut connected = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A newer session of the same client stays.
        if connected.sessions.get(&self.client).is_some_and(|handle| handle.id == self.id) {
            connected.sessions.remove(&self.client);
            connected.number.set(connected.sessions.len() as u64);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use nym_daemon::Gauge;

    use super::Sessions;

    const ALICE: [u8; 32] = [1; 32];

    fn sessions() -> (Sessions, Gauge) {
        let number = Gauge::default();
        (Sessions::new(number.clone()), number)
    }

    #[test]
    fn the_newest_session_wins_and_an_older_one_that_ends_late_does_not_remove_it() {
        let (sessions, number) = sessions();

        let old = sessions.open(ALICE);
        let new = sessions.open(ALICE);
        assert!(old.replaced.is_cancelled() && !new.replaced.is_cancelled());
        drop(old);

        assert!(sessions.acknowledge(&ALICE, [7; 16]), "the newer session is still there");
        assert_eq!(number.get(), 1);
        drop(new);
        assert!(!sessions.acknowledge(&ALICE, [7; 16]));
        assert_eq!(number.get(), 0);
    }

    #[test]
    fn acknowledgements_for_a_client_that_does_not_read_are_bounded() {
        let (sessions, _) = sessions();
        let _session = sessions.open(ALICE);

        let taken = (0..10_000).filter(|_| sessions.acknowledge(&ALICE, [0; 16])).count();

        assert_eq!(taken, super::ACKS);
    }

    #[test]
    fn a_hundred_clients_that_reconnect_at_once_end_with_one_session_each() {
        let (sessions, number) = sessions();
        let threads: Vec<_> = (0..8u8)
            .map(|_| {
                let sessions = sessions.clone();
                std::thread::spawn(move || {
                    let open: Vec<_> = (0..1_000u32).map(|round| sessions.open([(round % 100) as u8; 32])).collect();
                    // Those that a newer one has replaced end, in whatever order.
                    open.into_iter().filter(|session| !session.replaced.is_cancelled()).collect::<Vec<_>>()
                })
            })
            .collect();
        let open: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();

        assert_eq!(open.iter().filter(|session| !session.replaced.is_cancelled()).count(), 100);
        assert_eq!(number.get(), 100);
        drop(open);
        assert_eq!(number.get(), 0);
    }
}
