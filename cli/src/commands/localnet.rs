//! `localnet`: a whole network on this machine.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use nym_daemon::{ErrorKind, Failure, Signals};
use nym_localnet::{
    Chain, ForeignFolder, Localnet, Options, PacketWay, PingReport, ProcessEnded, ProcessRecord, Say, State, TakenDown,
};
use nym_topology::NetworkFile;
use serde_json::json;

use crate::{
    args::Format,
    context::Context,
    failure::{not_found, unusable, usage, Outcome},
    output::{self, notice, Answer},
};

/// Lines of a log that are shown.
const LOG_LINES: usize = 200;
/// What helps when a start was ended on purpose.
const BEGIN_ANEW: &str = "nothing of it is left running; nym-cli localnet up begins anew";

#[derive(Debug, Subcommand)]
pub(crate) enum LocalnetCommand {
    /// Start a network: chain, contract, bonded nodes, validator APIs; ping it; stay until Ctrl-C
    Up(Box<Up>),
    /// End a network that was started elsewhere
    Down(Dir),
    /// Show what runs
    Status(Dir),
    /// Send a message between two clients over the mixnet, and an anonymous reply back
    Ping(Dir),
    /// Print the end of a process's log
    Logs {
        #[command(flatten)]
        dir: Dir,
        /// Name of the process, as `localnet status` shows it
        #[arg(long, value_name = "NAME")]
        node: String,
    },
}

/// Which network.
#[derive(Debug, Clone, Args)]
pub(crate) struct Dir {
    /// Folder of the local network
    #[arg(long, value_name = "FOLDER", default_value = ".localnet")]
    dir: PathBuf,
}

/// What to start.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    dir: Dir,
    /// The chain below everything
    #[arg(long, value_enum, default_value = "devchain")]
    chain: ChainKind,
    /// Validators, if the chain is wasmd
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    validators: u16,
    /// Mix nodes
    #[arg(long, value_name = "NUMBER", default_value_t = 6)]
    mix_nodes: u16,
    /// Gateways
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    gateways: u16,
    /// Validator APIs
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    apis: u16,
    /// First of the 500 ports that the network uses
    #[arg(long, value_name = "PORT", default_value_t = 17_000)]
    base_port: u16,
    /// Length of an epoch in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    epoch_seconds: u64,
    /// Mean delay in a mix node in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 50)]
    hop_delay: u32,
    /// The .wasm file [default: contracts/mixnet.wasm in the build cache]
    #[arg(long, value_name = "FILE")]
    wasm: Option<PathBuf>,
    /// Folder of the project's scripts, which build and run wasmd
    #[arg(long, value_name = "FOLDER", default_value = "scripts")]
    scripts: PathBuf,
    /// End everything after the first ping
    #[arg(long)]
    exit_after_ping: bool,
}

/// Kinds of chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChainKind {
    /// The embedded chain
    Devchain,
    /// Real validators
    Wasmd,
}

pub(crate) async fn run(command: LocalnetCommand, context: &Context) -> Outcome<Answer> {
    match command {
        LocalnetCommand::Up(up) => start(&up, context.global.output).await,
        LocalnetCommand::Down(dir) => {
            load(&dir.dir)?;
            let could_not = format!("could not end the local network in {}", dir.dir.display());
            let ended = nym_localnet::down(&dir.dir).map_err(|error| failure(&could_not, &error, &dir.dir))?;
            Ok(Answer::record(&json!({ "ended": ended }), vec![("processes ended", Some(ended.to_string()))]))
        }
        LocalnetCommand::Status(dir) => Ok(table(&load(&dir.dir)?)),
        LocalnetCommand::Ping(dir) => {
            let state = load(&dir.dir)?;
            let failure = |error| failure(&could_not_ping(&dir.dir), &error, &dir.dir);
            let network = NetworkFile::load(state.network_file()).map_err(|error| failure(error.into()))?;
            Ok(pinged(&nym_localnet::ping(&network, &notice).await.map_err(failure)?))
        }
        LocalnetCommand::Logs { dir, node } => logs(&dir.dir, &node),
    }
}

