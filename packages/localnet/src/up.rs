//! From nothing to a network whose topology is signed.

use crate::accounts::{Accounts, Owned, FEE, PREFIX, STAKE};
use crate::chain::{self, CHAIN_ID, GAS_PRICE};
use crate::nodes::{self, Kind};
use crate::ports::Ports;
use crate::process::{runs_at_home, Process, STOP_DEADLINE};
use crate::state::{ProcessRecord, Record, State, TakenDown};
use crate::{contract, folder, Chain, Options, Say};
use nym_chain_client::{ChainClient, Contract};
use nym_topology::{Authority, Contracts, Denoms, Layer, NetworkFile, Rpc, Threshold, Topology, TopologyDocument};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The first topology with all layers is there within this.
pub(crate) const TOPOLOGY_READY: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);
/// From one look at whether the network is still whole to the next.
const WATCH: Duration = Duration::from_secs(1);
/// A node of this machine that has not told its numbers by then is asked again.
const ANSWER: Duration = Duration::from_secs(5);
/// Its numbers are two dozen.
const MAX_STATS: usize = 64 << 10;

/// A running local network; dropping it ends every process at once.
pub struct Localnet {
    options: Options,
    processes: Vec<Process>,
    network: NetworkFile,
    state: State,
}

impl Localnet {
    /// Starts everything and returns when a topology with all layers is signed by enough authorities and known to
    /// every node. Fails with [`TakenDown`] if [`down`](crate::down) ends it before.
    pub async fn up(options: Options, say: Say<'_>) -> anyhow::Result<Self> {
        options.check()?;
        if let Ok(state) = State::load(&options.dir) {
            let running = state.processes.iter().filter(|process| State::is_running(process)).count();
            anyhow::ensure!(running == 0, "a local network runs in {} already", options.dir.display());
        }
        folder::check(&options.dir)?;
        Ports::new(options.base_port).check_free(&options)?;
        folder::make_anew(&options.dir)?;

        let accounts = Accounts::create(&options)?;

        // From here on dropping it ends whatever has been started, and what runs is on disk before it runs.
        let mut network = Self {
            state: State {
                dir: options.dir.clone(),
                pid: std::process::id(),
                chain_id: CHAIN_ID.into(),
                mixnet_contract: String::new(),
                processes: Vec::new(),
                accounts: accounts.all().iter().map(|owned| owned.account.clone()).collect(),
                wasmd: chain::wasmd(&options),
                ending: false,
            },
            network: network_file(&options, Vec::new()),
            processes: Vec::new(),
            options,
        };
        network.state.save()?;
        let dir = network.state.dir.clone();
        let built = tokio::select! {
            built = network.build(say, &accounts) => built,
            () = taken_down(dir) => Err(TakenDown.into()),
        };
        match built {
            Ok(()) => Ok(network),
            // Whatever fails while the network is taken away below its start fails for that reason.
            Err(_) if network.is_taken_down() => Err(TakenDown.into()),
            Err(error) => Err(error),
        }
    }

    async fn start_chain(&mut self, say: Say<'_>, accounts: &Accounts) -> anyhow::Result<()> {
        match self.options.chain {
            Chain::Running { .. } => say("using the chain that runs already"),
            _ => say(&format!("starting the chain {CHAIN_ID}")),
        }
        let rpc = Ports::new(self.options.base_port).rpc();
        let started = chain::start(&self.options, rpc, accounts).await?;
        self.network.rpc.endpoints = started.endpoints;
        match started.process {
            Some(process) => self.add(process, &rpc.to_string(), "", ""),
            None => Ok(()),
        }
    }

