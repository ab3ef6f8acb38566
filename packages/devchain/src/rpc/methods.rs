//! The methods of the RPC.

use super::call::RpcError;
use super::json;
use super::params::{Args, Params};
use super::search;
use crate::app::address::sha256;
use crate::chain::block::{MAX_BYTES, POWER};
use crate::chain::engine::Chain;
use crate::chain::genesis::Genesis;
use crate::chain::workers::Workers;
use crate::query;
use crate::store::disk::StoredBlock;
use cosmrs::proto::tendermint::abci::ExecTxResult;
use serde_json::{json as object, Value};
use std::sync::Arc;
use std::time::Duration;

/// How long `broadcast_tx_commit` waits for a block, as CometBFT's default.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// The version of CometBFT whose interface this is.
const COMETBFT: &str = "0.38.21";
/// Headers of one `blockchain` call, as in CometBFT.
const MAX_HEADERS: i64 = 20;
/// Bytes of a chunk of the genesis file, as in CometBFT.
const CHUNK: usize = 16 << 20;

type Answer = Result<Value, RpcError>;

/// All methods with the names of their arguments, in order.
pub(crate) const METHODS: &[(&str, &[&str])] = &[
    ("abci_info", &[]),
    ("abci_query", &["path", "data", "height", "prove"]),
    ("block", &["height"]),
    ("block_by_hash", &["hash"]),
    ("block_results", &["height"]),
    ("block_search", &["query", "page", "per_page", "order_by"]),
    ("blockchain", &["minHeight", "maxHeight"]),
    ("broadcast_tx_async", &["tx"]),
    ("broadcast_tx_commit", &["tx"]),
    ("broadcast_tx_sync", &["tx"]),
    ("check_tx", &["tx"]),
    ("commit", &["height"]),
    ("consensus_params", &["height"]),
    ("genesis", &[]),
    ("genesis_chunked", &["chunk"]),
    ("header", &["height"]),
    ("header_by_hash", &["hash"]),
    ("health", &[]),
    ("net_info", &[]),
    ("num_unconfirmed_txs", &[]),
    ("status", &[]),
    ("tx", &["hash", "prove"]),
    ("tx_search", &["query", "prove", "page", "per_page", "order_by"]),
    ("unconfirmed_txs", &["limit"]),
    ("validators", &["height", "page", "per_page"]),
];

/// What the methods work with.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub chain: Arc<Chain>,
    pub workers: Workers,
    /// The genesis document as it is served.
    pub genesis: Arc<Value>,
    pub listen: std::net::SocketAddr,
}

impl Api {
    /// Runs one call.
    pub(crate) async fn call(&self, method: &str, params: Params) -> Answer {
        let Some((method, names)) = METHODS.iter().find(|(name, _)| *name == method) else {
            return Err(RpcError::method());
        };
        match *method {
            "health" => Ok(object!({})),
            "broadcast_tx_sync" | "broadcast_tx_async" | "broadcast_tx_commit" | "check_tx" => {
                let tx = params.of(names).bytes("tx").map_err(RpcError::params)?;
                self.broadcast(method, tx).await
            }
            _ => {
                let api = self.clone();
                let job = move || api.call_blocking(method, params.of(names));
                let overloaded = || RpcError::server("the node is overloaded, try again");
                self.workers.run(job).await.unwrap_or_else(|| Err(overloaded()))
            }
        }
    }

