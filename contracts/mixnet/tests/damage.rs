//! Records that do not parse or are missing: the list in which one would stand answers with the others and goes on past it.

use std::fmt::Debug;

use cosmwasm_std::{coin, Addr, Storage, Uint128};
use nym_contract_types::mixnet::{
    AllDelegationsResponse, Delegation, DelegatorDelegationsResponse, ExecuteMsg, NodeDelegationResponse,
    NodeDelegationsResponse, PagedGatewayResponse, PagedMixnodeBondsResponse, PagedMixnodesDetailsResponse,
    PagedNodeKeysResponse, PagedUnbondedMixnodesResponse, ParkedNodesResponse, PendingEpochEventKind,
    PendingEpochEventsResponse, PendingIntervalEventsResponse, QueryMsg,
};
use nym_contract_types::{keys, NodeId};
use nym_mixnet_contract::mixnodes::state::{Parked, PARKED, STAKES};
use nym_mixnet_contract::packed::Packed;

use crate::suite::{Announced, Identity, Suite, DENOM};

const RECORDS: u32 = 7;

/// Contents that are no record.
const NONSENSE: [&[u8]; 4] = [&[0], &[255; 40], b"{}", &[7; 200]];

/// All entries of a list in pages of `limit`, and how many pages: `page` gives what a page has and where the next one starts.
fn read<T, K>(limit: u32, page: impl Fn(u32, Option<K>) -> (Vec<T>, Option<K>)) -> (Vec<T>, u32) {
    let (mut found, mut start_after, mut pages) = (Vec::new(), None, 0);
    loop {
        let (entries, next) = page(limit, start_after);
        assert!(entries.len() <= limit as usize);
        found.extend(entries);
        pages += 1;
        assert!(pages < 1_000, "the list ends");
        let Some(next) = next else { return (found, pages) };
        start_after = Some(next);
    }
}

/// All entries of a list whose pages go over as many records as ever, whether or not one of them is shown.
fn all<T, K>(limit: u32, page: impl Fn(u32, Option<K>) -> (Vec<T>, Option<K>)) -> Vec<T> {
    let (found, pages) = read(limit, page);
    assert_eq!(pages, RECORDS.div_ceil(limit));
    found
}

/// Damages each record of a list in turn, at every position of pages of every size.
fn each_position<K: Clone + PartialEq + Debug>(
    net: Suite,
    namespace: &str,
    names: &[K],
    key: impl Fn(&K) -> Vec<u8>,
    list: impl Fn(&Suite, u32) -> Vec<K>,
) {
    each_instead(net, namespace, names, key, list, &NONSENSE.map(Some));
}

/// Puts each of these contents in place of each record in turn; none: removes it.
fn each_instead<K: Clone + PartialEq + Debug>(
    mut net: Suite,
    namespace: &str,
    names: &[K],
    key: impl Fn(&K) -> Vec<u8>,
    list: impl Fn(&Suite, u32) -> Vec<K>,
    instead: &[Option<&[u8]>],
) {
    assert_eq!(names.len(), RECORDS as usize);
    for damaged in names {
        let key = under(namespace.as_bytes(), &key(damaged));
        let whole = net.store.get(&key).expect("the record is there");
        let others: Vec<K> = names.iter().filter(|name| *name != damaged).cloned().collect();
        for bytes in instead {
            match bytes {
                Some(bytes) => net.store.set(&key, bytes),
                None => net.store.remove(&key),
            }
            for limit in 1..=RECORDS {
                assert_eq!(list(&net, limit), others, "{damaged:?} holds {bytes:?}, pages of {limit}");
            }
        }
        net.store.set(&key, &whole);
    }
    assert_eq!(list(&net, 2), names, "and with it when it is whole");
}

/// What follows `first` in a key, with it and its length.
fn under(first: &[u8], rest: &[u8]) -> Vec<u8> {
    [&[0, first.len() as u8], first, rest].concat()
}

fn number(mix_id: &NodeId) -> Vec<u8> {
    mix_id.to_be_bytes().to_vec()
}

/// Seven mix nodes.
fn bonded() -> (Suite, Vec<NodeId>) {
    let mut net = Suite::with_monitors(1);
    let ids = net.bond_many(RECORDS);
    (net, ids)
}

/// The same with a delegation on every other.
fn told_apart() -> (Suite, Vec<NodeId>) {
    let (mut net, ids) = bonded();
    let alice = net.account("alice");
    for mix_id in ids.iter().filter(|id| *id % 2 == 1) {
        net.delegate(&alice, *mix_id, 5).unwrap();
    }
    (net, ids)
}

