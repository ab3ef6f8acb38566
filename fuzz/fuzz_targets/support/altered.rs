//! An honest message with a change that the fuzzer describes.

/// First byte: what to do. Then where, and with which bytes.
pub fn altered(honest: &[u8], change: &[u8]) -> Vec<u8> {
    let Some((how, rest)) = change.split_first() else { return honest.to_vec() };
    match how % 4 {
        // Other bytes altogether.
        0 => rest.to_vec(),
        // Flipped bits from a place on.
        1 => {
            let mut message = honest.to_vec();
            let Some((at, bits)) = place(rest, honest.len()) else { return message };
            message.iter_mut().skip(at).zip(bits).for_each(|(byte, bits)| *byte ^= bits);
            message
        }
        // Cut off.
        2 => honest[..place(rest, honest.len()).map_or(0, |(at, _)| at)].to_vec(),
        // Bytes after the end.
        _ => [honest, rest].concat(),
    }
}

fn place(bytes: &[u8], length: usize) -> Option<(usize, &[u8])> {
    let (at, rest) = bytes.split_first_chunk::<2>()?;
    Some((usize::from(u16::from_be_bytes(*at)) % length.max(1), rest))
}
