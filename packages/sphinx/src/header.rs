//! The routing information of a header: building it from the inside, opening one layer.
//!
//! Every layer is `flag ‖ version ‖ next address ‖ delay ‖ next MAC ‖ next routing information`
//! under AES-128 in counter mode; the final one is `flag ‖ version ‖ destination ‖ identifier ‖
//! random`. A hop appends zeroes before it decrypts, so that the length stays the same; the
//! filler makes those appended bytes match what the sender authenticated.

use std::time::Duration;

use aes::Aes128;
use ctr::{
    cipher::{KeyIvInit, StreamCipher},
    Ctr64BE,
};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{
    hop::{Destination, Hop},
    keys::HopKeys,
    process::Instruction,
    sizes::{ADDRESS_LEN, BETA_LEN, IDENTIFIER_LEN, MAC_LEN, MAX_HOPS, META_LEN, STEP_LEN, VERSION},
    ProcessError,
};

const FORWARD: u8 = 1;
const FINAL: u8 = 2;
const FINAL_LEN: usize = 1 + 3 + ADDRESS_LEN + IDENTIFIER_LEN;
const STREAM_LEN: usize = BETA_LEN + STEP_LEN;

/// What travels behind the group element: MAC and routing information.
pub(crate) const SEALED_LEN: usize = MAC_LEN + BETA_LEN;

/// The three version bytes: a zero that older formats used, then the number.
const VERSION_BYTES: [u8; 3] = [0, VERSION.to_be_bytes()[0], VERSION.to_be_bytes()[1]];

/// Builds MAC and routing information for the first hop of a route of 1 to 5 hops with as many
/// keys. The space behind the destination is filled from `rng`: zeroes there would tell the final
/// hop the length of the route ([Kuhn et al., 2019](https://arxiv.org/abs/1910.13772)).
pub(crate) fn seal(
    route: &[Hop],
    keys: &[HopKeys],
    destination: &Destination,
    rng: &mut impl RngCore,
) -> [u8; SEALED_LEN] {
    debug_assert!(route.len() == keys.len() && (1..=MAX_HOPS).contains(&route.len()));
    let (last_keys, forward_keys) = keys.split_last().expect("`build_header` has refused a route of no hop");
    let forward_streams: Vec<[u8; STREAM_LEN]> = forward_keys.iter().map(|keys| stream(keys.stream_key())).collect();

    let mut sealed = [0; SEALED_LEN];
    let own_len = BETA_LEN - STEP_LEN * forward_keys.len();
    {
        let (own, filler) = sealed[MAC_LEN..].split_at_mut(own_len);
        own[0] = FINAL;
        own[1..4].copy_from_slice(&VERSION_BYTES);
        own[4..36].copy_from_slice(&destination.address);
        own[36..52].copy_from_slice(&destination.identifier);
        rng.fill_bytes(&mut own[FINAL_LEN..]);
        xor(own, &stream(last_keys.stream_key()));
        for (i, stream) in forward_streams.iter().enumerate() {
            let len = STEP_LEN * (i + 1);
            xor(&mut filler[..len], &stream[STREAM_LEN - len..]);
        }
    }
    authenticate(last_keys, &mut sealed);

    // From the last forwarding hop outwards: each holds its successor's address.
    let layers = route.iter().zip(route.iter().skip(1)).zip(forward_keys).zip(&forward_streams);
    for (((hop, next), keys), stream) in layers.rev() {
        sealed.copy_within(..SEALED_LEN - STEP_LEN, STEP_LEN);
        let own = &mut sealed[MAC_LEN..];
        own[0] = FORWARD;
        own[1..4].copy_from_slice(&VERSION_BYTES);
        own[4..36].copy_from_slice(&next.address);
        own[36..META_LEN].copy_from_slice(&wire_delay(hop.delay).to_be_bytes());
        xor(own, stream);
        authenticate(keys, &mut sealed);
    }

    sealed
}

/// Checks the MAC and opens one layer of `sealed`: the instruction for this hop, and MAC and
/// routing information for the next one.
pub(crate) fn open(keys: &HopKeys, sealed: &[u8; SEALED_LEN]) -> Result<(Instruction, [u8; SEALED_LEN]), ProcessError> {
    let (given, beta) = sealed.split_at(MAC_LEN);
    if !bool::from(mac(keys, beta).ct_eq(given)) {
        return Err(ProcessError::BadMac);
    }

    let mut plain = stream(keys.stream_key());
    xor(&mut plain[..BETA_LEN], beta);
    let (own, next) = plain.split_at(META_LEN);
    let version = [own[1], own[2], own[3]];
    if version != VERSION_BYTES {
        let found = u32::from_be_bytes([0, version[0], version[1], version[2]]);
        return Err(ProcessError::WrongVersion { found });
    }

    let instruction = match own[0] {
        FORWARD => Instruction::Forward {
            next: array(&own[4..36]),
            delay: Duration::from_nanos(u64::from_be_bytes(array(&own[36..META_LEN]))),
        },
        FINAL => Instruction::Final(Destination { address: array(&own[4..36]), identifier: array(&plain[36..52]) }),
        found => return Err(ProcessError::UnknownFlag { found }),
    };
    Ok((instruction, array(next)))
}

/// Nanoseconds as they are sent; what does not fit is sent as the longest delay there is.
fn wire_delay(delay: Duration) -> u64 {
    u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX)
}

fn authenticate(keys: &HopKeys, sealed: &mut [u8; SEALED_LEN]) {
    let (given, beta) = sealed.split_at_mut(MAC_LEN);
    given.copy_from_slice(&mac(keys, beta));
}

fn mac(keys: &HopKeys, beta: &[u8]) -> [u8; MAC_LEN] {
    let mut mac = Hmac::<Sha256>::new_from_slice(keys.mac_key()).expect("HMAC takes keys of any length");
    mac.update(beta);
    array(&mac.finalize().into_bytes()[..MAC_LEN])
}

fn stream(key: &[u8; 16]) -> [u8; STREAM_LEN] {
    let mut out = [0; STREAM_LEN];
    Ctr64BE::<Aes128>::new(key.into(), &[0; 16].into()).apply_keystream(&mut out);
    out
}

fn xor(into: &mut [u8], with: &[u8]) {
    for (a, b) in into.iter_mut().zip(with) {
        *a ^= b;
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the range has the length of the array")
}
