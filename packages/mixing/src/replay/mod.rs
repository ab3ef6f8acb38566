//! Which packets were seen in a key period: an exact table in memory, an append-only log on disk.
//!
//! A tag is kept as a 64-bit fingerprint, an AES encryption of the tag's start under a key of the
//! period's own. Senders choose tags but cannot choose fingerprints, so they cannot make the table slow
//! or its entries collide; for two of 10⁹ tags to collide by chance has odds of one in forty, and the
//! price is one packet lost. The log holds the same fingerprints, so a restart keeps them.

mod log;
mod table;

pub use log::{
    encode_header, read_log, sync_later, LogError, LogHeader, ReadReport, ReplayLog, HEADER_BYTES, RECORD_BYTES,
};
pub use table::{Fingerprint, FingerprintKey, Inserted, ReplayTable};
