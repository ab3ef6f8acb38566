//! Tables, pragmas and the statements that read.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{params, Connection, OpenFlags, Rows};

use super::{ClientId, Row, RowKind};

/// Version of the tables.
pub(super) const VERSION: i64 = 1;

pub(super) const TABLES: &str = "
CREATE TABLE clients (
    id            INTEGER PRIMARY KEY,
    identity      BLOB    NOT NULL UNIQUE CHECK (length(identity) = 32)
) STRICT;
CREATE TABLE inbox (
    -- AUTOINCREMENT: an id is never given twice, so a late confirmation cannot delete another row.
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    client    INTEGER NOT NULL REFERENCES clients (id),
    kind      INTEGER NOT NULL CHECK (kind IN (1, 2)),
    -- Whole hours since 1970: the age has to be known for the time limit, the minute of arrival has not.
    hour      INTEGER NOT NULL,
    bytes     BLOB    NOT NULL
) STRICT;
CREATE INDEX inbox_by_client ON inbox (client, id);
CREATE INDEX inbox_by_hour ON inbox (hour);
";

/// Sets the connection up, creates missing tables; gives the version of the file.
pub(super) fn prepare(connection: &Connection, max_file_bytes: Option<u64>) -> rusqlite::Result<i64> {
    // Deleted messages are overwritten where that costs nothing, and the log is cut when it is checkpointed.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 16777216;",
    )?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    }
    if let Some(bytes) = max_file_bytes {
        let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        connection.query_row(&format!("PRAGMA max_page_count = {}", pages.max(16)), [], |_| Ok(()))?;
    }
    Ok(version.max(VERSION))
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// How often each damaged row was reported: once, because a client asks for what is there whenever it connects.
#[derive(Default)]
pub(super) struct Damaged(pub(super) Mutex<HashMap<(String, i64), u32>>);

impl Damaged {
    fn report(&self, table: &str, row: &rusqlite::Row<'_>, problem: &rusqlite::Error) {
        // Rows of a table whose numbers cannot be read are reported as one.
        let id = row.get(0).unwrap_or(-1);
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = reports.entry((table.to_owned(), id)).or_insert(0);
        if *made == 0 {
            *made += 1;
            tracing::error!(table, id, %problem, "a row of the inbox's database is damaged and left out");
        }
    }
}

/// At most `limit` rows of a query whose first column is their number. One that makes no sense is reported and passed
/// over, so that a damaged row does not stand before those that came after it.
pub(super) fn readable<T>(
    table: &str,
    mut rows: Rows<'_>,
    limit: usize,
    damaged: &Damaged,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
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

/// The rows of one client after an id.
pub(super) fn rows(
    connection: &Connection,
    client: i64,
    after: u64,
    limit: usize,
    damaged: &Damaged,
) -> rusqlite::Result<Vec<Row>> {
    let mut statement =
        connection.prepare_cached("SELECT id, kind, bytes FROM inbox WHERE client = ?1 AND id > ?2 ORDER BY id")?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let stored = statement.query(params![client, after])?;
    readable("inbox", stored, limit, damaged, read)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let (id, kind): (i64, u8) = (row.get(0)?, row.get(1)?);
    let id = u64::try_from(id).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, id))?;
    let kind = match kind {
        kind if kind == RowKind::Message as u8 => RowKind::Message,
        kind if kind == RowKind::Reply as u8 => RowKind::Reply,
        unknown => return Err(rusqlite::Error::IntegralValueOutOfRange(1, unknown.into())),
    };
    Ok(Row { id, kind, bytes: row.get(2)? })
}

/// Deletes rows of hours before `oldest`, at most `limit`; gives whose they were and their bytes. Rows that no client
/// has are deleted too and belong to nobody.
pub(super) fn expire(
    connection: &Connection,
    oldest: i64,
    limit: i64,
) -> rusqlite::Result<Vec<(Option<ClientId>, u64)>> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE hour < ?1 LIMIT ?2)
         RETURNING (SELECT identity FROM clients WHERE clients.id = inbox.client), coalesce(length(bytes), 0)",
    )?;
    let deleted = statement.query_map(params![oldest, limit], |row| {
        // A client that could not be read is not in the books either.
        Ok((row.get(0).ok(), row.get::<_, i64>(1)?.unsigned_abs()))
    })?;
    deleted.collect()
}
