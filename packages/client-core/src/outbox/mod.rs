//! What the client still has to send: accepted messages, their fragments, tries and acknowledgements.
//!
//! A pure state machine. Messages take turns fragment by fragment, so that a large one neither starves
//! nor is starved; a fragment that was not acknowledged in time goes again, in a new packet, up to a
//! number of tries; then its message fails as a whole. Only the random id of an acknowledgement that
//! this client itself put into a packet changes anything.

mod deadline;

use crate::MessageId;
use deadline::Deadlines;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// What identifies an acknowledgement: random bytes that only its maker knows.
pub type AckId = [u8; 16];

/// Bounds and times of the outbox.
#[derive(Debug, Clone, Copy)]
pub struct OutboxLimits {
    /// Messages accepted and not yet delivered or failed.
    pub messages: usize,
    /// Bytes of those messages.
    pub bytes: usize,
    /// How often a fragment is sent before its message fails.
    pub tries: u8,
    /// What is added to the expected round trip before the first repetition; doubles with each try.
    pub grace: Duration,
}

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboxFull {
    /// Too many messages wait.
    #[error("{0} messages wait to be sent, which is the limit; wait for some to be delivered")]
    Messages(usize),
    /// Too many bytes wait.
    #[error("{waiting} bytes wait to be sent and {size} more would exceed the limit of {limit}; wait for some to be delivered")]
    Bytes {
        /// Bytes that wait.
        waiting: usize,
        /// Bytes of the refused message.
        size: usize,
        /// The limit.
        limit: usize,
    },
}

/// A fragment of an outgoing message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FragmentId {
    /// The message.
    pub message: MessageId,
    /// The place of the fragment in it.
    pub index: u16,
}

/// What an acknowledgement meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// Nothing of ours: forged, late or repeated. No state has changed.
    Unknown,
    /// A fragment has arrived; others of its message have not.
    Fragment(FragmentId),
    /// The last missing fragment has arrived: the message is delivered and gone from the outbox.
    Message(MessageId),
}

#[derive(Debug, Clone, Default)]
struct FragmentState {
    tries: u8,
    delivered: bool,
    /// The acknowledgements of every packet sent for it: a late one of an earlier try counts too.
    acks: Vec<AckId>,
    deadline: Option<Duration>,
}

#[derive(Debug)]
struct Message<D> {
    destination: D,
    body: Arc<[u8]>,
    fragments: Vec<FragmentState>,
    /// The first fragment that was never sent.
    unsent: u16,
    /// Fragments whose time is up, in that order; they go before unsent ones.
    again: VecDeque<u16>,
    missing: u16,
    /// Whether the message is in the round, or parked.
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It waits for its turn.
    Round,
    /// It has something to send but its destination cannot be reached: no reply block is left.
    Parked,
    /// All its fragments are on their way.
    Idle,
}

/// Messages on their way. `D` says where to: an address, or the tag of a sender with reply blocks.
#[derive(Debug)]
pub struct Outbox<D> {
    limits: OutboxLimits,
    messages: HashMap<MessageId, Message<D>>,
    round: VecDeque<MessageId>,
    parked: BTreeMap<D, Vec<MessageId>>,
    acks: HashMap<AckId, FragmentId>,
    deadlines: Deadlines,
    bytes: usize,
}

impl<D: Clone + Ord> Outbox<D> {
    /// Starts empty.
    pub fn new(limits: OutboxLimits) -> Self {
        Self {
            limits,
            messages: HashMap::new(),
            round: VecDeque::new(),
            parked: BTreeMap::new(),
            acks: HashMap::new(),
            deadlines: Deadlines::default(),
            bytes: 0,
        }
    }

    /// Whether a message of this size would be accepted now.
    pub fn has_room(&self, size: usize) -> Result<(), OutboxFull> {
        if self.messages.len() >= self.limits.messages {
            return Err(OutboxFull::Messages(self.messages.len()));
        }
        if self.bytes.saturating_add(size) > self.limits.bytes {
            return Err(OutboxFull::Bytes { waiting: self.bytes, size, limit: self.limits.bytes });
        }
        Ok(())
    }