async fn start(up: &Up, format: Format) -> Outcome<Answer> {
    let began = std::time::Instant::now();
    // Before anything is started: a signal that came earlier would end this process and nothing else.
    let mut signals = Signals::install()?;
    let options = options(up)?;
    let dir = options.dir.clone();
    let failed = |what: &str, error: nym_localnet::Error| failure(what, &error, &dir);
    let say = |line: &str| notice(&format!("[{:6.2} s] {line}", began.elapsed().as_secs_f64()));
    // A signal during the start ends the start; dropping the half-built network ends its processes.
    let mut network = tokio::select! {
        network = Localnet::up(options, &say) => network.map_err(|error| failed(&could_not_start(&dir), error))?,
        signal = signals.wait() => return interrupted(signal?, &dir),
    };
    say("sending a message from a client at one gateway to a client at the other");
    let file = network.network().clone();
    let report = tokio::select! {
        report = nym_localnet::ping(&file, &say) => report.map_err(|error| failed(&could_not_ping(&dir), error))?,
        why = network.ended() => return Err(failed(&could_not_start(&dir), why)),
        signal = signals.wait() => return interrupted(signal?, &dir),
    };
    say("a message has crossed the mixnet");
    if up.exit_after_ping {
        network.down();
        say("everything has ended");
        return Ok(pinged(&report));
    }
    output::answer(&table(network.state()), format);
    notice("Ctrl-C ends everything");
    tokio::select! {
        signal = signals.wait() => signal?,
        why = network.ended() => return ended(network, &why, &dir, &say),
    };
    network.down();
    say("everything has ended");
    Ok(Answer::nothing())
}

/// A network that is no longer whole ends as a whole. Who takes it down from elsewhere wants just that.
fn ended(network: Localnet, why: &nym_localnet::Error, dir: &Path, say: Say<'_>) -> Outcome<Answer> {
    network.down();
    if why.is::<TakenDown>() {
        say("everything has ended: the network was taken down by nym-cli localnet down");
        return Ok(Answer::nothing());
    }
    say("everything has ended");
    Err(failure(&format!("the local network in {} is no longer whole", dir.display()), why, dir))
}

fn options(up: &Up) -> Outcome<Options> {
    let programs = std::env::current_exe()?.parent().map(Path::to_owned).unwrap_or_default();
    let contract = match &up.wasm {
        Some(contract) => contract.clone(),
        None => build_cache()?.join("contracts/mixnet.wasm"),
    };
    let chain = match up.chain {
        ChainKind::Devchain => Chain::Devchain,
        ChainKind::Wasmd => Chain::Wasmd { validators: up.validators },
    };
    // Processes get these paths as they are; a relative one would depend on who reads it.
    let dir = std::path::absolute(&up.dir.dir)?;
    let scripts = std::path::absolute(&up.scripts)?;
    Ok(Options {
        chain,
        scripts,
        mix_nodes: up.mix_nodes,
        gateways: up.gateways,
        apis: up.apis,
        base_port: up.base_port,
        epoch_seconds: up.epoch_seconds,
        mean_hop_delay_ms: up.hop_delay,
        ..Options::new(dir, programs, contract)
    })
}

/// Where `scripts/build-contracts` puts artifacts.
fn build_cache() -> Outcome<PathBuf> {
    if let Some(cache) = std::env::var_os("NYM_CACHE").filter(|cache| !cache.is_empty()) {
        return Ok(cache.into());
    }
    match std::env::var_os("HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(PathBuf::from(home).join(".cache/nym")),
        None => {
            let cause = "the contract was not named, and there is no home folder with a build cache";
            Err(usage("could not find the contract", cause, "add --wasm FILE"))
        }
    }
}

fn load(dir: &Path) -> Outcome<State> {
    State::load(dir).map_err(|error| nothing_in(dir, &error))
}

fn nothing_in(dir: &Path, error: &nym_localnet::Error) -> Failure {
    let cause = format!("{error:#}");
    not_found(format!("no local network runs in {}", dir.display()), cause, "start one: nym-cli localnet up")
}

fn table(state: &State) -> Answer {
    let mut rows: Vec<[String; 5]> = state
        .processes
        .iter()
        .map(|process| {
            let running = if State::is_running(process) { "running" } else { "ended" };
            [process.name.clone(), running.into(), url(process), metrics(process), process.node.clone()]
        })
        .collect();
    let accounts = state.accounts.iter().map(|account| {
        let file = account.mnemonic_file.display().to_string();
        [format!("account {}", account.name), String::new(), account.address.clone(), String::new(), file]
    });
    rows.extend(accounts);
    rows.push(["contract mixnet".into(), String::new(), state.mixnet_contract.clone(), String::new(), String::new()]);
    let file = state.network_file();
    // Validators of wasmd are no processes of ours; what they serve is in the network file, as for everybody.
    let endpoints = NetworkFile::load(&file).map(|network| network.rpc.endpoints).unwrap_or_default();
    rows.extend(
        endpoints.into_iter().map(|url| ["chain RPC".into(), String::new(), url, String::new(), String::new()]),
    );
    let network = file.display().to_string();
    rows.push(["network file".into(), String::new(), network, String::new(), state.chain_id.clone()]);
    let admission = "open: everybody is admitted, nobody pays";
    rows.push(["gateway admission".into(), String::new(), admission.into(), String::new(), String::new()]);
    let headings = ["what", "state", "address", "administration", "node, identity or file"];
    Answer::table(&rows, &headings, "nothing runs", |row| row.to_vec())
}

