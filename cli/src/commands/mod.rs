//! One file per noun; this one sends each command to its own.

pub(crate) mod admin;
pub(crate) mod bank;
pub(crate) mod beacon;
pub(crate) mod contract;
pub(crate) mod delegation;
mod doctor;
mod draw;
pub(crate) mod epoch;
mod estimate;
pub(crate) mod gateway;
mod input;
pub(crate) mod keys;
pub(crate) mod localnet;
mod manual;
pub(crate) mod mixnode;
pub(crate) mod monitor;
mod node;
pub(crate) mod params;
mod pending;
pub(crate) mod reward;
pub(crate) mod tx;

use crate::{
    args::{Cli, Command},
    context::Context,
    failure::Outcome,
    output::Answer,
};

/// Runs the command that was parsed.
pub(crate) async fn run(cli: Cli) -> Outcome<Answer> {
    // These two must work wherever a package is built, without any network.
    let command = match cli.command {
        Command::Completions { shell } => return Ok(manual::completions(shell)),
        Command::Man { folder } => return manual::man(folder.as_deref()),
        command => command,
    };
    let context = Context::new(cli.global)?;
    match command {
        Command::Keys(command) => keys::run(command, &context),
        Command::Mixnode(command) => mixnode::run(command, &context).await,
        Command::Gateway(command) => gateway::run(command, &context).await,
        Command::Delegation(command) => delegation::run(command, &context).await,
        Command::Reward(command) => reward::run(command, &context).await,
        Command::Epoch(command) => epoch::run(command, &context).await,
        Command::Monitor(command) => monitor::run(command, &context).await,
        Command::Beacon(command) => beacon::run(command, &context).await,
        Command::Params(command) => params::run(command, &context).await,
        Command::Admin(command) => admin::run(command, &context).await,
        Command::Contract(command) => contract::run(command, &context).await,
        Command::Query(command) => contract::query(command, &context).await,
        Command::Balance(command) => bank::balance(command, &context).await,
        Command::Bank(command) => bank::run(command, &context).await,
        Command::Tx(command) => tx::run(command, &context).await,
        Command::Localnet(command) => localnet::run(command, &context).await,
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Man { folder } => manual::man(folder.as_deref()),
    }
}
