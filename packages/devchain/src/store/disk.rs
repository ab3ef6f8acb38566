//! What is on disk: the newest state, the way back, blocks, transactions and code.
//!
//! One write transaction a block, synced before anyone hears of the block. After a crash the
//! block is there with everything that belongs to it, or it never was.

use super::{apply, empty, Change, Map};
use crate::error::Error;
use bytes::Bytes;
use cosmrs::proto::tendermint::abci::ExecTxResult;
use cosmrs::proto::tendermint::types::{Block, BlockId, Commit};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("state");
const UNDO: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("undo");
const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
const BY_HASH: TableDefinition<'_, &[u8], u64> = TableDefinition::new("blocks_by_hash");
const TXS: TableDefinition<'_, &[u8], (u64, u32)> = TableDefinition::new("txs");
const EVENTS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("events");
const CODES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("codes");

/// Layout of the tables; a database with another number is refused.
const FORMAT: &[u8] = b"1";

/// A block with what running it gave.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StoredBlock {
    #[prost(message, optional, tag = "1")]
    pub block: Option<Block>,
    #[prost(message, optional, tag = "2")]
    pub id: Option<BlockId>,
    /// The signature on this block.
    #[prost(message, optional, tag = "3")]
    pub commit: Option<Commit>,
    #[prost(message, repeated, tag = "4")]
    pub results: Vec<ExecTxResult>,
    /// The state's hash after this block.
    #[prost(bytes = "vec", tag = "5")]
    pub app_hash: Vec<u8>,
    #[prost(uint64, tag = "6")]
    pub size: u64,
}

/// A list of changes as it is stored.
#[derive(Clone, PartialEq, prost::Message)]
struct Changes {
    #[prost(message, repeated, tag = "1")]
    list: Vec<StoredChange>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredChange {
    #[prost(bytes = "bytes", tag = "1")]
    key: Bytes,
    #[prost(bytes = "bytes", optional, tag = "2")]
    value: Option<Bytes>,
}

/// Everything that a block adds.
pub(crate) struct Batch<'a> {
    pub height: u64,
    pub block: &'a StoredBlock,
    pub new: &'a [Change],
    pub undo: &'a [Change],
    /// Hash of each transaction, in order.
    pub txs: &'a [[u8; 32]],
    /// Keys of the event index.
    pub events: &'a [Vec<u8>],
    pub codes: &'a [(Vec<u8>, Vec<u8>)],
    /// How many past states stay queryable.
    pub keep: u64,
}

/// The database of one chain.
#[derive(Debug)]
pub(crate) struct Disk {
    db: Database,
}

