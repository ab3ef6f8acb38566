//! What `nym-cli` says and does where nodes earn: a network of three mix nodes and a gateway whose first epoch is turned over,
//! reported and paid by its commands, with a contract whose address was known before it was created.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use cosmwasm_std::{coin, Decimal, Uint256};
use nym_chain_client::{ChainClient, ChainConfig, Contract, MixnetMessages, MixnetQueries, SignedBonding, Tx, Wallet};
use nym_contract_types::{
    mixnet::{Gateway, GatewayBonding, InstantiateMsg, MixNode, MixNodeCostParams, MixnodeBonding},
    Percent,
};
use nym_devchain::{BlockTime, Config, Devchain, Genesis, GenesisAccount};
use serde_json::Value;

use crate::session::{address, contract_code, key_text, secret, ALICE, BOB};

const CHAIN_ID: &str = "nym-rewards-1";
const CAROL: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const DAVE: &str = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above";
/// Bonds the mix nodes 1 to 3.
const OPERATORS: [&str; 3] = [ALICE, BOB, CAROL];

/// Runs a command in the folder.
fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nym-cli"));
    command.current_dir(folder).env_remove("NYM_NETWORK").args(args).args(["--output", "json"]).output().unwrap()
}

/// Runs a command that succeeds; its `data`.
#[track_caller]
fn cli(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["data"].take()
}

/// The same, signed by Alice, Bob, … and sent.
#[track_caller]
fn send(folder: &Path, who: &str, args: &[&str]) -> Value {
    let file = format!("{who}.mnemonic");
    cli(folder, &[args, &["--mnemonic-file", file.as_str(), "--yes"][..]].concat())
}

/// Why the first mix node is not healthy.
#[track_caller]
fn unhealthy(folder: &Path) -> String {
    let output = run(folder, &["mixnode", "doctor", "--node-file", "node-1.json"]);
    assert_eq!(output.status.code(), Some(1));
    let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
    failure["error"]["causes"][0].as_str().unwrap().to_owned()
}

