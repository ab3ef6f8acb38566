//! `NYM_TEST_RPC`: the end-to-end test on a chain that runs already, of which it is told the address and nothing else.

use nym_localnet::Process;
use std::process::Command;
use std::time::Duration;

/// The end-to-end test that is pointed at the chain.
const TEST: &str = "network::a_message_and_its_anonymous_reply_cross_bonded_nodes";

#[tokio::test]
async fn the_end_to_end_test_runs_on_the_chain_that_the_variable_names() {
    let _turn = nym_tests::turn().await;
    let dir = tempfile::tempdir().unwrap();
    let account = format!("{}=1000000000000000unym,1000000000000000unyx", nym_tests::ADDRESS);
    let home = dir.path().join("chain").display().to_string();
    let arguments = ["run", "--home", &home, "--listen", "127.0.0.1:0", "--chain-id", "another-chain-7"];
    let more = ["--address-prefix", "n", "--block-time", "500ms", "--gas-price", "0.025unyx", "--account", &account];
    let arguments = [&arguments[..], &more[..]].concat().into_iter().map(str::to_owned).collect();
    let program = nym_tests::program("devchain").unwrap();
    let mut chain = Process::start("devchain", &program, arguments, dir.path()).unwrap();
    // It says on a line of its own where it listens.
    let log = dir.path().join("devchain.log");
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let address = |said: &str| {
        let whole = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(str::trim).find(|line| line.starts_with("http://")).map(str::to_owned)
    };
    nym_tests::eventually("the chain says where it is", || async { address(&said()).is_some() }).await;
    let rpc = address(&said()).unwrap();
    let status = format!("{rpc}/status");
    nym_tests::eventually("the chain answers", || async { reqwest::get(&status).await.is_ok() }).await;
    let height = |text: String| -> u64 {
        let status: serde_json::Value = serde_json::from_str(&text).unwrap();
        status["result"]["sync_info"]["latest_block_height"].as_str().unwrap().parse().unwrap()
    };
    // Twice: networks share the chain and the account that pays for them.
    for _ in 0..2 {
        let before = height(reqwest::get(&status).await.unwrap().text().await.unwrap());

        // A process of its own: variables belong to a whole process.
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", TEST, "--nocapture"]).env("NYM_TEST_RPC", &rpc);
        test.env_remove("NYM_TEST_MNEMONIC_FILE");
        let output = tokio::task::spawn_blocking(move || test.output().unwrap()).await.unwrap();

        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("1 passed"), "{said}");
        assert!(said.contains("using the chain that runs already"), "{said}");
        chain.check().unwrap();
        // It has really been there: contract, bonds and the first epoch's end are transactions on this chain.
        let search = format!("{rpc}/tx_search?query=\"tx.height>{before}\"&per_page=1");
        let found: serde_json::Value = reqwest::get(&search).await.unwrap().json().await.unwrap();
        let transactions: u64 = found["result"]["total_count"].as_str().unwrap_or("0").parse().unwrap();
        assert!(transactions >= 10, "{found}");
    }
    chain.terminate();
    chain.reap(std::time::Instant::now() + Duration::from_secs(5));
}
