//! Two tables: who may send a message, and with which funds. A new message does not compile without its rule, and the schema tells that it is
//! not among those that are tried; so do the tables of gas and of pages, which go over the same names.

use cosmwasm_std::{coin, coins, Binary, Coin};
use nym_contract_types::mixnet::{
    events, EpochState, ExecuteMsg, GatewayConfigUpdate, InstantiateMsg, MixNodeConfigUpdate, RewardingParamsUpdate,
};
use nym_mixnet_contract::ContractError;
use serde_json::Value;

use crate::suite::{event, Announced, Group, Identity, Suite, DENOM, PLEDGE};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    Owner,
    Monitor,
    MixnodeOperator,
    GatewayOperator,
    Delegator,
    NextOwner,
    Signer,
    /// Whom the beacon was handed over to.
    BeaconAuthority,
    Stranger,
}

const ROLES: [Role; 9] = [
    Role::Owner,
    Role::Monitor,
    Role::MixnodeOperator,
    Role::GatewayOperator,
    Role::Delegator,
    Role::NextOwner,
    Role::Signer,
    Role::BeaconAuthority,
    Role::Stranger,
];

/// The group that signs seeds there.
fn group() -> Group {
    Group::new(1, 3, 2)
}

/// A network in which every message could succeed for whoever may send it: epoch 2 has ended, and the owner has handed the beacon over.
fn network() -> Suite {
    staged(true)
}

/// The same, with or without the beacon handed over.
fn staged(handed_over: bool) -> Suite {
    let mut net = Suite::build(1, |msg| {
        msg.epochs.bootstrap_seed = false;
        msg.epochs.key_period = 24;
    });
    net.bond_many(3);
    let (owner, key) = (net.owner(), group().key(&net));
    let authority = sender(&net, if handed_over { Role::BeaconAuthority } else { Role::Owner });
    if handed_over {
        net.send(&owner, ExecuteMsg::HandOverBeacon { authority: authority.to_string() }).unwrap();
    }
    net.send(&authority, ExecuteMsg::UpdateBeaconKey { key }).unwrap();
    let gateway = net.account("gateway operator");
    net.bond_gateway(&gateway, 10);
    let delegator = net.account("delegator");
    net.delegate(&delegator, 1, 1_000).unwrap();
    net.turn_seedless();
    net.delegate(&delegator, 2, 1_000).unwrap();
    let operator = net.operator(1);
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(1_000, DENOM)).unwrap();
    net.turn_seedless();
    net.delegate(&delegator, 2, 1_000).unwrap();
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(1_000, DENOM)).unwrap();
    let (owner, next) = (net.owner(), net.account("next owner"));
    net.send(&owner, ExecuteMsg::UpdateAdmin { admin: next.to_string() }).unwrap();
    net.end_epoch();
    net
}

/// Seeds are taken, and steps made, only while a transition is under way.
fn prepare(net: &mut Suite, msg: &ExecuteMsg) {
    use ExecuteMsg as M;
    if matches!(msg, M::SubmitSeedShare { .. } | M::SubmitSeed { .. } | M::AdvanceEpoch { .. }) {
        net.begin().unwrap();
    }
}

fn sender(net: &Suite, role: Role) -> cosmwasm_std::Addr {
    match role {
        Role::Owner => net.owner(),
        Role::Monitor => net.monitor(0),
        Role::MixnodeOperator => net.operator(1),
        Role::GatewayOperator => net.account("gateway operator"),
        Role::Delegator => net.account("delegator"),
        Role::NextOwner => net.account("next owner"),
        Role::Signer => net.account("signer 1"),
        Role::BeaconAuthority => net.account("group contract"),
        Role::Stranger => net.account("somebody"),
    }
}

/// The identity key of the node that a role has bonded; of others, one that would do.
fn identity_of(role: Role) -> Identity {
    Identity::of(if role == Role::GatewayOperator { 10 } else { 1 })
}

