//! The signed JSON with which a node announces its keys of a period.
//!
//! `mixnode keys-info` and `gateway keys-info` print a [`SignedKeys`]; `nym-cli … update-keys --node-file` reads it.

use cosmwasm_std::Binary;
use nym_contract_types::{
    mixnet::NodeKeys,
    signing::{MessageType, Payload},
};
use serde::{Deserialize, Serialize};

use crate::error::ChainError;

/// Keys of a period as the node's identity key approves them, with everything that the signature covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedKeys {
    /// Identity key of the node, base58.
    pub identity_key: String,
    /// The keys and their period.
    pub keys: NodeKeys,
    /// Account that owns the node's bond and sends the keys.
    pub owner: String,
    /// The contract's `get_signing_nonce` of that account.
    pub nonce: u64,
    /// The mixnet contract.
    pub contract: String,
    /// The chain.
    pub chain_id: String,
    /// Ed25519 signature of the identity key over [`SignedKeys::payload`], 64 bytes, base64.
    pub signature: Binary,
}

impl SignedKeys {
    /// Puts keys together and has them signed.
    pub fn sign(
        identity_key: &str,
        keys: NodeKeys,
        owner: &str,
        nonce: u64,
        contract: &str,
        chain_id: &str,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Self {
        let mut signed = SignedKeys {
            identity_key: identity_key.to_owned(),
            keys,
            owner: owner.to_owned(),
            nonce,
            contract: contract.to_owned(),
            chain_id: chain_id.to_owned(),
            signature: Binary::default(),
        };
        signed.signature = Binary::new(sign(&signed.payload()).to_vec());
        signed
    }

    /// The bytes that the signature covers.
    pub fn payload(&self) -> Vec<u8> {
        Payload {
            chain_id: &self.chain_id,
            contract: &self.contract,
            message_type: MessageType::NodeKeys,
            sender: &self.owner,
            nonce: self.nonce,
            data: &self.keys,
            funds: &[],
        }
        .bytes()
    }

    /// Checks that the keys are for this chain and contract and that this account may send them.
    pub fn check_context(&self, chain_id: &str, contract: &str, sender: &str) -> Result<(), ChainError> {
        for (what, signed, wanted) in [
            ("chain id", self.chain_id.as_str(), chain_id),
            ("contract", &self.contract, contract),
            ("owner", &self.owner, sender),
        ] {
            if signed != wanted {
                return Err(ChainError::invalid(
                    format!("keys signed for {what} '{signed}'"),
                    format!("they are to be sent with {what} '{wanted}'; print them anew on the node's machine"),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn signed() -> SignedKeys {
        let keys = NodeKeys { period: 4, sphinx_key: "s".into(), noise_key: "n".into() };
        SignedKeys::sign("i", keys, "n1me", 3, "n1c", "chain", |_| [7; 64])
    }

    #[test]
    fn printed_json_is_read_back_and_unknown_fields_are_refused() {
        let mut json = serde_json::to_value(signed()).unwrap();
        assert_eq!(serde_json::from_value::<SignedKeys>(json.clone()).unwrap(), signed());

        json["surprise"] = 1.into();

        assert!(serde_json::from_value::<SignedKeys>(json).is_err());
    }

    #[test]
    fn keys_for_another_chain_contract_or_owner_are_refused_by_name() {
        assert!(signed().check_context("chain", "n1c", "n1me").is_ok());
        for (chain, contract, owner, says) in [
            ("other", "n1c", "n1me", "chain id"),
            ("chain", "n1d", "n1me", "contract"),
            ("chain", "n1c", "n1you", "owner"),
        ] {
            let error = signed().check_context(chain, contract, owner).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