/// Where a process is reached, to be opened as it is: an API at its documentation, a gateway where clients connect. Links
/// between nodes have an address and no URL.
fn url(process: &ProcessRecord) -> String {
    let address = &process.address;
    match process.name.split('-').next().unwrap_or_default() {
        "devchain" => format!("http://{address}"),
        "api" => format!("http://{address}/docs/"),
        "gateway" => format!("ws://{address}/"),
        _ => address.clone(),
    }
}

/// Where a process tells its numbers, if it does.
fn metrics(process: &ProcessRecord) -> String {
    if process.admin.is_empty() {
        return String::new();
    }
    format!("http://{}/metrics", process.admin)
}

fn pinged(report: &PingReport) -> Answer {
    let ms = |value: u64| Some(format!("{value} ms"));
    let ways = |ways: &[PacketWay]| Some(ways.iter().map(PacketWay::to_string).collect::<Vec<_>>().join("\n"));
    Answer::record(
        report,
        vec![
            ("epoch", Some(report.epoch.to_string())),
            ("from gateway", Some(report.from_gateway.clone())),
            ("to gateway", Some(report.to_gateway.clone())),
            ("sessions", ms(report.connect_ms)),
            ("message", ms(report.message_ms)),
            ("anonymous reply", ms(report.reply_ms)),
            ("way of the message", ways(&report.message_packets)),
            ("way of the reply", ways(&report.reply_packets)),
        ],
    )
}

fn logs(dir: &Path, name: &str) -> Outcome<Answer> {
    // Logs outlive their network, and one that did not start has nothing but logs.
    let logs = nym_localnet::logs(dir).map_err(|error| nothing_in(dir, &error))?;
    let Some((_, log)) = logs.iter().find(|(known, _)| known == name) else {
        let names: Vec<_> = logs.iter().map(|(name, _)| name.as_str()).collect();
        let cause = format!("there are {}", names.join(", "));
        return Err(not_found(format!("no process '{name}' in this network"), cause, "name one of these with --node"));
    };
    let text = std::fs::read_to_string(log).map_err(|e| unusable(format!("could not read '{}'", log.display()), e))?;
    let lines: Vec<_> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES);
    Ok(Answer::text(lines.get(from..).unwrap_or_default().join("\n")))
}

fn interrupted(signal: &str, dir: &Path) -> Outcome<Answer> {
    let failure = Failure::new(ErrorKind::Failed, format!("the start was ended by {signal}"));
    Err(failure.with_help(BEGIN_ANEW).context(could_not_start(dir)))
}

fn could_not_start(dir: &Path) -> String {
    format!("could not start a local network in {}", dir.display())
}

fn could_not_ping(dir: &Path) -> String {
    format!("could not send a message over the local network in {}", dir.display())
}

/// What an error means for whoever has given the command: `what` says which part of it could not be done.
fn failure(what: &str, error: &nym_localnet::Error, dir: &Path) -> Failure {
    let shown = dir.display();
    let (kind, cause, help) = if error.is::<ForeignFolder>() {
        let help =
            "name another folder with --dir, or empty this one yourself: a local network begins in an empty folder";
        (ErrorKind::Usage, error.to_string(), help.to_owned())
    } else if let Some(ProcessEnded { name, status, last_lines, .. }) = error.downcast_ref::<ProcessEnded>() {
        let cause = match last_lines.last() {
            Some(line) => format!("{name} ended by itself ({status}); the last line of its log: {line}"),
            None => format!("{name} ended by itself ({status}) and has logged nothing"),
        };
        (ErrorKind::Failed, cause, format!("nym-cli localnet logs --dir {shown} --node {name} shows more of its log"))
    } else if error.is::<TakenDown>() {
        (ErrorKind::Failed, error.to_string(), BEGIN_ANEW.to_owned())
    } else {
        let help = format!(
            "nym-cli localnet logs --dir {shown} --node NAME shows what a process said; --base-port N uses other ports"
        );
        (ErrorKind::Failed, format!("{error:#}"), help)
    };
    Failure::new(kind, cause).with_help(help).context(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_what_speaks_http_or_websocket_are_urls() {
        let process = |name: &str, admin: &str| ProcessRecord {
            name: name.into(),
            pid: 1,
            address: "127.0.0.1:17000".into(),
            node: String::new(),
            admin: admin.into(),
        };
        let shown = ["devchain", "api-1", "gateway-10", "mixnode-1"].map(|name| url(&process(name, "")));

        let urls =
            ["http://127.0.0.1:17000", "http://127.0.0.1:17000/docs/", "ws://127.0.0.1:17000/", "127.0.0.1:17000"];
        assert_eq!(shown, urls);
        assert_eq!(metrics(&process("devchain", "")), "");
        assert_eq!(metrics(&process("api-1", "127.0.0.1:17010")), "http://127.0.0.1:17010/metrics");
    }
}
