//! A chain of one account that loses, refuses and forgets on demand, over CometBFT's JSON-RPC.
//!
//! Time is moved, not waited for: every `status` request makes a block.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
    Json, Router,
};
use base64::{engine::general_purpose::STANDARD, Engine};
use cosmrs::proto::{
    cosmos::{
        auth::v1beta1::{BaseAccount, QueryAccountResponse},
        bank::v1beta1::MsgSend,
        base::abci::v1beta1::GasInfo,
        tx::v1beta1::{AuthInfo, SimulateResponse, TxBody, TxRaw},
    },
    Any,
};
use futures::stream;
use nym_chain_client::tx_hash;
use prost::{Message, Name};
use serde_json::{json, Value};

pub const CHAIN_ID: &str = "fake-1";

/// What happens to one broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing bad.
    None,
    /// The transaction is taken, the reply is lost.
    LoseReply,
    /// The request is lost.
    LoseRequest,
    /// The transaction is in the next block before the lost reply is noticed.
    IncludeAndLoseReply,
    /// The reply says yes, the mempool forgets it.
    Forget,
    /// The mempool is full.
    Full,
    /// Another process of the same account gets in first.
    Rival,
    /// The transaction gets into a block, fails there for its sequence, and may come again.
    FailForSequence,
}

impl Fault {
    pub const ALL: [Fault; 8] = [
        Fault::None,
        Fault::LoseReply,
        Fault::LoseRequest,
        Fault::IncludeAndLoseReply,
        Fault::Forget,
        Fault::Full,
        Fault::Rival,
        Fault::FailForSequence,
    ];
}

#[derive(Clone)]
struct Decoded {
    bytes: Vec<u8>,
    hash: String,
    sequence: u64,
    timeout_height: u64,
    gas_limit: u64,
    amount: String,
}

#[derive(Default)]
pub struct Chain {
    height: u64,
    /// What the account's next transaction must carry; zero follows the largest number.
    pub sequence: u64,
    mempool: Vec<Decoded>,
    blocks: Vec<Vec<Vec<u8>>>,
    results: HashMap<String, (u64, u32, String)>,
    /// Next broadcasts' fates; then all is well.
    pub faults: VecDeque<Fault>,
    /// Requests that fail whole, from the next one on.
    pub outage: u32,
    /// The same from the request on that follows the next broadcast.
    pub outage_after_broadcast: u32,
    /// Queries that are answered with base64 at which the RPC library panics.
    pub unreadable: u32,
    /// Whether lost requests and replies end in a broken connection instead of the answer of a proxy.
    pub hang_up: bool,
    /// Whether `tx` knows nothing.
    pub index_off: bool,
    /// Gas that execution needs; a lower limit runs out.
    pub gas_needed: u64,
    /// Amounts that were sent, in order: what the account did.
    pub executed: Vec<String>,
    /// Broadcasts seen, by hash.
    pub broadcasts: Vec<String>,
}

#[derive(Clone)]
pub struct FakeChain {
    pub chain: Arc<Mutex<Chain>>,
    pub urls: Vec<String>,
}

impl FakeChain {
    /// Serves the same chain at `endpoints` addresses.
    pub async fn start(endpoints: usize) -> Self {
        let chain = Arc::new(Mutex::new(Chain { height: 1, blocks: vec![vec![]], ..Chain::default() }));
        let mut urls = Vec::new();
        for _ in 0..endpoints {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            urls.push(format!("http://{}", listener.local_addr().unwrap()));
            let app = Router::new().route("/", post(serve)).with_state(chain.clone());
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        FakeChain { chain, urls }
    }

    pub fn with<T>(&self, f: impl FnOnce(&mut Chain) -> T) -> T {
        f(&mut self.chain.lock().unwrap())
    }
}

async fn serve(State(chain): State<Arc<Mutex<Chain>>>, Json(request): Json<Value>) -> Result<Json<Value>, Response> {
    let mut chain = chain.lock().unwrap();
    let hang_up = chain.hang_up;
    let lost = || match hang_up {
        true => Body::from_stream(stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("hung up"))])).into_response(),
        false => StatusCode::BAD_GATEWAY.into_response(),
    };
    if chain.outage > 0 {
        chain.outage -= 1;
        return Err(lost());
    }
    let params = &request["params"];
    let result = match request["method"].as_str().unwrap_or_default() {
        "status" => Ok(chain.status()),
        "abci_query" => Ok(chain.query(params["path"].as_str().unwrap())),
        "broadcast_tx_sync" => chain.broadcast(params["tx"].as_str().unwrap()).ok_or_else(lost)?,
        "tx" => chain.tx(params["hash"].as_str().unwrap()),
        "block" => chain.block(params["height"].as_str().unwrap().parse().unwrap()),
        method => Err(format!("no such method {method}")),
    };
    let mut reply = json!({ "jsonrpc": "2.0", "id": request["id"] });
    match result {
        Ok(result) => reply["result"] = result,
        Err(data) => reply["error"] = json!({ "code": -32603, "message": "Internal error", "data": data }),
    }
    Ok(Json(reply))
}

