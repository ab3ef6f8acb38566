//! Makes blocks: takes what waits, runs it, writes it, and only then tells anybody.

use super::block::{self, Tip, Validator};
use super::index;
use super::pool::{Pool, Waiting};
use crate::app::address::sha256;
use crate::app::ctx::{BlockEnv, Ctx};
use crate::app::gas::Gas;
use crate::app::App;
use crate::error::Error;
use crate::store::disk::{Batch, Disk, StoredBlock};
use crate::store::{Change, Map, Working};
use crate::tx::run::{Mode, TxOutcome};
use cosmrs::proto::tendermint::abci::ExecTxResult;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{broadcast, Notify};

/// Blocks that a slow subscriber may lag behind before it is cut off.
const NEWS: usize = 256;

/// A block that was just written, with the hashes of its transactions.
#[derive(Debug)]
pub(crate) struct News {
    pub height: u64,
    pub block: StoredBlock,
    pub hashes: Vec<[u8; 32]>,
}

/// A state that may be queried, with the block it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub height: u64,
    pub time: u64,
    pub map: Map,
}

#[derive(Debug)]
struct Core {
    tip: Tip,
    map: Map,
}

/// The chain.
#[derive(Debug)]
pub(crate) struct Chain {
    pub app: Arc<App>,
    disk: Disk,
    pub chain_id: String,
    pub validator: Validator,
    /// How many past states stay queryable.
    pub keep: u64,
    core: Mutex<Core>,
    pool: Mutex<Pool>,
    versions: RwLock<VecDeque<Version>>,
    news: broadcast::Sender<Arc<News>>,
    /// Rung when something waits.
    pub wake: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking job held is either replaced as a whole or rolled back by the next use.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

impl Chain {
    /// Loads the chain from its database, which was initialised before.
    pub(crate) fn load(
        app: Arc<App>,
        disk: Disk,
        chain_id: String,
        validator: Validator,
        keep: u64,
    ) -> Result<Self, Error> {
        for code in disk.codes()? {
            app.vm.restore(&code).map_err(Error::Vm)?;
        }
        let height = disk.height()?;
        if i64::try_from(height).is_err() {
            let most = i64::MAX;
            return Err(Error::Database(format!("a block is stored at height {height}, but the highest is {most}")));
        }
        let map = disk.state()?;
        let tip = match disk.block(height)? {
            Some(stored) => Tip::after(&stored),
            None => {
                let time = disk.meta("genesis_time")?.unwrap_or_default();
                let time = crate::app::auth::be_u64(&time);
                Tip::genesis(time, sha256(&[]).to_vec())
            }
        };
        let mut versions = VecDeque::from([Version { height, time: tip.time, map: map.clone() }]);
        for (height, map) in disk.past(height, &map)?.into_iter().take(keep as usize) {
            let time = match disk.block(height)? {
                Some(stored) => Tip::after(&stored).time,
                None => 0,
            };
            versions.push_front(Version { height, time, map });
        }
        Ok(Chain {
            app,
            disk,
            chain_id,
            validator,
            keep,
            pool: Mutex::new(Pool::new(map.clone())),
            core: Mutex::new(Core { tip, map }),
            versions: RwLock::new(versions),
            news: broadcast::channel(NEWS).0,
            wake: Notify::new(),
        })
    }

    /// The newest state.
    pub(crate) fn latest(&self) -> Version {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        versions.back().cloned().expect("a chain begins with a version, and the newest is never dropped")
    }

    /// The state after block `height`, if it is still kept.
    pub(crate) fn version(&self, height: u64) -> Option<Version> {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        let first = versions.front()?.height;
        let at = usize::try_from(height.checked_sub(first)?).ok()?;
        versions.get(at).cloned()
    }

    /// A block, once its state is published: whoever sees a block sees what it did.
    pub(crate) fn block(&self, height: u64) -> Result<Option<StoredBlock>, Error> {
        if height > self.latest().height {
            return Ok(None);
        }
        self.disk.block(height)
    }

    /// A block by its hash.
    pub(crate) fn block_by_hash(&self, hash: &[u8]) -> Result<Option<StoredBlock>, Error> {
        match self.disk.height_of(hash)? {
            Some(height) => self.block(height),
            None => Ok(None),
        }
    }

    /// Height and index of a transaction.
    pub(crate) fn tx(&self, hash: &[u8]) -> Result<Option<(u64, u32)>, Error> {
        let newest = self.latest().height;
        Ok(self.disk.tx(hash)?.filter(|(height, _)| *height <= newest))
    }

    /// Places of the transactions whose index keys begin with `prefix`.
    pub(crate) fn indexed(&self, prefix: &[u8]) -> Result<Vec<(u64, u32)>, Error> {
        let newest = self.latest().height;
        let mut places = self.disk.indexed(prefix)?;
        places.retain(|(height, _)| *height <= newest);
        Ok(places)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<News>> {
        self.news.subscribe()
    }

    /// Number and bytes of the transactions that wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let pool = lock(&self.pool);
        (pool.len(), pool.size())
    }

    pub(crate) fn waiting_txs(&self, count: usize) -> Vec<Vec<u8>> {
        lock(&self.pool).first(count)
    }

    fn env(&self, version: &Version, gas_before: u64) -> BlockEnv {
        BlockEnv { chain_id: self.chain_id.clone(), height: version.height, time: version.time, gas_before }
    }

    /// The environment of a query at a version.
    pub(crate) fn query_env(&self, version: &Version) -> BlockEnv {
        self.env(version, 0)
    }

