//! From fragments to messages, within a budget of bytes.
//!
//! A pure state machine: it decides what happens to a fragment and holds the bytes of messages that
//! are not yet whole; the caller writes each accepted fragment to disk before confirming it. The first
//! copy of a fragment wins, completed ids are remembered, and what never completes is evicted.

use crate::ids::MessageId;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// What a set of incomplete messages may take.
#[derive(Debug, Clone, Copy)]
pub struct ReassemblyLimits {
    /// Bytes of fragments held for incomplete messages; beyond that the least recently active goes.
    pub bytes: usize,
    /// Fragments that one message may have.
    pub fragments: u16,
    /// How long a message may wait for its next fragment.
    pub idle: Duration,
    /// Ids remembered as completed; the oldest are forgotten beyond that.
    pub completed: usize,
}

/// What became of a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// New: store it, then confirm it.
    Stored,
    /// The last one: store the message, then confirm the fragment.
    Complete(Vec<u8>),
    /// Another copy of a fragment that is here already, or of a message that was completed: confirm it.
    Duplicate,
    /// It contradicts itself or what came before: confirm it, so that it does not come again.
    Refused(Refusal),
}

/// Why a fragment was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The index is not below the count, or the count is zero or above the limit.
    Position,
    /// Earlier fragments of the message said another count or another kind.
    Disagrees,
    /// Only the last fragment of a message may be shorter than a full one.
    Gap,
    /// The message alone is larger than the whole budget.
    TooLarge,
}

/// One fragment as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Fragment<'a> {
    /// The message it belongs to.
    pub id: MessageId,
    /// Its place.
    pub index: u16,
    /// How many there are.
    pub count: u16,
    /// The kind of the message.
    pub kind: u8,
    /// The bytes that every fragment of its message but the last carries.
    pub capacity: usize,
    /// Its share of the message.
    pub data: &'a [u8],
}

struct Partial {
    kind: u8,
    parts: Vec<Option<Box<[u8]>>>,
    present: u16,
    bytes: usize,
    active: Duration,
}

/// Messages that are not yet whole, and the ids of those that are.
pub struct Reassembly {
    limits: ReassemblyLimits,
    partials: HashMap<MessageId, Partial>,
    /// The same messages by last activity: the first is evicted first.
    by_activity: BTreeSet<(Duration, MessageId)>,
    bytes: usize,
    completed: HashMap<MessageId, u64>,
    /// The same ids by the time they may be forgotten (unix seconds).
    completed_by_time: BTreeSet<(u64, MessageId)>,
}

/// What a fragment costs beside its bytes: pointers, map entries, allocator.
const OVERHEAD: usize = 64;

impl Reassembly {
    /// Starts empty.
    pub fn new(limits: ReassemblyLimits) -> Self {
        Self {
            limits,
            partials: HashMap::new(),
            by_activity: BTreeSet::new(),
            bytes: 0,
            completed: HashMap::new(),
            completed_by_time: BTreeSet::new(),
        }
    }