    async fn build(&mut self, say: Say<'_>, accounts: &Accounts) -> anyhow::Result<()> {
        self.start_chain(say, accounts).await?;
        let Accounts { treasury, apis, mix_nodes, gateways } = accounts;
        let endpoints = self.network.rpc.endpoints.clone();
        let (client, chain_id) = chain::ready(&endpoints, || self.check()).await?;
        self.state.chain_id.clone_from(&chain_id);
        self.network.chain_id = chain_id;
        if matches!(self.options.chain, Chain::Running { .. }) {
            accounts.fund(&client).await?;
        }
        for (index, owner) in (0..).zip(apis) {
            let key = nodes::init_api(&self.options, owner, index).await?;
            let url = format!("http://{}/", Ports::new(self.options.base_port).api(index));
            self.network.authorities.push(Authority { key, url });
        }
        say("deploying the mixnet contract");
        let treasury = client.account(treasury.wallet.clone());
        self.network.contracts.mixnet = contract::deploy(&self.options, &treasury, accounts.monitors()).await?;
        self.state.mixnet_contract.clone_from(&self.network.contracts.mixnet);
        self.network.check()?;
        self.network.save(self.state.network_file())?;

        let contract = client.contract(self.network.contracts.mixnet.clone());
        say(&format!("bonding {} mix nodes and {} gateways, each by its own account", mix_nodes.len(), gateways.len()));
        let ids = self.bond(&contract, mix_nodes, Kind::MixNode).await?;
        let identities = self.bond(&contract, gateways, Kind::Gateway).await?;
        say("ending the first epoch: the lottery gives nodes their layers");
        contract::end_first_epoch(&contract, &treasury).await?;

        say("starting validator APIs, mix nodes and gateways");
        let ports = Ports::new(self.options.base_port);
        for (index, _) in (0..).zip(apis) {
            let process = nodes::start_api(&self.options, &self.network, index)?;
            self.add(process, &ports.api(index).to_string(), "", &ports.api_admin(index).to_string())?;
        }
        for (index, id) in (0..).zip(&ids) {
            let process = nodes::start_node(&self.options, Kind::MixNode, index)?;
            self.add(process, &ports.mix_node(index).to_string(), id, &ports.mix_node_admin(index).to_string())?;
        }
        for (index, identity) in (0..).zip(&identities) {
            let process = nodes::start_node(&self.options, Kind::Gateway, index)?;
            let clients = ports.gateway_clients(index).to_string();
            self.add(process, &clients, identity, &ports.gateway_admin(index).to_string())?;
        }
        let document = self.topology_ready().await?;
        self.known_to_all(document.epoch).await
    }

    /// Bonds all nodes of a kind at once: each has an account of its own.
    async fn bond(
        &self,
        contract: &Contract<ChainClient>,
        owners: &[Owned],
        kind: Kind,
    ) -> anyhow::Result<Vec<String>> {
        let bonds = (0..).zip(owners).map(|(index, owner)| nodes::bond(&self.options, contract, owner, kind, index));
        futures::future::try_join_all(bonds).await
    }

    fn add(&mut self, process: Process, address: &str, node: &str, admin: &str) -> anyhow::Result<()> {
        // A network that is being ended elsewhere is not recorded anew: nobody would look for it again.
        let record = self.state.record_in(&self.state.dir);
        anyhow::ensure!(matches!(record, Record::Own { ending: false }), TakenDown);
        self.state.processes.push(ProcessRecord {
            name: process.name().into(),
            pid: process.pid(),
            address: address.into(),
            node: node.into(),
            admin: admin.into(),
        });
        self.processes.push(process);
        self.state.save()
    }

    /// Waits for a signed topology in which every layer and every gateway is there.
    pub async fn topology_ready(&mut self) -> anyhow::Result<TopologyDocument> {
        let network = self.network.clone();
        topology_ready(&network, || self.check()).await
    }

