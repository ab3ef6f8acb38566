//! The commands of the program: `init`, `run`, `address`, `test`, `config`.

use crate::config::Config;
use crate::error::ServiceError;
use crate::service::{Deps, Service};
use clap::{Parser, Subcommand};
use nym_daemon::config::{ConfigCommand, Loaded, Loader};
use nym_daemon::exit::{ErrorKind, Failure};
use nym_daemon::{logging, signals, until_signal};
use nym_keys::identity;
use nym_topology::{NetworkFile, NetworkFileError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Name of the configuration file in a home folder.
pub const CONFIG_FILE: &str = "config.toml";
/// The example, which `init` writes into a new home folder.
const EXAMPLE: &str = include_str!("../nym-client.example.toml");

/// Mixnet client: a local websocket through which programs send and receive messages
///
/// Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 5 network.
#[derive(Debug, Parser)]
#[command(name = "nym-client", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a home folder: keys, token, network file, configuration
    Init {
        #[command(flatten)]
        home: Home,
        /// The network file, which is copied into the home folder
        #[arg(long, value_name = "FILE")]
        network: PathBuf,
        /// Gateway to use; without it one is chosen when the client first runs
        #[arg(long, value_name = "IDENTITY")]
        gateway: Option<identity::PublicKey>,
        /// Loopback address of the local interface
        #[arg(long, value_name = "ADDRESS")]
        api_listen: Option<std::net::SocketAddr>,
    },
    /// Run the client until SIGINT or SIGTERM
    Run {
        #[command(flatten)]
        home: Home,
        /// Gateway to use
        #[arg(long, value_name = "IDENTITY")]
        gateway: Option<String>,
        /// Loopback address of the local interface
        #[arg(long, value_name = "ADDRESS")]
        api_listen: Option<String>,
        /// Packets per second: 50, 200, 400 or 800
        #[arg(long, value_name = "PACKETS")]
        rate: Option<u32>,
        /// Log filter: a level or directives
        #[arg(long)]
        log: Option<String>,
    },
    /// Print the client's address
    Address {
        #[command(flatten)]
        home: Home,
    },
    /// Send one message to oneself and a reply back, with keys of the moment, and explain each step
    Test {
        #[command(flatten)]
        home: Home,
    },
    /// Show or check the configuration
    Config {
        #[command(flatten)]
        home: Home,
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, clap::Args)]
struct Home {
    /// Folder with keys, configuration and messages
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
}

impl Arguments {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Init { home, network, gateway, api_listen } => init(&home.home, &network, gateway, api_listen),
            Command::Run { home, gateway, api_listen, rate, log } => {
                let loader = loader(&home.home)
                    .flag_if_set("gateway", gateway)
                    .flag_if_set("api.listen", api_listen)
                    .flag_if_set("traffic.rate", rate)
                    .flag_if_set("logging.level", log);
                run(&home.home, load(loader)?)
            }
            Command::Address { home } => address(&home.home),
            Command::Test { home } => test(&home.home),
            Command::Config { home, command } => {
                let loaded = load(loader(&home.home))?;
                print(&command.run(&loaded).map_err(|error| Failure::explained(&error))?)
            }
        }
    }
}

fn init(
    home: &Path,
    network: &Path,
    gateway: Option<identity::PublicKey>,
    api_listen: Option<std::net::SocketAddr>,
) -> Result<(), Failure> {
    let config_file = home.join(CONFIG_FILE);
    if config_file.exists() {
        return Err(Failure::new(ErrorKind::Usage, format!("{} exists already", config_file.display()))
            .with_help("run it with the run command, or name another folder with --home"));
    }
    let network = load_network(network)?;
    let could_not = |error: std::io::Error| {
        Failure::from(error).context(format!("could not make the home folder {}", home.display()))
    };
    // Opening the parts makes the folder, the keys and the database.
    nym_client_core::Deps::from_home(home, &network, gateway).map_err(|error| service_failure(error.into()))?;
    network.save(home.join("network.toml"))?;
    let mut config = EXAMPLE.to_owned();
    if let Some(gateway) = gateway {
        config = config.replacen("# gateway = \"\"", &format!("gateway = \"{gateway}\""), 1);
    }
    if let Some(listen) = api_listen {
        config = config.replacen("# listen = \"127.0.0.1:1977\"", &format!("listen = \"{listen}\""), 1);
    }
    std::fs::write(&config_file, config).map_err(could_not)?;
    crate::api::Token::load_or_create(&home.join(Config::default().api.token_file))
        .map_err(|error| service_failure(error.into()))?;
    // Read again, so that what was written is known to be usable.
    load(loader(home))?;
    print(&format!("home      {}\ngateway   {}\n", home.display(), named(gateway)))
}