/// One of each message, signed for the sender where that is needed.
fn messages(net: &Suite, role: Role) -> Vec<ExecuteMsg> {
    let sender = sender(net, role);
    let funds = coins(PLEDGE, DENOM);
    let (node, gateway) = (Identity::of(20), Identity::of(21));
    vec![
        net.mixnode_bonding(&sender, &node, Announced::mix_node(&node), Announced::costs(), &funds),
        ExecuteMsg::UnbondMixnode {},
        net.key_update(&sender, &identity_of(role), Suite::keys_of(1, 7)),
        ExecuteMsg::PledgeMore {},
        ExecuteMsg::CancelPledgeMore {},
        ExecuteMsg::DecreasePledge { decrease_by: coin(1, DENOM) },
        ExecuteMsg::UpdateMixnodeCostParams { new_costs: Announced::costs() },
        ExecuteMsg::WithdrawOperatorReward {},
        ExecuteMsg::UpdateMixnodeConfig {
            new_config: MixNodeConfigUpdate {
                host: "203.0.113.8".to_owned(),
                mix_port: 1,
                verloc_port: 0,
                http_api_port: 0,
                version: String::new(),
            },
        },
        net.gateway_bonding(&sender, &gateway, Announced::gateway(&gateway), &funds),
        ExecuteMsg::UnbondGateway {},
        ExecuteMsg::UpdateGatewayConfig {
            new_config: GatewayConfigUpdate {
                host: "203.0.113.8".to_owned(),
                mix_port: 1,
                clients_port: 1,
                location: String::new(),
                version: String::new(),
            },
        },
        ExecuteMsg::DelegateToMixnode { mix_id: 1 },
        ExecuteMsg::UndelegateFromMixnode { mix_id: 1 },
        ExecuteMsg::CancelPendingDelegation { mix_id: 2 },
        ExecuteMsg::WithdrawDelegatorReward { mix_id: 1 },
        ExecuteMsg::WithdrawRewards { mix_ids: vec![1], operator: false },
        ExecuteMsg::FundRewardPool {},
        ExecuteMsg::SubmitPerformance { epoch: 2, reports: vec![], more_follows: false },
        ExecuteMsg::BeginEpochTransition { epoch: Some(2) },
        ExecuteMsg::AdvanceEpoch { epoch: Some(2), limit: None },
        ExecuteMsg::SubmitSeedShare { epoch: 3, share: group().share(1, &net.beacon().message) },
        ExecuteMsg::SubmitSeed { epoch: 3, signature: group().seed(net) },
        ExecuteMsg::UpdateBeaconKey { key: group().key(net) },
        ExecuteMsg::HandOverBeacon { authority: net.account("another contract").to_string() },
        ExecuteMsg::UpdateActiveSetSize { active_set_size: 50, force_immediately: false },
        ExecuteMsg::UpdateRewardingParams {
            updated_params: RewardingParamsUpdate { rewarded_set_size: Some(10), ..RewardingParamsUpdate::default() },
            force_immediately: false,
        },
        ExecuteMsg::UpdateIntervalConfig { epochs_in_interval: 7, epoch_duration_secs: 60, force_immediately: false },
        ExecuteMsg::UpdateAdmin { admin: net.account("next owner").to_string() },
        ExecuteMsg::AcceptAdmin {},
        ExecuteMsg::UpdateMonitors { monitors: vec![] },
        ExecuteMsg::UpdateContractStateParams { updated_parameters: InstantiateMsg::with_defaults(DENOM).params },
    ]
}

/// The names of all messages.
pub(crate) fn names() -> Vec<&'static str> {
    messages(&network(), Role::Stranger).iter().map(ExecuteMsg::name).collect()
}

