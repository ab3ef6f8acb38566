//! Listening for neighbours: accept, shake hands, read packets in batches, hand them to the engine.
//!
//! Connections are capped in total and per source network; a handshake has a deadline; who is in neither
//! the current nor the previous document, or may not send to us, gets no answer. A peer's newest link
//! replaces its older one. Bad bytes end that connection only and are counted.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use nym_daemon::{Seats, Sensitive};
use nym_keys::identity;
use nym_wire::link::{Hello, Link, LinkFrame, LinkResponder, CONFIRM_LENGTH, HELLO_LENGTH};
use nym_wire::noise::{HandshakeError, PERIOD_NONE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::engine::Inlet;
use crate::node::LinkContext;

/// One read takes what a neighbour wrote in one go and no more than a Noise message.
const READ_BUFFER: usize = 64 * 1024;

/// Who is connected, for replacing a peer's older link.
#[derive(Default)]
struct Connected {
    /// Bounded by the directory.
    by_peer: HashMap<identity::PublicKey, (u64, CancellationToken)>,
    next_id: u64,
}

/// The listening side of a node.
pub(crate) struct Listener {
    context: Arc<LinkContext>,
    inlet: Inlet,
    seats: Seats,
    connected: Mutex<Connected>,
}

#[derive(Debug, thiserror::Error)]
enum LinkEnd {
    #[error("connection: {0}")]
    Io(#[from] io::Error),
    #[error("no complete handshake in time")]
    Timeout,
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error(transparent)]
    Link(#[from] nym_wire::link::LinkError),
    #[error("the peer left the topology or opened a newer link")]
    Superseded,
}

impl Listener {
    pub(crate) fn new(context: Arc<LinkContext>, inlet: Inlet) -> Arc<Self> {
        let limits = &context.limits;
        let seats = Seats::new(limits.max_connections, limits.max_connections_per_ip);
        Arc::new(Self { context, inlet, seats, connected: Mutex::default() })
    }

    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => self.accepted(stream, from),
                Err(error) => {
                    // Out of file descriptors, most likely: those that are open go on; try again soon.
                    self.context.stats.accept_failures.increment();
                    tracing::debug!(%error, "could not accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn accepted(self: &Arc<Self>, stream: TcpStream, from: SocketAddr) {
        let Some(seat) = self.seats.take(from.ip()) else {
            self.context.stats.links_refused.increment();
            return;
        };
        let listener = Arc::clone(self);
        self.context.shutdown.spawn_until_shutdown("link-in", async move {
            let _seat = seat;
            if let Err(error) = listener.serve(stream).await {
                if matches!(error, LinkEnd::Handshake(_) | LinkEnd::Timeout) {
                    listener.context.stats.handshake_failures.increment();
                } else if matches!(error, LinkEnd::Link(_)) {
                    listener.context.stats.bad_links.increment();
                }
                tracing::debug!(from = %Sensitive(from), %error, "incoming link ended");
            }
        });
    }

    async fn serve(&self, mut stream: TcpStream) -> Result<(), LinkEnd> {
        stream.set_nodelay(true)?;
        let handshake = timeout(self.context.limits.handshake_timeout, self.shake_hands(&mut stream));
        let link = handshake.await.map_err(|_| LinkEnd::Timeout)??;

        let peer = link.peer.identity;
        let (id, superseded) = self.register(peer);
        self.context.stats.links_in.increment();
        let end = tokio::select! {
            end = self.read(link, stream) => end,
            () = superseded.cancelled() => Err(LinkEnd::Superseded),
        };
        self.context.stats.links_in.decrement();
        self.forget(peer, id);
        end
    }

    async fn shake_hands(&self, stream: &mut TcpStream) -> Result<Link, LinkEnd> {
        let context = &self.context;
        let mut hello = [0; HELLO_LENGTH];
        stream.read_exact(&mut hello).await?;
        let hello = Hello::parse(&hello)?;
        if hello.period != PERIOD_NONE {
            return Err(HandshakeError::UnknownPeriod(hello.period).into());
        }
        let own = context.keys.identity.public_key();
        let (unconfirmed, response) = LinkResponder::respond(
            &context.network,
            &own,
            &context.keys.link,
            &hello,
            |peer| context.directory.admits(&peer.identity, &peer.link_key, &own),
            &mut rand::thread_rng(),
        )?;
        stream.write_all(&response).await?;
        let mut confirmation = [0; CONFIRM_LENGTH];
        stream.read_exact(&mut confirmation).await?;
        Ok(unconfirmed.confirm(&confirmation)?)
    }

    /// Reads until the link ends. Packets of one read go to the engine together.
    async fn read(&self, link: Link, stream: TcpStream) -> Result<(), LinkEnd> {
        let Link { peer, mut sender, mut receiver } = link;
        let (mut reader, mut writer) = stream.into_split();
        let own = self.context.keys.identity.public_key();
        let mut topology = self.context.directory.changes();
        let mut buffer = vec![0; READ_BUFFER];
        let mut outlet = self.inlet.for_link(peer.identity);
        loop {
            let count = tokio::select! {
                count = reader.read(&mut buffer) => count?,
                changed = topology.changed() => {
                    if changed.is_err() || !self.context.directory.admits(&peer.identity, &peer.link_key, &own) {
                        return Err(LinkEnd::Superseded);
                    }
                    continue;
                }
            };
            if count == 0 {
                return Ok(());
            }
            receiver.push(buffer.get(..count).unwrap_or_default());
            let mut pong = None;
            while let Some(frames) = receiver.next_frames()? {
                for frame in frames {
                    match frame {
                        LinkFrame::Packet(packet) => outlet.push(packet),
                        LinkFrame::Ack(packet) => outlet.push(packet),
                        // Many pings in one read deserve one answer.
                        LinkFrame::Ping(number) => pong = Some(number),
                        LinkFrame::Padding(_) | LinkFrame::Pong(_) => {}
                    }
                }
            }
            outlet.flush();
            if let Some(number) = pong {
                let mut bytes = Vec::new();
                sender.seal([LinkFrame::Pong(number)], &mut bytes)?;
                timeout(self.context.limits.write_timeout, writer.write_all(&bytes))
                    .await
                    .map_err(|_| LinkEnd::Timeout)??;
            }
        }
    }

    fn register(&self, peer: identity::PublicKey) -> (u64, CancellationToken) {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        connected.next_id += 1;
        let id = connected.next_id;
        let token = CancellationToken::new();
        if let Some((_, older)) = connected.by_peer.insert(peer, (id, token.clone())) {
            older.cancel();
        }
        (id, token)
    }

    fn forget(&self, peer: identity::PublicKey, id: u64) {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        // A newer link of the same peer stays.
        if connected.by_peer.get(&peer).is_some_and(|(current, _)| *current == id) {
            connected.by_peer.remove(&peer);
        }
    }
}
