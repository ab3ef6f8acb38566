//! The typed traits over the in-process chain, with the real contract's code.

use cosmwasm_std::{coin, Addr};
use cw_multi_test::{AppBuilder, ContractWrapper};
use futures::TryStreamExt;
use nym_chain_client::{mixnet, multi_test::AppChain, ErrorKind, MixnetMessages, MixnetQueries};
use nym_contract_types::mixnet::{BeaconKey, InstantiateMsg, PendingEpochEventKind, PendingIntervalEventKind};

const DENOM: &str = "unym";

async fn network() -> (AppChain, String, String) {
    let chain = AppChain::start(|| {
        AppBuilder::new().build(|router, api, storage| {
            for name in ["owner", "alice"] {
                let account: Addr = api.addr_make(name);
                router.bank.init_balance(storage, &account, vec![coin(u128::MAX / 4, DENOM)]).unwrap();
            }
        })
    });
    let (code_id, owner, alice) = chain
        .with(|app| {
            let code = ContractWrapper::new(
                nym_mixnet_contract::contract::execute,
                nym_mixnet_contract::contract::instantiate,
                nym_mixnet_contract::contract::query,
            );
            let code_id = app.store_code(Box::new(code));
            (code_id, app.api().addr_make("owner").to_string(), app.api().addr_make("alice").to_string())
        })
        .await
        .unwrap();
    let msg = InstantiateMsg::local(DENOM, 60, vec![owner.clone()]);
    let created = chain.send(&owner, &mixnet::instantiate(code_id, "mixnet", &msg, None).unwrap()).await.unwrap();
    let address = created.contract_address().unwrap();
    (chain, address, alice)
}

#[tokio::test]
async fn queries_and_messages_of_the_contract_work_without_a_chain() {
    let (chain, address, alice) = network().await;
    let mixnet = chain.contract(&address);

    assert_eq!(mixnet.epoch_status().await.unwrap().epoch, 0);
    assert_eq!(mixnet.contract_state().await.unwrap().rewarding_denom, DENOM);
    assert_eq!(mixnet.signing_nonce(&alice).await.unwrap(), 0);
    assert!(mixnet.mixnodes().try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert!(mixnet.gateways().try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert_eq!(mixnet.mixnode(1).await.unwrap(), None);
    assert_eq!(mixnet.monitors().await.unwrap().monitors.len(), 1);
}

#[tokio::test]
async fn the_contracts_own_sentence_reaches_the_caller() {
    let (chain, address, alice) = network().await;
    let mixnet = chain.contract(&address);

    let error = chain.send(&alice, &mixnet.delegate(17, coin(5, DENOM)).unwrap()).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Contract, "{error:?}");
    assert!(error.contract_error().unwrap().contains("17"), "{error}");
}

#[tokio::test]
async fn what_counts_later_who_left_and_what_is_owed_can_be_asked() {
    let (chain, address, alice) = network().await;
    let mixnet = chain.contract(&address);
    let owner = mixnet.admin().await.unwrap().unwrap().to_string();
    chain.send(&owner, &mixnet.update_active_set_size(50).unwrap()).await.unwrap();
    chain.send(&owner, &mixnet.update_interval_config(7, 120).unwrap()).await.unwrap();

    let counts = mixnet.pending_epoch_events().try_collect::<Vec<_>>().await.unwrap();
    let holds = mixnet.pending_interval_events().try_collect::<Vec<_>>().await.unwrap();

    assert_eq!((counts.len(), holds.len()), (1, 1));
    assert_eq!(counts[0].event.kind, PendingEpochEventKind::UpdateActiveSetSize { new_size: 50 });
    let clock = PendingIntervalEventKind::UpdateIntervalConfig { epochs_in_interval: 7, epoch_duration_secs: 120 };
    assert_eq!(holds[0].event.kind, clock);
    assert_eq!(mixnet.pending_epoch_event(0).await.unwrap().as_ref(), Some(&counts[0].event));
    assert_eq!(mixnet.pending_interval_event(0).await.unwrap().as_ref(), Some(&holds[0].event));
    assert_eq!(mixnet.pending_epoch_event(1).await.unwrap(), None);
    assert_eq!(mixnet.pending_interval_event(1).await.unwrap(), None);
    assert!(mixnet.unbonded_mixnodes_of(&alice).try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert!(mixnet.unbonded_mixnodes_by_identity("nobody").try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert!(mixnet.solvency().await.unwrap().solvent);
}

#[tokio::test]
async fn messages_of_the_beacon_reach_the_contract() {
    let (chain, address, alice) = network().await;
    let mixnet = chain.contract(&address);
    let owner = mixnet.admin().await.unwrap().unwrap().to_string();

    chain.send(&owner, &mixnet.hand_over_beacon(alice.clone()).unwrap()).await.unwrap();
    assert_eq!(mixnet.beacon().await.unwrap().offered.map(|offered| offered.to_string()), Some(alice.clone()));
    // That of an epoch that is over needs no seed any more.
    chain.send(&alice, &mixnet.submit_seed(0, vec![]).unwrap()).await.unwrap();
    let nobodys = BeaconKey { key: vec![0; 96].into(), threshold: 1, members: vec![] };
    for (message, says) in [
        (mixnet.submit_seed_share(1, vec![0; 48]), "hash chain"),
        (mixnet.submit_seed(1, vec![0; 48]), "hash chain"),
        (mixnet.update_beacon_key(nobodys), "threshold"),
    ] {
        let error = chain.send(&alice, &message.unwrap()).await.unwrap_err();
        assert!(error.contract_error().unwrap().contains(says), "{error}");
    }
}

#[test]
fn every_query_and_message_of_the_contract_has_a_method() {
    for (name, source, methods) in [
        (
            "QueryMsg",
            include_str!("../../../contract-types/src/mixnet/query.rs"),
            include_str!("../../src/mixnet/queries.rs"),
        ),
        (
            "ExecuteMsg",
            include_str!("../../../contract-types/src/mixnet/msg.rs"),
            include_str!("../../src/mixnet/messages.rs"),
        ),
    ] {
        let variants = source.split(&format!("pub enum {name} {{")).nth(1).unwrap().split("\n}\n").next().unwrap();
        let variants = variants.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(" {"));
        let variants: Vec<_> = variants.map(|(variant, _)| variant).filter(|variant| !variant.contains(' ')).collect();
        assert!(variants.len() > 30, "{variants:?}");
        for variant in variants {
            assert!(methods.contains(&format!("{name}::{variant} {{")), "no method sends {name}::{variant}");
        }
    }
}

#[tokio::test]
async fn past_heights_are_refused_by_name() {
    let (chain, address, _) = network().await;

    let error = chain.contract(&address).at_height(1).epoch_status().await.unwrap_err();

    assert!(error.to_string().contains("past height"), "{error}");
}
