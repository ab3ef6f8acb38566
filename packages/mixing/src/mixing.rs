//! What a node does with packets, in batches and in place.
//!
//! The order of the checks is the point: nothing that can be observed, and nothing that is remembered,
//! happens before the last check that may drop the packet. A tag enters the replay table only when its
//! packet leaves, so a mangled copy that arrives first cannot kill the packet it was made from.

use std::io;
use std::ops::Range;
use std::time::Duration;

use nym_sphinx::{Address, Destination, HopKeys, Instruction, OpenedHeader, PayloadSize, Processed, StaticSecret};

use crate::replay::{Fingerprint, Inserted, ReplayTable};
use crate::routing::{NextHop, Routing};
use crate::{DropCounts, DropReason};

/// Key periods in force at a time: the current one and, through the overlap, the previous one.
pub const MAX_KEYS: usize = 2;

/// A packet as it came over a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The identity with which the link's other end authenticated itself.
    pub previous: Address,
    /// The packet; processing happens in this buffer.
    pub bytes: Vec<u8>,
}

/// What is to be done with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The buffer holds the packet for `next`; send it at `due`.
    ForwardAfter {
        /// The next node.
        next: Address,
        /// When to send it, on the caller's clock.
        due: Duration,
    },
    /// The buffer holds a reply for this client of the gateway, to be kept whole.
    KeepFor {
        /// The client.
        client: Address,
    },
    /// The packet ended here.
    Deliver {
        /// What the header said: zero in everything that ends at a node by protocol.
        destination: Destination,
        /// Where in the buffer the plaintext lies.
        plaintext: Range<usize>,
    },
    /// The packet is dropped; the buffer holds nothing of use.
    Drop(DropReason),
}

/// More than [`MAX_KEYS`] key periods would be in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_KEYS} key periods are in force; one has to be retired before another begins")]
pub struct TooManyKeys;

/// One key period: the key, what was seen under it, and where that is recorded.
struct KeyPeriod<W> {
    number: u32,
    secret: StaticSecret,
    seen: ReplayTable,
    log: W,
    /// Records of the batch in work; as many as its packets.
    records: Vec<u8>,
}

/// The packet path of one node.
///
/// Time and the network are arguments, the replay log is anything that can be written: [`io::Write`]
/// whose `write_all` hands the bytes to the operating system, such as [`crate::replay::ReplayLog`].
/// Syncing it is the caller's affair.
pub struct Mixing<W> {
    /// Newest first.
    keys: Vec<KeyPeriod<W>>,
    sizes: Vec<PayloadSize>,
    counts: DropCounts,
    actions: Vec<Action>,
}

/// A packet whose header is open, with what the later steps need.
struct Opened {
    key: usize,
    keys: HopKeys,
    fingerprint: Fingerprint,
    header: OpenedHeader,
}

impl<W: io::Write> Mixing<W> {
    /// A path without keys for the packet sizes of one network.
    pub fn new(sizes: impl IntoIterator<Item = PayloadSize>) -> Self {
        Self {
            keys: Vec::with_capacity(MAX_KEYS),
            sizes: sizes.into_iter().collect(),
            counts: DropCounts::new(),
            actions: Vec::new(),
        }
    }

    /// Begins a key period, with what is already known to have been seen in it.
    pub fn begin_period(
        &mut self,
        number: u32,
        secret: StaticSecret,
        seen: ReplayTable,
        log: W,
    ) -> Result<(), TooManyKeys> {
        if self.keys.len() >= MAX_KEYS {
            return Err(TooManyKeys);
        }
        self.keys.push(KeyPeriod { number, secret, seen, log, records: Vec::new() });
        self.keys.sort_by_key(|period| std::cmp::Reverse(period.number));
        Ok(())
    }

    /// Ends a key period: its packets are no longer opened, its table is forgotten whole. Gives the log
    /// back, if there was such a period.
    pub fn end_period(&mut self, number: u32) -> Option<W> {
        let at = self.keys.iter().position(|period| period.number == number)?;
        Some(self.keys.remove(at).log)
    }

