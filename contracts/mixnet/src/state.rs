//! What every module shares: what the contract was told, what time it is, and who owns which bond.

use cosmwasm_std::{Addr, Coin, Storage, Uint128, Uint256};
use nym_contract_types::mixnet::{ContractState, ContractStateParams, EpochParams, MixingParams, RewardingParams};
use nym_contract_types::{keys, EpochId, NodeId};

use crate::costs::Ranges;
use crate::epochs::clock::Phase;
use crate::mixnodes::state::{Clock, SCALE};
use crate::packed::{json_records, Packed, PackedItem, PackedMap, Reader, Write, FORM};
use crate::ContractError;

/// What every message of a user reads, and what changes with most of them, in one record: beside what a chain charges for each read and
/// write, that for their bytes is little. Written by all modules.
pub const CORE: PackedItem<Core> = PackedItem::new("c");

/// What only some messages read of what the contract was told. Written by [`STATE`].
pub const TOLD: PackedItem<Told> = PackedItem::new("state");

/// Owner, denom and parameters, of [`CORE`] and [`TOLD`]. Written by `contract::instantiate`, `admin::execute` and `rewards`.
pub const STATE: StateRecords = StateRecords;

/// The reward model's parameters in force. Written by `contract::instantiate` and `epochs`.
pub const REWARDING: PackedItem<RewardingParams> = PackedItem::new("rparams");

json_records!(RewardingParams => "reward parameters");

/// Accounts that have signed, by [`account_key`]: what each has bonded, and its nonce. Written by [`Account::save`].
pub const ACCOUNTS: PackedMap<&[u8], Account> = PackedMap::new("a");

/// What accounts had bonded that have not signed since 0.1.0, by the texts of their addresses. Removed by [`Account::save`].
pub const OLD_ACCOUNTS: PackedMap<&Addr, Bonded> = PackedMap::new("ow");

/// Nonces of accounts that have not signed since 0.1.0, which kept them apart. Removed by [`Account::save`].
pub const NONCES: PackedMap<&Addr, u64> = PackedMap::new("sn");

/// Clock, terms and sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// Where the clock stands.
    pub now: Now,
    /// Denom of stakes and rewards.
    pub denom: String,
    /// Least pledge of a mix node, in the denom's unit.
    pub minimum_mixnode_pledge: u128,
    /// Least pledge of a gateway.
    pub minimum_gateway_pledge: u128,
    /// Least amount of one delegation.
    pub minimum_delegation: Option<u128>,
    /// Whether nodes may announce loopback addresses.
    pub allow_loopback: bool,
    /// Whether there are ranges of margins or costs, which are in [`Told`].
    pub has_ranges: bool,
    /// Epochs that a node's keys serve; 0: they do not expire.
    pub key_period: u32,
    /// Last node number given away; the first is 1.
    pub last_node_id: NodeId,
    /// Stakes of nodes and pledges of gateways, what is pending too, in 10^-18 of the denom's unit: so that solvency is a query.
    pub owed: u128,
    /// Whether the state was taken over from 0.1.0, which kept nonces apart and no identities of gateways by their keys.
    pub taken_over: bool,
}

/// Where the clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The current epoch.
    pub id: EpochId,
    /// Where its transition stands.
    pub phase: Phase,
    /// Number of the interval; when the rewards of its last epoch are done, already that of the next.
    pub interval: u32,
}

impl Now {
    /// Number of the turn: stakes that are added in a turn count from the next one, and a turn ends when a transition begins.
    pub fn turn(&self) -> EpochId {
        match self.phase {
            Phase::Running => self.id,
            Phase::Settling | Phase::Drawing => self.id.saturating_add(1),
        }
    }

    /// What time it is for stakes.
    pub fn clock(&self) -> Clock {
        Clock { turn: self.turn(), interval: self.interval }
    }

    /// Checks that stakes are not being counted.
    pub fn stakes_may_change(&self) -> Result<(), ContractError> {
        match self.phase {
            Phase::Settling => Err(ContractError::TransitionUnderWay { epoch: self.id }),
            Phase::Running | Phase::Drawing => Ok(()),
        }
    }
}

impl Core {
    /// What a new contract begins with, before it is told anything.
    pub fn new(denom: String) -> Self {
        Self {
            now: Now { id: 0, phase: Phase::Running, interval: 0 },
            denom,
            minimum_mixnode_pledge: 0,
            minimum_gateway_pledge: 0,
            minimum_delegation: None,
            allow_loopback: false,
            has_ranges: false,
            key_period: 0,
            last_node_id: 0,
            owed: 0,
            taken_over: false,
        }
    }

