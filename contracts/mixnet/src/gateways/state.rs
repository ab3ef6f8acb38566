//! Bonds of gateways.

use nym_contract_types::mixnet::GatewayBond;

use crate::packed::{json_records, PackedMap};

/// Bonded gateways by the text of their identity keys. Written by `gateways::execute`.
/// Invariant: each has exactly one entry in `BONDS_BY_OWNER`.
pub const GATEWAYS: PackedMap<&str, GatewayBond> = PackedMap::new("gt");

json_records!(GatewayBond => "bond of a gateway");
