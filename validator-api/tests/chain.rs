//! A chain with the real contract, three mix nodes and a gateway bonded on it, and a validator API that reads it.

use crate::in_checkout;
use cosmwasm_std::coin;
use nym_chain_client::mixnet::{self, MixnetMessages as _, MixnetQueries as _};
use nym_chain_client::{Account, ChainClient, ChainConfig, SignedBonding, Tx, Wallet};
use nym_contract_types::mixnet::{
    EpochState, Gateway, GatewayBonding, InstantiateMsg, MixNode, MixNodeCostParams, MixnodeBonding,
};
use nym_contract_types::Percent;
use nym_devchain::{BlockTime, Devchain, Genesis, GenesisAccount};
use nym_keys::{identity, x25519};
use nym_topology::{Authority, Contracts, Denoms, NetworkFile, Rpc, Threshold};
use nym_validator_api::{Config, Deps, Service};
use std::process::Command;
use std::time::{Duration, Instant};

const CHAIN_ID: &str = "nym-api-1";
const GAS_PRICE: &str = "0.025unyx";
const PLEDGE: u128 = 100_000_000;

/// Everything that a test needs; the API listens on a free port.
pub struct Network {
    pub chain: Devchain,
    pub service: Service,
    pub network: NetworkFile,
    pub client: ChainClient,
    pub owner: Wallet,
    _folder: tempfile::TempDir,
    http: reqwest::Client,
}

