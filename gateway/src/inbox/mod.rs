//! Inboxes on disk: what arrived for a client stays until the client confirmed it.
//!
//! One thread writes and commits groups of rows, at most `inbox.commit_interval` after the first of a group
//! came in; only after the commit does anybody learn that a row is stored, so an acknowledgement never says
//! more than the disk. Reads go through connections of their own. In memory there are counts per client,
//! bounded by `inbox.max_clients`. Row ids are never used twice.

mod accounts;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use accounts::Accounts;
use schema::Damaged;
use writer::Command;

/// What identifies a client here: the bytes of its identity. Whether they are a key was checked when it authenticated.
pub type ClientId = [u8; 32];

/// Commands that may wait for the writing thread: a second of a busy gateway. Beyond that packets are dropped
/// without an acknowledgement, and their senders try again.
const COMMANDS: usize = 8_192;

/// Connections that read. Reads are short and pages are small.
const READERS: usize = 2;

/// Bounds of the inboxes.
#[derive(Debug, Clone)]
pub struct InboxLimits {
    /// Clients that can be registered.
    pub max_clients: usize,
    /// Rows kept for one client.
    pub max_rows_per_client: u64,
    /// Bytes kept for one client.
    pub max_bytes_per_client: u64,
    /// Bytes kept for all clients together.
    pub max_bytes: u64,
    /// Size of the database file; none: as much as the disk has.
    pub max_file_bytes: Option<u64>,
    /// Rows older than this are deleted.
    pub ttl: Duration,
    /// Longest wait of a stored row for its commit.
    pub commit_interval: Duration,
}

/// What a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RowKind {
    /// The sealed rest of a forward packet's payload.
    Message = 1,
    /// A whole packet on a reply route.
    Reply = 2,
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub id: u64,
    /// What it holds.
    pub kind: RowKind,
    /// The content.
    pub bytes: Vec<u8>,
}

/// An acknowledgement to send once the row is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The node to which it goes first.
    pub first_hop: [u8; 32],
    /// The packet.
    pub packet: Vec<u8>,
}

/// A row that is on disk now.
#[derive(Debug)]
pub struct Stored {
    /// Whose it is.
    pub client: ClientId,
    /// What the sender wants back.
    pub ack: Option<Ack>,
}

/// Why a row was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStored {
    /// Not a client of this gateway.
    UnknownClient,
    /// The client's quota or the gateway's is used up.
    Full,
    /// The writing thread cannot keep up.
    Busy,
}

/// Why the inboxes could not do their work.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The database.
    #[error("inbox database {}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version.
    #[error("inbox database {} has version {found}, but this gateway knows versions up to {known}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest known version.
        known: i64,
    },
    /// The thread could not be started.
    #[error("could not start the inbox's thread")]
    Thread(#[source] std::io::Error),
    /// All places for clients are taken.
    #[error("the gateway has its {0} clients and takes no more")]
    TooManyClients(usize),
    /// The writing thread is behind or has ended.
    #[error("the inbox is busy")]
    Busy,
}

/// What happens to rows, told from the writing thread after each commit.
pub trait Observer: Send + 'static {
    /// These rows are on disk.
    fn stored(&mut self, rows: Vec<Stored>);
    /// These many rows could not be written; nobody is told that they are stored.
    fn failed(&mut self, rows: u64);
}

/// The inboxes of all clients. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    accounts: Arc<Accounts>,
    commands: SyncSender<Command>,
    /// Commands that the writing thread has not taken yet.
    waiting: Arc<AtomicUsize>,
    readers: Arc<Vec<Mutex<Connection>>>,
    damaged: Arc<Damaged>,
    path: PathBuf,
}

/// The writing thread; ends when it is told to and everything before that is committed.
pub struct Writer {
    commands: SyncSender<Command>,
    thread: std::thread::JoinHandle<()>,
}

impl Writer {
    /// Commits what is waiting and ends the thread.
    pub fn finish(self) {
        // Blocks while the queue is full, which the thread is emptying.
        if self.commands.send(Command::Stop).is_ok() {
            let _ = self.thread.join();
        }
    }
}