    /// Checks a transaction and lets it wait; the error is one of the node, not of the chain.
    pub(crate) fn submit(&self, bytes: Vec<u8>) -> Result<ExecTxResult, String> {
        let hash = sha256(&[&bytes]);
        let mut pool = lock(&self.pool);
        pool.admit(hash, bytes.len())?;
        let env = self.env(&self.latest(), 0);
        let outcome = self.app.run_tx(Mode::Check, &pool.check, &env, &bytes);
        if outcome.result.code != 0 {
            pool.forget(&hash);
            return Ok(outcome.result);
        }
        pool.push(Waiting { hash, bytes });
        drop(pool);
        self.wake.notify_one();
        Ok(outcome.result)
    }

    /// Checks a transaction without keeping it.
    pub(crate) fn check(&self, bytes: &[u8]) -> ExecTxResult {
        let state = Working::new(lock(&self.pool).check.snapshot());
        let env = self.env(&self.latest(), 0);
        self.app.run_tx(Mode::Check, &state, &env, bytes).result
    }

    /// Runs a transaction for its gas, on top of everything that waits.
    pub(crate) fn simulate(&self, bytes: &[u8]) -> TxOutcome {
        let state = Working::new(lock(&self.pool).check.snapshot());
        let env = self.env(&self.latest(), 0);
        self.app.run_tx(Mode::Simulate, &state, &env, bytes)
    }

    /// Makes the next block out of what waits.
    pub(crate) fn produce(&self) -> Result<Arc<News>, Error> {
        self.produce_with(|_, _| {})
    }

    /// Makes the next block; `before` may change the state first, as a module would.
    pub(crate) fn produce_with(&self, before: impl FnOnce(&Working, &BlockEnv)) -> Result<Arc<News>, Error> {
        let mut core = lock(&self.core);
        // A tip read from a damaged database may be at the end of its range: `block::build` refuses such a height, a
        // time stays there.
        let time = now().max(core.tip.time.saturating_add(1_000_000));
        let height = core.tip.height.saturating_add(1);
        // The header and the signature need some hundred bytes of the block.
        let room = block::MAX_BYTES as usize - 10_000;
        let txs = lock(&self.pool).peek(room);
        let working = Working::new(core.map.clone());
        let mut env = BlockEnv { chain_id: self.chain_id.clone(), height, time, gas_before: 0 };
        let mut begin = Ctx::over(working.clone(), Gas::infinite(), env.clone());
        if let Err(halt) = self.app.sweep_fees(&mut begin) {
            // Moving one balance to another cannot fail; if it does, the fees stay.
            tracing::error!(?halt, "fees could not be moved");
        }
        before(&working, &env);
        let mut results = Vec::new();
        for tx in &txs {
            let outcome = self.app.run_tx(Mode::Deliver, &working, &env, &tx.bytes);
            let used = outcome.result.gas_used.min(outcome.result.gas_wanted).max(0);
            env.gas_before = env.gas_before.saturating_add(used as u64);
            results.push(outcome.result);
        }

        let (new, undo) = working.changes(&core.map);
        let hashes: Vec<[u8; 32]> = txs.iter().map(|tx| tx.hash).collect();
        let bytes = txs.iter().map(|tx| tx.bytes.clone()).collect();
        let app_hash = next_app_hash(&core.tip.app_hash, &new);
        let stored = block::build(&self.validator, &self.chain_id, &core.tip, time, bytes, results, app_hash)?;
        let events: Vec<Vec<u8>> =
            stored.results.iter().enumerate().flat_map(|(i, result)| index::keys(height, i as u32, result)).collect();
        let codes: Vec<(Vec<u8>, Vec<u8>)> =
            self.app.take_codes().into_iter().map(|(sum, code)| (sum.as_slice().to_vec(), code)).collect();
        self.disk.commit(&Batch {
            height,
            block: &stored,
            new: &new,
            undo: &undo,
            txs: &hashes,
            events: &events,
            codes: &codes,
            keep: self.keep,
        })?;

        core.tip = Tip::after(&stored);
        core.map = working.snapshot();
        self.publish(&core);
        self.renew_pool(&core, &stored, &hashes);
        drop(core);
        let news = Arc::new(News { height, block: stored, hashes });
        // Nobody may be listening.
        let _ = self.news.send(news.clone());
        Ok(news)
    }

    fn publish(&self, core: &Core) {
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        versions.push_back(Version { height: core.tip.height, time: core.tip.time, map: core.map.clone() });
        while versions.len() as u64 > self.keep.saturating_add(1) {
            versions.pop_front();
        }
    }

    /// Drops what is in the block and checks the rest against the new state.
    fn renew_pool(&self, core: &Core, stored: &StoredBlock, hashes: &[[u8; 32]]) {
        let mut pool = lock(&self.pool);
        pool.remove(hashes.len());
        for (hash, result) in hashes.iter().zip(&stored.results) {
            if result.code != 0 {
                pool.forget(hash);
            }
        }
        let rest = pool.take_all();
        pool.check = Working::new(core.map.clone());
        let env = self.env(&self.latest(), 0);
        for tx in rest {
            let outcome = self.app.run_tx(Mode::Check, &pool.check, &env, &tx.bytes);
            if outcome.result.code == 0 {
                pool.push(tx);
            } else {
                pool.forget(&tx.hash);
            }
        }
    }
}

/// The hash of a state, chained: the one before and what changed.
fn next_app_hash(before: &[u8], changes: &[Change]) -> Vec<u8> {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    hash.update(before);
    for (key, value) in changes {
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(key);
        match value {
            Some(value) => {
                hash.update((value.len() as u64 + 1).to_be_bytes());
                hash.update(value);
            }
            None => hash.update(0u64.to_be_bytes()),
        }
    }
    hash.finalize().to_vec()
}
