//! A network in two moments, with every kind of record in its state.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cosmwasm_std::{coin, coins, Decimal, Timestamp};
use nym_contract_types::mixnet::{
    ExecuteMsg, GatewayConfigUpdate, MixNodeConfigUpdate, NodeReport, QueryMsg, RewardingParamsUpdate,
};
use nym_contract_types::{NodeId, Percent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::suite::{Announced, Group, History, Suite, DENOM, NYM};

/// A state as it was, and the answers from it.
#[derive(Serialize, Deserialize)]
pub struct Recorded {
    pub version: String,
    pub height: u64,
    pub time: Timestamp,
    pub held: String,
    /// Key → value, hexadecimal.
    pub records: BTreeMap<String, String>,
    /// Question, answer.
    pub answers: Vec<(Value, Value)>,
}

impl Recorded {
    fn path(version: &str, moment: &str) -> PathBuf {
        let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
        folder.join(format!("tests/migrations/v{}_{moment}.json", version.replace('.', "_")))
    }

    pub fn of(net: &Suite, version: &str) -> Self {
        let answers = questions(net)
            .into_iter()
            .map(|question| (serde_json::to_value(&question).unwrap(), net.query::<Value>(question)))
            .collect();
        let records = net.store.records().iter().map(|(key, value)| (hex::encode(key), hex::encode(value))).collect();
        let block = &net.env.block;
        let held = net.held().to_string();
        Self { version: version.to_owned(), height: block.height, time: block.time, held, records, answers }
    }

    pub fn load(version: &str, moment: &str) -> Self {
        serde_json::from_str(&std::fs::read_to_string(Self::path(version, moment)).unwrap()).unwrap()
    }

    pub fn save(&self, moment: &str) {
        let text = serde_json::to_string_pretty(self).unwrap();
        std::fs::write(Self::path(&self.version, moment), text + "\n").unwrap();
    }

    /// A network with this state.
    pub fn revive(&self) -> Suite {
        let mut net = Suite::blank();
        let (denom, held) = (DENOM, self.held.parse().unwrap());
        net.put(denom, held);
        net.env.block.height = self.height;
        net.env.block.time = self.time;
        let bytes = |text: &String| hex::decode(text).unwrap();
        *net.store.records_mut() = self.records.iter().map(|(key, value)| (bytes(key), bytes(value))).collect();
        net
    }
}

/// Nodes, of which some have left, stakes of all kinds, announced changes, reports, drawn sets. Between epochs and within a transition.
///
/// It made the states of every recorded version: `invariants::migrated` goes through its messages to know what they hold. A version whose states
/// are made in another way needs a play of its own.
pub fn play(mut record: impl FnMut(&str, &Suite)) {
    let mut told = None;
    let mut net = Suite::build(3, |msg| {
        msg.epochs.bootstrap_seed = false;
        msg.epochs.epochs_in_interval = 4;
        msg.initial_rewarding_params.rewarded_set_size = 5;
        msg.initial_rewarding_params.active_set_size = 4;
        msg.params.minimum_mixnode_delegation = Some(coin(5, DENOM));
        told = Some(msg.clone());
    });
    let time = net.env.block.time.seconds();
    net.history = told.map(|told| History { told, time, accepted: Vec::new() });
    let group = Group::new(1, 5, 3);
    net.bond_many(8);
    for (name, number) in [("gateway one", 20), ("gateway two", 21), ("gateway three", 22)] {
        let owner = net.account(name);
        net.bond_gateway(&owner, number);
    }
    for (name, mix_id, amount) in
        [("alice", 1, 500), ("alice", 2, 30), ("bob", 1, 7), ("bob", 7, 11), ("carol", 3, 13), ("dave", 8, 17)]
    {
        let who = net.account(name);
        net.delegate(&who, mix_id, amount * NYM).unwrap();
    }
    net.establish(&group);
    let scores: Vec<(NodeId, u64)> = (1..=8).map(|id| (id, 100 - u64::from(id))).collect();
    for _ in 0..3 {
        turn(&mut net, &group, &scores);
    }
    change(&mut net);
    turn(&mut net, &group, &scores);
    net.report(0, &scores).unwrap_err();
    announce(&mut net);
    record("running", &net);

    net.end_epoch();
    net.report(0, &scores).unwrap();
    net.report(1, &[(1, 50), (3, 60)]).unwrap();
    let epoch = net.epoch();
    let report = NodeReport { node_id: 1, performance: Percent::from_basis_points(7_777).unwrap() };
    let monitor = net.monitor(2);
    let msg = ExecuteMsg::SubmitPerformance { epoch, reports: vec![report], more_follows: true };
    net.send(&monitor, msg).unwrap();
    net.advance_seconds(300);
    net.begin().unwrap();
    let asked = net.beacon();
    for index in [2, 4] {
        let member = net.account(&format!("signer {index}"));
        let share = group.share(index, &asked.message);
        net.send(&member, ExecuteMsg::SubmitSeedShare { epoch: asked.epoch, share }).unwrap();
    }
    let (anyone, signature) = (net.stranger(), group.seed(&net));
    net.send(&anyone, ExecuteMsg::SubmitSeed { epoch: asked.epoch, signature }).unwrap();
    net.advance(Some(3)).unwrap();
    record("transition", &net);
}

/// Ends the epoch with reports of all, and draws with the group's seed.
pub fn turn(net: &mut Suite, group: &Group, scores: &[(NodeId, u64)]) {
    net.end_epoch();
    for monitor in 0..3 {
        net.report(monitor, scores).unwrap();
    }
    net.begin().unwrap();
    let (anyone, asked, signature) = (net.stranger(), net.beacon().epoch, group.seed(net));
    net.send(&anyone, ExecuteMsg::SubmitSeed { epoch: asked, signature }).unwrap();
    net.finish(None);
}

/// What people do once they have earned something.
fn change(net: &mut Suite) {
    let account = |net: &Suite, name: &str| net.account(name);
    let (alice, bob) = (account(net, "alice"), account(net, "bob"));
    net.send(&alice, ExecuteMsg::WithdrawDelegatorReward { mix_id: 1 }).unwrap();
    net.undelegate(&alice, 2).unwrap();
    let operator = net.operator(1);
    net.send(&operator, ExecuteMsg::WithdrawOperatorReward {}).unwrap();
    let operator = net.operator(3);
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(9 * NYM, DENOM)).unwrap();
    // One leaves with a delegation, one without.
    for number in [5, 7] {
        let operator = net.operator(number);
        net.unbond(&operator).unwrap();
    }
    let gateway = account(net, "gateway two");
    net.send(&gateway, ExecuteMsg::UnbondGateway {}).unwrap();
    let gateway = account(net, "gateway three");
    let new_config = GatewayConfigUpdate {
        host: "203.0.113.8".to_owned(),
        mix_port: 1,
        clients_port: 2,
        location: "“there”".to_owned(),
        version: "0.1.1".to_owned(),
    };
    net.send(&gateway, ExecuteMsg::UpdateGatewayConfig { new_config }).unwrap();
    net.delegate(&bob, 1, 3 * NYM).unwrap();
    net.execute(&bob, ExecuteMsg::FundRewardPool {}, &coins(1_000 * NYM, DENOM)).unwrap();
    net.next_block();
}

