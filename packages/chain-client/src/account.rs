//! An account that sends: fees, sequences, and the promise that nothing happens twice.
//!
//! A transaction is signed once, with a height after which it is void, and only these bytes are ever
//! repeated. They are replaced by newly signed ones only when the old ones can no longer take
//! effect: their last height has passed, or the account's committed sequence is beyond theirs, and
//! the blocks in between do not hold them. `delivery.rs` does the sending and that proof; this file
//! owns the sequence, which any number of tasks share.

use std::{sync::Arc, time::Duration};

use cosmrs::proto::cosmos::tx::{
    signing::v1beta1::SignMode,
    v1beta1::{
        mode_info, AuthInfo, Fee as ProtoFee, ModeInfo, SignDoc, SignerInfo, SimulateRequest, SimulateResponse, TxBody,
        TxRaw,
    },
};
use prost::Message;
use rand::Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{
    client::{tx_hash, AccountState, ChainClient},
    error::{ChainError, ErrorKind},
    gas::{gas_limit, Fee},
    outcome::TxOutcome,
    refusal::Refusal,
    tx::{proto_coins, Tx},
    wallet::Wallet,
};

/// Choices for one transaction.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// Fee to use; without it gas is simulated and priced.
    pub fee: Option<Fee>,
    /// Blocks for which the signed bytes stay valid. Short enough to sign anew soon after a loss,
    /// long enough to ride out a stall of a few blocks.
    pub valid_for_blocks: u64,
    /// How often it may be signed before giving up.
    pub attempts: u32,
    /// How long no endpoint may answer before the result is reported as unconfirmed.
    pub patience: Duration,
}

impl Default for SendOptions {
    fn default() -> Self {
        SendOptions { fee: None, valid_for_blocks: 20, attempts: 3, patience: Duration::from_secs(120) }
    }
}

/// A signed transaction: all that is needed to send it again, or to find out what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTx {
    /// The bytes that are broadcast.
    pub bytes: Vec<u8>,
    /// Their hash, upper-case hex.
    pub hash: String,
    /// The account's sequence that they carry.
    pub sequence: u64,
    /// A height before which they did not exist.
    pub signed_at: u64,
    /// The last height at which they can be included.
    pub timeout_height: u64,
    /// What they cost.
    pub fee: Fee,
}

/// A wallet on a chain. Cheap to clone; all clones share one sequence.
#[derive(Clone)]
pub struct Account {
    pub(crate) client: ChainClient,
    wallet: Wallet,
    pub(crate) sequence: Arc<Mutex<SequenceState>>,
}

/// What the next transaction must carry. Locked while one is signed and handed to an endpoint, so
/// that they arrive in order; not while waiting for the block.
#[derive(Default)]
pub(crate) struct SequenceState {
    pub number: Option<u64>,
    /// `None`: ask the chain.
    pub next: Option<u64>,
}

impl Account {
    pub(crate) fn new(client: ChainClient, wallet: Wallet) -> Self {
        Account { client, wallet, sequence: Arc::default() }
    }

    /// The account's address.
    pub fn address(&self) -> &str {
        self.wallet.address()
    }

    /// The chain it sends to.
    pub fn client(&self) -> &ChainClient {
        &self.client
    }

    /// Gas that a transaction would use now. A refusal here is what sending would meet.
    pub async fn simulate(&self, tx: &Tx) -> Result<u64, ChainError> {
        let mut state = self.sequence.lock().await;
        self.simulate_next(&mut state, tx).await
    }

