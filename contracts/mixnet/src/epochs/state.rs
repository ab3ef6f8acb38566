//! What epochs keep beside the clock: monitors and their reports, scores, candidates, rewarded sets and a race.

use cosmwasm_std::{Addr, Binary, Storage};
use nym_contract_types::mixnet::LotteryResponse;
use nym_contract_types::{EpochId, NodeId};

use crate::packed::{json_records, Packed, PackedItem, PackedMap, Reader, Write};
use crate::ContractError;

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