/// The contract as the chain gets it.
fn contract_code() -> Vec<u8> {
    let output = Command::new(in_checkout("scripts/build-contracts")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = String::from_utf8(output.stdout).unwrap();
    std::fs::read(std::path::Path::new(folder.trim()).join("mixnet.wasm")).unwrap()
}

async fn send(account: &Account, tx: &Tx) -> nym_chain_client::TxOutcome {
    account.send(tx).await.unwrap().into_result().unwrap()
}

fn secret(byte: u8) -> identity::SecretKey {
    identity::SecretKey::from_secret_bytes(&[byte; 32]).unwrap()
}

/// Any 32 bytes are an X25519 key.
fn key_text(byte: u8) -> String {
    x25519::PublicKey::from_bytes(&[byte; 32]).unwrap().to_string()
}

fn mixnode_bonding(number: u8, owner: &str, contract: &str) -> SignedBonding<MixnodeBonding> {
    let key = secret(number);
    let mix_node = MixNode {
        host: "127.0.0.1".into(),
        mix_port: 1_789 + u16::from(number),
        verloc_port: 0,
        http_api_port: 0,
        sphinx_key: key_text(10 + number),
        identity_key: key.public_key().to_string(),
        version: "0.1.0".into(),
        noise_key: Some(key_text(30 + number)),
    };
    let cost_params = MixNodeCostParams {
        profit_margin_percent: Percent::from_percentage(10).unwrap(),
        interval_operating_cost: coin(40_000_000, "unym"),
    };
    let data = MixnodeBonding { mix_node, cost_params };
    SignedBonding::sign(data, vec![coin(PLEDGE, "unym")], owner, 0, contract, CHAIN_ID, |bytes| {
        key.sign(bytes).to_bytes()
    })
    .unwrap()
}

fn gateway_bonding(owner: &str, contract: &str) -> SignedBonding<GatewayBonding> {
    let key = secret(50);
    let gateway = Gateway {
        host: "127.0.0.1".into(),
        mix_port: 1_800,
        clients_port: 9_000,
        location: "Utrecht".into(),
        sphinx_key: key_text(60),
        identity_key: key.public_key().to_string(),
        version: "0.1.0".into(),
        noise_key: Some(key_text(61)),
    };
    let sign = |bytes: &[u8]| key.sign(bytes).to_bytes();
    SignedBonding::sign(GatewayBonding { gateway }, vec![coin(PLEDGE, "unym")], owner, 0, contract, CHAIN_ID, sign)
        .unwrap()
}

impl Network {
    /// Chain, contract, bonds, one epoch ended, and an API with the default limits.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with another configuration of the API.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let wallets: Vec<Wallet> = (0..6)
            .map(|_| {
                let mnemonic = Wallet::generate_mnemonic(&mut rand::rngs::OsRng);
                Wallet::from_mnemonic(&mnemonic, "n").unwrap()
            })
            .collect();
        let coins = "1000000000000000unym,1000000000000unyx";
        let accounts = wallets
            .iter()
            .map(|wallet| GenesisAccount { address: wallet.address().to_owned(), coins: coins.into() })
            .collect();
        let config = nym_devchain::Config {
            home: folder.path().join("chain"),
            chain_id: CHAIN_ID.into(),
            listen: ([127, 0, 0, 1], 0).into(),
            block_time: BlockTime::Every(Duration::from_millis(100)),
            ..nym_devchain::Config::default()
        };
        let chain = Devchain::start(config, Genesis { accounts }).await.unwrap();
        let client =
            ChainClient::connect(ChainConfig::new(vec![chain.rpc_url()], None, "n", GAS_PRICE.parse().unwrap()))
                .await
                .unwrap();

        let owner = wallets[0].clone();
        let account = client.account(owner.clone());
        let code_id = send(&account, &Tx::store_code(&contract_code())).await.code_id().unwrap();
        let message = InstantiateMsg::local("unym", 3_600, vec![owner.address().to_owned()]);
        let tx = mixnet::instantiate(code_id, "mixnet", &message, None).unwrap();
        let address = send(&account, &tx).await.contract_address().unwrap();
        let contract = client.contract(address.clone());
        for (number, wallet) in (1u8..=4).zip(&wallets[1..5]) {
            let tx = contract.bond_mixnode(&mixnode_bonding(number, wallet.address(), &address)).unwrap();
            send(&client.account(wallet.clone()), &tx).await;
        }
        let tx = contract.bond_gateway(&gateway_bonding(wallets[5].address(), &address)).unwrap();
        send(&client.account(wallets[5].clone()), &tx).await;
        loop {
            let status = contract.epoch_status().await.unwrap();
            let advance = contract.advance_epoch(Some(0), None).unwrap();
            let tx = match status.state {
                _ if status.epoch > 0 => break,
                EpochState::InProgress => contract.begin_epoch_transition(Some(0)).unwrap().and(advance),
                _ => advance,
            };
            send(&account, &tx).await;
        }

        let authority = secret(77);
        let network = NetworkFile {
            chain_id: CHAIN_ID.into(),
            address_prefix: "n".into(),
            gas_price: "0.025".into(),
            allow_loopback: true,
            denoms: Denoms { stake: "unym".into(), fee: "unyx".into() },
            contracts: Contracts { mixnet: address },
            rpc: Rpc { endpoints: vec![chain.rpc_url()] },
            topology: Threshold { threshold: 1 },
            authorities: vec![Authority { key: authority.public_key(), url: "http://127.0.0.1:1/".into() }],
        };
        let mut config = Config::default();
        config.http.listen = ([127, 0, 0, 1], 0).into();
        config.cache.poll_interval = Duration::from_millis(200);
        config.monitor.enabled = false;
        change(&mut config);
        let deps = Deps { network: network.clone(), authority, wallet: owner.clone(), home: folder.path().to_owned() };
        let service = Service::start(config, deps).await.unwrap();
        let mut network =
            Self { chain, service, network, client, owner, _folder: folder, http: reqwest::Client::new() };
        network.network.authorities[0].url = network.url("/");
        network.until_ready().await;
        network
    }

    /// The address of a route.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.addresses().http)
    }

    async fn until_ready(&self) {
        let started = Instant::now();
        while self.get("/ready").await.status() != 200 {
            assert!(started.elapsed() < Duration::from_secs(60), "not ready after a minute");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    pub async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    pub async fn stop(self) {
        self.service.shutdown().await.unwrap();
        self.chain.shutdown().await;
    }
}
