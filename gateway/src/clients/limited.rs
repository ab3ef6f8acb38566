//! A stream that gives up after a number of bytes, for as long as the other side is nobody yet.

use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of HTTP that a client may send before its websocket is open.
pub(crate) const HEADER_BYTES: usize = 16 * 1_024;

/// Fails with `InvalidData` when more than a number of bytes were read, until the limit is lifted.
pub(crate) struct Limited<S> {
    stream: S,
    left: Option<usize>,
}

impl<S> Limited<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, left: Some(HEADER_BYTES) }
    }

    /// From here on the websocket's own limits hold.
    pub(crate) fn lift(&mut self) {
        self.left = None;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let count = buffer.filled().len() - before;
        if let Some(left) = &mut self.left {
            *left = left
                .checked_sub(count)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "headers of more than 16 KiB"))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncReadExt as _;

    use super::{Limited, HEADER_BYTES};

    #[tokio::test]
    async fn a_header_bomb_is_cut_at_the_limit() {
        let mut stream = Limited::new(tokio::io::repeat(b'a'));
        let mut bytes = vec![0; 4 * HEADER_BYTES];

        assert!(stream.read_exact(&mut bytes).await.is_err());
    }

    #[tokio::test]
    async fn a_lifted_limit_does_not_hold() {
        let mut stream = Limited::new(tokio::io::repeat(b'a'));
        stream.lift();
        let mut bytes = vec![0; 4 * HEADER_BYTES];

        stream.read_exact(&mut bytes).await.unwrap();
    }
}
