//! The commands of the program: `init`, `run`, `config`.

use crate::chain::genesis::{Genesis, GenesisAccount};
use crate::config::Config;
use crate::error::Error;
use crate::service::Devchain;
use clap::{Args, Parser, Subcommand};
use nym_daemon::config::{ConfigCommand, Loaded, Loader};
use nym_daemon::exit::{ErrorKind, Explain, Failure};
use nym_daemon::{logging, signals, until_signal};
use std::io::Write as _;
use std::path::{Path, PathBuf};

const CONFIG: &str = "config.toml";
const GENESIS: &str = "genesis.json";
const EXAMPLE: &str = include_str!("../devchain.example.toml");

/// Development chain: real wasm contracts behind CometBFT's RPC, in one process
///
/// Exit codes: 0 ok, 1 failed, 2 usage.
#[derive(Debug, Parser)]
#[command(name = "devchain", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a home folder: configuration and genesis file
    Init {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        genesis: GenesisArguments,
        /// Delete the chain that the folder holds
        #[arg(long)]
        reset: bool,
    },
    /// Run the chain until SIGINT or SIGTERM; an empty home folder gets a new chain
    Run {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        genesis: GenesisArguments,
    },
    /// Show or check the configuration
    Config {
        #[command(flatten)]
        home: Home,
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Args)]
struct Home {
    /// Folder of the chain
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
}

#[derive(Debug, Args)]
struct Settings {
    /// Where the RPC listens; port 0 takes a free one
    #[arg(long)]
    listen: Option<String>,
    /// Name of the chain
    #[arg(long)]
    chain_id: Option<String>,
    /// First letters of addresses
    #[arg(long)]
    address_prefix: Option<String>,
    /// A duration such as 1s, or on-demand
    #[arg(long)]
    block_time: Option<String>,
    /// Least price of gas, for example 0.025unyx; empty for none
    #[arg(long)]
    gas_price: Option<String>,
    /// States of past blocks that may be queried
    #[arg(long)]
    history: Option<u64>,
    /// What the faucet gives for each request, for example 1000000unym,1000000unyx
    #[arg(long, value_name = "COINS")]
    faucet: Option<String>,
    /// Log filter: a level or directives
    #[arg(long)]
    log: Option<String>,
}

#[derive(Debug, Args)]
struct GenesisArguments {
    /// Genesis file of a new chain
    #[arg(long, value_name = "FILE", conflicts_with = "account")]
    genesis: Option<PathBuf>,
    /// Account of a new chain; may be repeated
    #[arg(long, value_name = "ADDRESS=COINS")]
    account: Vec<GenesisAccount>,
}

impl Settings {
    /// Configuration keys with the flags that were given.
    fn given(&self) -> Vec<(&'static str, String)> {
        let text = |value: &Option<String>| value.clone();
        let all = [
            ("listen", text(&self.listen)),
            ("chain_id", text(&self.chain_id)),
            ("address_prefix", text(&self.address_prefix)),
            ("block_time", text(&self.block_time)),
            ("minimum_gas_prices", text(&self.gas_price)),
            ("history", self.history.map(|n| n.to_string())),
            ("faucet", text(&self.faucet)),
            ("logging.level", text(&self.log)),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

impl Explain for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Error::Config(_) | Error::Genesis(_) => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Listen { .. } => Some("stop the other process, or choose another port with --listen".to_owned()),
            Error::Database(_) => {
                Some("another devchain may use the folder; if not, begin anew: devchain init --reset".to_owned())
            }
            _ => None,
        }
    }
}

impl Arguments {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Init { home, settings, genesis, reset } => init(&home.home, &settings, &genesis, reset),
            Command::Run { home, settings, genesis } => {
                let mut loader = loader(&home.home);
                for (key, value) in settings.given() {
                    loader = loader.flag(key, value);
                }
                run(&home.home, load(loader)?, &genesis)
            }
            Command::Config { home, command } => {
                let loaded = load(loader(&home.home))?;
                let text = command.run(&loaded).map_err(|error| Failure::explained(&error))?;
                answer(&text)
            }
        }
    }
}

/// Writes the answer of a command to stdout.
fn answer(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    Ok(out.flush()?)
}

fn loader(home: &Path) -> Loader<Config> {
    let path = home.join(CONFIG);
    if path.exists() {
        Loader::new().file(path)
    } else {
        Loader::new()
    }
}

fn load(loader: Loader<Config>) -> Result<Loaded<Config>, Failure> {
    loader.load().map_err(|error| Failure::explained(&error))
}

