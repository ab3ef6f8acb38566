//! From flags to a chain: network file, endpoints, signing account, key store.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use nym_chain_client::{Account, ChainClient, ChainConfig, Contract, GasPrice, Wallet};
use nym_daemon::{ErrorKind, Failure};
use nym_topology::{NetworkFile, NetworkFileError};

use crate::{
    args::{Global, PassphraseArgs, SignerArgs, TxArgs},
    failure::{explain, usage, Attempt, Outcome},
    keystore::KeyStore,
    secrets,
};

/// Address prefix of the main network, for commands that work without a network file.
const DEFAULT_PREFIX: &str = "n";
/// Gas price of a chain that is known by its endpoint only.
const DEFAULT_GAS_PRICE: &str = "0.025unyx";
/// The network file of the folder one is in.
const LOCAL_FILE: &str = "network.toml";

/// What every command can ask for.
pub(crate) struct Context {
    pub global: Global,
    network: Option<NetworkFile>,
}

impl Context {
    /// Reads the network file, if there is one to read.
    pub fn new(global: Global) -> Outcome<Self> {
        let path = match &global.network {
            Some(path) => Some(path.clone()),
            None => Some(PathBuf::from(LOCAL_FILE)).filter(|path| path.exists()),
        };
        let network = path.as_deref().map(load).transpose()?;
        Ok(Context { global, network })
    }

    /// The network file; most commands cannot do without.
    pub fn network(&self) -> Outcome<&NetworkFile> {
        self.network.as_ref().ok_or_else(|| {
            usage(
                "no network was named",
                "there is neither --network nor NYM_NETWORK, and no network.toml in this folder",
                "add --network FILE (its network.toml) or set NYM_NETWORK",
            )
        })
    }

    /// Prefix of the network's addresses.
    pub fn prefix(&self) -> &str {
        self.network.as_ref().map_or(DEFAULT_PREFIX, |network| &network.address_prefix)
    }

    /// Denom of stakes.
    pub fn stake_denom(&self) -> Outcome<&str> {
        Ok(&self.network()?.denoms.stake)
    }

    /// The key store.
    pub fn keys(&self) -> Outcome<KeyStore> {
        let home = match &self.global.home {
            Some(home) => home.clone(),
            None => {
                let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
                let home = home.ok_or_else(|| {
                    usage("could not find the keys", "there is no home folder: HOME is not set", "add --home FOLDER")
                })?;
                PathBuf::from(home).join(".nym-cli")
            }
        };
        Ok(KeyStore::new(&home))
    }

    /// A connection to the chain, for reading.
    pub async fn client(&self) -> Outcome<ChainClient> {
        self.client_with(None, nym_chain_client::DEFAULT_GAS_ADJUSTMENT).await
    }

    async fn client_with(&self, gas_price: Option<&str>, gas_adjustment: f64) -> Outcome<ChainClient> {
        let endpoints = match (&self.global.rpc[..], &self.network) {
            ([], None) => {
                return Err(usage(
                    "no chain was named",
                    "there is neither --network, NYM_NETWORK nor --rpc, and no network.toml in this folder",
                    "add --network FILE (its network.toml), set NYM_NETWORK, or add --rpc URL",
                ))
            }
            ([], Some(network)) => network.rpc.endpoints.clone(),
            (urls, _) => urls.to_vec(),
        };
        let price = match (gas_price, &self.network) {
            (Some(price), _) => price.to_owned(),
            (None, Some(network)) => format!("{}{}", network.gas_price, network.denoms.fee),
            (None, None) => DEFAULT_GAS_PRICE.to_owned(),
        };
        let price: GasPrice = price.parse().map_err(|e| {
            explain(&e)
                .with_help("correct --gas-price, or gas_price and denoms.fee of the network file")
                .context(format!("could not use the gas price '{price}'"))
        })?;
        let chain_id = self.network.as_ref().map(|network| network.chain_id.clone());
        let shown = endpoints.join(", ");
        let mut config = ChainConfig::new(endpoints, chain_id, self.prefix(), price);
        config.gas_adjustment = gas_adjustment;
        ChainClient::connect(config).await.attempt(format!("reach the chain at {shown}"))
    }

