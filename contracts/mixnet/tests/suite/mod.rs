//! A network of one contract: accounts with balances, blocks with time, transactions that happen whole or not at all.
//!
//! The contract's entry points are called directly, so that refusals are its own typed errors. Amounts are in `unym`.

mod group;
mod history;
mod nodes;
mod storage;

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::testing::{mock_env, MockApi, MockQuerier};
use cosmwasm_std::{
    coins, from_json, to_json_vec, Addr, BankMsg, Coin, CosmosMsg, Deps, DepsMut, Env, Event, MessageInfo,
    QuerierWrapper, Response, StdError, Uint128,
};
use nym_contract_types::mixnet::{
    EpochStatusResponse, ExecuteMsg, InstantiateMsg, NodeReport, QueryMsg, RewardedNode, RewardedSetResponse,
};
use nym_contract_types::{EpochId, NodeId, Percent};
use nym_mixnet_contract::{contract, ContractError};
use serde::de::DeserializeOwned;

use crate::artifact::Machine;

use history::Accepted;

pub use group::Group;
pub use history::History;
pub use nodes::{Announced, Identity};
pub use storage::{records_of, Journaled};

pub const DENOM: &str = "unym";
pub const NYM: u128 = 1_000_000;
pub const PLEDGE: u128 = 100 * NYM;
pub const EPOCH: u64 = 3_600;

pub struct Suite {
    pub store: Journaled,
    pub env: Env,
    api: MockApi,
    balances: BTreeMap<(Addr, String), u128>,
    names: u64,
    /// If there is one, messages go to the artifact in this machine instead of to the native contract.
    pub machine: Option<Machine>,
    /// Its past, if that is kept.
    pub history: Option<History>,
}

impl Suite {
    /// A network with `monitors` monitors and otherwise the defaults, with hash-chain seeds and keys that do not expire.
    pub fn with_monitors(monitors: usize) -> Self {
        Self::build(monitors, |_| ())
    }

    /// The same with other parameters.
    pub fn build(monitors: usize, change: impl FnOnce(&mut InstantiateMsg)) -> Self {
        let mut suite = Self::blank();
        let mut msg = InstantiateMsg::with_defaults(DENOM);
        msg.monitors = (0..monitors).map(|index| suite.monitor(index).to_string()).collect();
        msg.epochs.bootstrap_seed = true;
        msg.epochs.key_period = 0;
        change(&mut msg);
        suite.instantiate(&msg, &msg.funds()).unwrap();
        suite
    }

    /// A chain on which the contract is not instantiated yet.
    pub fn blank() -> Self {
        let api = MockApi::default().with_prefix("n");
        let mut env = mock_env();
        env.contract.address = api.addr_make("mixnet");
        let (store, balances) = (Journaled::default(), BTreeMap::new());
        Self { store, env, api, balances, names: 0, machine: None, history: None }
    }

    /// The same network once more, to see what would happen.
    pub fn fork(&self) -> Self {
        let mut fork = Self::blank();
        *fork.store.records_mut() = self.store.records().clone();
        (fork.env, fork.balances, fork.names) = (self.env.clone(), self.balances.clone(), self.names);
        fork
    }

    pub fn instantiate(&mut self, msg: &InstantiateMsg, funds: &[Coin]) -> Result<Response, ContractError> {
        let owner = self.owner();
        self.transact(&owner, funds, |deps, env, info| contract::instantiate(deps, env, info, msg.clone()))
    }

    pub fn account(&self, name: &str) -> Addr {
        self.api.addr_make(name)
    }

    pub fn owner(&self) -> Addr {
        self.account("owner")
    }

    pub fn monitor(&self, index: usize) -> Addr {
        self.account(&format!("monitor {index}"))
    }

    /// An account that nobody has used.
    pub fn stranger(&mut self) -> Addr {
        self.names += 1;
        self.account(&format!("stranger {}", self.names))
    }

    pub fn execute(&mut self, sender: &Addr, msg: ExecuteMsg, funds: &[Coin]) -> Result<Response, ContractError> {
        let Some(mut history) = self.history.take() else {
            return self.deliver(sender, msg, funds);
        };
        let had = self.received(sender);
        let result = self.deliver(sender, msg.clone(), funds);
        if result.is_ok() {
            let paid = self.received(sender) - had;
            history.accepted.push(Accepted::now(self, sender, msg, funds, paid));
        }
        self.history = Some(history);
        result
    }

