//! Keys that serve for a period: announced by the identity key, for the coming period, and without them no seat.

use cosmwasm_std::{Addr, Binary};
use nym_contract_types::keys;
use nym_contract_types::mixnet::{
    CandidatesResponse, ExecuteMsg, GatewayConfigUpdate, KeyRotationIdResponse, KeyRotationStateResponse, NodeKeys,
    NodeKeysResponse, PagedNodeKeysResponse, QueryMsg,
};
use nym_contract_types::signing::{MessageType, Payload};
use nym_contract_types::NodeId;
use nym_mixnet_contract::rotation::state::KEYS;
use nym_mixnet_contract::ContractError;

use crate::assert_refused;
use crate::suite::{attribute, Identity, Suite};

/// Four nodes and a gateway in a network whose keys serve for three epochs.
fn network() -> Suite {
    let mut net = Suite::build(1, |msg| msg.epochs.key_period = 3);
    let gateway = net.account("gateway");
    net.bond_gateway(&gateway, 9);
    net.bond_many(4);
    net
}

fn keys_of(net: &Suite, number: u32) -> NodeKeysResponse {
    net.query(QueryMsg::GetNodeKeys { identity: Identity::of(number).text() })
}

fn rotation(net: &Suite) -> u32 {
    net.query::<KeyRotationIdResponse>(QueryMsg::GetKeyRotationId {}).rotation_id
}

fn candidates(net: &Suite) -> Vec<NodeId> {
    let found: CandidatesResponse = net.query(QueryMsg::GetCandidates { limit: None, start_after: None });
    found.candidates.into_iter().map(|candidate| candidate.node_id).collect()
}

#[track_caller]
fn announce(net: &mut Suite, number: u32, period: u32, keys: u8) {
    let owner = net.operator(number);
    let msg = net.key_update(&owner, &Identity::of(number), Suite::keys_of(period, keys));
    net.send(&owner, msg).unwrap();
}

#[test]
fn only_nodes_with_keys_of_the_coming_period_are_drawn() {
    let mut net = network();
    let state: KeyRotationStateResponse = net.query(QueryMsg::GetKeyRotationState {});
    assert_eq!((state.validity_epochs, state.initial_epoch_id, state.overlap_epochs), (3, 0, 1));
    net.turn();
    assert_eq!(candidates(&net), [1, 2, 3, 4], "bonded keys serve in the first period");
    for number in [1, 2, 4] {
        announce(&mut net, number, 1, 50);
    }
    net.turn();
    assert_eq!((net.epoch(), rotation(&net)), (2, 0));
    assert_eq!(candidates(&net), [1, 2, 3, 4], "the period lasts one epoch more");

    net.turn();

    assert_eq!((net.epoch(), rotation(&net)), (3, 1));
    assert_eq!(candidates(&net), [1, 2, 4]);
    assert!(net.rewarded_set().iter().all(|node| node.mix_id != 3));
    // Late is better than never: keys of the current period bring a node back, also if it skips the coming.
    announce(&mut net, 3, 1, 60);
    announce(&mut net, 1, 2, 60);
    net.turn();
    assert_eq!(candidates(&net), [1, 2, 3, 4]);
    net.turn();
    net.turn();
    assert_eq!((net.epoch(), rotation(&net)), (6, 2));
    assert_eq!(candidates(&net), [1]);
    // Two candidates are too few for a draw; a node with keys of the period after only is none of them.
    announce(&mut net, 2, 3, 70);
    net.turn();
    assert_eq!(candidates(&net), [1]);
}

