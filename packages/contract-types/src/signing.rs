//! What an identity key signs to approve an action on chain. Documented in `docs/protocol/signing.md`.
//!
//! The signature is bound to one chain, contract, kind of message, sender and nonce, so that no copy of it is of use anywhere
//! else or a second time. Contract, node and CLI call the same function; the vector below pins its bytes.

use cosmwasm_std::Coin;
use nym_contract_runtime::json::{write_object, Write};
use sha2::{Digest, Sha256};

/// First bytes of everything that is signed here.
pub const LABEL: &[u8] = b"nym-sign-v1";

/// What is being approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    /// Bonding of a mix node; data is [`crate::mixnet::MixnodeBonding`].
    MixnodeBonding,
    /// Bonding of a gateway; data is [`crate::mixnet::GatewayBonding`].
    GatewayBonding,
    /// Keys of a period; data is [`crate::mixnet::NodeKeys`].
    NodeKeys,
}

impl MessageType {
    /// The text that is signed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MixnodeBonding => "mixnode-bonding",
            Self::GatewayBonding => "gateway-bonding",
            Self::NodeKeys => "node-keys",
        }
    }
}

/// The whole payload of a signature; see [`Payload::bytes`].
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a, T> {
    /// Chain the transaction is for.
    pub chain_id: &'a str,
    /// Address of the contract that will read the signature.
    pub contract: &'a str,
    /// What is being approved.
    pub message_type: MessageType,
    /// Account that sends the transaction.
    pub sender: &'a str,
    /// `get_signing_nonce` of that account.
    pub nonce: u64,
    /// Data of the message.
    pub data: &'a T,
    /// Coins sent with the message.
    pub funds: &'a [Coin],
}

impl<T: Write> Payload<'_, T> {
    /// The bytes to sign:
    ///
    /// `"nym-sign-v1" ‖ chain id ‖ contract ‖ message type ‖ sender ‖ nonce u64 ‖ SHA-256(JSON of {data, funds})`, where each of
    /// the four texts is prefixed with its length as u32 and integers are big endian. JSON is what cosmwasm writes.
    pub fn bytes(&self) -> Vec<u8> {
        // The data of the message and the coins sent with it.
        let mut content = Vec::with_capacity(512);
        write_object(&mut content, "data,funds", &[self.data, &self.funds]);

        let mut bytes = LABEL.to_vec();
        for text in [self.chain_id, self.contract, self.message_type.as_str(), self.sender] {
            // Bounded: chain ids, addresses and our own constants are far below 4 GiB.
            bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&self.nonce.to_be_bytes());
        bytes.extend_from_slice(&Sha256::digest(content));
        bytes
    }
}
