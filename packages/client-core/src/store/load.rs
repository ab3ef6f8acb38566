//! What a client finds on disk when it starts.

use super::rows::completed;
use super::{FragmentRow, OutgoingRow, OwnSurbRow, PeerRow, PeerSurbRow, Store, StoreError};
use crate::MessageId;
use rusqlite::Row;

/// Everything that the engine holds in memory, read at the start.
#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    /// Messages that were accepted and not delivered, oldest first.
    pub outgoing: Vec<OutgoingRow>,
    /// Fragments of incomplete messages.
    pub fragments: Vec<FragmentRow>,
    /// Ids of completed messages and until when they are remembered.
    pub completed: Vec<(MessageId, u64)>,
    /// Received messages that wait for the application: ids and sizes.
    pub received: Vec<(MessageId, usize)>,
    /// Reply blocks this client made.
    pub own_surbs: Vec<OwnSurbRow>,
    /// Recipients that were given reply blocks.
    pub peers: Vec<PeerRow>,
    /// Reply blocks of other clients, oldest first.
    pub peer_surbs: Vec<PeerSurbRow>,
}

impl Store {
    /// Reads what an earlier run left.
    pub fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            outgoing: self.all("SELECT * FROM outgoing ORDER BY seq", OutgoingRow::read)?,
            fragments: self.all("SELECT * FROM fragments ORDER BY id, position", FragmentRow::read)?,
            completed: self.all("SELECT * FROM completed", completed)?,
            received: self.all("SELECT id, length(body) FROM inbox ORDER BY seq", |row| {
                let id: [u8; 16] = row.get(0)?;
                let size: i64 = row.get(1)?;
                Ok((MessageId::from_bytes(id), usize::try_from(size).unwrap_or(0)))
            })?,
            own_surbs: self.all("SELECT * FROM own_surbs", OwnSurbRow::read)?,
            peers: self.all("SELECT * FROM peers ORDER BY used", PeerRow::read)?,
            peer_surbs: self.all("SELECT * FROM peer_surbs ORDER BY number", PeerSurbRow::read)?,
        })
    }

    /// Reads a table row by row; a row that makes no sense is reported and left out, so that one bad row
    /// does not keep a client from starting.
    fn all<T>(&self, query: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>, StoreError> {
        let error = self.sqlite("read");
        let mut statement = self.connection.prepare(query).map_err(&error)?;
        let mut rows = statement.query([]).map_err(&error)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(&error)? {
            match read(row) {
                Ok(value) => found.push(value),
                Err(problem) => {
                    tracing::error!(%problem, query, "a row of the client's database is damaged and left out")
                }
            }
        }
        Ok(found)
    }
}
