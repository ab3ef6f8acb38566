//! The current epoch: where the clock and the transition stand.

use cosmwasm_std::Storage;
use nym_contract_types::mixnet::{ContractState, DrawOutcome};
use nym_contract_types::{EpochId, NodeId};

use crate::mixnodes::state::Clock;
use crate::packed::{Packed, PackedItem, Reader, Write, FORM};
use crate::state::{Core, Now, CORE};
use crate::ContractError;

/// What messages of users need not know of the current epoch and its transition. Written by [`EPOCH`].
pub const TRANSITION: PackedItem<Transition> = PackedItem::new("ces");

/// The current epoch and its transition, of [`CORE`] and [`TRANSITION`]. Written by `contract::instantiate` and `epochs::execute`.
pub const EPOCH: EpochRecords = EpochRecords;

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

/// The epoch as [`TRANSITION`] has it: where the clock stands is not in there, only [`EpochRecords::load_with`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition(Epoch);

/// The current epoch in its two records.
pub struct EpochRecords;

impl EpochRecords {
    /// The current epoch.
    pub fn load(&self, storage: &dyn Storage) -> Result<Epoch, ContractError> {
        self.load_with(storage, &CORE.load(storage)?)
    }

    /// The same for who has read [`CORE`] already.
    pub fn load_with(&self, storage: &dyn Storage, core: &Core) -> Result<Epoch, ContractError> {
        let (Now { id, phase, interval }, Transition(rest)) = (core.now, TRANSITION.load(storage)?);
        Ok(Epoch { id, phase, interval, ..rest })
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
        TRANSITION.save(storage, &Transition(epoch.clone()));
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

impl Outcome {
    /// Its number in records, below 4.
    const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Drawn => 1,
            Self::TooFew => 2,
            Self::NoSeed => 3,
        }
    }

    /// The outcome of a number.
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
        let epoch = &self.0;
        Vec::with_capacity(48)
            .put(&[FORM | epoch.outcome.number()])
            .number(epoch.starts_at)
            .number(epoch.length)
            .number(epoch.height)
            .number(epoch.previous_height)
            .number(epoch.interval_start)
            .number(epoch.begun_at)
            .number(epoch.cursor)
            .number(epoch.final_node)
            .number(epoch.candidates)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        Some(Self(Epoch {
            // What the other record has.
            id: 0,
            phase: Phase::Running,
            interval: 0,
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
        }))
    }
}