    fn deliver(&mut self, sender: &Addr, msg: ExecuteMsg, funds: &[Coin]) -> Result<Response, ContractError> {
        let Some(mut machine) = self.machine.take() else {
            return self.transact(sender, funds, |deps, env, info| contract::execute(deps, env, info, msg));
        };
        let before = self.store.records().clone();
        let bytes = to_json_vec(&msg).unwrap();
        let result = machine.execute_raw(&mut self.store, &self.env, sender, funds, &bytes);
        self.machine = Some(machine);
        if result.is_err() {
            *self.store.records_mut() = before;
        }
        let result = result.map_err(|error| StdError::msg(error).into());
        self.settle_funds(funds, &result);
        result
    }

    pub fn send(&mut self, sender: &Addr, msg: ExecuteMsg) -> Result<Response, ContractError> {
        self.execute(sender, msg, &[])
    }

    /// Runs one transaction: funds move, messages are paid out, and nothing happened if it is refused.
    pub fn transact(
        &mut self,
        sender: &Addr,
        funds: &[Coin],
        call: impl FnOnce(DepsMut<'_>, Env, MessageInfo) -> Result<Response, ContractError>,
    ) -> Result<Response, ContractError> {
        self.store.begin();
        let querier = MockQuerier::default();
        let deps = DepsMut { storage: &mut self.store, api: &self.api, querier: QuerierWrapper::new(&querier) };
        let info = MessageInfo { sender: sender.clone(), funds: funds.to_vec() };
        let result = call(deps, self.env.clone(), info);
        if result.is_err() {
            self.store.roll_back();
        }
        self.settle_funds(funds, &result);
        result
    }

    /// Moves what was sent and what is paid, if the message was accepted.
    fn settle_funds(&mut self, funds: &[Coin], result: &Result<Response, ContractError>) {
        let Ok(response) = result else {
            return;
        };
        let contract = self.env.contract.address.clone();
        for coin in funds {
            *self.balance_mut(&contract, &coin.denom) += Uint128::try_from(coin.amount).unwrap().u128();
        }
        let mut paid_to = BTreeSet::new();
        for message in &response.messages {
            let CosmosMsg::Bank(BankMsg::Send { to_address, amount }) = &message.msg else {
                panic!("unexpected message {:?}", message.msg);
            };
            assert_eq!(amount.len(), 1, "one coin to a payment");
            assert!(paid_to.insert(to_address.clone()), "one payment to {to_address}");
            let coin = amount.first().unwrap();
            let paid = Uint128::try_from(coin.amount).unwrap().u128();
            assert!(paid > 0, "no empty coin");
            let left = self.balance_mut(&contract, &coin.denom);
            *left = left.checked_sub(paid).expect("the contract pays only what it has");
            *self.balance_mut(&Addr::unchecked(to_address), &coin.denom) += paid;
        }
    }

    fn balance_mut(&mut self, account: &Addr, denom: &str) -> &mut u128 {
        self.balances.entry((account.clone(), denom.to_owned())).or_default()
    }

    /// Gives the contract a balance.
    pub fn put(&mut self, denom: &str, amount: u128) {
        let contract = self.env.contract.address.clone();
        *self.balance_mut(&contract, denom) = amount;
    }

    /// What an account has received from the contract.
    pub fn received(&self, account: &Addr) -> u128 {
        self.balances.get(&(account.clone(), DENOM.to_owned())).copied().unwrap_or_default()
    }

    /// What the contract holds.
    pub fn held(&self) -> u128 {
        self.received(&self.env.contract.address.clone())
    }

    pub fn try_query<T: DeserializeOwned>(&self, msg: QueryMsg) -> Result<T, ContractError> {
        let funds = coins(self.held(), DENOM);
        let querier: MockQuerier = MockQuerier::new(&[(self.env.contract.address.as_str(), &funds)]);
        let deps = Deps { storage: &self.store, api: &self.api, querier: QuerierWrapper::new(&querier) };
        Ok(from_json(contract::query(deps, self.env.clone(), msg)?).unwrap())
    }

    #[track_caller]
    pub fn query<T: DeserializeOwned>(&self, msg: QueryMsg) -> T {
        self.try_query(msg).unwrap()
    }

    // time

    pub fn next_block(&mut self) {
        self.advance_seconds(1);
    }

    pub fn advance_seconds(&mut self, seconds: u64) {
        self.env.block.height += 1;
        self.env.block.time = self.env.block.time.plus_seconds(seconds);
    }

    /// A block after the current epoch's end.
    pub fn end_epoch(&mut self) {
        let status = self.status();
        let left = status.ends_at.saturating_sub(self.env.block.time.seconds());
        self.advance_seconds(left.max(1));
    }

    // epochs

    pub fn status(&self) -> EpochStatusResponse {
        self.query(QueryMsg::GetEpochStatus {})
    }

    pub fn epoch(&self) -> EpochId {
        self.status().epoch
    }

    pub fn report(&mut self, monitor: usize, scores: &[(NodeId, u64)]) -> Result<Response, ContractError> {
        let reports = scores
            .iter()
            .map(|(node_id, percent)| NodeReport {
                node_id: *node_id,
                performance: Percent::from_percentage(*percent).unwrap(),
            })
            .collect();
        let msg = ExecuteMsg::SubmitPerformance { epoch: self.epoch(), reports, more_follows: false };
        let monitor = self.monitor(monitor);
        self.send(&monitor, msg)
    }

    pub fn begin(&mut self) -> Result<Response, ContractError> {
        let anyone = self.stranger();
        self.send(&anyone, ExecuteMsg::BeginEpochTransition { epoch: None })
    }

    pub fn advance(&mut self, limit: Option<u32>) -> Result<Response, ContractError> {
        let anyone = self.stranger();
        self.send(&anyone, ExecuteMsg::AdvanceEpoch { epoch: None, limit })
    }

    /// Takes the begun transition to its end in steps of `limit`. Returns the number of steps.
    #[track_caller]
    pub fn finish(&mut self, limit: Option<u32>) -> u32 {
        let epoch = self.epoch();
        let mut steps = 0;
        while self.epoch() == epoch {
            self.advance(limit).unwrap();
            steps += 1;
            assert!(steps < 10_000, "a transition ends");
        }
        steps
    }

    /// Ends the current epoch without reports and makes the next one current.
    #[track_caller]
    pub fn turn(&mut self) {
        self.end_epoch();
        self.advance_seconds(300);
        self.begin().unwrap();
        self.finish(None);
    }

    /// The same after all monitors reported these percentages.
    #[track_caller]
    pub fn turn_with(&mut self, monitors: usize, scores: &[(NodeId, u64)]) {
        self.end_epoch();
        for monitor in 0..monitors {
            self.report(monitor, scores).unwrap();
        }
        self.begin().unwrap();
        self.finish(None);
    }

    pub fn rewarded_set(&self) -> Vec<RewardedNode> {
        let msg = QueryMsg::GetRewardedSet { epoch: None, limit: Some(1_000), start_after: None };
        self.query::<RewardedSetResponse>(msg).nodes
    }

    // stakes

    pub fn delegate(&mut self, who: &Addr, mix_id: NodeId, amount: u128) -> Result<Response, ContractError> {
        self.execute(who, ExecuteMsg::DelegateToMixnode { mix_id }, &coins(amount, DENOM))
    }

    pub fn undelegate(&mut self, who: &Addr, mix_id: NodeId) -> Result<Response, ContractError> {
        self.send(who, ExecuteMsg::UndelegateFromMixnode { mix_id })
    }

    pub fn unbond(&mut self, who: &Addr) -> Result<Response, ContractError> {
        self.send(who, ExecuteMsg::UnbondMixnode {})
    }
}

/// The one event of a response, with its attributes.
#[track_caller]
pub fn event(response: &Response) -> &Event {
    assert_eq!(response.events.len(), 1, "one event to a message");
    response.events.first().unwrap()
}

/// An attribute of a response's event.
#[track_caller]
pub fn attribute<'a>(response: &'a Response, key: &str) -> &'a str {
    let found = event(response).attributes.iter().find(|attribute| attribute.key == key);
    found.unwrap_or_else(|| panic!("no attribute {key} in {response:?}")).value.as_str()
}

/// Asserts which refusal it is, by the shape of the error.
#[macro_export]
macro_rules! assert_refused {
    ($result:expr, $pattern:pat $(if $guard:expr)?) => {
        match $result {
            Err($pattern) $(if $guard)? => {}
            Err(other) => panic!("refused for another reason: {other}"),
            Ok(_) => panic!("was accepted"),
        }
    };
}
