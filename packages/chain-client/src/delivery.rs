//! Getting signed bytes into a block, once.
//!
//! Rules, in the order in which they are needed:
//! 1. Bytes that an endpoint may have are repeated as they are, never replaced.
//! 2. A refusal at the door counts only when no earlier try of the same bytes went unanswered: the
//!    refusal ("sequence too low") may mean that the earlier try got in.
//! 3. Bytes are void when a height `h` is committed such that `h` is at or beyond their timeout, or the
//!    account's sequence at `h` is beyond theirs, and no block up to `h` holds them. Blocks are read,
//!    not the transaction index: an index may lag, or be off.
//!
//! While the first answer to new bytes is outstanding the sequence stays locked: what follows could
//! only be refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tendermint_rpc::endpoint::broadcast;
use tokio::time::Instant;

use crate::{
    account::{race_pause, Account, Delivery, SendOptions, SequenceState, SignedTx, SEQUENCE_RACES},
    client::BlockInfo,
    endpoints::{pause, CallError},
    error::{ChainError, ErrorKind},
    gas::Fee,
    outcome::TxOutcome,
    refusal::Refusal,
    rpc::RpcError,
    tx::Tx,
};

/// What an endpoint said to bytes.
enum Answer {
    /// They are in its mempool, or it has seen them before.
    Taken,
    /// It refused them.
    Refused(Refusal),
    /// It did not answer, or not sensibly: it may have them.
    Unknown(String),
}

/// What handing over new bytes came to.
enum Handed {
    /// Somebody has them.
    Taken,
    /// Nobody has them, for this reason.
    Refused(Refusal),
    /// Somebody may have them.
    Unknown,
}

/// Between looks at the chain while waiting for a block.
const LOOK: Duration = Duration::from_millis(150);

/// Blocks without the transaction before its bytes are offered again.
const REPEAT_AFTER_BLOCKS: u64 = 2;

impl Account {
    /// Signs, hands over and waits.
    pub(crate) async fn deliver(
        &self,
        tx: &Tx,
        fee: &mut Option<Fee>,
        options: &SendOptions,
    ) -> Result<Delivery, ChainError> {
        let mut state = self.sequence.lock().await;
        // Each turn replaces bytes that nobody has; bounded because another process may use the account.
        for attempt in 0..SEQUENCE_RACES {
            let fee = self.fee_for(&mut state, tx, fee).await?;
            let signed = self.sign_next(&mut state, tx, &fee, options.valid_for_blocks).await?;
            match self.hand_over(&signed, options.patience).await? {
                Handed::Taken => {
                    state.next = signed.sequence.checked_add(1);
                    drop(state);
                    return self.settle_and_forget(&signed, options.patience).await;
                }
                Handed::Unknown => {
                    // The lock is kept: until this is known no other transaction can have a right sequence.
                    state.next = None;
                    return self.settle(&signed, options.patience).await;
                }
                Handed::Refused(refusal) if refusal.kind == ErrorKind::Sequence => {
                    match self.after_mismatch(&mut state, &signed, &refusal, options.patience).await? {
                        Some(delivery) => return Ok(delivery),
                        None => race_pause(attempt).await,
                    }
                }
                Handed::Refused(refusal) => return Err(refusal.into()),
            }
        }
        Err(Refusal::new("sdk", 32, "account sequence mismatch: another process keeps using the account").into())
    }

    /// New bytes were refused for their sequence, and nobody has them. `None`: sign anew.
    async fn after_mismatch(
        &self,
        state: &mut SequenceState,
        signed: &SignedTx,
        refusal: &Refusal,
        patience: Duration,
    ) -> Result<Option<Delivery>, ChainError> {
        let committed = self.state().await?;
        let expected = refusal.sequences().map_or(committed.sequence, |(expected, _)| expected);
        tracing::debug!(hash = %signed.hash, sequence = signed.sequence, expected, "sequence refused");
        if committed.sequence > signed.sequence {
            // Used up by somebody else: these bytes can never get in.
            state.next = Some(committed.sequence.max(expected));
            return Ok(None);
        }
        // Either a transaction before this one was lost and is being repeated by its own task, or
        // another process has one under way. Both end within the validity of these bytes, so the same
        // bytes wait for their turn.
        state.next = None;
        let delivery = self.settle(signed, patience).await?;
        Ok(match delivery {
            Delivery::Void { .. } => None,
            included => Some(included),
        })
    }