fn bonds(net: &Suite, limit: u32) -> Vec<NodeId> {
    all(limit, |limit, start_after| {
        let msg = QueryMsg::GetMixNodeBonds { limit: Some(limit), start_after };
        let page: PagedMixnodeBondsResponse = net.query(msg);
        (page.nodes.into_iter().map(|bond| bond.mix_id).collect(), page.start_next_after)
    })
}

fn detailed(net: &Suite, limit: u32) -> Vec<NodeId> {
    all(limit, |limit, start_after| {
        let msg = QueryMsg::GetMixNodesDetailed { limit: Some(limit), start_after };
        let page: PagedMixnodesDetailsResponse = net.query(msg);
        let nodes = page.nodes.into_iter().map(|node| {
            // Each with its own stake, whatever was left out before it.
            assert_eq!(node.rewarding_details.unique_delegations, node.bond_information.mix_id % 2);
            node.bond_information.mix_id
        });
        (nodes.collect(), page.start_next_after)
    })
}

#[test]
fn bonds_and_details_are_listed_beside_a_damaged_bond_and_beside_a_damaged_stake() {
    for namespace in ["mnn", "mnr"] {
        for list in [bonds, detailed] {
            let (net, ids) = told_apart();
            each_position(net, namespace, &ids, number, list);
        }
    }
}

#[test]
fn bonds_and_details_are_listed_beside_a_node_whose_stake_is_missing() {
    for list in [bonds, detailed] {
        let (net, ids) = told_apart();
        each_instead(net, "mnr", &ids, number, list, &[None]);
    }
}

#[test]
fn bonds_are_listed_beside_a_node_whose_bond_is_missing() {
    let mut net = Suite::with_monitors(1);
    // One more than are left.
    let ids = net.bond_many(RECORDS + 1);
    for missing in &ids {
        let key = under(b"mnn", &number(missing));
        let whole = net.store.get(&key).unwrap();
        net.store.remove(&key);
        let others: Vec<NodeId> = ids.iter().filter(|id| *id != missing).copied().collect();
        for limit in 1..=RECORDS {
            assert_eq!(bonds(&net, limit), others, "{missing} is missing, pages of {limit}");
        }
        net.store.set(&key, &whole);
    }
}

#[test]
fn gateways_are_listed_beside_a_damaged_one() {
    let mut net = Suite::with_monitors(1);
    let owner = |net: &Suite, number| net.account(&format!("owner {number}"));
    let mut identities: Vec<String> =
        (1..=RECORDS).map(|number| net.bond_gateway(&owner(&net, number), number)).collect();
    identities.sort();

    each_position(
        net,
        "gt",
        &identities,
        |identity| identity.clone().into_bytes(),
        |net, limit| {
            all(limit, |limit, start_after| {
                let page: PagedGatewayResponse = net.query(QueryMsg::GetGateways { limit: Some(limit), start_after });
                (page.nodes.into_iter().map(|bond| bond.gateway.identity_key).collect(), page.start_next_after)
            })
        },
    );
}

/// Seven nodes of one owner and one identity that left.
fn left() -> (Suite, Vec<NodeId>) {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let mut ids = Vec::new();
    for _ in 0..RECORDS {
        ids.push(net.bond(&alice, 1));
        net.next_block();
        net.unbond(&alice).unwrap();
    }
    (net, ids)
}

fn unbonded(net: &Suite, limit: u32, msg: impl Fn(Option<u32>, Option<NodeId>) -> QueryMsg) -> Vec<NodeId> {
    all(limit, |limit, start_after| {
        let page: PagedUnbondedMixnodesResponse = net.query(msg(Some(limit), start_after));
        (page.nodes.into_iter().map(|(id, _)| id).collect(), page.start_next_after)
    })
}

fn left_by_number(net: &Suite, limit: u32) -> Vec<NodeId> {
    unbonded(net, limit, |limit, start_after| QueryMsg::GetUnbondedMixNodes { limit, start_after })
}

fn left_by_owner(net: &Suite, limit: u32) -> Vec<NodeId> {
    unbonded(net, limit, |limit, start_after| {
        let owner = net.account("alice").to_string();
        QueryMsg::GetUnbondedMixNodesByOwner { owner, limit, start_after }
    })
}

fn left_by_identity(net: &Suite, limit: u32) -> Vec<NodeId> {
    unbonded(net, limit, |limit, start_after| {
        let identity_key = Identity::of(1).text();
        QueryMsg::GetUnbondedMixNodesByIdentityKey { identity_key, limit, start_after }
    })
}

