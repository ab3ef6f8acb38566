//! The topology document: which keys and nodes are in it.

use cosmwasm_std::{coin, Addr};
use nym_chain_client::topology::derive;
use nym_contract_types::keys::to_text;
use nym_contract_types::mixnet::{
    ContractState, DrawOutcome, EpochState, EpochStatusResponse, Gateway, GatewayBond, InstantiateMsg, MixNode,
    MixNodeBond, NodeKeys, NodeKeysResponse, RewardedNode, RewardedNodeStatus, SeedSource,
};
use nym_keys::identity;
use nym_topology::TopologyDocument;

/// The identity key of a node.
fn identity_of(number: u8) -> String {
    identity::SecretKey::from_secret_bytes(&[number; 32]).unwrap().public_key().to_string()
}

fn key(number: u8) -> String {
    to_text(&[number; 32])
}

fn mix_node(number: u8) -> MixNodeBond {
    MixNodeBond {
        mix_id: u32::from(number),
        owner: Addr::unchecked("owner"),
        original_pledge: coin(1, "unym"),
        layer: Some(number),
        mix_node: MixNode {
            host: "203.0.113.7".to_owned(),
            mix_port: 1_789,
            verloc_port: 0,
            http_api_port: 0,
            sphinx_key: key(10 + number),
            identity_key: identity_of(number),
            version: String::new(),
            noise_key: Some(key(20 + number)),
        },
        bonding_height: 1,
        is_unbonding: false,
    }
}

fn gateway(number: u8) -> GatewayBond {
    GatewayBond {
        pledge_amount: coin(1, "unym"),
        owner: Addr::unchecked("payee"),
        block_height: 1,
        gateway: Gateway {
            host: "203.0.113.8".to_owned(),
            mix_port: 1_789,
            clients_port: 9_000,
            location: String::new(),
            sphinx_key: key(10 + number),
            identity_key: identity_of(number),
            version: String::new(),
            noise_key: Some(key(20 + number)),
        },
    }
}

/// Three mix nodes and two gateways in epoch 30.
fn document(keys: Option<&[NodeKeysResponse]>) -> TopologyDocument {
    let defaults = InstantiateMsg::with_defaults("unym");
    let state = ContractState {
        owner: Addr::unchecked("owner"),
        rewarding_denom: "unym".to_owned(),
        params: defaults.params,
        epochs: defaults.epochs,
        mixing: defaults.mixing,
        allow_loopback: false,
    };
    let status = EpochStatusResponse {
        epoch: 30,
        state: EpochState::InProgress,
        starts_at: 1,
        ends_at: 2,
        epoch_length: 1,
        height: 9,
        previous_height: None,
        draw: DrawOutcome::Drawn,
        seed_source: SeedSource::Beacon,
        reports: 0,
        monitors: 0,
        begin_without_all_reports_at: 2,
        current_blocktime: 1,
        can_begin: false,
    };
    let rewarded: Vec<_> = (1..=3)
        .map(|number| RewardedNode {
            mix_id: u32::from(number),
            status: RewardedNodeStatus::Active,
            layer: Some(number),
        })
        .collect();
    let bonds: Vec<_> = (1..=3).map(mix_node).collect();
    let gateways: Vec<_> = (4..=5).map(gateway).collect();
    derive("chain", "n1c", &status, &state, &rewarded, &bonds, &gateways, keys)
}

/// What the contract says of a node's keys; it has them for the period if there is a number.
fn announced(number: u8, current: Option<u8>) -> NodeKeysResponse {
    let of = |period, number: u8| NodeKeys { period, sphinx_key: key(number), noise_key: key(number + 1) };
    NodeKeysResponse {
        identity: identity_of(number),
        period: 1,
        current: current.map(|number| of(1, number)),
        coming: Some(of(2, 200)),
    }
}

#[test]
fn bonded_keys_serve_where_keys_do_not_expire() {
    let document = document(None);

    assert_eq!((document.mix_nodes.len(), document.gateways.len()), (3, 2));
    for node in &document.mix_nodes {
        let number = u8::try_from(node.node_id).unwrap();
        assert_eq!(node.sphinx_key.to_string(), key(10 + number));
        assert_eq!(node.link_key.to_string(), key(20 + number));
    }
}

#[test]
fn keys_of_the_epochs_period_serve_and_a_node_without_is_left_out() {
    let keys = [announced(1, Some(101)), announced(2, None), announced(3, Some(103)), announced(5, Some(105))];

    let document = document(Some(&keys));

    let nodes: Vec<_> = document.mix_nodes.iter().map(|node| (node.node_id, node.sphinx_key.to_string())).collect();
    assert_eq!(nodes, [(1, key(101)), (3, key(103))]);
    assert_eq!(document.mix_nodes[0].link_key.to_string(), key(102));
    let gateways: Vec<_> = document.gateways.iter().map(|gateway| gateway.identity.to_string()).collect();
    assert_eq!(gateways, [identity_of(5)]);
    assert_eq!(document.gateways[0].link_key.to_string(), key(106));
}
