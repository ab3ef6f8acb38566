//! The thread that writes: commands in, one transaction for many of them, results out after the commit.
//!
//! A command that fails spoils its transaction for all others in it, so a failed group is taken back and
//! tried one by one; what fails alone is not stored and not acknowledged. A full disk therefore stops new
//! messages only: deletions go on, and storing works again once there is room.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{params, Connection, OptionalExtension, TransactionBehavior};
use tokio::sync::oneshot;

use super::accounts::Accounts;
use super::{schema, Ack, ClientId, InboxError, InboxLimits, Observer, RowKind, Stored};

/// Commands in one transaction: bounds its memory and the wait of the last one.
const GROUP: usize = 1_024;

/// How often old rows are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Rows that one sweep deletes, so that it never holds up storing for long.
const SWEEP_ROWS: i64 = 2_000;

/// What the thread is asked to do.
pub(super) enum Command {
    Store { client: ClientId, row: i64, kind: RowKind, bytes: Vec<u8>, ack: Option<Ack> },
    Confirm { client: ClientId, row: i64, ids: Vec<u64> },
    Register { client: ClientId, answer: oneshot::Sender<Result<(), InboxError>> },
    Stop,
}

/// What a command did, to be told after the commit.
enum Effect {
    Stored,
    Registered(i64),
    Deleted { rows: u64, bytes: u64 },
}

pub(super) struct Thread {
    connection: Connection,
    accounts: Arc<Accounts>,
    limits: InboxLimits,
    observer: Box<dyn Observer>,
    waiting: Arc<AtomicUsize>,
    failing: bool,
}

impl Thread {
    pub(super) fn new(
        connection: Connection,
        accounts: Arc<Accounts>,
        limits: InboxLimits,
        observer: Box<dyn Observer>,
        waiting: Arc<AtomicUsize>,
    ) -> Self {
        Self { connection, accounts, limits, observer, waiting, failing: false }
    }

    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        let mut next_sweep = Instant::now();
        loop {
            if Instant::now() >= next_sweep {
                self.sweep();
                next_sweep = Instant::now() + SWEEP_EVERY;
            }
            let mut group = Vec::new();
            let stop = match commands.recv_timeout(next_sweep.saturating_duration_since(Instant::now())) {
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => true,
                Ok(first) => {
                    group.push(first);
                    gather(commands, &mut group, Instant::now() + self.limits.commit_interval)
                }
                Err(RecvTimeoutError::Timeout) => false,
            };
            if !group.is_empty() {
                self.waiting.fetch_sub(group.len(), Ordering::Relaxed);
                self.write(group);
            }
            if stop {
                // Leaves one file; after a crash the log is replayed instead.
                let _ = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
                return;
            }
        }
    }

    fn write(&mut self, group: Vec<Command>) {
        let effects = match self.commit(&group) {
            Ok(effects) => effects.into_iter().map(Ok).collect(),
            Err(_) if group.len() > 1 => group.iter().map(|command| self.commit_one(command)).collect(),
            Err(error) => vec![Err(error)],
        };
        self.report(group, effects);
    }

    fn commit_one(&mut self, command: &Command) -> rusqlite::Result<Effect> {
        let effects = self.commit(std::slice::from_ref(command))?;
        effects.into_iter().next().ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// All of them in one transaction, or none.
    fn commit(&mut self, group: &[Command]) -> rusqlite::Result<Vec<Effect>> {
        // Dropping the transaction without a commit takes everything back.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let hour = hour();
        let effects = group.iter().map(|command| apply(&transaction, command, hour)).collect::<Result<Vec<_>, _>>()?;
        transaction.commit()?;
        Ok(effects)
    }

    fn report(&mut self, group: Vec<Command>, effects: Vec<rusqlite::Result<Effect>>) {
        let mut stored = Vec::new();
        let mut failed = 0;
        for (command, effect) in group.into_iter().zip(effects) {
            if let Err(error) = &effect {
                self.note_failure(error);
            } else if std::mem::take(&mut self.failing) {
                tracing::info!("the inbox can be written again");
            }
            match (command, effect) {
                (Command::Store { client, ack, .. }, Ok(_)) => stored.push(Stored { client, ack }),
                (Command::Store { client, bytes, .. }, Err(_)) => {
                    self.accounts.release(&client, 1, bytes.len() as u64);
                    failed += 1;
                }
                (Command::Confirm { client, .. }, Ok(Effect::Deleted { rows, bytes })) => {
                    self.accounts.release(&client, rows, bytes);
                }
                (Command::Register { client, answer }, Ok(Effect::Registered(row))) => {
                    let known = self.accounts.row_of(&client).is_some();
                    let result = if !known && self.accounts.is_full() {
                        Err(InboxError::TooManyClients(self.limits.max_clients))
                    } else {
                        self.accounts.add(client, row);
                        Ok(())
                    };
                    let _ = answer.send(result);
                }
                (Command::Register { answer, .. }, Err(source)) => {
                    let path = self.connection.path().unwrap_or_default().into();
                    let _ = answer.send(Err(InboxError::Database { path, source }));
                }
                _ => {}
            }
        }
        if failed > 0 {
            self.observer.failed(failed);
        }
        if !stored.is_empty() {
            self.observer.stored(stored);
        }
    }

    fn note_failure(&mut self, error: &rusqlite::Error) {
        // One line per outage; the counter says how much was refused.
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(%error, "the inbox cannot be written: new messages are refused until it can");
        }
    }

    fn sweep(&mut self) {
        let ttl_hours = i64::try_from(self.limits.ttl.as_secs() / 3_600).unwrap_or(i64::MAX);
        let oldest = hour().saturating_sub(ttl_hours);
        match schema::expire(&self.connection, oldest, SWEEP_ROWS) {
            Ok(rows) => {
                for (client, bytes) in rows.iter().filter_map(|(client, bytes)| Some((client.as_ref()?, *bytes))) {
                    self.accounts.release(client, 1, bytes);
                }
                if !rows.is_empty() {
                    tracing::info!(rows = rows.len(), "messages past their time limit were deleted");
                }
            }
            Err(error) => tracing::warn!(%error, "old messages could not be deleted; the next sweep tries again"),
        }
    }
}

