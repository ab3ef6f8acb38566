#![doc = include_str!("../README.md")]

pub mod bytes;
pub mod fragment;
pub mod ids;
pub mod link;
pub mod message;
pub mod noise;
pub mod payload;
pub mod reassembly;
pub mod session;
pub mod sizes;