    /// An amount of the denom.
    pub fn coin(&self, amount: u128) -> Coin {
        Coin::new(amount, &self.denom)
    }

    /// Number of the period whose keys serve in an epoch; none where keys do not expire.
    pub fn period_of(&self, epoch: EpochId) -> Option<u32> {
        epoch.checked_div(self.key_period)
    }

    /// Notes that something for which `before` was owed is now `after`, in 10^-18. The record is to be saved.
    pub fn owe(&mut self, before: u128, after: u128) -> Result<(), ContractError> {
        let owed = self.owed.checked_sub(before).and_then(|owed| owed.checked_add(after));
        self.owed = owed.ok_or(ContractError::OutOfRange { what: "sum of stakes" })?;
        Ok(())
    }

    /// The same in the denom's unit.
    pub fn owe_units(&mut self, before: u128, after: u128) -> Result<(), ContractError> {
        let atomics = |units: u128| units.checked_mul(SCALE).ok_or(ContractError::OutOfRange { what: "pledge" });
        self.owe(atomics(before)?, atomics(after)?)
    }

    /// Takes from a state what messages of users need. Amounts were checked: they are of the denom, and at most 10^18.
    pub fn tell(&mut self, state: &ContractState) {
        let params = &state.params;
        self.denom.clone_from(&state.rewarding_denom);
        self.minimum_mixnode_pledge = units(params.minimum_mixnode_pledge.amount);
        self.minimum_gateway_pledge = units(params.minimum_gateway_pledge.amount);
        self.minimum_delegation = params.minimum_mixnode_delegation.as_ref().map(|minimum| units(minimum.amount));
        self.allow_loopback = state.allow_loopback;
        self.has_ranges = params.profit_margin.is_some() || params.interval_operating_cost.is_some();
        self.key_period = state.epochs.key_period;
    }
}

/// An amount in the denom's unit, of which it was checked that it is at most 10^18.
pub fn units(amount: Uint256) -> u128 {
    Uint128::try_from(amount).map_or(u128::MAX, |amount| amount.u128())
}

impl Packed for Core {
    const NAME: &'static str = "core of the state";

    fn pack(&self) -> Vec<u8> {
        let flags = self.now.phase.number()
            | u8::from(self.minimum_delegation.is_some()) << 2
            | u8::from(self.allow_loopback) << 3
            | u8::from(self.taken_over) << 4
            | u8::from(self.has_ranges) << 5;
        let bytes = Vec::with_capacity(64)
            .put(&[FORM | flags])
            .number(self.now.id)
            .number(self.now.interval)
            .text(&self.denom)
            .amount(self.minimum_mixnode_pledge)
            .amount(self.minimum_gateway_pledge)
            .number(self.key_period)
            .number(self.last_node_id)
            .number(self.owed);
        match self.minimum_delegation {
            Some(minimum) => bytes.amount(minimum),
            None => bytes,
        }
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let flags = bytes.u8()?.checked_sub(FORM).filter(|flags| *flags < 64)?;
        Some(Self {
            now: Now { phase: Phase::of(flags & 3)?, id: bytes.number()?, interval: bytes.number()? },
            denom: bytes.text()?,
            minimum_mixnode_pledge: bytes.amount()?,
            minimum_gateway_pledge: bytes.amount()?,
            key_period: bytes.number()?,
            last_node_id: bytes.number()?,
            owed: bytes.number()?,
            minimum_delegation: if flags & 4 != 0 { Some(bytes.amount()?) } else { None },
            allow_loopback: flags & 8 != 0,
            taken_over: flags & 16 != 0,
            has_ranges: flags & 32 != 0,
        })
    }
}

/// What the contract was told, without what is in [`Core`].
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Account that may change parameters and monitors.
    pub owner: Addr,
    /// Clock and lottery, but for the length of periods, which is in [`Core`].
    pub epochs: EpochParams,
    /// Parameters of the topology document.
    pub mixing: MixingParams,
    /// What operators may announce to keep.
    pub ranges: Ranges,
}

impl Packed for Told {
    const NAME: &'static str = "state";

