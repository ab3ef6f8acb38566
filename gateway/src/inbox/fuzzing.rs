//! Entry point of the fuzz target: what a gateway reads back from its database. Not part of the interface.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{params_from_iter, Connection};

use super::accounts::Accounts;
use super::schema::{self, Damaged};
use super::{ClientId, InboxLimits};

/// Hours before this one are over.
const OLDEST: i64 = 1_000;
const LIMITS: InboxLimits = InboxLimits {
    max_clients: 4,
    max_rows_per_client: 3,
    max_bytes_per_client: 1_000,
    max_bytes: 2_000,
    max_file_bytes: None,
    ttl: Duration::ZERO,
    commit_interval: Duration::ZERO,
};

/// A database whose tables take any value, as those of a damaged file do.
pub struct Target(Connection);

impl Target {
    /// An empty one, in memory.
    pub fn new() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;")?;
        connection.execute_batch(&schema::TABLES.replace("STRICT", "").replace("NOT NULL", ""))?;
        Ok(Self(connection))
    }

    /// Fills the tables, each row with the values of its columns in their order, and does what a gateway does with them.
    /// A row whose number is taken is passed over.
    pub fn rows(&self, clients: &[Vec<Value>], inbox: &[Vec<Value>]) -> rusqlite::Result<()> {
        self.0.execute_batch("DELETE FROM inbox; DELETE FROM clients;")?;
        for client in clients {
            let mut insert = self.0.prepare_cached("INSERT OR IGNORE INTO clients VALUES (?, ?)")?;
            insert.execute(params_from_iter(client))?;
        }
        for row in inbox {
            let mut insert = self.0.prepare_cached("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?, ?)")?;
            insert.execute(params_from_iter(row))?;
        }
        let damaged = Damaged::default();
        let books = Accounts::load(&self.0, LIMITS, &damaged)?;
        self.quotas(&books)?;
        for number in 0..4 {
            self.read(number, &damaged)?;
        }
        self.expire(&damaged)
    }

    /// No client gets more room than it has.
    fn quotas(&self, books: &Accounts) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare_cached("SELECT identity FROM clients")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let Ok(client) = row.get::<_, ClientId>(0) else { continue };
            assert!(books.row_of(&client).is_some(), "a client that can be read is known");
            let before = books.kept();
            let given = (0..10).filter(|_| books.reserve(&client, 300)).count();
            assert!(given <= 3, "{given} rows of 300 bytes");
            books.release(&client, given as u64, 300 * given as u64);
            assert_eq!(books.kept(), before);
        }
        Ok(())
    }

    /// Pages of any size join up to the same rows, in their order.
    fn read(&self, client: i64, damaged: &Damaged) -> rusqlite::Result<()> {
        let whole = schema::rows(&self.0, client, 0, usize::MAX, damaged)?;
        assert!(whole.windows(2).all(|pair| pair[0].id < pair[1].id));
        for limit in 1..4 {
            let (mut joined, mut after) = (Vec::new(), 0);
            loop {
                let page = schema::rows(&self.0, client, after, limit, damaged)?;
                assert!(page.len() <= limit && page.iter().all(|row| row.id > after));
                let Some(last) = page.last() else { break };
                after = last.id;
                joined.extend(page);
            }
            assert_eq!(joined, whole);
        }
        Ok(())
    }

    /// The books are right after old rows were deleted, few at a time, and what is not old stays.
    fn expire(&self, damaged: &Damaged) -> rusqlite::Result<()> {
        let ids = |query: &str| -> rusqlite::Result<BTreeSet<i64>> {
            self.0.prepare_cached(query)?.query_map([], |row| row.get(0))?.collect()
        };
        let young = ids("SELECT id FROM inbox WHERE NOT ifnull(hour < 1000, 0)")?;
        let books = Accounts::load(&self.0, LIMITS, damaged)?;
        loop {
            let deleted = schema::expire(&self.0, OLDEST, 2)?;
            assert!(deleted.len() <= 2);
            for (client, bytes) in &deleted {
                if let Some(client) = client {
                    books.release(client, 1, *bytes);
                }
            }
            if deleted.is_empty() {
                break;
            }
        }
        assert_eq!(ids("SELECT id FROM inbox")?, young);
        assert_eq!(books.kept(), Accounts::load(&self.0, LIMITS, damaged)?.kept());
        Ok(())
    }
}
