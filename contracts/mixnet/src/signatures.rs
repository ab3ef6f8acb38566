//! Signatures of identity keys. The nonce that makes each of use once is the account's, see `state::Account`.

use cosmwasm_std::{Addr, Binary, Coin, Deps, Env};
use nym_contract_runtime::json::Write;
use nym_contract_types::keys;
use nym_contract_types::signing::{MessageType, Payload};

use crate::state::Account;
use crate::ContractError;

/// What is signed besides the message.
pub struct Signed<'a> {
    /// Whoever sent it.
    pub sender: &'a Addr,
    /// Which message it is.
    pub message_type: MessageType,
    /// Coins that came with it.
    pub funds: &'a [Coin],
    /// Key that signs.
    pub identity: &'a [u8; 32],
}

impl Signed<'_> {
    /// Checks that the identity signed a message of the sender, and uses up the account's nonce. The account is to be saved.
    pub fn consume<T: Write>(
        &self,
        deps: Deps<'_>,
        env: &Env,
        account: &mut Account,
        data: &T,
        signature: &Binary,
    ) -> Result<(), ContractError> {
        let nonce = account.nonce;
        let payload = Payload {
            chain_id: &env.block.chain_id,
            contract: env.contract.address.as_str(),
            message_type: self.message_type,
            sender: self.sender.as_str(),
            nonce,
            data,
            funds: self.funds,
        };

        // A signature of another length or a key that is no point is an error of the host: to us, no signature.
        if !deps.api.ed25519_verify(&payload.bytes(), signature, self.identity).unwrap_or(false) {
            let identity = keys::to_text(self.identity);
            return Err(ContractError::Signature { identity, sender: self.sender.clone(), nonce });
        }
        account.count_nonce()
    }
}
