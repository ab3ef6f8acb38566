//! State: past heights, restarts, waiting transactions.

use crate::support::{send, Net, Wallet, FUNDS, PROBE};
use serde_json::json;
use tendermint_rpc::Client as _;

#[tokio::test]
async fn the_state_of_a_past_height_can_be_queried() {
    let net = Net::with(|config| config.history = 5).await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    let mut heights = Vec::new();
    for i in 0..8u128 {
        let done = client.run(&alice, send(&alice, &bob, 1), 100_000).await;
        heights.push((u32::try_from(done.height.value()).unwrap(), FUNDS + i + 1));
    }

    for (height, balance) in heights.iter().rev().take(5) {
        assert_eq!(client.balance(&bob.address, "unym", *height).await.unwrap(), *balance);
    }
    let (code, log) = client.balance(&bob.address, "unym", heights[0].0).await.unwrap_err();
    assert_eq!(code, 38, "{log}");
    let (code, log) = client.balance(&bob.address, "unym", heights[7].0 + 100).await.unwrap_err();
    assert_eq!(code, 26, "{log}");
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_history_without_end_forgets_nothing() {
    let net = Net::with(|config| config.history = u64::MAX).await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));

    let paid = client.run(&alice, send(&alice, &bob, 1), 100_000).await;

    let height = u32::try_from(paid.height.value()).unwrap();
    assert_eq!(client.balance(&bob.address, "unym", height - 1).await.unwrap(), FUNDS);
    assert_eq!(client.balance(&bob.address, "unym", height).await.unwrap(), FUNDS + 1);
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_chain_comes_back_as_it_was() {
    let net = Net::start().await;
    let (alice, bob) = (Wallet::new(0), Wallet::new(1));
    let code = net.client.upload(&alice, PROBE).await;
    let contract = net.client.instantiate(&alice, code).await;
    let put = json!({ "put": { "key": "a", "value": "1" } });
    net.client.execute(&alice, &contract, &put).await;
    let paid = net.client.run(&alice, send(&alice, &bob, 5), 100_000).await;
    let last = net.client.rpc.latest_block().await.unwrap();
    let account = net.client.account(&alice).await;

    let net = net.restart().await;

    let client = &net.client;
    assert_eq!(client.account(&alice).await, account);
    assert_eq!(client.balance(&bob.address, "unym", 0).await.unwrap(), FUNDS + 5);
    let before = u32::try_from(paid.height.value()).unwrap() - 1;
    assert_eq!(client.balance(&bob.address, "unym", before).await.unwrap(), FUNDS);
    let get = json!({ "get": { "key": "a" } });
    assert!(client.ask(&contract, &get, 0).await.unwrap().to_string().contains('1'));
    let again = client.rpc.block(last.block.header.height).await.unwrap();
    assert_eq!((again.block, again.block_id), (last.block.clone(), last.block_id));
    let found = client.rpc.tx(paid.hash, false).await.unwrap();
    assert_eq!(found.tx_result, paid.tx_result);

    let next = client.execute(&alice, &contract, &put).await;
    assert!(next.height > last.block.header.height);
    let block = client.rpc.block(last.block.header.height.increment()).await.unwrap();
    assert_eq!(block.block.header.last_block_id.unwrap(), last.block_id);
    net.chain.shutdown().await;
}

#[tokio::test]
async fn a_folder_keeps_to_the_name_of_its_chain() {
    let net = Net::start().await;
    net.chain.shutdown().await;
    let mut config = crate::support::config(net.home.path());
    config.chain_id = "another-1".to_owned();

    let refused = nym_devchain::Devchain::start(config, nym_devchain::Genesis::default()).await;

    let text = refused.unwrap_err().to_string();
    assert!(text.contains("test-1") && text.contains("another-1"), "{text}");
}

#[tokio::test]
async fn a_database_with_a_height_that_no_block_has_is_refused() {
    let net = Net::start().await;
    net.chain.shutdown().await;
    let database = redb::Database::open(net.home.path().join("chain.redb")).unwrap();
    let write = database.begin_write().unwrap();
    {
        let table: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("blocks");
        let mut blocks = write.open_table(table).unwrap();
        blocks.insert(u64::MAX, b"".as_slice()).unwrap();
    }
    write.commit().unwrap();
    drop(database);

    let config = crate::support::config(net.home.path());
    let refused = nym_devchain::Devchain::start(config, nym_devchain::Genesis::default()).await;

    let text = refused.unwrap_err().to_string();
    assert!(text.contains(&u64::MAX.to_string()) && text.contains(&i64::MAX.to_string()), "{text}");
}

#[tokio::test]
async fn many_transactions_of_one_account_fit_into_one_block() {
    let net = Net::with(|config| config.block_time = "500ms".parse().unwrap()).await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    let mut account = client.account(&alice).await;
    let mut hashes = Vec::new();
    for _ in 0..20 {
        let tx = alice.sign(&account, vec![send(&alice, &bob, 1)], 100_000);
        let accepted = client.rpc.broadcast_tx_sync(tx.clone()).await.unwrap();
        assert!(accepted.code.is_ok(), "{}", accepted.log);
        let again = client.rpc.broadcast_tx_sync(tx).await.unwrap_err();
        assert!(again.to_string().contains("already exists"), "{again}");
        hashes.push(accepted.hash);
        account.sequence += 1;
    }

    let done = client.run(&bob, send(&bob, &alice, 1), 100_000).await;

    assert!(done.tx_result.code.is_ok());
    for hash in hashes {
        assert!(client.rpc.tx(hash, false).await.unwrap().tx_result.code.is_ok());
    }
    assert_eq!(client.account(&alice).await.sequence, 20);
    net.chain.shutdown().await;
}

#[tokio::test]
async fn the_faucet_gives_what_it_is_set_to_and_only_when_it_is_on() {
    let net = Net::with(|config| config.faucet = "7unym,9unyx".to_owned()).await;
    let stranger = Wallet::new(77);
    let ask = |url: String, body: serde_json::Value| async move {
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let url = format!("{}/faucet/credit", net.client.url);

    let (status, text) = ask(url.clone(), json!({ "address": stranger.address, "denom": "unym" })).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(net.client.balance(&stranger.address, "unym", 0).await.unwrap(), 7);
    for wrong in [json!({}), json!({ "address": "n1" }), json!({ "address": stranger.address, "denom": "gold" })] {
        assert_eq!(ask(url.clone(), wrong).await.0, 400);
    }

    let off = Net::start().await;
    let (status, _) = ask(format!("{}/faucet/credit", off.client.url), json!({ "address": stranger.address })).await;
    assert_eq!(status, 404);
    net.chain.shutdown().await;
    off.chain.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_a_transaction_sees_what_it_did() {
    let net = Net::with(|config| config.block_time = "10ms".parse().unwrap()).await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    for i in 0..60 {
        let account = client.account(&alice).await;
        assert_eq!(account.sequence, i);
        let tx = alice.sign(&account, vec![send(&alice, &bob, 1)], 100_000);
        let sent = client.rpc.broadcast_tx_sync(tx).await.unwrap();
        assert!(sent.code.is_ok(), "{}", sent.log);
        while client.rpc.tx(sent.hash, false).await.is_err() {}
    }
    net.chain.shutdown().await;
}
