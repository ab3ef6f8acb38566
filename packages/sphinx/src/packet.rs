//! Building a forward packet.

use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::{
    header::{self, SEALED_LEN},
    hop::{Destination, Hop},
    keys::{agree_along, HopKeys},
    payload,
    sizes::{PayloadSize, ALPHA_LEN, HEADER_LEN, MAX_HOPS},
    BuildError,
};

/// Builds a packet that ends at the last hop of `route`, which reads `destination` and
/// `plaintext`.
///
/// `rng` gives 32 bytes for the packet's secret and the header's random padding; the same
/// generator state gives the same packet.
pub fn build_packet<R: RngCore + CryptoRng>(
    route: &[Hop],
    destination: &Destination,
    size: PayloadSize,
    plaintext: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, BuildError> {
    let mut packet = vec![0; size.packet_len()];
    build_packet_into(&mut packet, route, destination, plaintext, rng)?;
    Ok(packet)
}

/// As [`build_packet`], into a buffer that has the length of one of the packet sizes.
pub fn build_packet_into<R: RngCore + CryptoRng>(
    packet: &mut [u8],
    route: &[Hop],
    destination: &Destination,
    plaintext: &[u8],
    rng: &mut R,
) -> Result<(), BuildError> {
    let size = PayloadSize::from_packet_len(packet.len()).ok_or(BuildError::BufferLength { len: packet.len() })?;
    let capacity = size.plaintext_capacity();
    if plaintext.len() > capacity {
        return Err(BuildError::PlaintextTooLong { len: plaintext.len(), capacity });
    }

    let (header, keys) = build_header(route, destination, rng)?;
    let (head, body) = packet.split_at_mut(HEADER_LEN);
    head.copy_from_slice(&header);
    payload::pad(body, plaintext)?;
    for keys in keys.iter().rev() {
        keys.payload_cipher().encrypt(body);
    }

    Ok(())
}

/// A header for `route` and the keys of its hops, first hop first.
pub(crate) fn build_header<R: RngCore + CryptoRng>(
    route: &[Hop],
    destination: &Destination,
    rng: &mut R,
) -> Result<([u8; HEADER_LEN], Vec<HopKeys>), BuildError> {
    if !(1..=MAX_HOPS).contains(&route.len()) {
        return Err(BuildError::RouteLength { hops: route.len() });
    }
    let mut secret = Zeroizing::new([0; 32]);
    rng.fill_bytes(secret.as_mut());

    let (alpha, keys) = agree_along(route, &secret);
    let sealed: [u8; SEALED_LEN] = header::seal(route, &keys, destination, rng);
    let mut header = [0; HEADER_LEN];
    let (first, rest) = header.split_at_mut(ALPHA_LEN);
    first.copy_from_slice(&alpha);
    rest.copy_from_slice(&sealed);

    Ok((header, keys))
}
