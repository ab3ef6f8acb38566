//! Seeds: signatures of the group decide the draw, nothing else does, and without one the set stays.

use cosmwasm_std::{Addr, Binary, Response};
use nym_contract_types::lottery;
use nym_contract_types::mixnet::{
    BeaconMember, CandidatesResponse, DrawOutcome, ExecuteMsg, LotteryResponse, QueryMsg, SeedSource,
};
use nym_contract_types::EpochId;
use nym_mixnet_contract::ContractError;

use crate::artifact::Machine;
use crate::assert_refused;
use crate::suite::{attribute, Group, Suite};

/// A network of six nodes whose seeds a group of five signs, three of them at a time. Epoch 1 has ended, its transition has begun.
fn network() -> (Suite, Group) {
    let mut net = Suite::build(1, |msg| msg.epochs.bootstrap_seed = false);
    net.bond_many(6);
    let group = Group::new(1, 5, 3);
    net.establish(&group);
    begin(&mut net);
    (net, group)
}

fn begin(net: &mut Suite) {
    net.end_epoch();
    net.advance_seconds(300);
    net.begin().unwrap();
}

fn bring(net: &mut Suite, epoch: EpochId, signature: Binary) -> Result<Response, ContractError> {
    let anyone = net.stranger();
    net.send(&anyone, ExecuteMsg::SubmitSeed { epoch, signature })
}

fn signer(net: &Suite, index: u32) -> Addr {
    net.account(&format!("signer {index}"))
}

#[test]
fn any_three_of_five_members_make_the_one_seed_that_anyone_may_bring() {
    let (mut net, group) = network();
    let asked = net.beacon();
    assert!(asked.open);
    for index in [5, 2, 4, 1] {
        let share = group.share(index, &asked.message);
        let sender = signer(&net, index);
        let posted = net.send(&sender, ExecuteMsg::SubmitSeedShare { epoch: asked.epoch, share }).unwrap();
        assert_eq!(attribute(&posted, "member"), index.to_string());
    }

    let shares: Vec<_> = net.beacon().shares.into_iter().map(|share| (share.index, share.share)).collect();
    assert_eq!(shares.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2, 4, 5]);
    let seed = Group::combine(&shares[..3]);
    assert_eq!(Group::combine(&shares[1..]), seed);
    bring(&mut net, asked.epoch, seed.clone()).unwrap();
    assert_eq!(net.beacon().seed, Some(seed.clone()));
    net.finish(None);

    let lottery: LotteryResponse = net.query(QueryMsg::GetLottery {});
    assert_eq!((lottery.outcome, lottery.seed_source), (DrawOutcome::Drawn, SeedSource::Beacon));
    assert_eq!(lottery.seed, seed);
    let frozen: CandidatesResponse = net.query(QueryMsg::GetCandidates { limit: None, start_after: None });
    let candidates: Vec<_> = frozen.candidates.iter().map(|c| (c.node_id, c.weight.u64())).collect();
    let drawn = lottery::draw(&seed, lottery.epoch, &candidates, 240, 100).unwrap();
    let set: Vec<_> = net.rewarded_set().iter().map(|node| (node.mix_id, node.layer)).collect();
    assert_eq!(set, drawn);
}

#[test]
fn each_seed_follows_from_the_last() {
    let (mut net, group) = network();
    let mut seeds = Vec::new();
    for _ in 0..3 {
        let seed = group.seed(&net);
        let epoch = net.beacon().epoch;
        bring(&mut net, epoch, seed.clone()).unwrap();
        net.finish(None);
        begin(&mut net);
        // What was signed for one epoch is of no use in another.
        let epoch = net.beacon().epoch;
        assert_refused!(bring(&mut net, epoch, seed.clone()), ContractError::SeedSignature { .. });
        seeds.push(seed);
    }
    seeds.dedup();
    assert_eq!(seeds.len(), 3);
}

