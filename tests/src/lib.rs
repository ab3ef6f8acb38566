//! Networks of real processes for end-to-end tests.
//!
//! [`start`] makes one in a temporary folder; a failing test keeps its folder and says where it is.

use nym_keys::identity;
use nym_localnet::{Chain, Localnet, Options, Process};
use nym_topology::{Contracts, Denoms, NetworkFile, Rpc, Threshold};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard};

/// Networks have the machine for themselves, one after the other: their timing is part of what is tested.
static TURN: Mutex<()> = Mutex::const_new(());

/// A network and the folder that it lives in.
pub struct Network {
    /// The network; `None` after it was ended.
    pub net: Option<Localnet>,
    _folder: Folder,
    _turn: Turn,
}

/// The right to use the machine, until it is dropped.
pub type Turn = MutexGuard<'static, ()>;

/// Waits until no other network of this process runs.
pub async fn turn() -> Turn {
    TURN.lock().await
}

/// Starts a network on free ports of its own.
///
/// # Errors
/// When a program or the contract is missing (`scripts/test` builds them) or a part does not start.
pub async fn start(change: impl FnOnce(&mut Options)) -> anyhow::Result<Network> {
    let turn = turn().await;
    let dir = tempfile::tempdir()?;
    let mut options = options(&dir)?;
    change(&mut options);
    let net = match Localnet::up(options.on_free_ports()?, &|line| println!("{line}")).await {
        Ok(net) => net,
        Err(error) => {
            let kept = dir.keep();
            return Err(error.context(format!("the network did not start; its folder is kept: {}", kept.display())));
        }
    };
    Ok(Network { net: Some(net), _folder: Folder(Some(dir)), _turn: turn })
}

/// Pays for networks on a chain that runs already, unless a file names another: the mnemonic of BIP-39's first test vector.
pub const MNEMONIC: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
/// Its account.
pub const ADDRESS: &str = "n19rl4cm2hmr8afy4kldpxz3fka4jguq0awy6lqs";

/// What networks of tests are made of: on the embedded chain, or on the one that `NYM_TEST_RPC` names (addresses,
/// comma between them), paid for by [`ADDRESS`] or by the account whose mnemonic is in the file `NYM_TEST_MNEMONIC_FILE`: one of
/// its genesis, since each network's contract takes its reward pool of 250 million NYM.
///
/// # Errors
/// When `NYM_PROGRAMS` or `NYM_CACHE` is missing, which `scripts/test` sets.
pub fn options(dir: &tempfile::TempDir) -> anyhow::Result<Options> {
    let mut options = Options::new(dir.path().join("net"), variable("NYM_PROGRAMS")?, contract()?);
    if let Ok(endpoints) = std::env::var("NYM_TEST_RPC") {
        let mnemonic_file = match std::env::var_os("NYM_TEST_MNEMONIC_FILE") {
            Some(file) => PathBuf::from(file),
            None => {
                let file = dir.path().join("treasury.mnemonic");
                std::fs::write(&file, MNEMONIC)?;
                file
            }
        };
        options.chain = Chain::Running { endpoints: endpoints.split(',').map(str::to_owned).collect(), mnemonic_file };
    }
    Ok(options)
}

fn variable(name: &str) -> anyhow::Result<std::ffi::OsString> {
    std::env::var_os(name).ok_or_else(|| anyhow::anyhow!("{name} is not set; scripts/test sets what tests need"))
}

/// The mixnet contract, as `scripts/build-contracts` has built it.
///
/// # Errors
/// When the variable that says where it is is missing.
pub fn contract() -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(variable("NYM_CACHE")?).join("contracts/mixnet.wasm"))
}

/// A program of the project, as `scripts/test` has built it.
///
/// # Errors
/// When the variable that says where they are is missing.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(variable("NYM_PROGRAMS")?).join(name))
}