/// Who may send a message, and whether it takes funds.
pub(crate) fn rule(msg: &ExecuteMsg) -> (&'static [Role], bool) {
    use Role::*;
    match msg {
        ExecuteMsg::BondMixnode { .. } | ExecuteMsg::BondGateway { .. } => {
            (&[Owner, Monitor, Delegator, NextOwner, Signer, BeaconAuthority, Stranger], true)
        }
        ExecuteMsg::UnbondMixnode {}
        | ExecuteMsg::CancelPledgeMore {}
        | ExecuteMsg::DecreasePledge { .. }
        | ExecuteMsg::UpdateMixnodeCostParams { .. }
        | ExecuteMsg::WithdrawOperatorReward {}
        | ExecuteMsg::UpdateMixnodeConfig { .. } => (&[MixnodeOperator], false),
        ExecuteMsg::UpdateNodeKeys { .. } => (&[MixnodeOperator, GatewayOperator], false),
        ExecuteMsg::PledgeMore {} => (&[MixnodeOperator], true),
        ExecuteMsg::UnbondGateway {} | ExecuteMsg::UpdateGatewayConfig { .. } => (&[GatewayOperator], false),
        ExecuteMsg::DelegateToMixnode { .. } | ExecuteMsg::FundRewardPool {} => (&ROLES, true),
        ExecuteMsg::UndelegateFromMixnode { .. }
        | ExecuteMsg::CancelPendingDelegation { .. }
        | ExecuteMsg::WithdrawDelegatorReward { .. }
        | ExecuteMsg::WithdrawRewards { .. } => (&[Delegator], false),
        ExecuteMsg::AcceptAdmin {} => (&[NextOwner], false),
        ExecuteMsg::SubmitPerformance { .. } => (&[Monitor], false),
        ExecuteMsg::BeginEpochTransition { .. } | ExecuteMsg::AdvanceEpoch { .. } | ExecuteMsg::SubmitSeed { .. } => {
            (&ROLES, false)
        }
        ExecuteMsg::SubmitSeedShare { .. } => (&[Signer], false),
        ExecuteMsg::UpdateBeaconKey { .. } | ExecuteMsg::HandOverBeacon { .. } => (&[BeaconAuthority], false),
        ExecuteMsg::UpdateMonitors { .. }
        | ExecuteMsg::UpdateActiveSetSize { .. }
        | ExecuteMsg::UpdateRewardingParams { .. }
        | ExecuteMsg::UpdateIntervalConfig { .. }
        | ExecuteMsg::UpdateAdmin { .. }
        | ExecuteMsg::UpdateContractStateParams { .. } => (&[Owner], false),
    }
}

fn right_funds(msg: &ExecuteMsg) -> Vec<Coin> {
    if rule(msg).1 {
        coins(PLEDGE, DENOM)
    } else {
        Vec::new()
    }
}

#[test]
fn the_tables_have_every_message_of_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../schema/mixnet.json")).unwrap();
    let messages = schema["execute"]["oneOf"].as_array().unwrap();
    let mut wanted: Vec<&str> = messages.iter().map(|message| message["required"][0].as_str().unwrap()).collect();
    wanted.sort_unstable();

    let mut tried = names();

    tried.sort_unstable();
    assert_eq!(tried, wanted, "each message once");
}

#[test]
fn each_message_is_open_to_its_roles_and_to_nobody_else() {
    for role in ROLES {
        let count = messages(&network(), role).len();
        for index in 0..count {
            let mut net = network();
            let msg = messages(&net, role).swap_remove(index);
            let sender = sender(&net, role);
            prepare(&mut net, &msg);
            let before = net.store.records().clone();

            let result = net.execute(&sender, msg.clone(), &right_funds(&msg));

            let allowed = rule(&msg).0.contains(&role);
            assert_eq!(result.is_ok(), allowed, "{} by {role:?}: {result:?}", msg.name());
            if !allowed {
                assert_eq!(&before, net.store.records(), "{} by {role:?} left a trace", msg.name());
            }
        }
    }
}

#[test]
fn until_the_beacon_is_handed_over_its_messages_are_the_owners() {
    for role in ROLES {
        for name in ["update_beacon_key", "hand_over_beacon"] {
            let mut net = staged(false);
            let msg = messages(&net, role).into_iter().find(|msg| msg.name() == name).unwrap();
            let sender = sender(&net, role);

            let result = net.send(&sender, msg);

            match result {
                Ok(_) => assert_eq!(role, Role::Owner, "{name}"),
                Err(error) => {
                    assert!(
                        role != Role::Owner && matches!(error, ContractError::NotBeaconAuthority { .. }),
                        "{error}"
                    );
                }
            }
        }
    }
}

