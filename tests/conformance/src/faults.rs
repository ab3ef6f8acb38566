//! Four validators of the real chain, one of them killed with -9 while payments run, then started again.
//!
//! Shows what everything above the chain relies on: payments go on, none is lost, none is applied
//! twice although the same bytes are sent again to another validator whenever there is doubt.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use cosmrs::proto::cosmos::bank::v1beta1::{MsgSend, QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::tendermint::Hash;
use prost::Message;
use sha2::{Digest, Sha256};
use tendermint_rpc::query::Query;
use tendermint_rpc::{Client, Order};
use tokio::process::Command;

use crate::accounts::{Account, Accounts};
use crate::chain::{AccountState, Chain};
use crate::tx::{coin, Tx};

/// Validators; one may be missing.
const VALIDATORS: usize = 4;
/// Payments in all; the kill comes after a third of them, the restart after two thirds.
const PAYMENTS: u64 = 45;
/// What each payment moves.
const AMOUNT: u64 = 7;
/// Blocks after which a payment that is in none can never get into one.
const TIMEOUT_BLOCKS: u64 = 20;
/// How long one payment may take, skipped proposers included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the validators are and how they are controlled.
pub struct Network {
    /// The script that runs validators.
    pub script: PathBuf,
    /// The folder of the chain.
    pub home: PathBuf,
    /// The first port.
    pub base_port: u16,
}

impl Network {
    async fn control(&self, verb: &str, arguments: &[String]) -> Result<()> {
        let mut command = Command::new(&self.script);
        command.arg(verb).arg("--home").arg(&self.home).args(arguments);
        let output = command.output().await.with_context(|| format!("running {:?}", self.script))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} {verb} failed: {errors}", self.script.display());
        Ok(())
    }

    async fn up(&self, accounts: &Accounts) -> Result<()> {
        let mut arguments = vec![
            "--validators".to_string(),
            VALIDATORS.to_string(),
            "--base-port".to_string(),
            self.base_port.to_string(),
            "--chain-id".to_string(),
            accounts.chain_id.clone(),
            "--block-time".to_string(),
            "500ms".to_string(),
        ];
        for account in accounts.genesis()? {
            arguments.extend(["--account".to_string(), account]);
        }
        self.control("up", &arguments).await
    }

    fn url(&self, validator: usize) -> String {
        format!("http://127.0.0.1:{}", usize::from(self.base_port) + 10 * validator)
    }
}

/// Runs the whole and reports; validators are ended whatever happens.
pub async fn run(network: &Network) -> Result<()> {
    ensure!(!Path::new(&network.home).exists(), "{} exists already", network.home.display());
    let accounts = Accounts::load()?;
    network.up(&accounts).await?;
    let result = payments_survive(network, &accounts).await;
    network.control("down", &[]).await?;
    result
}

async fn payments_survive(network: &Network, accounts: &Accounts) -> Result<()> {
    let (payer, payee) = (accounts.get("alice")?, accounts.get("nobody")?);
    let mut chains = Vec::new();
    for validator in 0..VALIDATORS {
        chains.push(Chain::connect(&network.url(validator)).await?);
    }
    let mut wallet = Wallet { chains, current: 0, resent: 0 };
    let killed = 1;
    let victim = ["--index".to_string(), killed.to_string()];
    let mut slowest = Duration::ZERO;
    for number in 0..PAYMENTS {
        if number == PAYMENTS / 3 {
            // The wallet talks to this very validator at the time.
            wallet.current = killed;
            network.control("kill", &victim).await?;
            println!("payment {number}: validator {killed} killed with -9");
        }
        if number == 2 * PAYMENTS / 3 {
            network.control("start", &victim).await?;
            println!("payment {number}: validator {killed} started again");
        }
        let begun = Instant::now();
        wallet.pay(&payer, &payee, number).await?;
        slowest = slowest.max(begun.elapsed());
    }

    let height = wallet.chains[0].height().await?;
    for (validator, chain) in wallet.chains.iter().enumerate() {
        chain.wait_for_height(height).await.with_context(|| format!("validator {validator}"))?;
        let balance = balance(chain, &payee.address).await?;
        ensure!(balance == PAYMENTS * AMOUNT, "validator {validator}: {balance} unym arrived");
        let sequence = chain.account(&payer.address).await?.sequence;
        ensure!(sequence == PAYMENTS, "validator {validator}: the payer's sequence is {sequence}");
        let query: Query = format!("transfer.recipient = '{}'", payee.address).parse()?;
        let found = chain.rpc.tx_search(query, false, 1, 1, Order::Ascending).await?.total_count;
        ensure!(u64::from(found) == PAYMENTS, "validator {validator}: {found} payments found");
    }
    println!(
        "{PAYMENTS} payments through {VALIDATORS} validators, one killed and started again: each applied once on all; {} sent again, slowest {:.1} s",
        wallet.resent,
        slowest.as_secs_f64()
    );
    Ok(())
}

