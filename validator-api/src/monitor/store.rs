//! Measurements and scores on disk.

use super::score::{Probe, Score};
use rusqlite::{params, Connection, Row, Rows};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS probe (
        id INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL,
        sent_at INTEGER NOT NULL,
        node1 INTEGER NOT NULL, node2 INTEGER NOT NULL, node3 INTEGER NOT NULL,
        gateway TEXT NOT NULL,
        overhead_ms INTEGER
    ) STRICT;
    CREATE INDEX IF NOT EXISTS probe_by_epoch ON probe (epoch);
    CREATE TABLE IF NOT EXISTS score (
        epoch INTEGER NOT NULL, node_id INTEGER NOT NULL,
        performance REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
        probes INTEGER NOT NULL, returned INTEGER NOT NULL,
        PRIMARY KEY (epoch, node_id)
    ) STRICT, WITHOUT ROWID;
";

/// A finished probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measurement {
    /// Epoch whose topology it was led by.
    pub epoch: u32,
    /// When it was sent, seconds since 1970.
    pub sent_at: i64,
    /// The mix nodes that it was led through.
    pub path: [u32; 3],
    /// The gateway, base58.
    pub gateway: String,
    /// Time under way beyond the drawn delays; none: lost.
    pub overhead_ms: Option<u32>,
}

/// The database; cheap to clone. Calls block for the time of one small statement.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    damaged: Arc<Damaged>,
}

/// How often each damaged row was reported: once, because anybody may ask for it again.
#[derive(Default)]
struct Damaged(Mutex<HashMap<(String, i64), u32>>);

impl Damaged {
    fn report(&self, table: &str, row: &Row<'_>, problem: &rusqlite::Error) {
        // Rows of a table whose numbers cannot be read are reported as one.
        let id = row.get(0).unwrap_or(-1);
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = reports.entry((table.to_owned(), id)).or_insert(0);
        if *made == 0 {
            *made += 1;
            tracing::error!(table, id, %problem, "a row of the monitor's database is damaged and left out");
        }
    }
}

impl Store {
    /// Opens or creates the database.
    pub fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        Self::prepare(Connection::open(path)?)
    }

    fn prepare(connection: Connection) -> Result<Self, rusqlite::Error> {
        connection.execute_batch(SCHEMA)?;
        Ok(Self::of(connection))
    }

    fn of(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), damaged: Arc::default() }
    }

    /// One in memory whose columns take any value, as those of a damaged file do: for the fuzz target.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn damaged() -> Result<Self, rusqlite::Error> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            &["STRICT, WITHOUT ROWID", "STRICT", "NOT NULL"]
                .iter()
                .fold(SCHEMA.to_owned(), |schema, rule| schema.replace(rule, "")),
        )?;
        Ok(Self::of(connection))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps measurements.
    pub fn add(&self, measurements: &[Measurement]) -> Result<(), rusqlite::Error> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for m in measurements {
            transaction.prepare_cached("INSERT INTO probe (epoch, sent_at, node1, node2, node3, gateway, overhead_ms) VALUES (?, ?, ?, ?, ?, ?, ?)")?
                .execute(params![m.epoch, m.sent_at, m.path[0], m.path[1], m.path[2], m.gateway, m.overhead_ms])?;
        }
        transaction.commit()
    }

    /// The probes of an epoch. The gateway is the part 0: numbers of nodes begin at 1.
    pub fn probes(&self, epoch: u32) -> Result<Vec<Probe<u32>>, rusqlite::Error> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("SELECT id, node1, node2, node3, overhead_ms IS NOT NULL FROM probe WHERE epoch = ?")?;
        let rows = statement.query([epoch])?;
        readable("probe", rows, usize::MAX, &self.damaged, |row| {
            Ok(Probe { path: vec![0, row.get(1)?, row.get(2)?, row.get(3)?], returned: row.get(4)? })
        })
    }

    /// Probes led through a node with numbers below `before`, newest first, at most `limit`.
    pub fn measurements(&self, node: u32, before: i64, limit: u32) -> Result<Vec<(i64, Measurement)>, rusqlite::Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT id, epoch, sent_at, node1, node2, node3, gateway, overhead_ms FROM probe
             WHERE id < ?2 AND ?1 IN (node1, node2, node3) ORDER BY id DESC",
        )?;
        let rows = statement.query(params![node, before])?;
        readable("probe", rows, limit as usize, &self.damaged, |row| {
            let path = [row.get(3)?, row.get(4)?, row.get(5)?];
            let measurement = Measurement {
                epoch: row.get(1)?,
                sent_at: row.get(2)?,
                path,
                gateway: row.get(6)?,
                overhead_ms: row.get(7)?,
            };
            // Numbers are given out from 1 on.
            let id: i64 = row.get(0)?;
            if id < 1 {
                return Err(rusqlite::Error::IntegralValueOutOfRange(0, id));
            }
            Ok((id, measurement))
        })
    }

    /// Keeps the scores of an epoch and forgets measurements of epochs before `keep_from`.
    pub fn close_epoch(&self, epoch: u32, scores: &[(u32, Score)], keep_from: u32) -> Result<(), rusqlite::Error> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for (node, s) in scores {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?, ?, ?, ?)")?
                .execute(params![epoch, node, s.performance, s.low, s.high, s.probes, s.returned])?;
        }
        transaction.execute("DELETE FROM probe WHERE epoch < ?", [keep_from])?;
        transaction.commit()
    }

    /// The latest closed epoch's score of a node.
    pub fn last_score(&self, node: u32) -> Result<Option<(u32, Score)>, rusqlite::Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT epoch, performance, low, high, probes, returned FROM score WHERE node_id = ? ORDER BY epoch DESC",
        )?;
        let rows = statement.query([node])?;
        // Among the scores of one node, the number of each is its epoch.
        let last = readable(&format!("score of node {node}"), rows, 1, &self.damaged, |row| {
            let score = Score {
                performance: share(row, 1)?,
                low: share(row, 2)?,
                high: share(row, 3)?,
                probes: row.get(4)?,
                returned: row.get(5)?,
            };
            Ok((row.get(0)?, score))
        })?;
        Ok(last.into_iter().next())
    }
}

