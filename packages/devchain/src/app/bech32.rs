//! Bech32 text, with the error texts of the SDK's library, which clients show to people.

/// The 32 letters of the encoding.
const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
/// Longest text, as the SDK allows.
const MAX: usize = 1023;

fn polymod(hrp: &[u8], values: &[u8], checksum: &[u8]) -> u32 {
    let high = hrp.iter().map(|b| b >> 5);
    let low = hrp.iter().map(|b| b & 31);
    let all = high.chain([0]).chain(low);
    let all = all.chain(values.iter().copied()).chain(checksum.iter().copied());
    all.fold(1u32, |sum, value| {
        let top = sum >> 25;
        let mut sum = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        for (i, generator) in GENERATOR.iter().enumerate() {
            if (top >> i) & 1 == 1 {
                sum ^= generator;
            }
        }
        sum
    })
}

fn checksum(hrp: &[u8], values: &[u8]) -> [u8; 6] {
    let sum = polymod(hrp, values, &[0; 6]) ^ 1;
    std::array::from_fn(|i| ((sum >> (5 * (5 - i))) & 31) as u8)
}

fn letters(values: &[u8]) -> String {
    let letter = |v: &u8| char::from(CHARSET[usize::from(v & 31)]);
    values.iter().map(letter).collect()
}

/// Regroups bits; the rest must be padding.
fn regroup(values: &[u8], from: u32, to: u32, pad: bool) -> Result<Vec<u8>, String> {
    let (mut buffer, mut bits, mut out) = (0u32, 0u32, Vec::new());
    for value in values {
        buffer = (buffer << from) | u32::from(*value);
        bits += from;
        while bits >= to {
            bits -= to;
            out.push(((buffer >> bits) & ((1 << to) - 1)) as u8);
        }
        buffer &= (1 << bits) - 1;
    }
    if pad && bits > 0 {
        out.push(((buffer << (to - bits)) & ((1 << to) - 1)) as u8);
    } else if !pad && (bits >= from || buffer != 0) {
        return Err("invalid incomplete group".to_owned());
    }
    Ok(out)
}

/// The text of `bytes` under the prefix `hrp`.
pub(crate) fn encode(hrp: &str, bytes: &[u8]) -> String {
    // Padding cannot fail.
    let values = regroup(bytes, 8, 5, true).unwrap_or_default();
    let sum = checksum(hrp.as_bytes(), &values);
    format!("{hrp}1{}{}", letters(&values), letters(&sum))
}

/// Prefix and bytes of a text.
pub(crate) fn decode(text: &str) -> Result<(String, Vec<u8>), String> {
    let length = text.len();
    if !(8..=MAX).contains(&length) {
        return Err(format!("invalid bech32 string length {length}"));
    }
    if let Some(odd) = text.bytes().find(|b| !(33..=126).contains(b)) {
        return Err(format!("invalid character in string: '{}'", char::from(odd)));
    }
    let lower = text.to_ascii_lowercase();
    if lower != text && text.to_ascii_uppercase() != text {
        return Err("string not all lowercase or all uppercase".to_owned());
    }
    let (hrp, data) = match lower.rfind('1') {
        Some(at) if at >= 1 && at + 7 <= length => {
            let (hrp, rest) = lower.split_at(at);
            (hrp, rest.trim_start_matches('1'))
        }
        Some(at) => return Err(format!("invalid separator index {at}")),
        None => return Err("invalid separator index -1".to_owned()),
    };
    let value = |b: u8| {
        let found = CHARSET.iter().position(|c| *c == b);
        found.map(|at| at as u8).ok_or_else(|| format!("invalid character not part of charset: {b}"))
    };
    let values: Vec<u8> = data.bytes().map(value).collect::<Result<_, _>>()?;
    let (values, given) = values.split_at(values.len().saturating_sub(6));
    let expected = checksum(hrp.as_bytes(), values);
    if given != expected {
        return Err(format!("invalid checksum (expected {} got {})", letters(&expected), letters(given)));
    }
    Ok((hrp.to_owned(), regroup(values, 5, 8, false)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(decode(&encode("n", &bytes)).unwrap(), ("n".to_owned(), bytes.clone()));
            prop_assert_eq!(decode(&encode("n", &bytes).to_uppercase()).unwrap().1, bytes);
        }

        #[test]
        fn a_changed_letter_is_noticed(bytes in proptest::collection::vec(any::<u8>(), 20), at in 0usize..38) {
            let text = encode("n", &bytes);
            let mut broken = text.clone().into_bytes();
            broken[2 + at] = if broken[2 + at] == b'q' { b'p' } else { b'q' };
            prop_assert!(decode(std::str::from_utf8(&broken).unwrap()).is_err());
        }

        #[test]
        fn nothing_panics(text in ".{0,80}") {
            let _ = decode(&text);
        }
    }

    #[test]
    fn errors_have_the_words_of_the_sdk() {
        for (text, error) in [
            ("n1x", "invalid bech32 string length 3"),
            ("not-an-address", "invalid separator index -1"),
            ("n1oooooooooo", "invalid character not part of charset: 111"),
            ("N1qqqqqqqqqq", "string not all lowercase or all uppercase"),
        ] {
            assert_eq!(decode(text).unwrap_err(), error, "{text}");
        }
    }
}
