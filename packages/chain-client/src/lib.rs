#![doc = include_str!("../README.md")]

mod account;
pub mod bonding;
mod client;
mod contract;
mod delivery;
mod endpoints;
mod error;
mod gas;
pub mod mixnet;
#[cfg(feature = "multi-test")]
pub mod multi_test;
mod node_keys;
mod outcome;
mod refusal;
mod rpc;
pub mod topology;
mod tx;
mod wallet;

pub use account::{Account, SendOptions, SignedTx};
pub use bonding::{BondingData, SignedBonding};
pub use client::{tx_hash, AccountState, BlockInfo, ChainClient, ChainConfig, CodeInfo, ContractInfo};
pub use contract::{pages, Agreeing, Contract, ContractAddress, ContractQuery, Page, SmartQuery};
pub use cosmwasm_std::Coin;
pub use error::{ChainError, ErrorKind};
pub use gas::{gas_limit, parse_coin, Fee, GasPrice, DEFAULT_GAS_ADJUSTMENT, MIN_GAS_ADJUSTMENT};
pub use mixnet::{MixnetMessages, MixnetQueries};
pub use node_keys::SignedKeys;
pub use outcome::{TxEvent, TxOutcome};
pub use refusal::Refusal;
pub use tx::{coins, instantiate2_address, Message, Tx};
pub use wallet::{check_address, normalised, parse_mnemonic, Wallet, DERIVATION_PATH};