/// Sends through whichever validator answers.
struct Wallet {
    chains: Vec<Chain>,
    current: usize,
    resent: u32,
}

impl Wallet {
    /// One payment, until it is in a block: the same bytes again while they can still get in, new
    /// bytes only when they no longer can.
    async fn pay(&mut self, payer: &Account, payee: &Account, number: u64) -> Result<()> {
        let message = MsgSend {
            from_address: payer.address.clone(),
            to_address: payee.address.clone(),
            amount: vec![coin(AMOUNT, "unym")],
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut tx = Tx::of(&message)?.gas(200_000).memo(&format!("payment {number}"));
            let (height, state) = self.ask(payer, number).await?;
            tx.body.timeout_height = height + TIMEOUT_BLOCKS;
            let chain_id = self.chains[self.current].id.clone();
            let bytes = tx.sign(payer, payer, state, &chain_id)?.encode_to_vec();
            let hash = Hash::Sha256(Sha256::digest(&bytes).into());
            if self.deliver(&bytes, hash, tx.body.timeout_height, deadline).await? {
                return Ok(());
            }
        }
    }

    /// Whether the bytes got into a block before their timeout height.
    async fn deliver(&mut self, bytes: &[u8], hash: Hash, timeout: u64, deadline: Instant) -> Result<bool> {
        let mut attempts = 0;
        loop {
            // A refusal means that another copy is in the mempool or in a block already, or that the
            // validator is gone; the search below tells which.
            if self.chains[self.current].rpc.broadcast_tx_sync(bytes.to_vec()).await.is_err() {
                self.next();
            }
            self.resent += u32::from(attempts > 0);
            attempts += 1;
            for _ in 0..20 {
                match self.chains[self.current].rpc.tx(hash, false).await {
                    Ok(found) => {
                        ensure!(found.tx_result.code.is_ok(), "refused: {}", found.tx_result.log);
                        return Ok(true);
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
            self.next();
            match self.chains[self.current].height().await {
                Ok(height) if height > timeout + 1 => return Ok(false),
                _ => {}
            }
            ensure!(Instant::now() < deadline, "payment {hash} is in no block after {PATIENCE:?}");
        }
    }

    /// Height and account from a validator that has all payments so far.
    async fn ask(&mut self, payer: &Account, payments: u64) -> Result<(u64, AccountState)> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let chain = &self.chains[self.current];
            match (chain.height().await, chain.account(&payer.address).await) {
                (Ok(height), Ok(state)) if state.sequence == payments => return Ok((height, state)),
                (Ok(_), Ok(state)) if state.sequence < payments => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                (Ok(_), Ok(state)) => {
                    bail!("{} transactions were applied, {payments} were sent", state.sequence)
                }
                _ => self.next(),
            }
        }
        bail!("no validator answers with {payments} payments within {PATIENCE:?}")
    }

    fn next(&mut self) {
        self.current = (self.current + 1) % self.chains.len();
    }
}

async fn balance(chain: &Chain, address: &str) -> Result<u64> {
    let request = QueryBalanceRequest { address: address.to_string(), denom: "unym".to_string() };
    let answer = chain.query("/cosmos.bank.v1beta1.Query/Balance", request.encode_to_vec(), None).await?;
    let coin = QueryBalanceResponse::decode(answer.value.as_slice())?.balance.unwrap_or_default();
    coin.amount.parse().context("a balance that is no number")
}
