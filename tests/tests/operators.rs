//! Validators' APIs turn the epochs: whenever one is killed, the others take over without a fight.

#[cfg(feature = "in-process")]
mod door;
#[cfg(feature = "in-process")]
mod pair;
#[cfg(feature = "in-process")]
mod pieces;

use crate::transactions::{assert_nothing_twice, count_steps, height, transactions, OnChain, Step};
use nym_chain_client::mixnet::MixnetQueries as _;
use nym_chain_client::ChainClient;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const APIS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn each_operator_is_killed_in_its_turn_and_every_epoch_is_turned_once() {
    let mut network = nym_tests::start(|options| options.epoch_seconds = 6).await.unwrap();
    let file = network.net().network().clone();
    let accounts = network.net().state().accounts.clone();
    let addresses = network.net().state().processes.clone();
    let contract = ChainClient::of_network(&file).unwrap().contract(file.contracts.mixnet.clone());
    let epoch = || async { contract.epoch_status().await.unwrap().epoch };
    let after = |before: u32| {
        nym_tests::eventually("the next epoch", move || async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            epoch().await > before
        })
    };
    let began = Instant::now();
    let before = height(&file.rpc.endpoints[0]).await.unwrap();
    let first = epoch().await;
    after(first).await;

    let (mut killed, mut kills) = (Vec::<(u32, String)>::new(), 0);
    while killed.len() < APIS {
        // Whose turn an epoch is goes round the list of monitors.
        let status = contract.epoch_status().await.unwrap();
        let monitors = contract.monitors().await.unwrap().monitors;
        assert_eq!(monitors.len(), APIS);
        let turn = monitors[status.epoch as usize % APIS].0.to_string();
        if killed.iter().any(|(_, dead)| *dead == turn) {
            after(status.epoch).await;
            continue;
        }
        let name = accounts.iter().find(|account| account.address == turn).unwrap().name.clone();
        network.net().process(&name).unwrap().kill().unwrap();
        kills += 1;
        assert!(kills <= 5 * APIS, "each was killed too late in its turn");
        // On a slow machine the epoch may have ended before, and its operator have done its work: once more, then.
        if SystemTime::now() < UNIX_EPOCH + Duration::from_secs(status.ends_at) {
            killed.push((status.epoch, turn));
        }

        after(status.epoch).await;

        network.net().process(&name).unwrap().restart().unwrap();
        let health = &addresses.iter().find(|process| process.name == name).unwrap().address;
        nym_tests::eventually("the API is back", || async {
            reqwest::get(format!("http://{health}/healthy")).await.is_ok()
        })
        .await;
        println!("{name} killed in epoch {}, back after {:.1?}", status.epoch, began.elapsed());
    }
    let last = epoch().await;
    after(last).await;

    let mut all = transactions(&file.rpc.endpoints[0]).await;
    all.retain(|transaction| transaction.height > before);
    let (useful, idle, failed) = count_steps(&all);
    assert_nothing_twice(&all);
    // That of the first epoch may have been under way when counting began.
    for turned in first + 1..=last {
        let began = assert_turned_once(&all, turned);
        if let Some((_, dead)) = killed.iter().find(|(epoch, _)| *epoch == turned) {
            assert_ne!(began, dead, "it was killed in epoch {turned}");
        }
        // Two of three report when one is dead.
        let reports = senders(&all, "submit_performance", turned, "");
        assert!(reports.len() >= APIS - 1, "epoch {turned} has reports of {reports:?}");
    }
    // What one does in vain, because another was as fast, is the exception: at most once for each that was killed.
    assert!(idle + failed <= kills, "{idle} for nothing and {failed} failed beside {useful}");
}

/// Moments from a second before an epoch's end to two after it, in which monitors report and the transition is begun, gone through and
/// ended. `NYM_TEST_KILLS` is how many; six by default.
#[tokio::test(flavor = "multi_thread")]
async fn at_whatever_step_an_operator_is_killed_every_epoch_is_turned_once() {
    let kills: u32 = std::env::var("NYM_TEST_KILLS").map_or(6, |kills| kills.parse().unwrap());
    let mut network = nym_tests::start(|options| options.epoch_seconds = 5).await.unwrap();
    let file = network.net().network().clone();
    let accounts = network.net().state().accounts.clone();
    let contract = ChainClient::of_network(&file).unwrap().contract(file.contracts.mixnet.clone());
    let first = contract.epoch_status().await.unwrap().epoch;
    for kill in 0..kills {
        let status = contract.epoch_status().await.unwrap();
        let monitors = contract.monitors().await.unwrap().monitors;
        let turn = monitors[status.epoch as usize % APIS].0.as_str();
        let name = accounts.iter().find(|account| account.address == turn).unwrap().name.clone();
        let moment = UNIX_EPOCH + Duration::from_secs(status.ends_at - 1) + Duration::from_secs(3) * kill / kills;
        tokio::time::sleep(moment.duration_since(SystemTime::now()).unwrap_or_default()).await;
        let seen = contract.epoch_status().await.unwrap();

        network.net().process(&name).unwrap().kill().unwrap();
        println!("{name} killed in epoch {} with {} reports, {:?}", seen.epoch, seen.reports, seen.state);

        let epoch = || async { contract.epoch_status().await.unwrap().epoch };
        nym_tests::eventually("the next epoch", || async { epoch().await > status.epoch }).await;
        network.net().process(&name).unwrap().restart().unwrap();
    }
    let last = contract.epoch_status().await.unwrap().epoch;

    let all = transactions(&file.rpc.endpoints[0]).await;
    count_steps(&all);
    assert!(last >= first + kills, "epochs {first} to {last}");
    for turned in first..last {
        assert_turned_once(&all, turned);
    }
}

/// Who took a step of an epoch, and with which state after it.
fn senders<'a>(all: &'a [OnChain], action: &str, epoch: u32, state: &str) -> Vec<&'a str> {
    let done = |step: &Step| step.action == action && step.epoch == epoch && (state.is_empty() || step.state == state);
    all.iter().filter(|tx| tx.code == 0 && tx.taken.iter().any(done)).map(OnChain::sender).collect()
}

/// One transaction began the transition of an epoch and one ended it. Returns who began it.
fn assert_turned_once(all: &[OnChain], turned: u32) -> &str {
    let began = senders(all, "begin_epoch_transition", turned, "");
    assert_eq!(began.len(), 1, "the transition of epoch {turned} was begun by {began:?}");
    let ended = senders(all, "advance_epoch", turned + 1, "in_progress");
    assert_eq!(ended.len(), 1, "the transition of epoch {turned} was ended by {ended:?}");
    began[0]
}
