//! Lists and sums that wallets and watchers read: what is pending, who left, what is owed.

use cosmwasm_std::{coin, coins, Decimal256};
use nym_contract_types::mixnet::{
    ExecuteMsg, NumberOfPendingEventsResponse, PagedUnbondedMixnodesResponse, PendingEpochEventKind,
    PendingEpochEventResponse, PendingEpochEventsResponse, PendingIntervalEventKind, PendingIntervalEventResponse,
    PendingIntervalEventsResponse, QueryMsg, RewardingParamsUpdate, SolvencyResponse,
};
use nym_contract_types::NodeId;

use crate::suite::{Announced, Identity, Suite, DENOM, NYM, PLEDGE};

fn epoch_events(net: &Suite, limit: u32) -> Vec<PendingEpochEventKind> {
    let (mut all, mut start_after, mut pages) = (Vec::new(), None, 0);
    loop {
        let msg = QueryMsg::GetPendingEpochEvents { limit: Some(limit), start_after };
        let page: PendingEpochEventsResponse = net.query(msg);
        assert!(page.events.len() <= limit as usize);
        all.extend(page.events.into_iter().map(|event| event.event.kind));
        pages += 1;
        assert!(pages < 1_000, "the list ends");
        start_after = page.start_next_after;
        if start_after.is_none() {
            return all;
        }
    }
}

#[test]
fn what_counts_from_the_next_epoch_is_listed_whatever_the_pages() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(4);
    let (owner, operator) = (net.owner(), net.operator(2));
    let alice = net.account("alice");
    net.delegate(&alice, 1, 7).unwrap();
    net.turn();
    assert!(epoch_events(&net, 5).is_empty(), "what has begun to count is no event");

    for (name, mix_id, amount) in [("alice", 1, 5), ("bob", 1, 6), ("carol", 1, 8), ("alice", 3, 9)] {
        net.delegate(&net.account(name), mix_id, amount).unwrap();
    }
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(11, DENOM)).unwrap();
    net.send(&owner, ExecuteMsg::UpdateActiveSetSize { active_set_size: 50, force_immediately: false }).unwrap();
    let all = epoch_events(&net, 250);
    assert_eq!(all.len(), 6);
    assert_eq!(all[0], PendingEpochEventKind::UpdateActiveSetSize { new_size: 50 });
    assert!(all.contains(&PendingEpochEventKind::PledgeMore { mix_id: 2, amount: coin(11, DENOM) }));
    let bobs = PendingEpochEventKind::Delegate { owner: net.account("bob"), mix_id: 1, amount: coin(6, DENOM) };
    assert!(all.contains(&bobs));
    for limit in 1..=6 {
        assert_eq!(epoch_events(&net, limit), all, "pages of {limit}");
    }
    let one = |event_id| {
        let reply: PendingEpochEventResponse = net.query(QueryMsg::GetPendingEpochEvent { event_id });
        assert_eq!(reply.event_id, event_id);
        reply.event.map(|event| event.kind)
    };
    assert_eq!(one(0), Some(PendingEpochEventKind::UpdateActiveSetSize { new_size: 50 }));
    assert_eq!(one(2), Some(PendingEpochEventKind::PledgeMore { mix_id: 2, amount: coin(11, DENOM) }));
    assert!(matches!(one(1), Some(PendingEpochEventKind::Delegate { mix_id: 1, .. })));
    assert_eq!((one(4), one(99)), (None, None));
    let count: NumberOfPendingEventsResponse = net.query(QueryMsg::GetNumberOfPendingEvents {});
    assert_eq!((count.epoch_events, count.interval_events, count.complete), (6, 0, true));

    net.send(&alice, ExecuteMsg::CancelPendingDelegation { mix_id: 3 }).unwrap();
    assert_eq!(epoch_events(&net, 250).len(), 5);
    let page: PendingEpochEventsResponse =
        net.query(QueryMsg::GetPendingEpochEvents { limit: None, start_after: None });
    let status = net.status();
    assert_eq!(page.seconds_until_executable, status.ends_at as i64 - status.current_blocktime as i64);
    net.turn();
    assert!(epoch_events(&net, 250).is_empty());
}

