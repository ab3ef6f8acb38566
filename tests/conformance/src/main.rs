//! `nym-conformance`: runs the suite against a chain and compares what two chains said.

use std::path::PathBuf;

use anyhow::{bail, Result};
use clap::{Parser, Subcommand};
use nym_conformance::accounts::Accounts;
use nym_conformance::compare::{compare, Accepted, Report};
use nym_conformance::faults;
use nym_conformance::fixtures::Fixtures;
use nym_conformance::gas;
use nym_conformance::run::Run;
use nym_conformance::scenarios;
use nym_conformance::transcript::{Recording, Transcript};

/// One suite of scenarios for two chains.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints what the genesis must give, one ADDRESS=AMOUNTdenom,… a line.
    Genesis,
    /// Prints the chain id and the least gas price that the suite expects.
    Chain,
    /// Writes the wasm files for the client in the other language.
    Fixtures {
        /// The folder.
        folder: PathBuf,
    },
    /// Runs the scenarios of the Rust client and writes its transcript.
    Run {
        /// The chain's RPC, such as http://127.0.0.1:26657.
        #[arg(long)]
        rpc: String,
        /// The transcript's file.
        #[arg(long)]
        out: PathBuf,
    },
    /// Puts transcripts of one chain together, normalised.
    Record {
        /// What the chain is called in the recording.
        #[arg(long)]
        chain: String,
        /// The recording's file.
        #[arg(long)]
        out: PathBuf,
        /// One transcript a client.
        transcripts: Vec<PathBuf>,
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
            println!("{} {}", accounts.chain_id, accounts.gas_price);
        }
        Command::Fixtures { folder } => Fixtures::load()?.write(&folder)?,
        Command::Run { rpc, out } => {
            let mut run = Run::new(&rpc).await?;
            scenarios::run_all(&mut run).await?;
            run.finish().write(&out)?;
        }
        Command::Record { chain, out, transcripts } => {
            let mut recording = Recording { chain, transcripts: Vec::new() };
            for path in transcripts {
                let mut transcript = Transcript::read(&path)?;
                transcript.normalise();
                recording.transcripts.push(transcript);
            }
            recording.write(&out)?;
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
            let report = compare(&expected, &actual, &accepted);
            print(&report, &expected.chain, &actual.chain);
            if !report.agrees() {
                bail!("{} does not answer as {} does", actual.chain, expected.chain);
            }
        }
    }
    Ok(())
}

fn print(report: &Report, expected: &str, actual: &str) {
    for difference in &report.differences {
        println!("{difference}");
    }
    for path in &report.stale {
        println!("{path}\n    listed in differences.toml, but no longer different");
    }
    println!(
        "{actual} beside {expected}: {} values compared, {} different, {} accepted; gas at most {}.{} % apart{}",
        report.compared,
        report.differences.len(),
        report.accepted,
        report.widest_gas.0 / 10,
        report.widest_gas.0 % 10,
        if report.widest_gas.1.is_empty() { String::new() } else { format!(" ({})", report.widest_gas.1) },
    );
}
