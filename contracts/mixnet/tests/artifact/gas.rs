//! What messages cost in the machine, with storage at the SDK's prices and without what every transaction costs.
//!
//! `gas.txt` holds the recorded figures; `NYM_RECORD_GAS=1` writes it anew. A message that costs 5 % more in any network fails the test.
//! `NYM_TRACE_GAS=1` prints what each message reads and writes, with bytes and gas (`-- --nocapture`).

use std::fmt::Write;
use std::path::Path;

use cosmwasm_std::{coin, coins, Addr};
use nym_contract_types::mixnet::{
    ExecuteMsg, GatewayConfigUpdate, InstantiateMsg, MixNodeConfigUpdate, NodeReport, RewardingParamsUpdate,
};
use nym_contract_types::{NodeId, Percent};
use nym_mixnet_contract::delegations::state::{StoredDelegation, BY_OWNER, DELEGATIONS};
use nym_mixnet_contract::epochs::clock::{Phase, EPOCH};
use nym_mixnet_contract::epochs::state::{CandidatePage, RewardedSet, Seat, CANDIDATES, REWARDED_SETS};
use nym_mixnet_contract::mixnodes::state::{Bond, BONDS, SCALE, STAKES};
use nym_mixnet_contract::packed::Present;
use nym_mixnet_contract::state::{account_key, Account, Bonded, Holder, ACCOUNTS, CORE, IDENTITIES, STATE};

use super::Machine;
use crate::suite::{Announced, Group, Identity, Suite, DENOM, NYM, PLEDGE};

/// A network of `count` bonded nodes with `count` delegations on node 1, in an epoch that follows a reward.
fn network(count: u32) -> Suite {
    let mut net = Suite::with_monitors(3);
    net.bond_many(5);
    let alice = net.account("alice");
    for mix_id in 1..=3 {
        net.delegate(&alice, mix_id, 1_000 * NYM).unwrap();
    }
    let mut stake = STAKES.may_load(&net.store, 5).unwrap().unwrap();
    stake.pledged_at = 1;
    let bond = BONDS.load(&net.store, 5).unwrap();
    for id in 6..=count {
        let owner = Addr::unchecked(format!("n1{:0>38}", id));
        let mut identity = [9u8; 32];
        for (byte, from) in identity.iter_mut().zip(id.to_be_bytes()) {
            *byte = from;
        }
        STAKES.save(&mut net.store, id, &stake);
        ACCOUNTS.save(&mut net.store, &account_key(&owner), &Account { nonce: 1, bonded: Some(Bonded::Mixnode(id)) });
        IDENTITIES.save(&mut net.store, &identity, &Holder::Mixnode(id));
        BONDS.save(&mut net.store, id, &Bond { owner, height: 1, node: bond.node.clone() });
    }
    let mut core = CORE.load(&net.store).unwrap();
    core.last_node_id = count.max(5);
    CORE.save(&mut net.store, &core);
    let mut first = STAKES.may_load(&net.store, 1).unwrap().unwrap();
    for index in 0..count {
        let owner = Addr::unchecked(format!("n1{:0>38}", u64::from(index) + 1_000_000_000));
        let delegation = StoredDelegation { amount: SCALE, ..StoredDelegation::empty() };
        DELEGATIONS.save(&mut net.store, (1, &owner), &delegation);
        BY_OWNER.save(&mut net.store, (&owner, 1), &Present);
    }
    first.delegates += u128::from(count) * SCALE;
    first.delegations += count;
    STAKES.save(&mut net.store, 1, &first);
    net.store.begin();
    net
}

/// Puts the first six nodes, and no others, into the set of the current epoch: with a hundred thousand candidates they would not be drawn,
/// and what is compared are payments.
fn seat_the_first(net: &mut Suite) {
    let seats = (1..=6).map(|node| Seat { node, layer_or_zero: 1 + (node % 3) as u8 }).collect();
    let set = RewardedSet { rewarded_size: 240, active_size: 100, seats };
    let epoch = net.epoch();
    REWARDED_SETS.save(&mut net.store, epoch % 2, &set);
}

/// Takes a transition to where all nodes have been gone through and ten of them are candidates, however many there are.
fn await_draw(net: &mut Suite) {
    let mut epoch = EPOCH.load(&net.store).unwrap();
    (epoch.phase, epoch.cursor, epoch.candidates) = (Phase::Drawing, 0, 10);
    EPOCH.save(&mut net.store, &epoch).unwrap();
    CANDIDATES.save(&mut net.store, 0, &CandidatePage((1..=10).map(|id| (id, 1_000_000)).collect()));
}

