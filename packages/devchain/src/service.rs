//! Starting and stopping a chain.

use crate::app::address::{Address, Codec};
use crate::app::auth::be_u64;
use crate::app::coins::Coins;
use crate::app::ctx::{BlockEnv, Ctx};
use crate::app::gas::Gas;
use crate::app::App;
use crate::chain::block::Validator;
use crate::chain::engine::Chain;
use crate::chain::genesis::Genesis;
use crate::chain::workers::{Workers, THREADS};
use crate::config::{BlockTime, Config};
use crate::error::Error;
use crate::faucet::Faucet;
use crate::rpc::methods::{genesis_document, Api};
use crate::rpc::server::{router, Limits, Shared};
use crate::store::disk::Disk;
use crate::store::empty;
use crate::wasm::vm::Vm;
use nym_daemon::{http, HttpLimits};
use rand::RngCore as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long the running block and the connections may take to end when the chain stops.
const SHUTDOWN: Duration = Duration::from_secs(3);
/// How often the chain looks whether the last connection has ended.
const POLL: Duration = Duration::from_millis(5);
/// Largest header of a request: a call by address has its arguments, a transaction for example, in the first line.
const HEADER: usize = 128 << 10;

/// A running chain.
#[derive(Debug)]
pub struct Devchain {
    address: SocketAddr,
    api: Api,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Devchain {
    /// Starts a chain, with `genesis` when the folder holds none yet.
    ///
    /// Returns when the RPC listens and the first block is there. The genesis of a chain that
    /// exists already is not looked at again, but its name must be that of the config.
    pub async fn start(config: Config, genesis: Genesis) -> Result<Self, Error> {
        config.check()?;
        let listener = TcpListener::bind(config.listen).await;
        let listen_error = |source| Error::Listen { address: config.listen.to_string(), source };
        let listener = listener.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let threads = |count| Workers::start(count).map_err(|e| Error::Vm(e.to_string()));
        let workers = threads(THREADS)?;
        // Blocks have a thread of their own, so that queries cannot hold them up.
        let producer = threads(1)?;
        let loading = config.clone();
        let load = move || load(&loading, &genesis);
        let loaded = workers.run(load).await;
        let (chain, genesis, time) = loaded.unwrap_or_else(|| Err(Error::Database("loading panicked".to_owned())))?;
        let chain = Arc::new(chain);
        if chain.latest().height == 0 {
            produce(&chain, &producer).await?;
        }

        let faucet = faucet(&config)?;
        let document = genesis_document(&chain, &genesis, time);
        let stop = CancellationToken::new();
        let api = Api { chain: chain.clone(), workers, genesis: Arc::new(document), listen: address };
        let shared = Shared {
            api: api.clone(),
            faucet,
            limits: Limits {
                body: usize::try_from(config.max_body.bytes()).unwrap_or(usize::MAX),
                subscriptions: config.max_subscriptions,
            },
            stop: stop.clone(),
        };
        let limits = HttpLimits {
            connections: config.max_connections,
            // A chain for one machine: everyone is one source.
            connections_per_source: config.max_connections,
            header_timeout: config.header_timeout,
            header_bytes: HEADER,
        };
        let (server, stopped) = (http::serve(listener, router(shared), limits), stop.clone());
        let serve = tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = server => {}
            }
        });
        let make = tokio::spawn(make_blocks(chain.clone(), producer, config.block_time, stop.clone()));
        tracing::info!(chain = chain.chain_id, %address, height = chain.latest().height, "started");
        Ok(Devchain { address, api, stop, tasks: vec![make, serve] })
    }

    /// Where the RPC listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The RPC's URL for HTTP clients.
    pub fn rpc_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The RPC's URL for subscriptions.
    pub fn websocket_url(&self) -> String {
        format!("ws://{}/websocket", self.address)
    }

    #[cfg(feature = "fuzzing")]
    pub(crate) fn api(&self) -> Api {
        self.api.clone()
    }

    /// Name of the chain.
    pub fn chain_id(&self) -> &str {
        &self.api.chain.chain_id
    }

    /// Height of the newest block.
    pub fn height(&self) -> u64 {
        self.api.chain.latest().height
    }

    /// Resolves when the chain has stopped by itself, which only a failing disk makes it do.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Ends the chain: the running block is finished, connections are closed.
    pub async fn shutdown(self) {
        self.stop.cancel();
        for task in self.tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout(SHUTDOWN, task).await.is_err() {
                abort.abort();
            }
        }
        // Connections let go of the chain a moment after their listener, and only then its database can be opened again.
        let began = Instant::now();
        while Arc::strong_count(&self.api.chain) > 1 && began.elapsed() < SHUTDOWN {
            tokio::time::sleep(POLL).await;
        }
    }
}