#[test]
fn keys_are_shown_for_the_current_and_the_coming_period() {
    let mut net = network();
    let bonded = NodeKeys { period: 0, sphinx_key: keys::to_text(&[1; 32]), noise_key: keys::to_text(&[2; 32]) };
    assert_eq!((keys_of(&net, 1).current, keys_of(&net, 1).coming), (Some(bonded.clone()), None));
    assert_eq!(keys_of(&net, 9).current, Some(bonded.clone()), "of a gateway too");
    assert_eq!((keys_of(&net, 77).current, keys_of(&net, 77).coming), (None, None), "nobody's");

    // The same keys as another node's are nobody's business.
    let gateway = net.account("gateway");
    for (owner, number) in [(net.operator(1), 1), (net.operator(2), 2), (gateway, 9)] {
        let msg = net.key_update(&owner, &Identity::of(number), Suite::keys_of(1, 50));
        let response = net.send(&owner, msg).unwrap();
        assert_eq!(attribute(&response, "period"), "1");
        assert_eq!(attribute(&response, "identity"), Identity::of(number).text());
    }
    announce(&mut net, 1, 1, 80);
    let shown = keys_of(&net, 1);
    assert_eq!((shown.current, shown.coming), (Some(bonded), Some(Suite::keys_of(1, 80))), "the last one counts");
    let mut all = Vec::new();
    let mut start_after = None;
    loop {
        let page: PagedNodeKeysResponse = net.query(QueryMsg::GetAllNodeKeys { limit: Some(2), start_after });
        assert!(page.nodes.len() <= 2);
        all.extend(page.nodes);
        start_after = page.start_next_after;
        if start_after.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 5);
    for number in [1, 2, 3, 4, 9] {
        assert!(all.contains(&keys_of(&net, number)));
    }
    for _ in 0..3 {
        net.turn();
    }
    let shown = keys_of(&net, 1);
    assert_eq!((shown.period, shown.current, shown.coming), (1, Some(Suite::keys_of(1, 80)), None));
    assert_eq!(keys_of(&net, 3).current, None);
}

#[test]
fn a_bond_brings_keys_for_the_first_period_in_which_it_may_serve() {
    let mut net = network();
    net.turn();
    net.turn();
    assert_eq!(net.epoch(), 2);
    let late = net.account("late");
    let mix_id = net.bond(&late, 5);
    net.turn();
    assert_eq!((rotation(&net), candidates(&net)), (1, vec![mix_id]), "it is bonded in the last epoch of period 0");
    assert_eq!(keys_of(&net, 5).current.map(|keys| keys.period), Some(1));

    net.end_epoch();
    net.advance_seconds(300);
    net.begin().unwrap();
    let later = net.account("later");
    net.bond(&later, 6);
    assert_eq!(keys_of(&net, 6).current.map(|keys| keys.period), Some(1), "drawn for epoch 5 at the earliest");
}

#[test]
fn keys_of_another_period_are_refused() {
    let mut net = network();
    let owner = net.operator(1);
    let update = |net: &mut Suite, period| {
        let msg = net.key_update(&owner, &Identity::of(1), Suite::keys_of(period, 50));
        net.send(&owner, msg)
    };
    for period in [2, 3, u32::MAX] {
        assert_refused!(update(&mut net, period), ContractError::KeysNotAccepted { .. });
    }
    // Keys that serve stay as they are.
    assert_refused!(update(&mut net, 0), ContractError::KeysNotAccepted { period: 0, .. });
    for _ in 0..3 {
        net.turn();
    }
    assert_refused!(update(&mut net, 0), ContractError::KeysNotAccepted { period: 0, .. });
    update(&mut net, 1).unwrap();
    assert_refused!(update(&mut net, 1), ContractError::KeysNotAccepted { period: 1, .. });
    update(&mut net, 2).unwrap();
    assert_eq!(net.nonce(&owner), 3, "a refused update uses no nonce up");

    net.end_epoch();
    net.advance_seconds(300);
    net.begin().unwrap();
    assert_refused!(update(&mut net, 2), ContractError::TransitionUnderWay { .. });
}

#[test]
fn only_the_nodes_own_identity_signs_and_each_signature_is_of_use_once() {
    let mut net = network();
    let owner = net.operator(1);
    let new = Suite::keys_of(1, 50);
    let refused = |net: &mut Suite, sender: &Addr, msg: ExecuteMsg| {
        assert_refused!(net.send(sender, msg), ContractError::Signature { .. });
    };
    let by_another = net.key_update(&owner, &Identity::of(2), new.clone());
    refused(&mut net, &owner, by_another);
    let ours = net.key_update(&owner, &Identity::of(1), new.clone());
    let second = net.operator(2);
    refused(&mut net, &second, ours.clone());
    let gateway = net.account("gateway");
    refused(&mut net, &gateway, ours.clone());
    // Not one field may differ from what was signed.
    for change in 0..4 {
        let ExecuteMsg::UpdateNodeKeys { mut period, mut sphinx_key, mut noise_key, mut signature } = ours.clone()
        else {
            panic!("an update of keys");
        };
        match change {
            0 => std::mem::swap(&mut sphinx_key, &mut noise_key),
            1 => noise_key = keys::to_text(&[9; 32]),
            2 => signature = Binary::from(vec![0; 64]),
            _ => signature = Binary::default(),
        }
        period = period.min(1);
        refused(&mut net, &owner, ExecuteMsg::UpdateNodeKeys { period, sphinx_key, noise_key, signature });
    }
    // A signature over the same data as another kind of message.
    let payload = Payload {
        chain_id: &net.env.block.chain_id,
        contract: net.env.contract.address.as_str(),
        message_type: MessageType::GatewayBonding,
        sender: owner.as_str(),
        nonce: net.nonce(&owner),
        data: &new,
        funds: &[],
    };
    let signature = Identity::of(1).sign(&payload.bytes());
    let NodeKeys { period, sphinx_key, noise_key } = new;
    refused(&mut net, &owner, ExecuteMsg::UpdateNodeKeys { period, sphinx_key, noise_key, signature });

    net.send(&owner, ours.clone()).unwrap();
    refused(&mut net, &owner, ours);
}

