//! A transaction happens once, whatever the chain's endpoints do.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use nym_chain_client::{
    Account, ChainClient, ChainConfig, ChainError, Coin, ErrorKind, SendOptions, SignedTx, Tx, Wallet,
};
use rand::{rngs::StdRng, Rng, SeedableRng};
use tokio::net::TcpSocket;

use crate::fake_chain::{FakeChain, Fault, CHAIN_ID};

/// The phrase that test networks document.
pub(crate) const MNEMONIC: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

fn account(urls: &[String]) -> Account {
    let config = ChainConfig::new(urls.to_vec(), Some(CHAIN_ID.to_owned()), "n", "0.025unyx".parse().unwrap());
    let wallet = Wallet::from_mnemonic(MNEMONIC, "n").unwrap();
    ChainClient::new(config).unwrap().account(wallet)
}

/// An address on which nobody listens, and what keeps it so.
fn dead() -> (SocketAddr, TcpSocket) {
    let reserved = TcpSocket::new_v4().unwrap();
    reserved.bind(([127, 0, 0, 1], 0).into()).unwrap();
    (reserved.local_addr().unwrap(), reserved)
}

fn send(amount: u128) -> Tx {
    Tx::send("n1receiver", vec![Coin::new(amount, "unym")])
}

fn options() -> SendOptions {
    SendOptions { attempts: 20, ..SendOptions::default() }
}