#[test]
fn nodes_that_left_are_listed_beside_a_damaged_one() {
    for list in [left_by_number, left_by_owner, left_by_identity] {
        let (net, ids) = left();
        each_position(net, "ubm", &ids, number, list);
    }
}

#[test]
fn nodes_that_left_are_listed_by_owner_and_identity_beside_one_that_is_missing_or_whose_index_is_damaged() {
    for list in [left_by_owner, left_by_identity] {
        let (net, ids) = left();
        each_instead(net, "ubm", &ids, number, list, &[None]);
    }
    let (net, ids) = left();
    let owner = net.account("alice");
    each_position(net, "ubo", &ids, |id| under(owner.as_bytes(), &number(id)), left_by_owner);
    let (net, ids) = left();
    let identity = keys::parse(&Identity::of(1).text()).unwrap();
    each_position(net, "ubi", &ids, |id| under(&identity, &number(id)), left_by_identity);
}

#[test]
fn parked_nodes_are_listed_beside_a_damaged_one() {
    let (mut net, ids) = bonded();
    for mix_id in &ids {
        PARKED.save(&mut net.store, *mix_id, &Parked { since: 1, reason: "a reason".to_owned() });
    }
    each_position(net, "park", &ids, number, |net, limit| {
        all(limit, |limit, start_after| {
            let page: ParkedNodesResponse = net.query(QueryMsg::GetParkedNodes { limit: Some(limit), start_after });
            (page.nodes.into_iter().map(|node| node.mix_id).collect(), page.start_next_after)
        })
    });
}

/// Node and owner of a delegation.
type Pair = (NodeId, Addr);

/// Seven delegations that do not count yet.
fn delegated(pair: impl Fn(&Suite, u32) -> Pair) -> (Suite, Vec<Pair>) {
    let (mut net, _) = bonded();
    let mut pairs: Vec<Pair> = (1..=RECORDS).map(|number| pair(&net, number)).collect();
    for (mix_id, owner) in &pairs {
        net.delegate(owner, *mix_id, 5).unwrap();
    }
    pairs.sort();
    (net, pairs)
}

/// Those of seven accounts on the first node.
fn on_the_first() -> (Suite, Vec<Pair>) {
    delegated(|net, number| (1, net.account(&format!("delegator {number}"))))
}

/// Those of one account on seven nodes.
fn of_alice() -> (Suite, Vec<Pair>) {
    delegated(|net, number| (number, net.account("alice")))
}

fn by_node((mix_id, owner): &Pair) -> Vec<u8> {
    under(&mix_id.to_be_bytes(), owner.as_bytes())
}

fn by_owner((mix_id, owner): &Pair) -> Vec<u8> {
    under(owner.as_bytes(), &mix_id.to_be_bytes())
}

fn pairs(delegations: Vec<Delegation>) -> Vec<Pair> {
    delegations.into_iter().map(|one| (one.mix_id, one.owner)).collect()
}

fn listed_by_node(net: &Suite, limit: u32) -> Vec<Pair> {
    all(limit, |limit, start_after| {
        let msg = QueryMsg::GetMixnodeDelegations { mix_id: 1, limit: Some(limit), start_after };
        let page: NodeDelegationsResponse = net.query(msg);
        (pairs(page.delegations), page.start_next_after)
    })
}

fn listed_by_owner(net: &Suite, limit: u32) -> Vec<Pair> {
    all(limit, |limit, start_after| {
        let delegator = net.account("alice").to_string();
        let msg = QueryMsg::GetDelegatorDelegations { delegator, limit: Some(limit), start_after };
        let page: DelegatorDelegationsResponse = net.query(msg);
        (pairs(page.delegations), page.start_next_after)
    })
}

fn listed_of_all(net: &Suite, limit: u32) -> Vec<Pair> {
    all(limit, |limit, start_after| {
        let msg = QueryMsg::GetAllDelegations { limit: Some(limit), start_after };
        let page: AllDelegationsResponse = net.query(msg);
        (pairs(page.delegations), page.start_next_after)
    })
}

#[test]
fn delegations_on_a_node_are_listed_beside_a_damaged_one() {
    let (net, pairs) = on_the_first();
    each_position(net, "dl", &pairs, by_node, listed_by_node);
}

