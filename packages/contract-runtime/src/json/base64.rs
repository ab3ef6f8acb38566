//! Bytes as text: base64 of RFC 4648 with the standard alphabet. Written with padding; read with or without, as cosmwasm does.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the text of bytes.
pub fn encode(bytes: &[u8], text: &mut Vec<u8>) {
    for part in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, index| group << 8 | u32::from(part.get(index).copied().unwrap_or_default()));
        for index in 0..4 {
            let symbol = ALPHABET.get((group >> (18 - 6 * index) & 63) as usize).copied();
            text.push(if index > part.len() { b'=' } else { symbol.unwrap_or_default() });
        }
    }
}

/// The bytes of a text; `None` if it is not the text of any.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let groups = text.len().div_ceil(4);
    for (number, part) in text.chunks(4).enumerate() {
        // Only the last group may be padded.
        let padded = part.iter().position(|symbol| *symbol == b'=').unwrap_or(part.len());
        let (symbols, padding) = part.split_at(padded);
        if symbols.len() < 2 || padding.iter().any(|symbol| *symbol != b'=') || padded < 4 && number + 1 < groups {
            return None;
        }
        let mut group = 0;
        for symbol in symbols {
            group = group << 6 | value(*symbol)?;
        }
        let group = group << (6 * (4 - symbols.len()));
        let count = symbols.len() - 1;
        // Bits that belong to no byte are zero: a value has one text.
        if group << (8 * count) & 0x00ff_ffff != 0 {
            return None;
        }
        bytes.extend(group.to_be_bytes().iter().skip(1).take(count));
    }
    Some(bytes)
}

fn value(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
