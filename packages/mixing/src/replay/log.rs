//! The append-only log behind the table.
//!
//! A header, then eight bytes for each tag. There is no checksum over records, on purpose: whatever a
//! power loss leaves at the end can only add fingerprints that no packet has, and a damaged record in the
//! middle costs that one tag, not all that follow. Zeroes, which file systems leave, are no records.
//! Records are written before their packets leave and synced by the caller, so a killed process forgets
//! nothing and a power loss at most what was written since the last sync.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{Fingerprint, FingerprintKey, Inserted, ReplayTable};

/// Bytes of a log's header: magic, key period, fingerprint key, check.
pub const HEADER_BYTES: usize = MAGIC.len() + 4 + 4 + 16 + CHECK_BYTES;

/// Bytes of a record.
pub const RECORD_BYTES: usize = 8;

const MAGIC: &[u8; 8] = b"nymrply1";
const CHECK_BYTES: usize = 8;
const LABEL: &[u8] = b"nym-replay-log-v1";

/// Records read at a time.
const READ_BYTES: usize = 8_192 * RECORD_BYTES;

/// What stands at the start of a log.
#[derive(Clone, Debug)]
pub struct LogHeader {
    /// The key period whose packets are recorded.
    pub period: u32,
    /// What made the fingerprints.
    pub key: FingerprintKey,
}

/// What reading a log found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Tags that are known now.
    pub tags: usize,
    /// Bytes up to the last record that holds something: where appending goes on.
    pub valid_bytes: u64,
    /// Bytes behind that: half a record, or zeroes.
    pub torn_bytes: u64,
}

/// Why a replay log cannot be used. Without its log a node would forward packets again that it has
/// forwarded before, so none of these is passed over in silence.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The system refused.
    #[error("could not access the replay log {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process writes it: two nodes with one home folder.
    #[error("the replay log {} is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file does not begin as a log does.
    #[error("the replay log has a damaged header or is no replay log")]
    BadHeader,
    /// The log is that of another key period.
    #[error("the replay log is of key period {found}, not of {expected}")]
    WrongPeriod {
        /// The period asked for.
        expected: u32,
        /// The period of the log.
        found: u32,
    },
    /// The log holds more than the table may.
    #[error("the replay log holds more than the {capacity} tags that the table may have")]
    TooManyTags {
        /// The table's bound.
        capacity: usize,
    },
    /// Reading failed.
    #[error("could not read the replay log")]
    Read(#[from] io::Error),
}

/// A log's header as bytes.
pub fn encode_header(header: &LogHeader) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    let (content, check) = bytes.split_at_mut(HEADER_BYTES - CHECK_BYTES);
    content[..8].copy_from_slice(MAGIC);
    content[8..12].copy_from_slice(&header.period.to_be_bytes());
    content[16..32].copy_from_slice(header.key.as_bytes());
    check.copy_from_slice(&check_of(content));
    bytes
}

fn decode_header(bytes: &[u8; HEADER_BYTES]) -> Result<LogHeader, LogError> {
    let (content, check) = bytes.split_at(HEADER_BYTES - CHECK_BYTES);
    let (magic, rest) = content.split_first_chunk::<8>().ok_or(LogError::BadHeader)?;
    let (period, rest) = rest.split_first_chunk().ok_or(LogError::BadHeader)?;
    let (reserved, rest) = rest.split_first_chunk::<4>().ok_or(LogError::BadHeader)?;
    let key = rest.first_chunk().ok_or(LogError::BadHeader)?;
    if magic != MAGIC || *reserved != [0; 4] || check != check_of(content) {
        return Err(LogError::BadHeader);
    }
    Ok(LogHeader { period: u32::from_be_bytes(*period), key: FingerprintKey::new(*key) })
}

/// Tells a damaged header from a good one; nobody else writes this file, so it is not keyed.
fn check_of(content: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = Sha256::new().chain_update(LABEL).chain_update(content).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash[..CHECK_BYTES]);
    check
}

/// Reads a whole log into a table of at most `capacity` tags.
pub fn read_log(mut log: impl Read, capacity: usize) -> Result<(LogHeader, ReplayTable, ReadReport), LogError> {
    let mut header = [0; HEADER_BYTES];
    log.read_exact(&mut header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => LogError::BadHeader,
        _ => LogError::Read(error),
    })?;
    let header = decode_header(&header)?;
    let mut table = ReplayTable::new(header.key.clone(), capacity);

    let mut position = HEADER_BYTES as u64;
    let mut valid_bytes = position;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let filled = fill(&mut log, &mut buffer)?;
        let (records, half) = buffer[..filled].as_chunks::<RECORD_BYTES>();
        for record in records {
            position += RECORD_BYTES as u64;
            let Some(fingerprint) = Fingerprint::from_bytes(*record) else { continue };
            if table.insert(fingerprint) == Inserted::Full {
                return Err(LogError::TooManyTags { capacity });
            }
            valid_bytes = position;
        }
        position += half.len() as u64;
        if filled < READ_BYTES {
            break;
        }
    }

    let report = ReadReport { tags: table.len(), valid_bytes, torn_bytes: position - valid_bytes };
    Ok((header, table, report))
}

/// Reads until the buffer is full or the log ends.
fn fill(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match log.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A replay log in a file, locked for as long as it is open.
#[derive(Debug)]
pub struct ReplayLog {
    file: File,
    /// Length up to the last complete write.
    len: u64,
    /// A write failed and may have left part of its bytes.
    ragged: bool,
}

impl ReplayLog {
    /// Opens the log of a key period and reads it, or creates it with `new_key` (16 random bytes). What
    /// was torn at its end is cut off, so that records stay aligned.
    pub fn open(
        path: &Path,
        period: u32,
        new_key: [u8; 16],
        capacity: usize,
    ) -> Result<(Self, ReplayTable, ReadReport), LogError> {
        let io = |source| LogError::Io { path: path.to_owned(), source };
        if !path.try_exists().map_err(io)? {
            create(path, &LogHeader { period, key: FingerprintKey::new(new_key) }).map_err(io)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LogError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => io(source),
        })?;

        let (header, table, report) = read_log(&file, capacity)?;
        if header.period != period {
            return Err(LogError::WrongPeriod { expected: period, found: header.period });
        }
        if report.torn_bytes > 0 {
            file.set_len(report.valid_bytes).map_err(io)?;
        }
        file.seek(SeekFrom::Start(report.valid_bytes)).map_err(io)?;

        Ok((Self { file, len: report.valid_bytes, ragged: false }, table, report))
    }

    /// Puts everything written so far on the disk. Takes milliseconds; see [`sync_later`].
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A second handle on the log's file, with which another thread can sync it.
pub fn sync_later(log: &ReplayLog) -> io::Result<impl Fn() -> io::Result<()> + Send + 'static> {
    let file = log.file.try_clone()?;
    Ok(move || file.sync_data())
}

impl Write for ReplayLog {
    /// Writes all of `bytes` or fails; after a failure the next write begins where the last complete one
    /// ended.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.ragged {
            self.file.set_len(self.len)?;
            self.file.seek(SeekFrom::Start(self.len))?;
            self.ragged = false;
        }
        if let Err(error) = self.file.write_all(bytes) {
            self.ragged = true;
            return Err(error);
        }
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a new log beside its place and moves it there: the file is either whole or not there.
fn create(path: &Path, header: &LogHeader) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // The fingerprint key lets a reader of the file test for packets whose tags it knows.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(&encode_header(header))?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
