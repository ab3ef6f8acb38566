//! The same network as services in one process, every port given by the system: for tests.

use crate::accounts::{Accounts, Owned, STAKE};
use crate::chain::{self, CHAIN_ID, GAS_PRICE};
use crate::nodes::PLEDGE;
use crate::up::{network_file, topology_ready, TOPOLOGY_READY};
use crate::{contract, Chain, Options};
use anyhow::Context as _;
use nym_chain_client::mixnet::{MixnetMessages as _, MixnetQueries as _};
use nym_chain_client::{BondingData, ChainClient, Coin, Contract, SignedBonding};
use nym_contract_types::mixnet::{GatewayBonding, MixNodeCostParams, MixnodeBonding};
use nym_contract_types::Percent;
use nym_devchain::{BlockTime, Devchain, Genesis};
use nym_keys::identity;
use nym_links::source::ChainSource;
use nym_links::NodeKeys;
use nym_topology::{Authority, NetworkFile};
use nym_wire::noise::Network;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A port that the system chooses.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Blocks come faster than on a chain for people: tests wait for them.
const BLOCK_TIME: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_millis(250);

/// A running network in this process.
pub struct InProcess {
    network: NetworkFile,
    chain: Option<Devchain>,
    apis: Vec<nym_validator_api::Service>,
    mix_nodes: Vec<nym_mixnode::Service>,
    gateways: Vec<nym_gateway::Service>,
}

impl InProcess {
    /// Starts everything and returns when a topology with all layers is signed by enough authorities and known to
    /// every node. Ports of `options` are not used; validators of wasmd are processes, so they cannot be started here.
    pub async fn start(options: &Options) -> anyhow::Result<Self> {
        options.check()?;
        std::fs::create_dir_all(&options.dir)?;
        let accounts = Accounts::create(options)?;
        let (chain, endpoints) = match &options.chain {
            Chain::Devchain => {
                let chain = devchain(options, &accounts).await?;
                let endpoints = vec![chain.rpc_url()];
                (Some(chain), endpoints)
            }
            Chain::Running { endpoints, .. } => (None, endpoints.clone()),
            Chain::Wasmd { .. } => anyhow::bail!("validators of wasmd are processes; name the RPC of running ones"),
        };
        let mut network = network_file(options, endpoints);
        let (client, chain_id) = chain::ready(&network.rpc.endpoints, || Ok(())).await?;
        network.chain_id = chain_id;
        if chain.is_none() {
            accounts.fund(&client).await?;
        }
        let treasury = client.account(accounts.treasury.wallet.clone());
        network.contracts.mixnet = contract::deploy(options, &treasury, accounts.monitors()).await?;
        let mut parts = Self { network, chain, apis: Vec::new(), mix_nodes: Vec::new(), gateways: Vec::new() };
        let contract = client.contract(parts.network.contracts.mixnet.clone());
        for (index, owner) in accounts.mix_nodes.iter().enumerate() {
            parts.mix_node(options, &contract, owner, index).await?;
        }
        for (index, owner) in accounts.gateways.iter().enumerate() {
            parts.gateway(options, &contract, owner, index).await?;
        }
        contract::end_first_epoch(&contract, &treasury).await?;
        for (index, owner) in accounts.apis.iter().enumerate() {
            parts.api(options, owner, index).await?;
        }
        parts.network.check()?;
        let document = topology_ready(&parts.network, || Ok(())).await?;
        parts.known_to_all(document.epoch).await?;
        Ok(parts)
    }

