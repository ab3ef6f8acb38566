//! One application: its requests, the messages it is offered, the events it is told.

use super::frames::{BadFrame, ConnectionState, ErrorCode, Format, Reply, Request, RequestId, StatusView};
use super::{binary, json, Shared};
use axum::extract::ws::{close_code, CloseFrame, Message, WebSocket};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use nym_client_core::{Client, ClientError, Event, Inbox, MessageId, Received, SendError, SendOptions};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How long an application may take to show its token.
const AUTHENTICATION: Duration = Duration::from_secs(5);
/// Requests of one connection that are worked on at once; then its next frames wait in the socket.
const REQUESTS: usize = 16;
/// Messages offered and not confirmed.
const WINDOW_MESSAGES: usize = 32;
/// Their bytes: three of the largest messages.
const WINDOW_BYTES: usize = 32 << 20;

type Answer = BoxFuture<'static, (Origin, Reply)>;

/// How a request came, which decides how it is answered.
struct Origin {
    id: RequestId,
    format: Format,
}

pub(super) struct Connection {
    shared: Shared,
    format: Format,
    inbox: Inbox,
    offered: HashMap<MessageId, usize>,
    offered_bytes: usize,
    answers: FuturesUnordered<Answer>,
}

/// The application is gone, or does not listen.
struct Gone;

impl Connection {
    pub(super) fn new(shared: Shared, format: Format) -> Self {
        let inbox = shared.client.receive();
        Self { shared, format, inbox, offered: HashMap::new(), offered_bytes: 0, answers: FuturesUnordered::new() }
    }

    pub(super) async fn serve(mut self, mut socket: WebSocket, let_in: bool) {
        if !let_in && !self.authenticate(&mut socket).await {
            return;
        }
        let reason = match self.converse(&mut socket).await {
            Ok(reason) => reason,
            Err(Gone) => return,
        };
        let frame = CloseFrame { code: close_code::AWAY, reason: reason.into() };
        let _ = tokio::time::timeout(AUTHENTICATION, socket.send(Message::Close(Some(frame)))).await;
    }

    async fn authenticate(&mut self, socket: &mut WebSocket) -> bool {
        let first = tokio::time::timeout(AUTHENTICATION, socket.recv()).await;
        if let Ok(Some(Ok(Message::Text(text)))) = &first {
            if let (_, Ok(Request::Authenticate { token, format })) = json::read(text) {
                if self.shared.guard.check(&token) {
                    self.format = format;
                    return true;
                }
            }
        }
        let message =
            "the first frame must be {\"type\":\"authenticate\"} with the content of the token file".to_owned();
        let reply = Reply::Error { code: ErrorCode::Unauthenticated, message };
        let _ = socket.send(Message::Text(json::write(&RequestId::None, &reply).into())).await;
        let frame = CloseFrame { code: close_code::POLICY, reason: "unauthenticated".into() };
        let _ = socket.send(Message::Close(Some(frame))).await;
        false
    }

