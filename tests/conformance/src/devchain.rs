//! devchain as the suite runs it: a fresh chain of its own, both clients, the comparison with wasmd.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{bail, Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::accounts::Accounts;
use crate::clients::Clients;
use crate::compare::{compare, Accepted, Report};
use crate::transcript::Recording;

/// One block in each, on both chains.
pub const BLOCK_TIME: &str = "200ms";
/// States that are kept, in blocks: the suite asks for the one at height 1 when the chain is a minute old.
const HISTORY: &str = "5000";
/// The first block is there within this, on a machine as slow as it may be.
const READY: Duration = Duration::from_secs(60);

/// Runs both clients on a fresh devchain and compares what they see with what they saw of wasmd.
///
/// The recording stays in the clients' folder as `devchain.json`, beside the chain's log.
pub async fn check(program: &Path, clients: &Clients, wasmd: &Recording) -> Result<Report> {
    let chain = Devchain::start(program, clients.out()).await?;
    let seen = clients.run("devchain", &chain.rpc).await;
    chain.stop().await?;
    let seen = seen?;
    seen.write(&clients.out().join("devchain.json"))?;
    Ok(compare(wasmd, &seen, &Accepted::load()?))
}

/// The running program; it is killed when this is dropped.
struct Devchain {
    process: Child,
    rpc: String,
}

impl Devchain {
    /// Starts the program with the suite's accounts and waits for the first block.
    async fn start(program: &Path, out: &Path) -> Result<Self> {
        let accounts = Accounts::load()?;
        let (home, log) = (out.join("devchain"), out.join("devchain.log"));
        if home.exists() {
            fs::remove_dir_all(&home).with_context(|| format!("removing {}", home.display()))?;
        }
        let mut command = Command::new(program);
        command.arg("run").arg("--home").arg(&home);
        command.args(["--listen", "127.0.0.1:0", "--block-time", BLOCK_TIME, "--history", HISTORY]);
        command.args(["--chain-id", &accounts.chain_id, "--gas-price", &accounts.gas_price]);
        for account in accounts.genesis()? {
            command.args(["--account", &account]);
        }
        let stderr = File::create(&log).with_context(|| format!("writing {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let started = command.spawn();
        let mut process =
            started.with_context(|| format!("cannot run {}; scripts/build builds it", program.display()))?;
        let stdout = process.stdout.take().context("devchain has no stdout")?;
        // The one line that it prints, when the first block is there.
        match timeout(READY, BufReader::new(stdout).lines().next_line()).await {
            Ok(Ok(Some(rpc))) => Ok(Self { process, rpc }),
            _ => bail!("devchain did not start; {} ends with:\n{}", log.display(), last_lines(&log)),
        }
    }

    async fn stop(mut self) -> Result<()> {
        self.process.kill().await.context("ending devchain")
    }
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().rev().take(5).rev().copied().collect::<Vec<_>>().join("\n")
}
