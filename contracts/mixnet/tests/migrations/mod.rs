//! Taking over recorded states: everything that a version wrote, and what it answered to every question.
//!
//! `NYM_RECORD_STATE=1` writes the states of this version, which is of use before the form of the state changes, not after.

pub mod recorded;

use std::collections::BTreeSet;

use cosmwasm_std::{coins, Response, Storage};
use cw_storage_plus::{KeyDeserialize, PrimaryKey};
use nym_contract_types::mixnet::{Cw2VersionResponse, ExecuteMsg, MixNodeConfigUpdate, QueryMsg};
use nym_contract_types::NodeId;
use nym_mixnet_contract::delegations::state::DELEGATIONS;
use nym_mixnet_contract::gateways::state::GATEWAYS;
use nym_mixnet_contract::mixnodes::state::{BONDS, LEFT_STAKES, STAKES};
use nym_mixnet_contract::packed::{Packed, PackedMap};
use nym_mixnet_contract::{migrations, ContractError};
use serde_json::Value;

use crate::assert_refused;
use crate::suite::{records_of, Announced, Group, Identity, Suite, DENOM, PLEDGE};
use recorded::{play, turn, Recorded};

/// Versions whose states are recorded.
pub const VERSIONS: [&str; 1] = ["0.1.0"];
const MOMENTS: [&str; 2] = ["running", "transition"];

pub fn migrate(net: &mut Suite) -> Result<Response, ContractError> {
    let admin = net.account("admin of the chain");
    net.transact(&admin, &[], |deps, _, _| migrations::migrate(deps))
}

fn each(mut check: impl FnMut(&Recorded, Suite)) {
    for version in VERSIONS {
        for moment in MOMENTS {
            let recorded = Recorded::load(version, moment);
            let net = recorded.revive();
            check(&recorded, net);
        }
    }
}

/// An answer without what the version that was recorded did not know, which is none.
fn known_then(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            let unknown = ["profit_margin", "interval_operating_cost"];
            fields.retain(|name, value| !(unknown.contains(&name.as_str()) && value.is_null()));
            fields.values_mut().for_each(|value| *value = known_then(value.take()));
        }
        Value::Array(entries) => entries.iter_mut().for_each(|value| *value = known_then(value.take())),
        _ => {}
    }
    answer
}

#[test]
fn states_of_this_version_can_be_recorded() {
    let mut moments = Vec::new();
    play(|moment, net| {
        let recorded = Recorded::of(net, migrations::VERSION);
        assert!(recorded.records.len() > 70 && recorded.answers.len() > 200);
        if std::env::var_os("NYM_RECORD_STATE").is_some() {
            recorded.save(moment);
        }
        moments.push(moment.to_owned());
    });
    assert_eq!(moments, MOMENTS);
}

#[test]
fn every_question_has_the_same_answer_after_a_migration() {
    each(|recorded, mut net| {
        migrate(&mut net).unwrap();

        let stored: Cw2VersionResponse = net.query(QueryMsg::GetCw2ContractVersion {});
        assert_eq!((stored.contract.as_str(), stored.version.as_str()), (migrations::NAME, migrations::VERSION));
        for (question, answer) in &recorded.answers {
            let asked: QueryMsg = serde_json::from_value(question.clone()).unwrap();
            assert_eq!(&known_then(net.query::<Value>(asked)), answer, "{question}");
        }
    });
}

#[test]
fn a_migrated_network_goes_on_and_everyone_can_leave() {
    each(|_, mut net| {
        migrate(&mut net).unwrap();
        let scores: Vec<(NodeId, u64)> = (1..=8).map(|id| (id, 90)).collect();
        if net.beacon().open {
            net.finish(None);
        }
        for _ in 0..2 {
            // Another group was announced, which signs from one of these draws on.
            let groups = [Group::new(1, 5, 3), Group::new(2, 4, 3)];
            let key = net.beacon().key;
            let group = groups.iter().find(|group| key == Some(group.key(&net))).unwrap();
            turn(&mut net, group, &scores);
        }
        net.next_block();

        for name in ["alice", "bob", "carol", "dave"] {
            let who = net.account(name);
            for mix_id in 1..=8 {
                let _ = net.undelegate(&who, mix_id);
            }
        }
        for number in 1..=8 {
            let operator = net.operator(number);
            let _ = net.unbond(&operator);
        }
        for name in ["gateway one", "gateway three"] {
            let owner = net.account(name);
            net.send(&owner, ExecuteMsg::UnbondGateway {}).unwrap();
        }
        let solvency: nym_contract_types::mixnet::SolvencyResponse = net.query(QueryMsg::GetSolvency {});
        assert!(solvency.solvent && solvency.stakes.is_zero(), "{solvency:?}");
    });
}

