//! Frames inside a Noise message: type u8 ‖ length u16 ‖ bytes, any number to a message.

use super::MAX_PLAINTEXT;
use crate::bytes::{ParseError, Reader};

/// Type and length before each frame.
pub(crate) const HEADER: usize = 3;

/// Appends a frame. The caller's frame types bound their bodies below [`MAX_PLAINTEXT`].
pub(crate) fn put(out: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    debug_assert!(HEADER + length <= MAX_PLAINTEXT, "frame bodies are bounded by their types");
    out.push(kind);
    out.extend_from_slice(&u16::try_from(length).expect("frame bodies are bounded by their types").to_be_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Splits a plaintext into its frames; calls `each` with type and body of every one.
pub(crate) fn each<'a, E: From<ParseError>>(
    plaintext: &'a [u8],
    mut each: impl FnMut(u8, &'a [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader::new("frame", plaintext);
    while reader.left() > 0 {
        let kind = reader.u8()?;
        let length = reader.u16()?;
        let body = reader.take(usize::from(length))?;
        each(kind, body)?;
    }
    Ok(())
}
