//! Binary frames: a type byte, then fields of fixed size, then content to the end. Big endian.

use super::frames::{BadFrame, ConnectionState, Reply, Request, RequestId};
use nym_client_core::{Failure, MessageId, SenderTag};
use nym_keys::ClientAddress;

/// Type bytes of requests.
pub mod request {
    /// Request number u32, recipient 96, reply blocks u16, content.
    pub const SEND: u8 = 1;
    /// Request number u32, sender tag 16, content.
    pub const REPLY: u8 = 2;
    /// Request number u32, id 16.
    pub const CONFIRM: u8 = 3;
}

/// Type bytes of what the client says.
pub mod reply {
    /// Request number u32, id 16.
    pub const ACCEPTED: u8 = 129;
    /// Request number u32, id 16.
    pub const CONFIRMED: u8 = 130;
    /// Id 16, received at u64, flags u8, sender tag 16 if flag 1, address 96 if flag 2, content.
    pub const RECEIVED: u8 = 131;
    /// Id 16.
    pub const DELIVERED: u8 = 132;
    /// Id 16, reason u8, text.
    pub const FAILED: u8 = 133;
    /// State u8, text.
    pub const CONNECTION: u8 = 134;
    /// Request number u32 (0 if there was none), code u8, text.
    pub const ERROR: u8 = 135;
}

/// A sender tag follows.
pub const HAS_TAG: u8 = 1;
/// The address of a replier follows.
pub const HAS_REPLIER: u8 = 2;

/// Reads a binary frame. The request number is given even when the rest is wrong, if it can be found.
pub fn read(frame: &[u8]) -> (RequestId, Result<Request, BadFrame>) {
    let Some((kind, rest)) = frame.split_first() else {
        return (RequestId::None, Err(BadFrame("an empty frame is no request".into())));
    };
    let Some((number, rest)) = rest.split_first_chunk::<4>() else {
        return (RequestId::None, Err(short("the request number")));
    };
    let request = match *kind {
        request::SEND => read_send(rest),
        request::REPLY => rest
            .split_first_chunk::<16>()
            .map(|(tag, data)| Request::Reply { sender_tag: SenderTag::from_bytes(*tag), data: data.to_vec() })
            .ok_or_else(|| short("the sender tag")),
        request::CONFIRM => <[u8; 16]>::try_from(rest)
            .map(|id| Request::Confirm { id: MessageId::from_bytes(id) })
            .map_err(|_| BadFrame(format!("a confirmation has {} bytes of id but needs exactly 16", rest.len()))),
        other => Err(BadFrame(format!("type {other} is no request; 1 sends, 2 replies, 3 confirms"))),
    };
    (RequestId::Number(u32::from_be_bytes(*number)), request)
}

fn read_send(rest: &[u8]) -> Result<Request, BadFrame> {
    let (recipient, rest) = rest.split_first_chunk::<96>().ok_or_else(|| short("the recipient"))?;
    let (surbs, data) = rest.split_first_chunk::<2>().ok_or_else(|| short("the number of reply blocks"))?;
    let recipient = ClientAddress::from_bytes(recipient)
        .map_err(|error| BadFrame(format!("the recipient is no address: {error}")))?;
    Ok(Request::Send { recipient, data: data.to_vec(), reply_surbs: u16::from_be_bytes(*surbs) })
}

fn short(field: &str) -> BadFrame {
    BadFrame(format!("the frame ends before {field}"))
}

/// Spells a frame of the client; `None` for those that have no binary form (they are sent as JSON).
pub fn write(id: &RequestId, reply: &Reply) -> Option<Vec<u8>> {
    let number = match id {
        RequestId::Number(number) => *number,
        RequestId::Text(_) | RequestId::None => 0,
    };
    let with_id = |kind: u8, id: &MessageId| {
        let mut frame = vec![kind];
        frame.extend_from_slice(&number.to_be_bytes());
        frame.extend_from_slice(&id.to_bytes());
        frame
    };
    Some(match reply {
        Reply::Accepted { id } => with_id(reply::ACCEPTED, id),
        Reply::Confirmed { id } => with_id(reply::CONFIRMED, id),
        Reply::Received(message) => {
            let mut frame = Vec::with_capacity(140 + message.bytes.len());
            frame.push(reply::RECEIVED);
            frame.extend_from_slice(&message.id.to_bytes());
            frame.extend_from_slice(&message.received_at.to_be_bytes());
            let tag = message.sender_tag.map(|tag| tag.to_bytes());
            let replier = message.reply_from.map(|address| address.to_bytes());
            frame.push(tag.map_or(0, |_| HAS_TAG) | replier.map_or(0, |_| HAS_REPLIER));
            frame.extend(tag.iter().flatten());
            frame.extend(replier.iter().flatten());
            frame.extend_from_slice(&message.bytes);
            frame
        }
        Reply::Delivered { id } => [&[reply::DELIVERED], id.to_bytes().as_slice()].concat(),
        Reply::Failed { id, reason } => {
            let code = match reason {
                Failure::NotAcknowledged(_) => 1,
                Failure::TooOld => 2,
                Failure::NoReplyBlocks => 3,
            };
            [&[reply::FAILED], id.to_bytes().as_slice(), &[code], reason.to_string().as_bytes()].concat()
        }
        Reply::Connection { state, message } => {
            let code = match state {
                ConnectionState::Connected => 1,
                ConnectionState::Disconnected => 2,
                ConnectionState::Replaced => 3,
            };
            [&[reply::CONNECTION, code], message.as_deref().unwrap_or_default().as_bytes()].concat()
        }
        Reply::Error { code, message } => {
            [&[reply::ERROR], number.to_be_bytes().as_slice(), &[*code as u8], message.as_bytes()].concat()
        }
        Reply::Ready { .. } | Reply::Status(_) => return None,
    })
}