    async fn converse(&mut self, socket: &mut WebSocket) -> Result<&'static str, Gone> {
        let mut events = self.shared.client.events();
        let mut confirmed = self.shared.confirmed.subscribe();
        let stop = self.shared.shutdown.token();
        self.tell(socket, Reply::Ready { address: self.shared.client.address() }).await?;
        self.tell(socket, connection_state(&self.shared.client)).await?;
        loop {
            let has_window = self.offered.len() < WINDOW_MESSAGES && self.offered_bytes < WINDOW_BYTES;
            let has_hands = self.answers.len() < REQUESTS;
            tokio::select! {
                () = stop.cancelled() => return Ok("the client stops"),
                frame = socket.recv(), if has_hands => match frame {
                    Some(Ok(frame)) => self.frame(socket, frame).await?,
                    _ => return Err(Gone),
                },
                Some((origin, reply)) = self.answers.next() => self.answer(socket, origin, reply).await?,
                event = events.recv() => match event {
                    Ok(event) => self.event(socket, event).await?,
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "an application is too slow for events"),
                    Err(RecvError::Closed) => return Ok("the client stops"),
                },
                id = confirmed.recv() => match id {
                    Ok(id) => self.forget(&id),
                    // Rather offer a little more than wait for ever.
                    Err(_) => (self.offered, self.offered_bytes) = (HashMap::new(), 0),
                },
                message = self.inbox.recv(), if has_window => match message {
                    Ok(message) => self.offer(socket, message).await?,
                    Err(_) => return Ok("the client stops"),
                },
            }
        }
    }

    async fn frame(&mut self, socket: &mut WebSocket, frame: Message) -> Result<(), Gone> {
        let (format, (id, request)) = match frame {
            Message::Text(text) => (Format::Json, json::read(&text)),
            Message::Binary(bytes) => (Format::Binary, binary::read(&bytes)),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Gone),
        };
        let origin = Origin { id, format };
        match request {
            Ok(request) => {
                self.answers.push(self.carry_out(origin, request));
                Ok(())
            }
            Err(BadFrame(message)) => {
                self.answer(socket, origin, Reply::Error { code: ErrorCode::BadRequest, message }).await
            }
        }
    }

    fn carry_out(&self, origin: Origin, request: Request) -> Answer {
        let client = self.shared.client.clone();
        let confirmed = self.shared.confirmed.clone();
        async move {
            let result = match request {
                Request::Authenticate { .. } => Ok(Reply::Ready { address: client.address() }),
                Request::Send { recipient, data, reply_surbs } => {
                    let options = SendOptions::with_reply_surbs(reply_surbs);
                    client.send(recipient, data, options).await.map(|id| Reply::Accepted { id })
                }
                Request::Reply { sender_tag, data } => {
                    client.reply(sender_tag, data).await.map(|id| Reply::Accepted { id })
                }
                Request::Confirm { id } => client.confirm(id).await.map(|()| {
                    let _ = confirmed.send(id);
                    Reply::Confirmed { id }
                }),
                Request::Status => Ok(Reply::Status(status(&client))),
            };
            (origin, result.unwrap_or_else(|error| refusal(&error)))
        }
        .boxed()
    }

    async fn offer(&mut self, socket: &mut WebSocket, message: Received) -> Result<(), Gone> {
        self.offered_bytes += message.bytes.len();
        self.offered.insert(message.id, message.bytes.len());
        self.tell(socket, Reply::Received(message)).await
    }

    fn forget(&mut self, id: &MessageId) {
        if let Some(size) = self.offered.remove(id) {
            self.offered_bytes -= size;
        }
    }

    async fn event(&mut self, socket: &mut WebSocket, event: Event) -> Result<(), Gone> {
        // A message is accepted before it is delivered, and told in that order. Unconstrained: once the task's budget is
        // spent, an answer that is there would not be found.
        while let Some((origin, reply)) = tokio::task::unconstrained(self.answers.next()).now_or_never().flatten() {
            self.answer(socket, origin, reply).await?;
        }
        let connection = |state, message| Reply::Connection { state, message };
        let reply = match event {
            Event::Delivered(id) => Reply::Delivered { id },
            Event::Failed(id, reason) => Reply::Failed { id, reason },
            Event::Connected => connection(ConnectionState::Connected, None),
            Event::Disconnected(reason) | Event::NoTopology(reason) => {
                connection(ConnectionState::Disconnected, Some(reason))
            }
            Event::SessionReplaced => {
                connection(ConnectionState::Replaced, Some(ClientError::SessionReplaced.to_string()))
            }
            Event::Balance(_) | Event::Topology(_) | Event::LoopsLost { .. } => return Ok(()),
        };
        self.tell(socket, reply).await
    }

    /// Says something nobody asked for, in the connection's own spelling.
    async fn tell(&mut self, socket: &mut WebSocket, reply: Reply) -> Result<(), Gone> {
        let origin = Origin { id: RequestId::None, format: self.format };
        self.answer(socket, origin, reply).await
    }

    async fn answer(&mut self, socket: &mut WebSocket, origin: Origin, reply: Reply) -> Result<(), Gone> {
        let binary = match origin.format {
            Format::Binary => binary::write(&origin.id, &reply),
            Format::Json => None,
        };
        let frame = match binary {
            Some(bytes) => Message::Binary(bytes.into()),
            None => Message::Text(json::write(&origin.id, &reply).into()),
        };
        socket.send(frame).await.map_err(|_| Gone)
    }
}

fn connection_state(client: &Client) -> Reply {
    let status = client.status();
    let state = match (status.replaced, status.connected) {
        (true, _) => ConnectionState::Replaced,
        (false, true) => ConnectionState::Connected,
        (false, false) => ConnectionState::Disconnected,
    };
    Reply::Connection { state, message: None }
}

fn status(client: &Client) -> StatusView {
    let status = client.status();
    StatusView {
        address: client.address(),
        connected: status.connected,
        epoch: status.epoch,
        balance_bytes: status.balance,
        outgoing_messages: status.load.outgoing_messages,
        outgoing_bytes: status.load.outgoing_bytes,
        received_messages: status.load.received_messages,
        incomplete_messages: status.load.incomplete_messages,
    }
}

fn refusal(error: &ClientError) -> Reply {
    let code = match error {
        ClientError::Send(SendError::TooLarge { .. }) => ErrorCode::TooLarge,
        ClientError::Send(SendError::Full(_)) => ErrorCode::QueueFull,
        ClientError::Send(SendError::UnknownGateway(_)) => ErrorCode::UnknownGateway,
        ClientError::Send(SendError::UnknownTag(_)) => ErrorCode::UnknownSender,
        ClientError::Send(SendError::NoTopology) | ClientError::NoGateway(_) => ErrorCode::NotReady,
        ClientError::UnknownMessage(_) => ErrorCode::UnknownMessage,
        ClientError::SessionReplaced => ErrorCode::Replaced,
        ClientError::Store(_) | ClientError::Keys(_) | ClientError::Stopped | ClientError::Io(_) => ErrorCode::Internal,
    };
    Reply::Error { code, message: error.to_string() }
}