fn named(gateway: Option<identity::PublicKey>) -> String {
    gateway.map_or_else(|| "chosen at the first run".to_owned(), |gateway| gateway.to_string())
}

fn loader(home: &Path) -> Loader<Config> {
    Loader::new().file(home.join(CONFIG_FILE))
}

fn load(loader: Loader<Config>) -> Result<Loaded<Config>, Failure> {
    let loaded = loader.load().map_err(|error| Failure::explained(&error))?;
    loaded.config.check().map_err(|error| Failure::explained(&error))?;
    Ok(loaded)
}

fn load_network(path: &Path) -> Result<NetworkFile, Failure> {
    NetworkFile::load(path).map_err(|error| {
        let kind = match &error {
            NetworkFileError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Usage,
        };
        Failure::new(kind, "could not use the network file")
            .with_cause(&error)
            .with_help("take it from the network's operators; a local network writes its own")
    })
}

fn run(home: &Path, loaded: Loaded<Config>) -> Result<(), Failure> {
    logging::init(&loaded.config.logging).map_err(|error| Failure::explained(&error))?;
    loaded.warn_unknown();
    let config = loaded.config;
    let network = load_network(&config.network_file_in(home))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = nym_client_core::Deps::from_home(home, &network, config.gateway)
            .map_err(|error| service_failure(error.into()))?;
        let deps = Deps { client, home: home.to_owned() };
        let started = tokio::select! {
            started = Service::start(config, deps) => started.map_err(service_failure)?,
            signal = until_signal() => {
                tracing::info!(signal = signal?, "stopped before the client had a gateway");
                return Ok(());
            }
        };
        signals::notify_ready();
        let ended = tokio::select! {
            signal = until_signal() => {
                tracing::info!(signal = signal?, "stopping");
                Ok(())
            }
            ended = started.stopped() => ended,
        };
        signals::notify_stopping();
        started.shutdown().await.map_err(service_failure)?;
        ended.map_err(|error| service_failure(error.into()))?;
        tracing::info!("stopped");
        Ok(())
    })
}

fn address(home: &Path) -> Result<(), Failure> {
    let config = load(loader(home))?.config;
    let network = load_network(&config.network_file_in(home))?;
    let deps = nym_client_core::Deps::from_home(home, &network, config.gateway)
        .map_err(|error| service_failure(error.into()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = runtime
        .block_on(deps.resolve_address())
        .map_err(|error| service_failure(error.into()).context("could not tell the client's address"))?;
    print(&format!("{address}\n"))
}

fn test(home: &Path) -> Result<(), Failure> {
    let config = load(loader(home))?.config;
    let network = load_network(&config.network_file_in(home))?;
    // Keys and database of the moment: the real client may be running, and must not be replaced.
    let stored = nym_client_core::Deps::from_home(home, &network, config.gateway)
        .map_err(|error| service_failure(error.into()))?;
    let gateway = config.gateway.or(stored.store.gateway().map_err(Failure::from)?);
    let deps = nym_client_core::Deps::ephemeral(&network, gateway).map_err(|error| service_failure(error.into()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(crate::round_trip::run(config.client(), deps))?;
    print(&report)
}

fn service_failure(error: ServiceError) -> Failure {
    Failure::explained(&error)
}

/// The answer of a command goes to stdout, and nothing else does.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read the answer has had enough of it.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
