//! What every module shares: what the contract was told, and who owns which bond.

use cosmwasm_std::{Addr, Storage};
use nym_contract_types::mixnet::{ContractState, RewardingParams};
use nym_contract_types::{keys, NodeId};

use crate::packed::{json_records, Packed, PackedItem, PackedMap, Reader};
use crate::ContractError;

/// Owner, denom and parameters. Written by `contract::instantiate` and `admin::execute`.
pub const STATE: PackedItem<ContractState> = PackedItem::new("state");

/// The reward model's parameters in force. Written by `contract::instantiate` and `epochs`.
pub const REWARDING: PackedItem<RewardingParams> = PackedItem::new("rparams");

json_records!(ContractState => "state", RewardingParams => "reward parameters");

/// The one bond of each account. Written by `mixnodes::execute` and `gateways::execute`.
pub const BONDS_BY_OWNER: PackedMap<&Addr, Bonded> = PackedMap::new("ow");

/// What an account has bonded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bonded {
    /// A mix node, by its number.
    Mixnode(NodeId),
    /// A gateway, by its identity key.
    Gateway([u8; 32]),
}

impl Packed for Bonded {
    const NAME: &'static str = "bond of an owner";

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

/// Checks that an account has bonded nothing.
pub fn ensure_unbonded(storage: &dyn Storage, owner: &Addr) -> Result<(), ContractError> {
    match BONDS_BY_OWNER.may_load(storage, owner)? {
        None => Ok(()),
        Some(bonded) => Err(ContractError::AlreadyBonded { owner: owner.clone(), bonded: bonded.to_string() }),
    }
}

/// The mix node of an account.
pub fn mixnode_of(storage: &dyn Storage, owner: &Addr) -> Result<NodeId, ContractError> {
    match BONDS_BY_OWNER.may_load(storage, owner)? {
        Some(Bonded::Mixnode(id)) => Ok(id),
        _ => Err(ContractError::NoMixnode { owner: owner.clone() }),
    }
}

/// The gateway of an account, as the text of its identity.
pub fn gateway_of(storage: &dyn Storage, owner: &Addr) -> Result<String, ContractError> {
    match BONDS_BY_OWNER.may_load(storage, owner)? {
        Some(Bonded::Gateway(identity)) => Ok(keys::to_text(&identity)),
        _ => Err(ContractError::NoGateway { owner: owner.clone() }),
    }
}