#[test]
fn keys_that_are_none_and_accounts_without_a_node_are_refused() {
    let mut net = network();
    let (owner, nobody) = (net.operator(1), net.account("nobody"));
    for wrong in ["", "0", &keys::to_text(&[1; 32]).repeat(2), &"1".repeat(45)] {
        let mut new = Suite::keys_of(1, 50);
        new.noise_key = wrong.to_owned();
        let msg = net.key_update(&owner, &Identity::of(1), new);
        assert_refused!(net.send(&owner, msg), ContractError::Key { name: "noise_key", .. });
    }
    let msg = net.key_update(&nobody, &Identity::of(1), Suite::keys_of(1, 50));
    assert_refused!(net.send(&nobody, msg), ContractError::NothingBonded { .. });
    let mut fixed = Suite::with_monitors(1);
    fixed.bond_many(1);
    let msg = fixed.key_update(&owner, &Identity::of(1), Suite::keys_of(1, 50));
    assert_refused!(fixed.send(&owner, msg), ContractError::KeysNotAccepted { .. });
    assert_eq!(keys_of(&fixed, 1).current.map(|keys| keys.sphinx_key), Some(keys::to_text(&[1; 32])));
}

#[test]
fn a_node_has_keys_of_two_periods_at_most_and_none_when_it_has_left() {
    let mut net = network();
    let gateway = net.account("gateway");
    let size = |net: &Suite| {
        let keys = net.store.records().iter().filter(|(key, _)| key.starts_with(b"\0\x02nk"));
        (keys.clone().count(), keys.map(|(_, value)| value.len()).max().unwrap_or_default())
    };
    for period in 1..=6 {
        for (owner, number) in [(net.operator(1), 1), (gateway.clone(), 9)] {
            let msg = net.key_update(&owner, &Identity::of(number), Suite::keys_of(period, 50));
            net.send(&owner, msg).unwrap();
        }
        assert_eq!(size(&net), (5, 136), "period {period}");
        for _ in 0..3 {
            net.turn();
        }
    }
    // An announced address leaves keys alone.
    let new_config = GatewayConfigUpdate {
        host: "203.0.113.8".to_owned(),
        mix_port: 1,
        clients_port: 2,
        location: String::new(),
        version: String::new(),
    };
    net.send(&gateway, ExecuteMsg::UpdateGatewayConfig { new_config }).unwrap();
    assert_eq!(keys_of(&net, 9).current, Some(Suite::keys_of(6, 50)));

    net.send(&gateway, ExecuteMsg::UnbondGateway {}).unwrap();
    for number in 1..=4 {
        let owner = net.operator(number);
        net.unbond(&owner).unwrap();
    }
    assert_eq!(size(&net).0, 0);
    assert!(KEYS.may_load(&net.store, &[0; 32]).unwrap().is_none());
}

#[test]
fn in_the_shortest_period_a_bond_within_a_transition_leaves_room_for_two_periods() {
    let mut net = Suite::build(1, |msg| msg.epochs.key_period = 2);
    net.bond_many(3);
    for _ in 0..4 {
        net.end_epoch();
        net.advance_seconds(300);
        net.begin().unwrap();
        let late = net.stranger();
        let number = 100 + net.epoch();
        net.bond(&late, number);
        net.finish(None);
        for period in [rotation(&net), rotation(&net) + 1] {
            let msg = net.key_update(&late, &Identity::of(number), Suite::keys_of(period, 50));
            let _ = net.send(&late, msg);
        }
        let shown = keys_of(&net, number);
        assert!(shown.current.is_some() && shown.coming.is_some(), "{shown:?}");
        net.next_block();
        net.unbond(&late).unwrap();
    }
}