    /// The mixnet contract, for reading.
    pub async fn mixnet(&self) -> Outcome<Contract<ChainClient>> {
        let address = self.network()?.contracts.mixnet.clone();
        Ok(self.client().await?.contract(address))
    }

    /// Address of the mixnet contract.
    pub fn mixnet_address(&self) -> Outcome<&str> {
        Ok(&self.network()?.contracts.mixnet)
    }

    /// The account that signs, connected.
    pub async fn account(&self, tx: &TxArgs) -> Outcome<Account> {
        // The chain first: nobody should type a passphrase to learn that it is not there.
        let client = self.client_with(tx.gas_price.as_deref(), tx.gas_adjustment).await?;
        Ok(client.account(self.wallet(&tx.signer)?))
    }

    /// The account that signs, and the mixnet contract over its connection.
    pub async fn account_and_mixnet(&self, tx: &TxArgs) -> Outcome<(Account, Contract<ChainClient>)> {
        let address = self.mixnet_address()?;
        let account = self.account(tx).await?;
        let mixnet = account.client().contract(address);
        Ok((account, mixnet))
    }

    /// The key that signs.
    pub fn wallet(&self, signer: &SignerArgs) -> Outcome<Wallet> {
        let (mnemonic, whose) = match (&signer.from, &signer.mnemonic_file) {
            (_, Some(path)) => (secrets::from_file(path, "mnemonic")?, format!("the mnemonic in '{}'", path.display())),
            (Some(name), None) => {
                let store = self.keys()?;
                store.show(name)?;
                (store.open(name, &self.passphrase(name, &signer.passphrase)?)?, format!("key '{name}'"))
            }
            (None, None) => {
                let cause = "there is neither --from nor --mnemonic-file";
                return Err(usage("nobody was named to sign", cause, "add --from NAME"));
            }
        };
        Wallet::from_mnemonic(&mnemonic, self.prefix())
            .map_err(|e| explain(&e).with_help(secrets::MNEMONIC).context(format!("could not sign with {whose}")))
    }

    /// The address of a key, or an address as it is.
    pub fn address_of(&self, name: Option<&str>, address: Option<&str>) -> Outcome<String> {
        match (name, address) {
            (_, Some(address)) => {
                self.check_address(address, &format!("look at account '{address}'"))?;
                Ok(address.to_owned())
            }
            (Some(name), None) => Ok(self.keys()?.show(name)?.address),
            (None, None) => {
                let cause = "there is neither --key nor --address";
                Err(usage("no account was named", cause, "add --key NAME or --address ADDRESS"))
            }
        }
    }

    /// Checks an address before anything is done with it; `what` completes "could not …".
    pub fn check_address(&self, address: &str, what: &str) -> Outcome<()> {
        let prefix = self.prefix();
        nym_chain_client::check_address(address, prefix).map_err(|e| {
            explain(&e)
                .with_help(format!("check it letter by letter; addresses of this network begin with {prefix}1"))
                .context(format!("could not {what}"))
        })
    }

    fn passphrase(&self, name: &str, args: &PassphraseArgs) -> Outcome<zeroize::Zeroizing<String>> {
        secrets::passphrase(args.passphrase_file.as_deref(), name)
    }
}

/// Whether a person can be asked.
pub(crate) fn interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn load(path: &Path) -> Outcome<NetworkFile> {
    NetworkFile::load(path).map_err(|error| {
        let (kind, cause) = match error {
            NetworkFileError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                (ErrorKind::NotFound, source.to_string())
            }
            NetworkFileError::Io { source, .. } => (ErrorKind::Usage, source.to_string()),
            NetworkFileError::Malformed { reason, .. } => (ErrorKind::Usage, reason),
            NetworkFileError::Rule(rule) => (ErrorKind::Usage, rule),
        };
        Failure::new(kind, cause)
            .with_help("name the network's own network.toml with --network FILE or NYM_NETWORK")
            .context(format!("could not read network file {}", path.display()))
    })
}
