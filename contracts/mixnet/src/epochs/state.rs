//! The clock, the rewarded sets, scores and candidates.

use cosmwasm_std::{Addr, Binary, Storage};
use nym_contract_types::mixnet::{ContractState, DrawOutcome, LotteryResponse};
use nym_contract_types::{EpochId, NodeId};

use crate::mixnodes::state::Clock;
use crate::packed::{json_records, Packed, PackedItem, PackedMap, Reader, Write, FORM};
use crate::state::{Core, Now, CORE};
use crate::ContractError;

/// What messages of users need not know of the current epoch and its transition. Written by [`EPOCH`].
pub const TRANSITION: PackedItem<Transition> = PackedItem::new("ces");

/// The current epoch and its transition, of [`CORE`] and [`TRANSITION`]. Written by `contract::instantiate` and `epochs::execute`.
pub const EPOCH: EpochRecords = EpochRecords;

/// Monitors with the numbers by which their reports are kept. Written by `admin::execute`. At most 64.
pub const MONITORS: PackedItem<Vec<(MonitorId, Addr)>> = PackedItem::new("mon");

/// Last number given to a monitor. Written by `admin::execute`.
pub const LAST_MONITOR_ID: PackedItem<MonitorId> = PackedItem::new("monc");

/// Epoch that a monitor has last reported completely. Written by `epochs::performance`.
pub const REPORTED: PackedMap<MonitorId, EpochId> = PackedMap::new("monr");

/// Reports of a monitor on a page of nodes, of the last epoch in which it reported on them. Written by `epochs::performance`.
pub const REPORTS: PackedMap<(u32, MonitorId), ReportPage> = PackedMap::new("rep");

/// Last known performance of a page of nodes. Written by `epochs::settle`.
pub const SCORES: PackedMap<u32, ScorePage> = PackedMap::new("sco");

/// Candidates of the next or last draw, in pages. Written by `epochs::settle`.
pub const CANDIDATES: PackedMap<u32, CandidatePage> = PackedMap::new("can");

/// Rewarded sets of the current epoch and the one before, by the epoch's parity. Written by `epochs::draw`.
pub const REWARDED_SETS: PackedMap<u32, RewardedSet> = PackedMap::new("rs");

/// How the current rewarded set came about. Written by `epochs::draw`.
pub const LOTTERY: PackedItem<LotteryResponse> = PackedItem::new("lot");

/// Last accepted seed. Written by `epochs::draw`.
pub const LAST_SEED: PackedItem<Binary> = PackedItem::new("seed");

/// A draw that takes more than one step: who would be drawn so far. Written by `epochs::draw`.
pub const RACE: PackedItem<RaceState> = PackedItem::new("race");

json_records!(Vec<(MonitorId, Addr)> => "monitors", LotteryResponse => "lottery", Binary => "seed");

/// Number of a monitor, never used twice.
pub type MonitorId = u32;

/// Nodes in a page of reports or scores: large enough that an epoch writes few pages, small enough that a page is one cheap write.
pub const PAGE_NODES: u32 = 128;

/// Where the transition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not begun.
    Running,
    /// Nodes are gone through.
    Settling,
    /// Candidates are frozen and wait for the seed or race.
    Drawing,
}

impl Phase {
    /// Its number in records, below 4.
    pub const fn number(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::Settling => 1,
            Self::Drawing => 2,
        }
    }

    /// The phase of a number.
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Running),
            1 => Some(Self::Settling),
            2 => Some(Self::Drawing),
            _ => None,
        }
    }
}

