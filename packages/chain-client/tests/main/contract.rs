//! The typed traits over the in-process chain, with the real contract's code.

use cosmwasm_std::{coin, Addr};
use cw_multi_test::{AppBuilder, ContractWrapper};
use futures::TryStreamExt;
use nym_chain_client::{mixnet, multi_test::AppChain, ErrorKind, MixnetMessages, MixnetQueries};
use nym_contract_types::mixnet::InstantiateMsg;

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
async fn past_heights_are_refused_by_name() {
    let (chain, address, _) = network().await;

    let error = chain.contract(&address).at_height(1).epoch_status().await.unwrap_err();

    assert!(error.to_string().contains("past height"), "{error}");
}
