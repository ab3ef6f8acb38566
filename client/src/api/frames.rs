//! What application and client say to each other, whatever the spelling.
//!
//! [`json`](super::json) and [`binary`](super::binary) read and write these; `docs/client-api.md` is
//! the reference that a client is written from.

use nym_client_core::{Failure, MessageId, Received, SenderTag};
use nym_keys::ClientAddress;

/// How an application names one of its requests: in JSON any short text, in binary a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestId {
    /// A text of the application, at most [`MAX_REQUEST_ID`] bytes.
    Text(String),
    /// A number of the application.
    Number(u32),
    /// The request had none.
    None,
}

/// Longest request id.
pub const MAX_REQUEST_ID: usize = 64;
/// Version of this interface.
pub const VERSION: u32 = 1;

/// The spelling of what the client says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Text frames.
    #[default]
    Json,
    /// Binary frames.
    Binary,
}

/// What an application asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Proves that it may.
    Authenticate {
        /// The content of the token file.
        token: String,
        /// How it wants to be told things.
        format: Format,
    },
    /// Send a message.
    Send {
        /// To whom.
        recipient: ClientAddress,
        /// What.
        data: Vec<u8>,
        /// Reply blocks to enclose.
        reply_surbs: u16,
    },
    /// Reply to a message.
    Reply {
        /// Its sender's tag.
        sender_tag: SenderTag,
        /// What.
        data: Vec<u8>,
    },
    /// A received message was taken over.
    Confirm {
        /// Which.
        id: MessageId,
    },
    /// How does the client stand?
    Status,
}

/// What the client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The application is let in.
    Ready {
        /// The client's address.
        address: ClientAddress,
    },
    /// A message is on disk and will be sent.
    Accepted {
        /// Its id.
        id: MessageId,
    },
    /// A received message is deleted.
    Confirmed {
        /// Its id.
        id: MessageId,
    },
    /// How the client stands.
    Status(StatusView),
    /// A message for the application.
    Received(Received),
    /// A message was delivered.
    Delivered {
        /// Its id.
        id: MessageId,
    },
    /// A message was given up.
    Failed {
        /// Its id.
        id: MessageId,
        /// Why.
        reason: Failure,
    },
    /// The session with the gateway began or ended.
    Connection {
        /// What it is now.
        state: ConnectionState,
        /// Why, if there is something to say.
        message: Option<String>,
    },
    /// A request was not carried out.
    Error {
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
    },
}

/// The session with the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// It is open.
    Connected,
    /// It is not; the client tries again by itself.
    Disconnected,
    /// Another process runs the same client; this one is out.
    Replaced,
}

/// Why a request was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ErrorCode {
    /// No token, or a wrong one.
    Unauthenticated = 1,
    /// The frame is not one of those described.
    BadRequest = 2,
    /// The message is larger than can be sent.
    TooLarge = 3,
    /// Too much waits to be sent.
    QueueFull = 4,
    /// The recipient's gateway is not in the network.
    UnknownGateway = 5,
    /// Nobody of that tag has left reply blocks.
    UnknownSender = 6,
    /// No received message of that id waits.
    UnknownMessage = 7,
    /// The client cannot do this before it knows the network.
    NotReady = 8,
    /// Another process runs the same client.
    Replaced = 9,
    /// The client itself is broken or stopping.
    Internal = 10,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::Unauthenticated,
        Self::BadRequest,
        Self::TooLarge,
        Self::QueueFull,
        Self::UnknownGateway,
        Self::UnknownSender,
        Self::UnknownMessage,
        Self::NotReady,
        Self::Replaced,
        Self::Internal,
    ];
}

/// How the client stands, as applications see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusView {
    /// The client's address.
    pub address: ClientAddress,
    /// Whether a session with the gateway is open.
    pub connected: bool,
    /// The epoch of the topology in use.
    pub epoch: Option<u32>,
    /// Bytes that the gateway will still forward, if it has said so.
    pub balance_bytes: Option<u64>,
    /// Messages accepted and not delivered.
    pub outgoing_messages: usize,
    /// Their bytes.
    pub outgoing_bytes: usize,
    /// Received messages that wait to be confirmed.
    pub received_messages: usize,
    /// Messages that have arrived in part.
    pub incomplete_messages: usize,
}

/// Why bytes or text are no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadFrame(pub String);