#[tokio::test]
async fn each_fault_alone_leaves_the_transaction_executed_once() {
    for (fault, hang_up) in Fault::ALL.into_iter().flat_map(|fault| [(fault, false), (fault, true)]) {
        let chain = FakeChain::start(1).await;
        chain.with(|chain| {
            chain.faults.push_back(fault);
            chain.hang_up = hang_up;
        });

        let outcome = account(&chain.urls).send(&send(1)).await;

        assert!(outcome.is_ok(), "{fault:?}: {outcome:?}");
        assert_eq!(chain.with(|chain| chain.executed.clone()), ["1"], "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_at_which_a_library_panics_is_another_endpoints_turn() {
    let chain = FakeChain::start(2).await;
    chain.with(|chain| chain.unreadable = 1);

    account(&chain.urls).send(&send(1)).await.unwrap();

    assert_eq!(chain.with(|chain| (chain.unreadable, chain.executed.clone())), (0, vec!["1".to_owned()]));
    chain.with(|chain| chain.unreadable = u32::MAX);
    let error = account(&chain.urls).send(&send(2)).await.unwrap_err();
    assert!(error.to_string().contains("its answer cannot be read"), "{error}");
}

#[tokio::test]
async fn after_the_largest_sequence_the_chain_is_asked_for_the_next() {
    let chain = FakeChain::start(1).await;
    chain.with(|chain| chain.sequence = u64::MAX);
    let account = account(&chain.urls);

    account.send(&send(1)).await.unwrap();
    account.send(&send(2)).await.unwrap();

    assert_eq!(chain.with(|chain| chain.executed.clone()), ["1", "2"]);
}

#[tokio::test]
async fn bytes_that_may_be_out_are_repeated_and_not_replaced() {
    for fault in [Fault::LoseReply, Fault::LoseRequest, Fault::IncludeAndLoseReply, Fault::Forget, Fault::Full] {
        let chain = FakeChain::start(1).await;
        chain.with(|chain| chain.faults.push_back(fault));

        account(&chain.urls).send(&send(1)).await.unwrap();

        let distinct: HashSet<String> = chain.with(|chain| chain.broadcasts.iter().cloned().collect());
        assert_eq!(distinct.len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_index_is_made_up_for_by_reading_blocks() {
    let chain = FakeChain::start(1).await;
    chain.with(|chain| chain.index_off = true);

    account(&chain.urls).send(&send(1)).await.unwrap();

    assert_eq!(chain.with(|chain| (chain.executed.len(), chain.broadcasts.len())), (1, 1));
}

#[tokio::test]
async fn an_outage_is_waited_out() {
    let chain = FakeChain::start(1).await;
    let account = account(&chain.urls);
    account.send(&send(1)).await.unwrap();
    chain.with(|chain| {
        chain.faults.push_back(Fault::LoseReply);
        chain.outage_after_broadcast = 12;
    });

    account.send(&send(2)).await.unwrap();

    assert_eq!(chain.with(|chain| chain.outage), 0);
    assert_eq!(chain.with(|chain| chain.executed.clone()), ["1", "2"]);
}

#[tokio::test]
async fn a_dead_endpoint_is_passed_over() {
    let chain = FakeChain::start(1).await;
    let (dead, _reserved) = dead();
    let urls = [format!("http://{dead}"), chain.urls[0].clone()];

    account(&urls).send(&send(1)).await.unwrap();

    assert_eq!(chain.with(|chain| chain.executed.len()), 1);
}

#[tokio::test]
async fn without_any_endpoint_nothing_is_claimed_to_be_sent() {
    let (dead, _reserved) = dead();

    let error = account(&[format!("http://{dead}")]).send(&send(1)).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(error.to_string().contains(&dead.to_string()), "{error}");
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_not_used() {
    let chain = FakeChain::start(1).await;
    let config = ChainConfig::new(chain.urls.clone(), Some("other-1".to_owned()), "n", "0.025unyx".parse().unwrap());
    let account = ChainClient::new(config).unwrap().account(Wallet::from_mnemonic(MNEMONIC, "n").unwrap());

    let error = account.send(&send(1)).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::WrongChain, "{error}");
    assert!(chain.with(|chain| chain.broadcasts.is_empty()));
}

#[tokio::test]
async fn what_could_not_be_confirmed_is_resumed_with_the_same_bytes() {
    let chain = FakeChain::start(1).await;
    let account = account(&chain.urls);
    let tx = send(1);
    let fee = account.estimate(&tx).await.unwrap();
    let signed: SignedTx = account.sign(&tx, &fee, 20).await.unwrap();

    // As after a restart: only the signed bytes are left.
    let outcome = account.resume(&signed, Duration::from_secs(30)).await.unwrap().unwrap();
    assert_eq!(outcome.hash, signed.hash);
    let again = account.resume(&signed, Duration::from_secs(30)).await.unwrap().unwrap();

    assert_eq!(again.height, outcome.height);
    assert_eq!(chain.with(|chain| chain.executed.clone()), ["1"]);
}

#[tokio::test]
async fn bytes_whose_time_is_over_are_void_and_say_so() {
    let chain = FakeChain::start(1).await;
    let account = account(&chain.urls);
    let tx = send(1);
    let fee = account.estimate(&tx).await.unwrap();
    let signed = account.sign(&tx, &fee, 1).await.unwrap();
    account.client().wait_for_height(signed.timeout_height + 1, Duration::from_secs(10)).await.unwrap();

    assert_eq!(account.resume(&signed, Duration::from_secs(30)).await.unwrap(), None);
    assert!(chain.with(|chain| chain.executed.is_empty()));
}

#[tokio::test]
async fn gas_that_ran_out_is_raised_once() {
    let chain = FakeChain::start(1).await;
    chain.with(|chain| chain.gas_needed = 150_000);

    account(&chain.urls).send(&send(1)).await.unwrap();

    assert_eq!(chain.with(|chain| (chain.executed.len(), chain.broadcasts.len())), (1, 2));

    chain.with(|chain| chain.gas_needed = 10_000_000);
    let error = account(&chain.urls).send(&send(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfGas);
}

#[tokio::test]
async fn silence_after_a_broadcast_is_reported_as_unconfirmed() {
    let chain = FakeChain::start(1).await;
    let account = account(&chain.urls);
    account.client().height().await.unwrap();
    chain.with(|chain| {
        chain.faults.push_back(Fault::LoseReply);
        chain.outage_after_broadcast = u32::MAX;
    });
    let options = SendOptions { patience: Duration::ZERO, ..SendOptions::default() };

    let error = account.send_with(&send(1), &options).await.unwrap_err();

    let ChainError::Unconfirmed { hash, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*hash, chain.with(|chain| chain.broadcasts[0].clone()));
}

/// Many tasks, one account, faults at random: every send is executed exactly once and reported so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_under_concurrency_execute_each_transaction_once() {
    const RUNS: u64 = 16;
    const SENDS: u128 = 6;
    let runs = (0..RUNS).map(|seed| {
        tokio::spawn(async move {
            let mut rng = StdRng::seed_from_u64(seed);
            let chain = FakeChain::start(2).await;
            let faults = (0..SENDS * 3).map(|_| Fault::ALL[rng.gen_range(0..Fault::ALL.len())]).collect();
            chain.with(|chain| chain.faults = faults);
            let account = account(&chain.urls);

            let sends = (1..=SENDS).map(|n| {
                let account = account.clone();
                tokio::spawn(async move { account.send_with(&send(n), &options()).await })
            });
            for task in sends.collect::<Vec<_>>() {
                task.await.unwrap().unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
            }

            let mut executed = chain.with(|chain| chain.executed.clone());
            executed.sort();
            let expected: Vec<String> = (1..=SENDS).map(|n| n.to_string()).collect();
            assert_eq!(executed, expected, "seed {seed}");
        })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
}