/// The gas of each message in a network of `count`.
fn measure(count: u32) -> Vec<(&'static str, u64)> {
    let mut net = network(count);
    let group = Group::new(1, 20, 14);
    let (owner, key) = (net.owner(), group.key(&net));
    net.send(&owner, ExecuteMsg::UpdateBeaconKey { key }).unwrap();
    let operator = net.operator(1);
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(NYM, DENOM)).unwrap();
    for _ in 0..2 {
        net.turn_with(3, &[(1, 100), (2, 100), (3, 100), (4, 100), (5, 100), (6, 100)]);
        seat_the_first(&mut net);
    }
    net.machine = Some(Machine::new());
    let mut table = Vec::new();
    let trace = count == 10 && std::env::var_os("NYM_TRACE_GAS").is_some();
    let mut cost =
        |net: &mut Suite, name: &'static str, sender: &Addr, msg: ExecuteMsg, funds: &[cosmwasm_std::Coin]| {
            let response = net.execute(sender, msg, funds).unwrap_or_else(|error| panic!("{name}: {error}"));
            let pays =
                ["withdraw", "undelegate", "unbond", "cancel", "decrease"].iter().any(|verb| name.starts_with(*verb));
            assert_eq!(!response.messages.is_empty(), pays, "whether {name} pays with {count} nodes");
            let machine = net.machine.as_ref().unwrap();
            table.push((name, machine.last_gas));
            if trace {
                println!("{name}: {}\n    {}", machine.last_gas, machine.trace().join("\n    "));
            }
            net.next_block();
        };

    let (alice, bob, newcomer) = (net.account("alice"), net.account("bob"), net.account("newcomer"));
    let identity = Identity::of(70);
    let funds = coins(PLEDGE, DENOM);
    let msg = net.mixnode_bonding(&newcomer, &identity, Announced::mix_node(&identity), Announced::costs(), &funds);
    cost(&mut net, "bond_mixnode", &newcomer, msg, &funds);
    let gateway = net.account("gateway");
    let identity = Identity::of(71);
    let msg = net.gateway_bonding(&gateway, &identity, Announced::gateway(&identity), &funds);
    cost(&mut net, "bond_gateway", &gateway, msg, &funds);
    let new_config = GatewayConfigUpdate {
        host: "203.0.113.8".to_owned(),
        mix_port: 1,
        clients_port: 2,
        location: "Neuchâtel".to_owned(),
        version: "0.1.1".to_owned(),
    };
    cost(&mut net, "update_gateway_config", &gateway, ExecuteMsg::UpdateGatewayConfig { new_config }, &[]);
    cost(&mut net, "unbond_gateway", &gateway, ExecuteMsg::UnbondGateway {}, &[]);
    let rotating = |net: &mut Suite, key_period| {
        let mut state = STATE.load(&net.store).unwrap();
        state.epochs.key_period = key_period;
        STATE.save(&mut net.store, &state).unwrap();
    };
    rotating(&mut net, 24);
    let first = net.operator(1);
    for (name, period) in [("update_node_keys, first", 0), ("update_node_keys, coming", 1)] {
        let msg = net.key_update(&first, &Identity::of(1), Suite::keys_of(period, 7));
        cost(&mut net, name, &first, msg, &[]);
    }
    rotating(&mut net, 0);
    let some = coins(5 * NYM, DENOM);
    cost(&mut net, "delegate_to_mixnode, first", &bob, ExecuteMsg::DelegateToMixnode { mix_id: 2 }, &some);
    cost(&mut net, "delegate_to_mixnode, more", &alice, ExecuteMsg::DelegateToMixnode { mix_id: 1 }, &some);
    cost(&mut net, "cancel_pending_delegation", &alice, ExecuteMsg::CancelPendingDelegation { mix_id: 1 }, &[]);
    cost(&mut net, "withdraw_delegator_reward", &alice, ExecuteMsg::WithdrawDelegatorReward { mix_id: 1 }, &[]);
    cost(&mut net, "undelegate_from_mixnode", &alice, ExecuteMsg::UndelegateFromMixnode { mix_id: 1 }, &[]);
    let mut reward = |net: &mut Suite, name, mix_ids: Vec<NodeId>| {
        cost(net, name, &alice, ExecuteMsg::WithdrawRewards { mix_ids, operator: false }, &[]);
    };
    reward(&mut net, "withdraw_rewards, 2 nodes", vec![2, 3]);
    cost(&mut net, "fund_reward_pool", &bob, ExecuteMsg::FundRewardPool {}, &some);
    let operator = net.operator(1);
    cost(&mut net, "pledge_more", &operator, ExecuteMsg::PledgeMore {}, &some);
    cost(&mut net, "cancel_pledge_more", &operator, ExecuteMsg::CancelPledgeMore {}, &[]);
    cost(&mut net, "withdraw_operator_reward", &operator, ExecuteMsg::WithdrawOperatorReward {}, &[]);
    let new_costs = Announced::costs();
    let msg = ExecuteMsg::UpdateMixnodeCostParams { new_costs };
    cost(&mut net, "update_mixnode_cost_params", &operator, msg, &[]);
    let new_config = MixNodeConfigUpdate {
        host: "203.0.113.8".to_owned(),
        mix_port: 1,
        verloc_port: 2,
        http_api_port: 3,
        version: "0.1.1".to_owned(),
    };
    cost(&mut net, "update_mixnode_config", &operator, ExecuteMsg::UpdateMixnodeConfig { new_config }, &[]);
    let decrease_by = coin(1, DENOM);
    cost(&mut net, "decrease_pledge", &operator, ExecuteMsg::DecreasePledge { decrease_by }, &[]);
    for (name, msg) in administration(&net, &group) {
        cost(&mut net, name, &owner, msg, &[]);
    }
    cost(&mut net, "accept_admin", &bob, ExecuteMsg::AcceptAdmin {}, &[]);
    let second = net.operator(2);
    cost(&mut net, "unbond_mixnode", &second, ExecuteMsg::UnbondMixnode {}, &[]);
    net.end_epoch();
    let epoch = net.epoch();
    let reports = (1..=100).map(|node_id| NodeReport { node_id, performance: Percent::hundred() }).collect();
    let msg = ExecuteMsg::SubmitPerformance { epoch, reports, more_follows: false };
    let monitor = net.monitor(0);
    cost(&mut net, "submit_performance, 100 nodes", &monitor, msg, &[]);
    net.advance_seconds(300);
    let mut state = STATE.load(&net.store).unwrap();
    state.epochs.bootstrap_seed = false;
    STATE.save(&mut net.store, &state).unwrap();
    cost(&mut net, "begin_epoch_transition", &bob, ExecuteMsg::BeginEpochTransition { epoch: None }, &[]);
    let (asked, member) = (net.beacon(), net.account("signer 20"));
    let share = group.share(20, &asked.message);
    let msg = ExecuteMsg::SubmitSeedShare { epoch: asked.epoch, share };
    cost(&mut net, "submit_seed_share, 20 members", &member, msg, &[]);
    let msg = ExecuteMsg::SubmitSeed { epoch: asked.epoch, signature: group.seed(&net) };
    cost(&mut net, "submit_seed", &bob, msg, &[]);
    // The second node has left: five of those that are gone through are paid.
    let step = ExecuteMsg::AdvanceEpoch { epoch: None, limit: Some(5) };
    cost(&mut net, "advance_epoch, 5 nodes", &bob, step.clone(), &[]);
    await_draw(&mut net);
    cost(&mut net, "advance_epoch, draw of 10 nodes", &bob, step, &[]);
    assert_eq!((net.epoch(), net.rewarded_set().len()), (3, 10));
    let paid = (1..=10).filter(|id| STAKES.load(&net.store, *id).is_ok_and(|stake| stake.last_rewarded == 2)).count();
    assert_eq!(paid, 5, "nodes paid in a network of {count}");
    table
}