#[test]
fn anyone_turns_the_clock_and_who_comes_late_changes_nothing() {
    for role in ROLES {
        let mut net = network();
        let sender = sender(&net, role);
        let late = |net: &mut Suite| {
            let before = net.store.records().clone();
            for msg in [
                ExecuteMsg::BeginEpochTransition { epoch: Some(1) },
                ExecuteMsg::AdvanceEpoch { epoch: Some(1), limit: None },
            ] {
                let response = net.send(&sender, msg).unwrap();
                assert_eq!(crate::suite::attribute(&response, events::ATTR_NOTHING_TO_DO), "true");
            }
            assert_eq!(&before, net.store.records());
        };

        late(&mut net);
        net.send(&sender, ExecuteMsg::BeginEpochTransition { epoch: Some(2) }).unwrap();
        assert!(matches!(net.status().state, EpochState::Rewarding { .. }));
        late(&mut net);
        net.send(&sender, ExecuteMsg::AdvanceEpoch { epoch: Some(2), limit: None }).unwrap();
        assert_eq!(net.status().state, EpochState::AdvancingEpoch);
        late(&mut net);
        net.advance_seconds(600);
        net.send(&sender, ExecuteMsg::AdvanceEpoch { epoch: Some(2), limit: None }).unwrap();

        assert_eq!((net.epoch(), net.status().state), (3, EpochState::InProgress));
        late(&mut net);
    }
}

#[test]
fn each_message_takes_its_funds_and_no_others() {
    let table: [(&str, Vec<Coin>); 6] = [
        ("none", vec![]),
        ("wrong denom", coins(PLEDGE, "other")),
        ("two denoms", vec![coin(PLEDGE, DENOM), coin(1, "other")]),
        ("twice the denom", vec![coin(PLEDGE, DENOM), coin(1, DENOM)]),
        ("zero", coins(0, DENOM)),
        ("right", coins(PLEDGE, DENOM)),
    ];
    let count = messages(&network(), Role::Stranger).len();
    for index in 0..count {
        for (case, funds) in &table {
            let mut net = network();
            let template = messages(&net, Role::Stranger).swap_remove(index);
            let role = *rule(&template).0.last().unwrap();
            let msg = messages(&net, role).swap_remove(index);
            let sender = sender(&net, role);
            prepare(&mut net, &msg);
            let held = net.held();

            let result = net.execute(&sender, msg.clone(), funds);

            let takes = rule(&msg).1;
            let accepted = if takes { *case == "right" } else { *case == "none" };
            assert_eq!(result.is_ok(), accepted, "{} with {case}: {result:?}", msg.name());
            match result {
                Ok(_) if takes => assert_eq!(net.held(), held + PLEDGE),
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(net.held(), held);
                    assert!(
                        matches!(error, ContractError::FundsNotAccepted { .. } | ContractError::OneCoinNeeded { .. }),
                        "{} with {case}: {error}",
                        msg.name()
                    );
                }
            }
        }
    }
}

#[test]
fn every_happy_event_names_its_message() {
    let mut seen = Vec::new();
    for role in ROLES {
        for index in 0..messages(&network(), role).len() {
            let mut net = network();
            let msg = messages(&net, role).swap_remove(index);
            let sender = sender(&net, role);
            prepare(&mut net, &msg);
            if let Ok(response) = net.execute(&sender, msg.clone(), &right_funds(&msg)) {
                assert_eq!(crate::suite::attribute(&response, "action"), msg.name());
                // A message that does nothing would not show that it works.
                let idle = event(&response).attributes.iter().any(|found| found.key == events::ATTR_NOTHING_TO_DO);
                assert!(!idle, "{} had nothing to do", msg.name());
                seen.push(msg.name());
            }
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), messages(&network(), Role::Stranger).len(), "every message succeeds for somebody");
}

#[test]
fn nonsense_is_refused_without_a_trace() {
    let mut net = network();
    let alice = net.account("alice");
    let before = net.store.records().clone();
    let node = Announced::mix_node(&Identity::of(1));
    let msg = ExecuteMsg::BondMixnode {
        mix_node: node,
        cost_params: Announced::costs(),
        owner_signature: Binary::from(vec![9; 10_000]),
    };

    assert!(net.execute(&alice, msg, &coins(PLEDGE, DENOM)).is_err());

    assert_eq!(&before, net.store.records());
}
