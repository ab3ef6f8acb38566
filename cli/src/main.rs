//! `nym-cli`: parse, run, print.

use std::process::ExitCode;

fn main() -> ExitCode {
    nym_cli::main(std::env::args_os())
}