/// What the owner sends.
fn administration(net: &Suite, group: &Group) -> Vec<(&'static str, ExecuteMsg)> {
    let force_immediately = false;
    let updated_params = RewardingParamsUpdate { rewarded_set_size: Some(200), ..RewardingParamsUpdate::default() };
    vec![
        ("update_beacon_key, 20 members", ExecuteMsg::UpdateBeaconKey { key: group.key(net) }),
        ("hand_over_beacon", ExecuteMsg::HandOverBeacon { authority: net.account("group").to_string() }),
        ("update_active_set_size", ExecuteMsg::UpdateActiveSetSize { active_set_size: 90, force_immediately }),
        ("update_rewarding_params", ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately }),
        (
            "update_interval_config",
            ExecuteMsg::UpdateIntervalConfig { epochs_in_interval: 7, epoch_duration_secs: 60, force_immediately },
        ),
        (
            "update_monitors",
            ExecuteMsg::UpdateMonitors { monitors: (0..3).map(|index| net.monitor(index).to_string()).collect() },
        ),
        (
            "update_contract_state_params",
            ExecuteMsg::UpdateContractStateParams { updated_parameters: InstantiateMsg::with_defaults(DENOM).params },
        ),
        ("update_admin", ExecuteMsg::UpdateAdmin { admin: net.account("bob").to_string() }),
    ]
}

