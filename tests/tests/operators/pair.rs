//! Two operators of one contract whose turns take several transactions. Nodes are bonded and not running: only their stakes matter.

use super::door::Gate;
use crate::bonding;
use nym_chain_client::mixnet::{self, MixnetMessages as _, MixnetQueries as _};
use nym_chain_client::{Account, ChainClient, Contract, Tx, TxOutcome, Wallet};
use nym_contract_types::mixnet::{InstantiateMsg, NodeReport};
use nym_contract_types::Percent;
use nym_devchain::{BlockTime, Config, Devchain, Genesis, GenesisAccount};
use nym_localnet::Process;
use nym_tests::{Folder, Turn};
use nym_topology::NetworkFile;
use rand::rngs::OsRng;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Bonded nodes, by numbers from 1 on.
pub(crate) const NODES: u32 = 6;
/// How many of them one transaction goes through: three transactions go through all, the first of which begins the turn, and
/// a fourth draws.
pub(crate) const NODES_PER_STEP: u32 = 2;

const CHAIN_ID: &str = "nym-turns-1";
const COINS: &str = "1000000000000000unym,1000000000000unyx";
const BLOCK_TIME: Duration = Duration::from_millis(250);

/// An operator.
struct Operator {
    account: String,
    process: Process,
}

/// The operators, and all that they need.
pub(crate) struct Pair {
    /// Through which they reach the chain.
    pub gate: Gate,
    /// The contract, asked directly.
    pub contract: Contract<ChainClient>,
    operators: Vec<Operator>,
    chain: Devchain,
    _folder: Folder,
    _turn: Turn,
}

impl Pair {
    /// Ends the first epoch, in which nobody is rewarded, and leaves the second and all others to the operators.
    pub async fn start() -> Self {
        let turn = nym_tests::turn().await;
        let folder = Folder::new().unwrap();
        let (treasury, owners) = (wallet(&mnemonic()), (0..NODES).map(|_| wallet(&mnemonic())).collect::<Vec<_>>());
        let mnemonics = [mnemonic(), mnemonic()];
        let wallets = [wallet(&mnemonics[0]), wallet(&mnemonics[1])];
        let all = owners.iter().chain(&wallets).chain([&treasury]);
        let accounts = all.map(|wallet| GenesisAccount { address: wallet.address().into(), coins: COINS.into() });
        let config = Config {
            home: folder.path().join("chain"),
            chain_id: CHAIN_ID.into(),
            listen: ([127, 0, 0, 1], 0).into(),
            block_time: BlockTime::Every(BLOCK_TIME),
            // In the end stakes are compared block by block.
            history: 100_000,
            ..Config::default()
        };
        let chain = Devchain::start(config, Genesis { accounts: accounts.collect() }).await.unwrap();
        let mut network = nym_tests::network_file(CHAIN_ID, "", chain.rpc_url());
        let client = ChainClient::of_network(&network).unwrap();
        let monitors = wallets.each_ref().map(|wallet| wallet.address().to_owned());
        network.contracts.mixnet = deploy(&client.account(treasury), &owners, monitors.to_vec()).await;

        let contract = client.contract(network.contracts.mixnet.clone());
        let gate = Gate::new(chain.rpc_url(), contract.clone());
        let mut operators = Vec::new();
        for (index, (account, mnemonic)) in monitors.into_iter().zip(&mnemonics).enumerate() {
            network.rpc.endpoints = vec![gate.open(index).await];
            let process = operator(folder.path(), &format!("operator-{}", index + 1), &network, mnemonic);
            operators.push(Operator { account, process });
        }
        Self { gate, contract, operators, chain, _folder: folder, _turn: turn }
    }

    /// The chain's RPC.
    pub fn rpc(&self) -> String {
        self.chain.rpc_url()
    }

    /// The current epoch.
    pub async fn epoch(&self) -> u32 {
        self.contract.epoch_status().await.unwrap().epoch
    }

    /// Waits until a transaction is in a block.
    pub async fn committed(&self, hash: &str) {
        let client = self.contract.backend();
        nym_tests::eventually("the transaction is in a block", || async { client.tx(hash).await.unwrap().is_some() })
            .await;
    }