/// How programs are told of a chain that a test runs itself, and of the mixnet contract on it.
pub fn network_file(chain_id: &str, mixnet: &str, rpc: String) -> NetworkFile {
    NetworkFile {
        chain_id: chain_id.to_owned(),
        address_prefix: "n".to_owned(),
        gas_price: "0.025".to_owned(),
        allow_loopback: true,
        denoms: Denoms { stake: "unym".to_owned(), fee: "unyx".to_owned() },
        contracts: Contracts { mixnet: mixnet.to_owned() },
        rpc: Rpc { endpoints: vec![rpc] },
        topology: Threshold { threshold: 1 },
        authorities: Vec::new(),
    }
}

/// Whether `nym-cli epoch verify` could check all that a draw consists of: seed, candidates and set.
///
/// # Errors
/// When something is not what the draw gives, or cannot be read.
pub fn is_draw_verified(network_file: &Path) -> anyhow::Result<bool> {
    let mut command = Command::new(program("nym-cli")?);
    let output = command.args(["epoch", "verify", "--output", "json", "--network"]).arg(network_file).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let checks = answer["data"].as_array().cloned().unwrap_or_default();
    let passed = |name: &str| checks.iter().any(|check| check["check"] == name && check["passed"] == true);
    Ok(["seed", "candidates", "rewarded set"].into_iter().all(passed))
}

/// A file or folder of the checkout.
///
/// # Errors
/// When it does not exist, or the test was not started by cargo.
pub fn in_checkout(path: &str) -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..").join(path).canonicalize()?)
}

/// The client program with a home of its own, its interface on a port that the system chose.
pub struct ClientProcess {
    /// The process.
    pub process: Process,
    /// Its folder.
    pub home: PathBuf,
}

impl ClientProcess {
    /// Starts one at a gateway and waits until its interface is there.
    ///
    /// # Errors
    /// When the program is missing or ends.
    pub async fn start(network: &mut Network, name: &str, gateway: &identity::PublicKey) -> anyhow::Result<Self> {
        let state = network.net().state().clone();
        // Beside the network's own homes: its folder is kept when the test fails.
        let home = state.dir.join(name);
        let program = program("nym-client")?;
        let made = Command::new(&program)
            .args(["init", "--api-listen", "127.0.0.1:0", "--gateway", &gateway.to_string(), "--home"])
            .arg(&home)
            .arg("--network")
            .arg(state.network_file())
            .output()?;
        anyhow::ensure!(made.status.success(), "nym-client init: {}", String::from_utf8_lossy(&made.stderr));
        let arguments = ["run", "--log", "info", "--home", &home.display().to_string()].map(str::to_owned).to_vec();
        let mut process = Process::start(name, &program, arguments, &state.dir.join("logs"))?;
        let began = Instant::now();
        while !home.join("api-address").exists() {
            process.check()?;
            anyhow::ensure!(began.elapsed() < Duration::from_secs(60), "{name} never serves its interface");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { process, home })
    }

    /// Where its interface is.
    ///
    /// # Errors
    /// When the client has not said so.
    pub fn interface(&self) -> anyhow::Result<std::net::SocketAddr> {
        Ok(std::fs::read_to_string(self.home.join("api-address"))?.trim().parse()?)
    }

    /// What it has logged.
    ///
    /// # Errors
    /// When there is no log.
    pub fn log(&self) -> anyhow::Result<String> {
        let logs = self.home.parent().map(|dir| dir.join("logs")).unwrap_or_default();
        Ok(std::fs::read_to_string(logs.join(format!("{}.log", self.process.name())))?)
    }
}

/// The most memory that a process has had so far (VmHWM), KiB.
///
/// # Errors
/// When there is no such process.
pub fn peak_memory(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.ok_or_else(|| anyhow::anyhow!("process {pid} has no VmHWM"))?.parse().map_err(Into::into)
}

impl Network {
    /// The running network.
    ///
    /// # Panics
    /// After it was ended.
    pub fn net(&mut self) -> &mut Localnet {
        self.net.as_mut().expect("the network has not been ended")
    }

