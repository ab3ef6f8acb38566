//! Running a transaction: checks, messages, results.

use super::decode::Tx;
use crate::app::ctx::{BlockEnv, Ctx};
use crate::app::event::{Attribute, Event};
use crate::app::gas::Gas;
use crate::app::App;
use crate::error::{AppError, Halt, INVALID_REQUEST};
use crate::store::Working;
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::tendermint::abci::{Event as AbciEvent, EventAttribute, ExecTxResult};
use cosmrs::proto::traits::Message as _;
use cosmrs::proto::Any;
use std::sync::{Arc, Mutex};

/// Why a transaction runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Before it may wait for a block: only the checks.
    Check,
    /// In a block.
    Deliver,
    /// To learn its gas: no signatures, no limit, nothing kept.
    Simulate,
}

/// A result with the answers of the messages, which a simulation reports separately.
#[derive(Debug, Clone, Default)]
pub(crate) struct TxOutcome {
    pub result: ExecTxResult,
    pub answers: Vec<Any>,
}

impl App {
    /// Runs a transaction over `state` and leaves there what it is entitled to leave.
    pub(crate) fn run_tx(self: &Arc<Self>, mode: Mode, state: &Working, block: &BlockEnv, bytes: &[u8]) -> TxOutcome {
        let before = state.snapshot();
        let outcome = self.try_tx(mode, state, block, bytes);
        if mode == Mode::Simulate {
            state.restore(before);
        }
        outcome
    }

    fn try_tx(self: &Arc<Self>, mode: Mode, state: &Working, block: &BlockEnv, bytes: &[u8]) -> TxOutcome {
        let tx = match Tx::decode(bytes).and_then(|tx| self.check_msgs(tx)) {
            Ok(tx) => tx,
            Err(error) => return failed(error, 0, 0, Vec::new()),
        };
        let gas = match mode {
            Mode::Simulate => Gas::infinite(),
            _ => Gas::limited(tx.gas),
        };
        let mut ctx = Ctx {
            state: state.clone(),
            gas: gas.clone(),
            events: Vec::new(),
            block: Arc::new(block.clone()),
            tx: None,
            loaded: Some(Arc::new(Mutex::default())),
            call_depth: 0,
            query_depth: 0,
            simulate: mode == Mode::Simulate,
        };

        let start = state.snapshot();
        if tx.auth.fee.is_none() {
            return failed(super::ante::nil_pointer(), 0, 0, Vec::new());
        }
        if let Err(halt) = self.ante(&mut ctx, &tx, mode) {
            state.restore(start);
            let error = halt.into_error(gas.limit(), gas.consumed());
            return failed(error, gas.limit(), gas.consumed(), Vec::new());
        }
        let ante_events = std::mem::take(&mut ctx.events);
        if mode == Mode::Check {
            return TxOutcome {
                result: ExecTxResult {
                    gas_wanted: gas.limit() as i64,
                    gas_used: gas.consumed() as i64,
                    events: abci(ante_events),
                    ..ExecTxResult::default()
                },
                answers: Vec::new(),
            };
        }

        let after_ante = state.snapshot();
        match self.run_msgs(&ctx, &tx) {
            Ok((answers, events)) => TxOutcome {
                result: ExecTxResult {
                    data: TxMsgData { msg_responses: answers.clone(), ..TxMsgData::default() }.encode_to_vec().into(),
                    gas_wanted: gas.limit() as i64,
                    gas_used: gas.consumed() as i64,
                    events: abci(ante_events.into_iter().chain(events).collect()),
                    ..ExecTxResult::default()
                },
                answers,
            },
            Err(halt) => {
                state.restore(after_ante);
                let error = halt.into_error(gas.limit(), gas.consumed());
                failed(error, gas.limit(), gas.consumed(), ante_events)
            }
        }
    }

    fn check_msgs(&self, tx: Tx) -> Result<Tx, AppError> {
        if tx.msgs.is_empty() {
            let text = "must contain at least one message";
            return Err(AppError::new(INVALID_REQUEST, text));
        }
        for msg in &tx.msgs {
            msg.validate(&self.codec)?;
        }
        Ok(tx)
    }

    fn run_msgs(self: &Arc<Self>, ctx: &Ctx, tx: &Tx) -> Result<(Vec<Any>, Vec<Event>), Halt> {
        let (mut answers, mut events) = (Vec::new(), Vec::new());
        for (i, msg) in tx.msgs.iter().enumerate() {
            let mut sub = ctx.child();
            let answer = self
                .handle(&mut sub, msg)
                .map_err(|e| e.wrap(format_args!("failed to execute message; message index: {i}")))?;
            let mut header = Event::new("message").with("action", msg.type_url());
            if let Some(signer) = msg.signers(&self.codec)?.first() {
                header = header.with("sender", self.codec.encode(signer));
            }
            if sub.events.iter().all(|e| e.get("module").is_none()) {
                header = header.with("module", msg.module());
            }
            for mut event in std::iter::once(header).chain(sub.events) {
                event.attributes.push(Attribute { key: "msg_index".to_owned(), value: i.to_string() });
                events.push(event);
            }
            answers.push(answer);
        }
        Ok((answers, events))
    }
}

fn failed(error: AppError, wanted: u64, used: u64, events: Vec<Event>) -> TxOutcome {
    TxOutcome {
        result: ExecTxResult {
            code: error.kind.code,
            codespace: error.kind.codespace.to_owned(),
            log: error.message,
            gas_wanted: wanted as i64,
            gas_used: used as i64,
            events: abci(events),
            ..ExecTxResult::default()
        },
        answers: Vec::new(),
    }
}

/// Events in the node's form; all attributes are indexed.
fn abci(events: Vec<Event>) -> Vec<AbciEvent> {
    let attribute = |a: Attribute| EventAttribute { key: a.key, value: a.value, index: true };
    let event = |e: Event| AbciEvent { r#type: e.kind, attributes: e.attributes.into_iter().map(attribute).collect() };
    events.into_iter().map(event).collect()
}
