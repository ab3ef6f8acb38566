//! What can be set about a client, with defaults that suit an ordinary one.

use crate::outbox::OutboxLimits;
use crate::surbs::{OwnLimits, PeerLimits};
use nym_wire::fragment::MAX_FRAGMENTS;
use nym_wire::reassembly::ReassemblyLimits;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long after its acceptance a message may still be repeated; then it fails.
///
/// Recipients remember the ids of completed messages for the gateways' inbox time and this long, so no
/// repetition, not even one after a week of being switched off, is taken for a new message.
pub const LONGEST_RETRANSMISSION: Duration = Duration::from_secs(24 * 60 * 60);

/// How long gateways keep a message for an absent client: two weeks.
pub const INBOX_TIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How many packets a client sends per second, whether it has something to say or not.
///
/// The classes are few so that each is a crowd: a client is hidden among those of its own class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum RateClass {
    /// 50 packets per second, about 74 kB/s of messages: the default.
    #[default]
    Packets50,
    /// 200 packets per second.
    Packets200,
    /// 400 packets per second.
    Packets400,
    /// 800 packets per second, about 1.2 MB/s of messages.
    Packets800,
}

impl RateClass {
    /// Every class, slowest first.
    pub const ALL: [Self; 4] = [Self::Packets50, Self::Packets200, Self::Packets400, Self::Packets800];

    /// Packets per second.
    pub const fn packets_per_second(self) -> u32 {
        match self {
            Self::Packets50 => 50,
            Self::Packets200 => 200,
            Self::Packets400 => 400,
            Self::Packets800 => 800,
        }
    }

    /// The mean gap between two packets.
    pub fn mean_gap(self) -> Duration {
        Duration::from_secs(1) / self.packets_per_second()
    }
}

impl TryFrom<u32> for RateClass {
    type Error = String;

    fn try_from(rate: u32) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|class| class.packets_per_second() == rate)
            .ok_or_else(|| format!("rate {rate} is no class; the classes are 50, 200, 400 and 800 packets per second"))
    }
}

impl From<RateClass> for u32 {
    fn from(class: RateClass) -> u32 {
        class.packets_per_second()
    }
}

/// Settings of a client.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Packets per second of the main stream.
    pub rate: RateClass,
    /// Mean gap of the second stream, loops back to the client itself.
    pub loop_cover: Duration,
    /// Mean delay per mix node; `None` takes the network's.
    pub mean_hop_delay: Option<Duration>,
    /// Whether the ways of packets are remembered, in memory, for [`crate::Client::trace`]. They are what the
    /// mixnet hides: only for trying a network out.
    pub trace: bool,
    /// Sends nothing that carries nothing. Everybody sees then when the client talks: only for tests that account for
    /// every packet of a network.
    pub quiet: bool,
    /// Bounds of queues and buffers.
    pub limits: Limits,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            rate: RateClass::default(),
            loop_cover: Duration::from_millis(200),
            mean_hop_delay: None,
            trace: false,
            quiet: false,
            limits: Limits::default(),
        }
    }
}

/// Bounds of a client's queues and buffers.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages on their way out.
    pub outbox: OutboxLimits,
    /// Incomplete and completed messages on their way in.
    pub reassembly: ReassemblyLimits,
    /// Bytes of received messages that wait for the application. Beyond that nothing more is taken
    /// from the gateway, which keeps it for the inbox time.
    pub inbox_bytes: usize,
    /// Received messages that wait for the application.
    pub inbox_messages: usize,
    /// Reply blocks this client makes.
    pub own_surbs: OwnLimits,
    /// Reply blocks this client is given.
    pub peer_surbs: PeerLimits,
    /// Recipients that are given reply blocks; the one used least recently goes first.
    pub peers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            outbox: OutboxLimits {
                // A quarter of an hour at the default rate; more would only wait longer in memory.
                messages: 10_000,
                bytes: 64 * 1024 * 1024,
                tries: 8,
                grace: Duration::from_millis(1_500),
            },
            reassembly: ReassemblyLimits {
                // Six of the largest messages at once.
                bytes: 64 * 1024 * 1024,
                fragments: MAX_FRAGMENTS,
                idle: LONGEST_RETRANSMISSION,
                // 40 bytes each in memory; two weeks of one message every second.
                completed: 1_000_000,
            },
            inbox_bytes: 256 * 1024 * 1024,
            inbox_messages: 100_000,
            own_surbs: OwnLimits { total: 50_000, outstanding: 200, allowance: 100 },
            peer_surbs: PeerLimits { peers: 1_000, per_peer: 500 },
            peers: 1_000,
        }
    }
}