fn effects(data: &Value) -> Vec<&str> {
    data["effects"].as_array().unwrap().iter().map(|effect| effect.as_str().unwrap()).collect()
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn mixnode_bonding(number: u8, owner: &str, contract: &str, mix_port: u16) -> SignedBonding<MixnodeBonding> {
    let mix_node = MixNode {
        host: "127.0.0.1".into(),
        mix_port,
        verloc_port: 0,
        http_api_port: 0,
        sphinx_key: key_text(10 + number),
        identity_key: secret(number).public_key().to_string(),
        version: "0.1.0".into(),
        noise_key: Some(key_text(20 + number)),
    };
    let cost_params = MixNodeCostParams {
        profit_margin_percent: Percent::from_percentage(10).unwrap(),
        interval_operating_cost: coin(40_000_000, "unym"),
    };
    let data = MixnodeBonding { mix_node, cost_params };
    let sign = |bytes: &[u8]| secret(number).sign(bytes).to_bytes();
    SignedBonding::sign(data, vec![coin(100_000_000, "unym")], owner, 0, contract, CHAIN_ID, sign).unwrap()
}

fn gateway_bonding(owner: &str, contract: &str, mix_port: u16, clients_port: u16) -> SignedBonding<GatewayBonding> {
    let gateway = Gateway {
        host: "127.0.0.1".into(),
        mix_port,
        clients_port,
        location: "Utrecht".into(),
        sphinx_key: key_text(9),
        identity_key: secret(9).public_key().to_string(),
        version: "0.1.0".into(),
        noise_key: Some(key_text(19)),
    };
    let sign = |bytes: &[u8]| secret(9).sign(bytes).to_bytes();
    let pledge = vec![coin(100_000_000, "unym")];
    SignedBonding::sign(GatewayBonding { gateway }, pledge, owner, 0, contract, CHAIN_ID, sign).unwrap()
}

/// Waits for the block in which the current epoch is over.
async fn end_of_epoch(client: &ChainClient, mixnet: &Contract<ChainClient>) {
    loop {
        let status = mixnet.epoch_status().await.unwrap();
        if status.current_blocktime >= status.ends_at {
            return;
        }
        let height = client.height().await.unwrap();
        client.wait_for_height(height + 1, Duration::from_secs(20)).await.unwrap();
    }
}

fn write_files(folder: &Path, rpc: &str, contract: &str) {
    let names = ["alice", "bob", "carol", "dave"];
    for (name, mnemonic) in names.into_iter().zip([ALICE, BOB, CAROL, DAVE]) {
        fs::write(folder.join(format!("{name}.mnemonic")), mnemonic).unwrap();
    }
    // Three seats, and a supply so small that rewards are many units.
    let mut instantiate = InstantiateMsg::local("unym", 1, vec![address(ALICE)]);
    let params = &mut instantiate.initial_rewarding_params;
    params.initial_reward_pool = 250_000_000_000u128.into();
    params.initial_staking_supply = 1_000_000_000u128.into();
    (params.rewarded_set_size, params.active_set_size) = (3, 3);
    // The only monitor reports by hand: it gets the time.
    instantiate.epochs.report_grace = 600;
    // The interval that begins with the second epoch is paid by ranges that are set in the first.
    instantiate.epochs.epochs_in_interval = 2;
    fs::write(folder.join("instantiate.json"), serde_json::to_string(&instantiate).unwrap()).unwrap();
    let network = format!(
        "chain_id = \"{CHAIN_ID}\"\naddress_prefix = \"n\"\ngas_price = \"0.025\"\nallow_loopback = true\n\
         [denoms]\nstake = \"unym\"\nfee = \"unyx\"\n[contracts]\nmixnet = \"{contract}\"\n\
         [rpc]\nendpoints = [\"{rpc}\"]\n[topology]\nthreshold = 1\n"
    );
    fs::write(folder.join("network.toml"), network).unwrap();
}

/// The estimates of the contract itself: operator and, of Bob, delegator, with 18 digits.
async fn estimates_of_the_contract(mixnet: &Contract<ChainClient>, mix_id: u32, performance: &str) -> [Decimal; 2] {
    let performance: Percent = performance.parse().unwrap();
    let operator = mixnet.estimated_operator_reward(mix_id, performance).await.unwrap();
    let delegator = mixnet.estimated_delegator_reward(&address(BOB), mix_id, performance).await.unwrap();
    [operator, delegator].map(|reply| reply.detailed_estimation_amount.unwrap())
}

#[test]
fn nodes_that_earn_are_estimated_paid_and_healthy() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path();
    let coins = "1000000000000unym,1000000000000unyx";
    let accounts = [ALICE, BOB, CAROL, DAVE].map(|who| GenesisAccount { address: address(who), coins: coins.into() });
    let config = Config {
        home: files.join("chain"),
        chain_id: CHAIN_ID.into(),
        listen: ([127, 0, 0, 1], 0).into(),
        block_time: BlockTime::Every(Duration::from_millis(100)),
        ..Config::default()
    };
    let chain = runtime.block_on(Devchain::start(config, Genesis { accounts: accounts.into() })).unwrap();
    let rpc = chain.rpc_url();
    let config = ChainConfig::new(vec![rpc.clone()], None, "n", "0.025unyx".parse().unwrap());
    let client = runtime.block_on(ChainClient::connect(config)).unwrap();
    let account = |who: &str| client.account(Wallet::from_mnemonic(who, "n").unwrap());
    let act = async |who: &str, tx: Tx| account(who).send(&tx).await.unwrap().into_result().unwrap();

    // The network file names a contract that is not there yet.
    let code_id = runtime.block_on(act(ALICE, Tx::store_code(&contract_code()))).code_id().unwrap().to_string();
    let (alice, bob) = (address(ALICE), address(BOB));
    let salted = ["--code-id", code_id.as_str(), "--salt", "mixnet"];
    let foresee = ["contract", "address", "--rpc", rpc.as_str(), "--address", alice.as_str()];
    let contract = cli(files, &[&foresee[..], &salted[..]].concat())["contract"].as_str().unwrap().to_owned();
    write_files(files, &rpc, &contract);
    let create = ["contract", "instantiate", "--label", "mixnet", "--msg-file", "instantiate.json"];
    let create = [&create[..], &["--funds", "250000000000unym"][..], &salted[..]].concat();
    assert_eq!(send(files, "alice", &create)["contract"], contract.as_str());
    let mixnet = client.contract(contract.clone());

    // Bonded at ports at which something listens.
    let (listeners, ports): (Vec<_>, Vec<_>) = (0..5).map(|_| listener()).unzip();
    runtime.block_on(async {
        let bonds = (1..).zip(OPERATORS).zip(&ports).map(|((number, who), port)| {
            let bonding = mixnode_bonding(number, &address(who), &contract, *port);
            fs::write(files.join(format!("node-{number}.json")), serde_json::to_string(&bonding).unwrap()).unwrap();
            (who, mixnet.bond_mixnode(&bonding).unwrap())
        });
        // One after the other, for their numbers.
        for (who, tx) in bonds {
            act(who, tx).await;
        }
        let bonding = gateway_bonding(&address(DAVE), &contract, ports[3], ports[4]);
        fs::write(files.join("gateway.json"), serde_json::to_string(&bonding).unwrap()).unwrap();
        act(DAVE, mixnet.bond_gateway(&bonding).unwrap()).await;
        act(BOB, mixnet.delegate(1, coin(50_000_000, "unym")).unwrap()).await;
    });

    // Both kinds of nodes are what their machines announce, and reached.
    for (noun, file) in [("mixnode", "node-1.json"), ("gateway", "gateway.json")] {
        let findings = cli(files, &[noun, "doctor", "--node-file", file]);
        let findings = findings.as_array().unwrap();
        assert!(findings.len() > 7 && findings.iter().all(|finding| finding["ok"] == true), "{findings:?}");
    }

    // All nodes announced less.
    let margins = ["--least-margin", "0.2", "--largest-margin", "0.5"];
    let costs = ["--least-cost", "50000000unym", "--largest-cost", "60000000unym"];
    send(files, "alice", &[&["params", "set-ranges"][..], &margins[..], &costs[..]].concat());
    let said = "profit margin: rewards use 0.1 in this interval and 0.2 from the next one on; the node announced 0.1 \
                (and 1 more)";
    assert_eq!(unhealthy(files), said);

    send(files, "alice", &["epoch", "advance"]);
    assert_eq!(cli(files, &["epoch", "nodes"]).as_array().unwrap().len(), 3);
    runtime.block_on(end_of_epoch(&client, &mixnet));
    let scores = ["epoch", "report", "--score", "1=0.9", "--score", "2=1", "--score", "3=0.5"];
    send(files, "alice", &scores);
    assert_eq!(cli(files, &["monitor", "list"])[0]["reported"], true);
    assert_eq!(cli(files, &["monitor", "reports", "--address", &alice])[0]["performance"], "0.9");
    send(files, "alice", &["epoch", "advance"]);
    assert_eq!(cli(files, &["epoch", "show"])["epoch"], 2);

    let said = "profit margin: rewards use 0.2, in this interval already; the node announced 0.1 (and 1 more)";
    assert_eq!(unhealthy(files), said);

    // What is computed here is what the contract computes, to the last digit, with the known performance and another, by the ranges.
    let ranges = runtime.block_on(mixnet.rewarding_params()).unwrap().interval;
    assert_eq!(ranges.profit_margin.unwrap().minimum, Percent::from_percentage(20).unwrap());
    let with: [(&str, &[&str]); 2] = [("0.9", &[]), ("0.3333", &["--performance", "0.3333"])];
    let estimate = ["reward", "estimate", "--mix-id", "1"];
    for (performance, flag) in with {
        let args = [&estimate[..], &["--address", bob.as_str()][..], flag].concat();
        let estimate = cli(files, &args);
        let [operator, delegator] = runtime.block_on(estimates_of_the_contract(&mixnet, 1, performance));
        assert!(!operator.is_zero() && !delegator.is_zero());
        assert_eq!(estimate["performance"], performance);
        assert_eq!(estimate["operator_detailed"], operator.to_string());
        assert_eq!(estimate["delegation_detailed"], delegator.to_string());
        assert_eq!(estimate["delegation"]["amount"], delegator.to_uint_floor().to_string());
        // Bob is the only delegator.
        assert_eq!(estimate["delegators"], estimate["delegation"]);
    }
    let standby = cli(files, &[&estimate[..], &["--seat", "standby"][..]].concat());
    assert_eq!(standby["seat"], "standby");
    let amount = |value: &Value| value["amount"].as_str().unwrap().parse::<Uint256>().unwrap();
    let active = cli(files, &estimate);
    assert!(amount(&standby["operator"]) < amount(&active["operator"]), "{standby}");

    // Bob's node and Bob's delegation have earned; the effect names what is paid, and just that is paid.
    let rows = cli(files, &["reward", "show", "--address", &bob]);
    let earned: Vec<_> = rows.as_array().unwrap().iter().map(|row| amount(&row["earned"])).collect();
    assert!(earned.len() == 2 && earned.iter().all(|earned| !earned.is_zero()), "{rows}");
    let all: Uint256 = earned.iter().sum();
    let claim = ["reward", "claim", "--all"];
    let tried = cli(files, &[&claim[..], &["--mnemonic-file", "bob.mnemonic", "--dry-run"][..]].concat());
    assert!(effects(&tried).contains(&format!("pays {all}unym out, as it stands now").as_str()), "{tried}");
    let before = runtime.block_on(client.balance(&bob, "unym")).unwrap().amount;
    let paid = send(files, "bob", &claim);
    assert_eq!(amount(&paid["paid"]), all);
    assert_eq!(paid["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(runtime.block_on(client.balance(&bob, "unym")).unwrap().amount, before + all);

    // What unbonding would pay: pledge and rewards.
    let earned = amount(&cli(files, &["reward", "show", "--address", &alice])[0]["earned"]);
    let tried = cli(files, &["mixnode", "unbond", "--mnemonic-file", "alice.mnemonic", "--dry-run"]);
    let pays = format!("100000000unym of pledge and {earned}unym of rewards");
    assert!(!earned.is_zero() && effects(&tried).iter().any(|effect| effect.ends_with(&pays)), "{tried}");
    assert_eq!(cli(files, &["reward", "solvency"])["solvency"]["solvent"], true);

    // A node that has announced what is allowed is healthy before the interval ends.
    let costs = ["mixnode", "update-costs", "--profit-margin", "0.25", "--operating-cost", "55000000unym"];
    send(files, "alice", &costs);
    let findings = cli(files, &["mixnode", "doctor", "--node-file", "node-1.json"]);
    let cost = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "operating cost").unwrap();
    let said = "rewards use 50000000unym in this interval and 55000000unym from the next one on; the node announced \
                55000000unym";
    assert_eq!(cost["detail"], said);
    drop(listeners);
    runtime.block_on(chain.shutdown());
}
