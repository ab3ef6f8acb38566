//! Entry point of the fuzz target: what a client reads back from its database. Not part of the interface.

use super::{schema, Snapshot, Store, StoreError};
use rusqlite::types::Value;
use rusqlite::{params_from_iter, Connection};
use std::cell::RefCell;

const TABLES: [&str; 7] = ["outgoing", "fragments", "inbox", "completed", "own_surbs", "peers", "peer_surbs"];

/// A database whose columns take any value, as those of a damaged file do.
pub struct Target(Store);

impl Target {
    /// An empty one, in memory.
    pub fn new() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        for (_, script) in schema::MIGRATIONS {
            connection.execute_batch(&script.replace("NOT NULL", ""))?;
        }
        Ok(Self(Store { connection, path: ":memory:".into(), damaged: RefCell::default() }))
    }

    /// Fills the tables, each row with the values of its columns in their order, and reads what a client reads. A row
    /// whose key is taken is passed over.
    pub fn load(&self, rows: &[(&str, Vec<Value>)]) -> Result<Snapshot, StoreError> {
        self.fill(rows).map_err(self.0.sqlite("fill"))?;
        let (mut after, mut received) = (i64::MIN, 0);
        while let Some(row) = self.0.next_received(after)? {
            assert!(row.seq > after);
            (after, received) = (row.seq, received + 1);
        }
        let snapshot = self.0.load()?;
        assert!(received <= rows.len() && snapshot.outgoing.len() <= rows.len());
        Ok(snapshot)
    }

    fn fill(&self, rows: &[(&str, Vec<Value>)]) -> rusqlite::Result<()> {
        for table in TABLES {
            self.0.connection.prepare_cached(&format!("DELETE FROM {table}"))?.execute([])?;
        }
        for (table, values) in rows {
            let places = vec!["?"; values.len()].join(", ");
            let insert = format!("INSERT OR IGNORE INTO {table} VALUES ({places})");
            self.0.connection.prepare_cached(&insert)?.execute(params_from_iter(values))?;
        }
        Ok(())
    }
}