fn genesis(home: &Path, arguments: &GenesisArguments) -> Result<Genesis, Failure> {
    if !arguments.account.is_empty() {
        return Ok(Genesis { accounts: arguments.account.clone() });
    }
    let path = arguments.genesis.clone().unwrap_or_else(|| home.join(GENESIS));
    let failed = || Failure::new(ErrorKind::Usage, format!("could not read {}", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| failed().with_cause(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && arguments.genesis.is_none() => {
            Ok(Genesis::default())
        }
        Err(error) => Err(failed().with_cause(&error)),
    }
}

fn init(home: &Path, settings: &Settings, arguments: &GenesisArguments, reset: bool) -> Result<(), Failure> {
    let failed = |what: &str, path: &Path, error: &std::io::Error| {
        Failure::new(ErrorKind::Failed, format!("could not {what} {}", path.display())).with_cause(error)
    };
    let genesis = genesis(home, arguments)?;
    std::fs::create_dir_all(home).map_err(|error| failed("create", home, &error))?;
    let database = home.join("chain.redb");
    if reset {
        match std::fs::remove_file(&database) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed("delete", &database, &error));
            }
            _ => {}
        }
    }
    let mut config = EXAMPLE.to_owned();
    for (key, value) in settings.given() {
        config = uncomment(&config, key, &value);
    }
    let document = serde_json::to_string_pretty(&genesis)? + "\n";
    for (name, text) in [(CONFIG, config), (GENESIS, document)] {
        let path = home.join(name);
        std::fs::write(&path, text).map_err(|error| failed("write", &path, &error))?;
    }
    answer(&home.join(CONFIG).display().to_string())
}

/// Sets a key of the example file.
fn uncomment(example: &str, key: &str, value: &str) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    let start = format!("# {name} = ");
    let line = |line: &str| {
        if !line.starts_with(&start) {
            return format!("{line}\n");
        }
        match value.parse::<u64>() {
            Ok(number) => format!("{name} = {number}\n"),
            // JSON's escapes are TOML's too.
            Err(_) => format!("{name} = {}\n", serde_json::Value::from(value)),
        }
    };
    example.lines().map(line).collect()
}

fn run(home: &Path, loaded: Loaded<Config>, arguments: &GenesisArguments) -> Result<(), Failure> {
    logging::init(&loaded.config.logging).map_err(|error| Failure::explained(&error))?;
    loaded.warn_unknown();
    let genesis = genesis(home, arguments)?;
    let config = Config { home: home.to_owned(), ..loaded.config };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let chain = Devchain::start(config, genesis).await.map_err(|error| Failure::explained(&error))?;
        answer(&chain.rpc_url())?;
        signals::notify_ready();
        let ended = tokio::select! {
            signal = until_signal() => Some(signal?),
            () = chain.stopped() => None,
        };
        signals::notify_stopping();
        chain.shutdown().await;
        match ended {
            Some(signal) => {
                tracing::info!(signal, "stopped");
                Ok(())
            }
            None => Err(Failure::new(ErrorKind::Failed, "the chain stopped by itself")
                .with_help("the last error in the log says why")),
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::CommandFactory as _;
    use nym_daemon::config::known_keys;

    /// The example with every key at its default, as if somebody had removed all "# ".
    fn uncommented() -> String {
        let key = |line: &str| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).map(str::to_owned);
        EXAMPLE.lines().map(|line| key(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }

    #[test]
    fn the_example_parses_to_the_default() {
        assert_eq!(toml::from_str::<Config>(EXAMPLE).unwrap(), Config::default());
        assert_eq!(toml::from_str::<Config>(&uncommented()).unwrap(), Config::default());
    }

    #[test]
    fn every_key_is_in_the_example() {
        for key in known_keys::<Config>() {
            let name = key.rsplit('.').next().unwrap().to_owned();
            assert!(EXAMPLE.contains(&format!("# {name} = ")), "{key}");
        }
    }

    #[test]
    fn flags_of_init_end_up_in_the_file() {
        let text = uncomment(EXAMPLE, "chain_id", "my-chain");
        let text = uncomment(&text, "history", "7");
        let config: Config = toml::from_str(&text).unwrap();

        assert_eq!((config.chain_id.as_str(), config.history), ("my-chain", 7));
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn block_times_are_durations_or_on_demand() {
        use crate::config::BlockTime;

        assert_eq!("on-demand".parse(), Ok(BlockTime::OnDemand));
        assert_eq!("200ms".parse(), Ok(BlockTime::Every(std::time::Duration::from_millis(200))));
        for bad in ["", "0s", "1ms", "soon", "-1s", "11years", "18446744073709551615s 1000000000ns"] {
            assert!(bad.parse::<BlockTime>().is_err(), "{bad}");
        }
    }
}
