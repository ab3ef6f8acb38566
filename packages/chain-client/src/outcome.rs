//! What became of a transaction that is in a block.

use base64::{engine::general_purpose::STANDARD, Engine};
use cosmrs::proto::{
    cosmos::base::abci::v1beta1::TxMsgData,
    cosmwasm::wasm::v1::{MsgInstantiateContractResponse, MsgStoreCodeResponse},
};
use prost::Message;
use serde::Serialize;
use tendermint_rpc::endpoint::tx;

use crate::{error::ChainError, refusal::Refusal};

/// A transaction in a block: successful, unless [`TxOutcome::refusal`] says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TxOutcome {
    /// Hash, upper-case hex.
    pub hash: String,
    /// The block.
    pub height: u64,
    /// Gas it used.
    pub gas_used: u64,
    /// Gas it was allowed.
    pub gas_wanted: u64,
    /// Events of its messages, in order.
    pub events: Vec<TxEvent>,
    /// Encoded reply of each message.
    #[serde(skip)]
    pub replies: Vec<Vec<u8>>,
    /// Why it failed, if it did: it is in a block, its fee is paid, and nothing else happened.
    #[serde(skip)]
    pub refusal: Option<Refusal>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TxEvent {
    /// Its type, for example `wasm`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its attributes, in order.
    pub attributes: Vec<(String, String)>,
}

impl From<&tx::Response> for TxOutcome {
    fn from(response: &tx::Response) -> Self {
        let result = &response.tx_result;
        let refusal = result
            .code
            .is_err()
            .then(|| Refusal::new(result.codespace.clone(), result.code.value(), result.log.clone()));
        let events = result
            .events
            .iter()
            .map(|event| TxEvent {
                kind: event.kind.clone(),
                attributes: event
                    .attributes
                    .iter()
                    .filter_map(|a| Some((a.key_str().ok()?.to_owned(), a.value_str().ok()?.to_owned())))
                    .collect(),
            })
            .collect();
        TxOutcome {
            hash: response.hash.to_string().to_uppercase(),
            height: response.height.value(),
            gas_used: u64::try_from(result.gas_used).unwrap_or(0),
            gas_wanted: u64::try_from(result.gas_wanted).unwrap_or(0),
            events,
            replies: replies(&result.data),
            refusal,
        }
    }
}

impl TxOutcome {
    /// The first value of an attribute among the events of a type.
    pub fn attribute(&self, kind: &str, key: &str) -> Option<&str> {
        self.events
            .iter()
            .filter(|event| event.kind == kind)
            .flat_map(|event| &event.attributes)
            .find_map(|(k, value)| (k == key).then_some(value.as_str()))
    }

    /// The code id that `store_code` gave.
    pub fn code_id(&self) -> Result<u64, ChainError> {
        if let Some(Ok(reply)) = self.replies.first().map(|reply| MsgStoreCodeResponse::decode(&**reply)) {
            if reply.code_id != 0 {
                return Ok(reply.code_id);
            }
        }
        self.attribute("store_code", "code_id")
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| ChainError::malformed("code id of the stored code", "the chain reported none"))
    }

    /// The address that `instantiate` gave.
    pub fn contract_address(&self) -> Result<String, ChainError> {
        if let Some(address) = self.attribute("instantiate", "_contract_address") {
            return Ok(address.to_owned());
        }
        self.replies
            .first()
            .and_then(|reply| MsgInstantiateContractResponse::decode(&**reply).ok())
            .map(|reply| reply.address)
            .filter(|address| !address.is_empty())
            .ok_or_else(|| ChainError::malformed("address of the new contract", "the chain reported none"))
    }

    /// The outcome itself, or its refusal as an error.
    pub fn into_result(self) -> Result<TxOutcome, ChainError> {
        match self.refusal {
            Some(refusal) => Err(refusal.into()),
            None => Ok(self),
        }
    }
}

/// `tx_result.data` arrives as the text of its JSON string: base64 that the RPC library left alone.
fn replies(data: &[u8]) -> Vec<Vec<u8>> {
    let decoded = STANDARD.decode(data).unwrap_or_else(|_| data.to_vec());
    TxMsgData::decode(&*decoded)
        .map(|data| data.msg_responses.into_iter().map(|reply| reply.value).collect())
        .unwrap_or_default()
}
