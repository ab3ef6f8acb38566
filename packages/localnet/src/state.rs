//! `localnet.json`: what runs, so that another process can look at it or end it.

use crate::accounts::NamedAccount;
use crate::process::{end_at_home, signal, STOP_DEADLINE, VALIDATORS_DEADLINE};
use anyhow::Context as _;
use nix::sys::signal::Signal;
use nym_keys::files::write_whole;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const FILE: &str = "localnet.json";

/// A process of the network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// Its name.
    pub name: String,
    /// Its process id.
    pub pid: u32,
    /// Where it is reached.
    pub address: String,
    /// Number of the node's bond, or identity of the gateway, if it is one.
    pub node: String,
    /// Loopback address with its counters; empty if it has none.
    pub admin: String,
}

/// What runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// The folder of everything.
    pub dir: PathBuf,
    /// Id of the chain.
    pub chain_id: String,
    /// The mixnet contract.
    pub mixnet_contract: String,
    /// Processes.
    pub processes: Vec<ProcessRecord>,
    /// Accounts.
    pub accounts: Vec<NamedAccount>,
    /// Script and folder of the wasmd validators, if the chain is one.
    pub wasmd: Option<(PathBuf, PathBuf)>,
}

impl State {
    /// Reads the state of a folder.
    pub fn load(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(FILE);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("no local network in {}: cannot read {}", dir.display(), path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    /// Writes it, whole or not at all.
    pub fn save(&self) -> anyhow::Result<()> {
        let path = self.dir.join(FILE);
        let text = serde_json::to_string_pretty(self)?;
        write_whole(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The network file.
    pub fn network_file(&self) -> PathBuf {
        self.dir.join("network.toml")
    }

    /// Whether a process of this network still runs under its program's name.
    pub fn is_running(process: &ProcessRecord) -> bool {
        // A pid may have been given to another program since.
        let command = std::fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
        let program = command.split(|byte| *byte == 0).next().unwrap_or_default();
        let program = String::from_utf8_lossy(program).into_owned();
        let kind = process.name.split('-').next().unwrap_or_default();
        !program.is_empty() && (program.contains(kind) || kind == "api" && program.contains("validator-api"))
    }
}

/// Ends a network that another process has started.
pub fn down(dir: &Path) -> anyhow::Result<usize> {
    let state = State::load(dir)?;
    let running: Vec<_> = state.processes.iter().filter(|process| State::is_running(process)).collect();
    for process in &running {
        signal(process.pid, Signal::SIGTERM);
    }
    let deadline = Instant::now() + STOP_DEADLINE;
    while Instant::now() < deadline && running.iter().any(|process| State::is_running(process)) {
        std::thread::sleep(Duration::from_millis(50));
    }
    for process in running.iter().filter(|process| State::is_running(process)) {
        signal(process.pid, Signal::SIGKILL);
    }
    stop_wasmd(&state);
    std::fs::remove_file(dir.join(FILE)).with_context(|| format!("cannot remove {FILE}"))?;
    Ok(running.len())
}

/// Ends the validators by their folder: also those of a start that never came to its end.
pub(crate) fn stop_wasmd(state: &State) {
    if let Some((_, home)) = &state.wasmd {
        end_at_home(home, VALIDATORS_DEADLINE);
    }
}
