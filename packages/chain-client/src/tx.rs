//! A transaction before anybody signed it: messages of the chain with the sender left open.
//!
//! Acting methods of the typed clients return a [`Tx`]. It can be merged with others, simulated,
//! printed ([`Tx::to_json`], [`Tx::effects`]) or sent by an [`Account`](crate::Account) or by the
//! in-process test chain.

use std::io::Write as _;

use base64::{engine::general_purpose::STANDARD, Engine};
use cosmrs::proto::{
    cosmos::{bank::v1beta1::MsgSend, base::v1beta1::Coin as ProtoCoin},
    cosmwasm::wasm::v1 as wasm,
};
use cosmrs::Any;
use cosmwasm_std::Coin;
use flate2::{write::GzEncoder, Compression};
use prost::Name;
use serde::Serialize;
use serde_json::{json, Value};

use crate::error::ChainError;

/// One message. The sender is whoever signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Moves coins to another account.
    Send {
        /// Receiver's address.
        to: String,
        /// What is sent.
        amount: Vec<Coin>,
    },
    /// Calls a contract.
    Execute {
        /// The contract's address.
        contract: String,
        /// JSON of the message.
        msg: Vec<u8>,
        /// Coins handed over with it.
        funds: Vec<Coin>,
    },
    /// Stores contract code, plain or gzipped.
    StoreCode {
        /// The wasm file.
        wasm: Vec<u8>,
    },
    /// Creates a contract from stored code.
    Instantiate {
        /// The stored code.
        code_id: u64,
        /// Name shown by explorers.
        label: String,
        /// JSON of the message.
        msg: Vec<u8>,
        /// Coins handed over with it.
        funds: Vec<Coin>,
        /// Who may migrate it, if anybody.
        admin: Option<String>,
        /// With a salt the address depends on checksum, creator and salt alone (`instantiate2`).
        salt: Option<Vec<u8>>,
    },
    /// Replaces a contract's code.
    Migrate {
        /// The contract's address.
        contract: String,
        /// The new code.
        code_id: u64,
        /// JSON of the message.
        msg: Vec<u8>,
    },
    /// Changes or, with `None`, removes who may migrate a contract.
    UpdateAdmin {
        /// The contract's address.
        contract: String,
        /// The new admin.
        admin: Option<String>,
    },
}

/// Messages that happen together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tx {
    messages: Vec<Message>,
    effects: Vec<String>,
    memo: String,
}

impl Tx {
    /// A transaction with one message.
    pub fn new(message: Message) -> Self {
        Tx { messages: vec![message], ..Tx::default() }
    }

    /// Calls a contract with a typed message.
    pub fn execute<M: Serialize + ?Sized>(
        contract: impl Into<String>,
        msg: &M,
        funds: Vec<Coin>,
    ) -> Result<Self, ChainError> {
        Ok(Tx::new(Message::Execute { contract: contract.into(), msg: to_json(msg)?, funds }))
    }

    /// Sends coins.
    pub fn send(to: impl Into<String>, amount: Vec<Coin>) -> Self {
        let to = to.into();
        let effect = format!("sends {} to {to}", coins(&amount));
        Tx::new(Message::Send { to, amount }).effect(effect)
    }

