//! One client's session: prove who it is, take its packets, give it what its inbox holds.
//!
//! Rows go out oldest first and only so many ahead of the client's confirmations; they are deleted when the
//! client says that they are on its own disk, never because a socket took them. What is not confirmed is there
//! again in the next session.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::{Sink, SinkExt as _, StreamExt as _};
use nym_links::Refused;
use nym_wire::noise::{HandshakeError, PERIOD_NONE};
use nym_wire::session::{
    Authenticated, ClientFrame, DeliveryKind, ErrorCode, GatewayFrame, GatewayReceiver, GatewaySender, GatewaySession,
    SessionError, SessionHello, Welcome, UNLIMITED,
};
use tokio::net::TcpStream;
use tokio::time::{timeout, Instant};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::WebSocketStream;

use super::limited::Limited;
use super::listener::ClientContext;
use super::registry::{Session, ACK_ID};
use crate::inbox::{InboxError, RowKind};

type Socket = WebSocketStream<Limited<TcpStream>>;

/// Acknowledgements that go out in one message.
const ACKS_AT_ONCE: usize = 16;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionEnd {
    #[error("no websocket: {0}")]
    NoHandshake(#[source] std::io::Error),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("too slow")]
    Slow,
    #[error("connection: {0}")]
    Socket(#[from] SocketError),
    #[error(transparent)]
    Malformed(#[from] SessionError),
    #[error("a message that is not binary")]
    NotBinary,
    #[error("an identity twice in one session")]
    Twice,
    #[error("no sign of life")]
    Silent,
    #[error("a newer session of the client began")]
    Replaced,
    #[error("the gateway takes no more clients")]
    Full,
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// A session of a client that has proven its identity.
pub(crate) struct OpenSession {
    socket: Socket,
    sender: GatewaySender,
    receiver: GatewayReceiver,
    session: Session,
    /// Rows after this one have not been sent yet.
    sent_up_to: u64,
    /// Sent and not confirmed. Bounded by `clients.unconfirmed_rows`.
    unconfirmed: BTreeSet<u64>,
    /// There may be rows that have not been sent.
    more_rows: bool,
    allowance: Allowance,
    /// The kind of refusal that the client was last told about, so that a flood of packets is not answered by one of errors.
    told: Option<ErrorCode>,
    last_heard: Instant,
}

/// How many packets a client may send: a bucket that refills with time and holds one second's worth.
struct Allowance {
    per_second: f64,
    packets: f64,
    at: Instant,
}

impl Allowance {
    fn new(per_second: u32) -> Self {
        Self { per_second: per_second.into(), packets: per_second.into(), at: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let now = Instant::now();
        let refill = now.duration_since(self.at).as_secs_f64() * self.per_second;
        (self.packets, self.at) = ((self.packets + refill).min(self.per_second), now);
        let enough = self.packets >= 1.0;
        if enough {
            self.packets -= 1.0;
        }
        enough
    }
}

/// Runs the handshake; the caller puts a deadline on it. Only an authenticated client reaches the inbox.
pub(crate) async fn authenticate(context: &Arc<ClientContext>, mut socket: Socket) -> Result<OpenSession, SessionEnd> {
    let hello = SessionHello::parse(&receive(&mut socket).await?)?;
    if hello.period != PERIOD_NONE {
        return Err(HandshakeError::UnknownPeriod(hello.period).into());
    }
    let (unauthenticated, response) = hello.respond(&context.network, &context.keys.link, &mut rand::thread_rng())?;
    socket.send(Message::binary(response)).await?;
    let own = context.keys.identity.public_key();
    let Authenticated { client, session } = unauthenticated.authenticate(&own, &mut receive(&mut socket).await?)?;
    let GatewaySession { mut sender, receiver } = session;

    // Admission is open: an identity becomes a client by proving itself.
    let client = client.to_bytes();
    if let Err(error) = context.inbox.register(client).await {
        let refusal = sender.seal([GatewayFrame::Error(ErrorCode::Full)])?;
        socket.send(Message::binary(refusal)).await?;
        return Err(match error {
            InboxError::TooManyClients(_) => SessionEnd::Full,
            error => error.into(),
        });
    }
    let config = &context.config;
    let limits = context.inbox.limits();
    let welcome = Welcome {
        packets_per_second: config.max_packets_per_second,
        unconfirmed_rows: u32::try_from(config.unconfirmed_rows).unwrap_or(u32::MAX),
        inbox_rows: limits.max_rows_per_client,
        inbox_bytes: limits.max_bytes_per_client,
        inbox_seconds: limits.ttl.as_secs(),
        balance: UNLIMITED,
    };
    let message = sender.seal([GatewayFrame::Welcome(welcome)])?;
    // Open before the client knows: what is for it from then on reaches it.
    let session = context.sessions.open(client);
    socket.send(Message::binary(message)).await?;
    Ok(OpenSession {
        socket,
        sender,
        receiver,
        session,
        sent_up_to: 0,
        unconfirmed: BTreeSet::new(),
        more_rows: true,
        allowance: Allowance::new(config.max_packets_per_second),
        told: None,
        last_heard: Instant::now(),
    })
}

/// The next binary message.
async fn receive(socket: &mut Socket) -> Result<Vec<u8>, SessionEnd> {
    loop {
        match socket.next().await.ok_or(SocketError::ConnectionClosed)?? {
            Message::Binary(bytes) => return Ok(bytes.into()),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return Err(SocketError::ConnectionClosed.into()),
            _ => return Err(SessionEnd::NotBinary),
        }
    }
}

enum Event {
    Message(Result<Vec<u8>, SessionEnd>),
    Rows,
    Ack([u8; ACK_ID]),
    Quiet,
    Replaced,
    Shutdown,
}

impl OpenSession {
    /// Serves the client until either side ends it.
    pub(crate) async fn run(mut self, context: &Arc<ClientContext>) -> Result<(), SessionEnd> {
        let end = self.serve(context).await;
        let Self { mut socket, session, .. } = self;
        drop(session);
        // A client that reads nothing is not waited for.
        let _ = timeout(std::time::Duration::from_secs(1), socket.close(None)).await;
        match end {
            Err(SessionEnd::Socket(SocketError::ConnectionClosed | SocketError::AlreadyClosed)) => Ok(()),
            end => end,
        }
    }

    async fn serve(&mut self, context: &Arc<ClientContext>) -> Result<(), SessionEnd> {
        loop {
            if self.more_rows && self.unconfirmed.len() < context.config.unconfirmed_rows {
                self.send_rows(context).await?;
            }
            match self.event(context).await {
                Event::Message(message) => {
                    self.last_heard = Instant::now();
                    self.message(context, &mut message?).await?;
                }
                Event::Rows => self.more_rows = true,
                Event::Ack(first) => self.send_acks(context, first).await?,
                Event::Quiet => {
                    if self.last_heard.elapsed() >= context.config.idle_timeout * 2 {
                        return Err(SessionEnd::Silent);
                    }
                    self.write(context, Message::Ping(Vec::new().into())).await?;
                }
                Event::Replaced => {
                    self.tell(context, ErrorCode::Replaced).await?;
                    return Err(SessionEnd::Replaced);
                }
                Event::Shutdown => return self.tell(context, ErrorCode::ShuttingDown).await,
            }
        }
    }

    /// Whatever happens next.
    async fn event(&mut self, context: &ClientContext) -> Event {
        // The next multiple of the timeout since the client was heard: at most one timeout from now.
        let quiet_since = self.last_heard.elapsed().as_nanos() / context.config.idle_timeout.as_nanos().max(1);
        let quiet_until =
            self.last_heard + context.config.idle_timeout * u32::try_from(quiet_since + 1).unwrap_or(u32::MAX);
        let Self { socket, session, last_heard, .. } = self;
        loop {
            let message = tokio::select! {
                () = session.replaced.cancelled() => return Event::Replaced,
                () = context.shutdown.requested() => return Event::Shutdown,
                Some(ack) = session.acks.recv() => return Event::Ack(ack),
                () = session.new_rows.notified() => return Event::Rows,
                message = socket.next() => message,
                () = tokio::time::sleep_until(quiet_until) => return Event::Quiet,
            };
            return Event::Message(match message {
                Some(Ok(Message::Binary(bytes))) => Ok(bytes.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    *last_heard = Instant::now();
                    continue;
                }
                Some(Ok(Message::Close(_))) | None => Err(SocketError::ConnectionClosed.into()),
                Some(Ok(_)) => Err(SessionEnd::NotBinary),
                Some(Err(error)) => Err(error.into()),
            });
        }
    }

    async fn message(&mut self, context: &Arc<ClientContext>, message: &mut [u8]) -> Result<(), SessionEnd> {
        let mut refusal = None;
        let mut pong = None;
        for frame in self.receiver.open(message)? {
            match frame {
                ClientFrame::Send { first_hop, packet } => {
                    match pass_on(context, &mut self.allowance, first_hop, packet) {
                        Ok(()) => context.stats.from_clients.increment(),
                        Err(code) => {
                            context.stats.refused_from_clients.increment();
                            refusal = Some(code);
                        }
                    }
                }
                ClientFrame::Confirm(rows) => {
                    // Only what was sent in this session; anything else is not the client's to name.
                    let rows: Vec<u64> = rows.iter().filter(|row| self.unconfirmed.remove(row)).collect();
                    if !rows.is_empty() && !context.inbox.confirm(&self.session.client, rows) {
                        // They stay on disk and come again in the next session.
                        tracing::debug!("a confirmation was not taken: the inbox is behind");
                    }
                }
                ClientFrame::Ping(number) => pong = Some(number),
                ClientFrame::Authenticate(_) => return Err(SessionEnd::Twice),
            }
        }
        if let Some(number) = pong {
            let message = self.sender.seal([GatewayFrame::Pong(number)])?;
            self.write(context, Message::binary(message)).await?;
        }
        match refusal {
            Some(code) if self.told != Some(code) => {
                self.told = Some(code);
                self.tell(context, code).await
            }
            Some(_) => Ok(()),
            None => {
                self.told = None;
                Ok(())
            }
        }
    }

    /// Sends the next rows, as many as fit one message and the window.
    async fn send_rows(&mut self, context: &Arc<ClientContext>) -> Result<(), SessionEnd> {
        let room = context.config.unconfirmed_rows - self.unconfirmed.len();
        let limit = room.min(GatewaySender::FRAMES);
        let rows = context.inbox.read(&self.session.client, self.sent_up_to, limit).await?;
        self.more_rows = rows.len() == limit;
        if rows.is_empty() {
            return Ok(());
        }
        let deliveries = rows.iter().map(|row| GatewayFrame::Delivered {
            row: row.id,
            kind: match row.kind {
                RowKind::Message => DeliveryKind::Message,
                RowKind::Reply => DeliveryKind::Reply,
            },
            content: &row.bytes,
        });
        let message = self.sender.seal(deliveries)?;
        for row in &rows {
            self.unconfirmed.insert(row.id);
            self.sent_up_to = self.sent_up_to.max(row.id);
        }
        self.write(context, Message::binary(message)).await?;
        context.stats.delivered.add(rows.len() as u64);
        Ok(())
    }

    /// Sends an acknowledgement and those that wait behind it.
    async fn send_acks(&mut self, context: &Arc<ClientContext>, first: [u8; ACK_ID]) -> Result<(), SessionEnd> {
        let mut acks = vec![first];
        while acks.len() < ACKS_AT_ONCE {
            match self.session.acks.try_recv() {
                Ok(ack) => acks.push(ack),
                Err(_) => break,
            }
        }
        let deliveries =
            acks.iter().map(|ack| GatewayFrame::Delivered { row: 0, kind: DeliveryKind::Ack, content: ack });
        let message = self.sender.seal(deliveries)?;
        self.write(context, Message::binary(message)).await?;
        context.stats.acks_delivered.add(acks.len() as u64);
        Ok(())
    }

    async fn tell(&mut self, context: &Arc<ClientContext>, code: ErrorCode) -> Result<(), SessionEnd> {
        let message = self.sender.seal([GatewayFrame::Error(code)])?;
        self.write(context, Message::binary(message)).await
    }

    async fn write(&mut self, context: &Arc<ClientContext>, message: Message) -> Result<(), SessionEnd> {
        write(&mut self.socket, context, message).await
    }
}

async fn write(
    socket: &mut (impl Sink<Message, Error = SocketError> + Unpin),
    context: &ClientContext,
    message: Message,
) -> Result<(), SessionEnd> {
    timeout(context.config.write_timeout, socket.send(message)).await.map_err(|_| SessionEnd::Slow)??;
    Ok(())
}

/// Queues a client's packet for its first hop.
fn pass_on(
    context: &ClientContext,
    allowance: &mut Allowance,
    first_hop: &[u8; 32],
    packet: &[u8],
) -> Result<(), ErrorCode> {
    if !allowance.take() {
        return Err(ErrorCode::TooFast);
    }
    context.directory.routing().may_start(first_hop).map_err(|_| ErrorCode::BadFirstHop)?;
    context.egress.send(first_hop, packet.to_vec()).map_err(|refused| match refused {
        Refused::Full => ErrorCode::Busy,
        Refused::Unknown => ErrorCode::BadFirstHop,
    })
}
