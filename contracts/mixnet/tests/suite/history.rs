//! What a network was told and accepted, for whoever goes through it once more beside a model.

use cosmwasm_std::{Addr, Coin, Uint128};
use nym_contract_types::mixnet::{ExecuteMsg, InstantiateMsg};
use nym_mixnet_contract::epochs::state::RewardedSet;

use super::Suite;

/// A network's past.
pub struct History {
    /// What it was told in its first block.
    pub told: InstantiateMsg,
    /// Time of that block, in seconds.
    pub time: u64,
    pub accepted: Vec<Accepted>,
}

/// A message that was accepted, and what came of it.
pub struct Accepted {
    pub sender: Addr,
    pub msg: ExecuteMsg,
    /// What was attached to it, and what its sender was paid.
    pub sent: u128,
    pub paid: u128,
    /// Time and height of its block.
    pub time: u64,
    pub height: u64,
    /// The current epoch's set after it.
    pub set: RewardedSet,
}

impl Accepted {
    pub fn now(net: &Suite, sender: &Addr, msg: ExecuteMsg, funds: &[Coin], paid: u128) -> Self {
        Self {
            sender: sender.clone(),
            msg,
            sent: funds.iter().map(|coin| Uint128::try_from(coin.amount).unwrap().u128()).sum(),
            paid,
            time: net.env.block.time.seconds(),
            height: net.env.block.height,
            set: RewardedSet::load(&net.store, net.epoch()).unwrap(),
        }
    }
}
