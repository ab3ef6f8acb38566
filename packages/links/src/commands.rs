//! What the programs of mix nodes and gateways share on the command line: the home folder and its parts.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use nym_chain_client::{BondingData, Coin, SignedBonding, SignedKeys};
use nym_contract_types::mixnet::NodeKeys as PeriodKeys;
use nym_daemon::config::{ConfigError, Loaded, Loader};
use nym_daemon::exit::{ErrorKind, Failure};
use nym_topology::NetworkFile;
use nym_wire::noise::Network;
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::node::NodeKeys;
use crate::source::{ChainSource, TopologySource};

/// Name of the configuration file in a home folder.
pub const CONFIG_FILE: &str = "config.toml";

/// How a command answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document.
    Json,
}

/// Where a node keeps everything.
#[derive(Debug, Args)]
pub struct Home {
    /// Folder with keys, configuration and what the node remembers
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
}

/// The flags of `run` that mix nodes and gateways share.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Address to listen on for other nodes
    #[arg(long)]
    pub listen: Option<String>,
    /// Loopback address of the administration listener
    #[arg(long)]
    pub admin_listen: Option<String>,
    /// Log filter: a level or directives
    #[arg(long)]
    pub log: Option<String>,
}

impl RunArguments {
    /// Flags go before everything else that sets a key.
    #[must_use]
    pub fn apply<C: Default + Serialize + DeserializeOwned>(self, loader: Loader<C>) -> Loader<C> {
        loader
            .flag_if_set("mixnet.listen", self.listen)
            .flag_if_set("admin.listen", self.admin_listen)
            .flag_if_set("logging.level", self.log)
    }
}

/// The flags of `init` that mix nodes and gateways share.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Network file to copy into the home folder; without it, put one there as network.toml before `run`
    #[arg(long)]
    pub network_file: Option<PathBuf>,
    /// Address to listen on for other nodes
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Address that others dial and that is bonded: an IP literal and a port
    #[arg(long)]
    pub announce: Option<SocketAddr>,
    /// Loopback address of the administration listener
    #[arg(long)]
    pub admin_listen: Option<SocketAddr>,
    /// Replace an existing config.toml; keys are never replaced
    #[arg(long)]
    pub force: bool,
}

/// The flags of `bonding-info` that mix nodes and gateways share.
#[derive(Debug, Args)]
pub struct BondingArguments {
    /// Account that will send the bond and own it
    #[arg(long)]
    pub owner: String,
    /// The contract's signing nonce of that account: nym-cli query, get_signing_nonce; 0 for a new account
    #[arg(long)]
    pub nonce: u64,
    /// What is pledged, for example 100000000unym
    #[arg(long)]
    pub pledge: String,
}

/// The layers of a home folder's configuration.
pub fn loader<C: Default + Serialize + DeserializeOwned>(home: &Path) -> Loader<C> {
    Loader::new().file(home.join(CONFIG_FILE))
}

/// Reads a configuration and checks the rules that its types cannot express.
pub fn load<C: Default + Serialize + DeserializeOwned>(
    loader: Loader<C>,
    check: impl FnOnce(&C) -> Result<(), ConfigError>,
) -> Result<Loaded<C>, Failure> {
    let loaded = loader.load().map_err(|error| Failure::explained(&error))?;
    check(&loaded.config).map_err(|error| Failure::explained(&error))?;
    Ok(loaded)
}

/// What a node needs from its home folder beside its configuration.
pub struct Prepared {
    /// Its keys.
    pub keys: NodeKeys,
    /// Chain and contract of its network.
    pub network: Network,
    /// Where topology documents come from: the chain.
    pub topology: Arc<dyn TopologySource>,
}

