//! The chain's program: arguments in, exit code out.

use clap::Parser as _;
use nym_devchain::commands::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    nym_daemon::exit::run(|| arguments.run())
}
