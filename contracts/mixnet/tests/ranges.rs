//! Ranges of profit margins and operating costs: what may be announced, what is paid of what was announced before.

use cosmwasm_std::{coin, coins, Decimal256, Response};
use nym_contract_types::mixnet::{
    ContractStateParams, EstimatedCurrentEpochRewardResponse, ExecuteMsg, InstantiateMsg, MixNodeCostParams,
    MixnodeRewardingDetailsResponse, NodeRewarding, OperatingCostRange, ProfitMarginRange, QueryMsg, RewardingParams,
};
use nym_contract_types::Percent;
use nym_mixnet_contract::epochs::state::RewardedSet;
use nym_mixnet_contract::state::STATE;
use nym_mixnet_contract::ContractError;
use nym_rewarding::{node_reward, Costs, Stake, Work};

use crate::assert_refused;
use crate::suite::{Announced, Identity, Suite, DENOM, NYM, PLEDGE};

fn margins(minimum: &str, maximum: &str) -> Option<ProfitMarginRange> {
    Some(ProfitMarginRange { minimum: minimum.parse().unwrap(), maximum: maximum.parse().unwrap() })
}

fn costs(minimum: u128, maximum: u128) -> Option<OperatingCostRange> {
    Some(OperatingCostRange { minimum: coin(minimum, DENOM), maximum: coin(maximum, DENOM) })
}

fn announced(margin: &str, cost: u128) -> MixNodeCostParams {
    MixNodeCostParams { profit_margin_percent: margin.parse().unwrap(), interval_operating_cost: coin(cost, DENOM) }
}

/// Margins of 0.1 to 0.4 and costs of 40 to 50 NYM.
fn governed() -> Suite {
    Suite::build(1, |msg| {
        msg.params.profit_margin = margins("0.1", "0.4");
        msg.params.interval_operating_cost = costs(40 * NYM, 50 * NYM);
    })
}

fn bond(net: &mut Suite, number: u32, costs: MixNodeCostParams) -> Result<Response, ContractError> {
    let (owner, identity) = (net.operator(number), Identity::of(number));
    let funds = coins(PLEDGE, DENOM);
    let msg = net.mixnode_bonding(&owner, &identity, Announced::mix_node(&identity), costs, &funds);
    net.execute(&owner, msg, &funds)
}

/// Bonds with these costs, and announces them for node 1.
fn both(net: &mut Suite, number: u32, costs: &MixNodeCostParams) -> [Result<Response, ContractError>; 2] {
    let operator = net.operator(1);
    let update = ExecuteMsg::UpdateMixnodeCostParams { new_costs: costs.clone() };
    [bond(net, number, costs.clone()), net.send(&operator, update)]
}

fn set(net: &mut Suite, margins: Option<ProfitMarginRange>, costs: Option<OperatingCostRange>) {
    let owner = net.owner();
    let params: ContractStateParams = net.query(QueryMsg::GetStateParams {});
    let updated_parameters = ContractStateParams { profit_margin: margins, interval_operating_cost: costs, ..params };
    net.send(&owner, ExecuteMsg::UpdateContractStateParams { updated_parameters: updated_parameters.clone() }).unwrap();
    assert_eq!(net.query::<ContractStateParams>(QueryMsg::GetStateParams {}), updated_parameters);
}