impl Chain {
    fn status(&mut self) -> Value {
        self.make_block();
        json!({
            "node_info": {
                "channels": "40202122233038606100", "id": "594d6b74ea5d99705f5cfbd28e20d937bda4c689",
                "listen_addr": "tcp://0.0.0.0:26656", "moniker": "fake", "network": CHAIN_ID,
                "other": { "rpc_address": "tcp://0.0.0.0:26657", "tx_index": "on" },
                "protocol_version": { "app": "1", "block": "11", "p2p": "8" }, "version": "0.38.19"
            },
            "sync_info": {
                "catching_up": false, "earliest_app_hash": "", "earliest_block_hash": HASH, "earliest_block_height": "1",
                "earliest_block_time": TIME, "latest_app_hash": "", "latest_block_hash": HASH,
                "latest_block_height": self.height.to_string(), "latest_block_time": TIME
            },
            "validator_info": {
                "address": "DD8A65495B6240145764A74E78CF203D51510371",
                "pub_key": { "type": "tendermint/PubKeyEd25519", "value": "OYpM2RXHEO1/R3jJRhAbjY8JhvjTBbiNJKBStEKu12s=" },
                "voting_power": "10"
            }
        })
    }

    fn make_block(&mut self) {
        self.height += 1;
        let mut txs = Vec::new();
        for tx in std::mem::take(&mut self.mempool) {
            if tx.timeout_height < self.height || tx.sequence < self.sequence {
                continue;
            }
            if tx.sequence > self.sequence {
                self.mempool.push(tx);
                continue;
            }
            self.sequence = self.sequence.wrapping_add(1);
            let mut result = (self.height, 0, String::new());
            if tx.gas_limit < self.gas_needed {
                result = (self.height, 11, "out of gas in location: WriteFlat".to_owned());
            } else {
                self.executed.push(tx.amount);
            }
            self.results.insert(tx.hash, result);
            txs.push(tx.bytes);
        }
        self.blocks.push(txs);
    }

    fn query(&mut self, path: &str) -> Value {
        let value = if path.ends_with("Account") {
            let account = BaseAccount { account_number: 7, sequence: self.sequence, ..BaseAccount::default() };
            let any = Any { type_url: format!("/{}", BaseAccount::full_name()), value: account.encode_to_vec() };
            QueryAccountResponse { account: Some(any) }.encode_to_vec()
        } else {
            let gas = GasInfo { gas_wanted: 0, gas_used: 100_000 };
            SimulateResponse { gas_info: Some(gas), result: None }.encode_to_vec()
        };
        let text = if self.unreadable > 0 {
            self.unreadable -= 1;
            "CgAA=".to_owned()
        } else {
            STANDARD.encode(value)
        };
        json!({ "response": {
            "code": 0, "codespace": "", "height": self.height.to_string(), "index": "0", "info": "", "key": "", "log": "",
            "proofOps": null, "value": text
        } })
    }

