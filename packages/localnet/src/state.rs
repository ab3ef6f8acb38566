//! `localnet.json`: what runs, so that another process can look at it or end it.

use crate::accounts::NamedAccount;
use crate::process::{end_at_home, signal, STOP_DEADLINE, VALIDATORS_DEADLINE};
use anyhow::Context as _;
use nix::sys::signal::Signal;
use nym_keys::files::write_whole;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
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
    /// The process that has started the network.
    #[serde(default)]
    pub pid: u32,
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
    /// Whether [`down`] is ending it: what ends from then on does not end by itself.
    #[serde(default)]
    pub ending: bool,
}

/// What a folder says of a network that was started in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    /// It is there, and [`down`] is ending it, or not.
    Own { ending: bool },
    /// Another network has been started in the folder since.
    Other,
    /// Nothing.
    Missing,
}

/// [`down`] has ended the network that this process had started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenDown;

impl std::fmt::Display for TakenDown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it was ended from elsewhere by nym-cli localnet down")
    }
}

impl std::error::Error for TakenDown {}

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
        self.save_in(&self.dir)
    }

    fn save_in(&self, dir: &Path) -> anyhow::Result<()> {
        let path = dir.join(FILE);
        let text = serde_json::to_string_pretty(self)?;
        write_whole(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    }

    /// What a folder says of this network.
    pub(crate) fn record_in(&self, dir: &Path) -> Record {
        let is_own = |pid: u32| self.processes.iter().any(|process| process.pid == pid);
        match Self::load(dir) {
            // Pids are given anew: the starting process's alone could be that of an earlier network.
            Ok(state) if state.pid == self.pid && state.processes.iter().all(|process| is_own(process.pid)) => {
                Record::Own { ending: state.ending }
            }
            Ok(_) => Record::Other,
            Err(_) => Record::Missing,
        }
    }

    /// Ends the validators and removes the record. Both are left alone when they are of another network, which was
    /// started in the folder since.
    pub(crate) fn clear(&self, dir: &Path) -> anyhow::Result<()> {
        if self.record_in(dir) == Record::Other {
            return Ok(());
        }
        stop_wasmd(self);
        // Who has started the network and who ends it from elsewhere may both be here.
        match self.record_in(dir) {
            Record::Own { .. } => match std::fs::remove_file(dir.join(FILE)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("cannot remove {FILE}"))
                }
                _ => Ok(()),
            },
            Record::Other | Record::Missing => Ok(()),
        }
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

/// Ends a network that another process has started; that one notices and ends, too.
pub fn down(dir: &Path) -> anyhow::Result<usize> {
    let mut state = State::load(dir)?;
    // Said before the first process ends, so that whoever has started them knows why they do.
    state.ending = true;
    state.save_in(dir)?;
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
    state.clear(dir)?;
    Ok(running.len())
}

/// Ends the validators by their folder: also those of a start that never came to its end.
fn stop_wasmd(state: &State) {
    if let Some((_, home)) = &state.wasmd {
        end_at_home(home, VALIDATORS_DEADLINE);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::process::runs_at_home;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, Command, Stdio};

    /// A network of one process, which no program of ours has the name of.
    fn network(dir: &Path, pid: u32, process: u32) -> State {
        let process = ProcessRecord {
            name: "nothing-1".into(),
            pid: process,
            address: String::new(),
            node: String::new(),
            admin: String::new(),
        };
        State {
            dir: dir.to_owned(),
            pid,
            chain_id: "test".into(),
            mixnet_contract: String::new(),
            processes: vec![process],
            accounts: Vec::new(),
            wasmd: Some(("scripts/wasmd-net".into(), dir.join("chain"))),
            ending: false,
        }
    }

    /// What looks like a validator: `--home` and a folder of its own below that of the chain.
    fn validator(dir: &Path) -> Child {
        let mut command = Command::new("sh");
        // A shell that waits for a line itself keeps its arguments; one that runs a program may become it.
        command.args(["-c", "read line", "sh", "--home"]).arg(dir.join("chain/0"));
        let validator = command.stdin(Stdio::piped()).spawn().unwrap();
        // A process has its arguments a moment after it has begun.
        while !runs_at_home(dir) {
            std::thread::yield_now();
        }
        validator
    }

    #[test]
    fn a_network_clears_up_after_itself_and_after_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let (old, new) = (network(dir, 1, 10), network(dir, 2, 20));
        // The same process may start one network after the other.
        let same_starter = network(dir, 2, 21);
        new.save().unwrap();
        let mut validator = validator(dir);

        for other in [&old, &same_starter] {
            assert_eq!(other.record_in(dir), Record::Other);
            other.clear(dir).unwrap();
            assert!(validator.try_wait().unwrap().is_none(), "a validator of the new network has ended");
            assert_eq!(new.record_in(dir), Record::Own { ending: false });
        }
        new.clear(dir).unwrap();

        assert_eq!(validator.wait().unwrap().signal(), Some(Signal::SIGTERM as i32), "the network's own validator");
        assert_eq!(new.record_in(dir), Record::Missing);
        new.clear(dir).unwrap();
    }

    #[test]
    fn a_record_that_lags_behind_is_still_the_networks_own() {
        let folder = tempfile::tempdir().unwrap();
        let recorded = network(folder.path(), 1, 10);
        recorded.save().unwrap();
        let mut now = recorded.clone();
        now.processes.push(ProcessRecord { pid: 11, ..now.processes[0].clone() });

        assert_eq!(now.record_in(folder.path()), Record::Own { ending: false });
    }

    #[test]
    fn ending_from_elsewhere_is_said_first_and_works_once() {
        let folder = tempfile::tempdir().unwrap();
        let state = network(folder.path(), 1, std::process::id());
        let ending = State { ending: true, ..state.clone() };
        ending.save().unwrap();
        assert_eq!(state.record_in(folder.path()), Record::Own { ending: true });

        assert_eq!(down(folder.path()).unwrap(), 0, "a process under another name is not the network's");

        assert_eq!(state.record_in(folder.path()), Record::Missing);
        assert!(down(folder.path()).unwrap_err().to_string().starts_with("no local network in"));
    }
}