    /// Takes one fragment; also returns the messages that had to go to make room for it.
    pub fn insert(&mut self, fragment: Fragment<'_>, now: Duration) -> (Outcome, Vec<MessageId>) {
        let Fragment { id, index, count, kind, capacity, data } = fragment;
        if self.completed.contains_key(&id) {
            return (Outcome::Duplicate, Vec::new());
        }
        if count == 0 || index >= count || count > self.limits.fragments {
            return (Outcome::Refused(Refusal::Position), Vec::new());
        }
        if data.len() > capacity || (index + 1 < count && data.len() != capacity) {
            return (Outcome::Refused(Refusal::Gap), Vec::new());
        }
        let known = self.partials.get(&id);
        if known.is_some_and(|partial| usize::from(count) != partial.parts.len() || kind != partial.kind) {
            return (Outcome::Refused(Refusal::Disagrees), Vec::new());
        }
        if count == 1 {
            return (Outcome::Complete(data.to_vec()), Vec::new());
        }

        // The slots of a message are paid for when it begins: a count of 65,535 costs memory at once.
        let opening = usize::from(count) * std::mem::size_of::<Option<Box<[u8]>>>() + OVERHEAD;
        if opening + usize::from(count) * (capacity + OVERHEAD) > self.limits.bytes {
            return (Outcome::Refused(Refusal::TooLarge), Vec::new());
        }
        if known.is_some_and(|partial| partial.parts.get(usize::from(index)).is_some_and(Option::is_some)) {
            return (Outcome::Duplicate, Vec::new());
        }
        let partial = self.partials.entry(id).or_insert_with(|| {
            self.bytes += opening;
            let parts = std::iter::repeat_with(|| None).take(usize::from(count)).collect();
            Partial { kind, parts, present: 0, bytes: opening, active: now }
        });
        let cost = data.len() + OVERHEAD;
        if let Some(part) = partial.parts.get_mut(usize::from(index)) {
            *part = Some(data.into());
        }
        partial.present += 1;
        partial.bytes += cost;
        self.bytes += cost;
        self.by_activity.remove(&(partial.active, id));
        partial.active = now;
        self.by_activity.insert((now, id));

        if usize::from(partial.present) == partial.parts.len() {
            let parts = std::mem::take(&mut partial.parts);
            self.remove(id);
            return (Outcome::Complete(parts.into_iter().flatten().collect::<Vec<_>>().concat()), Vec::new());
        }
        (Outcome::Stored, self.make_room(id))
    }

    /// Remembers a message as completed until `until` (unix seconds).
    pub fn remember(&mut self, id: MessageId, until: u64) -> Vec<MessageId> {
        self.remove(id);
        if let Some(earlier) = self.completed.insert(id, until) {
            self.completed_by_time.remove(&(earlier, id));
        }
        self.completed_by_time.insert((until, id));
        let mut forgotten = Vec::new();
        while self.completed.len() > self.limits.completed {
            // Never the one just completed, even if all of them are to be forgotten at the same time.
            let Some((until, oldest)) = self.completed_by_time.iter().find(|(_, other)| *other != id).copied() else {
                break;
            };
            self.completed_by_time.remove(&(until, oldest));
            self.completed.remove(&oldest);
            forgotten.push(oldest);
        }
        forgotten
    }

    /// Forgets what is over: incomplete messages without activity, completed ids past their time.
    ///
    /// Returns the incomplete messages that were given up, and the ids forgotten.
    pub fn expire(&mut self, now: Duration, unix: u64) -> (Vec<MessageId>, Vec<MessageId>) {
        let mut given_up = Vec::new();
        while let Some((active, id)) = self.by_activity.first().copied() {
            if now.saturating_sub(active) < self.limits.idle {
                break;
            }
            self.remove(id);
            given_up.push(id);
        }
        let mut forgotten = Vec::new();
        while let Some((until, id)) = self.completed_by_time.first().copied() {
            if until > unix {
                break;
            }
            self.completed_by_time.remove(&(until, id));
            self.completed.remove(&id);
            forgotten.push(id);
        }
        (given_up, forgotten)
    }

    /// Whether the message was completed and is still remembered.
    pub fn is_completed(&self, id: &MessageId) -> bool {
        self.completed.contains_key(id)
    }

    /// Bytes that incomplete messages take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of incomplete messages.
    pub fn incomplete(&self) -> usize {
        self.partials.len()
    }

    fn make_room(&mut self, keep: MessageId) -> Vec<MessageId> {
        let mut evicted = Vec::new();
        while self.bytes > self.limits.bytes {
            let Some((_, id)) = self.by_activity.iter().find(|(_, id)| *id != keep).copied() else { break };
            self.remove(id);
            evicted.push(id);
        }
        evicted
    }

    fn remove(&mut self, id: MessageId) -> Option<Partial> {
        let partial = self.partials.remove(&id)?;
        self.by_activity.remove(&(partial.active, id));
        self.bytes -= partial.bytes;
        Some(partial)
    }
}