    /// Waits for accepted bytes; when they turn out void the next signer asks the chain afresh.
    async fn settle_and_forget(&self, signed: &SignedTx, patience: Duration) -> Result<Delivery, ChainError> {
        let result = self.settle(signed, patience).await;
        if !matches!(result, Ok(Delivery::Included(_))) {
            self.sequence.lock().await.next = None;
        }
        result
    }

    /// Offers new bytes to the endpoints until one gives a clear answer.
    async fn hand_over(&self, signed: &SignedTx, patience: Duration) -> Result<Handed, ChainError> {
        let deadline = Instant::now() + patience;
        let mut unanswered = false;
        let mut attempt = 0;
        loop {
            match self.offer(signed, &mut unanswered).await? {
                Answer::Taken => return Ok(Handed::Taken),
                Answer::Refused(refusal) if refusal.kind == ErrorKind::Busy => {}
                Answer::Refused(refusal) if !unanswered => return Ok(Handed::Refused(refusal)),
                Answer::Refused(_) => return Ok(Handed::Unknown),
                // Once something may have gone out, finding out takes over from offering.
                Answer::Unknown(_) if unanswered => return Ok(Handed::Unknown),
                Answer::Unknown(reason) => {
                    if Instant::now() >= deadline {
                        let endpoints = self.client.inner.endpoints.len();
                        return Err(ChainError::Network { endpoints, reason });
                    }
                }
            }
            if Instant::now() >= deadline {
                return Ok(Handed::Unknown);
            }
            attempt += 1;
            pause(attempt).await;
        }
    }

    /// Offers bytes to each endpoint in turn until one answers. Sets `unanswered` when one may have
    /// taken them without saying so; a refused connection is not such a case.
    async fn offer(&self, signed: &SignedTx, unanswered: &mut bool) -> Result<Answer, ChainError> {
        let endpoints = &self.client.inner.endpoints;
        let sent = AtomicBool::new(*unanswered);
        let result = endpoints
            .each(&|rpc| {
                let (bytes, sent) = (signed.bytes.clone(), &sent);
                async move {
                    // Out until something clear is heard: a reply that nobody can read is no answer.
                    let before = sent.swap(true, Ordering::Relaxed);
                    let reply = rpc.broadcast(bytes).await;
                    let not_sent = matches!(&reply, Err(RpcError::NotSent(_)));
                    let answer = understood(reply);
                    if not_sent || answer.is_ok() {
                        sent.store(before, Ordering::Relaxed);
                    }
                    answer
                }
            })
            .await;
        *unanswered = sent.into_inner();
        match result {
            Ok(answer) => Ok(answer),
            Err(CallError::Endpoint(reason)) => Ok(Answer::Unknown(reason)),
            Err(CallError::Final(error)) => Err(error),
        }
    }

