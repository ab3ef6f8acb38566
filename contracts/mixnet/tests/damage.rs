//! Records that do not parse: the list in which one would stand answers with the others and goes on past it.

use std::fmt::Debug;

use cosmwasm_std::{Addr, Storage};
use nym_contract_types::mixnet::{
    PagedGatewayResponse, PagedMixnodeBondsResponse, PagedMixnodesDetailsResponse, PagedUnbondedMixnodesResponse,
    ParkedNodesResponse, QueryMsg,
};
use nym_contract_types::NodeId;
use nym_mixnet_contract::mixnodes::state::{Parked, PARKED};

use crate::suite::Suite;

const RECORDS: u32 = 7;

/// Contents that are no record.
const NONSENSE: [&[u8]; 4] = [&[0], &[255; 40], b"{}", &[7; 200]];

/// All entries of a list in pages of `limit`: `page` gives what a page has and where the next one starts.
fn all<T, K: Clone>(limit: u32, page: impl Fn(u32, Option<K>) -> (Vec<T>, Option<K>)) -> Vec<T> {
    let (mut found, mut start_after, mut pages) = (Vec::new(), None, 0);
    loop {
        let (entries, next) = page(limit, start_after);
        assert!(entries.len() <= limit as usize);
        found.extend(entries);
        pages += 1;
        assert_eq!(next.is_none(), pages == RECORDS.div_ceil(limit), "a page goes over as many records as ever");
        let Some(next) = next else { return found };
        start_after = Some(next);
    }
}

/// Damages each record of a list in turn, at every position of pages of every size.
fn each_position<K: Clone + PartialEq + Debug>(
    mut net: Suite,
    namespace: &str,
    names: &[K],
    key: impl Fn(&K) -> Vec<u8>,
    list: impl Fn(&Suite, u32) -> Vec<K>,
) {
    assert_eq!(names.len(), RECORDS as usize);
    for damaged in names {
        let key = [&[0, namespace.len() as u8], namespace.as_bytes(), &key(damaged)].concat();
        let whole = net.store.get(&key).expect("the record is there");
        let others: Vec<K> = names.iter().filter(|name| *name != damaged).cloned().collect();
        for bytes in NONSENSE {
            net.store.set(&key, bytes);
            for limit in 1..=RECORDS {
                assert_eq!(list(&net, limit), others, "{damaged:?} holds {bytes:?}, pages of {limit}");
            }
        }
        net.store.set(&key, &whole);
    }
    assert_eq!(list(&net, 2), names, "and with it when it is whole");
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
fn bonds_are_listed_beside_a_damaged_one() {
    let (net, ids) = bonded();
    each_position(net, "mnn", &ids, number, bonds);
}

#[test]
fn details_are_listed_beside_a_damaged_bond_and_beside_a_damaged_stake() {
    for namespace in ["mnn", "mnr"] {
        let (mut net, ids) = bonded();
        let alice = net.account("alice");
        for mix_id in ids.iter().filter(|id| *id % 2 == 1) {
            net.delegate(&alice, *mix_id, 5).unwrap();
        }
        each_position(net, namespace, &ids, number, detailed);
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

#[test]
fn nodes_that_left_are_listed_beside_a_damaged_one() {
    let left = |msg: &dyn Fn(&Addr, u32, Option<NodeId>) -> QueryMsg| {
        let mut net = Suite::with_monitors(1);
        let alice = net.account("alice");
        let mut ids = Vec::new();
        for _ in 0..RECORDS {
            ids.push(net.bond(&alice, 1));
            net.next_block();
            net.unbond(&alice).unwrap();
        }
        each_position(net, "ubm", &ids, number, |net, limit| {
            all(limit, |limit, start_after| {
                let page: PagedUnbondedMixnodesResponse = net.query(msg(&alice, limit, start_after));
                (page.nodes.into_iter().map(|(id, _)| id).collect(), page.start_next_after)
            })
        });
    };

    left(&|_, limit, start_after| QueryMsg::GetUnbondedMixNodes { limit: Some(limit), start_after });
    left(&|owner, limit, start_after| QueryMsg::GetUnbondedMixNodesByOwner {
        owner: owner.to_string(),
        limit: Some(limit),
        start_after,
    });
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
