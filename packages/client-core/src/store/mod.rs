//! What the client keeps on disk, in one SQLite file.
//!
//! Outgoing messages until they are delivered, fragments until their message is whole, received
//! messages until the application confirmed them, ids of completed messages, reply blocks of both
//! kinds. The engine says what to write as a list of [`StoreOp`]s; a list is one transaction, synced
//! before anything that depends on it (a confirmation, an answer to the application) leaves.

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod load;
mod ops;
mod rows;
mod schema;
mod worker;

pub use load::Snapshot;
pub use ops::StoreOp;
pub use rows::{Destination, FragmentRow, InboxRow, OutgoingRow, OwnSurbRow, PeerRow, PeerSurbRow, RowError};
pub(crate) use worker::{Committed, Worker};

use nym_keys::identity;
use rusqlite::{params, Connection, OptionalExtension as _};
use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Why the store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("cannot {action} the client's database {}", path.display())]
    Sqlite {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// SQLite's word.
        source: rusqlite::Error,
    },
    /// The file system refused.
    #[error("cannot create the client's database {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The file was written by a newer release.
    #[error("the client's database {} has schema version {found}; this release reads up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The file belongs to another client.
    #[error("the client's database {} belongs to client {found}, not to {expected}", path.display())]
    OtherClient {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who opened it.
        expected: String,
    },
    /// The thread that writes has ended.
    #[error("the client's database is closed")]
    Closed,
}

/// An open database.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// Received messages that were reported as damaged: once each, because every reader begins with the oldest.
    damaged: RefCell<HashSet<i64>>,
}

impl Store {
    /// Opens or creates the database of the client with this identity (base58).
    pub fn open(path: &Path, identity: &str) -> Result<Self, StoreError> {
        let io = |source| StoreError::Io { path: path.to_owned(), source };
        // Created before SQLite does, so that no other user can ever read it; its companion files
        // (-wal, -shm) take the mode of the file they belong to.
        if !path.exists() {
            use std::os::unix::fs::OpenOptionsExt as _;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(io)?;
            }
            std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io)?;
        }
        let connection = Connection::open(path).map_err(|source| StoreError::Sqlite {
            action: "open",
            path: path.to_owned(),
            source,
        })?;
        Self::prepare(connection, path.to_owned(), identity)
    }

    /// A store that lives in memory and ends with the process: for tests and for clients that want no trace.
    pub fn in_memory(identity: &str) -> Result<Self, StoreError> {
        let path = PathBuf::from(":memory:");
        let connection = Connection::open_in_memory().map_err(|source| StoreError::Sqlite {
            action: "open",
            path: path.clone(),
            source,
        })?;
        Self::prepare(connection, path, identity)
    }

    fn prepare(connection: Connection, path: PathBuf, identity: &str) -> Result<Self, StoreError> {
        let store = Self { connection, path, damaged: RefCell::default() };
        store.pragmas().map_err(store.sqlite("prepare"))?;
        store.migrate()?;
        store.claim(identity)?;
        Ok(store)
    }

    fn pragmas(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(std::time::Duration::from_secs(5))?;
        // What was received and confirmed is not to be found in free pages of the file.
        self.connection.pragma_update(None, "secure_delete", "ON")?;
        let _: String = self.connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.pragma_update(None, "foreign_keys", "ON")
    }

    fn migrate(&self) -> Result<(), StoreError> {
        let found: i64 = self
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(self.sqlite("read the version of"))?;
        if found > schema::VERSION {
            return Err(StoreError::Newer { path: self.path.clone(), found, known: schema::VERSION });
        }
        for (version, script) in schema::MIGRATIONS.iter().filter(|(version, _)| *version > found) {
            self.connection
                .execute_batch(&format!("BEGIN; {script}; PRAGMA user_version = {version}; COMMIT;"))
                .map_err(self.sqlite("migrate"))?;
        }
        Ok(())
    }

    /// Writes the client's identity into a new database and compares it in an old one.
    fn claim(&self, identity: &str) -> Result<(), StoreError> {
        let error = self.sqlite("claim");
        let found: Option<String> = self
            .connection
            .query_row("SELECT value FROM meta WHERE name = 'identity'", [], |row| row.get(0))
            .optional()
            .map_err(&error)?;
        match found {
            Some(found) if found != identity => {
                Err(StoreError::OtherClient { path: self.path.clone(), found, expected: identity.to_owned() })
            }
            Some(_) => Ok(()),
            None => self
                .connection
                .execute("INSERT INTO meta (name, value) VALUES ('identity', ?1)", params![identity])
                .map(|_| ())
                .map_err(error),
        }
    }

    /// Writes a list of operations in one transaction, synced when this returns.
    pub fn apply(&mut self, operations: &[StoreOp]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let error = |source| StoreError::Sqlite { action: "write to", path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(error)?;
        for operation in operations {
            operation.apply(&transaction).map_err(error)?;
        }
        transaction.commit().map_err(error)
    }

    /// The oldest unconfirmed received message after the given position, if there is one. A row that makes no
    /// sense is reported, once, and passed over.
    pub fn next_received(&self, after: i64) -> Result<Option<InboxRow>, StoreError> {
        let error = self.sqlite("read");
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, id, received, body, tag, peer FROM inbox WHERE seq > ?1 ORDER BY seq")
            .map_err(&error)?;
        let mut rows = statement.query(params![after]).map_err(&error)?;
        while let Some(row) = rows.next().map_err(&error)? {
            match InboxRow::read(row) {
                Ok(row) => return Ok(Some(row)),
                Err(problem) => {
                    let seq = row.get("seq").unwrap_or(-1);
                    if self.damaged.borrow_mut().insert(seq) {
                        tracing::error!(seq, %problem, "a received message is damaged and left out");
                    }
                }
            }
        }
        Ok(None)
    }

    /// The gateway that this client chose or was given, if it has one. A value that cannot be read is none.
    pub fn gateway(&self) -> Result<Option<identity::PublicKey>, StoreError> {
        let text: Option<String> = self
            .connection
            .query_row("SELECT value FROM meta WHERE name = 'gateway'", [], |row| row.get(0))
            .optional()
            .map_err(self.sqlite("read"))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Remembers the client's gateway.
    pub fn set_gateway(&self, gateway: &identity::PublicKey) -> Result<(), StoreError> {
        self.connection
            .execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('gateway', ?1)", params![gateway.to_string()])
            .map(|_| ())
            .map_err(self.sqlite("write to"))
    }

    fn sqlite(&self, action: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
        let path = self.path.clone();
        move |source| StoreError::Sqlite { action, path: path.clone(), source }
    }
}