#[test]
fn delegations_of_an_account_are_listed_beside_one_that_is_damaged_or_missing() {
    let (net, pairs) = of_alice();
    each_position(net, "dl", &pairs, by_node, listed_by_owner);
    let (net, pairs) = of_alice();
    each_position(net, "dlo", &pairs, by_owner, listed_by_owner);
    let (net, pairs) = of_alice();
    each_instead(net, "dl", &pairs, by_node, listed_by_owner, &[None]);
}

#[test]
fn all_delegations_are_listed_beside_a_damaged_one() {
    let (net, pairs) = delegated(|net, number| (1 + number % 3, net.account(&format!("delegator {}", 1 + number / 3))));
    each_position(net, "dl", &pairs, by_node, listed_of_all);
}

#[test]
fn delegations_on_a_node_with_a_damaged_stake_are_listed_as_they_are_stored() {
    let (mut net, pairs) = of_alice();
    net.turn();
    let shown = |net: &Suite, (mix_id, owner): &Pair| {
        let msg = QueryMsg::GetDelegationDetails { mix_id: *mix_id, delegator: owner.to_string() };
        let delegation = net.query::<NodeDelegationResponse>(msg).delegation.unwrap();
        (delegation.amount, delegation.pending)
    };
    for pair in &pairs {
        assert_eq!(shown(&net, pair), (coin(5, DENOM), Uint128::zero()));
        let key = under(b"mnr", &number(&pair.0));
        let whole = net.store.get(&key).unwrap();
        for bytes in NONSENSE {
            net.store.set(&key, bytes);
            for limit in 1..=RECORDS {
                assert_eq!(listed_by_owner(&net, limit), pairs);
                assert_eq!(listed_of_all(&net, limit), pairs);
            }
            assert_eq!(shown(&net, pair), (coin(5, DENOM), Uint128::new(5)));
        }
        net.store.set(&key, &whole);
    }
}

#[test]
fn keys_of_nodes_are_listed_beside_damaged_ones() {
    let mut net = Suite::build(1, |msg| msg.epochs.key_period = 3);
    net.bond_many(RECORDS);
    let identity = |text: &str| keys::parse(text).unwrap();
    let mut identities: Vec<_> = (1..=RECORDS).map(|number| identity(&Identity::of(number).text())).collect();
    identities.sort();

    each_position(
        net,
        "nk",
        &identities,
        |identity| identity.to_vec(),
        |net, limit| {
            all(limit, |limit, start_after| {
                let msg = QueryMsg::GetAllNodeKeys { limit: Some(limit), start_after };
                let page: PagedNodeKeysResponse = net.query(msg);
                (page.nodes.iter().map(|node| identity(&node.identity)).collect(), page.start_next_after)
            })
        },
    );
}

#[test]
fn what_counts_from_the_next_epoch_is_listed_beside_a_damaged_delegation() {
    for (net, pairs) in [on_the_first(), of_alice()] {
        each_position(net, "dl", &pairs, by_node, |net, limit| {
            let (events, _) = read(limit, |limit, start_after| {
                let msg = QueryMsg::GetPendingEpochEvents { limit: Some(limit), start_after };
                let page: PendingEpochEventsResponse = net.query(msg);
                (page.events, page.start_next_after)
            });
            let pair = |kind| match kind {
                PendingEpochEventKind::Delegate { owner, mix_id, .. } => (mix_id, owner),
                other => panic!("{other:?} was not announced"),
            };
            events.into_iter().map(|event| pair(event.event.kind)).collect()
        });
    }
}

#[test]
fn what_holds_from_the_next_interval_is_listed_beside_a_node_whose_costs_are_damaged() {
    let (mut net, ids) = bonded();
    for number in 1..=RECORDS {
        let (operator, new_costs) = (net.operator(number), Announced::costs());
        net.send(&operator, ExecuteMsg::UpdateMixnodeCostParams { new_costs }).unwrap();
    }
    // A margin that is none, in a record that parses.
    let mut stake = STAKES.load(&net.store, 1).unwrap();
    stake.pending_costs.as_mut().unwrap().profit_margin = u64::MAX;
    let wrong = stake.pack();

    let mut instead: Vec<Option<&[u8]>> = NONSENSE.map(Some).to_vec();
    instead.push(Some(wrong.as_slice()));
    let list = |net: &Suite, limit| {
        let (ids, _) = read(limit, |limit, start_after| {
            let msg = QueryMsg::GetPendingIntervalEvents { limit: Some(limit), start_after };
            let page: PendingIntervalEventsResponse = net.query(msg);
            (page.events.into_iter().map(|event| event.id).collect(), page.start_next_after)
        });
        ids
    };
    each_instead(net, "mnr", &ids, number, list, &instead);
}