/// What counts or holds only later.
fn announce(net: &mut Suite) {
    let (owner, next, alice) = (net.owner(), net.account("next owner"), net.account("alice"));
    let force_immediately = false;
    net.send(&owner, ExecuteMsg::UpdateAdmin { admin: next.to_string() }).unwrap();
    net.send(&owner, ExecuteMsg::UpdateActiveSetSize { active_set_size: 3, force_immediately }).unwrap();
    let updated_params = RewardingParamsUpdate {
        staking_supply: Some(77_000_000_000_000u128.into()),
        active_set_work_factor: Some(Decimal::percent(250)),
        ..RewardingParamsUpdate::default()
    };
    net.send(&owner, ExecuteMsg::UpdateRewardingParams { updated_params, force_immediately }).unwrap();
    let msg = ExecuteMsg::UpdateIntervalConfig { epochs_in_interval: 5, epoch_duration_secs: 1_800, force_immediately };
    net.send(&owner, msg).unwrap();
    net.delegate(&alice, 4, 21 * NYM).unwrap();
    net.delegate(&alice, 1, 22 * NYM).unwrap();
    let operator = net.operator(2);
    net.execute(&operator, ExecuteMsg::PledgeMore {}, &coins(5 * NYM, DENOM)).unwrap();
    net.send(&operator, ExecuteMsg::UpdateMixnodeCostParams { new_costs: Announced::costs() }).unwrap();
    let operator = net.operator(4);
    let new_config = MixNodeConfigUpdate {
        host: "2001:db8::4".to_owned(),
        mix_port: 4,
        verloc_port: 0,
        http_api_port: 0,
        version: "0.1.2".to_owned(),
    };
    net.send(&operator, ExecuteMsg::UpdateMixnodeConfig { new_config }).unwrap();
    let key = Group::new(2, 4, 3).key(net);
    net.send(&owner, ExecuteMsg::UpdateBeaconKey { key }).unwrap();
    let authority = net.account("group contract").to_string();
    net.send(&owner, ExecuteMsg::HandOverBeacon { authority }).unwrap();
}