    /// Stores contract code, gzipped: nodes take requests of a megabyte, and a simulation sends it as hexadecimal text.
    pub fn store_code(wasm: &[u8]) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let zipped = gzip.write_all(wasm).and_then(|()| gzip.finish());
        let wasm = zipped.expect("writing to memory does not fail");
        let effect = format!("stores {} bytes of contract code", wasm.len());
        Tx::new(Message::StoreCode { wasm }).effect(effect)
    }

    /// Creates a contract whose address the chain counts up.
    pub fn instantiate<M: Serialize + ?Sized>(
        code_id: u64,
        label: &str,
        msg: &M,
        funds: Vec<Coin>,
        admin: Option<String>,
    ) -> Result<Self, ChainError> {
        Self::instantiate_inner(code_id, label, msg, funds, admin, None)
    }

    /// Creates a contract whose address is known before: see [`instantiate2_address`].
    pub fn instantiate2<M: Serialize + ?Sized>(
        code_id: u64,
        label: &str,
        msg: &M,
        funds: Vec<Coin>,
        admin: Option<String>,
        salt: Vec<u8>,
    ) -> Result<Self, ChainError> {
        Self::instantiate_inner(code_id, label, msg, funds, admin, Some(salt))
    }

    fn instantiate_inner<M: Serialize + ?Sized>(
        code_id: u64,
        label: &str,
        msg: &M,
        funds: Vec<Coin>,
        admin: Option<String>,
        salt: Option<Vec<u8>>,
    ) -> Result<Self, ChainError> {
        let mut effect = format!("creates the contract '{label}' from code {code_id}");
        if !funds.is_empty() {
            effect.push_str(&format!(" and hands it {}", coins(&funds)));
        }
        let message = Message::Instantiate { code_id, label: label.to_owned(), msg: to_json(msg)?, funds, admin, salt };
        Ok(Tx::new(message).effect(effect))
    }

    /// Replaces a contract's code.
    pub fn migrate<M: Serialize + ?Sized>(contract: &str, code_id: u64, msg: &M) -> Result<Self, ChainError> {
        let message = Message::Migrate { contract: contract.to_owned(), code_id, msg: to_json(msg)? };
        Ok(Tx::new(message).effect(format!("replaces the code of {contract} by code {code_id}")))
    }

    /// Changes or removes who may migrate a contract.
    pub fn update_admin(contract: &str, admin: Option<String>) -> Self {
        let effect = match &admin {
            Some(admin) => format!("makes {admin} the admin of {contract}"),
            None => format!("removes the admin of {contract}, for ever"),
        };
        Tx::new(Message::UpdateAdmin { contract: contract.to_owned(), admin }).effect(effect)
    }

    /// Adds a sentence that says what will change.
    pub fn effect(mut self, sentence: impl Into<String>) -> Self {
        self.effects.push(sentence.into());
        self
    }

    /// Sets the memo.
    pub fn memo(mut self, memo: impl Into<String>) -> Self {
        self.memo = memo.into();
        self
    }

    /// Appends another transaction's messages: both happen or neither.
    pub fn and(mut self, other: Tx) -> Self {
        self.messages.extend(other.messages);
        self.effects.extend(other.effects);
        self
    }

    /// The messages.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// What will change, a sentence each.
    pub fn effects(&self) -> &[String] {
        &self.effects
    }

    /// Everything the sender hands over, fee not counted.
    pub fn funds(&self) -> Vec<Coin> {
        let mut total: Vec<Coin> = Vec::new();
        for message in &self.messages {
            let (Message::Send { amount: funds, .. }
            | Message::Execute { funds, .. }
            | Message::Instantiate { funds, .. }) = message
            else {
                continue;
            };
            for coin in funds {
                match total.iter_mut().find(|c| c.denom == coin.denom) {
                    Some(sum) => sum.amount = sum.amount.saturating_add(coin.amount),
                    None => total.push(coin.clone()),
                }
            }
        }
        total
    }

    /// The transaction as JSON, in the chain's own form (code is given by its size).
    pub fn to_json(&self, sender: &str) -> Value {
        let messages: Vec<Value> = self.messages.iter().map(|message| message.to_json(sender)).collect();
        json!({ "messages": messages, "memo": self.memo })
    }

    pub(crate) fn memo_text(&self) -> &str {
        &self.memo
    }

    pub(crate) fn to_any(&self, sender: &str) -> Vec<Any> {
        self.messages.iter().map(|message| message.to_any(sender)).collect()
    }
}

impl Message {
    fn to_any(&self, sender: &str) -> Any {
        let sender = sender.to_owned();
        match self.clone() {
            Message::Send { to, amount } => {
                any(&MsgSend { from_address: sender, to_address: to, amount: proto_coins(&amount) })
            }
            Message::Execute { contract, msg, funds } => {
                any(&wasm::MsgExecuteContract { sender, contract, msg, funds: proto_coins(&funds) })
            }
            Message::StoreCode { wasm } => {
                any(&wasm::MsgStoreCode { sender, wasm_byte_code: wasm, instantiate_permission: None })
            }
            Message::Instantiate { code_id, label, msg, funds, admin, salt } => {
                let (admin, funds) = (admin.unwrap_or_default(), proto_coins(&funds));
                match salt {
                    None => any(&wasm::MsgInstantiateContract { sender, admin, code_id, label, msg, funds }),
                    Some(salt) => any(&wasm::MsgInstantiateContract2 {
                        sender,
                        admin,
                        code_id,
                        label,
                        msg,
                        funds,
                        salt,
                        fix_msg: false,
                    }),
                }
            }
            Message::Migrate { contract, code_id, msg } => {
                any(&wasm::MsgMigrateContract { sender, contract, code_id, msg })
            }
            Message::UpdateAdmin { contract, admin: Some(new_admin) } => {
                any(&wasm::MsgUpdateAdmin { sender, new_admin, contract })
            }
            Message::UpdateAdmin { contract, admin: None } => any(&wasm::MsgClearAdmin { sender, contract }),
        }
    }

