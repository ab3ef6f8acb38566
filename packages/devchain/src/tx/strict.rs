//! Refuses protobuf fields that the SDK does not know, at every depth of a transaction.
//!
//! The generated decoders skip unknown fields; a signed transaction must not carry any,
//! because what a signer was shown would differ from what runs.

/// What is known of a field's value.
#[derive(Clone, Copy)]
enum Field {
    /// A number, text or bytes.
    Plain,
    /// A message with fields of its own.
    Nested(&'static Fields),
    /// An envelope whose type decides.
    Any,
}

/// The known fields of a message.
struct Fields {
    name: &'static str,
    known: &'static [(u64, Field)],
    /// Unknown fields with this bit may be skipped ("non-critical").
    lenient: bool,
}

use Field::{Any, Nested, Plain};

const fn message(name: &'static str, known: &'static [(u64, Field)]) -> Fields {
    Fields { name, known, lenient: false }
}

static RAW: Fields = message("*tx.TxRaw", &[(1, Plain), (2, Plain), (3, Plain)]);
static COIN: Fields = message("*types.Coin", &[(1, Plain), (2, Plain)]);
static TIMESTAMP: Fields = message("*types.Timestamp", &[(1, Plain), (2, Plain)]);
static BODY: Fields = Fields {
    name: "*tx.TxBody",
    known: &[(1, Any), (2, Plain), (3, Plain), (4, Plain), (5, Nested(&TIMESTAMP)), (1023, Any), (2047, Any)],
    lenient: true,
};
static BIT_ARRAY: Fields = message("*types.CompactBitArray", &[(1, Plain), (2, Plain)]);
static MULTI: Fields = message("*tx.ModeInfo_Multi", &[(1, Nested(&BIT_ARRAY)), (2, Nested(&MODE))]);
static SINGLE: Fields = message("*tx.ModeInfo_Single", &[(1, Plain)]);
static MODE: Fields = message("*tx.ModeInfo", &[(1, Nested(&SINGLE)), (2, Nested(&MULTI))]);
static SIGNER: Fields = message("*tx.SignerInfo", &[(1, Any), (2, Nested(&MODE)), (3, Plain)]);
static FEE: Fields = message("*tx.Fee", &[(1, Nested(&COIN)), (2, Plain), (3, Plain), (4, Plain)]);
static TIP: Fields = message("*tx.Tip", &[(1, Nested(&COIN)), (2, Plain)]);
static AUTH_INFO: Fields = message("*tx.AuthInfo", &[(1, Nested(&SIGNER)), (2, Nested(&FEE)), (3, Nested(&TIP))]);

static ACCESS: Fields = message("*types.AccessConfig", &[(1, Plain), (3, Plain)]);
static SIDE: Fields = message("*types.Input", &[(1, Plain), (2, Nested(&COIN))]);
const KEY: Fields = message("*secp256k1.PubKey", &[(1, Plain)]);

/// The contents of envelopes, by type.
static TYPES: &[(&str, Fields)] = &[
    ("/cosmos.bank.v1beta1.MsgSend", message("*types.MsgSend", &[(1, Plain), (2, Plain), (3, Nested(&COIN))])),
    ("/cosmos.bank.v1beta1.MsgMultiSend", message("*types.MsgMultiSend", &[(1, Nested(&SIDE)), (2, Nested(&SIDE))])),
    ("/cosmwasm.wasm.v1.MsgStoreCode", message("*types.MsgStoreCode", &[(1, Plain), (2, Plain), (5, Nested(&ACCESS))])),
    (
        "/cosmwasm.wasm.v1.MsgInstantiateContract",
        message(
            "*types.MsgInstantiateContract",
            &[(1, Plain), (2, Plain), (3, Plain), (4, Plain), (5, Plain), (6, Nested(&COIN))],
        ),
    ),
    (
        "/cosmwasm.wasm.v1.MsgInstantiateContract2",
        message(
            "*types.MsgInstantiateContract2",
            &[(1, Plain), (2, Plain), (3, Plain), (4, Plain), (5, Plain), (6, Nested(&COIN)), (7, Plain), (8, Plain)],
        ),
    ),
    (
        "/cosmwasm.wasm.v1.MsgExecuteContract",
        message("*types.MsgExecuteContract", &[(1, Plain), (2, Plain), (3, Plain), (5, Nested(&COIN))]),
    ),
    (
        "/cosmwasm.wasm.v1.MsgMigrateContract",
        message("*types.MsgMigrateContract", &[(1, Plain), (2, Plain), (3, Plain), (4, Plain)]),
    ),
    ("/cosmwasm.wasm.v1.MsgUpdateAdmin", message("*types.MsgUpdateAdmin", &[(1, Plain), (2, Plain), (3, Plain)])),
    ("/cosmwasm.wasm.v1.MsgClearAdmin", message("*types.MsgClearAdmin", &[(1, Plain), (3, Plain)])),
    (
        "/cosmwasm.wasm.v1.MsgUpdateContractLabel",
        message("*types.MsgUpdateContractLabel", &[(1, Plain), (2, Plain), (3, Plain)]),
    ),
    (
        "/cosmwasm.wasm.v1.MsgUpdateInstantiateConfig",
        message("*types.MsgUpdateInstantiateConfig", &[(1, Plain), (2, Plain), (3, Nested(&ACCESS))]),
    ),
    ("/cosmos.crypto.secp256k1.PubKey", KEY),
    ("/cosmos.crypto.ed25519.PubKey", KEY),
];

/// Messages inside messages; a transaction of this chain needs five.
const MAX_DEPTH: usize = 16;

/// Checks a `TxRaw`.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), String> {
    check(bytes, &RAW, 0)
}

