//! What a client tells its application beside the messages themselves.

use crate::MessageId;

/// Something the application may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Every fragment of a message was acknowledged: it is stored at the recipient's gateway or, if it was
    /// a reply, at the recipient.
    Delivered(MessageId),
    /// A message was given up; parts of it may have arrived, the recipient never sees them.
    Failed(MessageId, Failure),
    /// A session with the gateway is established.
    Connected,
    /// The session with the gateway has ended; the client tries again by itself.
    Disconnected(String),
    /// A newer session of the same client has begun at the gateway: this one stays silent.
    SessionReplaced,
    /// The gateway told how many bytes it will still forward.
    Balance(u64),
    /// A topology of this epoch is in use.
    Topology(u32),
    /// No usable topology: nothing is sent until there is one.
    NoTopology(String),
    /// So many percent of the client's own loops did not come back within the last minutes: somebody
    /// on the way is dropping packets.
    LoopsLost {
        /// Percent of the loops.
        percent: u8,
    },
}

/// Why a message was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A fragment was sent as often as is sensible and never acknowledged.
    #[error("no acknowledgement after {0} tries")]
    NotAcknowledged(u8),
    /// It waited for longer than messages are repeated.
    #[error("not delivered within 24 hours")]
    TooOld,
    /// It is a reply, and the sender gave no more reply blocks.
    #[error("the sender has left no reply blocks")]
    NoReplyBlocks,
}