    /// Simulates with the sequence that comes next; the lock keeps it from changing meanwhile.
    async fn simulate_next(&self, state: &mut SequenceState, tx: &Tx) -> Result<u64, ChainError> {
        let (_, mut sequence) = self.next(state).await?;
        let no_fee = self.client.config().gas_price.fee(0);
        for attempt in 0..SEQUENCE_RACES {
            let bytes = self.raw(tx, sequence, 0, &no_fee, None)?;
            #[allow(deprecated)] // the field that the bytes replaced is still part of the struct
            let request = SimulateRequest { tx: None, tx_bytes: bytes };
            let reply: Result<(SimulateResponse, u64), _> =
                self.client.grpc("/cosmos.tx.v1beta1.Service/Simulate", &request, None).await;
            match reply {
                Ok((reply, _)) => {
                    return reply
                        .gas_info
                        .map(|info| info.gas_used)
                        .ok_or_else(|| ChainError::malformed("simulation", "it has no gas"));
                }
                // Another process uses the account; the mismatch names the sequence to try next.
                Err(ChainError::Refused(refusal)) if refusal.kind == ErrorKind::Sequence => match refusal.sequences() {
                    Some((expected, _)) => sequence = expected,
                    None => return Err(refusal.into()),
                },
                Err(error) => return Err(error),
            }
            race_pause(attempt).await;
        }
        Err(Refusal::new("sdk", 32, "account sequence mismatch: another process keeps using the account").into())
    }

    /// The fee for a transaction: simulated gas times the adjustment, at the chain's price.
    pub async fn estimate(&self, tx: &Tx) -> Result<Fee, ChainError> {
        Ok(self.price(self.simulate(tx).await?))
    }

    fn price(&self, simulated: u64) -> Fee {
        let config = self.client.config();
        config.gas_price.fee(gas_limit(simulated, config.gas_adjustment))
    }

    /// Sends a transaction and waits until it is in a block. A transaction that fails there is an error.
    pub async fn send(&self, tx: &Tx) -> Result<TxOutcome, ChainError> {
        self.send_with(tx, &SendOptions::default()).await
    }

