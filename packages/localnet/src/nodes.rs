//! Homes, bonds and processes of mix nodes, gateways and validator APIs.

use crate::accounts::{Owned, STAKE};
use crate::contract::send;
use crate::ports::Ports;
use crate::process::{run, Process};
use crate::Options;
use nym_chain_client::mixnet::{MixnetMessages as _, MixnetQueries as _};
use nym_chain_client::{ChainClient, Contract, SignedBonding};
use nym_contract_types::mixnet::{GatewayBonding, MixnodeBonding};
use nym_keys::identity;
use nym_topology::NetworkFile;
use std::path::{Path, PathBuf};

/// What each operator pledges: 100 NYM.
pub const PLEDGE: u128 = 100_000_000;

/// What kind of node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A mix node.
    MixNode,
    /// A gateway.
    Gateway,
}

impl Kind {
    /// Name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::MixNode => "mixnode",
            Self::Gateway => "gateway",
        }
    }
}

/// Makes a node's home and bonds it; returns its number or identity.
pub async fn bond(
    options: &Options,
    contract: &Contract<ChainClient>,
    owner: &Owned,
    kind: Kind,
    index: u16,
) -> anyhow::Result<String> {
    let ports = Ports::new(options.base_port);
    let program = options.programs.join(kind.program());
    let home = home(options, kind.program(), index);
    let home = home.display().to_string();
    let network = options.dir.join("network.toml").display().to_string();
    let (link, admin) = match kind {
        Kind::MixNode => (ports.mix_node(index), ports.mix_node_admin(index)),
        Kind::Gateway => (ports.gateway(index), ports.gateway_admin(index)),
    };
    let (link, admin, clients) = (link.to_string(), admin.to_string(), ports.gateway_clients(index).to_string());
    let mut arguments = vec!["init", "--home", &home, "--network-file", &network, "--listen", &link];
    arguments.extend(["--announce", &link, "--admin-listen", &admin]);
    if kind == Kind::Gateway {
        arguments.extend(["--clients-listen", &clients]);
    }
    run(&program, &arguments).await?;
    // A node of a short-lived network looks for its next epoch more often than one of hourly epochs.
    let mut config = format!("\n[topology]\npoll_interval = \"1s\"\n\n[faults]\nlink_loss = {:?}\n", options.link_loss);
    if options.quiet && kind == Kind::MixNode {
        config.push_str("\n[cover]\nloop_interval = \"0s\"\n");
    }
    append(Path::new(&home), &config)?;

    let nonce = contract.signing_nonce(&owner.account.address).await?.to_string();
    let pledge = format!("{PLEDGE}{STAKE}");
    let signed = run(
        &program,
        &["bonding-info", "--home", &home, "--owner", &owner.account.address, "--nonce", &nonce, "--pledge", &pledge],
    )
    .await?;
    let account = contract.backend().account(owner.wallet.clone());
    match kind {
        Kind::MixNode => {
            let bonding: SignedBonding<MixnodeBonding> = serde_json::from_str(&signed)?;
            send(&account, &contract.bond_mixnode(&bonding)?).await?;
            let node = contract.owned_mixnode(&owner.account.address).await?;
            let node = node.ok_or_else(|| anyhow::anyhow!("the contract does not know the node it has just bonded"))?;
            Ok(node.bond_information.mix_id.to_string())
        }
        Kind::Gateway => {
            let bonding: SignedBonding<GatewayBonding> = serde_json::from_str(&signed)?;
            send(&account, &contract.bond_gateway(&bonding)?).await?;
            Ok(bonding.data.gateway.identity_key)
        }
    }
}

/// Makes an API's home; returns the key with which it signs topologies.
pub async fn init_api(options: &Options, owner: &Owned, index: u16) -> anyhow::Result<identity::PublicKey> {
    let home = home(options, "api", index);
    let (home_text, mnemonic) = (home.display().to_string(), owner.account.mnemonic_file.display().to_string());
    let program = options.programs.join("validator-api");
    let key = run(&program, &["init", "--home", &home_text, "--mnemonic-file", &mnemonic]).await?;
    // Epochs of a local network last a minute, not an hour: everything is done more often.
    let takeover = (options.epoch_seconds / 12).max(2);
    let monitor = if options.quiet { "enabled = false" } else { "probe_interval = \"250ms\"" };
    let config =
        format!("[cache]\npoll_interval = \"1s\"\n[monitor]\n{monitor}\n[operator]\ntakeover = \"{takeover}s\"\n");
    std::fs::write(home.join("config.toml"), config)?;
    Ok(key.trim().parse()?)
}

/// Starts an API.
pub fn start_api(options: &Options, network: &NetworkFile, index: u16) -> anyhow::Result<Process> {
    let ports = Ports::new(options.base_port);
    let home = home(options, "api", index);
    network.save(home.join("network.toml"))?;
    let (http, admin) = (ports.api(index).to_string(), ports.api_admin(index).to_string());
    let more = ["--listen", &http, "--admin-listen", &admin].map(str::to_owned);
    start(options, "api", "validator-api", &home, index, &more)
}

/// Starts a node.
pub fn start_node(options: &Options, kind: Kind, index: u16) -> anyhow::Result<Process> {
    let home = home(options, kind.program(), index);
    start(options, kind.program(), kind.program(), &home, index, &[])
}

fn start(
    options: &Options,
    name: &str,
    program: &str,
    home: &Path,
    index: u16,
    more: &[String],
) -> anyhow::Result<Process> {
    let home = home.display().to_string();
    let mut arguments = ["run", "--home", &home, "--log", &options.log].map(str::to_owned).to_vec();
    arguments.extend_from_slice(more);
    let name = format!("{name}-{}", index + 1);
    Process::start(&name, &options.programs.join(program), arguments, &options.dir.join("logs"))
}

fn home(options: &Options, name: &str, index: u16) -> PathBuf {
    options.dir.join(format!("{name}-{}", index + 1))
}

fn append(home: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().append(true).open(home.join("config.toml"))?;
    Ok(file.write_all(text.as_bytes())?)
}
