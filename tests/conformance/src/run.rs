//! One run of the Rust client: the chain, the accounts, and the transcript that grows.
//!
//! Scenarios call these methods and nothing else; each writes one step.

use anyhow::{anyhow, Result};
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine as _;
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmos::tx::v1beta1::TxRaw;
use cosmrs::tendermint::abci::{types::ExecTxResult, Event};
use prost::Message;
use serde_json::{json, Value};
use tendermint_rpc::endpoint::broadcast::tx_commit;
use tendermint_rpc::endpoint::tx::Response as TxResponse;
use tendermint_rpc::Client;

use crate::accounts::{Account, Accounts};
use crate::chain::Chain;
use crate::fixtures::Fixtures;
use crate::transcript::{Scenario, Step, Transcript};
use crate::tx::Tx;

/// A run against one chain.
pub struct Run {
    /// The chain.
    pub chain: Chain,
    /// Pays for nearly everything.
    pub alice: Account,
    /// The other account with money.
    pub carol: Account,
    /// Another account.
    pub poor: Account,
    /// An account that the chain does not know.
    pub nobody: Account,
    /// The wasm files.
    pub fixtures: Fixtures,
    /// The contract that most scenarios use; instantiated by the scenario `instantiate`.
    pub contract: String,
    scenarios: Vec<Scenario>,
}

impl Run {
    /// Connects and gets ready.
    pub async fn new(url: &str) -> Result<Self> {
        let accounts = Accounts::load()?;
        Ok(Self {
            chain: Chain::connect(url).await?,
            alice: accounts.get("alice")?,
            carol: accounts.get("carol")?,
            poor: accounts.get("poor")?,
            nobody: accounts.get("nobody")?,
            fixtures: Fixtures::load()?,
            contract: String::new(),
            scenarios: Vec::new(),
        })
    }

    /// Begins a scenario; steps go into it until the next begins.
    pub fn begin(&mut self, name: &str) {
        self.scenarios.push(Scenario { name: name.to_string(), steps: Vec::new() });
    }

    /// What was seen.
    pub fn finish(self) -> Transcript {
        Transcript { client: "rust".to_string(), scenarios: self.scenarios }
    }

    /// Writes down one step. A name that the scenario has already gets a number.
    pub fn note(&mut self, step: &str, result: Value) {
        if let Some(scenario) = self.scenarios.last_mut() {
            let taken = |name: &str| scenario.steps.iter().any(|step| step.name == name);
            let mut name = step.to_string();
            let mut count = 1;
            while taken(&name) {
                count += 1;
                name = format!("{step} ({count})");
            }
            scenario.steps.push(Step { name, result });
        }
    }

    /// Alice signs and sends; the step holds the check and, if that passed, the outcome.
    pub async fn send(&mut self, step: &str, tx: Tx) -> Result<Option<TxResponse>> {
        let bytes = self.signed(&tx).await?.encode_to_vec();
        self.send_bytes(step, bytes).await
    }

    /// The same for another account.
    pub async fn send_as(&mut self, step: &str, signer: &Account, tx: Tx) -> Result<Option<TxResponse>> {
        let state = self.chain.account(&signer.address).await?;
        let raw = tx.sign(signer, signer, state, &self.chain.id)?;
        self.send_bytes(step, raw.encode_to_vec()).await
    }

    /// A transaction signed by Alice with her present sequence.
    pub async fn signed(&self, tx: &Tx) -> Result<TxRaw> {
        let state = self.chain.account(&self.alice.address).await?;
        tx.sign(&self.alice, &self.alice, state, &self.chain.id)
    }

    /// Sends any bytes.
    pub async fn send_bytes(&mut self, step: &str, bytes: Vec<u8>) -> Result<Option<TxResponse>> {
        let check = match self.chain.rpc.broadcast_tx_sync(bytes).await {
            Ok(check) => check,
            Err(error) => {
                self.note(step, json!({"error": rpc_error(&error)}));
                return Ok(None);
            }
        };
        let checked = json!({"code": check.code.value(), "codespace": check.codespace, "log": check.log});
        if check.code.is_err() {
            self.note(step, json!({"check": checked}));
            return Ok(None);
        }
        let response = self.chain.committed(check.hash).await?;
        self.note(step, json!({"check": checked, "outcome": outcome(&response.tx_result)?}));
        Ok(Some(response))
    }