    /// Numbers of the key periods in force, newest first.
    pub fn periods(&self) -> impl Iterator<Item = u32> + '_ {
        self.keys.iter().map(|period| period.number)
    }

    /// The replay table of a key period.
    pub fn seen(&self, number: u32) -> Option<&ReplayTable> {
        self.keys.iter().find(|period| period.number == number).map(|period| &period.seen)
    }

    /// The replay log of a key period.
    pub fn log(&mut self, number: u32) -> Option<&mut W> {
        self.keys.iter_mut().find(|period| period.number == number).map(|period| &mut period.log)
    }

    /// Drops so far.
    pub fn drops(&self) -> &DropCounts {
        &self.counts
    }

    /// Processes a batch that came in at `now`: one action per packet, in the same order.
    ///
    /// The records of every packet that is not dropped have been written to the replay log when this
    /// returns, in one write per key period.
    pub fn process(&mut self, batch: &mut [Packet], now: Duration, routing: &impl Routing) -> &[Action] {
        self.actions.clear();
        for packet in batch.iter_mut() {
            let action = self.one(packet, now, routing);
            self.actions.push(action.unwrap_or_else(Action::Drop));
        }
        self.write_records();

        for action in &self.actions {
            if let Action::Drop(reason) = action {
                self.counts.count(*reason);
            }
        }
        &self.actions
    }

    fn one(&mut self, packet: &mut Packet, now: Duration, routing: &impl Routing) -> Result<Action, DropReason> {
        let opened = self.open(&packet.bytes)?;
        let next = check(&opened.header, &packet.previous, routing)?;
        let processed = opened.header.advance(&opened.keys, &mut packet.bytes)?;

        let period = self.keys.get_mut(opened.key).ok_or(DropReason::BadMac)?;
        match period.seen.insert(opened.fingerprint) {
            Inserted::New => period.records.extend_from_slice(&opened.fingerprint.to_bytes()),
            Inserted::Known => return Err(DropReason::Replay),
            Inserted::Full => return Err(DropReason::ReplayTableFull),
        }

        Ok(match (processed, next) {
            (Processed::Forward { next: client, .. }, Some(NextHop::Client)) => Action::KeepFor { client },
            (Processed::Forward { next, delay }, _) => Action::ForwardAfter { next, due: now.saturating_add(delay) },
            (Processed::Final { destination, plaintext }, _) => Action::Deliver { destination, plaintext },
        })
    }

    /// Finds the key whose holder the packet was made for. The packet is not changed.
    fn open(&self, bytes: &[u8]) -> Result<Opened, DropReason> {
        if !self.sizes.iter().any(|size| size.packet_len() == bytes.len()) {
            return Err(DropReason::WrongLength);
        }
        let mut reason = DropReason::BadMac;
        for (key, period) in self.keys.iter().enumerate() {
            let keys = HopKeys::agree(&period.secret, bytes)?;
            let fingerprint = period.seen.fingerprint(keys.replay_tag());
            if period.seen.contains(fingerprint) {
                return Err(DropReason::Replay);
            }
            match keys.open_header(bytes).map_err(DropReason::from) {
                Ok(header) => return Ok(Opened { key, keys, fingerprint, header }),
                // It may have been made for the other key.
                Err(DropReason::BadMac) => {}
                Err(other) => {
                    reason = other;
                    break;
                }
            }
        }
        Err(reason)
    }

    /// Hands the batch's records to the logs. What cannot be recorded must not leave: when a write
    /// fails, every packet of the batch that would have left is dropped.
    fn write_records(&mut self) {
        let mut failed = false;
        for period in &mut self.keys {
            if !period.records.is_empty() {
                failed |= period.log.write_all(&period.records).is_err();
                period.records.clear();
            }
        }
        if failed {
            for action in self.actions.iter_mut().filter(|action| !matches!(action, Action::Drop(_))) {
                *action = Action::Drop(DropReason::ReplayLogFailed);
            }
        }
    }
}

/// Whether the network allows what the header asks for.
fn check(header: &OpenedHeader, previous: &Address, routing: &impl Routing) -> Result<Option<NextHop>, DropReason> {
    let Instruction::Forward { next, delay } = header.instruction() else {
        return Ok(None);
    };
    let kind = routing.admit(previous, next)?;
    let limit = match kind {
        NextHop::Node => routing.max_delay(),
        // A hop to a client has no delay by protocol; another value would mark the packet.
        NextHop::Client => Duration::ZERO,
    };
    if *delay > limit {
        return Err(DropReason::DelayTooLong);
    }
    Ok(Some(kind))
}