/// The current epoch and its transition. Times are seconds of block time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Absolute number.
    pub id: EpochId,
    /// Where the transition stands.
    pub phase: Phase,
    /// When it began by the clock.
    pub starts_at: u64,
    /// How long it lasts; 0: until somebody ends it, which only the first epoch can.
    pub length: u64,
    /// Height of the block in which it became current.
    pub height: u64,
    /// The same of the epoch before; 0 in the first.
    pub previous_height: u64,
    /// Number of the interval; when the rewards of its last epoch are done, already that of the next.
    pub interval: u32,
    /// First epoch of that interval.
    pub interval_start: EpochId,
    /// How its set came about.
    pub outcome: Outcome,
    /// When the transition began.
    pub begun_at: u64,
    /// Last node that is settled, or number of candidates that have raced.
    pub cursor: u32,
    /// Last node to settle.
    pub final_node: NodeId,
    /// Candidates frozen so far.
    pub candidates: u32,
}

impl Epoch {
    /// When it ends by the clock.
    pub fn ends_at(&self) -> u64 {
        self.starts_at.saturating_add(self.length)
    }

    /// Where the clock stands.
    pub const fn now(&self) -> Now {
        Now { id: self.id, phase: self.phase, interval: self.interval }
    }

    /// Number of the turn, see [`Now::turn`].
    pub fn turn(&self) -> EpochId {
        self.now().turn()
    }

    /// What time it is for stakes.
    pub fn clock(&self) -> Clock {
        self.now().clock()
    }

    /// Whether the interval ends with this epoch.
    pub fn is_last_of_interval(&self, state: &ContractState) -> bool {
        let elapsed = self.id.saturating_add(1).checked_sub(self.interval_start);
        elapsed.is_some_and(|elapsed| elapsed >= state.epochs.epochs_in_interval)
    }

    /// The next epoch.
    pub fn next_id(&self) -> Result<EpochId, ContractError> {
        self.id.checked_add(1).ok_or(ContractError::OutOfRange { what: "epoch" })
    }
}

/// The part of [`Epoch`] that only transitions need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    starts_at: u64,
    length: u64,
    height: u64,
    previous_height: u64,
    interval_start: EpochId,
    outcome: Outcome,
    begun_at: u64,
    cursor: u32,
    final_node: NodeId,
    candidates: u32,
}

/// The current epoch in its two records.
pub struct EpochRecords;

impl EpochRecords {
    /// The current epoch.
    pub fn load(&self, storage: &dyn Storage) -> Result<Epoch, ContractError> {
        self.load_with(storage, &CORE.load(storage)?)
    }

    /// The same for who has read [`CORE`] already.
    pub fn load_with(&self, storage: &dyn Storage, core: &Core) -> Result<Epoch, ContractError> {
        let (now, rest) = (core.now, TRANSITION.load(storage)?);
        Ok(Epoch {
            id: now.id,
            phase: now.phase,
            starts_at: rest.starts_at,
            length: rest.length,
            height: rest.height,
            previous_height: rest.previous_height,
            interval: now.interval,
            interval_start: rest.interval_start,
            outcome: rest.outcome,
            begun_at: rest.begun_at,
            cursor: rest.cursor,
            final_node: rest.final_node,
            candidates: rest.candidates,
        })
    }

    /// Writes both records; terms and sums stay as they are stored.
    pub fn save(&self, storage: &mut dyn Storage, epoch: &Epoch) -> Result<(), ContractError> {
        let core = CORE.load(storage)?;
        self.save_with(storage, core, epoch);
        Ok(())
    }

    /// Writes both records; terms and sums are those of `core`, which nobody has written since it was read.
    pub fn save_with(&self, storage: &mut dyn Storage, mut core: Core, epoch: &Epoch) {
        core.now = epoch.now();
        CORE.save(storage, &core);
        let rest = Transition {
            starts_at: epoch.starts_at,
            length: epoch.length,
            height: epoch.height,
            previous_height: epoch.previous_height,
            interval_start: epoch.interval_start,
            outcome: epoch.outcome,
            begun_at: epoch.begun_at,
            cursor: epoch.cursor,
            final_node: epoch.final_node,
            candidates: epoch.candidates,
        };
        TRANSITION.save(storage, &rest);
    }
}

/// How a rewarded set came about, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// First epoch.
    None,
    /// Drawn.
    Drawn,
    /// Too few candidates.
    TooFew,
    /// No seed.
    NoSeed,
}

