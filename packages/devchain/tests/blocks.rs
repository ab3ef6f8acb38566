//! Blocks as light clients see them, and subscriptions.

use crate::support::{send, Net, Wallet};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tendermint_rpc::event::EventData;
use tendermint_rpc::query::{EventType, Query};
use tendermint_rpc::{Client as _, Order, Paging, SubscriptionClient as _, WebSocketClient};

#[tokio::test]
async fn blocks_are_hashed_linked_and_signed() {
    let net = Net::start().await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    for _ in 0..3 {
        client.run(&alice, send(&alice, &bob, 1), 100_000).await;
    }
    let validators = client.rpc.validators(1u32, Paging::All).await.unwrap().validators;
    let key = validators[0].pub_key;

    for height in 2u32..=4 {
        let found = client.rpc.block(height).await.unwrap();
        let header = &found.block.header;
        assert_eq!(header.hash(), found.block_id.hash);
        let before = client.rpc.block(height - 1).await.unwrap();
        assert_eq!(header.last_block_id, Some(before.block_id));
        assert!(header.time > before.block.header.time);
        assert_eq!(
            header.validators_hash,
            cosmrs::tendermint::validator::Set::without_proposer(validators.clone()).hash()
        );

        let commit = client.rpc.commit(height).await.unwrap().signed_header;
        assert_eq!(commit.commit.block_id, found.block_id);
        let vote = cosmrs::tendermint::block::CommitSig::clone(&commit.commit.signatures[0]);
        let cosmrs::tendermint::block::CommitSig::BlockIdFlagCommit { validator_address, timestamp, signature } = vote
        else {
            panic!("the validator signs every block");
        };
        let vote = cosmrs::tendermint::Vote {
            vote_type: cosmrs::tendermint::vote::Type::Precommit,
            height: commit.commit.height,
            round: commit.commit.round,
            block_id: Some(commit.commit.block_id),
            timestamp: Some(timestamp),
            validator_address,
            validator_index: 0u32.try_into().unwrap(),
            signature: signature.clone(),
            extension: Vec::new(),
            extension_signature: None,
        };
        let message = vote.into_signable_vec(header.chain_id.clone());
        let bytes: [u8; 64] = signature.unwrap().as_bytes().try_into().unwrap();
        let key: [u8; 32] = key.to_bytes().try_into().unwrap();
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
        key.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&bytes)).unwrap();
    }
    net.chain.shutdown().await;
}

#[tokio::test]
async fn subscribers_hear_of_blocks_and_of_their_transactions() {
    let net = Net::start().await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    let (socket, driver) = WebSocketClient::new(net.chain.websocket_url().as_str()).await.unwrap();
    let driving = tokio::spawn(driver.run());
    let mut blocks = socket.subscribe(EventType::NewBlock.into()).await.unwrap();
    let to_bob = Query::from(EventType::Tx).and_eq("transfer.recipient", bob.address.clone());
    let mut payments = socket.subscribe(to_bob).await.unwrap();

    client.run(&bob, send(&bob, &alice, 1), 100_000).await;
    let paid = client.run(&alice, send(&alice, &bob, 2), 100_000).await;

    let first = blocks.next().await.unwrap().unwrap();
    assert!(matches!(first.data, EventData::NewBlock { .. }), "{first:?}");
    let payment = payments.next().await.unwrap().unwrap();
    let EventData::Tx { tx_result } = payment.data else {
        panic!("{payment:?}");
    };
    assert_eq!(tx_result.height, paid.height.value() as i64);
    assert_eq!(Sha256::digest(&tx_result.tx).as_slice(), paid.hash.as_bytes());
    assert_eq!(payment.events.unwrap()["tx.hash"], [paid.hash.to_string()]);
    socket.close().unwrap();
    driving.await.unwrap().unwrap();
    net.chain.shutdown().await;
}

#[tokio::test]
async fn transactions_are_found_by_their_events_page_by_page() {
    let net = Net::start().await;
    let (client, alice, bob) = (&net.client, Wallet::new(0), Wallet::new(1));
    let mut heights = Vec::new();
    for i in 1..=7 {
        heights.push(client.run(&alice, send(&alice, &bob, i), 100_000).await.height);
    }
    let query = Query::eq("transfer.recipient", bob.address.clone());

    let page = client.rpc.tx_search(query.clone(), false, 2, 3, Order::Ascending).await.unwrap();
    assert_eq!(page.total_count, 7);
    let found: Vec<_> = page.txs.iter().map(|t| t.height).collect();
    assert_eq!(found, heights[3..6]);

    let newest = client.rpc.tx_search(query.clone(), false, 1, 1, Order::Descending).await.unwrap();
    assert_eq!(newest.txs[0].height, heights[6]);

    let beyond = client.rpc.tx_search(query, false, 9, 3, Order::Ascending).await.unwrap_err();
    assert!(beyond.to_string().contains("page should be within [1, 3]"), "{beyond}");
    net.chain.shutdown().await;
}