impl Prepared {
    /// Reads keys and network file.
    pub fn read(home: &Path, program: &str, network_file: &Path) -> Result<Self, Failure> {
        let keys = existing_keys(home, program)?;
        let file = load_network(network_file)?;
        let network = Network { chain_id: file.chain_id.clone(), mixnet_contract: file.contracts.mixnet.clone() };
        let source = ChainSource::new(file)
            .map_err(|error| Failure::from(error).context("could not use the network file's chain"))?;
        Ok(Self { keys, network, topology: Arc::new(source) })
    }
}

/// Signs what is bonded with the node's identity key and prints it.
pub fn print_bonding<T: BondingData + Serialize>(
    data: T,
    arguments: &BondingArguments,
    keys: &NodeKeys,
    network: &NetworkFile,
) -> Result<(), Failure> {
    let bonding = SignedBonding::sign(
        data,
        vec![parse_pledge(&arguments.pledge)?],
        &arguments.owner,
        arguments.nonce,
        &network.contracts.mixnet,
        &network.chain_id,
        |payload| keys.identity.sign(payload).to_bytes(),
    )?;
    print_json(&bonding)
}

/// The flags of `keys-info` that mix nodes and gateways share.
#[derive(Debug, Args)]
pub struct KeysArguments {
    /// Account that owns the bond and will send the keys
    #[arg(long)]
    pub owner: String,
    /// The contract's signing nonce of that account
    #[arg(long)]
    pub nonce: u64,
    /// Number of the period that the keys are for: the coming one, or the current one if the node has none for that
    #[arg(long)]
    pub period: u32,
}

/// Signs the keys that the node serves with for a period, and prints them.
pub fn print_node_keys(arguments: &KeysArguments, keys: &NodeKeys, network: &NetworkFile) -> Result<(), Failure> {
    let public = PublicKeys::of(keys);
    print_json(&SignedKeys::sign(
        &public.identity_key,
        PeriodKeys { period: arguments.period, sphinx_key: public.sphinx_key, noise_key: public.noise_key },
        &arguments.owner,
        arguments.nonce,
        &network.contracts.mixnet,
        &network.chain_id,
        |payload| keys.identity.sign(payload).to_bytes(),
    ))
}

/// The public keys of a node, as `init` prints them.
#[derive(Debug, Serialize)]
pub struct PublicKeys {
    /// Ed25519 identity, base58.
    pub identity_key: String,
    /// X25519 Sphinx key, base58.
    pub sphinx_key: String,
    /// X25519 link key, base58.
    pub noise_key: String,
}

impl PublicKeys {
    /// The public half of a node's keys.
    pub fn of(keys: &NodeKeys) -> Self {
        Self {
            identity_key: keys.identity.public_key().to_string(),
            sphinx_key: keys.sphinx.public_key().to_string(),
            noise_key: keys.link.public_key().to_string(),
        }
    }
}

/// One `section.key = "value"` of a new configuration file.
pub type Setting = (&'static str, &'static str, Option<String>);

/// Makes a home folder: keys (kept if they exist), network file, `config.toml` with what was asked for.
pub fn init(
    home: &Path,
    program: &str,
    arguments: &InitArguments,
    more: &[Setting],
    output: Output,
) -> Result<(), Failure> {
    std::fs::create_dir_all(home).map_err(|error| {
        Failure::new(ErrorKind::Failed, format!("could not make the home folder {}", home.display())).with_cause(&error)
    })?;
    let config = home.join(CONFIG_FILE);
    if config.exists() && !arguments.force {
        return Err(Failure::new(ErrorKind::Usage, format!("{} exists already", config.display()))
            .with_help("edit it, or pass --force to replace it; keys are kept in either case"));
    }
    if let Some(source) = &arguments.network_file {
        let network = load_network(source)?;
        network
            .save(home.join("network.toml"))
            .map_err(|error| Failure::from(error).context("could not copy the network file"))?;
    }
    let keys = load_keys(home)?;

    let mut settings: Vec<Setting> = vec![
        ("mixnet", "listen", arguments.listen.map(|address| address.to_string())),
        ("mixnet", "announce", arguments.announce.map(|address| address.to_string())),
        ("admin", "listen", arguments.admin_listen.map(|address| address.to_string())),
    ];
    settings.extend_from_slice(more);
    std::fs::write(&config, config_text(program, &settings)).map_err(|error| {
        Failure::new(ErrorKind::Failed, format!("could not write {}", config.display())).with_cause(&error)
    })?;
    print_keys(&PublicKeys::of(&keys), output)
}

