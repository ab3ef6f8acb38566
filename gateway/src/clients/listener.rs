//! Accepting clients: caps in total and per source, then a websocket within a deadline, then a session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use nym_daemon::{Seats, Sensitive, Shutdown};
use nym_links::{Directory, Egress, NodeKeys};
use nym_wire::noise::Network;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::limited::Limited;
use super::registry::Sessions;
use super::session::{self, SessionEnd};
use crate::config::ClientsConfig;
use crate::inbox::Inbox;
use crate::metrics::GatewayStats;

/// The largest frame that either side sends is a packet with its address and the encryption around it; a message
/// carries a few of them at most.
const MAX_MESSAGE: usize = 64 * 1_024 + 256;

/// What the tasks of the clients' side share.
pub(crate) struct ClientContext {
    pub(crate) keys: NodeKeys,
    pub(crate) network: Network,
    pub(crate) directory: Directory,
    pub(crate) egress: Egress,
    pub(crate) inbox: Inbox,
    pub(crate) sessions: Sessions,
    pub(crate) stats: GatewayStats,
    pub(crate) config: ClientsConfig,
    pub(crate) shutdown: Shutdown,
}

/// The listener for clients.
pub(crate) struct Listener {
    context: Arc<ClientContext>,
    seats: Seats,
}

impl Listener {
    /// Binds and starts; gives the bound address.
    pub(crate) async fn start(context: ClientContext) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(context.config.listen).await?;
        let address = listener.local_addr()?;
        let shutdown = context.shutdown.clone();
        let seats = Seats::new(context.config.max_connections, context.config.max_connections_per_ip);
        let accepting = Arc::new(Self { context: Arc::new(context), seats });
        shutdown.spawn_until_shutdown("client-listener", accepting.run(listener));
        Ok(address)
    }

    async fn run(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => self.accepted(stream, from),
                Err(error) => {
                    // Out of file descriptors, most likely: those that are open go on; try again soon.
                    tracing::debug!(%error, "could not accept a client");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn accepted(self: &Arc<Self>, stream: TcpStream, from: SocketAddr) {
        let Some(seat) = self.seats.take(from.ip()) else {
            self.context.stats.connections_refused.increment();
            return;
        };
        let context = Arc::clone(&self.context);
        self.context.shutdown.spawn("client", async move {
            let _seat = seat;
            if let Err(error) = serve(&context, stream).await {
                match error {
                    SessionEnd::NoHandshake(_) | SessionEnd::Handshake(_) | SessionEnd::Slow => {
                        context.stats.handshake_failures.increment();
                    }
                    SessionEnd::Malformed(_) => context.stats.bad_sessions.increment(),
                    _ => {}
                }
                tracing::debug!(from = %Sensitive(from), %error, "client gone");
            }
        });
    }
}

/// Buffers of a connection: the library's defaults would hold 128 KiB for each idle client.
fn websocket_config() -> WebSocketConfig {
    let mut config = WebSocketConfig::default();
    config.read_buffer_size = 4 * 1_024;
    config.write_buffer_size = 8 * 1_024;
    config.max_write_buffer_size = 256 * 1_024;
    config.max_message_size = Some(MAX_MESSAGE);
    config.max_frame_size = Some(MAX_MESSAGE);
    config
}

async fn serve(context: &Arc<ClientContext>, stream: TcpStream) -> Result<(), SessionEnd> {
    let opening = async {
        // A packet must not wait for the acknowledgement of the one before it.
        stream.set_nodelay(true).map_err(SessionEnd::NoHandshake)?;
        let accepted =
            tokio_tungstenite::accept_async_with_config(Limited::new(stream), Some(websocket_config())).await;
        let mut socket = accepted.map_err(|error| SessionEnd::NoHandshake(io::Error::other(error)))?;
        socket.get_mut().lift();
        session::authenticate(context, socket).await
    };
    let opening = timeout(context.config.handshake_timeout, opening);
    let session = tokio::select! {
        session = opening => session.map_err(|_| SessionEnd::Slow)??,
        () = context.shutdown.requested() => return Ok(()),
    };
    session.run(context).await
}
