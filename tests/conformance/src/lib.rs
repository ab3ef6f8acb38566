#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod chain;
pub mod clients;
pub mod compare;
pub mod devchain;
pub mod faults;
pub mod fixtures;
pub mod gas;
pub mod run;
pub mod scenarios;
pub mod shape;
pub mod transcript;
pub mod tx;
