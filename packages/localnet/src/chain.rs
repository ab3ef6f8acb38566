//! The chain of a local network: the embedded one, or wasmd validators.

use crate::accounts::{Accounts, FEE, PREFIX};
use crate::process::{run, run_shown, Process};
use crate::{Chain, Options};
use anyhow::Context as _;
use nym_chain_client::{ChainClient, ChainConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Id of the chain.
pub const CHAIN_ID: &str = "nym-local-1";
/// A chain makes its first block within this.
const READY: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);
/// From one block of the embedded chain to the next.
const BLOCK_TIME: Duration = Duration::from_secs(1);
/// Epochs whose states can be queried: the current one's topology and the one's before are read at their heights.
const HISTORY_EPOCHS: u64 = 4;
/// Past states that are kept however short the epochs are; the embedded chain's own default.
const HISTORY_LEAST: u64 = 1_000;
/// Price of gas in the fee denom.
pub const GAS_PRICE: &str = "0.025";

/// Past states that the embedded chain keeps: those of four epochs.
pub fn history(epoch_seconds: u64, block_time: Duration) -> u64 {
    let epoch = u128::from(epoch_seconds) * 1_000 / block_time.as_millis().max(1);
    u64::try_from(epoch).unwrap_or(u64::MAX).saturating_mul(HISTORY_EPOCHS).max(HISTORY_LEAST)
}

/// A started chain.
pub struct Started {
    /// Its process; validators of wasmd are started by their script and found by their folder.
    pub process: Option<Process>,
    /// RPC endpoints.
    pub endpoints: Vec<String>,
}

/// Script and folder of the validators, if the chain will be wasmd.
pub fn wasmd(options: &Options) -> Option<(PathBuf, PathBuf)> {
    let validators = matches!(options.chain, Chain::Wasmd { .. });
    validators.then(|| (options.scripts.join("wasmd-net"), home(options)))
}

fn home(options: &Options) -> PathBuf {
    options.dir.join("chain")
}

/// The accounts as the genesis has them; the first is the treasury.
pub fn genesis(accounts: &Accounts) -> Vec<String> {
    accounts.all().iter().enumerate().map(|(index, owned)| owned.genesis(index == 0)).collect()
}

/// Starts the chain with the accounts. A dropped future leaves no script running, but perhaps validators.
pub async fn start(options: &Options, rpc: SocketAddr, accounts: &Accounts) -> anyhow::Result<Started> {
    let genesis = genesis(accounts);
    let home = home(options);
    let gas_price = format!("{GAS_PRICE}{FEE}");
    match &options.chain {
        Chain::Devchain => {
            let home = home.display().to_string();
            let block_time = format!("{}s", BLOCK_TIME.as_secs());
            let history = history(options.epoch_seconds, BLOCK_TIME).to_string();
            let mut arguments = ["run", "--home", &home, "--listen", &rpc.to_string(), "--chain-id", CHAIN_ID]
                .map(str::to_owned)
                .to_vec();
            let more = ["--address-prefix", "n", "--block-time", &block_time, "--gas-price", &gas_price];
            arguments.extend(more.into_iter().chain(["--history", &history]).map(str::to_owned));
            arguments.extend(genesis.into_iter().flat_map(|account| ["--account".to_owned(), account]));
            let process =
                Process::start("devchain", &options.programs.join("devchain"), arguments, &options.dir.join("logs"))?;
            Ok(Started { process: Some(process), endpoints: vec![format!("http://{rpc}")] })
        }
        Chain::Wasmd { validators } => {
            run_shown(&options.scripts.join("wasmd"), &["install"]).await?;
            let script = options.scripts.join("wasmd-net");
            let (home_text, validators, base) =
                (home.display().to_string(), validators.to_string(), rpc.port().to_string());
            let mut arguments = vec!["up", "--home", &home_text, "--validators", &validators, "--chain-id", CHAIN_ID];
            arguments.extend(["--base-port", &base, "--gas-price", &gas_price]);
            arguments.extend(genesis.iter().flat_map(|account| ["--account", account]));
            let endpoints = run(&script, &arguments).await?.lines().map(str::to_owned).collect();
            Ok(Started { process: None, endpoints })
        }
        Chain::Running { endpoints, .. } => Ok(Started { process: None, endpoints: endpoints.clone() }),
    }
}

/// Waits for the chain's first block; `check` fails when waiting is in vain.
pub async fn ready(
    endpoints: &[String],
    mut check: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<(ChainClient, String)> {
    let config = ChainConfig::new(endpoints.to_vec(), None, PREFIX, format!("{GAS_PRICE}{FEE}").parse()?);
    let started = Instant::now();
    loop {
        check()?;
        let client = ChainClient::new(config.clone())?;
        match tokio::try_join!(client.height(), client.chain_id()) {
            Ok((height, chain_id)) if height > 0 => return Ok((client, chain_id)),
            Err(error) if started.elapsed() > READY => return Err(error).context("the chain does not answer"),
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_keeps_the_states_of_more_than_three_epochs() {
        for (epoch_seconds, block_time) in [(60, BLOCK_TIME), (3_600, BLOCK_TIME), (600, Duration::from_millis(250))] {
            let kept = block_time * u32::try_from(history(epoch_seconds, block_time)).expect("fits");
            assert!(kept > Duration::from_secs(3 * epoch_seconds), "epochs of {epoch_seconds} s: {kept:?}");
        }
        assert_eq!(history(60, BLOCK_TIME), 1_000, "what docs/devchain.md states");
        assert_eq!(history(u64::MAX, Duration::ZERO), u64::MAX);
    }
}