fn faucet(config: &Config) -> Result<Option<Arc<Faucet>>, Error> {
    if config.faucet.is_empty() {
        return Ok(None);
    }
    let coins = Coins::parse(&config.faucet).map_err(|e| Error::Config(format!("faucet: {e}")))?;
    Ok(Some(Arc::new(Faucet { coins })))
}

async fn produce(chain: &Arc<Chain>, workers: &Workers) -> Result<(), Error> {
    let job_chain = chain.clone();
    match workers.run(move || job_chain.produce()).await {
        Some(result) => result.map(drop),
        None => Err(Error::Database("making a block panicked".to_owned())),
    }
}

async fn make_blocks(chain: Arc<Chain>, workers: Workers, block_time: BlockTime, stop: CancellationToken) {
    let mut timer = match block_time {
        BlockTime::Every(time) => {
            let mut timer = tokio::time::interval(time);
            timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            timer.tick().await;
            Some(timer)
        }
        BlockTime::OnDemand => None,
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = async {
                match &mut timer {
                    Some(timer) => { timer.tick().await; }
                    None => chain.wake.notified().await,
                }
            } => {}
        }
        // A timer makes a block in any case; on demand, a bell may ring late for a transaction
        // that is in a block already.
        let mut due = timer.is_some() || chain.waiting().0 > 0;
        while due {
            if let Err(error) = produce(&chain, &workers).await {
                tracing::error!(%error, "no block could be written; the chain stops");
                stop.cancel();
                return;
            }
            due = timer.is_none() && chain.waiting().0 > 0;
        }
    }
}

/// Opens the folder, with a new chain in it if there is none.
fn load(config: &Config, genesis: &Genesis) -> Result<(Chain, Genesis, u64), Error> {
    let file =
        |action: &'static str, path: &Path, source| Error::File { action, path: path.display().to_string(), source };
    std::fs::create_dir_all(&config.home).map_err(|e| file("could not create", &config.home, e))?;
    let codec = Codec::new(&config.address_prefix).map_err(Error::Config)?;
    let vm = Vm::open(&config.home.join("wasm"))?;
    let app = Arc::new(App::new(codec, vm, config.gas_prices()?));
    let disk = Disk::open(&config.home.join("chain.redb"))?;
    if disk.meta("chain_id")?.is_none() {
        init(&app, &disk, config, genesis)?;
    }
    let text = |key: &str| -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&disk.meta(key)?.unwrap_or_default()).into_owned())
    };
    for (key, given) in [("chain_id", &config.chain_id), ("address_prefix", &config.address_prefix)] {
        let stored = text(key)?;
        if stored != *given {
            return Err(Error::Config(format!(
                "{} holds a chain with {key} '{stored}', not '{given}': use another --home or `devchain init --reset`",
                config.home.display()
            )));
        }
    }
    let genesis: Genesis = serde_json::from_str(&text("genesis")?).map_err(|e| Error::Genesis(e.to_string()))?;
    let time = be_u64(&disk.meta("genesis_time")?.unwrap_or_default());
    let secret: [u8; 32] = disk
        .meta("validator")?
        .and_then(|key| key.try_into().ok())
        .ok_or_else(|| Error::Database("the validator's key is missing".to_owned()))?;
    let validator = Validator::new(&secret);
    let chain_id = config.chain_id.clone();
    let chain = Chain::load(app, disk, chain_id, validator, config.history)?;
    Ok((chain, genesis, time))
}

/// Writes the first state.
fn init(app: &App, disk: &Disk, config: &Config, genesis: &Genesis) -> Result<(), Error> {
    let accounts = genesis.check(&app.codec).map_err(Error::Genesis)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = now.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
    let mut ctx = Ctx::new(
        empty(),
        Gas::infinite(),
        BlockEnv { chain_id: config.chain_id.clone(), height: 0, time, gas_before: 0 },
    );
    let mut secret = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut secret);
    let validator = Address::from_bytes(&Validator::new(&secret).address()).map_err(|e| Error::Genesis(e.message))?;
    app.init_genesis(&mut ctx, &validator, &accounts).map_err(|halt| Error::Genesis(halt.into_error(0, 0).message))?;
    let document = serde_json::to_string(genesis).map_err(|e| Error::Genesis(e.to_string()))?;
    let meta: [(&str, &[u8]); 5] = [
        ("chain_id", config.chain_id.as_bytes()),
        ("address_prefix", config.address_prefix.as_bytes()),
        ("genesis", document.as_bytes()),
        ("genesis_time", &time.to_be_bytes()),
        ("validator", &secret),
    ];
    disk.init(&meta, &ctx.state.changes(&empty()).0)
}
