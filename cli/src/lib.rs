#![doc = include_str!("../README.md")]

mod amounts;
mod args;
mod commands;
mod context;
mod failure;
pub mod keystore;
mod output;
mod secrets;
mod submit;

use std::{ffi::OsString, process::ExitCode};

use clap::{error::ErrorKind as ClapError, CommandFactory, Parser};
use nym_daemon::{ErrorKind, Failure};

pub use args::Cli;

/// The whole tree of commands, for completions, man pages and tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses, runs and prints. Answers go to stdout, everything else to stderr.
pub fn main<I, T>(args: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, wants_json(&args)),
    };
    let format = cli.global.output;
    let outcome = secrets::refuse_secret_environment().and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|e| Failure::from(e).context("could not start"))?;
        runtime.block_on(commands::run(cli))
    });
    match outcome {
        Ok(answer) => output::answer(&answer, format),
        Err(failure) => output::failure(failure, format),
    }
}

/// clap's own exits: help and version are answers, the rest is a usage error in its own good words, in JSON in our form.
fn unparsed(error: &clap::Error, json: bool) -> ExitCode {
    let asked_for = matches!(error.kind(), ClapError::DisplayHelp | ClapError::DisplayVersion);
    if json && !asked_for {
        let rendered = error.render().to_string();
        // What is missing has a line of its own each; tip and usage come behind an empty one.
        let said: Vec<_> = rendered.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let cause = said.join(" ").trim_start_matches("error: ").to_owned();
        let failure = failure::usage("could not read the command line", cause, "nym-cli help lists the commands");
        return output::failure(failure, args::Format::Json);
    }
    let _ = error.print();
    ExitCode::from(if asked_for { 0 } else { ErrorKind::Usage.code() })
}

/// Whether JSON was asked for, when the command line as a whole could not be read.
fn wants_json(args: &[OsString]) -> bool {
    let json = |arg: &OsString| arg == "--output=json";
    args.iter().any(json) || args.array_windows().any(|[flag, value]| flag == "--output" && value == "json")
}
