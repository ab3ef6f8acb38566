//! What the machine offers to the contract: storage, addresses, cryptography.
#![allow(unsafe_code)]

use cosmwasm_std::{
    Addr, Api, Binary, CanonicalAddr, ContractResult, HashFunction, Order, Querier, QuerierResult, Record,
    RecoverPubkeyError, StdError, StdResult, Storage, SystemError, SystemResult, VerificationError,
};

use crate::json::{from_slice, read_variant, Anything, Error, Parser, Read};
use crate::region::{take, Lent, Passed, Room};

/// Longest text that the machine takes for an address.
const MAX_ADDRESS: usize = 256;

// SAFETY: these are the machine's functions of these names. It reads what is lent to it and writes only into a `Room`, both during the call;
// it keeps nothing; and each region that it answers was made by `allocate` for this answer alone, or is null where there may be none.
// A box of a sized type is a pointer to it, as its documentation promises.
#[allow(improper_ctypes)]
unsafe extern "C" {
    safe fn abort(message: &Lent<'_>);
    safe fn db_read(key: &Lent<'_>) -> Option<Passed>;
    safe fn db_write(key: &Lent<'_>, value: &Lent<'_>);
    safe fn db_remove(key: &Lent<'_>);
    safe fn db_scan(start: Option<&Lent<'_>>, end: Option<&Lent<'_>>, order: i32) -> u32;
    safe fn db_next(iterator: u32) -> Passed;
    safe fn addr_validate(text: &Lent<'_>) -> Option<Passed>;
    safe fn query_chain(request: &Lent<'_>) -> Passed;
    safe fn ed25519_verify(message: &Lent<'_>, signature: &Lent<'_>, public_key: &Lent<'_>) -> u32;
    safe fn bls12_381_pairing_equality(ps: &Lent<'_>, qs: &Lent<'_>, r: &Lent<'_>, s: &Lent<'_>) -> u32;
    safe fn bls12_381_hash_to_g1(function: u32, message: &Lent<'_>, domain: &Lent<'_>, out: &mut Room<'_>) -> u32;
}

/// Ends the call with what a panic said.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        abort(&Lent::new(panic.to_string().as_bytes()));
    }));
}

/// Storage of the contract.
pub struct HostStorage;

impl Storage for HostStorage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        db_read(&Lent::new(key)).map(take)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        assert!(!value.is_empty(), "a record is never empty");
        db_write(&Lent::new(key), &Lent::new(value));
    }

    fn remove(&mut self, key: &[u8]) {
        db_remove(&Lent::new(key));
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        let (start, end) = (start.map(Lent::new), end.map(Lent::new));
        // The machine knows the iterator until the call of the contract ends.
        let iterator = db_scan(start.as_ref(), end.as_ref(), order as i32);
        Box::new(std::iter::from_fn(move || record(take(db_next(iterator)))))
    }
}

/// The record that the machine writes as key, its length, value, its length; an empty key ends the iteration.
fn record(mut bytes: Vec<u8>) -> Option<Record> {
    let value = cut(&mut bytes)?;
    let key = cut(&mut bytes)?;
    (!key.is_empty()).then_some((key, value))
}

/// Cuts the last part off.
fn cut(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (rest, length) = bytes.split_last_chunk::<4>()?;
    let start = rest.len().checked_sub(u32::from_be_bytes(*length) as usize)?;
    let part = rest.get(start..)?.to_vec();
    bytes.truncate(start);
    Some(part)
}

/// Functions of the machine. Those that none of our contracts uses answer with an error.
pub struct HostApi;

/// No hash function of this number.
const UNKNOWN: u32 = 0;

fn not_offered() -> VerificationError {
    VerificationError::unknown_err(UNKNOWN)
}

fn recovery_not_offered() -> RecoverPubkeyError {
    RecoverPubkeyError::unknown_err(UNKNOWN)
}

/// 0 is yes, 1 is no, anything else is an error.
fn verdict(code: u32) -> Result<bool, VerificationError> {
    match code {
        0 => Ok(true),
        1 => Ok(false),
        code => Err(VerificationError::unknown_err(code)),
    }
}

impl Api for HostApi {
    fn addr_validate(&self, human: &str) -> StdResult<Addr> {
        if human.len() > MAX_ADDRESS {
            return Err(StdError::msg("the text is too long for an address"));
        }
        if let Some(error) = addr_validate(&Lent::new(human.as_bytes())) {
            let error = String::from_utf8(take(error)).unwrap_or_default();
            return Err(StdError::msg(["not an address: ", &error].concat()));
        }
        Ok(Addr::unchecked(human))
    }

    fn addr_canonicalize(&self, _human: &str) -> StdResult<CanonicalAddr> {
        Err(StdError::msg("canonical addresses are not offered"))
    }

    fn addr_humanize(&self, _canonical: &CanonicalAddr) -> StdResult<Addr> {
        Err(StdError::msg("canonical addresses are not offered"))
    }

    fn secp256k1_verify(&self, _hash: &[u8], _signature: &[u8], _key: &[u8]) -> Result<bool, VerificationError> {
        Err(not_offered())
    }

    fn secp256k1_recover_pubkey(&self, _: &[u8], _: &[u8], _: u8) -> Result<Vec<u8>, RecoverPubkeyError> {
        Err(recovery_not_offered())
    }

    fn bls12_381_aggregate_g1(&self, _g1s: &[u8]) -> Result<[u8; 48], VerificationError> {
        Err(not_offered())
    }

    fn bls12_381_aggregate_g2(&self, _g2s: &[u8]) -> Result<[u8; 96], VerificationError> {
        Err(not_offered())
    }

    fn bls12_381_pairing_equality(&self, ps: &[u8], qs: &[u8], r: &[u8], s: &[u8]) -> Result<bool, VerificationError> {
        verdict(bls12_381_pairing_equality(&Lent::new(ps), &Lent::new(qs), &Lent::new(r), &Lent::new(s)))
    }

    fn bls12_381_hash_to_g1(
        &self,
        hash_function: HashFunction,
        msg: &[u8],
        dst: &[u8],
    ) -> Result<[u8; 48], VerificationError> {
        let mut point = [0; 48];
        let (message, domain) = (Lent::new(msg), Lent::new(dst));
        match bls12_381_hash_to_g1(hash_function as u32, &message, &domain, &mut Room::new(&mut point)) {
            0 => Ok(point),
            code => Err(VerificationError::unknown_err(code)),
        }
    }

    fn bls12_381_hash_to_g2(&self, _: HashFunction, _: &[u8], _: &[u8]) -> Result<[u8; 96], VerificationError> {
        Err(not_offered())
    }

    fn secp256r1_verify(&self, _hash: &[u8], _signature: &[u8], _key: &[u8]) -> Result<bool, VerificationError> {
        Err(not_offered())
    }

    fn secp256r1_recover_pubkey(&self, _: &[u8], _: &[u8], _: u8) -> Result<Vec<u8>, RecoverPubkeyError> {
        Err(recovery_not_offered())
    }

    fn ed25519_verify(&self, message: &[u8], signature: &[u8], public_key: &[u8]) -> Result<bool, VerificationError> {
        verdict(ed25519_verify(&Lent::new(message), &Lent::new(signature), &Lent::new(public_key)))
    }

    fn ed25519_batch_verify(&self, _: &[&[u8]], _: &[&[u8]], _: &[&[u8]]) -> Result<bool, VerificationError> {
        Err(not_offered())
    }

    fn debug(&self, _message: &str) {}
}

/// Questions to the chain.
pub struct HostQuerier;

/// An answer of the chain, in it that of whoever was asked: bytes or why there are none; or that nobody could be asked.
struct Reply(SystemResult<ContractResult<Binary>>);

impl Read for Reply {
    fn empty() -> Self {
        Self(SystemResult::Err(SystemError::Unknown {}))
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        let (outer, data) = read_variant(parser, "ok,error")?;
        if outer == 0 {
            let (inner, data) = read_variant(parser, "ok,error")?;
            let mut answer = Binary::empty();
            let mut error = String::new();
            if inner == 0 {
                answer.read(parser)?;
                self.0 = SystemResult::Ok(ContractResult::Ok(answer));
            } else {
                error.read(parser)?;
                self.0 = SystemResult::Ok(ContractResult::Err(error));
            }
            data.end(parser)?;
        } else {
            Anything.read(parser)?;
        }
        data.end(parser)
    }
}

impl Querier for HostQuerier {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        let answer = take(query_chain(&Lent::new(request)));
        from_slice(&answer).map_or(SystemResult::Err(SystemError::Unknown {}), |Reply(answer)| answer)
    }
}
