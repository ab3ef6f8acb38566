#![doc = include_str!("../README.md")]

mod client;
mod config;
mod driver;
pub mod engine;
mod error;
mod event;
pub mod gateway;
pub mod outbox;
pub mod routes;
pub mod schedule;
pub mod store;
pub mod surbs;
#[cfg(feature = "test-util")]
pub mod test_util;
pub mod topology;
mod trace;

pub use client::{Client, Deps, Inbox, Received, SendOptions};
pub use config::{ClientConfig, Limits, RateClass, INBOX_TIME, LONGEST_RETRANSMISSION};
pub use driver::Status;
pub use engine::ClientKeys;
pub use error::{ClientError, SendError};
pub use event::{Event, Failure};
pub use nym_wire::ids::{BadId, MessageId, SenderTag};
pub use nym_wire::message::MAX_MESSAGE;
pub use trace::{PacketTrace, TracedHop};