/// Checks a `TxBody`.
pub(crate) fn body(bytes: &[u8]) -> Result<(), String> {
    check(bytes, &BODY, 0)
}

/// Checks an `AuthInfo`.
pub(crate) fn auth_info(bytes: &[u8]) -> Result<(), String> {
    check(bytes, &AUTH_INFO, 0)
}

fn check(mut bytes: &[u8], fields: &Fields, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("{} is nested too deeply", fields.name));
    }
    while !bytes.is_empty() {
        let (number, kind) = tag(&mut bytes).map_err(invalid_length)?;
        let value = take(&mut bytes, kind).map_err(invalid_length)?;
        match fields.known.iter().find(|(known, _)| *known == number) {
            None if fields.lenient && number & (1 << 10) != 0 => {}
            None => {
                return Err(unknown(fields.name, number, kind));
            }
            Some((_, Plain)) => {}
            Some((_, Nested(inner))) => check(value, inner, depth + 1)?,
            Some((_, Any)) => any(value, depth + 1)?,
        }
    }
    Ok(())
}

fn any(bytes: &[u8], depth: usize) -> Result<(), String> {
    let (mut rest, mut kind, mut value) = (bytes, "", &[][..]);
    while !rest.is_empty() {
        let (number, wire) = tag(&mut rest).map_err(invalid_length)?;
        let field = take(&mut rest, wire).map_err(invalid_length)?;
        match number {
            1 => kind = std::str::from_utf8(field).map_err(|e| e.to_string())?,
            2 => value = field,
            number => return Err(unknown("*types.Any", number, wire)),
        }
    }
    match TYPES.iter().find(|(name, _)| *name == kind) {
        Some((_, fields)) => check(value, fields, depth),
        None => Ok(()),
    }
}

/// Why bytes are no protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    Truncated,
    Overflow,
    FieldNumber,
    WireType,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Malformed::Truncated => "unexpected EOF",
            Malformed::Overflow => "proto: variable length integer overflow",
            Malformed::FieldNumber => "proto: invalid field number",
            Malformed::WireType => "proto: cannot parse reserved wire type",
        })
    }
}

fn invalid_length(_: Malformed) -> String {
    "invalid length".to_owned()
}

fn unknown(message: &str, number: u64, kind: u64) -> String {
    let kind = match kind {
        0 => "varint",
        1 => "fixed64",
        2 => "bytes",
        3 => "start_group",
        4 => "end_group",
        _ => "fixed32",
    };
    format!("errUnknownField \"{message}\": {{TagNum: {number}, WireType:\"{kind}\"}}")
}

/// Takes a field's number and wire type off the front.
pub(crate) fn tag(bytes: &mut &[u8]) -> Result<(u64, u64), Malformed> {
    let (tag, _) = varint(bytes)?;
    match tag >> 3 {
        0 | 0x2000_0000.. => Err(Malformed::FieldNumber),
        number => Ok((number, tag & 7)),
    }
}

/// Takes one value of the given wire type off the front.
fn take<'a>(bytes: &mut &'a [u8], kind: u64) -> Result<&'a [u8], Malformed> {
    let whole = *bytes;
    let length = match kind {
        0 => varint(bytes)?.1,
        1 => 8,
        2 => {
            let (length, _) = varint(bytes)?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let (value, rest) = bytes.split_at_checked(length).ok_or(Malformed::Truncated)?;
            *bytes = rest;
            return Ok(value);
        }
        5 => 4,
        _ => return Err(Malformed::WireType),
    };
    let (value, rest) = whole.split_at_checked(length).ok_or(Malformed::Truncated)?;
    *bytes = rest;
    Ok(value)
}

/// Takes a variable-length number off the front, with the bytes it took.
pub(crate) fn varint(bytes: &mut &[u8]) -> Result<(u64, usize), Malformed> {
    let mut number = 0u64;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        if i == 9 && *byte > 1 {
            return Err(Malformed::Overflow);
        }
        number |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            *bytes = &bytes[i + 1..];
            return Ok((number, i + 1));
        }
    }
    Err(if bytes.len() < 10 { Malformed::Truncated } else { Malformed::Overflow })
}

/// The least bytes that encode a number.
pub(crate) fn varint_length(number: u64) -> usize {
    (64 - number.max(1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(number, &mut bytes);
            let mut rest = bytes.as_slice();

            assert_eq!(varint(&mut rest).unwrap(), (number, bytes.len()));
            assert_eq!(varint_length(number), bytes.len());
            assert!(rest.is_empty());
        }
        assert!(varint(&mut [0x80u8; 10].as_slice()).is_err());
        assert!(varint(&mut [].as_slice()).is_err());
    }

    #[test]
    fn unknown_fields_are_refused_and_non_critical_ones_are_not() {
        let memo = [0x12, 1, b'x'];
        // field 6, length 0
        let critical = [memo.as_slice(), &[0x32, 0]].concat();
        // field 1024 + 6, length 0
        let lenient = [memo.as_slice(), &[0xb2, 0x40, 0]].concat();

        assert!(body(&memo).is_ok());
        assert!(body(&critical).is_err());
        assert!(body(&lenient).is_ok());
        assert!(auth_info(&[0x22, 0]).is_err());
    }
}
