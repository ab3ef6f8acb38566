//! Packets that wait for their time: a hashed timing wheel with a bound in bytes.
//!
//! Ticks are a quarter of a millisecond; a packet is never released before its time and, when the queue
//! is polled, less than a tick after it. Insertion and release cost a few nanoseconds however many wait.
//!
//! When the bound is reached the newcomer is refused: what waits keeps its time, and a flood cannot push
//! out what came before it.

use std::time::Duration;

/// Length of a tick.
pub const TICK: Duration = Duration::from_micros(250);

/// One turn is 1.024 s, longer than nearly every delay that is drawn; longer ones go round again.
const SLOTS: usize = 4_096;
const WORDS: usize = SLOTS / 64;
const TICK_NANOS: u128 = TICK.as_nanos();

/// The end of a list of entries.
const NONE: u32 = u32::MAX;

/// Things that wait, each until its time.
///
/// Time is the caller's: any monotonic clock, given as what has passed since an origin of its choice.
#[derive(Debug)]
pub struct DelayQueue<T> {
    /// By `slot_of` a tick. What a list or an entry names is `NONE` or an entry, and none is ever taken away.
    slots: Box<[List; SLOTS]>,
    /// A bit for each slot that is not empty.
    occupied: [u64; WORDS],
    entries: Vec<Entry<T>>,
    free: u32,
    /// The tick up to which everything has been released; it may still be filled.
    tick: u64,
    len: usize,
    bytes: usize,
    max_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    /// The first tick of its entries, who may be of different turns.
    earliest: u64,
}

const EMPTY: List = List { first: NONE, last: NONE, earliest: u64::MAX };

#[derive(Debug)]
struct Entry<T> {
    tick: u64,
    next: u32,
    cost: usize,
    item: Option<T>,
}

/// The queue is at its bound; here is the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<T>(pub T);

impl<T> DelayQueue<T> {
    /// What an entry costs beside the bytes that are given for its item.
    pub const ENTRY_BYTES: usize = size_of::<Entry<T>>();

    /// An empty queue for at most `max_bytes`, at the time `now`.
    pub fn new(max_bytes: usize, now: Duration) -> Self {
        Self {
            slots: Box::new([EMPTY; SLOTS]),
            occupied: [0; WORDS],
            entries: Vec::new(),
            free: NONE,
            tick: tick_at(now),
            len: 0,
            bytes: 0,
            max_bytes,
        }
    }

    /// Takes an item of `bytes` bytes until `due`. What is due already comes with the next poll.
    pub fn push(&mut self, due: Duration, bytes: usize, item: T) -> Result<(), Refused<T>> {
        let end = u32::try_from(self.entries.len()).unwrap_or(NONE);
        if !self.has_room(bytes) || end == NONE {
            return Err(Refused(item));
        }
        let cost = bytes + Self::ENTRY_BYTES;
        let tick = tick_not_before(due).max(self.tick);
        let entry = Entry { tick, next: NONE, cost, item: Some(item) };
        let index = self.place(entry, end);
        self.append(slot_of(tick), index);
        self.len += 1;
        self.bytes += cost;
        Ok(())
    }

    /// Whether an item of `bytes` bytes would be taken: asked before any work on a packet.
    pub fn has_room(&self, bytes: usize) -> bool {
        bytes
            .checked_add(Self::ENTRY_BYTES)
            .and_then(|cost| cost.checked_add(self.bytes))
            .is_some_and(|total| total <= self.max_bytes)
    }

    /// Hands out everything whose time has come, earliest tick first, in the order of arrival within a
    /// tick. A clock that goes back releases nothing.
    pub fn release(&mut self, now: Duration, mut each: impl FnMut(T)) {
        let now = tick_at(now);
        if now < self.tick {
            return;
        }
        if now - self.tick < SLOTS as u64 {
            while let Some(slot) = self.first_due(now) {
                self.release_slot(slot, now, &mut each);
            }
        } else {
            self.release_late(now, &mut each);
        }
        self.tick = now;
    }

    /// When to poll next: the earliest item's time, rounded up to a tick. `None` when nothing waits.
    pub fn next_poll(&self) -> Option<Duration> {
        let mut of_later_turns = None;
        for (tick, slot) in self.occupied_from(self.tick) {
            let earliest = self.slots[slot].earliest;
            if earliest <= tick {
                return Some(time_of(earliest));
            }
            of_later_turns = Some(of_later_turns.map_or(earliest, |other: u64| other.min(earliest)));
        }
        of_later_turns.map(time_of)
    }