    /// `None`: the reply, and perhaps the request, is lost.
    fn broadcast(&mut self, tx: &str) -> Option<Result<Value, String>> {
        let tx = decode(STANDARD.decode(tx).unwrap());
        self.broadcasts.push(tx.hash.clone());
        self.outage += std::mem::take(&mut self.outage_after_broadcast);
        let fault = self.faults.pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::LoseRequest => return None,
            Fault::Full => return Some(Err("mempool is full: number of txs 5000 (max: 5000)".to_owned())),
            Fault::Rival => self.sequence += 1,
            _ => {}
        }
        // Bytes that are in a block already fall through to the sequence check, as at a node whose cache has
        // turned over: its refusal must not be taken for "nobody has them".
        if self.mempool.iter().any(|known| known.hash == tx.hash) {
            return Some(Err("tx already exists in cache".to_owned()));
        }
        let expected = self.sequence.wrapping_add(self.mempool.len() as u64);
        if tx.sequence != expected {
            let log = format!(
                "account sequence mismatch, expected {expected}, got {}: incorrect account sequence",
                tx.sequence
            );
            return Some(Ok(checked(&tx.hash, 32, &log)));
        }
        if tx.timeout_height < self.height {
            return Some(Ok(checked(&tx.hash, 30, "tx timeout height")));
        }
        let hash = tx.hash.clone();
        match fault {
            Fault::Forget => {}
            Fault::FailForSequence => {
                self.height += 1;
                self.results
                    .insert(hash.clone(), (self.height, 32, "account sequence mismatch, expected 9, got 8".to_owned()));
                self.blocks.push(vec![tx.bytes]);
            }
            _ => self.mempool.push(tx),
        }
        match fault {
            Fault::LoseReply => None,
            Fault::IncludeAndLoseReply => {
                self.make_block();
                None
            }
            _ => Some(Ok(checked(&hash, 0, ""))),
        }
    }

    fn tx(&mut self, hash: &str) -> Result<Value, String> {
        let hash = hex::encode_upper(STANDARD.decode(hash).unwrap());
        match self.results.get(&hash) {
            Some((height, code, log)) if !self.index_off => Ok(json!({
                "hash": hash, "height": height.to_string(), "index": 0, "tx": "",
                "tx_result": {
                    "code": code, "codespace": if *code == 0 { "" } else { "sdk" }, "data": null, "log": log, "info": "",
                    "gas_wanted": "140000", "gas_used": "100000", "events": []
                }
            })),
            _ => Err(format!("tx ({hash}) not found")),
        }
    }

    fn block(&mut self, height: u64) -> Result<Value, String> {
        // Its being asked for means that somebody needs proof; the index catches up from then on.
        self.index_off = false;
        let txs =
            self.blocks.get(height as usize - 1).ok_or("height must be less than or equal to the current height")?;
        let txs: Vec<String> = txs.iter().map(|tx| STANDARD.encode(tx)).collect();
        let id = json!({ "hash": HASH, "parts": { "hash": HASH, "total": 1 } });
        Ok(json!({
            "block_id": id,
            "block": {
                "data": { "txs": txs }, "evidence": { "evidence": [] },
                "header": {
                    "app_hash": "", "chain_id": CHAIN_ID, "consensus_hash": HASH, "data_hash": HASH, "evidence_hash": HASH,
                    "height": height.to_string(), "last_block_id": id, "last_commit_hash": HASH, "last_results_hash": HASH,
                    "next_validators_hash": HASH, "proposer_address": "DD8A65495B6240145764A74E78CF203D51510371",
                    "time": TIME, "validators_hash": HASH, "version": { "app": "1", "block": "11" }
                },
                "last_commit": { "block_id": id, "height": (height - 1).to_string(), "round": 0, "signatures": [] }
            }
        }))
    }
}

const HASH: &str = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
const TIME: &str = "2026-01-01T00:00:00Z";

fn checked(hash: &str, code: u32, log: &str) -> Value {
    json!({ "code": code, "codespace": if code == 0 { "" } else { "sdk" }, "data": "", "hash": hash, "log": log })
}

fn decode(bytes: Vec<u8>) -> Decoded {
    let raw = TxRaw::decode(&*bytes).unwrap();
    let body = TxBody::decode(&*raw.body_bytes).unwrap();
    let auth = AuthInfo::decode(&*raw.auth_info_bytes).unwrap();
    let send = MsgSend::decode(&*body.messages[0].value).unwrap();
    Decoded {
        hash: tx_hash(&bytes),
        sequence: auth.signer_infos[0].sequence,
        timeout_height: body.timeout_height,
        gas_limit: auth.fee.unwrap().gas_limit,
        amount: send.amount[0].amount.clone(),
        bytes,
    }
}
