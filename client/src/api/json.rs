//! Text frames: one JSON object each, its `type` says what it is.

use super::frames::{
    BadFrame, ConnectionState, ErrorCode, Format, Reply, Request, RequestId, StatusView, MAX_REQUEST_ID, VERSION,
};
use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use nym_client_core::{Failure, MessageId, SenderTag, MAX_MESSAGE};
use nym_keys::{identity, ClientAddress};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Incoming {
    Authenticate {
        token: String,
        #[serde(default)]
        format: Format,
    },
    Send {
        request_id: Option<String>,
        recipient: ClientAddress,
        data: Option<String>,
        text: Option<String>,
        #[serde(default)]
        reply_surbs: u16,
    },
    Reply {
        request_id: Option<String>,
        sender_tag: SenderTag,
        data: Option<String>,
        text: Option<String>,
    },
    Confirm {
        request_id: Option<String>,
        id: MessageId,
    },
    Status {
        request_id: Option<String>,
    },
}

/// A frame of the client as it is spelled.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outgoing {
    /// See [`Reply::Ready`].
    Ready {
        /// Version of the interface.
        version: u32,
        /// The client's address.
        address: ClientAddress,
        /// The gateway part of it.
        gateway: identity::PublicKey,
        /// Largest message that is accepted.
        max_message_bytes: usize,
    },
    /// See [`Reply::Accepted`].
    Accepted {
        /// The application's name of the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// The message's id.
        id: MessageId,
    },
    /// See [`Reply::Confirmed`].
    Confirmed {
        /// The application's name of the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// The message's id.
        id: MessageId,
    },
    /// See [`Reply::Status`].
    Status {
        /// The application's name of the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// The rest.
        status: StatusView,
    },
    /// See [`Reply::Received`].
    Received {
        /// The message's id.
        id: MessageId,
        /// Its bytes in base64.
        data: String,
        /// The sender's tag, if it can be replied to.
        #[serde(skip_serializing_if = "Option::is_none")]
        sender_tag: Option<SenderTag>,
        /// Whose reply it is, if it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_from: Option<ClientAddress>,
        /// When it was complete, RFC 3339.
        received_at: String,
    },
    /// See [`Reply::Delivered`].
    Delivered {
        /// The message's id.
        id: MessageId,
    },
    /// See [`Reply::Failed`].
    Failed {
        /// The message's id.
        id: MessageId,
        /// For programs.
        reason: FailureCode,
        /// For people.
        message: String,
    },
    /// See [`Reply::Connection`].
    Connection {
        /// What it is now.
        state: ConnectionState,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// See [`Reply::Error`].
    Error {
        /// The application's name of the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// For programs.
        error_code: ErrorCode,
        /// For people.
        message: String,
    },
}

/// [`Failure`] as programs read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// [`Failure::NotAcknowledged`].
    NotAcknowledged,
    /// [`Failure::TooOld`].
    TooOld,
    /// [`Failure::NoReplyBlocks`].
    NoReplyBlocks,
}

impl From<Failure> for FailureCode {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotAcknowledged(_) => Self::NotAcknowledged,
            Failure::TooOld => Self::TooOld,
            Failure::NoReplyBlocks => Self::NoReplyBlocks,
        }
    }
}

/// Reads a text frame. The request id is given even when the rest is wrong, if it can be found.
pub fn read(text: &str) -> (RequestId, Result<Request, BadFrame>) {
    let incoming: Incoming = match serde_json::from_str(text) {
        Ok(incoming) => incoming,
        Err(error) => return (find_request_id(text), Err(BadFrame(error.to_string()))),
    };
    let (id, request) = match incoming {
        Incoming::Authenticate { token, format } => (None, Ok(Request::Authenticate { token, format })),
        Incoming::Send { request_id, recipient, data, text, reply_surbs } => {
            (request_id, content(data, text).map(|data| Request::Send { recipient, data, reply_surbs }))
        }
        Incoming::Reply { request_id, sender_tag, data, text } => {
            (request_id, content(data, text).map(|data| Request::Reply { sender_tag, data }))
        }
        Incoming::Confirm { request_id, id } => (request_id, Ok(Request::Confirm { id })),
        Incoming::Status { request_id } => (request_id, Ok(Request::Status)),
    };
    match id {
        Some(id) if id.len() > MAX_REQUEST_ID => {
            let rule = format!("request_id has {} bytes but at most {MAX_REQUEST_ID} are allowed", id.len());
            (RequestId::None, Err(BadFrame(rule)))
        }
        Some(id) => (RequestId::Text(id), request),
        None => (RequestId::None, request),
    }
}

fn content(data: Option<String>, text: Option<String>) -> Result<Vec<u8>, BadFrame> {
    match (data, text) {
        (Some(data), None) => {
            STANDARD.decode(data).map_err(|error| BadFrame(format!("data is not base64 with padding: {error}")))
        }
        (None, Some(text)) => Ok(text.into_bytes()),
        _ => Err(BadFrame("exactly one of data (base64) and text is required".into())),
    }
}

fn find_request_id(text: &str) -> RequestId {
    #[derive(Deserialize)]
    struct Named {
        request_id: Option<String>,
    }
    match serde_json::from_str::<Named>(text) {
        Ok(Named { request_id: Some(id) }) if id.len() <= MAX_REQUEST_ID => RequestId::Text(id),
        _ => RequestId::None,
    }
}

/// Spells a frame of the client.
pub fn write(request: &RequestId, reply: &Reply) -> String {
    let request_id = match request {
        RequestId::Text(text) => Some(text.clone()),
        RequestId::Number(number) => Some(number.to_string()),
        RequestId::None => None,
    };
    let outgoing = match reply.clone() {
        Reply::Ready { address } => {
            let gateway = address.gateway();
            Outgoing::Ready { version: VERSION, address, gateway, max_message_bytes: MAX_MESSAGE }
        }
        Reply::Accepted { id } => Outgoing::Accepted { request_id, id },
        Reply::Confirmed { id } => Outgoing::Confirmed { request_id, id },
        Reply::Status(status) => Outgoing::Status { request_id, status },
        Reply::Received(message) => Outgoing::Received {
            id: message.id,
            data: STANDARD.encode(&message.bytes),
            sender_tag: message.sender_tag,
            reply_from: message.reply_from,
            received_at: rfc3339(message.received_at),
        },
        Reply::Delivered { id } => Outgoing::Delivered { id },
        Reply::Failed { id, reason } => Outgoing::Failed { id, reason: reason.into(), message: reason.to_string() },
        Reply::Connection { state, message } => Outgoing::Connection { state, message },
        Reply::Error { code, message } => Outgoing::Error { request_id, error_code: code, message },
    };
    serde_json::to_string(&outgoing).expect("strings, numbers and lists of them always become JSON")
}

fn rfc3339(unix: u64) -> String {
    i64::try_from(unix)
        .ok()
        .and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}
