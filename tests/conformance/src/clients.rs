//! Both clients on one fresh chain, one after the other: Rust in this process, then CosmJS in Node.js.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{ensure, Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::fixtures::Fixtures;
use crate::run::Run;
use crate::scenarios;
use crate::transcript::{Recording, Transcript};

/// CosmJS is through within this, on a machine as slow as it may be.
const PATIENCE: Duration = Duration::from_secs(600);

/// Where the CosmJS client is, and where what both see is kept.
pub struct Clients {
    node: PathBuf,
    out: PathBuf,
}

impl Clients {
    /// Makes the folder `out` and installs the packages of the client in `node`, unless they are there.
    pub async fn prepare(node: PathBuf, out: PathBuf) -> Result<Self> {
        fs::create_dir_all(&out).with_context(|| format!("making {}", out.display()))?;
        install(&node).await?;
        Ok(Self { node, out })
    }

    /// The folder of transcripts, recordings and logs.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Runs every scenario on the chain behind `rpc`. The transcripts stay in the folder as they were written; what is
    /// returned is normalised.
    pub async fn run(&self, chain: &str, rpc: &str) -> Result<Recording> {
        eprintln!("{chain}: the Rust client");
        let mut run = Run::new(rpc).await?;
        scenarios::run_all(&mut run).await?;
        let rust = run.finish();
        rust.write(&self.out.join(format!("{chain}-rust.json")))?;
        eprintln!("{chain}: the CosmJS client");
        let cosmjs = self.cosmjs(rpc, &self.out.join(format!("{chain}-cosmjs.json"))).await?;
        let mut recording = Recording { chain: chain.to_string(), transcripts: vec![rust, cosmjs] };
        recording.transcripts.iter_mut().for_each(Transcript::normalise);
        Ok(recording)
    }

    async fn cosmjs(&self, rpc: &str, transcript: &Path) -> Result<Transcript> {
        let fixtures = self.out.join("fixtures");
        Fixtures::load()?.write(&fixtures)?;
        let mut command = Command::new("node");
        command.arg(self.node.join("main.mjs")).arg("--rpc").arg(rpc);
        command.arg("--fixtures").arg(fixtures).arg("--out").arg(transcript);
        command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let running = async {
            let mut node = command.spawn().context("running node")?;
            if let Some(stderr) = node.stderr.take() {
                let mut lines = BufReader::new(stderr).lines();
                while let Some(line) = lines.next_line().await? {
                    eprintln!("{line}");
                }
            }
            anyhow::Ok(node.wait().await?)
        };
        let status = timeout(PATIENCE, running).await.context("the CosmJS client does not end")??;
        ensure!(status.success(), "the CosmJS client failed: {status}");
        Transcript::read(transcript)
    }
}

/// Installs the packages of the lock file; a copy of it beside them says that they are those.
async fn install(node: &Path) -> Result<()> {
    let lock = node.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("reading {}", lock.display()))?;
    let installed = node.join("node_modules/.installed");
    if fs::read(&installed).is_ok_and(|found| found == lock) {
        return Ok(());
    }
    eprintln!("installing the CosmJS client's packages (npm ci, once)");
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(node);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().await;
    let status = status.context("there is no npm: scripts/bootstrap says what is missing (Node.js 20 with npm)")?;
    ensure!(status.success(), "npm ci in {} failed: {status}", node.display());
    fs::write(&installed, lock).with_context(|| format!("writing {}", installed.display()))
}