    /// Two gateways: one to send from, one to send to.
    ///
    /// # Errors
    /// When there is no topology, or it has fewer than two.
    pub async fn gateways(&mut self) -> anyhow::Result<(Gateway, Gateway)> {
        let processes = self.net().state().processes.clone();
        let document = nym_validator_api_client::fetch_topology(self.net().network()).await?;
        let mut gateways = document.gateways.iter().filter_map(|gateway| {
            let process = processes.iter().find(|process| process.node == gateway.identity.to_string())?;
            Some(Gateway { process: process.name.clone(), identity: gateway.identity })
        });
        match (gateways.next(), gateways.next()) {
            (Some(near), Some(far)) => Ok((near, far)),
            _ => anyhow::bail!("the network has fewer than two gateways"),
        }
    }

    /// The numbers of one process.
    ///
    /// # Panics
    /// When there is no such process.
    pub fn stats(&mut self, process: &str) -> Stats {
        let admin = self.net().state().processes.iter().find(|known| known.name == process);
        Stats { admin: admin.expect("the process is part of the network").admin.clone() }
    }

    /// The numbers of every mix node and gateway.
    ///
    /// # Errors
    /// When a process does not answer.
    pub async fn all_stats(&mut self) -> anyhow::Result<Vec<(String, serde_json::Value)>> {
        let processes = self.net().state().processes.clone();
        let nodes = processes.into_iter().filter(|process| !process.node.is_empty());
        let mut all = Vec::new();
        for process in nodes {
            all.push((process.name, Stats { admin: process.admin }.all().await?));
        }
        Ok(all)
    }

    /// A counter of each process whose name starts with `kind`.
    ///
    /// # Errors
    /// When a process does not answer.
    pub async fn counters(&mut self, kind: &str, counter: &str) -> anyhow::Result<Vec<(String, u64)>> {
        let processes = self.net().state().processes.clone();
        let mut counters = Vec::new();
        for process in processes.iter().filter(|process| process.name.starts_with(kind)) {
            let stats = Stats { admin: process.admin.clone() }.all().await?;
            let value = stats.get(counter).and_then(serde_json::Value::as_u64);
            let value = value.ok_or_else(|| anyhow::anyhow!("{} has no counter {counter}: {stats}", process.name))?;
            counters.push((process.name.clone(), value));
        }
        Ok(counters)
    }
}

/// A gateway of the network.
pub struct Gateway {
    /// Name of its process.
    pub process: String,
    /// Who it is.
    pub identity: identity::PublicKey,
}

/// Where a process tells its numbers.
pub struct Stats {
    admin: String,
}

impl Stats {
    /// Every number.
    ///
    /// # Errors
    /// When the process does not answer.
    pub async fn all(&self) -> anyhow::Result<serde_json::Value> {
        Ok(reqwest::get(format!("http://{}/v1/stats", self.admin)).await?.json().await?)
    }

    /// One number; nothing if the process does not answer, or knows no such number.
    pub async fn read(&self, key: &str) -> Option<u64> {
        self.all().await.ok()?.get(key)?.as_u64()
    }
}

/// Waits until something holds.
///
/// # Panics
/// After three minutes.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(180), "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A temporary folder; when the test fails it is kept, and says where it is.
pub struct Folder(Option<tempfile::TempDir>);

impl Folder {
    /// Makes one.
    ///
    /// # Errors
    /// When the system's folder of temporary files cannot be written to.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Some(tempfile::tempdir()?)))
    }

    /// Where it is.
    ///
    /// # Panics
    /// Never: it is kept only when it is dropped.
    pub fn path(&self) -> &Path {
        self.0.as_ref().expect("it is kept only when it is dropped").path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Some(dir) = self.0.take() {
                eprintln!("the network's folder is kept: {}", dir.keep().display());
            }
        }
    }
}
