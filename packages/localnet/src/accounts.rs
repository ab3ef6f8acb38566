//! Accounts of a local network: a treasury, one for each node, one for each API.

use crate::contract::send;
use crate::{Chain, Options};
use anyhow::Context as _;
use nym_chain_client::{ChainClient, Coin, Tx, Wallet};
use nym_keys::files::{write_secret, KeyDir};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Prefix of the network's addresses.
pub const PREFIX: &str = "n";
/// Stakes and rewards.
pub const STAKE: &str = "unym";
/// Fees.
pub const FEE: &str = "unyx";
/// What the treasury has of each denom: 10^15.
const TREASURY: u128 = 1_000_000_000_000_000;
/// What every other account has of each denom: ten thousand pledges.
const ORDINARY: u128 = 1_000_000_000_000;
/// What an account of a chain that runs already is sent of each denom: ten pledges.
const FUNDED: u128 = 1_000_000_000;

/// An account and where its mnemonic is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamedAccount {
    /// What it is for.
    pub name: String,
    /// Its address.
    pub address: String,
    /// File with its mnemonic.
    pub mnemonic_file: PathBuf,
}

/// An account that can sign.
pub struct Owned {
    /// Who it is.
    pub account: NamedAccount,
    /// Its keys.
    pub wallet: Wallet,
}

impl Owned {
    /// Draws an account and writes its mnemonic.
    pub fn create(dir: &Path, name: &str) -> anyhow::Result<Self> {
        Self::keep(dir, name, &Wallet::generate_mnemonic(&mut rand::rngs::OsRng))
    }

    /// Writes an account's mnemonic to the network's folder.
    fn keep(dir: &Path, name: &str, mnemonic: &str) -> anyhow::Result<Self> {
        let folder = dir.join("accounts");
        KeyDir::open(&folder)?;
        let wallet = Wallet::from_mnemonic(mnemonic, PREFIX)?;
        let mnemonic_file = folder.join(format!("{name}.mnemonic"));
        write_secret(&mnemonic_file, mnemonic.as_bytes())?;
        let account = NamedAccount { name: name.to_owned(), address: wallet.address().to_owned(), mnemonic_file };
        Ok(Self { account, wallet })
    }

    /// The account in a genesis: `ADDRESS=COINS`.
    pub fn genesis(&self, treasury: bool) -> String {
        let amount = if treasury { TREASURY } else { ORDINARY };
        let coins = [Coin::new(amount, STAKE), Coin::new(amount, FEE)].map(|coin| coin.to_string());
        format!("{}={}", self.account.address, coins.join(","))
    }
}

/// Who owns what in the network.
pub struct Accounts {
    /// Owns the contract, pays for the first epoch.
    pub treasury: Owned,
    /// One for each API.
    pub apis: Vec<Owned>,
    /// One for each mix node.
    pub mix_nodes: Vec<Owned>,
    /// One for each gateway.
    pub gateways: Vec<Owned>,
}

impl Accounts {
    /// Draws every account; the treasury of a chain that runs already is the one that its file names.
    pub fn create(options: &Options) -> anyhow::Result<Self> {
        let dir = &options.dir;
        let treasury = match &options.chain {
            Chain::Running { mnemonic_file, .. } => {
                let mnemonic = std::fs::read_to_string(mnemonic_file)
                    .with_context(|| format!("cannot read the mnemonic in {}", mnemonic_file.display()))?;
                Owned::keep(dir, "treasury", mnemonic.trim())?
            }
            _ => Owned::create(dir, "treasury")?,
        };
        let named = |name: &str, count: u16| {
            (1..=count).map(|index| Owned::create(dir, &format!("{name}-{index}"))).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            treasury,
            apis: named("api", options.apis)?,
            mix_nodes: named("mixnode", options.mix_nodes)?,
            gateways: named("gateway", options.gateways)?,
        })
    }

    /// Every account, the treasury first.
    pub fn all(&self) -> Vec<&Owned> {
        let others = self.apis.iter().chain(&self.mix_nodes).chain(&self.gateways);
        std::iter::once(&self.treasury).chain(others).collect()
    }

    /// The accounts of the monitors.
    pub fn monitors(&self) -> Vec<String> {
        self.apis.iter().map(|owned| owned.account.address.clone()).collect()
    }

    /// Sends every account what it needs: on a chain that knows only the treasury.
    pub async fn fund(&self, client: &ChainClient) -> anyhow::Result<()> {
        let treasury = client.account(self.treasury.wallet.clone());
        let sends =
            self.all().into_iter().skip(1).map(|owned| {
                Tx::send(&owned.account.address, [STAKE, FEE].map(|denom| Coin::new(FUNDED, denom)).to_vec())
            });
        match sends.reduce(Tx::and) {
            Some(tx) => send(&treasury, &tx).await.map(|_| ()).context("the treasury cannot pay for the accounts"),
            None => Ok(()),
        }
    }
}
