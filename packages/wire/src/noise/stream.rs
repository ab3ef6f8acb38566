//! Messages on a byte stream: u16 length ‖ message, cut out of whatever pieces TCP delivers.

use super::MAX_MESSAGE;

/// Bytes before each message.
pub const PREFIX: usize = 2;

/// Collects bytes and gives back whole messages.
///
/// Bounded: holds one incomplete message (at most [`MAX_MESSAGE`] and its prefix) plus what the caller pushed in
/// one go; callers read the socket in pieces of a fixed size and drain before they push again.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    buffer: Vec<u8>,
    /// Bytes at the front of the buffer that were already handed out.
    taken: usize,
}

impl StreamDecoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was read from the socket.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 && (self.taken == self.buffer.len() || self.taken >= MAX_MESSAGE) {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if it is there; in place, so that it can be decrypted where it stands.
    pub fn next_message(&mut self) -> Option<&mut [u8]> {
        let waiting = self.buffer.get(self.taken..)?;
        let prefix: [u8; PREFIX] = waiting.get(..PREFIX)?.try_into().ok()?;
        let length = usize::from(u16::from_be_bytes(prefix));
        if waiting.len() < PREFIX + length {
            return None;
        }
        let start = self.taken + PREFIX;
        self.taken = start + length;
        self.buffer.get_mut(start..start + length)
    }

    /// Bytes that wait for the rest of their message.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.taken
    }
}

/// Appends the prefix of a message whose bytes follow; returns where they start.
pub(crate) fn begin(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&[0; PREFIX]);
    out.len()
}

/// Writes the length of everything after `start` into the prefix before it.
pub(crate) fn end(out: &mut [u8], start: usize) {
    let length =
        u16::try_from(out.len() - start).expect("sealing refuses more than MAX_MESSAGE, and handshakes are shorter");
    out[start - PREFIX..start].copy_from_slice(&length.to_be_bytes());
}

/// A message with its prefix.
pub(crate) fn prefixed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(PREFIX + message.len());
    let start = begin(&mut out);
    out.extend_from_slice(message);
    end(&mut out, start);
    out
}
