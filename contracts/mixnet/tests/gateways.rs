//! Gateways: bonding with a signed key, leaving, announcing, being listed.

use cosmwasm_std::coins;
use nym_contract_types::mixnet::{
    ExecuteMsg, Gateway, GatewayBondResponse, GatewayConfigUpdate, OwnedGatewayResponse, PagedGatewayResponse, QueryMsg,
};
use nym_mixnet_contract::ContractError;

use crate::assert_refused;
use crate::suite::{attribute, Announced, Identity, Suite, DENOM, PLEDGE};

#[test]
fn a_gateway_bonds_is_found_by_identity_and_owner_and_leaves_with_its_pledge() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let held = net.held();

    let identity = net.bond_gateway(&alice, 1);
    assert_eq!(net.held(), held + PLEDGE);
    let found: GatewayBondResponse = net.query(QueryMsg::GetGatewayBond { identity: identity.clone() });
    let bond = found.gateway.unwrap();
    assert_eq!((bond.owner.clone(), bond.block_height), (alice.clone(), net.env.block.height));
    let owned: OwnedGatewayResponse = net.query(QueryMsg::GetOwnedGateway { address: alice.to_string() });
    assert_eq!(owned.gateway, Some(bond));

    let response = net.send(&alice, ExecuteMsg::UnbondGateway {}).unwrap();
    assert_eq!(attribute(&response, "action"), "unbond_gateway");
    assert_eq!((net.received(&alice), net.held()), (PLEDGE, held));
    assert_refused!(net.send(&alice, ExecuteMsg::UnbondGateway {}), ContractError::NoGateway { .. });
    net.bond_gateway(&alice, 1);
}

#[test]
fn a_bond_needs_the_minimum_a_free_account_and_the_identitys_signature() {
    let mut net = Suite::with_monitors(1);
    let (alice, bob) = (net.account("alice"), net.account("bob"));
    let identity = Identity::of(1);
    let gateway = Announced::gateway(&identity);
    let funds = coins(PLEDGE, DENOM);
    let small = coins(PLEDGE - 1, DENOM);

    let msg = net.gateway_bonding(&alice, &identity, gateway.clone(), &small);
    assert_refused!(net.execute(&alice, msg, &small), ContractError::PledgeTooSmall { .. });
    let msg = net.gateway_bonding(&alice, &Identity::of(2), gateway.clone(), &funds);
    assert_refused!(net.execute(&alice, msg, &funds), ContractError::Signature { .. });
    let signed = net.gateway_bonding(&alice, &identity, gateway.clone(), &funds);
    assert_refused!(net.execute(&bob, signed.clone(), &funds), ContractError::Signature { .. });
    net.execute(&alice, signed.clone(), &funds).unwrap();
    let msg = net.gateway_bonding(&bob, &identity, gateway, &funds);
    assert_refused!(net.execute(&bob, msg, &funds), ContractError::IdentityTaken { .. });
    net.bond(&bob, 3);
    let fourth = Identity::of(4);
    let msg = net.gateway_bonding(&bob, &fourth, Announced::gateway(&fourth), &funds);
    assert_refused!(net.execute(&bob, msg, &funds), ContractError::AlreadyBonded { .. });

    // What was signed once serves once.
    net.send(&alice, ExecuteMsg::UnbondGateway {}).unwrap();
    assert_refused!(net.execute(&alice, signed, &funds), ContractError::Signature { .. });
}

#[test]
fn what_is_announced_is_checked() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let identity = Identity::of(1);
    let mut try_with = |change: &dyn Fn(&mut Gateway)| {
        let mut gateway = Announced::gateway(&identity);
        change(&mut gateway);
        let funds = coins(PLEDGE, DENOM);
        let msg = net.gateway_bonding(&alice, &identity, gateway, &funds);
        net.execute(&alice, msg, &funds)
    };

    assert_refused!(try_with(&|g| g.host = "::1".to_owned()), ContractError::Host { .. });
    assert_refused!(try_with(&|g| g.clients_port = 0), ContractError::Parameter { name: "clients_port", .. });
    assert_refused!(try_with(&|g| g.location = "é".repeat(33)), ContractError::TooLong { length: 66, .. });
    assert_refused!(try_with(&|g| g.noise_key = Some("0OIl".to_owned())), ContractError::Key { name: "noise_key", .. });
}

#[test]
fn an_operator_announces_a_new_address() {
    let mut net = Suite::with_monitors(1);
    let alice = net.account("alice");
    let identity = net.bond_gateway(&alice, 1);
    let new_config = GatewayConfigUpdate {
        host: "203.0.113.99".to_owned(),
        mix_port: 1,
        clients_port: 2,
        location: "here".to_owned(),
        version: "0.2.0".to_owned(),
    };

    net.send(&alice, ExecuteMsg::UpdateGatewayConfig { new_config: new_config.clone() }).unwrap();

    let found: GatewayBondResponse = net.query(QueryMsg::GetGatewayBond { identity });
    let gateway = found.gateway.unwrap().gateway;
    assert_eq!((gateway.host.as_str(), gateway.mix_port, gateway.clients_port), ("203.0.113.99", 1, 2));
    let stranger = net.stranger();
    let refused = net.send(&stranger, ExecuteMsg::UpdateGatewayConfig { new_config });
    assert_refused!(refused, ContractError::NoGateway { .. });
}

#[test]
fn pages_follow_each_other_and_the_last_says_so() {
    let mut net = Suite::with_monitors(1);
    let mut bonded: Vec<_> = (1..=5)
        .map(|number| {
            let owner = net.account(&format!("owner {number}"));
            net.bond_gateway(&owner, number)
        })
        .collect();
    bonded.sort();
    let mut start_after = None;
    let mut seen = Vec::new();

    loop {
        let page: PagedGatewayResponse = net.query(QueryMsg::GetGateways { start_after, limit: Some(2) });
        seen.extend(page.nodes.into_iter().map(|bond| bond.gateway.identity_key));
        start_after = page.start_next_after;
        if start_after.is_none() {
            break;
        }
    }

    assert_eq!(seen, bonded);
}
