//! The command line: noun, verb, long flags. One flag name has one meaning in every command, which a
//! test over the whole tree holds to.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cosmwasm_std::Coin;

use crate::{amounts::coin, commands};

/// Command line of the network: keys, bonds, delegations, rewards, epochs, contracts, local network.
#[derive(Debug, Parser)]
#[command(
    name = "nym-cli",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = false,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 refused by the chain, 5 network."
)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Network file: chain, contracts, endpoints. Without it: network.toml in this folder, if there
    #[arg(long, global = true, env = "NYM_NETWORK", hide_env_values = true, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// Chain endpoint to use instead of the network file's; may be given several times
    #[arg(long, global = true, value_name = "URL")]
    pub rpc: Vec<String>,
    /// Form of the answer on stdout, and of an error on stderr
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORM")]
    pub output: Format,
    /// Folder of the encrypted keys [default: ~/.nym-cli]
    #[arg(long, global = true, env = "NYM_CLI_HOME", hide_env_values = true, value_name = "FOLDER")]
    pub home: Option<PathBuf>,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables for people.
    Human,
    /// One JSON document.
    Json,
}

/// Whose key.
#[derive(Debug, Clone, Args)]
pub(crate) struct SignerArgs {
    /// Name of the key that signs and pays
    #[arg(long, value_name = "NAME", required_unless_present = "mnemonic_file")]
    pub from: Option<String>,
    /// File with a mnemonic, - for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub mnemonic_file: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// How to open the key store.
#[derive(Debug, Clone, Args)]
pub(crate) struct PassphraseArgs {
    /// File with the passphrase of the key, - for stdin; asked for on the terminal otherwise
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// How to send.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sending")]
pub(crate) struct TxArgs {
    #[command(flatten)]
    pub signer: SignerArgs,
    /// Show the transaction, its fee and its effect, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Send without asking
    #[arg(long)]
    pub yes: bool,
    /// Highest fee to pay
    #[arg(long, value_name = "COIN", value_parser = coin)]
    pub max_fee: Option<Coin>,
    /// Price of a unit of gas instead of the network file's, like 0.025unyx
    #[arg(long, value_name = "PRICE")]
    pub gas_price: Option<String>,
    /// Factor on the simulated gas, at least 1.3
    #[arg(long, value_name = "FACTOR", default_value_t = nym_chain_client::DEFAULT_GAS_ADJUSTMENT)]
    pub gas_adjustment: f64,
}

/// Nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Accounts' keys, encrypted on this machine
    #[command(subcommand)]
    Keys(commands::keys::Keys),
    /// Mix nodes
    #[command(subcommand)]
    Mixnode(commands::mixnode::Mixnode),
    /// Gateways
    #[command(subcommand)]
    Gateway(commands::gateway::Gateway),
    /// Delegations to mix nodes
    #[command(subcommand)]
    Delegation(commands::delegation::Delegation),
    /// Rewards: show, estimate, claim, give
    #[command(subcommand)]
    Reward(commands::reward::Reward),
    /// The epoch and its transition
    #[command(subcommand)]
    Epoch(commands::epoch::Epoch),
    /// Monitors: who reports performance, and what
    #[command(subcommand)]
    Monitor(commands::monitor::Monitor),
    /// The group's key for the seeds of draws
    #[command(subcommand)]
    Beacon(commands::beacon::Beacon),
    /// The network's parameters: show, change
    #[command(subcommand)]
    Params(commands::params::Params),
    /// The contract's owner: show, hand over
    #[command(subcommand)]
    Admin(commands::admin::Admin),
    /// Contracts: store, create, call, migrate
    #[command(subcommand)]
    Contract(commands::contract::Contract),
    /// Ask any contract a question in JSON
    Query(commands::contract::Query),
    /// Coins of an account
    Balance(commands::bank::Balance),
    /// Coins: send
    #[command(subcommand)]
    Bank(commands::bank::Bank),
    /// Transactions: look up
    #[command(subcommand)]
    Tx(commands::tx::Tx),
    /// A whole network on this machine
    #[command(subcommand)]
    Localnet(commands::localnet::LocalnetCommand),
    /// Print the completions of a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them to a folder
    Man {
        /// Folder to write one page per command to
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}
