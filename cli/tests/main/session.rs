//! `docs/cli-output.md`, run against a chain with the real contract: from storing its code to unbonding.
//!
//! The document's commands are run in a folder that holds what it mentions. `TRYCMD=overwrite` writes
//! what the commands say back into the document.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use cosmwasm_std::{coin, Binary, BLS12_381_G2_GENERATOR};
use nym_chain_client::{ChainClient, ChainConfig, MixnetQueries, SignedBonding, SignedKeys, Wallet};
use nym_contract_types::{
    mixnet::{
        BeaconKey, BeaconMember, Gateway, GatewayBonding, InstantiateMsg, MixNode, MixNodeCostParams, MixnodeBonding,
        NodeKeys,
    },
    Percent,
};
use nym_devchain::{BlockTime, Config, Devchain, Genesis, GenesisAccount};
use nym_keys::{identity, x25519};

const CHAIN_ID: &str = "nym-docs-1";
pub(crate) const ALICE: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art";
pub(crate) const BOB: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";
/// The first contract of every chain of this prefix.
const CONTRACT: &str = "n14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sjyvg3g";

pub(crate) fn address(mnemonic: &str) -> String {
    Wallet::from_mnemonic(mnemonic, "n").unwrap().address().to_owned()
}

/// The contract as the chain gets it.
pub(crate) fn contract_code() -> Vec<u8> {
    let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../scripts/build-contracts");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(Path::new(String::from_utf8(output.stdout).unwrap().trim()).join("mixnet.wasm")).unwrap()
}

/// Any 32 bytes are an X25519 key.
pub(crate) fn key_text(byte: u8) -> String {
    x25519::PublicKey::from_bytes(&[byte; 32]).unwrap().to_string()
}

pub(crate) fn secret(byte: u8) -> identity::SecretKey {
    identity::SecretKey::from_secret_bytes(&[byte; 32]).unwrap()
}

fn mixnode_bonding() -> SignedBonding<MixnodeBonding> {
    let mix_node = MixNode {
        host: "127.0.0.1".into(),
        mix_port: 1789,
        verloc_port: 0,
        http_api_port: 0,
        sphinx_key: key_text(3),
        identity_key: secret(1).public_key().to_string(),
        version: "0.1.0".into(),
        noise_key: Some(key_text(4)),
    };
    let cost_params = MixNodeCostParams {
        profit_margin_percent: Percent::from_percentage(10).unwrap(),
        interval_operating_cost: coin(40_000_000, "unym"),
    };
    let data = MixnodeBonding { mix_node, cost_params };
    let pledge = vec![coin(100_000_000, "unym")];
    SignedBonding::sign(data, pledge, &address(ALICE), 0, CONTRACT, CHAIN_ID, |bytes| secret(1).sign(bytes).to_bytes())
        .unwrap()
}

fn gateway_bonding() -> SignedBonding<GatewayBonding> {
    let gateway = Gateway {
        host: "127.0.0.1".into(),
        mix_port: 1790,
        clients_port: 9000,
        location: "Utrecht".into(),
        sphinx_key: key_text(5),
        identity_key: secret(2).public_key().to_string(),
        version: "0.1.0".into(),
        noise_key: Some(key_text(6)),
    };
    let pledge = vec![coin(100_000_000, "unym")];
    let sign = |bytes: &[u8]| secret(2).sign(bytes).to_bytes();
    SignedBonding::sign(GatewayBonding { gateway }, pledge, &address(BOB), 0, CONTRACT, CHAIN_ID, sign).unwrap()
}