/// Every question that this version knows, of everybody and everything.
fn questions(net: &Suite) -> Vec<QueryMsg> {
    use QueryMsg as Q;
    let (limit, start_after) = (None, None);
    let half = Percent::from_percentage(50).unwrap();
    let mut all = vec![
        Q::GetState {},
        Q::GetStateParams {},
        Q::GetRewardingParams {},
        Q::GetPendingParams {},
        Q::GetPoolChange {},
        Q::Admin {},
        Q::GetSolvency {},
        Q::GetMixNodeBonds { limit, start_after },
        Q::GetMixNodesDetailed { limit, start_after },
        Q::GetUnbondedMixNodes { limit, start_after },
        Q::GetGateways { limit, start_after: None },
        Q::GetAllDelegations { limit, start_after: None },
        Q::GetEpochStatus {},
        Q::GetCurrentIntervalDetails {},
        Q::GetRewardedSet { epoch: None, limit, start_after },
        Q::GetRewardedSet { epoch: net.epoch().checked_sub(1), limit, start_after },
        Q::GetPendingEpochEvents { limit, start_after: None },
        Q::GetPendingIntervalEvents { limit, start_after },
        Q::GetLayerDistribution {},
        Q::GetLottery {},
        Q::GetCandidates { limit, start_after },
        Q::GetBeacon {},
        Q::GetMonitors {},
    ];
    for mix_id in 1..=9 {
        all.extend([
            Q::GetMixnodeDetails { mix_id },
            Q::GetMixnodeRewardingDetails { mix_id },
            Q::GetPendingMixNodeOperatorReward { mix_id },
            Q::GetEstimatedCurrentEpochOperatorReward { mix_id, estimated_performance: half },
            Q::GetStakeSaturation { mix_id },
            Q::GetNodePerformance { mix_id },
            Q::GetUnbondedMixNodeInformation { mix_id },
            Q::GetMixnodeDelegations { mix_id, start_after: None, limit },
        ]);
        let identity = crate::suite::Identity::of(mix_id).text();
        all.push(Q::GetBondedMixnodeDetailsByIdentity { mix_identity: identity.clone() });
        all.push(Q::GetUnbondedMixNodesByIdentityKey { identity_key: identity, limit, start_after });
        let owner = net.operator(mix_id).to_string();
        all.extend([
            Q::GetOwnedMixnode { address: owner.clone() },
            Q::GetPendingOperatorReward { address: owner.clone() },
            Q::GetUnbondedMixNodesByOwner { owner: owner.clone(), limit, start_after },
            Q::GetSigningNonce { address: owner },
        ]);
        for name in ["alice", "bob", "carol", "dave"] {
            let address = net.account(name).to_string();
            all.push(Q::GetDelegationDetails { mix_id, delegator: address.clone() });
            all.push(Q::GetPendingDelegatorReward { address: address.clone(), mix_id });
            all.push(Q::GetEstimatedCurrentEpochDelegatorReward { address, mix_id, estimated_performance: half });
        }
    }
    for name in ["alice", "bob", "carol", "dave"] {
        let delegator = net.account(name).to_string();
        all.push(Q::GetDelegatorDelegations { delegator, start_after: None, limit });
    }
    for (name, number) in [("gateway one", 20), ("gateway two", 21), ("gateway three", 22)] {
        all.push(Q::GetOwnedGateway { address: net.account(name).to_string() });
        all.push(Q::GetGatewayBond { identity: crate::suite::Identity::of(number).text() });
    }
    for index in 0..3 {
        let monitor = net.monitor(index).to_string();
        all.push(Q::GetPerformanceReports { monitor, limit, start_after });
    }
    all
}