    /// Runs one call on this thread, except those that wait for the mempool or a block.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn call_now(&self, method: &str, params: &Params) -> Answer {
        match METHODS.iter().find(|(name, _)| *name == method) {
            Some((method, names)) => self.call_blocking(method, params.of(names)),
            None => Err(RpcError::method()),
        }
    }

    fn call_blocking(&self, method: &str, args: Args<'_>) -> Answer {
        match method {
            "status" => self.status(),
            "abci_info" => self.abci_info(),
            "abci_query" => self.abci_query(args),
            "block" => self.block(args),
            "block_by_hash" => self.block_by_hash(args),
            "header" => self.header(args),
            "header_by_hash" => self.header_by_hash(args),
            "block_results" => self.block_results(args),
            "commit" => self.commit(args),
            "blockchain" => self.blockchain(args),
            "validators" => self.validators(args),
            "consensus_params" => self.consensus_params(args),
            "genesis" => Ok(object!({ "genesis": *self.genesis })),
            "genesis_chunked" => self.genesis_chunked(args),
            "net_info" => Ok(object!({
                "listening": true,
                "listeners": [format!("Listener(@{})", self.listen)],
                "n_peers": "0",
                "peers": [],
            })),
            "unconfirmed_txs" => self.unconfirmed(args),
            "num_unconfirmed_txs" => self.unconfirmed_count(),
            "tx" => search::tx(&self.chain, args),
            "tx_search" => search::txs(&self.chain, args),
            "block_search" => search::blocks(&self.chain, args),
            _ => Err(RpcError::method()),
        }
    }

    async fn broadcast(&self, method: &str, tx: Vec<u8>) -> Answer {
        let hash = sha256(&[&tx]);
        let mut news = self.chain.subscribe();
        let (chain, only_check) = (self.chain.clone(), method == "check_tx");
        let job = move || {
            if only_check {
                Ok(chain.check(&tx))
            } else {
                chain.submit(tx)
            }
        };
        let overloaded = || RpcError::server("the node is overloaded, try again");
        let checked = self.workers.run(job).await.ok_or_else(overloaded)?;
        let checked = checked.map_err(|e| match method {
            "broadcast_tx_commit" => RpcError::internal(format_args!("error on broadcastTxCommit: {e}")),
            _ => RpcError::internal(e),
        })?;
        match method {
            "check_tx" => return Ok(json::result(&checked)),
            "broadcast_tx_async" => {
                let mut answer = sync_answer(&ExecTxResult::default(), &hash);
                answer["code"] = 0.into();
                return Ok(answer);
            }
            "broadcast_tx_sync" => return Ok(sync_answer(&checked, &hash)),
            _ => {}
        }
        let answer = |result: &ExecTxResult, height: u64| {
            object!({
                "check_tx": json::result(&checked),
                "tx_result": json::result(result),
                "hash": json::hex(&hash),
                "height": height.to_string(),
            })
        };
        if checked.code != 0 {
            return Ok(answer(&ExecTxResult::default(), 0));
        }
        let wait = async {
            loop {
                let block = news.recv().await.ok()?;
                if let Some(i) = block.hashes.iter().position(|h| *h == hash) {
                    return Some(answer(block.block.results.get(i)?, block.height));
                }
            }
        };
        match tokio::time::timeout(COMMIT_TIMEOUT, wait).await {
            Ok(Some(answer)) => Ok(answer),
            _ => Err(RpcError::internal("timed out waiting for tx to be included in a block")),
        }
    }

    /// The height that is asked for; the newest when none is named.
    fn height(&self, args: Args<'_>, newest: u64) -> Result<u64, RpcError> {
        let Some(height) = args.number("height").map_err(RpcError::params)? else {
            return Ok(newest);
        };
        if height <= 0 {
            let text = format!("height must be greater than 0, but got {height}");
            return Err(RpcError::internal(text));
        }
        let height = height as u64;
        if height > newest {
            let text = format!("height {height} must be less than or equal to the current blockchain height {newest}");
            return Err(RpcError::internal(text));
        }
        Ok(height)
    }

    fn stored(&self, height: u64) -> Result<Option<StoredBlock>, RpcError> {
        self.chain.block(height).map_err(RpcError::internal)
    }

    fn status(&self) -> Answer {
        let latest = self.chain.latest();
        let point = |height: u64| -> Result<(String, String, String), RpcError> {
            let stored = self.stored(height)?.unwrap_or_default();
            let header = stored.block.and_then(|b| b.header).unwrap_or_default();
            let hash = stored.id.map(|id| id.hash).unwrap_or_default();
            let time = header.time.map_or(0, crate::chain::block::nanos);
            Ok((json::hex(&hash), json::hex(&header.app_hash), json::time(time)))
        };
        let (hash, app_hash, time) = point(latest.height)?;
        let (first_hash, first_app_hash, first_time) = point(1)?;
        let validator = &self.chain.validator;
        Ok(object!({
            "node_info": {
                "protocol_version": { "p2p": "8", "block": "11", "app": "0" },
                "id": hex::encode(validator.address()),
                "listen_addr": "tcp://127.0.0.1:0",
                "network": self.chain.chain_id,
                "version": COMETBFT,
                "channels": "40202122233038606100",
                "moniker": "devchain",
                "other": { "tx_index": "on", "rpc_address": format!("tcp://{}", self.listen) },
            },
            "sync_info": {
                "latest_block_hash": hash,
                "latest_app_hash": app_hash,
                "latest_block_height": latest.height.to_string(),
                "latest_block_time": time,
                "earliest_block_hash": first_hash,
                "earliest_app_hash": first_app_hash,
                "earliest_block_height": "1",
                "earliest_block_time": first_time,
                "catching_up": false,
            },
            "validator_info": {
                "address": json::hex(&validator.address()),
                "pub_key": public_key(&validator.public_key()),
                "voting_power": POWER.to_string(),
            },
        }))
    }

    fn abci_info(&self) -> Answer {
        let latest = self.chain.latest();
        let stored = self.stored(latest.height)?.unwrap_or_default();
        Ok(object!({
            "response": {
                "data": "devchain",
                "version": env!("CARGO_PKG_VERSION"),
                "last_block_height": latest.height.to_string(),
                "last_block_app_hash": json::base64(&stored.app_hash),
            }
        }))
    }

    fn abci_query(&self, args: Args<'_>) -> Answer {
        let path = args.text("path").map_err(RpcError::params)?;
        let data = args.hex("data").map_err(RpcError::params)?;
        let height = args.number("height").map_err(RpcError::params)?.unwrap_or(0);
        let answer = query::answer(&self.chain, &path, &data, height);
        let (code, codespace, log, value) = match answer.result {
            Ok(value) => (0, "", String::new(), Some(json::base64(&value))),
            Err(error) => (error.kind.code, error.kind.codespace, error.message, None),
        };
        Ok(object!({
            "response": {
                "code": code,
                "log": log,
                "info": "",
                "index": "0",
                "key": null,
                "value": value,
                "proofOps": null,
                "height": answer.height.to_string(),
                "codespace": codespace,
            }
        }))
    }

    fn block(&self, args: Args<'_>) -> Answer {
        let height = self.height(args, self.chain.latest().height)?;
        Ok(whole_block(self.stored(height)?))
    }

    fn by_hash(&self, args: Args<'_>) -> Result<Option<StoredBlock>, RpcError> {
        let hash = args.hash("hash").map_err(RpcError::params)?;
        self.chain.block_by_hash(&hash).map_err(RpcError::internal)
    }

    fn block_by_hash(&self, args: Args<'_>) -> Answer {
        Ok(whole_block(self.by_hash(args)?))
    }

    fn header(&self, args: Args<'_>) -> Answer {
        let height = self.height(args, self.chain.latest().height)?;
        Ok(only_header(self.stored(height)?))
    }

    fn header_by_hash(&self, args: Args<'_>) -> Answer {
        Ok(only_header(self.by_hash(args)?))
    }

    fn block_results(&self, args: Args<'_>) -> Answer {
        let height = self.height(args, self.chain.latest().height)?;
        let stored = self.stored(height)?.unwrap_or_default();
        let results: Vec<Value> = stored.results.iter().map(json::result).collect();
        let results = if results.is_empty() { Value::Null } else { results.into() };
        Ok(object!({
            "height": height.to_string(),
            "txs_results": results,
            "finalize_block_events": [],
            "validator_updates": null,
            "consensus_param_updates": consensus_updates(),
            "app_hash": json::base64(&stored.app_hash),
        }))
    }

    fn commit(&self, args: Args<'_>) -> Answer {
        let newest = self.chain.latest().height;
        let height = self.height(args, newest)?;
        let stored = self.stored(height)?.unwrap_or_default();
        let header = stored.block.and_then(|b| b.header);
        Ok(object!({
            "signed_header": {
                "header": header.as_ref().map(json::header),
                "commit": stored.commit.as_ref().map(json::commit),
            },
            "canonical": height < newest,
        }))
    }

    fn blockchain(&self, args: Args<'_>) -> Answer {
        let newest = self.chain.latest().height as i64;
        let min = args.number("minHeight").map_err(RpcError::params)?.unwrap_or(0);
        let max = args.number("maxHeight").map_err(RpcError::params)?.unwrap_or(0);
        if min < 0 || max < 0 {
            return Err(RpcError::internal("heights must be non-negative"));
        }
        let max = if max == 0 { newest } else { max.min(newest) };
        let min = min.max(1).max(max.saturating_sub(MAX_HEADERS - 1));
        if min > max {
            let text = format!("min height {min} can't be greater than max height {max}");
            return Err(RpcError::internal(text));
        }
        let mut metas = Vec::new();
        for height in (min..=max).rev() {
            let Some(stored) = self.stored(height as u64)? else {
                continue;
            };
            let block = stored.block.unwrap_or_default();
            let txs = block.data.map_or(0, |d| d.txs.len());
            metas.push(object!({
                "block_id": json::block_id(stored.id.as_ref()),
                "block_size": stored.size.to_string(),
                "header": block.header.as_ref().map(json::header),
                "num_txs": txs.to_string(),
            }));
        }
        Ok(object!({ "last_height": newest.to_string(), "block_metas": metas }))
    }

    fn validators(&self, args: Args<'_>) -> Answer {
        // The set that will sign the next block is known already.
        let height = self.height(args, self.chain.latest().height.saturating_add(1))?;
        let (page, _) = search::page(args, 1)?;
        let validator = &self.chain.validator;
        let all = [object!({
            "address": json::hex(&validator.address()),
            "pub_key": public_key(&validator.public_key()),
            "voting_power": POWER.to_string(),
            "proposer_priority": "0",
        })];
        let list: Vec<&Value> = all.iter().skip(page.start).take(page.size).collect();
        Ok(object!({
            "block_height": height.to_string(),
            "validators": list,
            "count": list.len().to_string(),
            "total": "1",
        }))
    }

    fn consensus_params(&self, args: Args<'_>) -> Answer {
        let height = self.height(args, self.chain.latest().height.saturating_add(1))?;
        Ok(object!({
            "block_height": height.to_string(),
            "consensus_params": consensus_params(),
        }))
    }

    fn genesis_chunked(&self, args: Args<'_>) -> Answer {
        let text = self.genesis.to_string();
        let total = text.len().div_ceil(CHUNK).max(1);
        let chunk = args.number("chunk").map_err(RpcError::params)?.unwrap_or(0);
        let chunk = usize::try_from(chunk).unwrap_or(usize::MAX);
        if chunk >= total {
            let text = format!("there are {} chunks, {chunk} is invalid", total - 1);
            return Err(RpcError::internal(text));
        }
        let bytes: Vec<u8> = text.bytes().skip(chunk * CHUNK).take(CHUNK).collect();
        Ok(object!({
            "chunk": chunk.to_string(),
            "total": total.to_string(),
            "data": json::base64(&bytes),
        }))
    }

    fn unconfirmed(&self, args: Args<'_>) -> Answer {
        let limit = args.number("limit").map_err(RpcError::params)?.unwrap_or(30);
        let limit = limit.clamp(1, 100) as usize;
        let txs = self.chain.waiting_txs(limit);
        let mut answer = self.unconfirmed_count()?;
        answer["n_txs"] = txs.len().to_string().into();
        answer["txs"] = txs.iter().map(|tx| json::base64(tx)).collect();
        Ok(answer)
    }

    fn unconfirmed_count(&self) -> Answer {
        let (count, bytes) = self.chain.waiting();
        Ok(object!({
            "n_txs": count.to_string(),
            "total": count.to_string(),
            "total_bytes": bytes.to_string(),
            "txs": null,
        }))
    }
}