    /// Takes a message of `fragments` pieces; `delivered` tells the pieces that arrived in an earlier run.
    ///
    /// The bounds are [`Outbox::has_room`]'s, asked by the caller before the message goes to disk. A
    /// message without missing pieces, or one that is here already, is not taken.
    pub fn insert(
        &mut self,
        id: MessageId,
        destination: D,
        body: Arc<[u8]>,
        fragments: u16,
        delivered: impl Fn(u16) -> bool,
    ) -> bool {
        let fragments: Vec<FragmentState> =
            (0..fragments).map(|index| FragmentState { delivered: delivered(index), ..Default::default() }).collect();
        let missing = fragments.iter().filter(|fragment| !fragment.delivered).count() as u16;
        if missing == 0 || self.messages.contains_key(&id) {
            return false;
        }
        self.bytes += body.len();
        self.round.push_back(id);
        let message =
            Message { destination, body, fragments, unsent: 0, again: VecDeque::new(), missing, place: Place::Round };
        self.messages.insert(id, message);
        true
    }

    /// Chooses the next fragment to send. `ready` says whether a destination can be sent to now; if not,
    /// its messages are parked until [`Outbox::unpark`].
    pub fn next(&mut self, mut ready: impl FnMut(&D) -> bool) -> Option<FragmentId> {
        while let Some(id) = self.round.pop_front() {
            let Some(message) = self.messages.get_mut(&id) else { continue };
            let Some(index) = message.take_next(&mut ready) else {
                match message.place {
                    Place::Parked => self.parked.entry(message.destination.clone()).or_default().push(id),
                    _ => message.place = Place::Idle,
                }
                continue;
            };
            self.round.push_back(id);
            return Some(FragmentId { message: id, index });
        }
        None
    }

    /// Puts the parked messages of a destination back into the round.
    pub fn unpark(&mut self, destination: &D) {
        for id in self.parked.remove(destination).unwrap_or_default() {
            if let Some(message) = self.messages.get_mut(&id) {
                message.place = Place::Round;
                self.round.push_back(id);
            }
        }
    }

