//! Mix nodes: bonding with a signed key, leaving, announcing, being listed.

use cosmwasm_std::{coin, coins};
use nym_contract_types::mixnet::{
    ExecuteMsg, MixNode, MixNodeConfigUpdate, MixOwnershipResponse, MixnodeDetailsByIdentityResponse,
    MixnodeDetailsResponse, PagedMixnodeBondsResponse, PagedMixnodesDetailsResponse, PagedUnbondedMixnodesResponse,
    QueryMsg, UnbondedMixnodeResponse,
};
use nym_mixnet_contract::ContractError;

use crate::assert_refused;
use crate::suite::{attribute, Announced, Identity, Suite, DENOM, PLEDGE};

#[test]
fn a_bond_locks_the_pledge_and_shows_the_node_under_its_number_owner_and_identity() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let pool = net.held();

    let response = net.bond_with(&alice, 1, PLEDGE).unwrap();

    assert_eq!(attribute(&response, "action"), "bond_mixnode");
    assert_eq!(attribute(&response, "mix_id"), "1");
    assert_eq!(attribute(&response, "amount"), "100000000unym");
    assert_eq!(net.held(), pool + PLEDGE);
    let by_id: MixnodeDetailsResponse = net.query(QueryMsg::GetMixnodeDetails { mix_id: 1 });
    let details = by_id.mixnode_details.unwrap();
    assert_eq!(details.bond_information.owner, alice);
    assert_eq!(details.bond_information.original_pledge, coin(PLEDGE, DENOM));
    assert_eq!(details.bond_information.mix_node, Announced::mix_node(&Identity::of(1)));
    assert_eq!(details.rewarding_details.cost_params, Announced::costs());
    assert_eq!(details.rewarding_details.operator.to_string(), PLEDGE.to_string());
    let by_owner: MixOwnershipResponse = net.query(QueryMsg::GetOwnedMixnode { address: alice.to_string() });
    assert_eq!(by_owner.mixnode_details.as_ref(), Some(&details));
    let mix_identity = Identity::of(1).text();
    let by_identity: MixnodeDetailsByIdentityResponse =
        net.query(QueryMsg::GetBondedMixnodeDetailsByIdentity { mix_identity });
    assert_eq!(by_identity.mixnode_details, Some(details));
}

#[test]
fn the_pledge_is_one_coin_of_at_least_the_minimum() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");

    assert_refused!(net.bond_with(&alice, 1, PLEDGE - 1), ContractError::PledgeTooSmall { .. });
    net.bond_with(&alice, 1, PLEDGE).unwrap();
}

#[test]
fn an_account_has_one_bond_and_an_identity_one_account() {
    let mut net = Suite::with_monitors(1);
    let (alice, bob, carol) = (net.account("alice"), net.account("bob"), net.account("carol"));
    net.bond(&alice, 1);
    net.bond_gateway(&bob, 2);

    assert_refused!(net.bond_with(&alice, 3, PLEDGE), ContractError::AlreadyBonded { .. });
    assert_refused!(net.bond_with(&bob, 3, PLEDGE), ContractError::AlreadyBonded { .. });
    assert_refused!(net.bond_with(&carol, 1, PLEDGE), ContractError::IdentityTaken { .. });
    assert_refused!(net.bond_with(&carol, 2, PLEDGE), ContractError::IdentityTaken { .. });
}

#[test]
fn sphinx_and_link_keys_need_not_be_unique() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(2);

    let listed: PagedMixnodeBondsResponse = net.query(QueryMsg::GetMixNodeBonds { limit: None, start_after: None });

    assert_eq!(listed.nodes[0].mix_node.sphinx_key, listed.nodes[1].mix_node.sphinx_key);
}