    /// Waits until bytes are in a block or void, offering them again meanwhile.
    pub(crate) async fn settle(&self, signed: &SignedTx, patience: Duration) -> Result<Delivery, ChainError> {
        let unconfirmed =
            || ChainError::Unconfirmed { hash: signed.hash.clone(), timeout_height: signed.timeout_height };
        let mut silent_since = Instant::now();
        let mut offered_at = signed.signed_at;
        let mut searched_to = signed.signed_at;
        loop {
            match self.look(signed, &mut searched_to, &mut offered_at).await {
                Ok(Some(delivery)) => return Ok(delivery),
                Ok(None) => silent_since = Instant::now(),
                Err(error) => {
                    tracing::debug!(hash = %signed.hash, %error, "chain did not answer about a transaction");
                    if silent_since.elapsed() >= patience {
                        return Err(unconfirmed());
                    }
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// One look: the index first, then the proof that the bytes are void, then another offer.
    async fn look(
        &self,
        signed: &SignedTx,
        searched_to: &mut u64,
        offered_at: &mut u64,
    ) -> Result<Option<Delivery>, ChainError> {
        if let Some(outcome) = self.included(signed).await? {
            return Ok(Some(Delivery::Included(outcome)));
        }
        let height = self.client.height().await?;
        if height < offered_at.saturating_add(REPEAT_AFTER_BLOCKS) {
            return Ok(None);
        }
        // Nothing for some blocks. Is it over, or are the bytes lost on the way?
        let account = self.state().await?;
        let over_at = if account.sequence > signed.sequence && account.height > 0 {
            Some(account.height)
        } else if height >= signed.timeout_height {
            Some(signed.timeout_height)
        } else {
            None
        };
        if let Some(over_at) = over_at {
            return self.search_blocks(signed, searched_to, over_at).await;
        }
        let mut unanswered = false;
        let _ = self.offer(signed, &mut unanswered).await?;
        *offered_at = height;
        Ok(None)
    }

    /// Reads every block in which the bytes could be. Not there: void.
    async fn search_blocks(
        &self,
        signed: &SignedTx,
        searched_to: &mut u64,
        over_at: u64,
    ) -> Result<Option<Delivery>, ChainError> {
        let last = over_at.min(signed.timeout_height);
        while *searched_to < last {
            let block: BlockInfo = self.client.block(Some(*searched_to + 1)).await?;
            if block.tx_hashes.contains(&signed.hash) {
                // In a block, so the index will have it. It may have failed there without any effect.
                return match self.client.tx(&signed.hash).await? {
                    Some(outcome) if !without_effect(&outcome) => Ok(Some(Delivery::Included(outcome))),
                    Some(_) => {
                        *searched_to += 1;
                        continue;
                    }
                    None => Ok(None),
                };
            }
            *searched_to += 1;
        }
        Ok(Some(Delivery::Void { timeout_height: signed.timeout_height }))
    }

    async fn included(&self, signed: &SignedTx) -> Result<Option<TxOutcome>, ChainError> {
        Ok(self.client.tx(&signed.hash).await?.filter(|outcome| !without_effect(outcome)))
    }
}

/// A transaction can be in a block and yet have changed nothing, not even its account's sequence;
/// the same bytes may then succeed in a later block.
fn without_effect(outcome: &TxOutcome) -> bool {
    outcome.refusal.as_ref().is_some_and(Refusal::had_no_effect)
}

/// What an endpoint says to bytes that were offered to it.
fn understood(reply: Result<broadcast::tx_sync::Response, RpcError>) -> Result<Answer, CallError> {
    match reply {
        Ok(response) if response.code.is_ok() => Ok(Answer::Taken),
        Ok(response) => {
            let refusal = Refusal::new(response.codespace, response.code.value(), response.log);
            // The SDK's "already in mempool" is the RPC's "already in cache".
            Ok(if refusal.codespace == "sdk" && refusal.code == 19 { Answer::Taken } else { Answer::Refused(refusal) })
        }
        Err(RpcError::Refused(reason)) => {
            if reason.contains("tx already exists in cache") {
                return Ok(Answer::Taken);
            }
            if reason.contains("mempool is full") {
                return Ok(Answer::Refused(Refusal::new("sdk", 20, reason)));
            }
            too_large(&reason).map(Answer::Refused).ok_or(CallError::Endpoint(reason))
        }
        Err(error) => Err(error.into()),
    }
}

fn too_large(reason: &str) -> Option<Refusal> {
    let large =
        reason.contains("Tx too large") || reason.contains("tx too large") || reason.contains("request body too large");
    large.then(|| Refusal::new("sdk", 21, reason))
}