fn config_text(program: &str, settings: &[Setting]) -> String {
    let mut text =
        format!("# Written by `{program} init`. {program}.example.toml explains every key and shows its default.\n");
    let mut section = "";
    let mut sorted: Vec<_> = settings.iter().filter(|(_, _, value)| value.is_some()).collect();
    sorted.sort_by_key(|(section, ..)| *section);
    for (of, key, value) in sorted {
        if *of != section {
            section = of;
            let _ = writeln!(text, "\n[{section}]");
        }
        if let Some(value) = value {
            let quoted = if value.parse::<u64>().is_ok() { value.clone() } else { format!("\"{value}\"") };
            let _ = writeln!(text, "{key} = {quoted}");
        }
    }
    text
}

/// Prints the public keys on stdout.
pub fn print_keys(keys: &PublicKeys, output: Output) -> Result<(), Failure> {
    match output {
        Output::Json => print_json(keys),
        Output::Text => print(&format!(
            "identity key  {}\nsphinx key    {}\nlink key      {}\n",
            keys.identity_key, keys.sphinx_key, keys.noise_key
        )),
    }
}

/// Prints one JSON document on stdout.
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)?;
    print(&format!("{text}\n"))
}

/// Prints a command's answer on stdout.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    Ok(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())?)
}

/// Reads the keys of a home folder, making them when there are none.
pub fn load_keys(home: &Path) -> Result<NodeKeys, Failure> {
    NodeKeys::load_or_create(home).map_err(|error| {
        let help = "keep the keys folder readable for this user only (chmod 700), its files with chmod 600";
        Failure::from(error)
            .context(format!("could not use the keys in {}", home.join("keys").display()))
            .with_help(help)
    })
}

/// Reads the keys of a home folder that `init` has made.
pub fn existing_keys(home: &Path, program: &str) -> Result<NodeKeys, Failure> {
    if !NodeKeys::exist(home) {
        let message = format!("there are no keys in {}", home.display());
        let help = format!("make them once with: {program} init --home {}", home.display());
        return Err(Failure::new(ErrorKind::NotFound, message).with_help(help));
    }
    load_keys(home)
}

/// Reads a network file.
pub fn load_network(path: &Path) -> Result<NetworkFile, Failure> {
    let missing = !path.exists();
    NetworkFile::load(path).map_err(|error| {
        let kind = if missing { ErrorKind::NotFound } else { ErrorKind::Usage };
        let message = format!("could not use the network file {}", path.display());
        Failure::new(kind, message)
            .with_cause(&error)
            .with_help("get the network's file from its operators and name it with --network-file or network_file")
    })
}

/// Reads `100unym`.
pub fn parse_pledge(text: &str) -> Result<Coin, Failure> {
    nym_chain_client::parse_coin(text).map_err(|error| {
        Failure::new(ErrorKind::Usage, format!("'{text}' is no amount"))
            .with_cause(&error)
            .with_help("write an amount and its denom without a space, as in 100000000unym")
    })
}

/// Refuses to announce what nobody can dial.
pub fn check_announced(address: SocketAddr, network: &NetworkFile) -> Result<(), Failure> {
    let wrong = if address.ip().is_unspecified() {
        "is no address that others can dial"
    } else if address.ip().is_loopback() && !network.allow_loopback {
        "is a loopback address, which this network does not allow"
    } else if address.port() == 0 {
        "has no port"
    } else {
        return Ok(());
    };
    Err(Failure::new(ErrorKind::Usage, format!("{address} {wrong}"))
        .with_help("set mixnet.announce to this machine's public IP address and port"))
}
