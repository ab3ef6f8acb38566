//! Taking over recorded states: everything that a version wrote, and what it answered to every question.
//!
//! `NYM_RECORD_STATE=1` writes the states of this version, which is of use before the form of the state changes, not after.

mod recorded;

use cosmwasm_std::Response;
use nym_contract_types::mixnet::{Cw2VersionResponse, ExecuteMsg, QueryMsg};
use nym_contract_types::NodeId;
use nym_mixnet_contract::{migrations, ContractError};
use serde_json::Value;

use crate::assert_refused;
use crate::suite::{Group, Suite};
use recorded::{play, turn, Recorded};

/// Versions whose states are recorded.
const VERSIONS: [&str; 1] = ["0.1.0"];
const MOMENTS: [&str; 2] = ["running", "transition"];

fn migrate(net: &mut Suite) -> Result<Response, ContractError> {
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
            assert_eq!(&net.query::<Value>(asked), answer, "{question}");
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
fn a_newer_state_and_another_contracts_are_refused() {
    each(|_, mut net| {
        let wrong = [
            ("crates.io:another", "0.1.0"),
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