    /// Items that wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes charged for what waits.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The first slot from the current tick on that holds something due at `now`, less than a turn away.
    fn first_due(&self, now: u64) -> Option<usize> {
        self.occupied_from(self.tick)
            .take_while(|(tick, _)| *tick <= now)
            .map(|(_, slot)| slot)
            .find(|slot| self.slots[*slot].earliest <= now)
    }

    /// The slots that are not empty, one turn from tick `from` on, each with its tick in this turn.
    fn occupied_from(&self, from: u64) -> impl Iterator<Item = (u64, usize)> + '_ {
        let start = slot_of(from);
        // The word of the start is looked at twice: its upper bits first, its lower bits last.
        (0..=WORDS).flat_map(move |step| {
            let word = (start / 64 + step) % WORDS;
            let mask = match step {
                0 => u64::MAX << (start % 64),
                WORDS => !(u64::MAX << (start % 64)),
                _ => u64::MAX,
            };
            bits(self.occupied[word] & mask).map(move |bit| {
                let slot = word * 64 + bit;
                let ahead = (slot + SLOTS - start) % SLOTS;
                (from.saturating_add(ahead as u64), slot)
            })
        })
    }

    /// Releases the due entries of one slot; those of later turns stay, in their order.
    fn release_slot(&mut self, slot: usize, now: u64, each: &mut impl FnMut(T)) {
        let mut index = self.take_list(slot);
        while index != NONE {
            let next = self.entries[index as usize].next;
            if self.entries[index as usize].tick <= now {
                if let Some(item) = self.vacate(index) {
                    each(item);
                }
            } else {
                self.append(slot, index);
            }
            index = next;
        }
    }

    /// Releases after a pause of more than a turn, when the slots alone do not tell the order.
    fn release_late(&mut self, now: u64, each: &mut impl FnMut(T)) {
        let mut due = Vec::new();
        for slot in 0..SLOTS {
            let mut index = self.take_list(slot);
            while index != NONE {
                let Entry { next, tick, .. } = self.entries[index as usize];
                if tick <= now {
                    due.push((tick, index));
                } else {
                    self.append(slot, index);
                }
                index = next;
            }
        }
        // Stable: entries of a tick share a slot, where they were found in the order of arrival.
        due.sort_by_key(|(tick, _)| *tick);
        for (_, index) in due {
            if let Some(item) = self.vacate(index) {
                each(item);
            }
        }
    }

    fn take_list(&mut self, slot: usize) -> u32 {
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        std::mem::replace(&mut self.slots[slot], EMPTY).first
    }

    fn append(&mut self, slot: usize, index: u32) {
        self.entries[index as usize].next = NONE;
        let list = &mut self.slots[slot];
        if list.first == NONE {
            list.first = index;
        } else {
            self.entries[list.last as usize].next = index;
        }
        list.last = index;
        list.earliest = list.earliest.min(self.entries[index as usize].tick);
        self.occupied[slot / 64] |= 1 << (slot % 64);
    }

    /// Puts an entry into a vacant place, or behind the others, where their number is `end`.
    fn place(&mut self, entry: Entry<T>, end: u32) -> u32 {
        match self.entries.get_mut(self.free as usize) {
            Some(vacant) => {
                let index = self.free;
                self.free = vacant.next;
                *vacant = entry;
                index
            }
            None => {
                self.entries.push(entry);
                end
            }
        }
    }

    fn vacate(&mut self, index: u32) -> Option<T> {
        let entry = &mut self.entries[index as usize];
        entry.next = std::mem::replace(&mut self.free, index);
        self.len -= 1;
        self.bytes -= entry.cost;
        entry.item.take()
    }
}

/// The positions of the set bits, lowest first.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

fn slot_of(tick: u64) -> usize {
    (tick % SLOTS as u64) as usize
}

/// The tick that has begun at a time.
fn tick_at(time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / TICK_NANOS).unwrap_or(u64::MAX)
}

/// The first tick that begins at or after a time.
fn tick_not_before(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(TICK_NANOS)).unwrap_or(u64::MAX)
}

fn time_of(tick: u64) -> Duration {
    let nanos = u128::from(tick) * TICK_NANOS;
    Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
}