    fn to_json(&self, sender: &str) -> Value {
        let body = |msg: &[u8]| serde_json::from_slice::<Value>(msg).unwrap_or(Value::Null);
        let url = self.to_any_url();
        match self {
            Message::Send { to, amount } => {
                json!({ "@type": url, "from_address": sender, "to_address": to, "amount": amount })
            }
            Message::Execute { contract, msg, funds } => {
                json!({ "@type": url, "sender": sender, "contract": contract, "msg": body(msg), "funds": funds })
            }
            Message::StoreCode { wasm } => json!({ "@type": url, "sender": sender, "wasm_bytes": wasm.len() }),
            Message::Instantiate { code_id, label, msg, funds, admin, salt } => json!({
                "@type": url, "sender": sender, "code_id": code_id.to_string(), "label": label, "msg": body(msg),
                "funds": funds, "admin": admin, "salt": salt.as_ref().map(|salt| STANDARD.encode(salt)),
            }),
            Message::Migrate { contract, code_id, msg } => json!({
                "@type": url, "sender": sender, "contract": contract, "code_id": code_id.to_string(), "msg": body(msg),
            }),
            Message::UpdateAdmin { contract, admin } => {
                json!({ "@type": url, "sender": sender, "contract": contract, "new_admin": admin })
            }
        }
    }

    fn to_any_url(&self) -> String {
        match self {
            Message::Send { .. } => type_url::<MsgSend>(),
            Message::Execute { .. } => type_url::<wasm::MsgExecuteContract>(),
            Message::StoreCode { .. } => type_url::<wasm::MsgStoreCode>(),
            Message::Instantiate { salt: None, .. } => type_url::<wasm::MsgInstantiateContract>(),
            Message::Instantiate { .. } => type_url::<wasm::MsgInstantiateContract2>(),
            Message::Migrate { .. } => type_url::<wasm::MsgMigrateContract>(),
            Message::UpdateAdmin { admin: Some(_), .. } => type_url::<wasm::MsgUpdateAdmin>(),
            Message::UpdateAdmin { .. } => type_url::<wasm::MsgClearAdmin>(),
        }
    }
}

/// The address that [`Tx::instantiate2`] will give, as wasmd computes it.
pub fn instantiate2_address(checksum: &[u8; 32], creator: &str, salt: &[u8]) -> Result<String, ChainError> {
    let creator_id: cosmrs::AccountId = creator
        .parse()
        .map_err(|_| ChainError::invalid(format!("address '{creator}'"), "it is not a bech32 address"))?;
    let address = cosmwasm_std::instantiate2_address(checksum, &creator_id.to_bytes().into(), salt)
        .map_err(|e| ChainError::invalid("salt", e))?;
    cosmrs::AccountId::new(creator_id.prefix(), address.as_slice())
        .map(|id| id.to_string())
        .map_err(|e| ChainError::invalid("contract address", e))
}

/// Coins as one reads them: `5unym, 7unyx`.
pub fn coins(coins: &[Coin]) -> String {
    coins.iter().map(Coin::to_string).collect::<Vec<_>>().join(", ")
}

fn to_json<M: Serialize + ?Sized>(msg: &M) -> Result<Vec<u8>, ChainError> {
    serde_json::to_vec(msg).map_err(|e| ChainError::invalid("message", e))
}

pub(crate) fn proto_coins(coins: &[Coin]) -> Vec<ProtoCoin> {
    // The bank refuses coins that are not sorted by denom or are zero.
    let mut coins: Vec<ProtoCoin> = coins
        .iter()
        .filter(|coin| !coin.amount.is_zero())
        .map(|coin| ProtoCoin { denom: coin.denom.clone(), amount: coin.amount.to_string() })
        .collect();
    coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    coins
}

fn type_url<M: Name>() -> String {
    format!("/{}", M::full_name())
}

fn any<M: Name>(message: &M) -> Any {
    Any { type_url: type_url::<M>(), value: message.encode_to_vec() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn funds_of_all_messages_are_added_up() {
        let tx = Tx::send("n1a", vec![Coin::new(5u128, "unym")])
            .and(Tx::send("n1b", vec![Coin::new(7u128, "unym"), Coin::new(1u128, "unyx")]));

        assert_eq!(coins(&tx.funds()), "12unym, 1unyx");
        assert_eq!(tx.effects(), ["sends 5unym to n1a", "sends 7unym, 1unyx to n1b"]);
    }

    #[test]
    fn printed_messages_carry_the_type_that_is_sent() {
        let tx = Tx::instantiate2(3, "mixnet", &json!({}), vec![], None, vec![1]).unwrap();

        let printed = tx.to_json("n1me");

        assert_eq!(printed["messages"][0]["@type"], "/cosmwasm.wasm.v1.MsgInstantiateContract2");
        assert_eq!(tx.to_any("n1me")[0].type_url, "/cosmwasm.wasm.v1.MsgInstantiateContract2");
    }

    #[test]
    fn coins_are_sorted_and_zeroes_left_out() {
        let sorted = proto_coins(&[Coin::new(1u128, "unyx"), Coin::new(0u128, "abc"), Coin::new(2u128, "unym")]);

        assert_eq!(sorted.iter().map(|c| c.denom.as_str()).collect::<Vec<_>>(), ["unym", "unyx"]);
    }
}
