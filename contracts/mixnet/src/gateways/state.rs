//! Bonds of gateways.

use cosmwasm_std::{Addr, Coin, Uint128};
use nym_contract_runtime::json;
use nym_contract_types::mixnet::{Gateway, GatewayBond};

use crate::announced::{self, Announced};
use crate::packed::{Packed, PackedMap, Reader, Write, FORM};

/// Bonded gateways by the text of their identity keys. Written by `gateways::execute`.
/// Invariant: each has exactly one entry in `ACCOUNTS`, or in `OLD_ACCOUNTS` if it was bonded with 0.1.0.
pub const GATEWAYS: PackedMap<&str, Bond> = PackedMap::new("gt");

/// What a gateway announces, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// Account that bonded it.
    pub owner: Addr,
    /// Height of the block that bonded it.
    pub height: u64,
    /// What it pledged, in the denom's unit.
    pub pledge: u128,
    /// Where it stands, as its operator says.
    pub location: String,
    /// The gateway.
    pub node: Announced<2>,
}

impl Bond {
    /// As replies have it.
    pub fn show(self, denom: &str) -> GatewayBond {
        GatewayBond {
            pledge_amount: Coin::new(self.pledge, denom),
            owner: self.owner,
            block_height: self.height,
            gateway: self.node.show(self.location),
        }
    }
}

/// The same as 0.1.0 stored it.
#[derive(json::Read)]
struct OldBond {
    pledge_amount: Coin,
    owner: Addr,
    block_height: u64,
    gateway: Gateway,
}

impl Packed for Bond {
    const NAME: &'static str = "bond of a gateway";

    fn pack(&self) -> Vec<u8> {
        let bytes = Vec::with_capacity(256)
            .put(&[FORM | self.node.flags()])
            .address(&self.owner)
            .number(self.height)
            .amount(self.pledge)
            .text(&self.location);
        self.node.write(bytes)
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        if bytes.0.first() == Some(&b'{') {
            let old: OldBond = json::from_slice(bytes.rest()).ok()?;
            let pledge = Uint128::try_from(old.pledge_amount.amount).ok()?.u128();
            let node = announced::gateway(&old.gateway, true).ok()?;
            let (owner, height, location) = (old.owner, old.block_height, old.gateway.location);
            return Some(Self { owner, height, pledge, location, node });
        }
        let flags = bytes.u8()?.checked_sub(FORM).filter(|flags| *flags < 4)?;
        Some(Self {
            owner: bytes.address()?,
            height: bytes.number()?,
            pledge: bytes.amount()?,
            location: bytes.text()?,
            node: Announced::read(bytes, flags)?,
        })
    }
}