impl From<Outcome> for DrawOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::None => Self::None,
            Outcome::Drawn => Self::Drawn,
            Outcome::TooFew => Self::KeptTooFewCandidates,
            Outcome::NoSeed => Self::KeptNoSeed,
        }
    }
}

impl Packed for Transition {
    const NAME: &'static str = "transition";

    fn pack(&self) -> Vec<u8> {
        let outcome = match self.outcome {
            Outcome::None => 0,
            Outcome::Drawn => 1,
            Outcome::TooFew => 2,
            Outcome::NoSeed => 3,
        };
        Vec::with_capacity(48)
            .put(&[FORM | outcome])
            .number(self.starts_at)
            .number(self.length)
            .number(self.height)
            .number(self.previous_height)
            .number(self.interval_start)
            .number(self.begun_at)
            .number(self.cursor)
            .number(self.final_node)
            .number(self.candidates)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            outcome: Outcome::of(bytes.u8()?.checked_sub(FORM)?)?,
            starts_at: bytes.number()?,
            length: bytes.number()?,
            height: bytes.number()?,
            previous_height: bytes.number()?,
            interval_start: bytes.number()?,
            begun_at: bytes.number()?,
            cursor: bytes.number()?,
            final_node: bytes.number()?,
            candidates: bytes.number()?,
        })
    }
}

impl Outcome {
    /// The outcome of its number in records.
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::Drawn),
            2 => Some(Self::TooFew),
            3 => Some(Self::NoSeed),
            _ => None,
        }
    }
}

/// A monitor's scores of [`PAGE_NODES`] nodes in one epoch, in ten-thousandths.
pub struct ReportPage {
    /// The epoch.
    pub epoch: EpochId,
    /// Scores; [`NO_REPORT`] where there is none.
    pub scores: Vec<u16>,
}

/// No report on a node.
pub const NO_REPORT: u16 = u16::MAX;

impl ReportPage {
    /// A page without reports.
    pub fn empty(epoch: EpochId) -> Self {
        Self { epoch, scores: vec![NO_REPORT; PAGE_NODES as usize] }
    }
}

impl Packed for ReportPage {
    const NAME: &'static str = "page of reports";

    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + 2 * PAGE_NODES as usize).put(&self.epoch.to_be_bytes());
        for score in &self.scores {
            bytes.extend_from_slice(&score.to_be_bytes());
        }
        bytes
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let epoch = bytes.u32()?;
        let scores = (0..PAGE_NODES).map(|_| bytes.u16()).collect::<Option<_>>()?;
        Some(Self { epoch, scores })
    }
}

/// Last known performance of [`PAGE_NODES`] nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScorePage(pub Vec<Score>);

/// Last known performance of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// In ten-thousandths.
    pub points: u16,
    /// One more than the epoch it is of; 0: never known.
    pub epoch_plus_one: u32,
}

impl Score {
    /// The score of an epoch.
    pub const fn of(epoch: EpochId, points: u16) -> Self {
        Self { points, epoch_plus_one: epoch.saturating_add(1) }
    }

    /// The epoch it is of, if it was ever known.
    pub const fn epoch(self) -> Option<EpochId> {
        self.epoch_plus_one.checked_sub(1)
    }

    /// What serves in `epoch`: a score of that epoch or of one at most `stale_epochs` before.
    pub fn serving(self, epoch: EpochId, stale_epochs: u32) -> Option<u16> {
        self.epoch().filter(|known| epoch.saturating_sub(*known) <= stale_epochs).map(|_| self.points)
    }
}

impl ScorePage {
    /// A page of nodes of which nothing is known.
    pub fn empty() -> Self {
        Self(vec![Score::default(); PAGE_NODES as usize])
    }
}

