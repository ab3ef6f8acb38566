//! The text form of 32-byte keys in messages and state: base58.

/// Bytes of every key here: Ed25519 identities, X25519 Sphinx and link keys.
pub const KEY_LENGTH: usize = 32;

/// Longest base58 text of 32 bytes.
pub const MAX_KEY_TEXT: usize = 44;

/// Reads a base58 key; `None` unless it is the one text form of exactly 32 bytes.
pub fn parse(text: &str) -> Option<[u8; KEY_LENGTH]> {
    if text.len() > MAX_KEY_TEXT {
        return None;
    }
    let mut key = [0u8; KEY_LENGTH];
    match bs58::decode(text).onto(&mut key) {
        Ok(KEY_LENGTH) => Some(key),
        _ => None,
    }
}

/// The base58 text of a key.
pub fn to_text(key: &[u8; KEY_LENGTH]) -> String {
    bs58::encode(key).into_string()
}

#[cfg(test)]
mod tests {
    use super::{parse, to_text};

    #[test]
    fn only_exactly_thirty_two_bytes_parse() {
        for key in [[0u8; 32], [255; 32], [7; 32]] {
            assert_eq!(parse(&to_text(&key)), Some(key));
        }
        let short = bs58::encode([7u8; 31]).into_string();
        let long = bs58::encode([7u8; 33]).into_string();
        for wrong in ["", "0", "l", &short, &long, &"1".repeat(33), &"z".repeat(1_000)] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
