//! The gateway's program: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser as _;
use nym_gateway::commands::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    nym_daemon::exit::run(|| arguments.run())
}
