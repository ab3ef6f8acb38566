#![doc = include_str!("../README.md")]

mod accounts;
mod chain;
mod contract;
mod folder;
#[cfg(feature = "in-process")]
mod in_process;
mod nodes;
mod options;
pub mod ping;
mod ports;
mod process;
mod state;
mod up;

pub use accounts::NamedAccount;
pub use anyhow::Error;
pub use folder::{logs, ForeignFolder};
#[cfg(feature = "in-process")]
pub use in_process::InProcess;
pub use options::{Chain, Options};
pub use ping::{ping, quiet_ping, PacketWay, PingReport, Stop};
pub use process::{Process, ProcessEnded};
pub use state::{down, ProcessRecord, State, TakenDown};
pub use up::Localnet;

/// Where progress is told: lines for people.
pub type Say<'a> = &'a (dyn Fn(&str) + Send + Sync);
