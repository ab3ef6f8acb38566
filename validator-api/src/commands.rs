//! The commands of the program: `init`, `run`, `authority`, `config`, `openapi`.

use crate::config::Config;
use crate::service::{Deps, Service};
use clap::{Parser, Subcommand};
use nym_chain_client::Wallet;
use nym_daemon::config::{ConfigCommand, Loaded, Loader};
use nym_daemon::exit::{ErrorKind, Failure};
use nym_daemon::{logging, signals, until_signal};
use nym_keys::files::{read_secret_of, read_secret_text, write_secret, KeyDir};
use nym_topology::NetworkFile;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const CONFIG_FILE: &str = "config.toml";
const EXAMPLE: &str = include_str!("../validator-api.example.toml");
/// 24 words of at most 8 letters, and white space.
const MAX_MNEMONIC: usize = 1_024;

/// Validator API: contract cache, network monitor, signed topology, epoch operator
///
/// Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 chain refused, 5 network.
#[derive(Debug, Parser)]
#[command(name = "validator-api", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a home folder: authority key, mnemonic file, network file, configuration
    Init {
        #[command(flatten)]
        home: Home,
        /// Network file to copy into the home folder
        #[arg(long, value_name = "FILE")]
        network: Option<PathBuf>,
        /// File with the mnemonic of the operator's account; - reads stdin
        #[arg(long, value_name = "FILE")]
        mnemonic_file: PathBuf,
    },
    /// Run until SIGINT or SIGTERM
    Run {
        #[command(flatten)]
        home: Home,
        /// Address to listen on
        #[arg(long)]
        listen: Option<String>,
        /// Loopback address of the administration listener
        #[arg(long)]
        admin_listen: Option<String>,
        /// Log filter: a level or directives
        #[arg(long)]
        log: Option<String>,
    },
    /// Print the public key that signs topologies, for the network file
    Authority {
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
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Debug, clap::Args)]
struct Home {
    /// Folder with keys, configuration and measurements
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
}

impl Arguments {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Init { home, network, mnemonic_file } => init(&home.home, network.as_deref(), &mnemonic_file),
            Command::Run { home, listen, admin_listen, log } => {
                let loader = loader(&home.home)
                    .flag_if_set("http.listen", listen)
                    .flag_if_set("admin.listen", admin_listen)
                    .flag_if_set("logging.level", log);
                run(&home.home, load(loader)?)
            }
            Command::Authority { home } => {
                let keys = KeyDir::open(home.home.join("keys"))?;
                print(&keys.identity("authority", &mut rand::rngs::OsRng)?.public_key().to_string())
            }
            Command::Config { home, command } => {
                let loaded = load(loader(&home.home))?;
                print(&command.run(&loaded).map_err(|error| Failure::explained(&error))?)
            }
            Command::Openapi => print(crate::openapi_document().trim_end()),
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

fn loader(home: &Path) -> Loader<Config> {
    Loader::new().file(home.join(CONFIG_FILE))
}

fn load(loader: Loader<Config>) -> Result<Loaded<Config>, Failure> {
    let loaded = loader.load().map_err(|error| Failure::explained(&error))?;
    loaded.config.check().map_err(|error| Failure::explained(&error))?;
    Ok(loaded)
}

fn init(home: &Path, network: Option<&Path>, mnemonic_file: &Path) -> Result<(), Failure> {
    let mnemonic = read_mnemonic(mnemonic_file)?;
    let keys = KeyDir::open(home.join("keys"))?;
    let authority = keys.identity("authority", &mut rand::rngs::OsRng)?;
    write_secret(&home.join(Config::default().mnemonic_file), mnemonic.as_bytes())?;
    if let Some(network) = network {
        NetworkFile::load(network)?.save(home.join(Config::default().network_file))?;
    }
    let config = home.join(CONFIG_FILE);
    if !config.exists() {
        std::fs::write(&config, EXAMPLE)?;
    }
    print(&authority.public_key().to_string())
}

fn read_mnemonic(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let read = if path == Path::new("-") {
        read_secret_text(std::io::stdin(), MAX_MNEMONIC)
    } else {
        std::fs::File::open(path).and_then(|file| read_secret_text(file, MAX_MNEMONIC))
    };
    let text = read.map_err(|error| {
        Failure::from(error).context(format!("could not read the mnemonic from {}", path.display()))
    })?;
    nym_chain_client::parse_mnemonic(&text)?;
    Ok(nym_chain_client::normalised(&text))
}

fn run(home: &Path, loaded: Loaded<Config>) -> Result<(), Failure> {
    logging::init(&loaded.config.logging).map_err(|error| Failure::explained(&error))?;
    loaded.warn_unknown();
    let config = loaded.config;
    let network = NetworkFile::load(config.network_file_in(home))?;
    let mnemonic = read_secret_of(&config.mnemonic_file_in(home), MAX_MNEMONIC)?;
    let wallet = Wallet::from_mnemonic(&mnemonic, &network.address_prefix)?;
    let authority = KeyDir::open(home.join("keys"))?.identity("authority", &mut rand::rngs::OsRng)?;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let deps = Deps { network, authority, wallet, home: home.to_owned() };
        let service = Service::start(config, deps).await.map_err(|error| Failure::explained(&error))?;
        tracing::info!(http = %service.addresses().http, "serving");
        signals::notify_ready();
        let signal = until_signal().await?;
        tracing::info!(signal, "stopping");
        signals::notify_stopping();
        service
            .shutdown()
            .await
            .map_err(|late| Failure::new(ErrorKind::Failed, "could not stop in time").with_cause(&late))
    })
}