fn write_files(folder: &Path, rpc: &str) {
    let write = |name: &str, content: String| {
        fs::write(folder.join(name), content).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("alice.mnemonic", format!("{ALICE}\n"));
    write("bob.mnemonic", format!("{BOB}\n"));
    write("short.mnemonic", "zoo wrong\n".into());
    write("passphrase", "correct horse battery staple\n".into());
    write("mixnode-bonding.json", serde_json::to_string_pretty(&mixnode_bonding()).unwrap());
    write("gateway-bonding.json", serde_json::to_string_pretty(&gateway_bonding()).unwrap());
    let keys = NodeKeys { period: 1, sphinx_key: key_text(7), noise_key: key_text(8) };
    let (identity, owner) = (secret(1).public_key().to_string(), address(ALICE));
    let sign = |bytes: &[u8]| secret(1).sign(bytes).to_bytes();
    let keys = SignedKeys::sign(&identity, keys, &owner, 1, CONTRACT, CHAIN_ID, sign);
    write("mixnode-keys.json", serde_json::to_string_pretty(&keys).unwrap());
    let tampered = SignedBonding { funds: vec![coin(1, "unym")], ..mixnode_bonding() };
    write("tampered-bonding.json", serde_json::to_string_pretty(&tampered).unwrap());
    let mut instantiate = InstantiateMsg::local("unym", 86_400, vec![]);
    instantiate.epochs.key_period = 24;
    instantiate.initial_rewarding_params.initial_reward_pool = 250_000_000_000u128.into();
    write("instantiate.json", serde_json::to_string_pretty(&instantiate).unwrap());
    write("rewarding.json", "{\"rewarded_set_size\":120}\n".into());
    // Any point of the group that is not the identity is a key.
    let key = Binary::new(BLS12_381_G2_GENERATOR.to_vec());
    let members = vec![BeaconMember { account: address(ALICE), index: 1, key: key.clone() }];
    let key = BeaconKey { key, threshold: 1, members };
    write("beacon-key.json", serde_json::to_string_pretty(&key).unwrap());
    fs::write(folder.join("mixnet.wasm"), contract_code()).unwrap();
    write(
        "network.toml",
        format!(
            "chain_id = \"{CHAIN_ID}\"\naddress_prefix = \"n\"\ngas_price = \"0.025\"\nallow_loopback = true\n\
             [denoms]\nstake = \"unym\"\nfee = \"unyx\"\n[contracts]\nmixnet = \"{CONTRACT}\"\n\
             [rpc]\nendpoints = [\"{rpc}\"]\n[topology]\nthreshold = 1\n"
        ),
    );
}

#[test]
fn the_documented_session_does_what_the_document_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let coins = "1000000000000unym,1000000000000unyx";
    let accounts = [ALICE, BOB].map(|mnemonic| GenesisAccount { address: address(mnemonic), coins: coins.into() });
    let config = Config {
        home: folder.path().join("chain"),
        chain_id: CHAIN_ID.into(),
        listen: ([127, 0, 0, 1], 0).into(),
        block_time: BlockTime::Every(Duration::from_millis(100)),
        ..Config::default()
    };
    let chain = runtime.block_on(Devchain::start(config, Genesis { accounts: accounts.into() })).unwrap();
    let files = folder.path().join("cli-output.in");
    fs::create_dir(&files).unwrap();
    write_files(&files, &chain.rpc_url());

    let document = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../docs/cli-output.md");
    let copy: PathBuf = folder.path().join("cli-output.md");
    fs::copy(&document, &copy).unwrap();
    let cases = trycmd::TestCases::new();
    cases.env("NYM_CLI_HOME", folder.path().join("home").to_str().unwrap());
    cases.env("COLUMNS", "100");
    cases.case(&copy);
    cases.run();
    if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
        fs::copy(&copy, &document).unwrap();
    }

    // What the document said, the contract knows.
    let config = ChainConfig::new(vec![chain.rpc_url()], None, "n", "0.025unyx".parse().unwrap());
    runtime.block_on(async {
        let mixnet = ChainClient::connect(config).await.unwrap().contract(CONTRACT);
        assert_eq!(mixnet.owned_mixnode(&address(ALICE)).await.unwrap(), None);
        assert!(mixnet.unbonded_mixnode(1).await.unwrap().is_some());
        assert_eq!(mixnet.delegation(1, &address(BOB)).await.unwrap(), None);
        assert_eq!(mixnet.owned_gateway(&address(BOB)).await.unwrap(), None);
        assert_eq!(mixnet.signing_nonce(&address(ALICE)).await.unwrap(), 2);
        assert_eq!(mixnet.admin().await.unwrap().map(|owner| owner.into_string()), Some(address(BOB)));
        let pending = mixnet.pending_params().await.unwrap();
        assert_eq!((pending.active_set_size, pending.rewarding.rewarded_set_size), (Some(90), Some(120)));
        assert_eq!(mixnet.monitors().await.unwrap().monitors.len(), 1);
        chain.shutdown().await;
    });
}
