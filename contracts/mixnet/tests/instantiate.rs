//! Setting a network up: what is paid in, which parameters are refused, what migration accepts.

use cosmwasm_std::{coin, coins, Decimal, Uint128};
use nym_contract_types::mixnet::{Cw2VersionResponse, ExecuteMsg, InstantiateMsg, QueryMsg, RewardingParams};
use nym_mixnet_contract::{migrations, ContractError};

use crate::assert_refused;
use crate::suite::{Suite, DENOM, NYM};

#[test]
fn the_pool_is_paid_in_exactly() {
    let msg = InstantiateMsg::with_defaults(DENOM);
    let pool = 250_000_000 * NYM;
    for funds in [
        vec![],
        coins(pool - 1, DENOM),
        coins(pool + 1, DENOM),
        coins(pool, "other"),
        vec![coin(pool, DENOM), coin(1, "other")],
        vec![coin(pool / 2, DENOM), coin(pool / 2, DENOM)],
    ] {
        assert_refused!(Suite::blank().instantiate(&msg, &funds), ContractError::PoolNotPaidIn { .. });
    }

    let mut net = Suite::blank();
    net.instantiate(&msg, &coins(pool, DENOM)).unwrap();
    assert_eq!(net.held(), pool);
}

#[test]
fn budget_and_saturation_follow_from_the_parameters() {
    let net = Suite::with_monitors(1);

    let params: RewardingParams = net.query(QueryMsg::GetRewardingParams {});

    assert_eq!(params.interval.epoch_reward_budget.to_string(), "6944444444.444444444444444444");
    assert_eq!(params.interval.stake_saturation_point.to_string(), "416666666666.666666666666666666");
}

#[test]
fn every_parameter_has_a_range() {
    type Change = fn(&mut InstantiateMsg);
    let wrong: &[(&str, Change)] = &[
        ("rewarding_denom", |m| m.rewarding_denom = "ab".to_owned()),
        ("minimum_mixnode_pledge", |m| m.params.minimum_mixnode_pledge = coin(1, "other")),
        ("minimum_mixnode_pledge", |m| m.params.minimum_mixnode_pledge = coin(0, DENOM)),
        ("minimum_gateway_pledge", |m| m.params.minimum_gateway_pledge = coin(u128::MAX, DENOM)),
        ("minimum_mixnode_delegation", |m| m.params.minimum_mixnode_delegation = Some(coin(0, DENOM))),
        ("epoch_length", |m| m.epochs.epoch_length = 0),
        ("epoch_length", |m| m.epochs.epoch_length = 366 * 24 * 3_600 + 1),
        ("epochs_in_interval", |m| m.epochs.epochs_in_interval = 0),
        ("report_grace", |m| m.epochs.report_grace = u64::MAX),
        ("seed_grace", |m| m.epochs.seed_grace = u64::MAX),
        ("key_period", |m| m.epochs.key_period = 1),
        ("key_period", |m| m.epochs.key_period = 10_001),
        ("payload_size", |m| m.mixing.payload_size = 511),
        ("payload_size", |m| m.mixing.payload_size = 65_537),
        ("mean_hop_delay_ms", |m| m.mixing.mean_hop_delay_ms = m.mixing.max_hop_delay_ms + 1),
        ("max_hop_delay_ms", |m| m.mixing.max_hop_delay_ms = 3_600_001),
        ("initial_reward_pool", |m| m.initial_rewarding_params.initial_reward_pool = Uint128::MAX),
        ("initial_staking_supply", |m| m.initial_rewarding_params.initial_staking_supply = Uint128::zero()),
        ("active_set_work_factor", |m| m.initial_rewarding_params.active_set_work_factor = Decimal::percent(99)),
        ("rewarded_set_size", |m| m.initial_rewarding_params.rewarded_set_size = 2),
        ("rewarded_set_size", |m| m.initial_rewarding_params.rewarded_set_size = 1_001),
        ("active_set_size", |m| m.initial_rewarding_params.active_set_size = 2),
        ("active_set_size", |m| m.initial_rewarding_params.active_set_size = 241),
        ("first_epoch_length", |m| m.first_epoch_length = Some(m.epochs.epoch_length + 1)),
    ];
    for (expected, change) in wrong {
        let mut msg = InstantiateMsg::with_defaults(DENOM);
        change(&mut msg);
        let funds = msg.funds();
        match Suite::blank().instantiate(&msg, &funds) {
            Err(ContractError::Parameter { name, .. }) => assert_eq!(name, *expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn monitors_are_valid_addresses_and_none_is_twice() {
    let with = |monitors: Vec<String>| {
        let mut msg = InstantiateMsg::with_defaults(DENOM);
        msg.monitors = monitors;
        let funds = msg.funds();
        Suite::blank().instantiate(&msg, &funds)
    };
    let one = Suite::blank().account("one").to_string();

    assert_refused!(with(vec![one.clone(), one.clone()]), ContractError::Duplicate { what: "monitor", .. });
    for wrong in ["", "n1", "cosmos1fw5hdnuep8xf5cw8e8q0q4w4r0q0q4w4r0q0q4", &one.to_uppercase(), &format!("{one} ")] {
        assert_refused!(with(vec![wrong.to_owned()]), ContractError::Std(_));
    }
    let many = (0..65).map(|index| Suite::blank().account(&format!("m{index}")).to_string()).collect();
    assert_refused!(with(many), ContractError::TooMany { what: "monitors", count: 65, maximum: 64 });
}

#[test]
fn migration_takes_its_own_state_and_nothing_newer() {
    let mut net = Suite::with_monitors(1);
    let owner = net.owner();
    let stored = |net: &Suite| net.query::<Cw2VersionResponse>(QueryMsg::GetCw2ContractVersion {});
    let mut migrate_from = |contract: &str, version: &str| {
        net.transact(&owner, &[], |deps, _, _| {
            cw2::set_contract_version(deps.storage, contract, version).unwrap();
            migrations::migrate(deps)
        })
    };

    for (contract, version) in [
        ("another-contract", migrations::VERSION),
        (migrations::NAME, "99.0.0"),
        (migrations::NAME, "0.1"),
        (migrations::NAME, "not a version"),
    ] {
        assert_refused!(migrate_from(contract, version), ContractError::Migration { .. });
    }
    migrate_from(migrations::NAME, "0.0.9").unwrap();
    migrate_from(migrations::NAME, migrations::VERSION).unwrap();
    assert_eq!(
        (stored(&net).contract.as_str(), stored(&net).version.as_str()),
        (migrations::NAME, migrations::VERSION)
    );
}

#[test]
fn the_owner_changes_the_minima() {
    let mut net = Suite::with_monitors(1);
    let owner = net.owner();
    let mut params = InstantiateMsg::with_defaults(DENOM).params;
    params.minimum_mixnode_delegation = Some(coin(5, DENOM));
    let update = |updated_parameters| ExecuteMsg::UpdateContractStateParams { updated_parameters };

    net.send(&owner, update(params.clone())).unwrap();

    assert_eq!(net.query::<nym_contract_types::mixnet::ContractStateParams>(QueryMsg::GetStateParams {}), params);
    params.minimum_gateway_pledge = coin(0, DENOM);
    assert_refused!(net.send(&owner, update(params)), ContractError::Parameter { .. });
}