    /// Kills an operator, waits until the other one has gone on without it, and starts it again. Returns how many were killed.
    pub async fn kill(&mut self, dead: usize) -> usize {
        let client = self.contract.backend().clone();
        let other = self.operators[1 - dead].account.clone();
        let sent = || async { client.account_state(&other).await.unwrap().sequence };
        let before = sent().await;
        self.operators[dead].process.kill().unwrap();
        nym_tests::eventually("the other operator goes on", || async { sent().await > before }).await;
        self.operators[dead].process.restart().unwrap();
        1
    }

    /// Kills both operators and starts them again. Returns how many were killed.
    pub fn kill_both(&mut self) -> usize {
        for operator in &mut self.operators {
            operator.process.kill().unwrap();
        }
        for operator in &mut self.operators {
            operator.process.restart().unwrap();
        }
        self.operators.len()
    }

    /// Ends everything; no operator may have ended by itself.
    pub async fn end(mut self) {
        for operator in &mut self.operators {
            operator.process.check().unwrap();
            operator.process.kill().unwrap();
        }
        self.chain.shutdown().await;
    }
}

fn mnemonic() -> String {
    Wallet::generate_mnemonic(&mut OsRng).to_string()
}

fn wallet(mnemonic: &str) -> Wallet {
    Wallet::from_mnemonic(mnemonic, "n").unwrap()
}

async fn send(account: &Account, tx: &Tx) -> TxOutcome {
    account.send(tx).await.unwrap()
}

/// A contract with all nodes bonded, each known to perform as well as it can, and its first epoch ended. Returns its address.
async fn deploy(treasury: &Account, owners: &[Wallet], monitors: Vec<String>) -> String {
    let code = std::fs::read(nym_tests::contract().unwrap()).unwrap();
    let code_id = send(treasury, &Tx::store_code(&code)).await.code_id().unwrap();
    // The operators do not measure: what the treasury reports serves in every epoch, and nobody's report is waited for.
    let mut message = InstantiateMsg::local("unym", 1, vec![treasury.address().to_owned()]);
    message.epochs.report_grace = 0;
    message.epochs.stale_epochs = 10_000;
    let instantiate = mixnet::instantiate(code_id, "mixnet", &message, None).unwrap();
    let address = send(treasury, &instantiate).await.contract_address().unwrap();
    let contract = treasury.client().contract(address.clone());

    let bonds = (1..).zip(owners).map(|(number, owner)| {
        let (account, contract) = (treasury.client().account(owner.clone()), &contract);
        let bonding = bonding::mixnode(number, owner.address(), &address, CHAIN_ID);
        async move { send(&account, &contract.bond_mixnode(&bonding).unwrap()).await }
    });
    futures::future::join_all(bonds).await;
    let reports = (1..=NODES).map(|node_id| NodeReport { node_id, performance: Percent::hundred() });
    send(treasury, &contract.submit_performance(0, reports.collect(), false).unwrap()).await;
    let begin = contract.begin_epoch_transition(Some(0)).unwrap();
    send(treasury, &begin.and(contract.advance_epoch(Some(0), None).unwrap())).await;
    // Operators take turns in the order of this list.
    send(treasury, &contract.update_monitors(monitors).unwrap()).await;
    address
}

/// Makes a home for an operator and starts it.
fn operator(folder: &Path, name: &str, network: &NetworkFile, mnemonic: &str) -> Process {
    let (program, home) = (nym_tests::program("validator-api").unwrap(), folder.join(name));
    let (network_file, mnemonic_file) = (folder.join(format!("{name}.toml")), folder.join(format!("{name}.mnemonic")));
    network.save(&network_file).unwrap();
    std::fs::write(&mnemonic_file, mnemonic).unwrap();
    let mut init = Command::new(&program);
    init.args(["init", "--home"]).arg(&home).arg("--network").arg(&network_file);
    let made = init.arg("--mnemonic-file").arg(&mnemonic_file).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[cache]\npoll_interval = \"200ms\"\n[monitor]\nenabled = false\n\
         [operator]\ntakeover = \"1s\"\nnodes_per_step = {NODES_PER_STEP}\n"
    );
    std::fs::write(home.join("config.toml"), config).unwrap();
    let arguments = ["run", "--home", &home.display().to_string()].map(str::to_owned).to_vec();
    Process::start(name, &program, arguments, &folder.join("logs")).unwrap()
}
