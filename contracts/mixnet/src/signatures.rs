//! Signatures of identity keys, and the nonces that make each of use once.

use cosmwasm_std::{Addr, Binary, Coin, DepsMut, Env, Storage};
use nym_contract_runtime::json::Write;
use nym_contract_types::keys;
use nym_contract_types::signing::{MessageType, Payload};

use crate::packed::PackedMap;
use crate::ContractError;

/// Nonce that the next signed payload of a sender must carry; none is zero. Written here only.
pub const NONCES: PackedMap<&Addr, u64> = PackedMap::new("sn");

/// The nonce of a sender.
pub fn nonce(storage: &dyn Storage, sender: &Addr) -> Result<u64, ContractError> {
    Ok(NONCES.may_load(storage, sender)?.unwrap_or_default())
}

/// Checks that `identity` signed this message of `sender`, and uses up the nonce.
#[allow(clippy::too_many_arguments)]
pub fn consume<T: Write>(
    deps: DepsMut<'_>,
    env: &Env,
    sender: &Addr,
    message_type: MessageType,
    data: &T,
    funds: &[Coin],
    identity: &[u8; 32],
    signature: &Binary,
) -> Result<(), ContractError> {
    let nonce = nonce(deps.storage, sender)?;
    let payload = Payload {
        chain_id: &env.block.chain_id,
        contract: env.contract.address.as_str(),
        message_type,
        sender: sender.as_str(),
        nonce,
        data,
        funds,
    };

    // A signature of another length or a key that is no point is an error of the host: to us, no signature.
    if !deps.api.ed25519_verify(&payload.bytes(), signature, identity).unwrap_or(false) {
        return Err(ContractError::Signature { identity: keys::to_text(identity), sender: sender.clone(), nonce });
    }

    let next = nonce.checked_add(1).ok_or(ContractError::OutOfRange { what: "nonce" })?;
    NONCES.save(deps.storage, sender, &next);
    Ok(())
}
