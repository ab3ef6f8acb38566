//! Delegations: they count from the next epoch, leave at once, and no funds stay behind.

use cosmwasm_std::{coin, Uint128};
use nym_contract_types::mixnet::{
    AllDelegationsResponse, DelegatorDelegationsResponse, MixnodeDetailsResponse, NodeDelegationResponse,
    NodeDelegationsResponse, QueryMsg,
};
use nym_contract_types::NodeId;
use nym_mixnet_contract::ContractError;

use crate::assert_refused;
use crate::suite::{attribute, Suite, DENOM, NYM, PLEDGE};

fn details(net: &Suite, mix_id: NodeId) -> nym_contract_types::mixnet::MixNodeDetails {
    net.query::<MixnodeDetailsResponse>(QueryMsg::GetMixnodeDetails { mix_id }).mixnode_details.unwrap()
}

#[test]
fn a_delegation_counts_from_the_next_epoch() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let alice = net.account("alice");

    let response = net.delegate(&alice, 1, 500).unwrap();
    assert_eq!(attribute(&response, "counts_from"), "1");
    let before = details(&net, 1);
    assert_eq!(before.rewarding_details.delegates.to_string(), "0");
    assert_eq!(before.pending_changes.delegations, Uint128::new(500));
    assert_eq!(before.rewarding_details.unique_delegations, 1);

    net.turn();
    let after = details(&net, 1);
    assert_eq!(after.rewarding_details.delegates.to_string(), "500");
    assert_eq!(after.pending_changes.delegations, Uint128::zero());
}

#[test]
fn more_of_the_same_adds_up_over_epochs() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let alice = net.account("alice");
    net.delegate(&alice, 1, 5).unwrap();
    net.delegate(&alice, 1, 7).unwrap();
    net.turn();
    net.delegate(&alice, 1, 11).unwrap();
    net.turn();
    net.turn();
    net.delegate(&alice, 1, 13).unwrap();

    let shown: NodeDelegationResponse =
        net.query(QueryMsg::GetDelegationDetails { mix_id: 1, delegator: alice.to_string() });
    let delegation = shown.delegation.unwrap();
    assert_eq!((delegation.amount, delegation.pending), (coin(36, DENOM), Uint128::new(13)));
    assert_eq!(details(&net, 1).rewarding_details.unique_delegations, 1);

    net.next_block();
    net.undelegate(&alice, 1).unwrap();
    assert_eq!(net.received(&alice), 36);
}

#[test]
fn a_delegation_that_does_not_count_yet_can_be_taken_back_in_the_same_block() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let alice = net.account("alice");
    net.delegate(&alice, 1, 500).unwrap();

    let response = net.undelegate(&alice, 1).unwrap();

    assert_eq!(attribute(&response, "amount"), "500unym");
    assert_eq!(details(&net, 1).pending_changes.delegations, Uint128::zero());
    net.turn();
    assert_eq!(details(&net, 1).rewarding_details.delegates.to_string(), "0");
}

#[test]
fn borrowed_funds_cannot_be_counted_and_given_back_in_one_block() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let alice = net.account("alice");
    net.end_epoch();
    net.advance_seconds(300);

    net.delegate(&alice, 1, 500).unwrap();
    net.begin().unwrap();
    net.finish(None);
    assert_refused!(net.undelegate(&alice, 1), ContractError::StakeLocked { .. });

    net.next_block();
    net.undelegate(&alice, 1).unwrap();
}

#[test]
fn delegators_leave_a_node_that_has_left_in_any_order_and_the_last_leaves_nothing_behind() {
    for order in [["alice", "bob"], ["bob", "alice"]] {
        let mut net = Suite::with_monitors(1);
        net.bond_many(3);
        net.turn();
        let records = net.store.records().len();
        for (name, amount) in [("alice", 5), ("bob", 7)] {
            net.delegate(&net.account(name), 1, amount).unwrap();
        }
        net.turn();
        net.delegate(&net.account("bob"), 1, 1).unwrap();
        net.next_block();
        net.unbond(&net.operator(1)).unwrap();
        assert_refused!(net.delegate(&net.account("carol"), 1, 1), ContractError::MixnodeNotBonded { mix_id: 1 });

        for name in order {
            net.undelegate(&net.account(name), 1).unwrap();
        }

        assert_eq!((net.received(&net.account("alice")), net.received(&net.account("bob"))), (5, 8));
        assert_eq!(net.held(), 250_000_000 * NYM + 2 * PLEDGE);
        // Stake, bond and identity went, the owner's nonce stays; the record that it left came with its two indexes, and the second
        // rewarded set.
        assert_eq!(net.store.records().len(), records - 3 + 4);
        assert_refused!(net.undelegate(&net.account("bob"), 1), ContractError::NoDelegation { mix_id: 1, .. });
    }
}

#[test]
fn the_minimum_holds_if_there_is_one() {
    let mut net = Suite::build(1, |msg| msg.params.minimum_mixnode_delegation = Some(coin(10, DENOM)));
    net.bond_many(1);
    let alice = net.account("alice");

    assert_refused!(net.delegate(&alice, 1, 9), ContractError::DelegationTooSmall { mix_id: 1, .. });
    net.delegate(&alice, 1, 10).unwrap();
    assert_refused!(net.delegate(&alice, 2, 10), ContractError::MixnodeNotBonded { mix_id: 2 });
    assert_refused!(net.delegate(&alice, 1, u128::MAX / 2), ContractError::OutOfRange { .. });
}

#[test]
fn lists_by_node_by_owner_and_of_all_agree_page_by_page() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let names: Vec<_> = (0..5).map(|index| net.account(&format!("delegator {index}"))).collect();
    for name in &names {
        for mix_id in 1..=3 {
            net.delegate(name, mix_id, 100 + u128::from(mix_id)).unwrap();
        }
    }

    let mut all = Vec::new();
    let mut start_after = None;
    loop {
        let page: AllDelegationsResponse = net.query(QueryMsg::GetAllDelegations { start_after, limit: Some(4) });
        all.extend(page.delegations);
        start_after = page.start_next_after;
        if start_after.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 15);

    let mut by_node = Vec::new();
    for mix_id in 1..=3 {
        let mut start_after = None;
        loop {
            let msg = QueryMsg::GetMixnodeDelegations { mix_id, start_after, limit: Some(2) };
            let page: NodeDelegationsResponse = net.query(msg);
            by_node.extend(page.delegations);
            start_after = page.start_next_after;
            if start_after.is_none() {
                break;
            }
        }
    }
    assert_eq!(all, by_node);

    for name in &names {
        let mut of_one = Vec::new();
        let mut start_after = None;
        loop {
            let delegator = name.to_string();
            let msg = QueryMsg::GetDelegatorDelegations { delegator, start_after, limit: Some(2) };
            let page: DelegatorDelegationsResponse = net.query(msg);
            of_one.extend(page.delegations);
            start_after = page.start_next_after;
            if start_after.is_none() {
                break;
            }
        }
        assert_eq!(of_one, all.iter().filter(|one| one.owner == *name).cloned().collect::<Vec<_>>());
    }
}