    /// Waits until every node and gateway has the topology of an epoch or a later one.
    async fn known_to_all(&self, epoch: u32) -> anyhow::Result<()> {
        let started = Instant::now();
        let directories = || {
            let mix_nodes = self.mix_nodes.iter().map(nym_mixnode::Service::directory);
            mix_nodes.chain(self.gateways.iter().map(nym_gateway::Service::directory))
        };
        while !directories().all(|known| known.current().is_some_and(|topology| topology.epoch() >= epoch)) {
            anyhow::ensure!(started.elapsed() < TOPOLOGY_READY, "a node does not learn the topology of epoch {epoch}");
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    async fn mix_node(
        &mut self,
        options: &Options,
        contract: &Contract<ChainClient>,
        owner: &Owned,
        index: usize,
    ) -> anyhow::Result<()> {
        let (home, keys, source) = self.node(options, "mixnode", index)?;
        let mut config = nym_mixnode::Config::default();
        config.mixnet.listen = ANY;
        config.topology.poll_interval = POLL;
        config.faults.link_loss = options.link_loss;
        if options.quiet {
            config.cover.loop_interval = Duration::ZERO;
        }
        let deps = nym_mixnode::Deps { keys: keys.clone(), network: self.noise(), topology: source, home };
        let service = nym_mixnode::Service::start(config, deps).await?;
        let mix_node = nym_mixnode::announced(&keys, service.addresses().mixnet);
        self.mix_nodes.push(service);
        let cost_params = MixNodeCostParams {
            profit_margin_percent: "0.1".parse::<Percent>().map_err(|error| anyhow::anyhow!("{error}"))?,
            interval_operating_cost: Coin::new(40_000_000u128, STAKE),
        };
        let bonding = self.sign(MixnodeBonding { mix_node, cost_params }, contract, owner, &keys).await?;
        let account = contract.backend().account(owner.wallet.clone());
        contract::send(&account, &contract.bond_mixnode(&bonding)?).await.map(|_| ())
    }

    async fn gateway(
        &mut self,
        options: &Options,
        contract: &Contract<ChainClient>,
        owner: &Owned,
        index: usize,
    ) -> anyhow::Result<()> {
        let (home, keys, source) = self.node(options, "gateway", index)?;
        let mut config = nym_gateway::Config::default();
        config.mixnet.listen = ANY;
        config.clients.listen = ANY;
        config.topology.poll_interval = POLL;
        config.faults.link_loss = options.link_loss;
        let deps = nym_gateway::Deps { keys: keys.clone(), network: self.noise(), topology: source, home };
        let service = nym_gateway::Service::start(config, deps).await?;
        let addresses = service.addresses();
        let gateway = nym_gateway::announced(&keys, addresses.mixnet, addresses.clients.port(), String::new());
        self.gateways.push(service);
        let bonding = self.sign(GatewayBonding { gateway }, contract, owner, &keys).await?;
        let account = contract.backend().account(owner.wallet.clone());
        contract::send(&account, &contract.bond_gateway(&bonding)?).await.map(|_| ())
    }

    async fn api(&mut self, options: &Options, owner: &Owned, index: usize) -> anyhow::Result<()> {
        let home = home(options, "api", index);
        std::fs::create_dir_all(&home)?;
        let authority = identity::SecretKey::generate(&mut rand::rngs::OsRng);
        let key = authority.public_key();
        let mut config = nym_validator_api::Config::default();
        config.http.listen = ANY;
        config.cache.poll_interval = POLL;
        config.monitor.enabled = !options.quiet;
        config.monitor.probe_interval = Duration::from_millis(250);
        config.operator.takeover = Duration::from_secs((options.epoch_seconds / 12).max(2));
        let deps =
            nym_validator_api::Deps { network: self.network.clone(), authority, wallet: owner.wallet.clone(), home };
        let service = nym_validator_api::Service::start(config, deps).await?;
        let url = format!("http://{}/", service.addresses().http);
        self.apis.push(service);
        self.network.authorities.push(Authority { key, url });
        Ok(())
    }

    fn node(
        &self,
        options: &Options,
        kind: &str,
        index: usize,
    ) -> anyhow::Result<(PathBuf, NodeKeys, Arc<ChainSource>)> {
        let home = home(options, kind, index);
        let keys = NodeKeys::load_or_create(&home)?;
        Ok((home, keys, Arc::new(ChainSource::new(self.network.clone())?)))
    }

    async fn sign<T: BondingData>(
        &self,
        data: T,
        contract: &Contract<ChainClient>,
        owner: &Owned,
        keys: &NodeKeys,
    ) -> anyhow::Result<SignedBonding<T>> {
        let owner = &owner.account.address;
        let nonce = contract.signing_nonce(owner).await?;
        let (pledge, network) = (vec![Coin::new(PLEDGE, STAKE)], &self.network);
        let sign = |payload: &[u8]| keys.identity.sign(payload).to_bytes();
        let signed =
            SignedBonding::sign(data, pledge, owner, nonce, &network.contracts.mixnet, &network.chain_id, sign);
        signed.context("a bond cannot be signed")
    }

    fn noise(&self) -> Network {
        Network { chain_id: self.network.chain_id.clone(), mixnet_contract: self.network.contracts.mixnet.clone() }
    }

    /// The network file.
    pub fn network(&self) -> &NetworkFile {
        &self.network
    }

    /// The mix nodes.
    pub fn mix_nodes(&self) -> &[nym_mixnode::Service] {
        &self.mix_nodes
    }

    /// Ends a mix node: it stays bonded and drops everything that is meant for it.
    pub async fn stop_mix_node(&mut self, index: usize) -> anyhow::Result<()> {
        anyhow::ensure!(index < self.mix_nodes.len(), "there is no mix node {index}");
        Ok(self.mix_nodes.remove(index).shutdown().await?)
    }

    /// The gateways.
    pub fn gateways(&self) -> &[nym_gateway::Service] {
        &self.gateways
    }

    /// The validator APIs.
    pub fn apis(&self) -> &[nym_validator_api::Service] {
        &self.apis
    }

    /// Ends every service, those that use another one first.
    pub async fn shutdown(self) -> anyhow::Result<()> {
        for api in self.apis {
            api.shutdown().await?;
        }
        for gateway in self.gateways {
            gateway.shutdown().await?;
        }
        for mix_node in self.mix_nodes {
            mix_node.shutdown().await?;
        }
        if let Some(chain) = self.chain {
            chain.shutdown().await;
        }
        Ok(())
    }
}

async fn devchain(options: &Options, accounts: &Accounts) -> anyhow::Result<Devchain> {
    let accounts = chain::genesis(accounts);
    let genesis = accounts.iter().map(|account| account.parse());
    let genesis = genesis.collect::<Result<Vec<_>, String>>().map_err(anyhow::Error::msg)?;
    let config = nym_devchain::Config {
        home: options.dir.join("chain"),
        chain_id: CHAIN_ID.into(),
        listen: ANY,
        block_time: BlockTime::Every(BLOCK_TIME),
        history: chain::history(options.epoch_seconds, BLOCK_TIME),
        minimum_gas_prices: format!("{GAS_PRICE}{}", crate::accounts::FEE),
        ..nym_devchain::Config::default()
    };
    Ok(Devchain::start(config, Genesis { accounts: genesis }).await?)
}

fn home(options: &Options, kind: &str, index: usize) -> PathBuf {
    options.dir.join(format!("{kind}-{}", index + 1))
}
