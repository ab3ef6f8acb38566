//! Against a real chain: the one that `NYM_TEST_RPC` names (addresses, comma between them), with the documented test account
//! or the one of `NYM_TEST_MNEMONIC_FILE`, which has coins of both denoms; or else an embedded one.

use std::{collections::HashSet, time::Duration};

use nym_chain_client::{ChainClient, ChainConfig, ChainError, Coin, ErrorKind, Fee, SendOptions, Tx, Wallet};
use nym_devchain::{BlockTime, Config, Devchain, Genesis, GenesisAccount};

/// An embedded chain and its folder; ends with the test.
type Embedded = Option<(Devchain, tempfile::TempDir)>;

async fn chain() -> (ChainClient, Wallet, Embedded) {
    let (endpoints, mnemonic): (Vec<String>, String) = match std::env::var("NYM_TEST_RPC") {
        Ok(endpoints) => {
            let named = std::env::var("NYM_TEST_MNEMONIC_FILE").map(|file| std::fs::read_to_string(file).unwrap());
            let mnemonic = named.unwrap_or_else(|_| crate::delivery::MNEMONIC.to_owned());
            (endpoints.split(',').map(str::to_owned).collect(), mnemonic)
        }
        Err(_) => {
            let (client, mnemonic, chain) = embedded().await;
            return (client, Wallet::from_mnemonic(&mnemonic, "n").unwrap(), Some(chain));
        }
    };
    let config = ChainConfig::new(endpoints, None, "n", "0.025unyx".parse().unwrap());
    let client = ChainClient::connect(config).await.unwrap();
    (client, Wallet::from_mnemonic(&mnemonic, "n").unwrap(), None)
}

/// An embedded chain whatever the environment says, and the mnemonic of an account with 10^15 of both denoms on it.
pub async fn embedded() -> (ChainClient, String, (Devchain, tempfile::TempDir)) {
    let mnemonic = Wallet::generate_mnemonic(&mut rand::thread_rng()).to_string();
    let address = Wallet::from_mnemonic(&mnemonic, "n").unwrap().address().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        home: folder.path().to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        block_time: BlockTime::Every(Duration::from_millis(100)),
        minimum_gas_prices: "0.025unyx".into(),
        ..Config::default()
    };
    let rich = GenesisAccount { address, coins: "1000000000000000unym,1000000000000000unyx".into() };
    let chain = Devchain::start(config, Genesis { accounts: vec![rich] }).await.unwrap();
    let config = ChainConfig::new(vec![chain.rpc_url()], None, "n", "0.025unyx".parse().unwrap());
    (ChainClient::connect(config).await.unwrap(), mnemonic, (chain, folder))
}

fn fresh_address() -> String {
    let phrase = Wallet::generate_mnemonic(&mut rand::thread_rng());
    Wallet::from_mnemonic(&phrase, "n").unwrap().address().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_of_one_account_send_each_exactly_once() {
    const TASKS: u128 = 24;
    let (client, wallet, _embedded) = chain().await;
    let account = client.account(wallet);
    let to = fresh_address();

    let sends = (0..TASKS).map(|n| {
        let (account, to) = (account.clone(), to.clone());
        tokio::spawn(async move { account.send(&Tx::send(to, vec![Coin::new(1 + n, "unym")])).await })
    });
    let mut hashes = HashSet::new();
    for send in sends.collect::<Vec<_>>() {
        hashes.insert(send.await.unwrap().unwrap().hash);
    }

    assert_eq!(hashes.len() as u128, TASKS);
    assert_eq!(client.balance(&to, "unym").await.unwrap(), Coin::new(TASKS * (TASKS + 1) / 2, "unym"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_accounts_objects_with_one_key_share_the_chain_without_loss() {
    let (client, wallet, _embedded) = chain().await;
    let to = fresh_address();

    // Two processes with the same key: each believes that the sequence is its own.
    let sends = (0..8).map(|n| {
        let (account, to) = (client.account(wallet.clone()), to.clone());
        tokio::spawn(async move { account.send(&Tx::send(to, vec![Coin::new(1u128 << n, "unym")])).await })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap().unwrap();
    }

    assert_eq!(client.balance(&to, "unym").await.unwrap(), Coin::new(255u128, "unym"));
}

#[tokio::test]
async fn refusals_of_the_chain_have_their_kind() {
    let (client, wallet, _embedded) = chain().await;
    let account = client.account(wallet);
    let to = fresh_address();
    let kind = |error: Result<_, ChainError>| error.map(|_: nym_chain_client::TxOutcome| ()).unwrap_err().kind();

    let too_much = Tx::send(&to, vec![Coin::new(u128::MAX, "unym")]);
    assert_eq!(kind(account.send(&too_much).await), ErrorKind::InsufficientFunds);

    let one = Tx::send(&to, vec![Coin::new(1u128, "unym")]);
    let with = |gas_limit, fee: u128| SendOptions {
        fee: Some(Fee { gas_limit, amount: Coin::new(fee, "unyx") }),
        ..SendOptions::default()
    };
    assert_eq!(kind(account.send_with(&one, &with(200_000, 1)).await), ErrorKind::FeeTooLow);
    assert_eq!(kind(account.send_with(&one, &with(60_000, 5_000)).await), ErrorKind::OutOfGas);

    let nobody = Wallet::from_mnemonic(&Wallet::generate_mnemonic(&mut rand::thread_rng()), "n").unwrap();
    assert_eq!(kind(client.account(nobody).send(&one).await), ErrorKind::UnknownAccount);

    let missing = client.contract_info(&to).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    let missing = client.smart_query(&to, b"{}".to_vec(), None).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    let missing = client.code_info(1_000_000).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");

    // The account still works, with the right sequence.
    account.send(&one).await.unwrap();
}

#[tokio::test]
async fn balances_are_read_at_a_past_height() {
    let (client, wallet, _embedded) = chain().await;
    let account = client.account(wallet);
    let to = fresh_address();
    let first = account.send(&Tx::send(&to, vec![Coin::new(3u128, "unym")])).await.unwrap();
    let second = account.send(&Tx::send(&to, vec![Coin::new(4u128, "unym")])).await.unwrap();
    client.wait_for_height(second.height + 1, Duration::from_secs(20)).await.unwrap();

    assert_eq!(client.balance_at(&to, "unym", Some(first.height)).await.unwrap().amount.to_string(), "3");
    assert_eq!(client.balance_at(&to, "unym", Some(second.height)).await.unwrap().amount.to_string(), "7");
    let future = client.balance_at(&to, "unym", Some(second.height + 1_000_000)).await.unwrap_err();
    assert_eq!(future.kind(), ErrorKind::HeightUnavailable, "{future}");
    let block = client.block(Some(first.height)).await.unwrap();
    assert!(block.tx_hashes.contains(&first.hash));
}