#[test]
fn margins_and_costs_are_announced_within_the_ranges_whose_bounds_belong_to_them() {
    let mut net = governed();
    net.bond_many(1);

    for (number, margin) in [(2, "0.099999999999999999"), (3, "0.400000000000000001"), (4, "0"), (5, "1")] {
        for refused in both(&mut net, number, &announced(margin, 45 * NYM)) {
            let sentence = format!("the profit margin is {margin}, but must be from 0.1 to 0.4");
            assert_eq!(refused.as_ref().unwrap_err().to_string(), sentence);
            let given: Percent = margin.parse().unwrap();
            assert_refused!(refused, ContractError::ProfitMargin { margin, .. } if margin == given);
        }
    }
    for (number, cost) in [(6, 40 * NYM - 1), (7, 50 * NYM + 1), (8, 0), (9, 10u128.pow(18) + 1)] {
        for refused in both(&mut net, number, &announced("0.2", cost)) {
            let sentence = format!(
                "the operating cost of an interval is {cost}unym, but must be from 40000000unym to 50000000unym"
            );
            assert_eq!(refused.as_ref().unwrap_err().to_string(), sentence);
            assert_refused!(refused, ContractError::OperatingCost { cost: given, .. } if given == coin(cost, DENOM));
        }
    }
    for (number, margin, cost) in [(10, "0.1", 40 * NYM), (11, "0.4", 50 * NYM), (12, "0.25", 45 * NYM)] {
        for accepted in both(&mut net, number, &announced(margin, cost)) {
            accepted.unwrap();
        }
    }
}

#[test]
fn one_range_leaves_the_other_open_and_none_leaves_both() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(1);
    let (free, dear) = (announced("0", 0), announced("1", 10u128.pow(18)));

    set(&mut net, margins("0.5", "1"), None);
    assert_refused!(bond(&mut net, 2, free.clone()), ContractError::ProfitMargin { .. });
    bond(&mut net, 2, dear.clone()).unwrap();
    set(&mut net, None, costs(0, 5));
    assert_refused!(bond(&mut net, 3, dear.clone()), ContractError::OperatingCost { .. });
    bond(&mut net, 3, free.clone()).unwrap();
    set(&mut net, None, None);
    bond(&mut net, 4, dear).unwrap();
    bond(&mut net, 5, free).unwrap();
}

#[test]
fn empty_ranges_and_other_denoms_are_refused() {
    let mut net = governed();
    let owner = net.owner();
    let before: ContractStateParams = net.query(QueryMsg::GetStateParams {});
    let other =
        |minimum: &str, maximum: &str| OperatingCostRange { minimum: coin(1, minimum), maximum: coin(1, maximum) };
    let wrong = [
        ("profit_margin.maximum", margins("0.2", "0.199999999999999999"), None),
        ("interval_operating_cost.maximum", None, costs(6, 5)),
        ("interval_operating_cost.maximum", None, costs(0, 10u128.pow(18) + 1)),
        ("interval_operating_cost.minimum", None, costs(u128::MAX, u128::MAX)),
        ("interval_operating_cost.minimum", None, Some(other("other", DENOM))),
        ("interval_operating_cost.maximum", None, Some(other(DENOM, "other"))),
    ];

    for (expected, profit_margin, interval_operating_cost) in wrong {
        let updated_parameters = ContractStateParams { profit_margin, interval_operating_cost, ..before.clone() };
        let params = updated_parameters.clone();
        let updated = net.send(&owner, ExecuteMsg::UpdateContractStateParams { updated_parameters });
        assert_refused!(updated, ContractError::Parameter { name, .. } if name == expected);
        let mut msg = InstantiateMsg::with_defaults(DENOM);
        msg.params = params;
        let instantiated = Suite::blank().instantiate(&msg, &msg.funds());
        assert_refused!(instantiated, ContractError::Parameter { name, .. } if name == expected);
    }

    assert_eq!(net.query::<ContractStateParams>(QueryMsg::GetStateParams {}), before);
    set(&mut net, margins("0.2", "0.2"), costs(7, 7));
}

fn stakes(net: &Suite) -> NodeRewarding {
    let reply: MixnodeRewardingDetailsResponse = net.query(QueryMsg::GetMixnodeRewardingDetails { mix_id: 1 });
    reply.rewarding_details.unwrap()
}

