//! The signed JSON that a node prints and the owner's command line sends.
//!
//! `mixnode bonding-info` and `gateway bonding-info` print a [`SignedBonding`]; `nym-cli … bond
//! --node-file` reads it. The identity key never leaves the node's machine, the owner's mnemonic
//! never comes to it.

use cosmwasm_std::{Binary, Coin};
use nym_contract_runtime::json::Write;
use nym_contract_types::{
    mixnet::{GatewayBonding, MixnodeBonding},
    signing::{MessageType, Payload},
};
use serde::{Deserialize, Serialize};

use crate::error::ChainError;

/// What a node's identity key approves.
pub trait BondingData: Serialize + Write {
    /// The kind of message.
    const MESSAGE_TYPE: MessageType;

    /// The node's identity key, base58.
    fn identity(&self) -> &str;
}

impl BondingData for MixnodeBonding {
    const MESSAGE_TYPE: MessageType = MessageType::MixnodeBonding;

    fn identity(&self) -> &str {
        &self.mix_node.identity_key
    }
}

impl BondingData for GatewayBonding {
    const MESSAGE_TYPE: MessageType = MessageType::GatewayBonding;

    fn identity(&self) -> &str {
        &self.gateway.identity_key
    }
}

/// A bond as the node approves it, with everything that the signature covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBonding<D> {
    /// The node and, for a mix node, its costs.
    pub data: D,
    /// The pledge.
    pub funds: Vec<Coin>,
    /// Account that sends the bond and owns it afterwards.
    pub owner: String,
    /// The contract's `get_signing_nonce` of that account.
    pub nonce: u64,
    /// The mixnet contract.
    pub contract: String,
    /// The chain.
    pub chain_id: String,
    /// Ed25519 signature of the identity key over [`SignedBonding::payload`], 64 bytes, base64.
    pub signature: Binary,
}

impl<D: BondingData> SignedBonding<D> {
    /// Puts a bond together and has it signed.
    pub fn sign(
        data: D,
        funds: Vec<Coin>,
        owner: &str,
        nonce: u64,
        contract: &str,
        chain_id: &str,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<Self, ChainError> {
        let mut bonding = SignedBonding {
            data,
            funds,
            owner: owner.to_owned(),
            nonce,
            contract: contract.to_owned(),
            chain_id: chain_id.to_owned(),
            signature: Binary::default(),
        };
        bonding.signature = Binary::new(sign(&bonding.payload()?).to_vec());
        Ok(bonding)
    }

    /// The bytes that the signature covers.
    pub fn payload(&self) -> Result<Vec<u8>, ChainError> {
        Ok(Payload {
            chain_id: &self.chain_id,
            contract: &self.contract,
            message_type: D::MESSAGE_TYPE,
            sender: &self.owner,
            nonce: self.nonce,
            data: &self.data,
            funds: &self.funds,
        }
        .bytes())
    }

    /// Checks that the bond is for this chain and contract and that this account may send it.
    pub fn check_context(&self, chain_id: &str, contract: &str, sender: &str) -> Result<(), ChainError> {
        for (what, signed, wanted) in [
            ("chain id", self.chain_id.as_str(), chain_id),
            ("contract", &self.contract, contract),
            ("owner", &self.owner, sender),
        ] {
            if signed != wanted {
                return Err(ChainError::invalid(
                    format!("bonding data for {what} '{signed}'"),
                    format!("it is to be sent with {what} '{wanted}'; print it anew on the node's machine"),
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
    use nym_contract_types::mixnet::Gateway;

    fn bonding() -> SignedBonding<GatewayBonding> {
        let gateway = Gateway {
            host: "127.0.0.1".into(),
            mix_port: 1789,
            clients_port: 9000,
            location: "here".into(),
            sphinx_key: "s".into(),
            identity_key: "i".into(),
            version: "0.1.0".into(),
            noise_key: None,
        };
        SignedBonding::sign(
            GatewayBonding { gateway },
            vec![Coin::new(5u128, "unym")],
            "n1me",
            3,
            "n1c",
            "chain",
            |_| [7; 64],
        )
        .unwrap()
    }

    #[test]
    fn printed_json_is_read_back() {
        let json = serde_json::to_string(&bonding()).unwrap();

        assert_eq!(serde_json::from_str::<SignedBonding<GatewayBonding>>(&json).unwrap(), bonding());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let mut json = serde_json::to_value(bonding()).unwrap();
        json["surprise"] = 1.into();

        assert!(serde_json::from_value::<SignedBonding<GatewayBonding>>(json).is_err());
    }

    #[test]
    fn a_bond_for_another_chain_contract_or_owner_is_refused_by_name() {
        let bonding = bonding();

        assert!(bonding.check_context("chain", "n1c", "n1me").is_ok());
        for (chain, contract, owner, says) in [
            ("other", "n1c", "n1me", "chain id"),
            ("chain", "n1d", "n1me", "contract"),
            ("chain", "n1c", "n1you", "owner"),
        ] {
            let error = bonding.check_context(chain, contract, owner).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