    /// Waits until every node and gateway answers and has the topology of an epoch or a later one: before, packets that
    /// it gets are lost.
    async fn known_to_all(&mut self, epoch: u32) -> anyhow::Result<()> {
        let nodes = self.state.processes.clone().into_iter().filter(|process| !process.node.is_empty());
        let client = nym_http::client(ANSWER)?;
        let started = Instant::now();
        for ProcessRecord { name, admin, .. } in nodes {
            while known_epoch(&client, &admin).await < Some(epoch) {
                self.check()?;
                anyhow::ensure!(
                    started.elapsed() < TOPOLOGY_READY,
                    "{name} does not learn the topology of epoch {epoch}"
                );
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Fails with [`ProcessEnded`](crate::ProcessEnded) if a process has ended by itself, and with [`TakenDown`] if
    /// [`down`](crate::down) has ended the network or is about to.
    pub fn check(&mut self) -> anyhow::Result<()> {
        let whole = self.processes.iter_mut().try_for_each(Process::check);
        // Looked at afterwards: `down` says what it does before it ends the first process.
        anyhow::ensure!(!self.is_taken_down(), TakenDown);
        whole
    }

    /// Waits until the network is no longer whole, and says why: what [`Localnet::check`] fails with, or that the last
    /// validator has ended. One of several may come and go.
    pub async fn ended(&mut self) -> anyhow::Error {
        loop {
            if let Err(why) = self.check() {
                return why;
            }
            if let Some((_, home)) = self.state.wasmd.as_ref().filter(|(_, home)| !runs_at_home(home)) {
                return anyhow::anyhow!("no validator runs any more; their logs are in {}", home.display());
            }
            tokio::time::sleep(WATCH).await;
        }
    }

    fn is_taken_down(&mut self) -> bool {
        match self.state.record_in(&self.state.dir) {
            Record::Own { ending } => ending,
            // `down` removes the record when nothing runs any more. Who removes the folder alone has ended nothing.
            Record::Other | Record::Missing => self.processes.iter_mut().all(Process::has_ended),
        }
    }

    /// What runs.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The network file.
    pub fn network(&self) -> &NetworkFile {
        &self.network
    }

    /// A process by its name, for tests that kill and restart it.
    pub fn process(&mut self, name: &str) -> Option<&mut Process> {
        self.processes.iter_mut().find(|process| process.name() == name)
    }

    /// Ends every process within ten seconds.
    pub fn down(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        // The second time, when a network that was ended is dropped, there is nothing left to end.
        let mut processes = std::mem::take(&mut self.processes);
        processes.iter_mut().for_each(Process::terminate);
        let deadline = Instant::now() + STOP_DEADLINE;
        for process in &mut processes {
            process.reap(deadline);
        }
        let _ = self.state.clear(&self.state.dir);
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until the record of a network that starts says that it is being ended, or is gone.
async fn taken_down(dir: PathBuf) {
    // Processes are added while it starts; the one that starts it stays the same.
    let is_own = |recorded: State| recorded.pid == std::process::id() && !recorded.ending;
    while State::load(&dir).is_ok_and(is_own) {
        tokio::time::sleep(WATCH).await;
    }
}

/// The epoch of the topology that a node has; none if it has none, or does not answer.
async fn known_epoch(client: &nym_http::Client, admin: &str) -> Option<u32> {
    let request = client.get(format!("http://{admin}/v1/stats"));
    let answer = nym_http::answer(request, MAX_STATS).await.ok()?;
    let stats: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    stats.get("epoch")?.as_u64()?.try_into().ok()
}

/// Waits for a signed topology in which every layer is there; `check` fails when waiting is in vain.
pub(crate) async fn topology_ready(
    network: &NetworkFile,
    mut check: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<TopologyDocument> {
    let started = Instant::now();
    loop {
        check()?;
        let document = nym_validator_api_client::fetch_topology(network).await;
        let reason = match document {
            Ok(document) => {
                let topology = Topology::new(document.clone());
                if Layer::ALL.iter().all(|layer| topology.layer(*layer).len() > 0) {
                    return Ok(document);
                }
                "its layers are not full".to_owned()
            }
            Err(error) => error.to_string(),
        };
        anyhow::ensure!(started.elapsed() < TOPOLOGY_READY, "no usable topology: {reason}");
        tokio::time::sleep(POLL).await;
    }
}

pub(crate) fn network_file(options: &Options, endpoints: Vec<String>) -> NetworkFile {
    NetworkFile {
        chain_id: CHAIN_ID.into(),
        address_prefix: PREFIX.into(),
        gas_price: GAS_PRICE.into(),
        allow_loopback: true,
        denoms: Denoms { stake: STAKE.into(), fee: FEE.into() },
        contracts: Contracts { mixnet: String::new() },
        rpc: Rpc { endpoints },
        topology: Threshold { threshold: options.threshold() },
        authorities: Vec::new(),
    }
}