    /// Sends what the check must refuse, without its log: the log names a height.
    pub async fn send_in_check(&mut self, step: &str, tx: Tx) -> Result<()> {
        let bytes = self.signed(&tx).await?.encode_to_vec();
        let check = self.chain.rpc.broadcast_tx_sync(bytes).await?;
        let words: String = check.log.chars().filter(|c| !c.is_ascii_digit()).collect();
        self.note(step, json!({"code": check.code.value(), "codespace": check.codespace, "log": words}));
        Ok(())
    }

    /// One ABCI query, its value decoded by `read`.
    pub async fn query<R: Message>(
        &mut self,
        step: &str,
        path: &str,
        request: &R,
        read: impl FnOnce(&[u8]) -> Result<Value>,
    ) -> Result<()> {
        self.query_at(step, path, request, None, read).await
    }

    /// The same at a height.
    pub async fn query_at<R: Message>(
        &mut self,
        step: &str,
        path: &str,
        request: &R,
        height: Option<u32>,
        read: impl FnOnce(&[u8]) -> Result<Value>,
    ) -> Result<()> {
        let answer = match self.chain.query(path, request.encode_to_vec(), height).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = error.downcast_ref().map_or_else(|| json!(error.to_string()), rpc_error);
                self.note(step, json!({"error": error}));
                return Ok(());
            }
        };
        let mut result = json!({"code": answer.code.value(), "codespace": answer.codespace, "log": answer.log});
        if answer.code.is_ok() {
            result = json!({"code": 0, "value": read(&answer.value)?, "height given": answer.height.value() > 0});
        }
        self.note(step, result);
        Ok(())
    }
}

/// What `broadcast_tx_commit` says.
pub fn outcome_of_commit(response: &tx_commit::Response) -> Result<Value> {
    let check = &response.check_tx;
    let tx = &response.tx_result;
    Ok(json!({
        "check": {
            "code": check.code.value(), "codespace": check.codespace, "log": check.log,
            "gas_wanted": check.gas_wanted, "gas_used": check.gas_used,
        },
        "outcome": {
            "code": tx.code.value(), "codespace": tx.codespace, "log": tx.log,
            "gas_wanted": tx.gas_wanted, "gas_used": tx.gas_used,
            "events": tx.events.iter().map(event).collect::<Result<Vec<_>>>()?,
        },
        "in a block": response.height.value() > 0,
    }))
}

/// What a block says about a transaction.
pub fn outcome(result: &ExecTxResult) -> Result<Value> {
    Ok(json!({
        "code": result.code.value(),
        "codespace": result.codespace,
        "log": result.log,
        "info": result.info,
        "gas_wanted": result.gas_wanted,
        "gas_used": result.gas_used,
        "data": message_data(&result.data)?,
        "events": result.events.iter().map(event).collect::<Result<Vec<_>>>()?,
    }))
}

/// An event with its attributes in order.
pub fn event(event: &Event) -> Result<Value> {
    let attributes = event.attributes.iter().map(|attribute| {
        let read =
            |text: Result<&str, _>| text.map(str::to_string).map_err(|e: cosmrs::tendermint::Error| anyhow!("{e}"));
        Ok(json!([read(attribute.key_str())?, read(attribute.value_str())?]))
    });
    Ok(json!({"type": event.kind, "attributes": attributes.collect::<Result<Vec<_>>>()?}))
}

/// The typed answers of a transaction's messages. `tendermint-rpc` hands out base64 as bytes.
fn message_data(data: &[u8]) -> Result<Value> {
    let data = TxMsgData::decode(BASE64.decode(data)?.as_slice())?;
    let answers = data.msg_responses.iter().map(|answer| json!([answer.type_url, BASE64.encode(&answer.value)]));
    Ok(answers.collect())
}

/// A JSON-RPC error as it is, anything else by its text.
pub fn rpc_error(error: &tendermint_rpc::Error) -> Value {
    match error.detail() {
        tendermint_rpc::error::ErrorDetail::Response(detail) => {
            let source = &detail.source;
            json!({"code": source.code().value(), "message": source.message(), "data": source.data()})
        }
        other => json!(other.to_string()),
    }
}