    fn pack(&self) -> Vec<u8> {
        let bytes = Vec::with_capacity(96)
            .put(&[FORM | u8::from(self.epochs.bootstrap_seed) | self.ranges.flags() << 1])
            .address(&self.owner)
            .number(self.epochs.epoch_length)
            .number(self.epochs.epochs_in_interval)
            .number(self.epochs.report_grace)
            .number(self.epochs.seed_grace)
            .number(self.epochs.stale_epochs)
            .number(self.mixing.payload_size)
            .number(self.mixing.mean_hop_delay_ms)
            .number(self.mixing.max_hop_delay_ms);
        self.ranges.write(bytes)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let flags = bytes.u8()?.checked_sub(FORM).filter(|flags| *flags < 8)?;
        Some(Self {
            owner: bytes.address()?,
            epochs: EpochParams {
                epoch_length: bytes.number()?,
                epochs_in_interval: bytes.number()?,
                report_grace: bytes.number()?,
                seed_grace: bytes.number()?,
                stale_epochs: bytes.number()?,
                bootstrap_seed: flags & 1 != 0,
                key_period: 0,
            },
            mixing: MixingParams {
                payload_size: bytes.number()?,
                mean_hop_delay_ms: bytes.number()?,
                max_hop_delay_ms: bytes.number()?,
            },
            ranges: Ranges::read(bytes, flags >> 1)?,
        })
    }
}

/// What the contract was told, in its two records.
pub struct StateRecords;

impl StateRecords {
    /// All of it.
    pub fn load(&self, storage: &dyn Storage) -> Result<ContractState, ContractError> {
        let (core, told) = (CORE.load(storage)?, TOLD.load(storage)?);
        let params = ContractStateParams {
            minimum_mixnode_pledge: core.coin(core.minimum_mixnode_pledge),
            minimum_gateway_pledge: core.coin(core.minimum_gateway_pledge),
            minimum_mixnode_delegation: core.minimum_delegation.map(|minimum| core.coin(minimum)),
            profit_margin: told.ranges.of_margins(),
            interval_operating_cost: told.ranges.of_costs(&core),
        };
        Ok(ContractState {
            owner: told.owner,
            rewarding_denom: core.denom,
            params,
            epochs: EpochParams { key_period: core.key_period, ..told.epochs },
            mixing: told.mixing,
            allow_loopback: core.allow_loopback,
        })
    }

    /// Writes both; clock and sums stay as they are stored.
    pub fn save(&self, storage: &mut dyn Storage, state: &ContractState) -> Result<(), ContractError> {
        let mut core = CORE.load(storage)?;
        core.tell(state);
        CORE.save(storage, &core);
        let (owner, epochs, mixing) = (state.owner.clone(), state.epochs.clone(), state.mixing.clone());
        let params = &state.params;
        let ranges = Ranges::of(params.profit_margin.as_ref(), params.interval_operating_cost.as_ref());
        TOLD.save(storage, &Told { owner, epochs, mixing, ranges });
        Ok(())
    }
}

/// What is known of an account that has signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Nonce that its next signed payload must carry; the first is 0.
    pub nonce: u64,
    /// Its one bond.
    pub bonded: Option<Bonded>,
}

/// What an account has bonded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bonded {
    /// A mix node, by its number.
    Mixnode(NodeId),
    /// A gateway, by its identity key.
    Gateway([u8; 32]),
}

impl Account {
    /// What is known of an account; nothing is as if it had never signed.
    pub fn load(storage: &dyn Storage, core: &Core, address: &Addr) -> Result<Self, ContractError> {
        if let Some(account) = ACCOUNTS.may_load(storage, &account_key(address))? {
            return Ok(account);
        }
        if !core.taken_over {
            return Ok(Self::default());
        }
        let nonce = NONCES.may_load(storage, address)?.unwrap_or_default();
        Ok(Self { nonce, bonded: OLD_ACCOUNTS.may_load(storage, address)? })
    }

    /// Uses up the nonce.
    pub fn count_nonce(&mut self) -> Result<(), ContractError> {
        self.nonce = self.nonce.checked_add(1).ok_or(ContractError::OutOfRange { what: "nonce" })?;
        Ok(())
    }

    /// Writes the account.
    pub fn save(&self, storage: &mut dyn Storage, core: &Core, address: &Addr) {
        if core.taken_over {
            NONCES.remove(storage, address);
            OLD_ACCOUNTS.remove(storage, address);
        }
        ACCOUNTS.save(storage, &account_key(address), self);
    }

    /// Checks that it has bonded nothing.
    pub fn ensure_unbonded(&self, owner: &Addr) -> Result<(), ContractError> {
        match self.bonded {
            None => Ok(()),
            Some(bonded) => Err(ContractError::AlreadyBonded { owner: owner.clone(), bonded: bonded.to_string() }),
        }
    }
}

/// The number of the mix node that is an account's bond.
pub fn mixnode_in(bonded: Option<Bonded>, owner: &Addr) -> Result<NodeId, ContractError> {
    match bonded {
        Some(Bonded::Mixnode(id)) => Ok(id),
        _ => Err(ContractError::NoMixnode { owner: owner.clone() }),
    }
}

