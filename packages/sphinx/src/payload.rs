//! The innermost payload: sixteen zeroes, the plaintext, a one, zeroes to the end.
//!
//! Under a wide-block cipher the leading zeroes are the integrity check: a payload that was
//! changed anywhere decrypts to noise.

use std::ops::Range;

use crate::{
    sizes::{LEADING_ZEROES, PAYLOAD_OVERHEAD},
    BuildError,
};

/// Writes the innermost payload for `plaintext` over the whole of `payload`.
pub(crate) fn pad(payload: &mut [u8], plaintext: &[u8]) -> Result<(), BuildError> {
    let capacity = payload.len().saturating_sub(PAYLOAD_OVERHEAD);
    if plaintext.len() > capacity {
        return Err(BuildError::PlaintextTooLong { len: plaintext.len(), capacity });
    }

    let (zeroes, rest) = payload.split_at_mut(LEADING_ZEROES);
    let (text, padding) = rest.split_at_mut(plaintext.len());
    zeroes.fill(0);
    text.copy_from_slice(plaintext);
    padding.fill(0);
    if let Some(marker) = padding.first_mut() {
        *marker = 1;
    }

    Ok(())
}

/// Where in `payload` the plaintext lies: behind the zeroes, before the last byte that is one.
///
/// Bytes after the marker are not looked at, as in the reference implementation, so that both
/// accept the same payloads.
pub(crate) fn find_plaintext(payload: &[u8]) -> Option<Range<usize>> {
    let (zeroes, rest) = payload.split_at_checked(LEADING_ZEROES)?;
    if zeroes.iter().fold(0, |acc, byte| acc | byte) != 0 {
        return None;
    }
    let marker = rest.iter().rposition(|byte| *byte == 1)?;
    Some(LEADING_ZEROES..LEADING_ZEROES + marker)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use sphinx_packet::payload::Payload;

    use super::*;

    /// Payloads near the border: mostly zeroes and ones, with and without leading zeroes.
    fn payloads() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![4 => Just(0u8), 2 => Just(1u8), 1 => any::<u8>()];
        (prop::collection::vec(byte, 17..120), any::<bool>()).prop_map(|(mut bytes, zeroes)| {
            if zeroes {
                bytes[..LEADING_ZEROES].fill(0);
            }
            bytes
        })
    }

    proptest! {
        #[test]
        fn the_reference_accepts_the_same_payloads(payload in payloads()) {
            let theirs = Payload::from_bytes(&payload).unwrap().recover_plaintext().ok();
            let ours = find_plaintext(&payload).map(|range| payload[range].to_vec());
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn what_was_padded_is_found(text in prop::collection::vec(any::<u8>(), 0..80), spare in 0..40usize) {
            let mut payload = vec![0xee; text.len() + PAYLOAD_OVERHEAD + spare];
            pad(&mut payload, &text).unwrap();
            prop_assert_eq!(find_plaintext(&payload).map(|range| payload[range].to_vec()), Some(text));
        }
    }
}
