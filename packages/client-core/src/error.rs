//! Why a client could not start, or could not do what it was asked.

use crate::outbox::OutboxFull;
use crate::store::StoreError;
use crate::{MessageId, SenderTag};
use nym_keys::identity;
use thiserror::Error;

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// The message is too large.
    #[error("message has {size} bytes but at most {limit} can be sent; split it")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// The most that can be sent.
        limit: usize,
    },
    /// Too much waits to be sent already.
    #[error("the send queue is full: {0}")]
    Full(#[from] OutboxFull),
    /// The recipient's gateway is not part of the network now.
    #[error("the recipient's gateway {0} is not in the current topology")]
    UnknownGateway(identity::PublicKey),
    /// Nobody of that tag has left reply blocks, or they were forgotten.
    #[error("no sender with tag {0} is known, or its reply blocks are all used or expired")]
    UnknownTag(SenderTag),
    /// Reply blocks need a topology.
    #[error("no usable topology is known yet, so no reply blocks can be made; try again when the client is connected")]
    NoTopology,
}

/// What can go wrong with a client.
#[derive(Debug, Error)]
pub enum ClientError {
    /// A message was not accepted.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key file cannot be used.
    #[error(transparent)]
    Keys(#[from] nym_keys::files::KeyFileError),
    /// No gateway was named and none can be chosen.
    #[error("no gateway could be chosen: {0}")]
    NoGateway(String),
    /// No received message of that id waits for a confirmation.
    #[error("no received message {0} waits to be confirmed")]
    UnknownMessage(MessageId),
    /// A newer session of the same client has begun.
    #[error("another session of this client has begun at the gateway, so this one has ended; run each client once")]
    SessionReplaced,
    /// The client has been shut down.
    #[error("the client has stopped")]
    Stopped,
    /// A thread could not be started.
    #[error("the client could not be started")]
    Io(#[from] std::io::Error),
}
