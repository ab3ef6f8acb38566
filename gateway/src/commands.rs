//! The commands of the program: `init`, `run`, `bonding-info`, `keys-info`, `config`.

use std::net::SocketAddr;
use std::path::Path;

use clap::{Parser, Subcommand};
use nym_contract_types::mixnet::{Gateway, GatewayBonding};
use nym_daemon::config::{ConfigCommand, Loader};
use nym_daemon::exit::Failure;
use nym_daemon::{logging, reload_logs, until_signal_or_defect};
use nym_links::commands::{
    check_announced, existing_keys, init, load, load_network, loader, print, print_bonding, print_keys,
    print_node_keys, BondingArguments, Home, InitArguments, KeysArguments, Output, Prepared, PublicKeys, RunArguments,
};
use nym_links::NodeKeys;

use crate::config::Config;
use crate::service::{Deps, Service};

/// Gateway: entry and last hop for clients
///
/// Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 chain refused, 5 network.
#[derive(Debug, Parser)]
#[command(name = "gateway", version)]
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
        /// Address to listen on for clients
        #[arg(long)]
        clients_listen: Option<SocketAddr>,
        /// Port that clients dial at the announced host
        #[arg(long)]
        clients_announce_port: Option<u16>,
        /// How to print the public keys
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Run the gateway until SIGINT or SIGTERM
    Run {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        arguments: RunArguments,
        /// Address to listen on for clients
        #[arg(long)]
        clients_listen: Option<String>,
    },
    /// Print the gateway's public keys
    Keys {
        #[command(flatten)]
        home: Home,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Print the signed JSON that `nym-cli gateway bond --node-file` sends; keys stay here
    BondingInfo {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        arguments: BondingArguments,
        /// Where the gateway stands, as you say; at most 64 bytes
        #[arg(long, default_value = "")]
        location: String,
    },
    /// Print the signed JSON that `nym-cli gateway update-keys --node-file` sends, for a network whose keys serve for a period
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
            Command::Init { home, arguments, clients_listen, clients_announce_port, output } => {
                let more = [
                    ("clients", "listen", clients_listen.map(|address| address.to_string())),
                    ("clients", "announce_port", clients_announce_port.map(|port| port.to_string())),
                ];
                init(&home.home, "gateway", &arguments, &more, output)
            }
            Command::Run { home, arguments, clients_listen } => {
                let loader = arguments.apply(loader(&home.home)).flag_if_set("clients.listen", clients_listen);
                run(&home.home, loader)
            }
            Command::Keys { home, output } => {
                let keys = existing_keys(&home.home, "gateway")?;
                print_keys(&PublicKeys::of(&keys), output)
            }
            Command::BondingInfo { home, arguments, location } => bonding_info(&home.home, &arguments, location),
            Command::KeysInfo { home, arguments } => {
                let config: Config = load(loader(&home.home), Config::check)?.config;
                let keys = existing_keys(&home.home, "gateway")?;
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
    let Prepared { keys, network, topology } = Prepared::read(home, "gateway", &config.network_file_in(home))?;
    let deps = Deps { keys, network, topology, home: home.to_owned() };
    let reload = || reload_logs(loader.clone(), |config| &config.logging);
    until_signal_or_defect("gateway", reload, async {
        Service::start(config, deps).await.map_err(|error| Failure::explained(&error))
    })
}

fn bonding_info(home: &Path, arguments: &BondingArguments, location: String) -> Result<(), Failure> {
    let config: Config = load(loader(home), Config::check)?.config;
    let keys = existing_keys(home, "gateway")?;
    let network = load_network(&config.network_file_in(home))?;
    let address = config.mixnet.announced();
    check_announced(address, &network)?;
    check_announced((address.ip(), config.announced_clients_port()).into(), &network)?;

    let gateway = announced(&keys, address, config.announced_clients_port(), location);
    print_bonding(GatewayBonding { gateway }, arguments, &keys, &network)
}

/// What a gateway with these keys at this address bonds.
pub fn announced(keys: &NodeKeys, address: SocketAddr, clients_port: u16, location: String) -> Gateway {
    let public = PublicKeys::of(keys);
    Gateway {
        host: address.ip().to_string(),
        mix_port: address.port(),
        clients_port,
        location,
        sphinx_key: public.sphinx_key,
        identity_key: public.identity_key,
        version: nym_daemon::VERSION.into(),
        noise_key: Some(public.noise_key),
    }
}
