//! An in-process chain with the same traits: unit tests read and act through the code that services use.
//!
//! `cw_multi_test::App` is neither `Send` nor asynchronous, so a thread owns it and works through a
//! queue of jobs. It has no fees, no signatures and no past heights.

use std::sync::mpsc;

use async_trait::async_trait;
use cosmwasm_std::{
    to_json_vec, Addr, BankMsg, Binary, ContractResult, CosmosMsg, Empty, QueryRequest, SystemResult, WasmMsg,
    WasmQuery,
};
use cw_multi_test::App;
use tokio::sync::oneshot;

use crate::{
    contract::{Contract, SmartQuery},
    error::ChainError,
    outcome::{TxEvent, TxOutcome},
    refusal::Refusal,
    tx::{Message, Tx},
};

type Job = Box<dyn FnOnce(&mut App) + Send>;

/// Jobs that may wait: far more than a test starts at once.
const QUEUE: usize = 1_024;

/// A `cw_multi_test::App` behind the traits of this crate.
#[derive(Clone)]
pub struct AppChain {
    jobs: mpsc::SyncSender<Job>,
}

impl AppChain {
    /// Starts the chain; `build` runs on its thread, where contracts are stored and accounts funded.
    pub fn start(build: impl FnOnce() -> App + Send + 'static) -> Self {
        let (jobs, queue) = mpsc::sync_channel::<Job>(QUEUE);
        std::thread::spawn(move || {
            let mut app = build();
            while let Ok(job) = queue.recv() {
                job(&mut app);
            }
        });
        AppChain { jobs }
    }

    /// Runs a closure on the app.
    pub async fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut App) -> T + Send + 'static,
    ) -> Result<T, ChainError> {
        let (reply, answer) = oneshot::channel();
        let gone = || ChainError::Unsupported("a call after the test chain's thread has ended".to_owned());
        self.jobs
            .send(Box::new(move |app| {
                let _ = reply.send(job(app));
            }))
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// A contract by its address.
    pub fn contract(&self, address: impl Into<String>) -> Contract<AppChain> {
        Contract::new(self.clone(), address)
    }

    /// Executes a transaction as `sender`: all of its messages or none.
    pub async fn send(&self, sender: &str, tx: &Tx) -> Result<TxOutcome, ChainError> {
        let sender = Addr::unchecked(sender);
        let messages = tx.messages().iter().map(cosmos_msg).collect::<Result<Vec<_>, _>>()?;
        self.with(move |app| {
            // A block for each transaction, as a chain would have it.
            app.update_block(|block| {
                block.height += 1;
                block.time = block.time.plus_seconds(1);
            });
            let height = app.block_info().height;
            let responses = app.execute_multi(sender, messages).map_err(|error| refusal(&error))?;
            let mut outcome = TxOutcome {
                hash: String::new(),
                height,
                gas_used: 0,
                gas_wanted: 0,
                events: Vec::new(),
                replies: Vec::new(),
                refusal: None,
            };
            for response in responses {
                outcome.events.extend(response.events.into_iter().map(|event| TxEvent {
                    kind: event.ty,
                    attributes: event.attributes.into_iter().map(|a| (a.key, a.value)).collect(),
                }));
                outcome.replies.push(response.data.map(|data| data.to_vec()).unwrap_or_default());
            }
            Ok(outcome)
        })
        .await?
    }
}

#[async_trait]
impl SmartQuery for AppChain {
    async fn smart(&self, contract: &str, msg: Vec<u8>, height: Option<u64>) -> Result<Vec<u8>, ChainError> {
        if height.is_some() {
            return Err(ChainError::Unsupported("reading the state at a past height".to_owned()));
        }
        let query: QueryRequest<Empty> =
            WasmQuery::Smart { contract_addr: contract.to_owned(), msg: Binary::new(msg) }.into();
        let query = to_json_vec(&query).map_err(|e| ChainError::invalid("query", e))?;
        let reply = self.with(move |app| cosmwasm_std::Querier::raw_query(app, &query)).await?;
        match reply {
            SystemResult::Ok(ContractResult::Ok(reply)) => Ok(reply.to_vec()),
            SystemResult::Ok(ContractResult::Err(error)) => {
                Err(Refusal::new("wasm", 9, format!("{error}: query wasm contract failed")).into())
            }
            SystemResult::Err(error) => Err(Refusal::new("wasm", 22, error.to_string()).into()),
        }
    }
}

fn cosmos_msg(message: &Message) -> Result<CosmosMsg, ChainError> {
    Ok(match message.clone() {
        Message::Send { to, amount } => BankMsg::Send { to_address: to, amount }.into(),
        Message::Execute { contract, msg, funds } => {
            WasmMsg::Execute { contract_addr: contract, msg: msg.into(), funds }.into()
        }
        Message::Instantiate { code_id, label, msg, funds, admin, salt: None } => {
            WasmMsg::Instantiate { admin, code_id, msg: msg.into(), funds, label }.into()
        }
        Message::Instantiate { code_id, label, msg, funds, admin, salt: Some(salt) } => {
            WasmMsg::Instantiate2 { admin, code_id, msg: msg.into(), funds, label, salt: salt.into() }.into()
        }
        Message::Migrate { contract, code_id, msg } => {
            WasmMsg::Migrate { contract_addr: contract, new_code_id: code_id, msg: msg.into() }.into()
        }
        Message::UpdateAdmin { contract, admin: Some(admin) } => {
            WasmMsg::UpdateAdmin { contract_addr: contract, admin }.into()
        }
        Message::UpdateAdmin { contract, admin: None } => WasmMsg::ClearAdmin { contract_addr: contract }.into(),
        Message::StoreCode { .. } => {
            return Err(ChainError::Unsupported("storing wasm code (give the app native contracts)".to_owned()))
        }
    })
}

/// The innermost sentence, wrapped as wasmd wraps it.
fn refusal(error: &cosmwasm_std::StdError) -> ChainError {
    let text = error.to_string();
    let sentence = text.rsplit_once("kind: Other, error: ").map_or(text.as_str(), |(_, sentence)| sentence);
    let log = format!("failed to execute message; message index: 0: {sentence}: execute wasm contract failed");
    Refusal::new("wasm", 5, log).into()
}
