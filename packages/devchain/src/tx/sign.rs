//! Public keys and signatures.

use super::amino;
use super::decode::Tx;
use crate::app::address::sha256;
use bip32::secp256k1::ecdsa::signature::Verifier;
use bip32::secp256k1::ecdsa::{Signature, VerifyingKey};
use cosmrs::proto::cosmos::crypto::{ed25519, secp256k1};
use cosmrs::proto::cosmos::tx::signing::v1beta1::SignMode;
use cosmrs::proto::cosmos::tx::v1beta1::mode_info::Sum;
use cosmrs::proto::cosmos::tx::v1beta1::{SignDoc, SignerInfo};
use cosmrs::proto::traits::Message as _;
use cosmrs::proto::Any;

/// A key that an account may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Secp256k1(Vec<u8>),
    /// Known to the SDK; accounts of users do not have one.
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// Decodes a key from its envelope.
    pub(crate) fn decode(any: &Any) -> Result<Self, String> {
        let text = |e: prost::DecodeError| e.to_string();
        match any.type_url.as_str() {
            "/cosmos.crypto.secp256k1.PubKey" => {
                let key = secp256k1::PubKey::decode(&*any.value).map_err(text)?.key;
                if key.len() != 33 {
                    return Err("length of pubkey is incorrect".to_owned());
                }
                Ok(PublicKey::Secp256k1(key))
            }
            "/cosmos.crypto.ed25519.PubKey" => {
                let key = ed25519::PubKey::decode(&*any.value).map_err(text)?.key;
                Ok(PublicKey::Ed25519(key))
            }
            other => Err(format!("unable to resolve type URL {other}")),
        }
    }

    /// The bytes of the account's address.
    pub(crate) fn address(&self) -> Vec<u8> {
        match self {
            PublicKey::Secp256k1(key) => {
                let key = cosmrs::tendermint::PublicKey::from_raw_secp256k1(key);
                key.map(|key| cosmrs::tendermint::account::Id::from(key).as_bytes().to_vec()).unwrap_or_default()
            }
            PublicKey::Ed25519(key) => sha256(&[key])[..20].to_vec(),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let PublicKey::Secp256k1(key) = self else {
            return false;
        };
        match (VerifyingKey::from_sec1_bytes(key), Signature::from_slice(signature)) {
            (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
            _ => false,
        }
    }
}

/// How a signer signed.
pub(crate) fn mode(info: &SignerInfo) -> Option<SignMode> {
    match info.mode_info.as_ref()?.sum.as_ref()? {
        Sum::Single(single) => SignMode::try_from(single.mode).ok(),
        Sum::Multi(_) => None,
    }
}

/// What the signature covers beside the transaction.
pub(crate) struct SignerData<'a> {
    pub chain_id: &'a str,
    pub account_number: u64,
    pub sequence: u64,
}

/// Checks one signature; the error says in the SDK's words what is wrong.
pub(crate) fn verify(
    tx: &Tx,
    info: &SignerInfo,
    key: &PublicKey,
    signature: &[u8],
    signer: &SignerData<'_>,
) -> Result<(), String> {
    let message = match mode(info) {
        Some(SignMode::Direct) => SignDoc {
            body_bytes: tx.raw.body_bytes.clone(),
            auth_info_bytes: tx.raw.auth_info_bytes.clone(),
            chain_id: signer.chain_id.to_owned(),
            account_number: signer.account_number,
        }
        .encode_to_vec(),
        Some(SignMode::LegacyAminoJson) => amino::sign_bytes(tx, signer)?,
        Some(other) => return Err(format!("unsupported sign mode {}", other.as_str_name())),
        None => {
            return Err(match info.mode_info.as_ref().and_then(|m| m.sum.as_ref()) {
                Some(Sum::Single(single)) => format!("unsupported sign mode {}", single.mode),
                _ => "unsupported signature data".to_owned(),
            })
        }
    };
    if key.verify(&message, signature) {
        Ok(())
    } else {
        Err("unable to verify single signer signature".to_owned())
    }
}
