//! The commands of the program: `init`, `run`, `bonding-info`, `keys-info`, `config`.

use std::net::SocketAddr;
use std::path::Path;

use clap::{Parser, Subcommand};
use nym_contract_types::mixnet::{MixNode, MixNodeCostParams, MixnodeBonding};
use nym_contract_types::Percent;
use nym_daemon::config::{ConfigCommand, Loader};
use nym_daemon::exit::{ErrorKind, Failure};
use nym_daemon::{logging, reload_logs, until_signal_or_defect};
use nym_links::commands::{
    check_announced, existing_keys, init, load, load_network, loader, parse_pledge, print, print_bonding, print_keys,
    print_node_keys, BondingArguments, Home, InitArguments, KeysArguments, Output, Prepared, PublicKeys, RunArguments,
};
use nym_links::NodeKeys;

use crate::config::Config;
use crate::service::{Deps, Service};

/// Mix node: unwraps, delays and forwards packets
///
/// Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 chain refused, 5 network.
#[derive(Debug, Parser)]
#[command(name = "mixnode", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a home folder: keys, network file, configuration
    Init {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        arguments: InitArguments,
        /// How to print the public keys
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Run the node until SIGINT or SIGTERM
    Run {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        arguments: RunArguments,
    },
    /// Print the node's public keys
    Keys {
        #[command(flatten)]
        home: Home,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Print the signed JSON that `nym-cli mixnode bond --node-file` sends; keys stay here
    BondingInfo {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        arguments: BondingArguments,
        /// Share of the profit that goes to the operator, 0 to 1
        #[arg(long, default_value = "0.1")]
        profit_margin: String,
        /// Cost of running the node for one interval, for example 40000000unym
        #[arg(long, default_value = "40000000unym")]
        operating_cost: String,
    },
    /// Print the signed JSON that `nym-cli mixnode update-keys --node-file` sends, for a network whose keys serve for a period
    KeysInfo {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        arguments: KeysArguments,
    },
    /// Show or check the configuration
    Config {
        #[command(flatten)]
        home: Home,
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

impl Arguments {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Init { home, arguments, output } => init(&home.home, "mixnode", &arguments, &[], output),
            Command::Run { home, arguments } => run(&home.home, arguments.apply(loader(&home.home))),
            Command::Keys { home, output } => {
                let keys = existing_keys(&home.home, "mixnode")?;
                print_keys(&PublicKeys::of(&keys), output)
            }
            Command::BondingInfo { home, arguments, profit_margin, operating_cost } => {
                bonding_info(&home.home, &arguments, &profit_margin, &operating_cost)
            }
            Command::KeysInfo { home, arguments } => {
                let config: Config = load(loader(&home.home), Config::check)?.config;
                let keys = existing_keys(&home.home, "mixnode")?;
                print_node_keys(&arguments, &keys, &load_network(&config.network_file_in(&home.home))?)
            }
            Command::Config { home, command } => {
                let loaded = load(loader(&home.home), Config::check)?;
                print(&command.run(&loaded).map_err(|error| Failure::explained(&error))?)
            }
        }
    }
}

fn run(home: &Path, loader: Loader<Config>) -> Result<(), Failure> {
    let loaded = load(loader.clone(), Config::check)?;
    logging::init(&loaded.config.logging).map_err(|error| Failure::explained(&error))?;
    loaded.warn_unknown();
    let config = loaded.config;
    let Prepared { keys, network, topology } = Prepared::read(home, "mixnode", &config.network_file_in(home))?;
    let deps = Deps { keys, network, topology, home: home.to_owned() };
    let reload = || reload_logs(loader.clone(), |config| &config.logging);
    until_signal_or_defect("node", reload, async {
        Service::start(config, deps).await.map_err(|error| Failure::explained(&error))
    })
}

fn bonding_info(
    home: &Path,
    arguments: &BondingArguments,
    profit_margin: &str,
    operating_cost: &str,
) -> Result<(), Failure> {
    let config: Config = load(loader(home), Config::check)?.config;
    let keys = existing_keys(home, "mixnode")?;
    let network = load_network(&config.network_file_in(home))?;
    let address = config.mixnet.announced();
    check_announced(address, &network)?;
    let profit_margin_percent: Percent = profit_margin.parse().map_err(|_| {
        Failure::new(ErrorKind::Usage, format!("'{profit_margin}' is no profit margin"))
            .with_help("write a share from 0 to 1, as in 0.1")
    })?;

    let mix_node = announced(&keys, address);
    let cost_params =
        MixNodeCostParams { profit_margin_percent, interval_operating_cost: parse_pledge(operating_cost)? };
    print_bonding(MixnodeBonding { mix_node, cost_params }, arguments, &keys, &network)
}

/// What a node with these keys at this address bonds.
pub fn announced(keys: &NodeKeys, address: SocketAddr) -> MixNode {
    let public = PublicKeys::of(keys);
    MixNode {
        host: address.ip().to_string(),
        mix_port: address.port(),
        verloc_port: 0,
        http_api_port: 0,
        sphinx_key: public.sphinx_key,
        identity_key: public.identity_key,
        version: nym_daemon::VERSION.into(),
        noise_key: Some(public.noise_key),
    }
}
