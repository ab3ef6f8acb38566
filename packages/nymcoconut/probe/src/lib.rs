//! Verifies payments with the chain's host functions and keeps nothing: what is left is the gas of the verification.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    entry_point, to_json_binary, Api, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError, StdResult,
};
use nym_coconut::contract::{verify, verify_batch, Host, Payment};

/// What can be asked.
#[cw_serde]
pub enum QueryMsg {
    /// Nothing: what every query costs.
    Nothing {},
    /// Bytes that are read and not used: what the message of a payment costs.
    Read {
        /// The payments.
        payments: Vec<Binary>,
    },
    /// One payment.
    One {
        /// A_info ‖ β.
        keys: Binary,
        /// h' ‖ s' ‖ one-time key ‖ signature ‖ context.
        payment: Binary,
        /// m·h'.
        product: Binary,
    },
    /// Many payments.
    Batch {
        /// A_info ‖ β.
        keys: Binary,
        /// Each as in `One`.
        payments: Vec<Binary>,
    },
}

/// Starts without a state.
#[entry_point]
pub fn instantiate(_deps: DepsMut<'_>, _env: Env, _info: MessageInfo, _msg: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

/// Verifies.
#[entry_point]
pub fn query(deps: Deps<'_>, _env: Env, msg: QueryMsg) -> StdResult<Binary> {
    let host = ChainHost(deps.api);
    let serials = match msg {
        QueryMsg::Nothing {} | QueryMsg::Read { .. } => Vec::new(),
        QueryMsg::One { keys, payment, product } => {
            let (info, beta) = split_keys(&keys)?;
            let parts = Parts::read(&payment)?;
            let context = [parts.context];
            let serial = verify(&host, info, beta, &parts.payment(&context), array(&product)?);
            serial.map_err(|refusal| StdError::msg(refusal.to_string()))?.to_vec()
        }
        QueryMsg::Batch { keys, payments } => {
            let (info, beta) = split_keys(&keys)?;
            let parts = payments.iter().map(|bytes| Parts::read(bytes)).collect::<StdResult<Vec<_>>>()?;
            let contexts: Vec<[&[u8]; 1]> = parts.iter().map(|parts| [parts.context]).collect();
            let payments: Vec<_> = parts.iter().zip(&contexts).map(|(parts, context)| parts.payment(context)).collect();
            let serials = verify_batch(&host, info, beta, &payments);
            serials.map_err(|refusal| StdError::msg(refusal.to_string()))?.concat()
        }
    };
    to_json_binary(&Binary::from(serials))
}

struct ChainHost<'a>(&'a dyn Api);

impl Host for ChainHost<'_> {
    fn pairing_equality(&self, ps: &[u8], qs: &[u8], r: &[u8], s: &[u8]) -> bool {
        self.0.bls12_381_pairing_equality(ps, qs, r, s).unwrap_or(false)
    }

    fn in_g1(&self, points: &[u8]) -> bool {
        self.0.bls12_381_aggregate_g1(points).is_ok()
    }

    fn ed25519_verify(&self, messages: &[&[u8]], signatures: &[&[u8]], public_keys: &[&[u8]]) -> bool {
        self.0.ed25519_batch_verify(messages, signatures, public_keys).unwrap_or(false)
    }
}

struct Parts<'a> {
    h: &'a [u8; 96],
    s: &'a [u8; 96],
    public_key: &'a [u8; 32],
    signature: &'a [u8; 64],
    context: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> StdResult<Self> {
        let (h, rest) = first(bytes)?;
        let (s, rest) = first(rest)?;
        let (public_key, rest) = first(rest)?;
        let (signature, context) = first(rest)?;
        Ok(Self { h, s, public_key, signature, context })
    }

    fn payment(&self, context: &'a [&'a [u8]]) -> Payment<'a> {
        Payment { h: self.h, s: self.s, public_key: self.public_key, signature: self.signature, context }
    }
}

fn split_keys(keys: &[u8]) -> StdResult<(&[u8; 96], &[u8; 96])> {
    let (info, beta) = first(keys)?;
    Ok((info, array(beta)?))
}

fn first<const N: usize>(bytes: &[u8]) -> StdResult<(&[u8; N], &[u8])> {
    bytes.split_first_chunk().ok_or_else(|| StdError::msg("the message is too short"))
}

fn array<const N: usize>(bytes: &[u8]) -> StdResult<&[u8; N]> {
    bytes.try_into().map_err(|_| StdError::msg("a part of the message has another length"))
}