fn sync_answer(result: &ExecTxResult, hash: &[u8]) -> Value {
    object!({
        "code": result.code,
        "data": "",
        "log": result.log,
        "codespace": result.codespace,
        "hash": json::hex(hash),
    })
}

pub(super) fn public_key(key: &[u8]) -> Value {
    object!({ "type": "tendermint/PubKeyEd25519", "value": json::base64(key) })
}

fn whole_block(stored: Option<StoredBlock>) -> Value {
    let stored = stored.unwrap_or_default();
    object!({
        "block_id": json::block_id(stored.id.as_ref()),
        "block": stored.block.as_ref().map(json::block),
    })
}

fn only_header(stored: Option<StoredBlock>) -> Value {
    let header = stored.and_then(|s| s.block).and_then(|b| b.header);
    object!({ "header": header.as_ref().map(json::header) })
}

/// The parameters as a block reports them, where zero values are left out.
pub(crate) fn consensus_updates() -> Value {
    let mut params = consensus_params();
    params["version"] = object!({});
    params["abci"] = object!({});
    params
}

fn consensus_params() -> Value {
    object!({
        "block": { "max_bytes": MAX_BYTES.to_string(), "max_gas": "-1" },
        "evidence": {
            "max_age_num_blocks": "100000",
            "max_age_duration": "172800000000000",
            "max_bytes": "1048576",
        },
        "validator": { "pub_key_types": ["ed25519"] },
        "version": { "app": "0" },
        "abci": { "vote_extensions_enable_height": "0" },
    })
}

/// The genesis document as CometBFT shows it.
pub(crate) fn genesis_document(chain: &Chain, genesis: &Genesis, time: u64) -> Value {
    let validator = &chain.validator;
    let balances: Vec<Value> =
        genesis.accounts.iter().map(|a| object!({ "address": a.address, "coins": a.coins })).collect();
    object!({
        "genesis_time": json::time(time),
        "chain_id": chain.chain_id,
        "initial_height": "1",
        "consensus_params": consensus_params(),
        "app_hash": "",
        "app_state": {
            "devchain": {
                "accounts": balances,
                "validator": public_key(&validator.public_key()),
            },
        },
    })
}