#[test]
fn a_seed_after_its_time_is_refused_and_the_set_stays() {
    let (mut net, group) = network();
    let seed = group.seed(&net);
    let epoch = net.beacon().epoch;
    bring(&mut net, epoch, seed).unwrap();
    net.finish(None);
    let drawn = net.rewarded_set();

    begin(&mut net);
    net.advance(None).unwrap();
    let (late, epoch) = (group.seed(&net), net.beacon().epoch);
    let before = net.beacon().message;
    net.advance_seconds(600);
    let refused = bring(&mut net, epoch, late);
    assert_refused!(refused, ContractError::SeedNotAccepted { rule: "its time is over", .. });
    net.finish(None);

    assert_eq!((net.status().draw, net.rewarded_set()), (DrawOutcome::KeptNoSeed, drawn));
    // The next message differs by its epoch alone: the last accepted seed is the same.
    let after = net.beacon().message;
    assert_eq!(before.len(), after.len());
    assert_eq!(before.iter().zip(after.iter()).filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn a_seed_in_time_is_used_even_if_the_draw_comes_late() {
    let (mut net, group) = network();
    let (seed, epoch) = (group.seed(&net), net.beacon().epoch);
    net.advance_seconds(599);
    bring(&mut net, epoch, seed).unwrap();
    net.advance_seconds(10_000);
    net.finish(None);
    assert_eq!(net.status().draw, DrawOutcome::Drawn);
}

#[test]
fn nothing_is_accepted_before_the_transition_or_for_another_epoch() {
    let (mut net, group) = network();
    let (seed, epoch) = (group.seed(&net), net.beacon().epoch);
    assert_refused!(bring(&mut net, epoch + 1, seed.clone()), ContractError::WrongEpoch { .. });
    let late = bring(&mut net, epoch - 1, seed.clone()).unwrap();
    assert_eq!(attribute(&late, "nothing_to_do"), "true");

    bring(&mut net, epoch, seed.clone()).unwrap();
    let again = bring(&mut net, epoch, seed).unwrap();
    assert_eq!(attribute(&again, "nothing_to_do"), "true");
    net.finish(None);

    let (early, epoch) = (group.seed(&net), net.beacon().epoch);
    assert!(!net.beacon().open);
    let rule = "the transition has not begun";
    let refused = bring(&mut net, epoch, early.clone());
    assert_refused!(refused, ContractError::SeedNotAccepted { rule: said, .. } if said == rule);
    let member = signer(&net, 1);
    let refused = net.send(&member, ExecuteMsg::SubmitSeedShare { epoch, share: early });
    assert_refused!(refused, ContractError::SeedNotAccepted { rule: said, .. } if said == rule);
}

#[test]
fn wrong_signatures_are_refused_by_name() {
    let (mut net, group) = network();
    let (seed, epoch) = (group.seed(&net), net.beacon().epoch);
    let message = net.beacon().message;
    let other = Group::new(2, 5, 3).seed(&net);
    let two = Group::combine(&[(1, group.share(1, &message)), (2, group.share(2, &message))]);
    for wrong in [other, two, group.share(1, &message)] {
        assert_refused!(bring(&mut net, epoch, wrong), ContractError::SeedSignature { .. });
    }

    for (point, kind) in bad_points("g1") {
        match bring(&mut net, epoch, point) {
            Err(ContractError::Point { name: "signature" }) => {}
            // The identity is a point; it signs nothing under a key that is not the identity.
            Err(ContractError::SeedSignature { .. }) if kind == "identity" => {}
            other => panic!("{kind}: {other:?}"),
        }
    }
    for wrong in [vec![], seed[..47].to_vec(), [seed.as_slice(), &[0]].concat()] {
        assert_refused!(bring(&mut net, epoch, Binary::from(wrong)), ContractError::Point { name: "signature" });
    }

    let stranger = net.stranger();
    let share = group.share(1, &message);
    let refused = net.send(&stranger, ExecuteMsg::SubmitSeedShare { epoch, share: share.clone() });
    assert_refused!(refused, ContractError::NotBeaconMember { .. });
    let second = signer(&net, 2);
    let refused = net.send(&second, ExecuteMsg::SubmitSeedShare { epoch, share });
    assert_refused!(refused, ContractError::SeedSignature { signer, .. } if signer == "member 2");
}

/// Encodings that are no point of the group, or the identity, from the vectors of an independent implementation.
fn bad_points(group: &str) -> Vec<(Binary, String)> {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors/points.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let points = vectors[group].as_array().unwrap();
    points.iter().map(|point| (hex::decode(text(&point["bytes"])).unwrap().into(), text(&point["kind"]))).collect()
}

#[test]
fn unusable_keys_are_refused_by_name() {
    let (mut net, group) = network();
    let owner = net.owner();
    let good = group.key(&net);
    let mut refuse = |change: &dyn Fn(&mut nym_contract_types::mixnet::BeaconKey)| {
        let mut key = good.clone();
        change(&mut key);
        net.send(&owner, ExecuteMsg::UpdateBeaconKey { key })
    };

    assert_refused!(refuse(&|key| key.threshold = 0), ContractError::Parameter { name: "threshold", .. });
    assert_refused!(refuse(&|key| key.threshold = 6), ContractError::Parameter { name: "threshold", .. });
    assert_refused!(refuse(&|key| key.members[0].index = 0), ContractError::Parameter { name: "index", .. });
    assert_refused!(refuse(&|key| key.members[0].index = 2), ContractError::Duplicate { what: "member", .. });
    let twice =
        |key: &mut nym_contract_types::mixnet::BeaconKey| key.members[1].account = key.members[0].account.clone();
    assert_refused!(refuse(&twice), ContractError::Duplicate { what: "member", .. });
    assert_refused!(refuse(&|key| key.members[0].account = "nobody".to_owned()), ContractError::Std(_));
    for (point, _) in bad_points("g2") {
        assert_refused!(refuse(&|key| key.key = point.clone()), ContractError::Point { name: "key" });
        assert_refused!(refuse(&|key| key.members[4].key = point.clone()), ContractError::Point { name: "key" });
    }
    let many = |key: &mut nym_contract_types::mixnet::BeaconKey| {
        let member = key.members[0].clone();
        key.members = (1..=65).map(|index| BeaconMember { index, ..member.clone() }).collect();
    };
    assert_refused!(refuse(&many), ContractError::TooMany { what: "members", .. });
}

#[test]
fn a_key_signs_only_when_the_seed_it_follows_was_not_known_at_its_announcement() {
    let (mut net, old) = network();
    let new = Group::new(9, 4, 3);
    let owner = net.owner();
    // The transition of this epoch is under way and its seed may be known: the next draw is still the old group's.
    let response = net.send(&owner, ExecuteMsg::UpdateBeaconKey { key: new.key(&net) }).unwrap();
    let epoch = net.beacon().epoch;
    assert_eq!(attribute(&response, "counts_from"), (epoch + 2).to_string());

    for signer in [&old, &old, &new, &new] {
        let (seed, epoch) = (signer.seed(&net), net.beacon().epoch);
        bring(&mut net, epoch, seed).unwrap();
        net.finish(None);
        begin(&mut net);
    }
    assert_eq!(net.beacon().announced, None);

    // Within an epoch that runs, one draw lies between.
    let (seed, epoch) = (new.seed(&net), net.beacon().epoch);
    bring(&mut net, epoch, seed).unwrap();
    net.finish(None);
    net.send(&owner, ExecuteMsg::UpdateBeaconKey { key: old.key(&net) }).unwrap();
    let third = Group::new(3, 3, 3);
    net.send(&owner, ExecuteMsg::UpdateBeaconKey { key: third.key(&net) }).unwrap();
    for signer in [&new, &third] {
        begin(&mut net);
        let (seed, epoch) = (signer.seed(&net), net.beacon().epoch);
        bring(&mut net, epoch, seed).unwrap();
        net.finish(None);
    }
}

#[test]
fn the_beacon_is_handed_over_with_the_first_key_of_its_new_authority() {
    let (mut net, group) = network();
    let (owner, contract) = (net.owner(), net.account("group contract"));
    let key = group.key(&net);
    let refused = net.send(&contract, ExecuteMsg::UpdateBeaconKey { key: key.clone() });
    assert_refused!(refused, ContractError::NotBeaconAuthority { .. });

    net.send(&owner, ExecuteMsg::HandOverBeacon { authority: contract.to_string() }).unwrap();
    assert_eq!((net.beacon().authority, net.beacon().offered), (owner.clone(), Some(contract.clone())));
    net.send(&owner, ExecuteMsg::UpdateBeaconKey { key: key.clone() }).unwrap();
    net.send(&contract, ExecuteMsg::UpdateBeaconKey { key: key.clone() }).unwrap();

    assert_eq!((net.beacon().authority, net.beacon().offered), (contract, None));
    let refused = net.send(&owner, ExecuteMsg::UpdateBeaconKey { key });
    assert_refused!(refused, ContractError::NotBeaconAuthority { .. });
    let refused = net.send(&owner, ExecuteMsg::HandOverBeacon { authority: owner.to_string() });
    assert_refused!(refused, ContractError::NotBeaconAuthority { .. });
}

#[test]
fn a_network_of_the_hash_chain_takes_no_seeds() {
    let mut net = Suite::with_monitors(1);
    net.bond_many(3);
    let group = Group::new(1, 3, 3);
    let owner = net.owner();
    net.send(&owner, ExecuteMsg::UpdateBeaconKey { key: group.key(&net) }).unwrap();
    net.turn();
    net.turn();
    begin(&mut net);
    let (seed, epoch) = (group.seed(&net), net.beacon().epoch);
    assert_refused!(bring(&mut net, epoch, seed), ContractError::SeedNotAccepted { .. });
}

#[test]
fn the_machine_verifies_as_the_native_contract_does() {
    let (mut net, group) = network();
    net.machine = Some(Machine::new());
    let (seed, epoch) = (group.seed(&net), net.beacon().epoch);
    let other = Group::new(2, 5, 3).seed(&net);
    assert!(bring(&mut net, epoch, other).is_err());
    let message = net.beacon().message;
    let member = signer(&net, 3);
    let share = group.share(3, &message);
    net.send(&member, ExecuteMsg::SubmitSeedShare { epoch, share }).unwrap();
    bring(&mut net, epoch, seed).unwrap();
    net.finish(None);
    assert_eq!(net.status().draw, DrawOutcome::Drawn);
}
