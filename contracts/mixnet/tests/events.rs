//! Events of what changes costs, parameters and owners: the values are in them.

use cosmwasm_std::{coin, Addr, Decimal, Response, Uint128};
use nym_contract_types::mixnet::{
    ContractStateParams, ExecuteMsg, InstantiateMsg, OperatingCostRange, ProfitMarginRange, RewardingParamsUpdate,
};
use nym_contract_types::Percent;

use crate::suite::{event, Announced, Suite, DENOM};

/// Asserts that the event of a message has these attributes after its action, and no others.
#[track_caller]
fn assert_attributes(response: &Response, expected: &[(&str, &str)]) {
    let attributes = event(response).attributes.iter().skip(1);
    let attributes: Vec<_> = attributes.map(|it| (it.key.as_str(), it.value.as_str())).collect();
    assert_eq!(attributes, expected);
}

fn percents(percents: u64) -> Percent {
    Percent::from_percentage(percents).unwrap()
}

#[test]
fn an_operators_costs_are_in_the_event() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(1);
    let operator = net.operator(1);

    let response = net.send(&operator, ExecuteMsg::UpdateMixnodeCostParams { new_costs: Announced::costs() }).unwrap();

    assert_attributes(
        &response,
        &[("mix_id", "1"), ("profit_margin", "0.1"), ("interval_operating_cost", "40000000unym")],
    );
}

#[test]
fn minima_and_ranges_are_in_the_event_and_what_is_none_is_not() {
    let mut net = Suite::with_monitors(1);
    let owner = net.owner();
    let open = InstantiateMsg::with_defaults(DENOM).params;
    let governed = ContractStateParams {
        minimum_mixnode_delegation: Some(coin(5, DENOM)),
        profit_margin: Some(ProfitMarginRange { minimum: percents(20), maximum: percents(50) }),
        interval_operating_cost: Some(OperatingCostRange { minimum: coin(0, DENOM), maximum: coin(70, DENOM) }),
        ..open.clone()
    };
    let mut update =
        |updated_parameters| net.send(&owner, ExecuteMsg::UpdateContractStateParams { updated_parameters }).unwrap();

    let pledges = [("minimum_mixnode_pledge", "100000000unym"), ("minimum_gateway_pledge", "100000000unym")];
    assert_attributes(&update(open), &pledges);
    let others = [
        ("minimum_mixnode_delegation", "5unym"),
        ("profit_margin_minimum", "0.2"),
        ("profit_margin_maximum", "0.5"),
        ("interval_operating_cost_minimum", "0unym"),
        ("interval_operating_cost_maximum", "70unym"),
    ];
    assert_attributes(&update(governed), &[&pledges[..], &others[..]].concat());
}

#[test]
fn announced_parameters_are_in_the_event_and_those_that_stay_are_not() {
    let mut net = Suite::with_monitors(1);
    let owner = net.owner();
    let mut update = |updated_params| {
        net.send(&owner, ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately: false }).unwrap()
    };

    assert_attributes(&update(RewardingParamsUpdate::default()), &[]);
    let all = RewardingParamsUpdate {
        staking_supply: Some(Uint128::new(12)),
        staking_supply_scale_factor: Some(percents(50)),
        sybil_resistance_percent: Some(percents(25)),
        active_set_work_factor: Some(Decimal::percent(1_250)),
        interval_pool_emission: Some(percents(3)),
        rewarded_set_size: Some(12),
    };
    assert_attributes(
        &update(all),
        &[
            ("staking_supply", "12unym"),
            ("staking_supply_scale_factor", "0.5"),
            ("sybil_resistance_percent", "0.25"),
            ("active_set_work_factor", "12.5"),
            ("interval_pool_emission", "0.03"),
            ("rewarded_set_size", "12"),
        ],
    );

    let size = ExecuteMsg::UpdateActiveSetSize { active_set_size: 6, force_immediately: false };
    assert_attributes(&net.send(&owner, size).unwrap(), &[("active_set_size", "6")]);
    let clock =
        ExecuteMsg::UpdateIntervalConfig { epochs_in_interval: 5, epoch_duration_secs: 60, force_immediately: false };
    assert_attributes(&net.send(&owner, clock).unwrap(), &[("epochs_in_interval", "5"), ("epoch_length", "60")]);
}

#[test]
fn the_next_owner_and_the_former_are_in_the_events() {
    let mut net = Suite::with_monitors(1);
    let (owner, next) = (net.owner(), net.account("next"));
    let offer = |to: &Addr| ExecuteMsg::UpdateAdmin { admin: to.to_string() };

    for offered in [&owner, &next] {
        let response = net.send(&owner, offer(offered)).unwrap();
        assert_attributes(&response, &[("admin", offered.as_str())]);
    }
    let response = net.send(&next, ExecuteMsg::AcceptAdmin {}).unwrap();

    assert_attributes(&response, &[("admin", next.as_str()), ("former_admin", owner.as_str())]);
}
