//! What the machine offers to the contract: storage, addresses, cryptography.
#![allow(unsafe_code)]

use cosmwasm_std::{
    Addr, Api, Binary, CanonicalAddr, ContractResult, HashFunction, Order, Querier, QuerierResult, Record,
    RecoverPubkeyError, StdError, StdResult, Storage, SystemError, SystemResult, VerificationError,
};

use crate::json::{from_slice, read_variant, Anything, Error, Parser, Read};
use crate::region::{take, Region};

/// Longest text that the machine takes for an address.
const MAX_ADDRESS: usize = 256;

extern "C" {
    fn abort(message: u32);
    fn db_read(key: u32) -> u32;
    fn db_write(key: u32, value: u32);
    fn db_remove(key: u32);
    fn db_scan(start: u32, end: u32, order: i32) -> u32;
    fn db_next(iterator: u32) -> u32;
    fn addr_validate(text: u32) -> u32;
    fn query_chain(request: u32) -> u32;
    fn ed25519_verify(message: u32, signature: u32, public_key: u32) -> u32;
    fn bls12_381_pairing_equality(ps: u32, qs: u32, r: u32, s: u32) -> u32;
    fn bls12_381_hash_to_g1(function: u32, message: u32, domain: u32, out: u32) -> u32;
}

/// Ends the call with what a panic said.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        let region = Region::lend(message.as_bytes());
        // SAFETY: the region lives during the call.
        unsafe { abort(region.address()) };
    }));
}

/// Storage of the contract.
pub struct HostStorage;

impl Storage for HostStorage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let key = Region::lend(key);
        // SAFETY: the region lives during the call; the machine answers 0 or a region of `allocate`.
        let found = unsafe { db_read(key.address()) };
        (found != 0).then(|| take(found))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        assert!(!value.is_empty(), "a record is never empty");
        let (key, value) = (Region::lend(key), Region::lend(value));
        // SAFETY: the regions live during the call.
        unsafe { db_write(key.address(), value.address()) };
    }

    fn remove(&mut self, key: &[u8]) {
        let key = Region::lend(key);
        // SAFETY: the region lives during the call.
        unsafe { db_remove(key.address()) };
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        let (start, end) = (start.map(Region::lend), end.map(Region::lend));
        let address = |bound: &Option<Region>| bound.as_ref().map_or(0, Region::address);
        // SAFETY: the regions live during the call.
        let iterator = unsafe { db_scan(address(&start), address(&end), order as i32) };
        Box::new(std::iter::from_fn(move || {
            // SAFETY: the machine knows the iterator until the call of the contract ends, and answers a region of `allocate`.
            record(take(unsafe { db_next(iterator) }))
        }))
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
        let text = Region::lend(human.as_bytes());
        // SAFETY: the region lives during the call; the machine answers 0 or a region of `allocate`.
        let error = unsafe { addr_validate(text.address()) };
        if error != 0 {
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
        let [ps, qs, r, s] = [ps, qs, r, s].map(Region::lend);
        // SAFETY: the regions live during the call.
        verdict(unsafe { bls12_381_pairing_equality(ps.address(), qs.address(), r.address(), s.address()) })
    }

    fn bls12_381_hash_to_g1(
        &self,
        hash_function: HashFunction,
        msg: &[u8],
        dst: &[u8],
    ) -> Result<[u8; 48], VerificationError> {
        // The machine writes into the buffer behind the compiler's back: it is allocated, and read through a pointer afterwards.
        let mut point = vec![0u8; 48];
        let (message, domain) = (Region::lend(msg), Region::lend(dst));
        let out = Region::lend_mut(&mut point);
        // SAFETY: the regions live during the call, and the machine writes at most 48 bytes.
        let code =
            unsafe { bls12_381_hash_to_g1(hash_function as u32, message.address(), domain.address(), out.address()) };
        if code != 0 {
            return Err(VerificationError::unknown_err(code));
        }
        std::hint::black_box(&mut point);
        point.try_into().map_err(|_| not_offered())
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
        let [message, signature, key] = [message, signature, public_key].map(Region::lend);
        // SAFETY: the regions live during the call.
        verdict(unsafe { ed25519_verify(message.address(), signature.address(), key.address()) })
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
        let request = Region::lend(request);
        // SAFETY: the region lives during the call; the machine answers a region of `allocate`.
        let answer = take(unsafe { query_chain(request.address()) });
        from_slice(&answer).map_or(SystemResult::Err(SystemError::Unknown {}), |Reply(answer)| answer)
    }
}