#[test]
fn a_migration_rewrites_the_records_of_which_there_is_one_and_no_others() {
    each(|_, mut net| {
        let before = net.store.records().clone();

        migrate(&mut net).unwrap();

        let after = net.store.records().clone();
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed: Vec<_> = keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).collect();
        assert_eq!(changed, ["c", "ces", "contract_info", "nic", "owed", "state"].map(str::as_bytes));
        migrate(&mut net).unwrap();
        assert_eq!(net.store.records(), &after);
    });
}

#[test]
fn records_of_the_old_version_are_rewritten_when_they_are_touched() {
    let mut net = Recorded::load("0.1.0", "running").revive();
    let length = |net: &Suite, number: NodeId| {
        let key = |name: &[u8]| [&[0, 3], name, &number.to_be_bytes()].concat();
        let length = |name: &[u8]| net.store.records()[&key(name)].len();
        (length(b"mnn"), length(b"mnr"))
    };
    migrate(&mut net).unwrap();
    let (bond, stake) = length(&net, 1);
    let details = |net: &Suite| net.query::<Value>(QueryMsg::GetMixnodeDetails { mix_id: 1 });
    let known = details(&net);

    let (first, alice) = (net.operator(1), net.account("alice"));
    net.send(&alice, ExecuteMsg::CancelPendingDelegation { mix_id: 1 }).unwrap();
    let old = &known["mixnode_details"]["bond_information"]["mix_node"];
    let new_config: MixNodeConfigUpdate = serde_json::from_value(serde_json::json!({
        "host": old["host"], "mix_port": old["mix_port"], "verloc_port": old["verloc_port"],
        "http_api_port": old["http_api_port"], "version": old["version"],
    }))
    .unwrap();
    net.send(&first, ExecuteMsg::UpdateMixnodeConfig { new_config }).unwrap();

    let (new_bond, new_stake) = length(&net, 1);
    assert!(new_bond * 3 < bond * 2 && new_stake * 2 < stake, "{bond} {stake}, {new_bond} {new_stake}");
    let now = details(&net);
    assert_eq!(now["mixnode_details"]["bond_information"], known["mixnode_details"]["bond_information"]);
    let earned = "rewarding_details";
    assert_eq!(now["mixnode_details"][earned]["operator"], known["mixnode_details"][earned]["operator"]);
    assert_eq!(now["mixnode_details"][earned]["cost_params"], known["mixnode_details"][earned]["cost_params"]);
}

/// Reads every record of a kind and writes it again, as a message that touches it does; returns how many there are.
fn rewrite<K, T>(net: &mut Suite, map: &PackedMap<K, T>, write: impl Fn(&mut dyn Storage, &K::Output, &T)) -> usize
where
    K: PrimaryKey<'static> + KeyDeserialize,
    T: Packed,
{
    let records = records_of(&net.store, map);
    for (key, record) in &records {
        write(&mut net.store, key, record);
    }
    records.len()
}

#[test]
fn every_question_has_the_same_answer_when_all_records_are_rewritten() {
    each(|recorded, mut net| {
        migrate(&mut net).unwrap();
        let before = net.store.records().clone();

        let rewritten = [
            rewrite(&mut net, &BONDS, |store, id, bond| BONDS.save(store, *id, bond)),
            rewrite(&mut net, &STAKES, |store, id, stake| STAKES.save(store, *id, stake)),
            rewrite(&mut net, &LEFT_STAKES, |store, id, stake| LEFT_STAKES.save(store, *id, stake)),
            rewrite(&mut net, &GATEWAYS, |store, identity, bond| GATEWAYS.save(store, identity, bond)),
            rewrite(&mut net, &DELEGATIONS, |store, (id, owner), it| DELEGATIONS.save(store, (*id, owner), it)),
        ];

        assert!(rewritten.iter().all(|count| *count > 0), "{rewritten:?}");
        let changed = net.store.records().iter().filter(|(key, value)| before.get(*key) != Some(value)).count();
        assert_eq!(changed, rewritten.iter().sum::<usize>(), "each had the old form");
        for (question, answer) in &recorded.answers {
            let asked: QueryMsg = serde_json::from_value(question.clone()).unwrap();
            assert_eq!(&known_then(net.query::<Value>(asked)), answer, "{question}");
        }
    });
}