    /// Destinations with parked messages, and how many fragments of each still have to leave.
    pub fn parked(&self) -> impl Iterator<Item = (&D, usize)> + '_ {
        self.parked.iter().map(|(destination, ids)| {
            let waiting = ids.iter().filter_map(|id| self.messages.get(id)).map(Message::waiting).sum();
            (destination, waiting)
        })
    }

    /// Whether a message waits for its destination to become reachable.
    pub fn is_parked(&self, id: &MessageId) -> bool {
        self.messages.get(id).is_some_and(|message| message.place == Place::Parked)
    }

    /// How many fragments for a destination still have to leave, now or again.
    pub fn waiting(&self, destination: &D) -> usize {
        self.messages.values().filter(|message| message.destination == *destination).map(Message::waiting).sum()
    }

    /// Notes that a fragment has left in a packet with this acknowledgement.
    pub fn sent(&mut self, fragment: FragmentId, ack: AckId, expected_round_trip: Duration, now: Duration) {
        let grace = self.limits.grace;
        let Some(state) = self.state_mut(fragment) else { return };
        if state.delivered {
            return;
        }
        let doublings = u32::from(state.tries.min(16));
        state.tries = state.tries.saturating_add(1);
        state.acks.push(ack);
        let deadline = now + expected_round_trip + grace.saturating_mul(1 << doublings);
        let earlier = state.deadline.replace(deadline);
        self.acks.insert(ack, fragment);
        if let Some(earlier) = earlier {
            self.deadlines.remove(earlier, fragment);
        }
        self.deadlines.insert(deadline, fragment);
    }

    /// Puts back a fragment that was chosen but could not be sent after all; costs it no try.
    pub fn put_back(&mut self, fragment: FragmentId) {
        if let Some(message) = self.messages.get_mut(&fragment.message) {
            message.again.push_front(fragment.index);
            message.wake(fragment.message, &mut self.round);
        }
    }

    /// Takes an acknowledgement.
    pub fn acknowledged(&mut self, ack: &AckId) -> Acknowledged {
        let Some(fragment) = self.acks.get(ack).copied() else { return Acknowledged::Unknown };
        let Some(message) = self.messages.get_mut(&fragment.message) else { return Acknowledged::Unknown };
        let Some(state) = message.fragments.get_mut(usize::from(fragment.index)) else { return Acknowledged::Unknown };
        state.delivered = true;
        for ack in state.acks.drain(..) {
            self.acks.remove(&ack);
        }
        if let Some(deadline) = state.deadline.take() {
            self.deadlines.remove(deadline, fragment);
        }
        message.missing = message.missing.saturating_sub(1);
        if message.missing > 0 {
            return Acknowledged::Fragment(fragment);
        }
        self.remove(fragment.message);
        Acknowledged::Message(fragment.message)
    }

    /// When the next fragment's time is up.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first()
    }

    /// Puts fragments whose time is up back in line; returns the messages that failed, which are gone.
    pub fn expire(&mut self, now: Duration) -> Vec<MessageId> {
        let mut failed = Vec::new();
        while let Some(fragment) = self.deadlines.pop_due(now) {
            let Some(message) = self.messages.get_mut(&fragment.message) else { continue };
            let Some(state) = message.fragments.get_mut(usize::from(fragment.index)) else { continue };
            state.deadline = None;
            if state.tries >= self.limits.tries {
                self.remove(fragment.message);
                failed.push(fragment.message);
                continue;
            }
            message.again.push_back(fragment.index);
            message.wake(fragment.message, &mut self.round);
        }
        failed
    }

    /// Drops a message, as when it has become too old. `false` if it is not here.
    pub fn remove(&mut self, id: MessageId) -> bool {
        let Some(message) = self.messages.remove(&id) else { return false };
        self.bytes -= message.body.len();
        for (index, state) in message.fragments.iter().enumerate() {
            for ack in &state.acks {
                self.acks.remove(ack);
            }
            if let Some(deadline) = state.deadline {
                self.deadlines.remove(deadline, FragmentId { message: id, index: index as u16 });
            }
        }
        if message.place == Place::Parked {
            if let Some(parked) = self.parked.get_mut(&message.destination) {
                parked.retain(|other| *other != id);
                if parked.is_empty() {
                    self.parked.remove(&message.destination);
                }
            }
        }
        // Its entry in the round is skipped when its turn comes; there is at most one per message.
        true
    }

    /// Where a message goes and what it says.
    pub fn get(&self, id: &MessageId) -> Option<(&D, &Arc<[u8]>)> {
        self.messages.get(id).map(|message| (&message.destination, &message.body))
    }

    /// Which fragments of a message have arrived, as a bit map (bit i of byte i / 8).
    pub fn delivered(&self, id: &MessageId) -> Option<Vec<u8>> {
        let message = self.messages.get(id)?;
        let mut map = vec![0u8; message.fragments.len().div_ceil(8)];
        for (index, _) in message.fragments.iter().enumerate().filter(|(_, fragment)| fragment.delivered) {
            if let Some(byte) = map.get_mut(index / 8) {
                *byte |= 1 << (index % 8);
            }
        }
        Some(map)
    }

    /// How many packets were sent for a fragment.
    pub fn tries(&self, fragment: FragmentId) -> u8 {
        self.messages
            .get(&fragment.message)
            .and_then(|message| message.fragments.get(usize::from(fragment.index)))
            .map_or(0, |state| state.tries)
    }

    /// Messages that are on their way.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Bytes of the messages on their way.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Acknowledgements that are awaited.
    pub fn awaited(&self) -> usize {
        self.acks.len()
    }

    fn state_mut(&mut self, fragment: FragmentId) -> Option<&mut FragmentState> {
        self.messages.get_mut(&fragment.message)?.fragments.get_mut(usize::from(fragment.index))
    }
}

impl<D> Message<D> {
    /// The next fragment of this message; sets its place if there is none to send now.
    fn take_next(&mut self, ready: &mut impl FnMut(&D) -> bool) -> Option<u16> {
        let delivered =
            |index: &u16| self.fragments.get(usize::from(*index)).is_some_and(|fragment| fragment.delivered);
        while self.again.front().is_some_and(delivered) {
            self.again.pop_front();
        }
        while delivered(&self.unsent) {
            self.unsent += 1;
        }
        if self.again.is_empty() && usize::from(self.unsent) >= self.fragments.len() {
            self.place = Place::Idle;
            return None;
        }
        if !ready(&self.destination) {
            self.place = Place::Parked;
            return None;
        }
        self.again.pop_front().or_else(|| {
            self.unsent += 1;
            Some(self.unsent - 1)
        })
    }

    /// Fragments that have to leave, now or again.
    fn waiting(&self) -> usize {
        self.again.len() + self.fragments.len().saturating_sub(usize::from(self.unsent))
    }

    fn wake(&mut self, id: MessageId, round: &mut VecDeque<MessageId>) {
        if self.place == Place::Idle {
            self.place = Place::Round;
            round.push_back(id);
        }
    }
}
