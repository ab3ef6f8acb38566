//! HTTP listeners that hold out against whoever opens connections and says nothing.
//!
//! A listener has a [`Seat`] for each connection, in total and from one source; what comes beyond is closed unanswered. A
//! request's header has to be there in time, the first one and each that follows on the same connection, so that an idle
//! connection gives its seat back. A connection that has become a websocket keeps its seat until it ends.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::seats::{Seat, Seats};

/// Pause after the system refused to accept, for example because no file descriptor is free.
const REFUSED: Duration = Duration::from_millis(100);

/// What a listener lets others hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Open connections.
    pub connections: usize,
    /// Of these from one IPv4 address or IPv6 /64.
    pub connections_per_source: usize,
    /// A request's header is complete within this, or the connection ends.
    pub header_timeout: Duration,
    /// Largest header of a request, bytes; at least 8 KiB.
    pub header_bytes: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_per_source: 256,
            header_timeout: Duration::from_secs(10),
            header_bytes: 16 << 10,
        }
    }
}

/// Serves HTTP/1.1 until it is dropped, which ends every connection but websockets. Handlers may ask for
/// `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, limits: HttpLimits) {
    let seats = Seats::new(limits.connections, limits.connections_per_source);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REFUSED).await;
                continue;
            }
        };
        let Some(seat) = seats.take(peer.ip()) else { continue };
        // Small answers must not wait for a full segment.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone().layer(Extension(ConnectInfo::<SocketAddr>(peer))));
        let stream = Seated { stream, _seat: seat };
        connections.spawn(async move {
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.header_timeout)
                .max_buf_size(limits.header_bytes)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

/// A connection with its seat, which handlers take over whole when they make a websocket of it.
struct Seated {
    stream: TcpStream,
    _seat: Seat,
}

impl AsyncRead for Seated {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Seated {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn listen(limits: HttpLimits) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
        let router = Router::new().route("/", get(peer));
        (address, tokio::spawn(serve(listener, router, limits)))
    }

    async fn ask(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4_096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
        String::from_utf8(answer[..read].to_vec()).unwrap()
    }

    async fn is_closed(stream: &mut TcpStream) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.is_ok()
    }

    #[tokio::test]
    async fn half_a_header_is_waited_for_only_so_long() {
        let limits = HttpLimits { header_timeout: Duration::from_secs(1), ..HttpLimits::default() };
        let (address, server) = listen(limits).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        let mut silent = TcpStream::connect(address).await.unwrap();

        assert!(is_closed(&mut slow).await, "half a header");
        assert!(is_closed(&mut silent).await, "nothing at all");
        assert!(ask(&mut TcpStream::connect(address).await.unwrap()).await.ends_with("127.0.0.1"));
        server.abort();
    }

    #[tokio::test]
    async fn a_connection_beyond_the_seats_is_closed_and_those_within_are_served() {
        let limits = HttpLimits { connections: 3, connections_per_source: 2, ..HttpLimits::default() };
        let (address, server) = listen(limits).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut first).await.starts_with("HTTP/1.1 200"));
        assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));

        let mut third = TcpStream::connect(address).await.unwrap();
        assert!(is_closed(&mut third).await, "a third from one address");
        assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));
        drop(first);
        let mut answered = false;
        let since = tokio::time::Instant::now();
        while since.elapsed() < PATIENCE {
            let mut next = TcpStream::connect(address).await.unwrap();
            let sent = next.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
            answered = sent.is_ok() && next.read(&mut [0; 16]).await.is_ok_and(|read| read > 0);
            if answered {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(answered, "a seat that was left is free again");
        server.abort();
    }

    #[tokio::test]
    async fn a_header_that_is_too_long_ends_the_connection() {
        let (address, server) = listen(HttpLimits::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let header = format!("GET / HTTP/1.1\r\nhost: x\r\nfilling: {}\r\n\r\n", "x".repeat(64 << 10));
        let _ = stream.write_all(header.as_bytes()).await;

        let mut answer = [0; 12];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await.unwrap();
        assert!(read.is_err() || &answer != b"HTTP/1.1 200");
        server.abort();
    }

    #[tokio::test]
    async fn connections_end_with_the_listener() {
        let (address, server) = listen(HttpLimits::default()).await;
        let mut open = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"));

        server.abort();

        assert!(is_closed(&mut open).await);
    }
}
