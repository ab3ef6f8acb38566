//! Transactions from bytes, with the strictness of the SDK's decoder.

use super::strict::{self, Malformed};
use crate::app::address::{Address, Codec};
use crate::app::coins::Coins;
use crate::app::msg::Msg;
use crate::error::{AppError, TX_DECODE};
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, TxRaw};
use cosmrs::proto::traits::Message as _;
use cosmrs::proto::{Any, Timestamp};

/// The body of a transaction in SDK v0.53, which has two fields more than the published types.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TxBody {
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Any>,
    #[prost(string, tag = "2")]
    pub memo: String,
    #[prost(uint64, tag = "3")]
    pub timeout_height: u64,
    #[prost(bool, tag = "4")]
    pub unordered: bool,
    #[prost(message, optional, tag = "5")]
    pub timeout_timestamp: Option<Timestamp>,
    #[prost(message, repeated, tag = "1023")]
    pub extension_options: Vec<Any>,
    #[prost(message, repeated, tag = "2047")]
    pub non_critical_extension_options: Vec<Any>,
}

/// A decoded transaction with the bytes that were signed.
#[derive(Debug, Clone)]
pub(crate) struct Tx {
    pub bytes: Vec<u8>,
    pub raw: TxRaw,
    pub body: TxBody,
    pub auth: AuthInfo,
    pub msgs: Vec<Msg>,
    /// The fee's coins as the sender wrote them.
    pub fee: Coins,
    pub gas: u64,
}

impl Tx {
    /// Decodes; every failure is the SDK's "tx parse error".
    pub(crate) fn decode(bytes: &[u8]) -> Result<Tx, AppError> {
        // The SDK wraps this error twice, once in the decoder and once around it.
        Tx::parse(bytes).map_err(|text| AppError::new(TX_DECODE, AppError::new(TX_DECODE, text)))
    }

    fn parse(bytes: &[u8]) -> Result<Tx, String> {
        check_raw(bytes)?;
        strict::raw(bytes)?;
        let text = |e: prost::DecodeError| e.to_string();
        let raw = TxRaw::decode(bytes).map_err(text)?;
        strict::body(&raw.body_bytes)?;
        strict::auth_info(&raw.auth_info_bytes)?;
        let body = TxBody::decode(&*raw.body_bytes).map_err(text)?;
        let auth = AuthInfo::decode(&*raw.auth_info_bytes).map_err(text)?;
        let extensions = [&body.extension_options, &body.non_critical_extension_options];
        if extensions.iter().any(|list| !list.is_empty()) {
            return Err("no registered implementations of type tx.TxExtensionOptionI".to_owned());
        }
        let msgs = body.messages.iter().map(Msg::decode).collect::<Result<_, _>>()?;
        let (fee, gas) = match &auth.fee {
            Some(fee) => (Coins::decode(&fee.amount)?, fee.gas_limit),
            None => (Coins::default(), 0),
        };
        for info in &auth.signer_infos {
            if let Some(key) = &info.public_key {
                super::sign::PublicKey::decode(key)?;
            }
        }
        Ok(Tx { bytes: bytes.to_vec(), raw, body, auth, msgs, fee, gas })
    }

    /// All accounts that must sign, the first of which pays unless a payer is named.
    pub(crate) fn signers(&self, codec: &Codec) -> Result<Vec<Address>, AppError> {
        let mut signers: Vec<Address> = Vec::new();
        for msg in &self.msgs {
            for signer in msg.signers(codec)? {
                if !signers.contains(&signer) {
                    signers.push(signer);
                }
            }
        }
        if let Some(payer) = self.payer(codec)? {
            if !signers.contains(&payer) {
                signers.push(payer);
            }
        }
        Ok(signers)
    }

    /// The fee's payer, when one is named.
    pub(crate) fn payer(&self, codec: &Codec) -> Result<Option<Address>, AppError> {
        match &self.auth.fee {
            Some(fee) if !fee.payer.is_empty() => codec.decode(&fee.payer).map(Some),
            _ => Ok(None),
        }
    }
}

/// ADR-027 for the outermost message: fields in order, lengths as short as possible.
fn check_raw(mut bytes: &[u8]) -> Result<(), String> {
    let invalid = |what: Malformed| format!("invalid length; {what}");
    let mut last = 0;
    while !bytes.is_empty() {
        let (number, kind) = strict::tag(&mut bytes).map_err(invalid)?;
        if kind != 2 {
            return Err(format!("expected 2 wire type, got {kind}"));
        }
        if number < last {
            return Err(format!("txRaw must follow ADR-027, got tagNum {number} after tagNum {last}"));
        }
        last = number;
        let (length, read) = strict::varint(&mut bytes).map_err(invalid)?;
        let needed = strict::varint_length(length);
        if read != needed {
            return Err(format!(
                "length prefix varint for tagNum {number} is not as short as possible, read {read}, only need {needed}"
            ));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        bytes = bytes.get(length..).ok_or_else(|| invalid(Malformed::Truncated))?;
    }
    Ok(())
}