/// At most `limit` rows of a query whose first column is their number. One that makes no sense is reported and passed
/// over: a damaged row spoils no other.
fn readable<T>(
    table: &str,
    mut rows: Rows<'_>,
    limit: usize,
    damaged: &Damaged,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(row) = rows.next()? else { break };
        match read(row) {
            Ok(value) => found.push(value),
            Err(problem) => damaged.report(table, row, &problem),
        }
    }
    Ok(found)
}

/// A number from 0 to 1.
fn share(row: &Row<'_>, column: usize) -> rusqlite::Result<f64> {
    let value: f64 = row.get(column)?;
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    let problem = format!("{value} is no share");
    Err(rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Real, problem.into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn measurement(epoch: u32, path: [u32; 3], overhead_ms: Option<u32>) -> Measurement {
        Measurement { epoch, sent_at: 5, path, gateway: "g".into(), overhead_ms }
    }

    #[test]
    fn measurements_are_found_by_node_newest_first() {
        let store = Store::prepare(Connection::open_in_memory().unwrap()).unwrap();
        store
            .add(&[
                measurement(1, [1, 2, 3], Some(4)),
                measurement(1, [4, 2, 6], None),
                measurement(2, [1, 5, 6], None),
            ])
            .unwrap();

        let of_two: Vec<_> = store.measurements(2, i64::MAX, 10).unwrap().into_iter().map(|(id, _)| id).collect();

        assert_eq!(of_two, [2, 1]);
        assert_eq!(store.measurements(2, 2, 10).unwrap().len(), 1);
        assert_eq!(store.probes(1).unwrap().len(), 2);
    }

    #[test]
    fn closing_an_epoch_keeps_scores_and_forgets_old_measurements() {
        let store = Store::prepare(Connection::open_in_memory().unwrap()).unwrap();
        store.add(&[measurement(1, [1, 2, 3], Some(4)), measurement(2, [1, 2, 3], None)]).unwrap();
        let score = Score { performance: 0.5, low: 0.1, high: 0.9, probes: 2, returned: 1 };

        store.close_epoch(2, &[(1, score)], 2).unwrap();

        assert!(store.probes(1).unwrap().is_empty());
        assert_eq!(store.last_score(1).unwrap(), Some((2, score)));
        assert_eq!(store.last_score(9).unwrap(), None);
    }

    #[test]
    fn a_damaged_row_spoils_no_other() {
        let store = Store::prepare(Connection::open_in_memory().unwrap()).unwrap();
        store.add(&[measurement(1, [1, 2, 3], Some(4)), measurement(1, [1, 2, 3], None)]).unwrap();
        store.add(&[measurement(1, [1, 2, 3], None), measurement(1, [1, 2, 3], Some(5))]).unwrap();
        let score = Score { performance: 0.5, low: 0.1, high: 0.9, probes: 2, returned: 1 };
        for epoch in 1..=3 {
            store.close_epoch(epoch, &[(1, score), (2, score)], 0).unwrap();
        }
        let damage = "UPDATE probe SET node2 = -1 WHERE id = 2; UPDATE probe SET overhead_ms = -5 WHERE id = 4;
             UPDATE score SET high = 9e999 WHERE epoch = 3; UPDATE score SET performance = -0.1 WHERE epoch = 2;";
        store.lock().execute_batch(damage).unwrap();

        let whole: Vec<_> = store.measurements(1, i64::MAX, 2).unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(whole, [3, 1]);
        assert_eq!(store.probes(1).unwrap().len(), 3, "whether the fourth came back is known");
        for node in [1, 2, 1] {
            assert_eq!(store.last_score(node).unwrap(), Some((1, score)));
        }

        let one = "score of node 1";
        let other = "score of node 2";
        let once = [("probe", 2), ("probe", 4), (one, 2), (one, 3), (other, 2), (other, 3)]
            .map(|(table, id)| ((table.to_owned(), id), 1));
        assert_eq!(*store.damaged.0.lock().unwrap(), HashMap::from(once), "each is reported once");
    }
}
