//! A transaction under construction, with every part open to be made wrong.

use anyhow::{anyhow, Result};
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw};
use cosmrs::proto::Any;
use prost::{Message, Name};

use crate::accounts::Account;
use crate::chain::AccountState;

/// `SIGN_MODE_DIRECT`.
const DIRECT: i32 = 1;

/// What is signed, before it is signed. Fields that are `None` get the right value.
#[derive(Debug, Clone, Default)]
pub struct Tx {
    /// The body.
    pub body: TxBody,
    /// The most gas.
    pub gas: u64,
    /// The fee; by default gas × 0.025 unyx.
    pub fee: Option<Vec<Coin>>,
    /// Who pays the fee, if not the signer.
    pub payer: String,
    /// The sequence that is signed and stated.
    pub sequence: Option<u64>,
    /// The account number that is signed.
    pub account_number: Option<u64>,
    /// The chain id that is signed.
    pub chain_id: Option<String>,
    /// The sign mode that is stated.
    pub sign_mode: Option<i32>,
    /// Leaves the public key out.
    pub without_public_key: bool,
}

impl Tx {
    /// A transaction of these messages with a gas limit that is enough for most.
    pub fn new(messages: Vec<Any>) -> Self {
        let body = TxBody { messages, ..TxBody::default() };
        Self { body, gas: 500_000, ..Self::default() }
    }

    /// A transaction of one message.
    pub fn of<M: Name>(message: &M) -> Result<Self> {
        Ok(Self::new(vec![any(message)?]))
    }

    /// Sets the gas limit.
    pub fn gas(mut self, gas: u64) -> Self {
        self.gas = gas;
        self
    }

    /// Sets the memo.
    pub fn memo(mut self, memo: &str) -> Self {
        self.body.memo = memo.to_string();
        self
    }

    /// Sets the fee.
    pub fn fee(mut self, coins: Vec<Coin>) -> Self {
        self.fee = Some(coins);
        self
    }

    /// The bytes of the transaction, signed by `signer`, with `public_key` stated as the key.
    pub fn sign(&self, signer: &Account, stated: &Account, state: AccountState, chain_id: &str) -> Result<TxRaw> {
        let public_key = (!self.without_public_key).then(|| stated.public_key.into());
        let sequence = self.sequence.unwrap_or(state.sequence);
        let mode = self.sign_mode.unwrap_or(DIRECT);
        let auth_info = AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key,
                mode_info: Some(ModeInfo { sum: Some(Sum::Single(Single { mode })) }),
                sequence,
            }],
            fee: Some(Fee {
                amount: self.fee.clone().unwrap_or_else(|| vec![least_fee(self.gas)]),
                gas_limit: self.gas,
                payer: self.payer.clone(),
                granter: String::new(),
            }),
            ..AuthInfo::default()
        };
        let document = SignDoc {
            body_bytes: self.body.encode_to_vec(),
            auth_info_bytes: auth_info.encode_to_vec(),
            chain_id: self.chain_id.clone().unwrap_or_else(|| chain_id.to_string()),
            account_number: self.account_number.unwrap_or(state.number),
        };
        Ok(TxRaw {
            signatures: vec![signer.sign(&document.encode_to_vec())?],
            body_bytes: document.body_bytes,
            auth_info_bytes: document.auth_info_bytes,
        })
    }
}

/// The least fee for an amount of gas at 0.025 unyx.
pub fn least_fee(gas: u64) -> Coin {
    coin(gas.div_ceil(40), "unyx")
}

/// An amount of a denomination.
pub fn coin(amount: u64, denom: &str) -> Coin {
    Coin { amount: amount.to_string(), denom: denom.to_string() }
}

/// A message with its type.
pub fn any<M: Name>(message: &M) -> Result<Any> {
    Any::from_msg(message).map_err(|error| anyhow!("{error}"))
}