/// Adds what comes in until the deadline; `true` when the thread is to end.
fn gather(commands: &Receiver<Command>, group: &mut Vec<Command>, deadline: Instant) -> bool {
    while group.len() < GROUP {
        match commands.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
            Ok(command) => group.push(command),
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
    false
}

fn apply(connection: &Connection, command: &Command, hour: i64) -> rusqlite::Result<Effect> {
    match command {
        Command::Store { row, kind, bytes, .. } => {
            connection
                .prepare_cached("INSERT INTO inbox (client, kind, hour, bytes) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![row, *kind as u8, hour, bytes])?;
            Ok(Effect::Stored)
        }
        Command::Confirm { row, ids, .. } => {
            let mut statement = connection.prepare_cached(
                "DELETE FROM inbox WHERE id = ?1 AND client = ?2 RETURNING coalesce(length(bytes), 0)",
            )?;
            let (mut rows, mut bytes) = (0, 0);
            for id in ids {
                let id = i64::try_from(*id).unwrap_or(-1);
                let length: Option<i64> = statement.query_row(params![id, row], |row| row.get(0)).optional()?;
                if let Some(length) = length {
                    rows += 1;
                    bytes += length.unsigned_abs();
                }
            }
            Ok(Effect::Deleted { rows, bytes })
        }
        Command::Register { client, .. } => {
            connection
                .prepare_cached("INSERT INTO clients (identity) VALUES (?1) ON CONFLICT DO NOTHING")?
                .execute(params![client.as_slice()])?;
            let row = connection
                .prepare_cached("SELECT id FROM clients WHERE identity = ?1")?
                .query_row(params![client.as_slice()], |row| row.get(0))?;
            Ok(Effect::Registered(row))
        }
        Command::Stop => Ok(Effect::Stored),
    }
}

fn hour() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(seconds / 3_600).unwrap_or(i64::MAX)
}
