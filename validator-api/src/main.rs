//! The validator API's program: arguments in, exit code out.

use clap::Parser as _;
use nym_validator_api::commands::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    nym_daemon::exit::run(|| arguments.run())
}