/// The identity of the gateway that is an account's bond.
pub fn gateway_in(bonded: Option<Bonded>, owner: &Addr) -> Result<[u8; 32], ContractError> {
    match bonded {
        Some(Bonded::Gateway(identity)) => Ok(identity),
        _ => Err(ContractError::NoGateway { owner: owner.clone() }),
    }
}

impl Packed for Account {
    const NAME: &'static str = "account";

    fn pack(&self) -> Vec<u8> {
        let bytes = Vec::with_capacity(44);
        match self.bonded {
            None => bytes.put(&[FORM]).number(self.nonce),
            Some(Bonded::Mixnode(id)) => bytes.put(&[FORM | 1]).number(self.nonce).number(id),
            Some(Bonded::Gateway(identity)) => bytes.put(&[FORM | 2]).number(self.nonce).put(&identity),
        }
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let (kind, nonce) = (bytes.u8()?, bytes.number()?);
        let bonded = match kind.checked_sub(FORM)? {
            0 => None,
            1 => Some(Bonded::Mixnode(bytes.number()?)),
            2 => Some(Bonded::Gateway(bytes.array()?)),
            _ => return None,
        };
        Some(Self { nonce, bonded })
    }
}

/// As 0.1.0 kept it, where the nonce was elsewhere: a number of four bytes or an identity of 32.
impl Packed for Bonded {
    const NAME: &'static str = "bond of an account of 0.1.0";

    fn pack(&self) -> Vec<u8> {
        match self {
            Self::Mixnode(id) => id.to_be_bytes().to_vec(),
            Self::Gateway(identity) => identity.to_vec(),
        }
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        if bytes.0.len() == 4 {
            bytes.u32().map(Self::Mixnode)
        } else {
            bytes.array().map(Self::Gateway)
        }
    }
}

impl std::fmt::Display for Bonded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mixnode(id) => write!(f, "mix node {id}"),
            Self::Gateway(identity) => write!(f, "gateway {}", keys::to_text(identity)),
        }
    }
}

/// Key of an account: its address in short.
pub fn account_key(address: &Addr) -> Vec<u8> {
    Vec::with_capacity(48).address(address)
}

/// What an account has bonded; for whoever needs no nonce.
pub fn bond_of(storage: &dyn Storage, owner: &Addr) -> Result<Option<Bonded>, ContractError> {
    match ACCOUNTS.may_load(storage, &account_key(owner))? {
        Some(account) => Ok(account.bonded),
        None => OLD_ACCOUNTS.may_load(storage, owner),
    }
}

/// Who has an identity key: bonds of mix nodes and gateways share none. Written by `mixnodes::execute` and `gateways::execute`.
/// Gateways that were bonded with 0.1.0 are not here, see [`ensure_identity_free`].
pub const IDENTITIES: PackedMap<&[u8], Holder> = PackedMap::new("mni");

/// Who has an identity key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The mix node of a number, which is not 0.
    Mixnode(NodeId),
    /// A gateway.
    Gateway,
}

impl Packed for Holder {
    const NAME: &'static str = "holder of an identity";

    fn pack(&self) -> Vec<u8> {
        Vec::with_capacity(5).number(match self {
            Self::Mixnode(id) => *id,
            Self::Gateway => 0,
        })
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        let id = match bytes.0 {
            // 0.1.0 wrote four bytes; four groups of seven bits begin with the eighth bit set.
            [first, _, _, _] if *first < FORM => bytes.u32().filter(|id| *id > 0)?,
            _ => bytes.number()?,
        };
        Some(if id == 0 { Self::Gateway } else { Self::Mixnode(id) })
    }
}

/// The number of the bonded node with this identity key.
pub fn mixnode_with(storage: &dyn Storage, identity: &[u8]) -> Result<Option<NodeId>, ContractError> {
    Ok(match IDENTITIES.may_load(storage, identity)? {
        Some(Holder::Mixnode(id)) => Some(id),
        Some(Holder::Gateway) | None => None,
    })
}

/// Checks that no bond has this identity key.
pub fn ensure_identity_free(storage: &dyn Storage, core: &Core, identity: &[u8; 32]) -> Result<(), ContractError> {
    let old_gateway = || core.taken_over && crate::gateways::state::GATEWAYS.has(storage, &keys::to_text(identity));
    if IDENTITIES.has(storage, identity) || old_gateway() {
        return Err(ContractError::IdentityTaken { identity: keys::to_text(identity) });
    }
    Ok(())
}
