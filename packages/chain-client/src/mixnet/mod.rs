//! The mixnet contract: one trait to read it, one to act on it, over any chain.
//!
//! Methods of [`MixnetQueries`] follow the variants of its `QueryMsg`, lists are streams. Methods of
//! [`MixnetMessages`] follow those of its `ExecuteMsg` and return a [`Tx`] that says in words what it
//! changes; nothing happens until an account sends it.

mod messages;
mod queries;

use nym_contract_types::mixnet::InstantiateMsg;

pub use messages::MixnetMessages;
pub use queries::MixnetQueries;

use crate::{error::ChainError, tx::Tx};

/// Creates a mixnet contract with the funds that it asks for.
pub fn instantiate(code_id: u64, label: &str, msg: &InstantiateMsg, admin: Option<String>) -> Result<Tx, ChainError> {
    Tx::instantiate(code_id, label, msg, msg.funds(), admin)
}

/// The same at an address that is known before: see [`ChainClient::instantiate2_address`](crate::ChainClient::instantiate2_address).
pub fn instantiate2(
    code_id: u64,
    label: &str,
    msg: &InstantiateMsg,
    admin: Option<String>,
    salt: &[u8],
) -> Result<Tx, ChainError> {
    Tx::instantiate2(code_id, label, msg, msg.funds(), admin, salt.to_vec())
}