#[test]
fn a_signature_is_good_for_one_sender_message_contract_chain_and_nonce() {
    let mut net = Suite::with_monitors(1);
    let (alice, mallory) = (net.account("alice"), net.account("mallory"));
    let identity = Identity::of(1);
    let node = Announced::mix_node(&identity);
    let funds = coins(PLEDGE, DENOM);
    let signed = net.mixnode_bonding(&alice, &identity, node.clone(), Announced::costs(), &funds);
    let refused = |net: &mut Suite, sender: &cosmwasm_std::Addr, msg: ExecuteMsg, funds: &[cosmwasm_std::Coin]| {
        assert_refused!(net.execute(sender, msg, funds), ContractError::Signature { .. });
    };

    // Another sender, another pledge.
    refused(&mut net, &mallory, signed.clone(), &funds);
    refused(&mut net, &alice, signed.clone(), &coins(PLEDGE + 1, DENOM));
    // Another node, other costs.
    let ExecuteMsg::BondMixnode { mix_node, cost_params, owner_signature } = signed.clone() else { unreachable!() };
    let moved = MixNode { mix_port: 1, ..mix_node.clone() };
    let other = ExecuteMsg::BondMixnode {
        mix_node: moved,
        cost_params: cost_params.clone(),
        owner_signature: owner_signature.clone(),
    };
    refused(&mut net, &alice, other, &funds);
    // Another length, and no signature.
    for wrong in [vec![], vec![0; 63], vec![0; 64], vec![0; 65]] {
        let msg = ExecuteMsg::BondMixnode {
            mix_node: mix_node.clone(),
            cost_params: cost_params.clone(),
            owner_signature: wrong.into(),
        };
        refused(&mut net, &alice, msg, &funds);
    }
    // Another contract, another chain.
    let home = net.env.clone();
    net.env.contract.address = net.account("copy of the contract");
    let elsewhere = net.mixnode_bonding(&alice, &identity, node.clone(), Announced::costs(), &funds);
    net.env = home.clone();
    refused(&mut net, &alice, elsewhere, &funds);
    net.env.block.chain_id = "another-1".to_owned();
    let elsewhere = net.mixnode_bonding(&alice, &identity, node, Announced::costs(), &funds);
    net.env = home;
    refused(&mut net, &alice, elsewhere, &funds);

    // The signature of a gateway with the same key.
    let gateway = net.gateway_bonding(&alice, &identity, Announced::gateway(&identity), &funds);
    let ExecuteMsg::BondGateway { owner_signature: of_gateway, .. } = gateway else { unreachable!() };
    let msg = ExecuteMsg::BondMixnode { mix_node, cost_params, owner_signature: of_gateway };
    refused(&mut net, &alice, msg, &funds);

    net.execute(&alice, signed.clone(), &funds).unwrap();
    assert_eq!(net.nonce(&alice), 1);
    net.next_block();
    net.unbond(&alice).unwrap();
    refused(&mut net, &alice, signed, &funds);
}

#[test]
fn what_is_announced_is_checked() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let identity = Identity::of(1);
    let mut try_with = |change: &dyn Fn(&mut MixNode)| {
        let mut node = Announced::mix_node(&identity);
        change(&mut node);
        let funds = coins(PLEDGE, DENOM);
        let msg = net.mixnode_bonding(&alice, &identity, node, Announced::costs(), &funds);
        net.execute(&alice, msg, &funds)
    };

    for host in [
        "",
        "example.com",
        "localhost",
        "0.0.0.0",
        "::",
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "203.0.113.07",
        "2001:0db8::1",
        "203.0.113.7:1789",
        "[2001:db8::1]",
        " 203.0.113.7",
        "３.3.3.3",
    ] {
        let refused = try_with(&|node| node.host = host.to_owned());
        assert_refused!(refused, ContractError::Host { .. });
    }
    assert_refused!(try_with(&|n| n.host = "1".repeat(100_000)), ContractError::Host { .. });
    assert_refused!(try_with(&|n| n.mix_port = 0), ContractError::Parameter { name: "mix_port", .. });
    assert_refused!(try_with(&|n| n.version = "x".repeat(33)), ContractError::TooLong { length: 33, .. });
    assert_refused!(try_with(&|n| n.version = "1\n".to_owned()), ContractError::Parameter { name: "version", .. });
    assert_refused!(try_with(&|n| n.sphinx_key = "short".to_owned()), ContractError::Key { name: "sphinx_key", .. });
    assert_refused!(try_with(&|n| n.noise_key = Some(String::new())), ContractError::Key { name: "noise_key", .. });
    assert_refused!(try_with(&|n| n.identity_key.push('1')), ContractError::Key { name: "identity_key", .. });
    try_with(&|_| ()).unwrap();
}

#[test]
fn loopback_is_for_networks_that_allow_it() {
    let mut net = Suite::build(1, |msg| msg.allow_loopback = true);
    let alice = net.account("alice");
    let identity = Identity::of(1);
    let node = MixNode { host: "127.0.0.1".to_owned(), ..Announced::mix_node(&identity) };
    let funds = coins(PLEDGE, DENOM);

    let msg = net.mixnode_bonding(&alice, &identity, node, Announced::costs(), &funds);

    net.execute(&alice, msg, &funds).unwrap();
}