/// What operator and delegators of node 1 earn in the current epoch by the model, with these costs.
fn by_the_model(net: &Suite, margin: &str, cost: u128) -> (Decimal256, Decimal256) {
    let params: RewardingParams = net.query(QueryMsg::GetRewardingParams {});
    let set = RewardedSet::load(&net.store, net.epoch()).unwrap();
    let factor = params.interval.active_set_work_factor.into();
    let work = Work::new(factor, set.rewarded_size, set.active_size).unwrap();
    let mut model = params.model(STATE.load(&net.store).unwrap().epochs.epochs_in_interval);
    model.rewarded_set_size = set.rewarded_size;
    let stakes = stakes(net);
    let stake = Stake { operator: stakes.operator.into(), delegates: stakes.delegates.into() };
    let costs =
        Costs { profit_margin: margin.parse().unwrap(), interval_operating_cost: Decimal256::from_ratio(cost, 1u32) };
    let active = set.get(1).unwrap().layer().is_some();
    let reward = node_reward(&model, &work, &stake, &costs, Decimal256::one(), active).unwrap();
    (reward.operator, reward.delegates)
}

#[test]
fn what_was_announced_before_is_paid_by_the_nearest_in_the_ranges_from_the_next_interval_on() {
    let mut net = Suite::build(1, |msg| msg.epochs.epochs_in_interval = 2);
    net.bond_many(3);
    let delegator = net.account("delegator");
    net.delegate(&delegator, 1, 18_000 * NYM).unwrap();
    net.turn();
    let old = announced("0.1", 40 * NYM);

    let (open, above, below) =
        ((None, None), (margins("0.2", "0.5"), costs(50 * NYM, 60 * NYM)), (margins("0", "0.05"), costs(0, 30 * NYM)));
    // In epochs 1 to 6, of which the odd ones are the last of their intervals: the ranges that are set, those by which it is paid, and
    // what they make of margin and cost.
    for (set_now, in_force, margin, cost) in [
        (&above, &open, "0.1", 40 * NYM),
        (&open, &above, "0.2", 50 * NYM),
        (&below, &above, "0.2", 50 * NYM),
        (&open, &below, "0.05", 30 * NYM),
        (&open, &below, "0.05", 30 * NYM),
        (&open, &open, "0.1", 40 * NYM),
    ] {
        let epoch = net.epoch();
        set(&mut net, set_now.0.clone(), set_now.1.clone());
        let params: RewardingParams = net.query(QueryMsg::GetRewardingParams {});
        let paid_by = (params.interval.profit_margin, params.interval.interval_operating_cost);
        assert_eq!(&paid_by, in_force, "epoch {epoch}");
        let expected = by_the_model(&net, margin, cost);
        let msg =
            QueryMsg::GetEstimatedCurrentEpochOperatorReward { mix_id: 1, estimated_performance: Percent::hundred() };
        let estimate: EstimatedCurrentEpochRewardResponse = net.query(msg);
        let before = stakes(&net);

        net.turn_with(1, &[(1, 100), (2, 100), (3, 100)]);

        let after = stakes(&net);
        assert_eq!(Decimal256::from(after.operator - before.operator), expected.0, "epoch {epoch}");
        assert_eq!(Decimal256::from(after.delegates - before.delegates), expected.1, "epoch {epoch}");
        assert_eq!(Decimal256::from(estimate.detailed_estimation_amount.unwrap()), expected.0, "epoch {epoch}");
        assert!(!expected.1.is_zero());
        assert_eq!(after.cost_params, old, "what was announced stays");
    }
}

#[test]
fn a_state_without_ranges_has_no_byte_for_them_in_what_users_read_and_no_other_record_is_read() {
    let (mut open, mut governed) = (Suite::with_monitors(1), governed());
    let record = |net: &Suite, key: &str| net.store.records()[key.as_bytes()].clone();
    let (core, with_ranges) = (record(&open, "c"), record(&governed, "c"));
    assert_eq!((with_ranges[0], &with_ranges[1..]), (core[0] | 32, &core[1..]));
    assert!(record(&open, "state").len() < record(&governed, "state").len());

    for net in [&mut open, &mut governed] {
        net.bond_many(1);
        net.store.records_mut().remove("state".as_bytes());
    }
    for accepted in both(&mut open, 2, &Announced::costs()) {
        accepted.unwrap();
    }
    for refused in both(&mut governed, 2, &Announced::costs()) {
        assert_refused!(refused, ContractError::Corrupt { what: "state" });
    }
}