#[test]
fn what_holds_from_the_next_interval_is_listed_by_node() {
    let mut net = Suite::build(1, |msg| msg.epochs.epochs_in_interval = 2);
    net.bond_many(4);
    let list = |net: &Suite, start_after: Option<NodeId>, limit| {
        net.query::<PendingIntervalEventsResponse>(QueryMsg::GetPendingIntervalEvents {
            limit: Some(limit),
            start_after,
        })
    };
    for number in [1, 3, 4] {
        let (operator, new_costs) = (net.operator(number), Announced::costs());
        net.send(&operator, ExecuteMsg::UpdateMixnodeCostParams { new_costs }).unwrap();
    }
    let owner = net.owner();
    let updated_params = RewardingParamsUpdate { rewarded_set_size: Some(9), ..RewardingParamsUpdate::default() };
    net.send(&owner, ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false }).unwrap();

    let first = list(&net, None, 2);
    assert_eq!(first.events.iter().map(|event| event.id).collect::<Vec<_>>(), [0, 1, 3]);
    assert!(matches!(first.events[0].event.kind, PendingIntervalEventKind::UpdateRewardingParams { .. }));
    let second = list(&net, first.start_next_after, 2);
    assert_eq!(second.events.iter().map(|event| event.id).collect::<Vec<_>>(), [4]);
    assert_eq!(second.start_next_after, None);
    for (event_id, found) in [(0, &first.events[0]), (3, &first.events[2]), (4, &second.events[0])] {
        let one: PendingIntervalEventResponse = net.query(QueryMsg::GetPendingIntervalEvent { event_id });
        assert_eq!((one.event_id, one.event.as_ref()), (event_id, Some(&found.event)));
    }
    let none: PendingIntervalEventResponse = net.query(QueryMsg::GetPendingIntervalEvent { event_id: 2 });
    assert_eq!(none.event, None);
    let count: NumberOfPendingEventsResponse = net.query(QueryMsg::GetNumberOfPendingEvents {});
    assert_eq!((count.epoch_events, count.interval_events, count.complete), (0, 4, true));

    net.turn();
    assert_eq!(list(&net, None, 10).events.len(), 4);
    net.turn();
    assert!(list(&net, None, 10).events.is_empty());
}

#[test]
fn nodes_that_left_are_found_by_owner_and_by_identity() {
    let mut net = Suite::with_monitors(1);
    let (alice, bob) = (net.account("alice"), net.account("bob"));
    for owner in [&alice, &bob, &alice] {
        net.bond(owner, 1);
        net.next_block();
        net.unbond(owner).unwrap();
    }
    let ids = |msg| {
        let page: PagedUnbondedMixnodesResponse = net.query(msg);
        (page.nodes.iter().map(|(id, _)| *id).collect::<Vec<_>>(), page.start_next_after)
    };
    let by_owner = |owner: &cosmwasm_std::Addr, limit, start_after| QueryMsg::GetUnbondedMixNodesByOwner {
        owner: owner.to_string(),
        limit,
        start_after,
    };
    assert_eq!(ids(by_owner(&alice, None, None)), (vec![1, 3], None));
    assert_eq!(ids(by_owner(&alice, Some(1), None)), (vec![1], Some(1)));
    assert_eq!(ids(by_owner(&alice, Some(1), Some(1))), (vec![3], None));
    assert_eq!(ids(by_owner(&bob, None, None)), (vec![2], None));
    let by_identity =
        |identity_key| QueryMsg::GetUnbondedMixNodesByIdentityKey { identity_key, limit: None, start_after: None };
    assert_eq!(ids(by_identity(Identity::of(1).text())), (vec![1, 2, 3], None));
    assert_eq!(ids(by_identity(Identity::of(2).text())), (vec![], None));
    assert_eq!(ids(by_identity("nonsense".to_owned())), (vec![], None));
}

#[test]
fn solvency_is_a_query() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let gateway = net.account("gateway");
    net.bond_gateway(&gateway, 9);
    let alice = net.account("alice");
    net.delegate(&alice, 1, 5 * NYM).unwrap();
    let units = |units: u128| Decimal256::from_ratio(units, 1u128);
    let before: SolvencyResponse = net.query(QueryMsg::GetSolvency {});
    assert_eq!(before.balance, coin(net.held(), DENOM));
    assert_eq!(before.stakes, units(4 * PLEDGE + 5 * NYM));
    assert_eq!(before.pool, units(250_000_000 * NYM));
    assert_eq!((before.surplus, before.solvent), (units(0), true));

    net.turn();
    net.turn_with(1, &[(1, 100), (2, 90), (3, 80)]);
    let paid: SolvencyResponse = net.query(QueryMsg::GetSolvency {});
    assert!(paid.stakes > before.stakes && paid.pool < before.pool);
    assert_eq!(paid.stakes + paid.pool, before.stakes + before.pool);

    let operator = net.operator(1);
    net.send(&operator, ExecuteMsg::WithdrawOperatorReward {}).unwrap();
    let after: SolvencyResponse = net.query(QueryMsg::GetSolvency {});
    assert!(after.solvent && after.surplus < units(1));
    assert_eq!(after.balance, coin(net.held(), DENOM));
}