#[test]
fn costs_are_in_the_staking_denom() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let identity = Identity::of(1);
    let funds = coins(PLEDGE, DENOM);
    for cost in [coin(1, "other"), coin(u128::MAX, DENOM)] {
        let mut costs = Announced::costs();
        costs.interval_operating_cost = cost;
        let msg = net.mixnode_bonding(&alice, &identity, Announced::mix_node(&identity), costs, &funds);
        assert!(net.execute(&alice, msg, &funds).is_err());
    }
}

#[test]
fn unbonding_pays_the_pledge_back_and_forgets_the_bond() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    net.bond(&alice, 1);
    assert_refused!(net.unbond(&alice), ContractError::StakeLocked { .. });
    net.next_block();

    let response = net.unbond(&alice).unwrap();

    assert_eq!(attribute(&response, "amount"), "100000000unym");
    assert_eq!(net.received(&alice), PLEDGE);
    assert_refused!(net.unbond(&alice), ContractError::NoMixnode { .. });
    let left: UnbondedMixnodeResponse = net.query(QueryMsg::GetUnbondedMixNodeInformation { mix_id: 1 });
    assert_eq!(left.unbonded_info.unwrap().owner, alice);
    let left: PagedUnbondedMixnodesResponse =
        net.query(QueryMsg::GetUnbondedMixNodes { limit: None, start_after: None });
    assert_eq!(left.nodes.len(), 1);

    // Owner and identity are free again; the number is not.
    assert_eq!(net.bond(&alice, 1), 2);
}

#[test]
fn an_operator_announces_a_new_address() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(1);
    let owner = net.operator(1);
    let config = MixNodeConfigUpdate {
        host: "203.0.113.99".to_owned(),
        mix_port: 1,
        verloc_port: 2,
        http_api_port: 3,
        version: "0.2.0".to_owned(),
    };
    let update = |new_config| ExecuteMsg::UpdateMixnodeConfig { new_config };

    net.send(&owner, update(config.clone())).unwrap();

    let details: MixnodeDetailsResponse = net.query(QueryMsg::GetMixnodeDetails { mix_id: 1 });
    let node = details.mixnode_details.unwrap().bond_information.mix_node;
    assert_eq!((node.host.as_str(), node.mix_port, node.verloc_port, node.http_api_port), ("203.0.113.99", 1, 2, 3));
    assert_eq!(node.identity_key, Identity::of(1).text());
    let bad = MixNodeConfigUpdate { host: "localhost".to_owned(), ..config.clone() };
    assert_refused!(net.send(&owner, update(bad)), ContractError::Host { .. });
    let stranger = net.stranger();
    assert_refused!(net.send(&stranger, update(config)), ContractError::NoMixnode { .. });
}

#[test]
fn pages_follow_each_other_and_the_last_says_so() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(7);
    net.unbond(&net.operator(3)).unwrap();
    let mut start_after = None;
    let mut seen = Vec::new();

    loop {
        let page: PagedMixnodesDetailsResponse =
            net.query(QueryMsg::GetMixNodesDetailed { limit: Some(2), start_after });
        seen.extend(page.nodes.iter().map(|node| node.bond_information.mix_id));
        start_after = page.start_next_after;
        if start_after.is_none() {
            break;
        }
    }

    assert_eq!(seen, [1, 2, 4, 5, 6, 7]);
}

#[test]
fn wallets_may_say_node_id_and_pascal_case() {
    let parsed: ExecuteMsg = cosmwasm_std::from_json(br#"{"delegate":{"node_id":7}}"#).unwrap();
    assert_eq!(parsed, ExecuteMsg::DelegateToMixnode { mix_id: 7 });
    let parsed: QueryMsg = cosmwasm_std::from_json(br#"{"get_mixnode_details":{"node_id":7}}"#).unwrap();
    assert_eq!(parsed, QueryMsg::GetMixnodeDetails { mix_id: 7 });
    let parsed: QueryMsg = cosmwasm_std::from_json(br#"{"get_mix_node_bonds":{}}"#).unwrap();
    assert_eq!(parsed, QueryMsg::GetMixNodeBonds { limit: None, start_after: None });
    use nym_contract_types::mixnet::EpochState;
    assert_eq!(cosmwasm_std::from_json::<EpochState>(br#""InProgress""#).unwrap(), EpochState::InProgress);
    assert_eq!(cosmwasm_std::to_json_vec(&EpochState::InProgress).unwrap(), br#""in_progress""#);
}
