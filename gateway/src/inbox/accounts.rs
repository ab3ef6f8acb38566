//! Counts per client, in memory: who is registered and how much is kept for whom.
//!
//! Reserved before a row is sent to the writing thread and released when it is deleted or was not written,
//! so that the quotas hold at every moment, not only after a commit.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;

use super::schema::{readable, Damaged};
use super::{ClientId, InboxLimits};

#[derive(Debug, Clone, Copy, Default)]
struct Account {
    row: i64,
    rows: u64,
    bytes: u64,
}

/// Sums of what is on the disk: far from the end of 64 bits.
#[derive(Debug, Default)]
struct Books {
    clients: HashMap<ClientId, Account>,
    rows: u64,
    bytes: u64,
}

/// The counts of all clients. Bounded by `inbox.max_clients`.
#[derive(Debug)]
pub(super) struct Accounts {
    books: RwLock<Books>,
    limits: InboxLimits,
}

impl Accounts {
    /// Counts what the database holds. A client that makes no sense is reported and left out.
    pub(super) fn load(connection: &Connection, limits: InboxLimits, damaged: &Damaged) -> rusqlite::Result<Self> {
        let mut books = Books::default();
        let mut statement = connection.prepare(
            "SELECT clients.id, identity, count(inbox.id), coalesce(sum(length(bytes)), 0)
             FROM clients LEFT JOIN inbox ON inbox.client = clients.id GROUP BY clients.id",
        )?;
        let found = readable("clients", statement.query([])?, usize::MAX, damaged, |row| {
            let (rows, bytes): (i64, i64) = (row.get(2)?, row.get(3)?);
            let account = Account { row: row.get(0)?, rows: rows.unsigned_abs(), bytes: bytes.unsigned_abs() };
            Ok((row.get(1)?, account))
        })?;
        for (identity, account) in found {
            books.rows += account.rows;
            books.bytes += account.bytes;
            books.clients.insert(identity, account);
        }
        Ok(Self { books: RwLock::new(books), limits })
    }

    /// The database's number of a client.
    pub(super) fn row_of(&self, client: &ClientId) -> Option<i64> {
        self.books.read().unwrap_or_else(PoisonError::into_inner).clients.get(client).map(|account| account.row)
    }

    pub(super) fn clients(&self) -> usize {
        self.books.read().unwrap_or_else(PoisonError::into_inner).clients.len()
    }

    /// The bounds that are in force.
    pub(super) fn limits(&self) -> &InboxLimits {
        &self.limits
    }

    /// Whether all places for clients are taken.
    pub(super) fn is_full(&self) -> bool {
        self.clients() >= self.limits.max_clients
    }

    pub(super) fn kept(&self) -> (u64, u64) {
        let books = self.books.read().unwrap_or_else(PoisonError::into_inner);
        (books.rows, books.bytes)
    }

    pub(super) fn add(&self, client: ClientId, row: i64) {
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        books.clients.entry(client).or_insert(Account { row, ..Account::default() });
    }

    /// Takes room for one row; `false` when a quota would be exceeded.
    pub(super) fn reserve(&self, client: &ClientId, bytes: u64) -> bool {
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        if books.bytes + bytes > self.limits.max_bytes {
            return false;
        }
        let Some(account) = books.clients.get_mut(client) else { return false };
        let too_many = account.rows >= self.limits.max_rows_per_client;
        if too_many || account.bytes + bytes > self.limits.max_bytes_per_client {
            return false;
        }
        account.rows += 1;
        account.bytes += bytes;
        books.rows += 1;
        books.bytes += bytes;
        true
    }

    /// Gives room back.
    pub(super) fn release(&self, client: &ClientId, rows: u64, bytes: u64) {
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = books.clients.get_mut(client) {
            account.rows = account.rows.saturating_sub(rows);
            account.bytes = account.bytes.saturating_sub(bytes);
        }
        books.rows = books.rows.saturating_sub(rows);
        books.bytes = books.bytes.saturating_sub(bytes);
    }
}