impl Disk {
    /// Opens or creates the database.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let db =
            Database::create(path).map_err(|e| Error::Database(format!("could not open {}: {e}", path.display())))?;
        let disk = Disk { db };
        let write = disk.db.begin_write().map_err(Error::database)?;
        {
            let mut meta = write.open_table(META).map_err(Error::database)?;
            let found = meta.get("format").map_err(Error::database)?.map(|v| v.value().to_vec());
            match found {
                Some(format) if format != FORMAT => {
                    return Err(Error::Database(format!(
                        "{} has format {} and this program knows {}: run `devchain init --reset`",
                        path.display(),
                        String::from_utf8_lossy(&format),
                        String::from_utf8_lossy(FORMAT),
                    )))
                }
                Some(_) => {}
                None => {
                    meta.insert("format", FORMAT).map_err(Error::database)?;
                }
            }
            write.open_table(STATE).map_err(Error::database)?;
            write.open_table(UNDO).map_err(Error::database)?;
            write.open_table(BLOCKS).map_err(Error::database)?;
            write.open_table(BY_HASH).map_err(Error::database)?;
            write.open_table(TXS).map_err(Error::database)?;
            write.open_table(EVENTS).map_err(Error::database)?;
            write.open_table(CODES).map_err(Error::database)?;
        }
        write.commit().map_err(Error::database)?;
        Ok(disk)
    }

    pub(crate) fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(META).map_err(Error::database)?;
        let value = table.get(key).map_err(Error::database)?;
        Ok(value.map(|v| v.value().to_vec()))
    }

    /// Writes the first state and what the chain is about, in one transaction.
    pub(crate) fn init(&self, meta: &[(&str, &[u8])], state: &[Change]) -> Result<(), Error> {
        let write = self.db.begin_write().map_err(Error::database)?;
        {
            let mut table = write.open_table(META).map_err(Error::database)?;
            for (key, value) in meta {
                table.insert(*key, *value).map_err(Error::database)?;
            }
            write_changes(&write, state)?;
        }
        write.commit().map_err(Error::database)
    }

    /// Adds a block.
    pub(crate) fn commit(&self, batch: &Batch<'_>) -> Result<(), Error> {
        use prost::Message as _;
        let mut write = self.db.begin_write().map_err(Error::database)?;
        write.set_durability(Durability::Immediate).map_err(Error::database)?;
        {
            let height = batch.height;
            write_changes(&write, batch.new)?;
            let mut undo = write.open_table(UNDO).map_err(Error::database)?;
            let bytes = encode(batch.undo);
            undo.insert(height, bytes.as_slice()).map_err(Error::database)?;
            if let Some(old) = height.checked_sub(batch.keep) {
                undo.remove(old).map_err(Error::database)?;
            }
            let mut blocks = write.open_table(BLOCKS).map_err(Error::database)?;
            let bytes = batch.block.encode_to_vec();
            blocks.insert(height, bytes.as_slice()).map_err(Error::database)?;
            let mut by_hash = write.open_table(BY_HASH).map_err(Error::database)?;
            let hash = batch.block.id.as_ref().map(|id| id.hash.as_slice());
            by_hash.insert(hash.unwrap_or_default(), height).map_err(Error::database)?;
            let mut txs = write.open_table(TXS).map_err(Error::database)?;
            for (i, hash) in batch.txs.iter().enumerate() {
                txs.insert(hash.as_slice(), (height, i as u32)).map_err(Error::database)?;
            }
            let mut events = write.open_table(EVENTS).map_err(Error::database)?;
            for key in batch.events {
                events.insert(key.as_slice(), ()).map_err(Error::database)?;
            }
            let mut codes = write.open_table(CODES).map_err(Error::database)?;
            for (checksum, code) in batch.codes {
                codes.insert(checksum.as_slice(), code.as_slice()).map_err(Error::database)?;
            }
        }
        write.commit().map_err(Error::database)
    }

    /// The newest state.
    pub(crate) fn state(&self) -> Result<Map, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(STATE).map_err(Error::database)?;
        let mut map = empty();
        for entry in table.iter().map_err(Error::database)? {
            let (key, value) = entry.map_err(Error::database)?;
            map.insert_mut(Bytes::copy_from_slice(key.value()), Bytes::copy_from_slice(value.value()));
        }
        Ok(map)
    }

    /// The states before `newest` (that of block `height`), newest first, as far as kept.
    pub(crate) fn past(&self, height: u64, newest: &Map) -> Result<Vec<(u64, Map)>, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(UNDO).map_err(Error::database)?;
        let (mut map, mut past) = (newest.clone(), Vec::new());
        for h in (1..=height).rev() {
            let Some(bytes) = table.get(h).map_err(Error::database)? else {
                break;
            };
            let changes = decode(bytes.value())?;
            map = apply(&map, &changes);
            past.push((h - 1, map.clone()));
        }
        Ok(past)
    }

    pub(crate) fn codes(&self) -> Result<Vec<Vec<u8>>, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(CODES).map_err(Error::database)?;
        let mut codes = Vec::new();
        for entry in table.iter().map_err(Error::database)? {
            codes.push(entry.map_err(Error::database)?.1.value().to_vec());
        }
        Ok(codes)
    }

    /// Height of the newest block, 0 when there is none.
    pub(crate) fn height(&self) -> Result<u64, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(BLOCKS).map_err(Error::database)?;
        let last = table.last().map_err(Error::database)?;
        Ok(last.map_or(0, |(height, _)| height.value()))
    }

    pub(crate) fn block(&self, height: u64) -> Result<Option<StoredBlock>, Error> {
        use prost::Message as _;
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(BLOCKS).map_err(Error::database)?;
        let Some(bytes) = table.get(height).map_err(Error::database)? else {
            return Ok(None);
        };
        Ok(Some(StoredBlock::decode(bytes.value()).map_err(Error::database)?))
    }

    pub(crate) fn height_of(&self, hash: &[u8]) -> Result<Option<u64>, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(BY_HASH).map_err(Error::database)?;
        Ok(table.get(hash).map_err(Error::database)?.map(|h| h.value()))
    }

    /// Height and index of a transaction.
    pub(crate) fn tx(&self, hash: &[u8]) -> Result<Option<(u64, u32)>, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(TXS).map_err(Error::database)?;
        Ok(table.get(hash).map_err(Error::database)?.map(|v| v.value()))
    }

    /// Places of the transactions whose index keys begin with `prefix`.
    pub(crate) fn indexed(&self, prefix: &[u8]) -> Result<Vec<(u64, u32)>, Error> {
        let read = self.db.begin_read().map_err(Error::database)?;
        let table = read.open_table(EVENTS).map_err(Error::database)?;
        let mut places = Vec::new();
        for entry in table.range(prefix..).map_err(Error::database)? {
            let (key, ()) = {
                let (key, _) = entry.map_err(Error::database)?;
                (key, ())
            };
            let Some(place) = key.value().strip_prefix(prefix) else {
                break;
            };
            if let [h @ .., a, b, c, d] = place {
                let height = crate::app::auth::be_u64(h);
                places.push((height, u32::from_be_bytes([*a, *b, *c, *d])));
            }
        }
        Ok(places)
    }
}

fn write_changes(write: &redb::WriteTransaction, changes: &[Change]) -> Result<(), Error> {
    let mut state = write.open_table(STATE).map_err(Error::database)?;
    for (key, value) in changes {
        match value {
            Some(value) => state.insert(key.as_ref(), value.as_ref()).map_err(Error::database)?,
            None => state.remove(key.as_ref()).map_err(Error::database)?,
        };
    }
    Ok(())
}

/// Reads a list of changes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<Change>, Error> {
    use prost::Message as _;
    let changes = Changes::decode(bytes).map_err(Error::database)?;
    Ok(changes.list.into_iter().map(|change| (change.key, change.value)).collect())
}

pub(crate) fn encode(changes: &[Change]) -> Vec<u8> {
    use prost::Message as _;
    let stored = |(key, value): &Change| StoredChange { key: key.clone(), value: value.clone() };
    Changes { list: changes.iter().map(stored).collect() }.encode_to_vec()
}
