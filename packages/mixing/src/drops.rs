//! Why a packet was dropped: one closed list for the whole path through a node, and counters.
//!
//! The names are label values of a metric and keys of statistics; they do not change. A peer is never
//! told the reason, and nothing here says more than which check failed.

use std::fmt;

use nym_sphinx::ProcessError;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)+) => {
        /// Why a packet was dropped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DropReason {
            $($(#[$doc])* $variant,)+
        }

        impl DropReason {
            /// Every reason, in the order of [`DropReason::index`].
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The reason's stable name, in snake_case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

reasons! {
    /// No packet size of this network has the packet's length.
    WrongLength => "wrong_length",
    /// The group element is not the one encoding of its value.
    NonCanonicalAlpha => "non_canonical_alpha",
    /// The group element has low order: everybody knows the shared secret.
    LowOrderAlpha => "low_order_alpha",
    /// The header was changed, or was made for a key that is not in force.
    BadMac => "bad_mac",
    /// The header has a version other than the one that is spoken.
    WrongVersion => "wrong_version",
    /// The header asks for something unknown.
    UnknownFlag => "unknown_flag",
    /// The payload was changed on its way.
    BadPayload => "bad_payload",
    /// The packet was here before in this key period.
    Replay => "replay",
    /// The replay table holds as many tags as it may: nothing new can be told from a copy.
    ReplayTableFull => "replay_table_full",
    /// The replay log cannot be written: nothing may leave without its record.
    ReplayLogFailed => "replay_log_failed",
    /// The sender asks for a longer delay than the network allows here.
    DelayTooLong => "delay_too_long",
    /// The next hop is in no topology document and is no client of this node.
    UnknownNextHop => "unknown_next_hop",
    /// The next hop is a node, but no single document leads from the previous hop over this one to it.
    NotNeighbour => "not_neighbour",
    /// There is no topology document yet.
    NoTopology => "no_topology",
    /// A queue before the mixing is full: dropped before any cryptography.
    Overload => "overload",
    /// The delay queue holds as many bytes as it may.
    DelayQueueFull => "delay_queue_full",
    /// The next node's queue is full.
    LinkFull => "link_full",
    /// The link broke while the packet was being written.
    LinkLost => "link_lost",
    /// The packet ends here but means nothing here.
    Unexpected => "unexpected",
    /// A gateway: the recipient is none of its clients.
    UnknownRecipient => "unknown_recipient",
    /// A gateway: the recipient's inbox is full.
    InboxFull => "inbox_full",
    /// A gateway: the inbox could not be written.
    StoreFailed => "store_failed",
    /// A gateway: an acknowledgement for a client that is not connected.
    AckOffline => "ack_offline",
    /// Dropped on purpose by a test that simulates loss.
    Injected => "injected",
}

impl DropReason {
    /// How many reasons there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The reason's place in [`DropReason::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<ProcessError> for DropReason {
    fn from(error: ProcessError) -> Self {
        match error {
            ProcessError::WrongLength { .. } => Self::WrongLength,
            ProcessError::NonCanonicalAlpha => Self::NonCanonicalAlpha,
            ProcessError::LowOrderAlpha => Self::LowOrderAlpha,
            ProcessError::WrongVersion { .. } => Self::WrongVersion,
            ProcessError::UnknownFlag { .. } => Self::UnknownFlag,
            ProcessError::BadPayload => Self::BadPayload,
            // The list of the packet crate may grow; what it calls new is a header that is not ours.
            ProcessError::BadMac | _ => Self::BadMac,
        }
    }
}

/// How many packets were dropped for each reason: plain numbers, one writer, summed by the reporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropCounts([u64; DropReason::COUNT]);

impl DropCounts {
    /// All zero.
    pub const fn new() -> Self {
        Self([0; DropReason::COUNT])
    }

    /// Counts one drop.
    pub fn count(&mut self, reason: DropReason) {
        if let Some(count) = self.0.get_mut(reason.index()) {
            *count = count.saturating_add(1);
        }
    }

    /// Drops for one reason.
    pub fn get(&self, reason: DropReason) -> u64 {
        self.0.get(reason.index()).copied().unwrap_or(0)
    }

    /// Drops for all reasons together.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Every reason with its count, zeroes too.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL.iter().copied().zip(self.0.iter().copied())
    }
}

impl Default for DropCounts {
    fn default() -> Self {
        Self::new()
    }
}
