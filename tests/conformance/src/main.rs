//! `nym-conformance`: runs the suite against a chain and compares what two chains said.

use std::path::PathBuf;

use anyhow::{ensure, Result};
use clap::{Args, Parser, Subcommand};
use nym_conformance::accounts::Accounts;
use nym_conformance::clients::Clients;
use nym_conformance::compare::{compare, Accepted, Report};
use nym_conformance::devchain;
use nym_conformance::faults;
use nym_conformance::gas;
use nym_conformance::transcript::Recording;

/// One suite of scenarios for two chains.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

// A doc comment here would replace those of the commands.
#[derive(Args)]
struct Folders {
    /// The CosmJS client's folder.
    #[arg(long)]
    node: PathBuf,
    /// The folder of transcripts, recordings and logs.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Prints what the genesis must give, one ADDRESS=AMOUNTdenom,… a line.
    Genesis,
    /// Prints the chain id, the least gas price and the block time that the suite expects.
    Chain,
    /// Runs both clients on a fresh chain and writes what they see, normalised.
    Record {
        /// What the chain is called in the recording.
        #[arg(long)]
        chain: String,
        /// The chain's RPC, such as http://127.0.0.1:26657.
        #[arg(long)]
        rpc: String,
        #[command(flatten)]
        folders: Folders,
        /// The recording's file.
        recording: PathBuf,
    },
    /// Starts devchain, runs both clients and compares with a recording of wasmd; fails when they differ.
    Devchain {
        /// The program.
        #[arg(long)]
        program: PathBuf,
        #[command(flatten)]
        folders: Folders,
        /// The recording of wasmd.
        wasmd: PathBuf,
    },
    /// Four wasmd validators, one killed with -9 while payments run: none lost, none doubled.
    Faults {
        /// The script that runs validators.
        #[arg(long)]
        wasmd_net: PathBuf,
        /// A folder that does not exist yet.
        #[arg(long)]
        home: PathBuf,
        /// The first of 40 ports.
        #[arg(long)]
        base_port: u16,
    },
    /// Prints the gas of typical transactions on two chains as a Markdown table.
    Gas {
        /// One recording.
        left: PathBuf,
        /// The other.
        right: PathBuf,
    },
    /// Compares a recording with another; fails when they differ.
    Compare {
        /// The chain that is right.
        expected: PathBuf,
        /// The chain in question.
        actual: PathBuf,
        /// Accepts no difference at all: both are the same chain.
        #[arg(long)]
        exactly: bool,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Genesis => {
            for line in Accounts::load()?.genesis()? {
                println!("{line}");
            }
        }
        Command::Chain => {
            let accounts = Accounts::load()?;
            println!("{} {} {}", accounts.chain_id, accounts.gas_price, devchain::BLOCK_TIME);
        }
        Command::Record { chain, rpc, folders, recording } => {
            folders.clients().await?.run(&chain, &rpc).await?.write(&recording)?;
        }
        Command::Devchain { program, folders, wasmd } => {
            let wasmd = Recording::read(&wasmd)?;
            verdict(&devchain::check(&program, &folders.clients().await?, &wasmd).await?)?;
        }
        Command::Faults { wasmd_net, home, base_port } => {
            faults::run(&faults::Network { script: wasmd_net, home, base_port }).await?;
        }
        Command::Gas { left, right } => {
            print!("{}", gas::table(&Recording::read(&left)?, &Recording::read(&right)?));
        }
        Command::Compare { expected, actual, exactly } => {
            let (expected, actual) = (Recording::read(&expected)?, Recording::read(&actual)?);
            let accepted = if exactly { Accepted::default() } else { Accepted::load()? };
            verdict(&compare(&expected, &actual, &accepted))?;
        }
    }
    Ok(())
}

impl Folders {
    async fn clients(self) -> Result<Clients> {
        Clients::prepare(self.node, self.out).await
    }
}

/// Prints the report; an error when the chains do not agree.
fn verdict(report: &Report) -> Result<()> {
    println!("{report}");
    let (expected, actual) = &report.chains;
    ensure!(report.agrees(), "{actual} does not answer as {expected} does");
    Ok(())
}
