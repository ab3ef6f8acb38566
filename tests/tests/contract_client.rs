//! The TypeScript client that is generated from the contract's schema, with CosmJS on the embedded chain.

use crate::bonding::{self, key_text, secret};
use crate::typescript::{install, node};
use cosmwasm_std::coin;
use nym_chain_client::{SignedBonding, SignedKeys, Wallet};
use nym_contract_types::mixnet::{Gateway, GatewayBonding, NodeKeys};
use nym_devchain::{BlockTime, Config, Devchain, Genesis, GenesisAccount};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::OnceCell;

const CHAIN_ID: &str = "nym-client-1";
const MNEMONIC: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";
/// Those of `schema/typescript/test/session.ts`.
const ACCOUNTS: usize = 8;
const FIRST_OPERATOR: usize = 3;
const GATEWAY_OPERATOR: usize = 6;
/// The first contract of every chain of this prefix.
const CONTRACT: &str = "n14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sjyvg3g";
const PATIENCE: Duration = Duration::from_secs(180);

/// The client's folder with its packages.
async fn folder() -> &'static PathBuf {
    static FOLDER: OnceCell<PathBuf> = OnceCell::const_new();
    FOLDER
        .get_or_init(|| async {
            let folder = nym_tests::in_checkout("schema/typescript").unwrap();
            install(&folder).await;
            folder
        })
        .await
}

fn address(account: usize) -> String {
    let path = format!("m/44'/118'/0'/0/{account}");
    Wallet::from_mnemonic_at(MNEMONIC, "n", &path).unwrap().address().to_owned()
}

/// Arguments of `bond_mixnode`, signed for an operator: 0 to 2.
fn mixnode(operator: u8) -> serde_json::Value {
    let owner = address(FIRST_OPERATOR + usize::from(operator));
    let signed = bonding::mixnode(operator + 1, &owner, CONTRACT, CHAIN_ID);
    json!({
        "mix_node": signed.data.mix_node,
        "cost_params": signed.data.cost_params,
        "owner_signature": signed.signature,
    })
}

/// Arguments of `bond_gateway`.
fn gateway() -> serde_json::Value {
    let secret = secret(9);
    let gateway = Gateway {
        host: "127.0.0.1".to_owned(),
        mix_port: 1_789,
        clients_port: 9_000,
        location: "Utrecht".to_owned(),
        sphinx_key: key_text(30),
        identity_key: secret.public_key().to_string(),
        version: "0.1.0".to_owned(),
        noise_key: Some(key_text(31)),
    };
    let (pledge, owner) = (vec![coin(100_000_000, "unym")], address(GATEWAY_OPERATOR));
    let sign = |bytes: &[u8]| secret.sign(bytes).to_bytes();
    let signed = SignedBonding::sign(GatewayBonding { gateway }, pledge, &owner, 0, CONTRACT, CHAIN_ID, sign).unwrap();
    json!({ "gateway": signed.data.gateway, "owner_signature": signed.signature })
}

/// Arguments of `update_node_keys` for the first node, once it is bonded.
fn node_keys() -> serde_json::Value {
    let secret = secret(1);
    let keys = NodeKeys { period: 1, sphinx_key: key_text(40), noise_key: key_text(41) };
    let (identity, owner) = (secret.public_key().to_string(), address(FIRST_OPERATOR));
    let sign = |bytes: &[u8]| secret.sign(bytes).to_bytes();
    let signed = SignedKeys::sign(&identity, keys.clone(), &owner, 1, CONTRACT, CHAIN_ID, sign);
    json!({
        "period": keys.period,
        "sphinx_key": keys.sphinx_key,
        "noise_key": keys.noise_key,
        "signature": signed.signature,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_in_the_tree_is_what_the_generator_makes_of_the_schema() {
    let folder = folder().await;

    let (success, output) = node(folder, &["generate.mjs", "--check"]).await;

    assert!(success, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_and_every_message_runs_on_the_chain_and_its_seeds_draw_the_set() {
    let folder = folder().await;
    let (success, output) = node(folder, &["node_modules/typescript/bin/tsc", "--noEmit", "--strict"]).await;
    assert!(success, "{output}");
    let (success, output) = node(folder, &["node_modules/typescript/bin/tsc"]).await;
    assert!(success, "{output}");
    let _turn = nym_tests::turn().await;
    let home = tempfile::tempdir().unwrap();
    let accounts = (0..ACCOUNTS).map(|account| GenesisAccount {
        address: address(account),
        coins: "10000000000000unym,1000000000000unyx".to_owned(),
    });
    let config = Config {
        home: home.path().join("chain"),
        chain_id: CHAIN_ID.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        block_time: BlockTime::Every(Duration::from_millis(100)),
        ..Config::default()
    };
    let chain = Devchain::start(config, Genesis { accounts: accounts.collect() }).await.unwrap();
    let input = json!({
        "rpc": chain.rpc_url(),
        "mnemonic": MNEMONIC,
        "wasm": nym_tests::contract().unwrap(),
        "schema": nym_tests::in_checkout("schema/mixnet.json").unwrap(),
        "contract": CONTRACT,
        "mixnodes": [mixnode(0), mixnode(1), mixnode(2)],
        "gateway": gateway(),
        "nodeKeys": node_keys(),
    });
    let file = home.path().join("input.json");
    std::fs::write(&file, input.to_string()).unwrap();

    let session = ["dist/test/session.js", file.to_str().unwrap()];
    let (success, output) = tokio::time::timeout(PATIENCE, node(folder, &session)).await.expect("it does not end");

    assert!(success, "{output}");
    assert!(output.ends_with("every query answered, every message sent\n"), "{output}");
    let network = home.path().join("network.toml");
    nym_tests::network_file(CHAIN_ID, CONTRACT, chain.rpc_url()).save(&network).unwrap();
    assert!(nym_tests::is_draw_verified(&network).unwrap(), "nobody can tell that the group's seed has drawn the set");
    chain.shutdown().await;
}
