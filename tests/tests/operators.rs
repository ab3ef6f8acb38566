//! Validators' APIs turn the epochs: each is killed when it is its turn, and the others take over without a fight.

use crate::transactions::{assert_nothing_twice, count_steps, height, transactions, Step};
use nym_chain_client::mixnet::MixnetQueries as _;
use nym_chain_client::ChainClient;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

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

    let mut killed = Vec::new();
    for _ in 0..APIS {
        // Whose turn an epoch is goes round the list of monitors.
        let status = contract.epoch_status().await.unwrap();
        let monitors = contract.monitors().await.unwrap().monitors;
        assert_eq!(monitors.len(), APIS);
        let turn = monitors[status.epoch as usize % APIS].0.to_string();
        let name = accounts.iter().find(|account| account.address == turn).unwrap().name.clone();
        network.net().process(&name).unwrap().kill().unwrap();
        killed.push((status.epoch, turn));

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
        let by = |action: &str, epoch: u32, state: &str| -> Vec<&str> {
            let done =
                |step: &Step| step.action == action && step.epoch == epoch && (state.is_empty() || step.state == state);
            all.iter().filter(|tx| tx.code == 0 && tx.taken.iter().any(done)).map(|tx| tx.sender()).collect()
        };
        let began = by("begin_epoch_transition", turned, "");
        assert_eq!(began.len(), 1, "the transition of epoch {turned} was begun by {began:?}");
        let ended = by("advance_epoch", turned + 1, "in_progress");
        assert_eq!(ended.len(), 1, "the transition of epoch {turned} was ended by {ended:?}");
        if let Some((_, dead)) = killed.iter().find(|(epoch, _)| *epoch == turned) {
            assert_ne!(began, [dead.as_str()], "it was killed in epoch {turned}");
        }
        // Two of three report when one is dead.
        let reports = by("submit_performance", turned, "");
        assert!(reports.len() >= APIS - 1, "epoch {turned} has reports of {reports:?}");
    }
    assert_eq!(killed.iter().map(|(_, dead)| dead).collect::<BTreeSet<_>>().len(), APIS);
    // What one does in vain, because another was as fast, is the exception: at most once for each that was killed.
    assert!(idle + failed <= APIS, "{idle} for nothing and {failed} failed beside {useful}");
}