impl Inbox {
    /// Opens or creates the database and starts its writing thread.
    pub fn open(path: &Path, limits: InboxLimits, observer: impl Observer) -> Result<(Self, Writer), InboxError> {
        let database = |source| InboxError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(database)?;
        let found = schema::prepare(&connection, limits.max_file_bytes).map_err(database)?;
        if found > schema::VERSION {
            return Err(InboxError::Version { path: path.to_owned(), found, known: schema::VERSION });
        }
        let damaged = Arc::<Damaged>::default();
        let accounts = Arc::new(Accounts::load(&connection, limits.clone(), &damaged).map_err(database)?);
        let readers = (0..READERS)
            .map(|_| schema::reader(path).map(Mutex::new))
            .collect::<Result<Vec<_>, _>>()
            .map_err(database)?;

        let (commands, receiver) = std::sync::mpsc::sync_channel(COMMANDS);
        let waiting = Arc::<AtomicUsize>::default();
        let thread_waiting = Arc::clone(&waiting);
        let writer = writer::Thread::new(connection, Arc::clone(&accounts), limits, Box::new(observer), thread_waiting);
        let thread = std::thread::Builder::new()
            .name("inbox".into())
            .spawn(move || writer.run(&receiver))
            .map_err(InboxError::Thread)?;
        let inbox = Self {
            accounts,
            commands: commands.clone(),
            waiting,
            readers: Arc::new(readers),
            damaged,
            path: path.to_owned(),
        };
        Ok((inbox, Writer { commands, thread }))
    }

    /// Whether this is a client of the gateway.
    pub fn is_client(&self, client: &ClientId) -> bool {
        self.accounts.row_of(client).is_some()
    }

    /// The bounds that are in force.
    pub fn limits(&self) -> &InboxLimits {
        self.accounts.limits()
    }

    /// Number of registered clients.
    pub fn clients(&self) -> usize {
        self.accounts.clients()
    }

    /// Rows and bytes kept for all clients.
    pub fn kept(&self) -> (u64, u64) {
        self.accounts.kept()
    }

    /// Commands that wait for the writing thread.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Gives the writing thread a command; `false` when it is behind or gone.
    fn command(&self, command: Command) -> bool {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let taken = self.commands.try_send(command).is_ok();
        if !taken {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        taken
    }

    /// Takes a row to be stored. Never blocks; the observer learns how it ended.
    pub fn store(&self, client: ClientId, kind: RowKind, bytes: Vec<u8>, ack: Option<Ack>) -> Result<(), NotStored> {
        let row = self.accounts.row_of(&client).ok_or(NotStored::UnknownClient)?;
        let size = bytes.len() as u64;
        if !self.accounts.reserve(&client, size) {
            return Err(NotStored::Full);
        }
        let command = Command::Store { client, row, kind, bytes, ack };
        if !self.command(command) {
            self.accounts.release(&client, 1, size);
            return Err(NotStored::Busy);
        }
        Ok(())
    }

    /// Makes an authenticated identity a client; one that is registered already stays so.
    pub async fn register(&self, client: ClientId) -> Result<(), InboxError> {
        if self.is_client(&client) {
            return Ok(());
        }
        if self.accounts.is_full() {
            return Err(InboxError::TooManyClients(self.clients()));
        }
        let (answer, registered) = oneshot::channel();
        if !self.command(Command::Register { client, answer }) {
            return Err(InboxError::Busy);
        }
        registered.await.map_err(|_| InboxError::Busy)?
    }

    /// Deletes rows that the client has confirmed. Ids that are not its own change nothing.
    ///
    /// `false` when the writing thread is behind: the rows stay, and the client will see them again.
    pub fn confirm(&self, client: &ClientId, ids: Vec<u64>) -> bool {
        match self.accounts.row_of(client) {
            Some(row) => self.command(Command::Confirm { client: *client, row, ids }),
            None => true,
        }
    }

    /// The client's rows after `after`, oldest first, at most `limit`.
    pub async fn read(&self, client: &ClientId, after: u64, limit: usize) -> Result<Vec<Row>, InboxError> {
        let Some(row) = self.accounts.row_of(client) else { return Ok(Vec::new()) };
        let (readers, damaged, path) = (Arc::clone(&self.readers), Arc::clone(&self.damaged), self.path.clone());
        let read = move || {
            let reader = readers.iter().find_map(|reader| reader.try_lock().ok());
            let reader = match (reader, readers.first()) {
                (Some(reader), _) => reader,
                (None, Some(first)) => first.lock().unwrap_or_else(PoisonError::into_inner),
                (None, None) => return Ok(Vec::new()),
            };
            schema::rows(&reader, row, after, limit, &damaged)
        };
        let rows = tokio::task::spawn_blocking(read).await.map_err(|_| InboxError::Busy)?;
        rows.map_err(|source| InboxError::Database { path, source })
    }
}

#[cfg(test)]
mod tests;