#[test]
fn who_signed_with_the_old_version_goes_on_with_their_nonce() {
    let mut net = Recorded::load("0.1.0", "running").revive();
    migrate(&mut net).unwrap();
    // One left before the migration, one leaves after it.
    net.next_block();
    let second = net.operator(2);
    net.unbond(&second).unwrap();
    for number in [2, 5] {
        let owner = net.operator(number);
        assert_eq!(net.nonce(&owner), 1);

        let funds = coins(PLEDGE, DENOM);
        let bonding = |net: &Suite, identity: &Identity| {
            net.mixnode_bonding(&owner, identity, Announced::mix_node(identity), Announced::costs(), &funds)
        };
        let signed = bonding(&net, &Identity::of(100 + number));
        net.execute(&owner, signed.clone(), &funds).unwrap();

        assert_eq!(net.nonce(&owner), 2);
        let another = bonding(&net, &Identity::of(200 + number));
        let refused = net.execute(&owner, another, &funds).unwrap_err().to_string();
        assert!(refused.contains("has bonded mix node"), "{refused}");
        net.next_block();
        net.unbond(&owner).unwrap();
        let refused = net.execute(&owner, signed, &funds).unwrap_err().to_string();
        assert!(refused.contains("with nonce 2"), "{refused}");
        for name in [b"sn", b"ow"] {
            let key = [&[0, 2], &name[..], owner.as_bytes()].concat();
            assert!(!net.store.records().contains_key(&key), "an account is in one place");
        }
    }
}

#[test]
fn identities_of_old_gateways_and_nodes_are_taken() {
    let mut net = Recorded::load("0.1.0", "running").revive();
    migrate(&mut net).unwrap();
    let stranger = net.stranger();
    let funds = coins(PLEDGE, DENOM);
    for number in [1, 20] {
        let identity = Identity::of(number);
        let taken = ContractError::IdentityTaken { identity: identity.text() }.to_string();
        let bonds = [
            net.mixnode_bonding(&stranger, &identity, Announced::mix_node(&identity), Announced::costs(), &funds),
            net.gateway_bonding(&stranger, &identity, Announced::gateway(&identity), &funds),
        ];
        for bond in bonds {
            let error = net.execute(&stranger, bond, &funds).unwrap_err();
            assert_eq!(error.to_string(), taken, "{number}");
        }
    }
    let owner = net.account("gateway one");
    let another = Identity::of(21);
    let second = net.gateway_bonding(&owner, &another, Announced::gateway(&another), &funds);
    let refused = net.execute(&owner, second, &funds).unwrap_err().to_string();
    assert!(refused.contains("has bonded gateway"), "{refused}");
    assert_eq!(net.nonce(&owner), 1);
    net.send(&owner, ExecuteMsg::UnbondGateway {}).unwrap();
    assert_eq!(net.nonce(&owner), 1, "a gateway that left with its bond of 0.1.0 leaves its owner's nonce");
    net.bond(&stranger, 20);
}

#[test]
fn a_state_in_which_the_two_forms_could_be_confused_is_refused() {
    for (key, value) in [("nic", vec![0x80, 0, 0, 0]), ("owed", vec![0x80; 16])] {
        let mut net = Recorded::load("0.1.0", "running").revive();
        net.store.records_mut().insert(key.into(), value);
        let before = net.store.records().clone();
        assert_refused!(migrate(&mut net), ContractError::OutOfRange { what: "state of 0.1.0" });
        assert_eq!(&before, net.store.records());
    }
}

#[test]
fn a_newer_state_and_another_contracts_are_refused() {
    each(|_, mut net| {
        let wrong = [
            ("another-contract", "0.1.0"),
            (migrations::NAME, "0.2.1"),
            (migrations::NAME, "1.0.0"),
            (migrations::NAME, "0.1"),
        ];
        for (contract, version) in wrong {
            cw2::set_contract_version(&mut net.store, contract, version).unwrap();
            let before = net.store.records().clone();
            assert_refused!(migrate(&mut net), ContractError::Migration { .. });
            assert_eq!(&before, net.store.records());
        }
    });
}