    /// Sends with choices of one's own.
    pub async fn send_with(&self, tx: &Tx, options: &SendOptions) -> Result<TxOutcome, ChainError> {
        let mut fee = options.fee.clone();
        let mut raised = fee.is_some();
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.deliver(tx, &mut fee, options).await? {
                Delivery::Included(outcome) => {
                    let out_of_gas = matches!(&outcome.refusal, Some(r) if r.kind == ErrorKind::OutOfGas);
                    if out_of_gas && !raised {
                        // State grew after the simulation. It failed whole, so it may be sent again, once.
                        raised = true;
                        let gas = outcome.gas_wanted.max(outcome.gas_used);
                        fee = Some(self.client.config().gas_price.fee(gas_limit(gas, 1.5)));
                        continue;
                    }
                    return outcome.into_result();
                }
                Delivery::Void { timeout_height } if attempt >= options.attempts.max(1) => {
                    return Err(ChainError::Expired { attempts: attempt, timeout_height });
                }
                Delivery::Void { .. } => {}
            }
        }
    }

    /// Finds out what became of signed bytes whose sending ended in
    /// [`ChainError::Unconfirmed`], sending the same bytes again while that makes sense.
    /// `None`: they are void and did nothing; signing anew is safe.
    pub async fn resume(&self, signed: &SignedTx, patience: Duration) -> Result<Option<TxOutcome>, ChainError> {
        match self.settle(signed, patience).await? {
            Delivery::Included(outcome) => Ok(Some(outcome)),
            Delivery::Void { .. } => Ok(None),
        }
    }

    /// Signs without sending, with the sequence that comes next. The bytes belong to the caller: the
    /// account does not count them as used.
    pub async fn sign(&self, tx: &Tx, fee: &Fee, valid_for_blocks: u64) -> Result<SignedTx, ChainError> {
        let mut state = self.sequence.lock().await;
        self.sign_next(&mut state, tx, fee, valid_for_blocks).await
    }

    pub(crate) async fn sign_next(
        &self,
        state: &mut SequenceState,
        tx: &Tx,
        fee: &Fee,
        valid_for_blocks: u64,
    ) -> Result<SignedTx, ChainError> {
        let (number, sequence) = self.next(state).await?;
        let chain_id = self.client.chain_id().await?;
        let signed_at = self.client.height().await?;
        let timeout_height = signed_at.saturating_add(valid_for_blocks.max(1));
        let bytes = self.raw(tx, sequence, timeout_height, fee, Some((&chain_id, number)))?;
        Ok(SignedTx { hash: tx_hash(&bytes), bytes, sequence, signed_at, timeout_height, fee: fee.clone() })
    }

    /// The account as the chain has it; a key that never received anything is a refusal with a remedy.
    pub(crate) async fn state(&self) -> Result<AccountState, ChainError> {
        self.client.account_state(self.address()).await.map_err(|error| match error {
            ChainError::NotFound(_) => Refusal::new(
                "sdk",
                9,
                format!("account {} does not exist on chain: it has never received anything", self.address()),
            )
            .into(),
            error => error,
        })
    }

    /// Account number and the sequence that comes next, asked for when it is not known.
    async fn next(&self, state: &mut SequenceState) -> Result<(u64, u64), ChainError> {
        if let (Some(number), Some(next)) = (state.number, state.next) {
            return Ok((number, next));
        }
        let fresh = self.state().await?;
        *state = SequenceState { number: Some(fresh.number), next: Some(fresh.sequence) };
        Ok((fresh.number, fresh.sequence))
    }

    /// Encodes the transaction; without a domain (chain id, account number) the signature is empty, as
    /// simulation takes it.
    fn raw(
        &self,
        tx: &Tx,
        sequence: u64,
        timeout_height: u64,
        fee: &Fee,
        domain: Option<(&str, u64)>,
    ) -> Result<Vec<u8>, ChainError> {
        let body = TxBody {
            messages: tx.to_any(self.address()),
            memo: tx.memo_text().to_owned(),
            timeout_height,
            ..TxBody::default()
        };
        let public_key = self.wallet.public_key().to_any().map_err(|e| ChainError::invalid("public key", e))?;
        #[allow(deprecated)] // `tip` is still part of the struct
        let auth_info = AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key: Some(public_key),
                mode_info: Some(ModeInfo {
                    sum: Some(mode_info::Sum::Single(mode_info::Single { mode: SignMode::Direct.into() })),
                }),
                sequence,
            }],
            fee: Some(ProtoFee {
                amount: proto_coins(std::slice::from_ref(&fee.amount)),
                gas_limit: fee.gas_limit,
                payer: String::new(),
                granter: String::new(),
            }),
            tip: None,
        };
        let (body_bytes, auth_info_bytes) = (body.encode_to_vec(), auth_info.encode_to_vec());
        let signature = match domain {
            None => Vec::new(),
            Some((chain_id, account_number)) => {
                let doc = SignDoc {
                    body_bytes: body_bytes.clone(),
                    auth_info_bytes: auth_info_bytes.clone(),
                    chain_id: chain_id.to_owned(),
                    account_number,
                };
                self.wallet.sign(&doc.encode_to_vec())?
            }
        };
        Ok(TxRaw { body_bytes, auth_info_bytes, signatures: vec![signature] }.encode_to_vec())
    }
}

/// The fee that was given, or a simulated one. Part of signing: the simulation needs the sequence.
impl Account {
    pub(crate) async fn fee_for(
        &self,
        state: &mut SequenceState,
        tx: &Tx,
        fee: &mut Option<Fee>,
    ) -> Result<Fee, ChainError> {
        if let Some(fee) = fee {
            return Ok(fee.clone());
        }
        let simulated = self.simulate_next(state, tx).await?;
        Ok(fee.insert(self.price(simulated)).clone())
    }
}

/// Turns that a transaction takes when other processes use the same account at the same time.
pub(crate) const SEQUENCE_RACES: u32 = 64;

/// A short random pause, so that processes that race for a sequence do not stay in step.
pub(crate) async fn race_pause(attempt: u32) {
    let most = 10 << attempt.min(5);
    let millis = rand::thread_rng().gen_range(0..=most);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// How signed bytes ended.
pub(crate) enum Delivery {
    /// In a block, with or without success.
    Included(TxOutcome),
    /// Not in any block, and no longer able to get into one.
    Void { timeout_height: u64 },
}