#[test]
fn no_message_costs_more_in_a_larger_network_or_than_was_recorded() {
    let (small, medium, large) = (measure(10), measure(1_000), measure(100_000));
    let file = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/artifact/gas.txt");
    let mut text = String::from("message | 10 nodes and delegations | 1,000 | 100,000\n");
    for (((name, a), (_, b)), (_, c)) in small.iter().zip(&medium).zip(&large) {
        writeln!(text, "{name} | {a} | {b} | {c}").unwrap();
    }
    println!("{text}");
    for name in crate::access::names() {
        let measured = small.iter().any(|(row, _)| row.split(',').next() == Some(name));
        assert!(measured, "the gas of {name} is not measured");
    }
    if std::env::var_os("NYM_RECORD_GAS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }

    let recorded = std::fs::read_to_string(&file).unwrap();
    for (((name, a), (_, b)), (_, c)) in small.iter().zip(&medium).zip(&large) {
        assert!(b * 10 <= a * 12 && c * 10 <= a * 12, "{name}: {a} {b} {c}");
        let line = recorded.lines().find(|line| line.starts_with(&format!("{name} | ")));
        let line = line.unwrap_or_else(|| panic!("{name} is not recorded: NYM_RECORD_GAS=1 does it"));
        let before: Vec<u64> = line.split(" | ").skip(1).map(|figure| figure.parse().unwrap()).collect();
        assert_eq!(before.len(), 3, "{line}");
        for (now, before) in [a, b, c].into_iter().zip(&before) {
            assert!(now * 100 <= before * 105, "{name}: {now}, recorded {before}");
        }
    }
}

/// A row of the document's table, without what surrounds it: `message`, which case, the three figures.
fn document_row(recorded: &str) -> String {
    let mut cells = recorded.split(" | ");
    let name = cells.next().unwrap();
    let (message, case) = name.split_at(name.find(',').unwrap_or(name.len()));
    let grouped = |digits: &str| {
        let (high, low) = digits.split_at(digits.len().saturating_sub(3));
        if high.is_empty() {
            low.to_owned()
        } else {
            format!("{high},{low}")
        }
    };
    let figures: Vec<String> = cells.map(grouped).collect();
    format!("| `{message}`{case} | {} |", figures.join(" | "))
}

#[test]
fn the_document_shows_what_was_recorded() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let recorded = std::fs::read_to_string(Path::new(&here).join("tests/artifact/gas.txt")).unwrap();
    let document = std::fs::read_to_string(Path::new(&here).join("../../docs/benchmarks.md")).unwrap();
    let rows: Vec<String> = recorded.lines().skip(1).map(document_row).collect();
    let shown: Vec<&str> = document
        .lines()
        .skip_while(|line| *line != "| Message | 10 | 1,000 | 100,000 |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() > 30);
    assert_eq!(shown, rows);
}

#[test]
fn an_epoch_turn_of_a_thousand_nodes_fits_its_budget() {
    let mut totals = Vec::new();
    for changes in [0, 1_000, 10_000u32] {
        let mut net = Suite::with_monitors(1);
        let ids = net.bond_many(1_000);
        net.turn();
        let scores: Vec<(NodeId, u64)> = ids.iter().map(|id| (*id, 95)).collect();
        net.turn_with(1, &scores);
        net.turn_with(1, &scores);
        for change in 0..changes {
            let who = net.account(&format!("delegator {change}"));
            net.delegate(&who, 1 + change % 1_000, NYM).unwrap();
        }
        net.end_epoch();
        net.report(0, &scores).unwrap();

        net.machine = Some(Machine::new());
        net.begin().unwrap();
        let mut gas = vec![net.machine.as_ref().unwrap().last_gas];
        let epoch = net.epoch();
        while net.epoch() == epoch {
            net.advance(Some(1_100)).unwrap();
            gas.push(net.machine.as_ref().unwrap().last_gas);
        }
        let total: u64 = gas.iter().sum::<u64>() + 118_000 * gas.len() as u64;
        println!("turn with {changes} changes: {gas:?}, {total} in {} transactions", gas.len());

        assert!(gas.len() <= 4, "{} transactions", gas.len());
        assert!(total <= 8_000_000, "{total} gas");
        // Whatever else it costs is shared by the 240 that are paid.
        assert!(total / 240 <= 15_000 || changes > 0, "{} for a reward", total / 240);
        totals.push(total);
    }
    let [_, one, ten] = totals.as_slice() else { panic!("three turns") };
    assert!(ten * 10 <= one * 12, "{ten} with ten times the changes, {one} before");
}