impl Packed for ScorePage {
    const NAME: &'static str = "page of scores";

    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(6 * PAGE_NODES as usize);
        for score in &self.0 {
            bytes.extend_from_slice(&score.points.to_be_bytes());
            bytes.extend_from_slice(&score.epoch_plus_one.to_be_bytes());
        }
        bytes
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let score = |bytes: &mut Reader<'_>| Some(Score { points: bytes.u16()?, epoch_plus_one: bytes.u32()? });
        (0..PAGE_NODES).map(|_| score(bytes)).collect::<Option<_>>().map(Self)
    }
}

/// Up to [`PAGE_NODES`] candidates with their weights, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CandidatePage(pub Vec<(NodeId, u64)>);

impl Packed for CandidatePage {
    const NAME: &'static str = "page of candidates";

    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(12 * self.0.len());
        for (id, weight) in &self.0 {
            bytes.extend_from_slice(&id.to_be_bytes());
            bytes.extend_from_slice(&weight.to_be_bytes());
        }
        bytes
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let mut candidates = Vec::with_capacity(bytes.0.len() / 12);
        while !bytes.is_empty() {
            candidates.push((bytes.u32()?, bytes.u64()?));
        }
        Some(Self(candidates))
    }
}

/// A drawn node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Number of the node.
    pub node: NodeId,
    /// Layer 1 to 3, or 0 on standby.
    pub layer_or_zero: u8,
}

impl Seat {
    /// The layer, if the node is active.
    pub fn layer(&self) -> Option<u8> {
        (self.layer_or_zero > 0).then_some(self.layer_or_zero)
    }
}

/// A rewarded set, by node. At most 1,000 seats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewardedSet {
    /// Seats that the draw had to give; rewards are shared by these numbers whatever the parameters say later.
    pub rewarded_size: u32,
    /// How many of them were for active nodes.
    pub active_size: u32,
    /// The seats that were taken.
    pub seats: Vec<Seat>,
}

impl RewardedSet {
    /// The set of the current epoch or the one before.
    pub fn load(storage: &dyn Storage, epoch: EpochId) -> Result<Self, ContractError> {
        Ok(REWARDED_SETS.may_load(storage, epoch % 2)?.unwrap_or_default())
    }

    /// The seat of a node.
    pub fn get(&self, node: NodeId) -> Option<&Seat> {
        let found = self.seats.binary_search_by_key(&node, |seat| seat.node).ok()?;
        self.seats.get(found)
    }
}

impl Packed for RewardedSet {
    const NAME: &'static str = "rewarded set";

    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 5 * self.seats.len())
            .put(&self.rewarded_size.to_be_bytes())
            .put(&self.active_size.to_be_bytes());
        for seat in &self.seats {
            bytes.extend_from_slice(&seat.node.to_be_bytes());
            bytes.push(seat.layer_or_zero);
        }
        bytes
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let (rewarded_size, active_size) = (bytes.u32()?, bytes.u32()?);
        let mut seats = Vec::with_capacity(bytes.0.len() / 5);
        while !bytes.is_empty() {
            seats.push(Seat { node: bytes.u32()?, layer_or_zero: bytes.u8().filter(|layer| *layer <= 3)? });
        }
        Some(Self { rewarded_size, active_size, seats })
    }
}

/// Who would be drawn if the candidates that have raced were all. At most 1,000 entries.
pub struct RaceState {
    /// Weighted candidates that have raced.
    pub raced: u32,
    /// Time and number of those who hold a seat.
    pub best: Vec<(u128, NodeId)>,
}

impl Packed for RaceState {
    const NAME: &'static str = "race";

    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + 20 * self.best.len()).put(&self.raced.to_be_bytes());
        for (time, node) in &self.best {
            bytes.extend_from_slice(&time.to_be_bytes());
            bytes.extend_from_slice(&node.to_be_bytes());
        }
        bytes
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let raced = bytes.u32()?;
        let mut best = Vec::with_capacity(bytes.0.len() / 20);
        while !bytes.is_empty() {
            best.push((bytes.u128()?, bytes.u32()?));
        }
        Some(Self { raced, best })
    }
}
